"""What people see: fields that read alike, dashboards that are too many or too full."""

from collections.abc import Iterator

from generator import lookml
from generator.checks.scope import Scope
from generator.diagnostics import Diagnostic, diagnostic
from generator.names import title

MOST_TILES = 25
"""https://cloud.google.com/looker/docs/best-practices/considerations-when-building-performant-dashboards"""
MOST_DASHBOARDS = 100
"""Our own measure: each is validated with every change of its model."""

_Item = lookml.Dimension | lookml.Measure
_Shown = tuple[str, str | None, str | None, str]


def check_labels(scope: Scope) -> Iterator[Diagnostic]:
    """No two visible fields of a view look the same in the field picker."""
    for page in scope.pages.values():
        for view in page.document.views:
            seen: dict[_Shown, str] = {}
            items: tuple[_Item, ...] = (*view.dimensions, *view.measures)
            for item in items:
                if item.hidden:
                    continue
                shown = _shown(item)
                other = seen.setdefault(shown, item.name)
                if other != item.name:
                    values = {"name": item.name, "other": other, "view": view.name}
                    label = f'"{shown[-1]}"' + (f' in "{shown[2]}"' if shown[2] else "")
                    at = page.place(view.name, item.name)
                    yield page.says("same-field-label", at, **values, label=label)


def _shown(item: _Item) -> _Shown:
    """Kind, view, group and label, as people read them."""
    label = (item.group_label and item.group_item_label) or item.label or title(item.name)
    return item.keyword, item.view_label, item.group_label, " ".join(label.split())


def check_dashboards(scope: Scope) -> Iterator[Diagnostic]:
    """A namespace has no more dashboards, and a dashboard no more queries, than Looker bears."""
    boards = scope.boards
    if len(boards) > MOST_DASHBOARDS:
        name, at = boards[0].artifact.path.partition("/")[0], boards[0].artifact.at
        values = {"count": len(boards), "limit": MOST_DASHBOARDS}
        yield diagnostic("many-dashboards", at, name, **values)
    for board in boards:
        count = len(board.dashboard.elements)
        if count > MOST_TILES:
            name = board.dashboard.dashboard
            yield board.says("many-tiles", name=name, count=count, limit=MOST_TILES)
