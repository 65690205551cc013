"""Aggregate tables: every tile is answered by one, and every one answers a tile."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from generator import lookml
from generator.checks.scope import Asked, Board, Scope
from generator.diagnostics import Diagnostic
from generator.lookml.aggregates import obstacle
from generator.lookml.dashboards import Element
from generator.lookml.queries import Query, default_query, query_of

_Said = tuple[str, str]
WORTHWHILE = "worthwhile"
"""The mode in which tiles may go without: a table for them costs more than it saves."""


def check_columns(scope: Scope) -> Iterator[Diagnostic]:
    """An aggregate table has its own name, groups by dimensions and holds measures.

    Source: https://cloud.google.com/looker/docs/aggregate_awareness#troubleshooting
    """
    for asked in scope.asked.values():
        count = Counter(table.name for table in asked.explore.aggregate_tables)
        for name in (name for name, times in count.items() if times > 1):
            what = f"aggregate table `{asked.explore.name}.{name}`"
            yield asked.page.says("duplicate-name", what=what)
        for table in asked.explore.aggregate_tables:
            for field, place in _misplaced(table, asked):
                what = _named(asked, table)
                yield asked.page.says("misplaced-field", what=what, field=field, place=place)


def _named(asked: Asked, table: lookml.AggregateTable) -> str:
    return f"aggregate table `{asked.explore.name}.{table.name}`"


def _misplaced(table: lookml.AggregateTable, asked: Asked) -> Iterator[_Said]:
    query, known = query_of(table, asked.fields), asked.fields.named
    for place, names, kinds in (
        ("dimensions", query.dimensions, (lookml.Dimension, lookml.DimensionGroup)),
        ("measures", query.measures, (lookml.Measure,)),
    ):
        for name in names:
            if name in known and not isinstance(known[name].field, kinds):
                yield name, place


class Shelf(Struct, frozen=True):
    """The aggregate tables of an explore, each to be found by one filter of it, if it has any.

    Looker keeps only those that say when they are built, and uses none that is not kept.
    """

    asked: Asked
    tables: Mapping[_Said | None, tuple[tuple[str, Query], ...]]

    def near(self, query: Query) -> Iterator[tuple[str, Query]]:
        """The tables that may answer a query: those found by a filter of it, or by none."""
        for said in (None, *query.filters):
            yield from self.tables.get(said, ())


def _shelf(asked: Asked) -> Shelf:
    kept = [table for table in asked.explore.aggregate_tables if table.materialization]
    held = [(table.name, query_of(table, asked.fields)) for table in kept]
    count = Counter(said for _, query in held for said in query.filters)
    found: dict[_Said | None, tuple[tuple[str, Query], ...]] = {}
    for name, query in held:
        rarest = min(query.filters, key=count.__getitem__, default=None)
        found[rarest] = (*found.get(rarest, ()), (name, query))
    return Shelf(asked, found)


def check_tiles(scope: Scope) -> Iterator[Diagnostic]:
    """Whatever a tile asks when its dashboard is opened, an aggregate table answers, if there are.

    And an aggregate table that answers no tile is built in vain.
    """
    asked = [item for item in scope.asked.values() if item.explore.aggregate_tables]
    shelves = {item.explore.name: _shelf(item) for item in asked}
    used: set[_Said] = set()
    for board in scope.boards:
        for element in board.dashboard.elements:
            shelf = shelves.get(element.explore)
            if shelf:
                yield from _uncovered(element, board, shelf, used, scope)
    for item in asked:
        for table in item.explore.aggregate_tables:
            if (item.explore.name, table.name) not in used:
                yield item.page.says("unused-aggregate-table", what=_named(item, table))


def _uncovered(
    element: Element, board: Board, shelf: Shelf, used: set[_Said], scope: Scope
) -> Iterator[Diagnostic]:
    """Why no table answers a tile; those that do are marked as used."""
    explore, fields = shelf.asked.explore, shelf.asked.fields
    query = default_query(element, board.dashboard, explore, fields)
    reasons = {name: obstacle(held, query, fields) for name, held in shelf.near(query)}
    used.update((explore.name, name) for name, reason in reasons.items() if reason is None)
    if None not in reasons.values() and scope.conventions.aggregate_tables != WORTHWHILE:
        values = {"name": element.name, "explore": explore.name, "reason": _reason(reasons.items())}
        yield board.says("uncovered-tile", **values)


def _reason(reasons: Iterable[tuple[str, str | None]]) -> str:
    found = [f"`{name}`: {reason}" for name, reason in reasons]
    return found[0] if found else "none has its filters"
