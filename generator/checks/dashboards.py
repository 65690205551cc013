"""Dashboards: whatever a tile or a filter names is there, and is seen."""

from collections.abc import Iterable, Iterator

from generator.checks.scope import Board, Scope
from generator.diagnostics import Diagnostic
from generator.lookml.dashboards import DashboardFilter, Element
from generator.lookml.filters import values_of

_COLUMNS = 24
"""The width of the grid."""
_DRAWN = frozenset({"field_x", "field_y", "ci_lower", "ci_upper"})
"""The keys of a visualisation of intervals that name fields."""


def _tile(element: Element) -> str:
    return f"the tile `{element.name}`"


def _filter(item: DashboardFilter) -> str:
    return f"the filter `{item.name}`"


def check_explores(scope: Scope) -> Iterator[Diagnostic]:
    """The explore of every tile and filter is generated."""
    for board in scope.boards:
        for what, explore in _explores(board):
            if explore not in scope.asked:
                yield board.says("dangling-explore", what=what, explore=explore)


def _explores(board: Board) -> Iterator[tuple[str, str]]:
    for element in board.dashboard.elements:
        yield _tile(element), element.explore
    for item in board.dashboard.filters:
        if item.explore is not None:
            yield _filter(item), item.explore


def check_fields(scope: Scope) -> Iterator[Diagnostic]:
    """Every field that a tile or a filter names is one of its explore."""
    for board in scope.boards:
        for what, explore, names in _fields(board):
            asked = scope.asked.get(explore)
            for name in dict.fromkeys(names) if asked else ():
                if asked and name not in asked.fields.named:
                    yield board.says("dangling-field", what=what, field=name)


def _fields(board: Board) -> Iterator[tuple[str, str, Iterable[str]]]:
    for element in board.dashboard.elements:
        yield _tile(element), element.explore, _tile_fields(element)
    for item in board.dashboard.filters:
        if item.explore is not None and item.field is not None:
            yield _filter(item), item.explore, (item.field,)


def _tile_fields(element: Element) -> Iterator[str]:
    yield from element.fields
    yield from element.pivots
    yield from (name for name, _ in element.filters)
    yield from (name for _, name in element.listen)
    yield from map(_sorted_by, element.sorts)
    yield from (str(said) for key, said in element.options if key in _DRAWN)


def _sorted_by(sort: str) -> str:
    """The field of `view.field desc`."""
    return sort.partition(" ")[0]


def check_shown(scope: Scope) -> Iterator[Diagnostic]:
    """A tile is pivoted, sorted and coloured by fields that it shows."""
    for board in scope.boards:
        for element in board.dashboard.elements:
            named = [("pivoted", name) for name in element.pivots]
            named += [("sorted", _sorted_by(sort)) for sort in element.sorts]
            named += [("coloured", line.rpartition(" - ")[2]) for line, _ in element.series_colors]
            for used, name in named:
                if name not in element.fields:
                    values = {"what": _tile(element), "used": used, "field": name}
                    yield board.says("unshown-field", **values)


def check_filters(scope: Scope) -> Iterator[Diagnostic]:
    """What is listened to is there, and what is there is listened to."""
    for board in scope.boards:
        known = {item.name for item in board.dashboard.filters}
        heard: set[str] = set()
        for element in board.dashboard.elements:
            heard.update(name for name, _ in element.listen)
        for what, name in _heard(board):
            if name not in known:
                yield board.says("dangling-filter", what=what, name=name)
        for item in board.dashboard.filters:
            if item.name not in heard:
                yield board.says("unheard-filter", name=item.name)


def _heard(board: Board) -> Iterator[tuple[str, str]]:
    for element in board.dashboard.elements:
        yield from ((_tile(element), name) for name, _ in element.listen)
    for item in board.dashboard.filters:
        yield from ((_filter(item), name) for name in item.listens_to_filters or ())


def check_defaults(scope: Scope) -> Iterator[Diagnostic]:
    """A filter that offers values starts with some of them; where one is required, it starts."""
    for board in scope.boards:
        for item in board.dashboard.filters:
            default = item.default_value or ""
            offered = item.ui_config.options if item.ui_config else ()
            values = values_of(default)
            foreign = offered and (values is None or not set(offered).issuperset(values))
            if foreign:
                yield board.says("bad-default", name=item.name, what=f"`{default}`")
            elif item.required and not default:
                yield board.says("bad-default", name=item.name, what="nothing")


def check_models(scope: Scope) -> Iterator[Diagnostic]:
    """Every tile names its model, and so does every filter."""
    for board in scope.boards:
        named = [(_tile(element), element.model) for element in board.dashboard.elements]
        named += [(_filter(item), item.model or "") for item in board.dashboard.filters]
        yield from (board.says("no-model", what=what) for what, model in named if not model)


def check_names(scope: Scope) -> Iterator[Diagnostic]:
    """Tiles and filters of a dashboard, dashboards and titles of a namespace are unique."""
    names: dict[str, str] = {}
    titles: dict[str, str] = {}
    for board in scope.boards:
        dashboard, path = board.dashboard, board.artifact.path
        yield from _twice(board, map(_tile, dashboard.elements))
        yield from _twice(board, map(_filter, dashboard.filters))
        other = names.setdefault(dashboard.dashboard, path)
        if other != path:
            values = {"what": "dashboard", "name": dashboard.dashboard, "other": other}
            yield board.says("duplicate-object", **values)
        other = titles.setdefault(" ".join(dashboard.title.casefold().split()), path)
        if other != path:
            yield board.says("duplicate-title", title=dashboard.title, other=other)


def _twice(board: Board, names: Iterable[str]) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield board.says("duplicate-name", what=name)
        seen.add(name)


def check_grid(scope: Scope) -> Iterator[Diagnostic]:
    """No tile lies on another, or outside of the grid."""
    for board in scope.boards:
        for element, where in _misplaced(board.dashboard.elements):
            yield board.says("misplaced-tile", name=element.name, where=where)


def _misplaced(elements: Iterable[Element]) -> Iterator[tuple[Element, str]]:
    """From the top down, each column knows the lowest tile so far."""
    lowest: list[Element | None] = [None] * _COLUMNS
    for element in sorted(elements, key=lambda item: (item.row, item.col)):
        right = element.col + element.width
        if not 0 <= element.col < right <= _COLUMNS or element.row < 0 or element.height < 1:
            yield element, "outside of the grid"
            continue
        above = (tile for tile in lowest[element.col : right] if tile)
        other = next((tile for tile in above if tile.row + tile.height > element.row), None)
        if other:
            yield element, f"over `{other.name}`"
        lowest[element.col : right] = [element] * element.width
