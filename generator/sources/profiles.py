"""The commonest values of columns: in one order whoever counted, and as a catalog recorded them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from generator.facts.catalog import (
    Catalog,
    Counts,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.sources.warehouse import Unread

Scalar = str | int | float | bool | None


def counts_of(counted: Iterable[tuple[Scalar, int]], count: int) -> Counts:
    """The commonest of counted values, most first, equal counts by value; null is none.

    >>> counts_of([("b", 1), ("a", 1), (None, 9), (True, 2)], 2)
    (('true', 2), ('a', 1))
    """
    totals: Counter[str] = Counter()
    for value, times in counted:
        if value is not None:
            totals[text_of(value)] += times
    return tuple(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:count])


def text_of(value: Scalar) -> str:
    """A value as a warehouse writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def recorded(need: ProfileNeed, relation: Relation) -> Mapping[str, Counts]:
    """What was recorded of the columns that are needed; one that nobody counted is left out."""
    return {
        column.name: counts_of(column.top_values, need.count)
        for column in relation.columns
        if column.name in need.columns and column.top_values is not None
    }


def gathered(found: Iterable[tuple[ProfileNeed, Mapping[str, Counts] | Unread]]) -> Profiles:
    """The answers to needs, by relation; of two needs for one relation, both."""
    values: dict[RelationName, dict[str, Counts]] = {}
    unread: dict[RelationName, str] = {}
    for need, answer in found:
        if isinstance(answer, Unread):
            unread[need.relation] = answer.reason
        else:
            values.setdefault(need.relation, {}).update(answer)
    return Profiles(values, unread)


def with_values(catalog: Catalog, profiles: Profiles) -> Catalog:
    """The catalog with what was counted, to be recorded; a relation under all its names."""
    counted: dict[RelationName, Mapping[str, Counts]] = {}
    for name, counts in profiles.values.items():
        if name in catalog.relations:
            counted[catalog.relations[name].name] = counts
    relations = {
        name: _valued(relation, counted.get(relation.name, {}))
        for name, relation in catalog.relations.items()
    }
    return replace(catalog, relations=relations)


def _valued(relation: Relation, counts: Mapping[str, Counts]) -> Relation:
    if not counts:
        return relation
    columns = (replace(one, top_values=counts.get(one.name)) for one in relation.columns)
    return replace(relation, columns=tuple(columns))
