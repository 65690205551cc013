"""What the measures of a metric view should be, computed by somebody else.

The rows of a view come from a query in DuckDB's SQL that is written by hand; what becomes of them
is plain Python. Nothing here is taken from the generator.
"""

import statistics
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec import Struct

from generator import lookml
from tests.looker import Query, sql_of, to_duckdb

DAYS = {"date": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
"""The timeframes that a date can be selected in, and the days by which they are counted."""

Row = dict[str, Any]
Cell = list[Row]
"""The rows of a view that make one row of a query."""
Value = float | int | None
Series = Sequence[Cell]
"""The cells of one group, by date."""
Measure = Callable[[Series, int], Value]
"""Its value in the row of that place."""
Earlier = Callable[[Series, int, int], Value]
"""Its value in a row that lies some rows before that place."""
Statistics = Mapping[str, Mapping[str, Any]]
"""The statistics of each metric, as written."""


class Source(Struct, frozen=True):
    """A data source as a person would count it, in DuckDB's SQL.

    `rows` have a `client`, a `day` and the `dims` to break by; `metrics` are over these rows.
    """

    rows: str
    metrics: Mapping[str, str]
    dims: tuple[str, ...] = ()
    sample: str | None = None


class Asked(Struct, frozen=True):
    """What a reader chooses: a period, the dates, a dimension, a sample, a window."""

    period: str = "day"
    unit: str | None = "date"
    start: str | None = "2026-06-20"
    end: str | None = "2026-07-20"
    lookback: int = 0
    by_filter: bool = False
    dims: tuple[str, ...] = ()
    sample: int = 100
    custom: int = 7

    @property
    def selected(self) -> tuple[str, ...]:
        """The dimensions."""
        return (*([f"submission_{self.unit}"] if self.unit else []), *self.dims)

    def query(self, names: Iterable[str], *, windows: bool = False) -> Query:
        """The query that asks for these measures; a view with `windows` has a custom one."""
        parameters = {
            "aggregate_metrics_by": self.period,
            "sampling": str(self.sample),
            "lookback_days": str(self.lookback),
        }
        if windows:
            parameters["rolling_average_window_size"] = str(self.custom)
        filtered = "analysis_period" if self.by_filter else "submission_date"
        dates = {filtered: (self.start, self.end)}
        return Query((*self.selected, *names), parameters, dates)


def statistics_of(path: Path) -> Statistics:
    """The statistics that a file of definitions names, by metric."""
    metrics = tomllib.loads(path.read_text(encoding="utf-8"))["metrics"]
    return {
        slug: metric["statistics"] for slug, metric in metrics.items() if "statistics" in metric
    }


# measures


def values(cell: Cell, metric: str) -> list[Any]:
    """What there is of a metric, a number each."""
    found = (row[metric] for row in cell)
    return [
        int(value) if isinstance(value, bool) else value for value in found if value is not None
    ]


def _plain(function: Callable[[list[Any]], Value], metric: str, series: Series, at: int) -> Value:
    found = values(series[at], metric)
    return function(found) if found else None


def _clients(metric: str | None, factor: float, series: Series, at: int) -> Value:
    having = (row for row in series[at] if metric is None or row[metric])
    return factor * len({row["client"] for row in having if row["client"]})


PLAIN: Mapping[str, Callable[[list[Any]], Value]] = {
    "average": lambda found: float(statistics.mean(map(float, found))),
    "median": lambda found: float(statistics.median(map(float, found))),
    "min": min,
    "max": max,
}


def quotient(above: Measure, below: Measure, series: Series, at: int) -> Value:
    """One measure over another; nothing where that is nothing."""
    one, other = above(series, at), below(series, at)
    return None if one is None or not other else float(one) / float(other)


def rolling(base: Measure, size: int, series: Series, at: int, back: int = 0) -> Value:
    """The average over so many rows, of which the last is some rows back."""
    last = at - back
    window = [base(series, place) for place in range(max(0, last - size + 1), last + 1)]
    found = [float(value) for value in window if value is not None]
    return sum(found) / len(found) if found else None


def lagged(base: Measure, series: Series, at: int, back: int) -> Value:
    """The value some rows back."""
    return base(series, at - back) if at >= back else None


class Expected(Struct, frozen=True):
    """The measures of a view for one who chose a sample (1 is `1 / factor` of it) and a window."""

    factor: float
    custom: int
    unit: str

    def every(self, named: Statistics, slugs: Iterable[str]) -> dict[str, Measure]:
        """Every visible measure by name, as the definitions ask for it."""
        made: dict[str, Measure] = {}
        for slug, stats in named.items():
            if not belongs(stats, slug, slugs):
                continue
            for name, parameters in stats.items():
                for stem, measure, earlier in self.of(slug, name, parameters):
                    made[stem] = measure
                    compared = parameters.get("period_over_period", {})
                    made.update(self.compared(stem, measure, earlier, compared))
        return made

    def of(
        self, slug: str, name: str, parameters: Mapping[str, Any]
    ) -> Iterator[tuple[str, Measure, Earlier]]:
        """The measures of a statistic, and how they were some rows earlier."""
        if name == "rolling_average":
            yield from self.rolling(slug, parameters)
            return
        if name == "ratio":
            above, below = self.part(parameters["numerator"]), self.part(parameters["denominator"])
            measure: Measure = partial(quotient, above, below)
        elif name == "dau_proportion":
            everybody = partial(_clients, None, self.factor)
            measure = partial(quotient, self.part(parameters["numerator"]), everybody)
        else:
            measure = self.simple(name, slug)
        yield f"{slug}_{name}", measure, partial(lagged, measure)

    def rolling(
        self, slug: str, parameters: Mapping[str, Any]
    ) -> Iterator[tuple[str, Measure, Earlier]]:
        """An average for each window, and one for the window that the reader chose."""
        sizes = {f"{size}_day": size for size in parameters["window_sizes"]}
        for aggregation in parameters.get("aggregations", ["sum"]):
            base = self.simple(aggregation, slug)
            for suffix, size in {**sizes, "custom_window": self.custom}.items():
                average = partial(rolling, base, size)
                yield f"{slug}_rolling_average_{aggregation}_{suffix}", average, average

    def compared(
        self, stem: str, measure: Measure, earlier: Earlier, compared: Mapping[str, Any]
    ) -> Iterator[tuple[str, Measure]]:
        """The measure against itself, for each period and in each way."""
        for period in compared.get("periods", ()):
            previous = partial(_earlier, earlier, period // DAYS[self.unit])
            for kind in compared.get("kinds", ["previous"]):
                name = f"{stem}_{period}_day_period_over_period_{kind}"
                yield name, partial(_kind, kind, measure, previous)

    def simple(self, statistic: str, metric: str) -> Measure:
        """A statistic that is a number of its own."""
        if statistic == "sum":
            return partial(_plain, lambda found: self.factor * float(sum(found)), metric)
        if statistic == "client_count":
            return partial(_clients, metric, self.factor)
        return partial(_plain, PLAIN[statistic], metric)

    def part(self, reference: str) -> Measure:
        """One side of a ratio."""
        metric, _, statistic = reference.partition(".")
        return self.simple(statistic, metric)


def belongs(stats: Mapping[str, Any], slug: str, slugs: Iterable[str]) -> bool:
    """Whether a metric is of the view, or a ratio over one that is."""
    numerator = stats.get("ratio", {}).get("numerator", "").partition(".")[0]
    return slug in slugs or (numerator in slugs and set(stats) == {"ratio"})


def _earlier(earlier: Earlier, back: int, series: Series, at: int) -> Value:
    return earlier(series, at, back) if back else None


def _kind(kind: str, measure: Measure, previous: Measure, series: Series, at: int) -> Value:
    now, then = measure(series, at), previous(series, at)
    if kind == "previous":
        return then
    if now is None or then is None:
        return None
    if kind == "difference":
        return float(now) - float(then)
    return float(now) / float(then) - 1 if then else None


# asking, and counting


def ask(
    connection: duckdb.DuckDBPyConnection, view: lookml.View, query: Query
) -> dict[tuple[Any, ...], Row]:
    """The rows of a query, by the dimensions that it selects."""
    found = connection.execute(to_duckdb(sql_of(view, query)))
    names = [column[0] for column in found.description]
    made = {measure.name for measure in view.measures}
    rows: dict[tuple[Any, ...], Row] = {}
    for row in found.fetchall():
        whole = dict(zip(names, row, strict=True))
        key = tuple(as_date(whole[name]) for name in names if name not in made)
        assert key not in rows, "a row stands twice"
        rows[key] = {name: whole[name] for name in names if name in made}
    return rows


def as_date(value: Any) -> Any:
    """A date, which DuckDB gives as a time where it has computed with it."""
    return value.date() if hasattr(value, "date") else value


def counted(connection: duckdb.DuckDBPyConnection, source: Source, asked: Asked) -> Cell:
    """The rows that the view should have, from the query that was written by hand."""
    unit = {"day": "day", "overall": None}.get(asked.period, f"date_trunc('{asked.period}', day)")
    start = f"DATE '{asked.start}'" if asked.start else "current_date"
    end = f"DATE '{asked.end}'" if asked.end else "current_date"
    columns = [f"CAST({unit or 'NULL'} AS DATE) AS basis", "client", *asked.dims]
    made = [f"{sql} AS {slug}" for slug, sql in source.metrics.items()]
    sample = f"AND {source.sample} < {asked.sample}" if source.sample else ""
    found = connection.execute(
        f"SELECT {', '.join([*columns, *made])} FROM ({source.rows})"  # noqa: S608 - ours
        f" WHERE day >= {start} - {asked.lookback} AND day < {end} {sample} GROUP BY ALL"
    )
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if not asked.by_filter:  # Looker filters the rows of the view by their own date, too
        kept = (date.fromisoformat(d) if d else None for d in (asked.start, asked.end))
        first, last = kept
        rows = [r for r in rows if _within(r["basis"], first, last)]
    return rows


def _within(day: date | None, first: date | None, last: date | None) -> bool:
    if first is None and last is None:
        return True
    if day is None:
        return False
    return (first is None or day >= first) and (last is None or day < last)


def truncated(day: date | None, unit: str) -> date | None:
    """The first day of the period of a date."""
    if day is None:
        return None
    match unit:
        case "week":
            return day - timedelta(day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)
    return day


def series(rows: Cell, asked: Asked) -> Iterator[tuple[tuple[Any, ...], Series, int]]:
    """Each row of the result: its key, the cells of its group by date, and its place in them."""

    def group(row: Row) -> tuple[str, ...]:
        return tuple(repr(row[dim]) for dim in asked.dims)

    def when(row: Row) -> date | None:
        return truncated(row["basis"], asked.unit) if asked.unit else None

    if not rows and not asked.selected:
        yield (), [[]], 0
    for _, one in groupby(sorted(rows, key=group), group):
        members = list(one)
        days = sorted({when(row) for row in members}, key=lambda day: day or date.min)
        cells = [[row for row in members if when(row) == day] for day in days]
        for place, day in enumerate(days):
            dims = tuple(members[0][dim] for dim in asked.dims)
            yield (*([day] if asked.unit else []), *dims), cells, place


def agree(expected: Any, actual: Any) -> bool:
    """Whether two numbers are one, but for the last digits."""
    if expected is None or actual is None:
        return expected is actual
    return float(actual) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def compare(
    connection: duckdb.DuckDBPyConnection,
    view: lookml.View,
    source: Source,
    named: Statistics,
    asked: Asked,
) -> int:
    """Every measure of every row is the expected one; how many were compared."""
    factor = 100 / asked.sample if source.sample else 1
    every = Expected(factor, asked.custom, asked.unit or "date").every(named, source.metrics)
    wanted = {n: m for n, m in every.items() if asked.unit or not is_window(n)}
    if not wanted and not asked.selected:
        return 0
    windows = any(is_window(name) for name in every)
    actual = ask(connection, view, asked.query(wanted, windows=windows))
    expected = {
        key: (cells, place)
        for key, cells, place in series(counted(connection, source, asked), asked)
    }
    assert expected.keys() == actual.keys()
    wrong = [
        (key, name, measure(cells, place), actual[key][name])
        for key, (cells, place) in expected.items()
        for name, measure in wanted.items()
        if not agree(measure(cells, place), actual[key][name])
    ]
    assert [] == wrong[:5]
    return len(expected) * len(wanted)


def is_window(name: str) -> bool:
    """Whether a measure looks at other rows."""
    return "rolling_average" in name or "period_over_period" in name
