"""The statistics of a study: the statement over its metrics, and the long view of what it made."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from msgspec import Struct

from generator.builders.dbt_monitoring_metrics import (
    FIRST_BUILD,
    FIRST_RUN,
    METRICS,
    START,
    STATISTICS,
)
from generator.builders.dbt_monitoring_sql import filled
from generator.semantics.definitions import MetricType
from generator.semantics.monitoring import ALL, SAMPLE_SIZE, Computed, Study, XAxis
from generator.semantics.monitoring_sql import LAST_DAY
from generator.sql import quoted

BUCKETS = 100
"""The buckets of a scalar."""

EXACT = 1_000
"""Up to so many clients the positions of a percentile are exact."""

_PERCENTILE = "percentile"
_SUMS = {"count": "COUNT({0})", "sum": "SUM({0})", "mean": "AVG({0})"}
_NEAR_ENDS = 1e-12
_DIGITS = 12


class Total(Struct, frozen=True):
    """A statistic that is one aggregation."""

    metric: str
    statistic: str
    sql: str
    parameter: str | None


class Bucketed(Struct, frozen=True):
    """A metric that has percentiles."""

    metric: str
    column: str
    remove_nulls: bool


class Percentile(Struct, frozen=True):
    """A percentile to compute; `share` is it as a number between 0 and 1."""

    metric: str
    parameter: str
    share: str
    place: int


class Level(Struct, frozen=True):
    """A quantile of resampled positions, and that of the normal distribution."""

    name: str
    share: float
    z: float


LEVELS = (
    Level("low", 0.05, -1.6448536269514722),
    Level("middle", 0.5, 0.0),
    Level("high", 0.95, 1.6448536269514722),
)


class SummaryColumn(Struct, frozen=True):
    """A column of the statistics table."""

    metric: str
    statistic: str

    @property
    def column(self) -> str:
        """Its name."""
        return f"{self.metric}_{self.statistic}"


class StatisticsQuery(Struct, frozen=True):
    """What `opmon/statistics.sql` sees."""

    table: str
    first: str
    last: str
    dimensions: tuple[str, ...]
    rolled: tuple[str, ...]
    roll_ups: tuple[tuple[str, ...], ...]
    all: str
    metrics: tuple[str, ...]
    totals: tuple[Total, ...]
    scalars: tuple[Bucketed, ...]
    histograms: tuple[Bucketed, ...]
    percentiles: tuple[Percentile, ...]
    summaries: tuple[SummaryColumn, ...]
    sample_size: str = SAMPLE_SIZE
    levels: tuple[Level, ...] = LEVELS
    buckets: int = BUCKETS
    exact: int = EXACT


class StatisticsView(Struct, frozen=True):
    """What `opmon/statistics_view.sql` sees."""

    statistics: str
    dimensions: tuple[str, ...]
    summaries: tuple[str, ...]
    by_build: bool
    start: str
    first_build: str
    sample_size: str = SAMPLE_SIZE


def statistics_sql(study: Study) -> str:
    """The statement that computes the statistics of the days of a run."""
    return filled(
        "opmon/statistics.sql",
        StatisticsQuery(
            table=METRICS,
            first=FIRST_RUN,
            last=LAST_DAY,
            dimensions=tuple(dimension.slug for dimension in study.dimensions),
            rolled=rolled_of(study),
            roll_ups=tuple(roll_ups(study)),
            all=ALL,
            metrics=tuple(metric.slug for metric in study.metrics),
            totals=tuple(_totals(study.statistics)),
            scalars=tuple(_bucketed(study.statistics, MetricType.SCALAR)),
            histograms=tuple(_bucketed(study.statistics, MetricType.HISTOGRAM)),
            percentiles=tuple(_percentiles(study.statistics)),
            summaries=summaries_of(study),
        ),
    )


def statistics_view_sql(study: Study) -> str:
    """The query of the long view."""
    return filled(
        "opmon/statistics_view.sql",
        StatisticsView(
            statistics=STATISTICS,
            dimensions=tuple(dimension.slug for dimension in study.dimensions),
            summaries=tuple(summary.column for summary in summaries_of(study)),
            by_build=study.project.x_axis is XAxis.BUILD_ID,
            start=START,
            first_build=FIRST_BUILD,
        ),
    )


def summaries_of(study: Study) -> tuple[SummaryColumn, ...]:
    """The columns of the statistics table."""
    found = (SummaryColumn(item.metric.slug, item.statistic) for item in study.statistics)
    return tuple(dict.fromkeys(found))


def rolled_of(study: Study) -> tuple[str, ...]:
    """The dimensions that are rolled up here; metrics by a dimension were when they were made."""
    if not study.project.rolled_up:
        return ()
    slugs = (dimension.slug for dimension in study.dimensions)
    return tuple(slug for slug in slugs if slug != study.project.group_by)


def roll_ups(study: Study) -> Iterator[tuple[str, ...]]:
    """The dimensions of each grouping, from all of them to none; nothing without roll-ups."""
    rolled = rolled_of(study)
    if not rolled:
        return
    slugs = tuple(dimension.slug for dimension in study.dimensions)
    for count in range(len(rolled) + 1):
        for left_out in combinations(reversed(rolled), count):
            yield tuple(slug for slug in slugs if slug not in left_out)


def _totals(statistics: Iterable[Computed]) -> Iterator[Total]:
    for item in statistics:
        metric, statistic = item.metric.slug, item.statistic
        if statistic != _PERCENTILE:
            yield Total(metric, statistic, *_aggregation(item, quoted(metric)))


def _aggregation(item: Computed, column: str) -> tuple[str, str | None]:
    """The SQL of a statistic, and its parameter."""
    match item.statistic:
        case "quantile":
            place = f"[OFFSET({item.quantile})]"
            return f"APPROX_QUANTILES({column}, {item.number_of_quantiles}){place}", str(
                item.quantile
            )
        case "total_ratio":
            denominator = item.denominator or ""
            return f"SAFE_DIVIDE(SUM({column}), SUM({quoted(denominator)}))", denominator
        case plain:
            return _SUMS[plain].format(column), None


def _bucketed(statistics: Iterable[Computed], kind: MetricType) -> Iterator[Bucketed]:
    for item in statistics:
        if item.statistic == _PERCENTILE and item.metric.type is kind:
            yield Bucketed(item.metric.slug, item.metric.slug, item.remove_nulls)


def _percentiles(statistics: Iterable[Computed]) -> Iterator[Percentile]:
    for item in statistics:
        if item.statistic == _PERCENTILE:
            for place, percentile in enumerate(item.percentiles):
                yield Percentile(item.metric.slug, f"{percentile:g}", _share(percentile), place)


def _share(percentile: float) -> str:
    """A percentile as a share, never quite 0 or 1: both have logarithms in the statement.

    >>> _share(50), _share(99.9), _share(100)
    ('0.5', '0.999', '0.999999999999')
    """
    share = min(max(percentile / 100, _NEAR_ENDS), 1 - _NEAR_ENDS)
    return f"{round(share, _DIGITS):.{_DIGITS}f}".rstrip("0")
