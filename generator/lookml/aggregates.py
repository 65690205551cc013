"""Which queries Looker answers from an aggregate table: its rules, as a pure function.

Documented at https://cloud.google.com/looker/docs/aggregate_awareness, under "Factors that affect
whether aggregate tables are used" (fields, timeframes, measure types, filters) and under
"Troubleshooting", whose reasons are repeated here. An aggregate table that is exactly the query
answers it whatever its measures are. The time zone is that of the database on both sides.

Where the page leaves room we take the narrow reading: two filters are the same if their texts are.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from generator.lookml.fragments import references
from generator.lookml.objects import AggregateTable, Dimension, Measure
from generator.lookml.queries import Fields, Query, query_of

_ROLL_UP = frozenset({"sum", "count", "min", "max", "average"})
"""Measure types that can be had from their own values; an average is kept as sum and count."""
_EXPRESSED = frozenset({"number", "date", "string", "yesno"})
"""Measure types that are what their SQL says of other fields."""
_SUMMED = frozenset({"sum", "count", "average"})
"""Measure types that count rows, and so are made distinct where a join repeats rows."""
_EXTREME = re.compile(r"\s*(?:MIN|MAX|COUNT)\(\s*\$\{[\w.]+\}\s*\)\s*", re.IGNORECASE)

_FINER = ("raw", "time", "second", "minute", "hour", "date", "month", "quarter", "year")
_NEEDS = {
    "time_of_day": "minute",
    "hour_of_day": "hour",
    "week": "date",
    **dict.fromkeys(("day_of_week", "day_of_week_index", "day_of_month", "day_of_year"), "date"),
    "week_of_year": "date",
    "month_name": "month",
    "month_num": "month",
    "quarter_of_year": "quarter",
}
"""The coarsest timeframe that another can be had from."""

_PERIOD = re.compile(r"(\d+) (day|week|month|quarter|year)s?")


def covers(table: AggregateTable, query: Query, fields: Fields) -> bool:
    """Whether Looker can answer a query from an aggregate table of its explore."""
    return obstacle(query_of(table, fields), query, fields) is None


def obstacle(held: Query, wanted: Query, fields: Fields) -> str | None:
    """Why Looker cannot answer a query from an aggregate table that holds another, or None."""
    if held.explore != wanted.explore:
        return f"it belongs to another explore: {held.explore}"
    if held.is_exactly(wanted):
        return None
    for reason, rule in _RULES.items():
        names = tuple(dict.fromkeys(rule(held, wanted, fields)))
        if names:
            return f"{reason}: {', '.join(names)}"
    return None


def _missing(held: Query, wanted: Query, fields: Fields) -> Iterator[str]:
    yield from (n for n in wanted.dimensions if not _derived(n, held.dimensions, fields))
    yield from (n for n in wanted.measures if n not in held.measures)


def _derived(name: str, held: Iterable[str], fields: Fields) -> bool:
    """Whether a dimension is among those held, or is a coarser timeframe of one."""
    known = fields.named.get(name)
    for other in held:
        if other == name:
            return True
        mine = fields.named.get(other)
        if known and mine and mine[:2] == known[:2] and _coarser(known.timeframe, mine.timeframe):
            return True
    return False


def _coarser(wanted: str | None, held: str | None) -> bool:
    """Whether a timeframe can be had from another: a month from days, but not from weeks."""
    needed = _NEEDS.get(wanted or "", wanted)
    return held in _FINER and needed in _FINER and _FINER.index(held) <= _FINER.index(needed)


def _unmatched(held: Query, wanted: Query, fields: Fields) -> Iterator[str]:
    for name, said in wanted.filters:
        if (name, said) not in held.filters and not _derived(name, held.dimensions, fields):
            yield name


def _foreign(held: Query, wanted: Query, fields: Fields) -> Iterator[str]:
    del fields
    asked = dict(wanted.filters)
    for name, said in held.filters:
        if asked.get(name) != said and not _within(asked.get(name), said):
            yield name


def _within(wanted: str | None, held: str) -> bool:
    """Whether a last period lies in another: `2 months` in `3 months`."""
    mine, theirs = _PERIOD.fullmatch(held), _PERIOD.fullmatch(wanted or "")
    return bool(mine and theirs and mine[2] == theirs[2] and int(theirs[1]) <= int(mine[1]))


def _ungrouped(held: Query, wanted: Query, fields: Fields) -> Iterator[str]:
    del held
    for name in wanted.dimensions:
        known = fields.named.get(name)
        if known and isinstance(known.field, Dimension) and known.field.primary_key:
            yield name


def _fixed(held: Query, wanted: Query, fields: Fields) -> Iterator[str]:
    del held
    yield from (name for name in wanted.measures if not rolls_up(name, fields))


def rolls_up(name: str, fields: Fields, above: tuple[str, ...] = ()) -> bool:
    """Whether a measure can be had from its own values over finer groups.

    One that is an expression of others can if they can, and if it names no column itself.
    """
    known = fields.named.get(name)
    if known is None or not isinstance(known.field, Measure) or name in above:
        return False
    measure = known.field
    if measure.type in _ROLL_UP:
        return not (measure.type in _SUMMED and known.view in fields.repeated)
    if measure.type not in _EXPRESSED or "${TABLE}" in (measure.sql or ""):
        return False
    if _EXTREME.fullmatch(measure.sql or ""):
        return True
    parts = [n if "." in n else f"{known.view}.{n}" for n in references(measure.sql or "")]
    return bool(parts) and all(rolls_up(part, fields, (*above, name)) for part in parts)


_RULES: Mapping[str, Callable[[Query, Query, Fields], Iterator[str]]] = {
    "it does not have these fields of the query": _missing,
    "it has other values of what the query filters by, and not the field": _unmatched,
    "it is filtered by what the query is not": _foreign,
    "the query is not grouped, because it asks for the primary key": _ungrouped,
    "these measures cannot be rolled up": _fixed,
}
