"""Views with what they extend: a field of their own goes before one that they inherit."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from generator import lookml

Named = TypeVar("Named", bound=lookml.Field | lookml.Set)
Views = Mapping[str, lookml.View]
REFINES = "+"
"""What the name of a refinement begins with."""


def whole_views(views: Iterable[lookml.View]) -> dict[str, lookml.View]:
    """The views by name, each with all its fields; of two of one name, the later."""
    every = tuple(views)
    known = {view.name: view for view in every if not view.name.startswith(REFINES)}
    refined = [view for view in every if view.name.startswith(REFINES)]
    for view in refined:
        name = view.name.removeprefix(REFINES)
        known[name] = _upon(view, known[name], name) if name in known else replace(view, name=name)
    if any(view.extends for view in known.values()):
        known = {name: _whole(view, known, frozenset()) for name, view in known.items()}
    for view in refined:
        known[view.name] = known[view.name.removeprefix(REFINES)]
    return known


def _whole(view: lookml.View, known: Views, below: frozenset[str]) -> lookml.View:
    """A view upon those that it extends; a circle is cut."""
    for name in view.extends:
        if name in known and name not in below:
            base = _whole(known[name], known, below | {view.name})
            view = replace(_upon(view, base, view.name), extends=view.extends)
    return view


def _upon(view: lookml.View, base: lookml.View, name: str) -> lookml.View:
    """A view that has what it says itself, and what its base says besides."""
    return replace(
        view,
        name=name,
        extends=tuple(dict.fromkeys((*base.extends, *view.extends))),
        sql_table_name=view.sql_table_name or base.sql_table_name,
        derived_table=view.derived_table or base.derived_table,
        parameters=_merged(view.parameters, base.parameters),
        filters=_merged(view.filters, base.filters),
        dimensions=_merged(view.dimensions, base.dimensions),
        dimension_groups=_merged(view.dimension_groups, base.dimension_groups),
        measures=_merged(view.measures, base.measures),
        sets=_merged(view.sets, base.sets),
    )


def _merged(own: tuple[Named, ...], base: tuple[Named, ...]) -> tuple[Named, ...]:
    names = {item.name for item in own}
    return (*own, *(item for item in base if item.name not in names))


def circle(name: str, views: Views) -> tuple[str, ...]:
    """The way on which a view extends itself; nothing if it does not."""
    todo: list[tuple[str, ...]] = [(name,)]
    while todo:
        way = todo.pop()
        for other in _extended(way[-1], views):
            if other == name:
                return (*way, name)
            if other not in way:
                todo.append((*way, other))
    return ()


def _extended(name: str, views: Views) -> Iterator[str]:
    if name in views:
        yield from views[name].extends
