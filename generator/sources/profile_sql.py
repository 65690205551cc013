"""The one statement that counts the values of a relation's columns, in words of every engine.

BigQuery and DuckDB both run it; only the marks around names differ. The rows are read once for all
columns, and only the commonest values of each come back.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from generator.costs import Measured
from generator.facts.catalog import Counts, ProfileNeed
from generator.sources.profiles import counts_of

_STATEMENT = """
SELECT
  place,
  value,
  {times} AS times,
  SUM({times}) OVER (PARTITION BY place) AS total,
  SUM(IF(value IS NULL, {times}, 0)) OVER (PARTITION BY place) AS lacking,
  COUNT(value) OVER (PARTITION BY place) AS kinds
FROM (
  SELECT {columns}
  FROM {table}{newest}
)
UNPIVOT INCLUDE NULLS (value FOR place IN ({places}))
GROUP BY place, value
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY place ORDER BY IF(value IS NULL, 1, 0), {times} DESC, value
  ) <= {count}
"""
# Said twice that it is not null: a table that asks for a filter wants one that it understands.
_NEWEST = """
  WHERE {day} = (SELECT MAX({day}) FROM {table} WHERE {day} IS NOT NULL) AND {day} IS NOT NULL"""

_COLUMNS = 6

Quote = Callable[[str], str]
"""A name as an identifier of an engine."""

MALFORMED = (ValueError, TypeError, IndexError, AttributeError)
"""What rows raise that answer another question."""


def statement(need: ProfileNeed, quoted: Quote) -> str:
    """The statement for a need. Its columns are `v0`, `v1`, …: their own names may be anything."""
    table = ".".join(map(quoted, need.relation))
    columns = [f"CAST({quoted(name)} AS STRING) AS v{n}" for n, name in enumerate(need.columns)]
    if need.weight:
        columns.append(f"{quoted(need.weight)} AS weight")
    return _STATEMENT.format(
        columns=", ".join(columns),
        times="COALESCE(SUM(weight), 0)" if need.weight else "COUNT(*)",
        table=table,
        newest=_NEWEST.format(day=quoted(need.newest), table=table) if need.newest else "",
        places=", ".join(f"v{place}" for place in range(len(need.columns))),
        count=need.count,
    )


def answered(need: ProfileNeed, rows: Iterable[Sequence[Any]]) -> dict[str, Counts]:
    """The counts by column; one without a value has none. Raises one of MALFORMED."""
    counted: dict[str, list[tuple[str, int]]] = {name: [] for name in need.columns}
    for place, value, times, *_ in _checked(rows):
        if value is not None:
            counted[_column(need, place)].append((value, int(times)))
    return {name: counts_of(pairs, need.count) for name, pairs in counted.items()}


def measured(need: ProfileNeed, rows: Iterable[Sequence[Any]]) -> dict[str, Measured]:
    """How many values each column has, and its share of nulls. Raises one of MALFORMED.

    All rows of a column say the same; of no rows there is no share.
    """
    found = {name: Measured(0, None) for name in need.columns}
    for place, _, _, total, lacking, kinds in _checked(rows):
        share = round(int(lacking) / int(total), 6) if int(total) else None
        found[_column(need, place)] = Measured(int(kinds), share)
    return found


def _checked(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        if len(row) != _COLUMNS:
            raise ValueError("it has other columns")
        yield row


def _column(need: ProfileNeed, place: str) -> str:
    return need.columns[int(place.removeprefix("v"))]
