"""The commonest values of columns: in one order whoever counted, and as a catalog recorded them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from generator.facts.catalog import Counts, ProfileNeed, Relation

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
