"""What the statistics of a monitoring project should be, computed by somebody else.

Clients and what they sent come from queries that are written by hand; what becomes of them is NumPy
and plain Python. Nothing here is taken from the generator.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import chain, combinations
from math import lgamma, log, log1p
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from msgspec import Struct

Value = Any
Key = tuple[date, str | None, tuple[str | None, ...], str, str, str, str | None]
"""Day, build, dimensions, branch, metric, statistic, parameter."""
Point = tuple[float | None, float | None, float | None]
"""The point, its lower and its upper bound."""
Floats = npt.NDArray[np.float64]

ALL = "All"
WINDOW = 14
BUCKETS = 100
_HALF_A_MILLIONTH = 1e-6


class Metric(Struct, frozen=True):
    """What clients sent, as rows of `client`, `day`, `build`, `value` and perhaps `grouped`.

    `fold` makes one value of those of a client; `nothing` is that of a client without rows.
    """

    rows: str
    fold: Callable[[Sequence[Value]], Value]
    nothing: Value = None


class Statistic(Struct, frozen=True):
    """A statistic of a metric."""

    metric: str
    name: str
    parameters: tuple[float, ...] = ()
    parts: int = 100
    denominator: str | None = None
    remove_nulls: bool = False


class Watched(Struct, frozen=True):
    """A project: its clients are rows of `client`, `day`, `build`, `branch` and dimensions."""

    population: str
    start: date
    metrics: Mapping[str, Metric]
    statistics: tuple[Statistic, ...]
    dimensions: tuple[str, ...] = ()
    rolled_up: bool = False
    by_build: bool = False
    group_by: str | None = None
    branches: Collection[str] = ("active",)
    end: date | None = None


def total(values: Sequence[Value]) -> float:
    """The sum, 0 of nothing."""
    return float(sum(value for value in values if value is not None))


def average(values: Sequence[Value]) -> float | None:
    """The mean, none of nothing."""
    kept = [value for value in values if value is not None]
    return float(np.mean(kept)) if kept else None


def merged(values: Sequence[Value]) -> Mapping[float, float] | None:
    """Histograms as one, whose buckets are 1 together."""
    buckets: dict[float, float] = defaultdict(float)
    for histogram in values:
        for key, count in histogram or ():
            buckets[float(key)] += count
    whole = sum(buckets.values())
    return {key: count / whole if whole else 0.0 for key, count in buckets.items()}


def statistics(
    warehouse: duckdb.DuckDBPyConnection, watched: Watched, days: Iterable[date]
) -> dict[Key, Point]:
    """Every value that there should be for runs of these days, by day of the run."""
    found: dict[Key, Point] = {}
    people = _rows(warehouse, watched.population)
    sent = {name: _rows(warehouse, metric.rows) for name, metric in watched.metrics.items()}
    for day in days:
        if watched.start <= day and not (watched.end and day > watched.end):
            found.update(_run(watched, people, sent, day))
    return found


def shown(found: Mapping[Key, Point]) -> dict[Key, Point]:
    """Those by build that are drawn: of each build those of the last day that has it."""
    last: dict[str | None, date] = {}
    for key in found:
        last[key[1]] = max(key[0], last.get(key[1], key[0]))
    return {key: value for key, value in found.items() if key[0] == last[key[1]]}


def _rows(warehouse: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = warehouse.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _run(
    watched: Watched,
    people: Iterable[Mapping[str, Any]],
    sent: Mapping[str, list[dict[str, Any]]],
    day: date,
) -> Iterator[tuple[Key, Point]]:
    """The values of the run of a day."""
    here = [row for row in people if _counts(watched, row, day)]
    values = {
        name: _folded(watched, watched.metrics[name], rows, day) for name, rows in sent.items()
    }
    members: dict[tuple[Any, ...], set[Any]] = defaultdict(set)
    for row in here:
        if row["branch"] in watched.branches:
            for dimensions in _groups(watched, row):
                key = (row.get("build") if watched.by_build else None, dimensions, row["branch"])
                members[key].add(row["client"])
    span = _span(watched, values, members)
    for (build, dimensions, branch), clients in members.items():
        grouped = dimensions[watched.dimensions.index(watched.group_by)] if watched.group_by else ""
        table = {
            name: [_value(watched, values, name, (client, build, grouped)) for client in clients]
            for name in watched.metrics
        }
        for metric, statistic, parameter, point in _computed(watched, table, span):
            yield (day, build, dimensions, branch, metric, statistic, parameter), point


def _counts(watched: Watched, row: Mapping[str, Any], day: date) -> bool:
    """Whether a row is one of the run."""
    if not watched.by_build:
        return bool(row["day"] == day)
    first = day - timedelta(WINDOW - 1)
    earliest = max(first, watched.start)
    is_young = row["build"] is not None and f"{earliest:%Y%m%d}" <= row["build"] <= f"{day:%Y%m%d}"
    return bool(first <= row["day"] <= day) and is_young


def _groups(watched: Watched, row: Mapping[str, Any]) -> Iterator[tuple[str | None, ...]]:
    """The rows of statistics that a client is in: with roll-ups, also those for all values."""
    own = tuple(row[name] for name in watched.dimensions)
    places = range(len(own)) if watched.rolled_up else range(0)
    subsets = chain.from_iterable(combinations(places, n) for n in range(len(places) + 1))
    for left_out in subsets:
        yield tuple(ALL if place in left_out else value for place, value in enumerate(own))


def _folded(
    watched: Watched, metric: Metric, rows: Iterable[Mapping[str, Any]], day: date
) -> dict[tuple[Any, ...], Value]:
    """The value of each client, by its build and group."""
    found: dict[tuple[Any, ...], list[Value]] = defaultdict(list)
    for row in rows:
        if _counts(watched, row, day):
            build = row["build"] if watched.by_build else None
            for group in (row["grouped"], ALL) if watched.group_by else ("",):
                found[row["client"], build, group].append(row["value"])
    return {key: metric.fold(values) for key, values in found.items()}


def _value(
    watched: Watched,
    values: Mapping[str, Mapping[tuple[Any, ...], Value]],
    name: str,
    key: tuple[Any, ...],
) -> Value:
    nothing = watched.metrics[name].nothing
    return values[name].get(key, nothing) if key[0] is not None else None


class _Span(Struct, frozen=True):
    """What buckets span: the least and greatest value above 0, or the keys that there are."""

    least: float
    greatest: float
    keys: tuple[float, ...]


def _span(
    watched: Watched,
    values: Mapping[str, Mapping[tuple[Any, ...], Value]],
    members: Mapping[tuple[Any, ...], set[Any]],
) -> Mapping[str, _Span]:
    spans = {}
    for name in watched.metrics:
        numbers: list[float] = []
        keys: set[float] = set()
        for (build, dimensions, _), clients in members.items():
            own = dimensions[watched.dimensions.index(watched.group_by)] if watched.group_by else ""
            for client in clients:
                value = _value(watched, values, name, (client, build, own))
                if isinstance(value, dict):
                    keys.update(value)
                elif value is not None and value > 0:
                    numbers.append(value)
        least, greatest = (min(numbers), max(numbers)) if numbers else (0.0, 0.0)
        spans[name] = _Span(least, greatest, tuple(sorted(keys)))
    return spans


def _computed(
    watched: Watched, table: Mapping[str, Sequence[Value]], spans: Mapping[str, _Span]
) -> Iterator[tuple[str, str, str | None, Point]]:
    for item in watched.statistics:
        values = table[item.metric]
        if item.name == "percentile":
            for percentile, point in _percentiles(item, values, spans[item.metric]):
                yield item.metric, item.name, f"{percentile:g}", point
            continue
        kept = np.array([value for value in values if value is not None], dtype=np.float64)
        below = [v for v in table[item.denominator] if v is not None] if item.denominator else []
        value, parameter = _single(item, kept, below)
        yield item.metric, item.name, parameter, (value, None, None)


def _single(
    item: Statistic, kept: Floats, below: Sequence[float]
) -> tuple[float | None, str | None]:
    """The value of a statistic that is one number, and its parameter."""
    if item.name == "count":
        return float(kept.size), None
    if item.name == "quantile":
        share = item.parameters[0] / item.parts
        value = float(np.quantile(kept, share, method="inverted_cdf")) if kept.size else None
        return value, f"{item.parameters[0]:g}"
    if item.name == "total_ratio":
        whole = float(np.sum(below))
        return (float(kept.sum()) / whole if kept.size and whole else None), item.denominator
    if not kept.size:
        return None, None
    return float(kept.sum() if item.name == "sum" else kept.mean()), None


def _percentiles(
    item: Statistic, values: Sequence[Value], span: _Span
) -> Iterator[tuple[float, Point]]:
    if span.keys:
        lower, upper, weights = _histogram_buckets(values, span)
    else:
        lower, upper, weights = _scalar_buckets(item, values, span)
    up_to = np.cumsum(weights)
    size = round(float(up_to[-1])) if up_to.size else 0
    for percentile in item.parameters if size else ():
        places = positions(size, percentile / 100)
        low, middle, high = (_first(up_to, weights, place) for place in places)
        point = float(lower[middle] + upper[middle]) / 2
        yield percentile, (point, float(lower[low]), float(upper[high]))


def _first(up_to: Floats, weights: Floats, place: int) -> int:
    """The lowest bucket with somebody in it that reaches the place."""
    reached = (up_to >= place - _HALF_A_MILLIONTH) & (weights > 0)
    return int(np.argmax(reached))


def _histogram_buckets(values: Sequence[Value], span: _Span) -> tuple[Floats, Floats, Floats]:
    keys = np.array(span.keys)
    weights = np.zeros(keys.size)
    for histogram in values:
        for key, share in (histogram or {}).items():
            weights[np.searchsorted(keys, key)] += share
    return keys, np.append(keys[1:], keys[-1]), weights


def _scalar_buckets(
    item: Statistic, values: Sequence[Value], span: _Span
) -> tuple[Floats, Floats, Floats]:
    """A bucket for what is not above 0, then a hundred of equal width on a logarithmic scale."""
    kept = [value for value in values if value is not None or not item.remove_nulls]
    weights = np.zeros(BUCKETS + 1)
    if not span.greatest:
        weights[0] = len(kept)
        return np.zeros(BUCKETS + 1), np.zeros(BUCKETS + 1), weights
    edges = np.exp2(np.linspace(np.log2(span.least), np.log2(span.greatest), BUCKETS + 1))
    width = (np.log2(span.greatest) - np.log2(span.least)) / BUCKETS
    for value in kept:
        if value is None or value <= 0:
            weights[0] += 1
        else:
            steps = (np.log2(value) - np.log2(span.least)) / width if width else 0.0
            weights[1 + min(BUCKETS - 1, int(np.floor(steps + 1e-9)))] += 1
    return np.append(0.0, edges[:-1]), edges, weights


@cache
def positions(size: int, share: float) -> tuple[int, int, int]:
    """The quantiles 0.05, 0.5 and 0.95 of Binomial(size, share)."""
    likely = np.cumsum(_binomial(size, share))
    low, middle, high = (int(np.searchsorted(likely, q - 1e-9)) for q in (0.05, 0.5, 0.95))
    return low, middle, high


def _binomial(size: int, share: float) -> Floats:
    """How likely each number from 0 to size is."""
    counts = np.arange(size + 1)
    ways = np.array([lgamma(size + 1) - lgamma(k + 1) - lgamma(size - k + 1) for k in counts])
    chances: Floats = np.exp(ways + counts * log(share) + (size - counts) * log1p(-share))
    return chances
