"""Queries to an explore: its fields, and what a tile of a dashboard asks when it is opened."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from generator.lookml.dashboards import Dashboard, Element, Pairs
from generator.lookml.objects import (
    AggregateQuery,
    AggregateTable,
    DimensionGroup,
    Explore,
    Field,
    Measure,
    View,
    field_names,
)

_REPEATS = {"one_to_many": "base", "many_to_one": "joined", "many_to_many": "both"}
"""Relationship of a join → whose rows it repeats; unsaid means many to one."""


class Known(NamedTuple):
    """A field of an explore, and the timeframe that its name ends with."""

    view: str
    field: Field
    timeframe: str | None = None


class Fields(Struct, frozen=True, dict=True):
    """The fields of an explore as `view.field`; `home` is its base view.

    `repeated` are the views whose rows a join repeats.
    """

    explore: str
    home: str
    named: Mapping[str, Known]
    repeated: frozenset[str] = frozenset()

    def full(self, name: str) -> str:
        """A field's name with its view."""
        return name if "." in name else f"{self.home}.{name}"

    @cached_property
    def measures(self) -> frozenset[str]:
        """Those that are measures."""
        return frozenset(n for n, known in self.named.items() if isinstance(known.field, Measure))


def fields_of(explore: Explore, views: Mapping[str, View]) -> Fields:
    """The fields of an explore, from the views that its file sees."""
    home = explore.view_name or explore.name
    joined = {join.name: _REPEATS.get(join.relationship or "many_to_one") for join in explore.joins}
    seen = [views[name] for name in (home, *joined) if name in views]
    repeated = {name for name, whose in joined.items() if whose in {"joined", "both"}}
    if {"base", "both"}.intersection(joined.values()):
        repeated.add(home)
    named = {f"{view.name}.{name}": known for view in seen for name, known in _known(view)}
    return Fields(explore.name, home, named, frozenset(repeated))


def _known(view: View) -> Iterator[tuple[str, Known]]:
    for field in view.fields:
        for name in field_names(field):
            grouped = isinstance(field, DimensionGroup)
            yield name, Known(view.name, field, name[len(field.name) + 1 :] if grouped else None)


class Query(Struct, frozen=True):
    """A query to an explore. Fields have their views; a filter that lets all pass is left out."""

    explore: str
    dimensions: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    filters: Pairs = ()

    def is_exactly(self, other: "Query") -> bool:
        """Whether two queries have the same result, up to the order of its columns."""
        return (
            self.explore == other.explore
            and frozenset(self.filters) == frozenset(other.filters)
            and frozenset(self.dimensions) == frozenset(other.dimensions)
            and frozenset(self.measures) == frozenset(other.measures)
        )


def default_query(
    element: Element, dashboard: Dashboard, explore: Explore, fields: Fields
) -> Query:
    """The query that a tile runs when its dashboard is opened.

    A filter of the dashboard that the tile listens to stands over the tile's own, and that over
    what the explore always filters by. A filter without default filters nothing.
    """
    defaults = {item.name: item.default_value or "" for item in dashboard.filters}
    always = explore.always_filter.filters if explore.always_filter else ()
    heard = ((field, defaults[name]) for name, field in element.listen if name in defaults)
    filters = {fields.full(name): said for name, said in (*always, *element.filters, *heard)}
    asked = tuple(dict.fromkeys(map(fields.full, (*element.fields, *element.pivots))))
    return Query(
        explore.name,
        tuple(name for name in asked if name not in fields.measures),
        tuple(name for name in asked if name in fields.measures),
        tuple((name, said) for name, said in filters.items() if said),
    )


def query_of(table: AggregateTable, fields: Fields) -> Query:
    """The query whose rows an aggregate table holds."""
    held = table.query or AggregateQuery()
    return Query(
        fields.explore,
        tuple(map(fields.full, held.dimensions)),
        tuple(map(fields.full, held.measures)),
        tuple((fields.full(name), said) for name, said in held.filters if said),
    )
