"""What an aggregate table costs and what it saves, in bytes that a warehouse reads a day.

docs/aggregate-tables.md tells the formula, and where its numbers come from.
"""

import re
from collections.abc import Iterator
from math import prod

from msgspec import Struct
from msgspec.structs import replace

from generator import lookml
from generator.facts.conventions import Conventions
from generator.lookml.filters import values_of
from generator.names import identifier
from generator.semantics.monitoring import MonitoringView, XAxis

WORTHWHILE = "worthwhile"
"""The mode in which only those aggregate tables are kept that save more than they cost."""
LEAST = 10 * 1024**2
"""What BigQuery bills for a table at least, however few bytes are read of it."""
RUNS = 4
"""How often a day a tile runs its query that Looker's cache has not; nobody knows, so a guess."""
DAYS = 365
"""The days of a project that does not say when it ends."""
_UNKNOWN = 10
_NUMBER, _TEXT = 8, 16
_BUILD_DATE = "build_id_date"
_NUMBERS = frozenset({*XAxis, _BUILD_DATE, "parameter"})
_PERIODS = {"minute": 1 / (24 * 60), "hour": 1 / 24, "day": 1, "week": 7, "month": 30, "year": 365}
_PERIOD = re.compile(r"(\d+) (minute|hour|day|week|month|year)s?")


class Load(Struct, frozen=True):
    """What an estimate is made of.

    `base` are the bytes of the tables below, None if nobody knows; a run without the aggregate
    table reads `share` of them. `rows` of `width` bytes are what the aggregate table has. It is
    built `refreshes` times a day, and asked `runs` times.
    """

    base: int | None
    rows: int
    width: int
    share: float = 1.0
    refreshes: float = 1.0
    runs: int = RUNS


class Estimate(Struct, frozen=True):
    """What an aggregate table costs and saves: bytes a day, None where nobody knows."""

    explore: str
    table: str
    rows: int
    built: int | None = None
    saved: int | None = None

    @property
    def is_worthwhile(self) -> bool:
        """Whether it is known to save more than it costs."""
        return self.built is not None and self.saved is not None and self.saved > self.built


def weigh(load: Load) -> tuple[int, int] | None:
    """The bytes a day that building reads, and those that are no longer read; or None.

    >>> weigh(Load(base=2_000_000_000, rows=5_000, width=40))
    (2000000000, 7958056960)
    """
    if load.base is None:
        return None
    size = min(load.rows * load.width, load.base)  # it cannot hold more than there is
    without, with_it = _billed(load.base * load.share), _billed(size)
    return round(load.refreshes * _billed(load.base)), round(load.runs * (without - with_it))


def _billed(size: float) -> float:
    return max(size, LEAST)


def kept(
    explore: lookml.Explore, request: MonitoringView, conventions: Conventions
) -> lookml.Explore:
    """The explore with the aggregate tables that the mode keeps."""
    if conventions.aggregate_tables != WORTHWHILE:
        return explore
    found = zip(explore.aggregate_tables, estimates(explore, request, conventions), strict=True)
    tables = tuple(table for table, estimate in found if estimate.is_worthwhile)
    return replace(explore, aggregate_tables=tables)


def estimates(
    explore: lookml.Explore, request: MonitoringView, conventions: Conventions
) -> Iterator[Estimate]:
    """An estimate for each aggregate table of an explore of a project."""
    for table in explore.aggregate_tables:
        load = _load(table.query or lookml.AggregateQuery(), explore, request, conventions)
        found = weigh(load)
        built, saved = found or (None, None)
        yield Estimate(explore.name, table.name, load.rows, built, saved)


def _load(
    query: lookml.AggregateQuery,
    explore: lookml.Explore,
    request: MonitoringView,
    conventions: Conventions,
) -> Load:
    days = _days(request)
    names = [name.rpartition(".")[2] for name in query.dimensions]
    said = {name.rpartition(".")[2]: values_of(text) for name, text in query.filters}
    known = {axis.value: days for axis in XAxis} | {_BUILD_DATE: 1} | _counts(request)
    counts = (len(said.get(name) or ()) or known.get(name, _UNKNOWN) for name in names)
    numbers = sum(name in _NUMBERS for name in names) + len(query.measures)
    return Load(
        base=request.bytes if explore.name == request.name else request.alert_bytes,
        rows=prod(counts),
        width=_NUMBER * numbers + _TEXT * (len(names) + len(query.measures) - numbers),
        share=_share(request, days, conventions),
        refreshes=_refreshes(conventions),
    )


def _counts(request: MonitoringView) -> dict[str, int]:
    """How many values a dimension has, as far as that is known."""
    project = request.project
    percentiles = {value for item in project.summaries for value in item.percentiles}
    found = {identifier(name): len(item.options) for name, item in request.choices.items()}
    metrics = {item.metric for item in project.summaries}
    own = {"branch": project.branches, "metric": metrics, "parameter": percentiles}
    return found | {name: len(values) or 1 for name, values in own.items()}


def _days(request: MonitoringView) -> int:
    """The days that a project is watched for; a build a day is counted like that, too."""
    project = request.project
    if project.start and project.end:
        return max((project.end - project.start).days + 1, 1)
    return DAYS


def _share(request: MonitoringView, days: int, conventions: Conventions) -> float:
    """The part of the tables below that a run reads.

    They are cut by day, so of an axis of days it reads those that it shows. Builds are told anew
    every day: those that it shows may be anywhere.
    """
    project = request.project
    if project.x_axis is XAxis.BUILD_ID or project.end:
        return 1.0
    return min(1.0, (_period(conventions.window) or days) / days)


def _refreshes(conventions: Conventions) -> float:
    """How often a day the aggregate tables are built: with each change, and the ETL is daily."""
    kind, _, every = conventions.datagroup_trigger.partition(":")
    return 1 / _period(every) if kind == "interval" and _period(every) else 1.0


def _period(text: str) -> float:
    """The days of a period, 0 if it is none.

    >>> _period("28 days"), _period("6 hours"), _period("always")
    (28, 0.25, 0)
    """
    found = _PERIOD.fullmatch(text)
    return int(found[1]) * _PERIODS[found[2]] if found else 0
