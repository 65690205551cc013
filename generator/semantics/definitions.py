"""Metric-hub definitions as one tool sees them: merged, filled in, every reference known."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

from msgspec import Struct, field

from generator.diagnostics import Location
from generator.facts.metric_hub import ParameterSpec, Table, Texts

Places = Mapping[str, Location]
"""Where each key of an entry was written, in whichever file it came from."""


class MetricType(StrEnum):
    """What the expression of a metric yields: a number, or an array of histograms."""

    SCALAR = "scalar"
    HISTOGRAM = "histogram"


class Level(StrEnum):
    """How well a metric is governed."""

    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"


class Relationship(StrEnum):
    """How many rows of a joined source, the second, belong to how many of the first."""

    ONE_TO_ONE = "one_to_one"
    MANY_TO_ONE = "many_to_one"
    ONE_TO_MANY = "one_to_many"
    MANY_TO_MANY = "many_to_many"


class ExperimentsColumn(StrEnum):
    """Where a data source holds the experiments of a row."""

    SIMPLE = "simple"
    NATIVE = "native"
    GLEAN = "glean"
    EVENTS_STREAM = "events_stream"


class PeriodOverPeriod(Struct, frozen=True):
    """A comparison of each value with the one so many days before."""

    periods: tuple[int, ...]
    kinds: tuple[str, ...]


class Statistic(Struct, frozen=True):
    """A statistic of a metric. Looker's parameters are typed; `parameters` has all as written."""

    name: str
    at: Location
    numerator: str | None = None
    denominator: str | None = None
    aggregations: tuple[str, ...] = ()
    window_sizes: tuple[int, ...] = ()
    period_over_period: PeriodOverPeriod | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


class Join(Struct, frozen=True):
    """A data source joined to another; without a condition, on client id and date.

    `condition_at` is where the condition stands, if there is one.
    """

    source: str
    at: Location
    relationship: Relationship | None = None
    on_expression: str | None = None
    condition_at: Location | None = None


class DataSource(Struct, frozen=True):
    """A table or subquery. `client_id` and `submission_date` are SQL; None if it has none.

    `from_expression` may hold `{dataset}`, and for Jetstream `{{experiment.…}}`.
    """

    slug: str
    platform: str
    at: Location
    from_expression: str
    client_id: str | None = "client_id"
    submission_date: str | None = "submission_date"
    build_id: str = "SAFE.SUBSTR(application.build_id, 0, 8)"
    experiments_column_type: ExperimentsColumn | None = ExperimentsColumn.SIMPLE
    default_dataset: str | None = None
    friendly_name: str | None = None
    label: str = ""
    description: str | None = None
    joins: tuple[Join, ...] = ()
    columns_as_dimensions: bool = False
    analysis_units: tuple[str, ...] = ("client_id",)
    group_id: str = "profile_group_id"
    glean_client_id: str | None = None
    legacy_client_id: str | None = None
    places: Places = field(default_factory=dict)

    @property
    def effective_joins(self) -> tuple[Join, ...]:
        """The joins without those that have nothing to join on: see the note `skipped-join`."""
        if self.client_id is not None:
            return self.joins
        return tuple(join for join in self.joins if join.on_expression)


class Metric(Struct, frozen=True):
    """A metric. One that depends on others, or is a mere ratio, has no expression of its own."""

    slug: str
    platform: str
    at: Location
    data_source: str | None = None
    expression: str | None = None
    type: MetricType = MetricType.SCALAR
    friendly_name: str | None = None
    label: str = ""
    description: str | None = None
    category: str | None = None
    owners: tuple[str, ...] = ()
    deprecated: bool = False
    level: Level | None = None
    bigger_is_better: bool = True
    analysis_bases: tuple[str, ...] = ("enrollments", "exposures")
    analysis_units: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    places: Places = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Its key path."""
        return f"{self.platform}.metrics.{self.slug}"


class Segment(Struct, frozen=True):
    """A condition on clients; its data source is a segment source."""

    slug: str
    platform: str
    at: Location
    data_source: str
    expression: str
    friendly_name: str | None = None
    label: str = ""
    description: str | None = None
    places: Places = field(default_factory=dict)


class SegmentSource(Struct, frozen=True):
    """What a segment looks at: days relative to the enrolment; `from_expression` is unfilled."""

    slug: str
    platform: str
    at: Location
    from_expression: str
    window_start: int = 0
    window_end: int = 0
    client_id: str = "client_id"
    submission_date: str = "submission_date"
    default_dataset: str | None = None
    group_id: str = "profile_group_id"
    glean_client_id: str | None = None
    legacy_client_id: str | None = None
    places: Places = field(default_factory=dict)


class Dimension(Struct, frozen=True):
    """SQL to group by."""

    slug: str
    platform: str
    at: Location
    data_source: str
    expression: str
    friendly_name: str | None = None
    label: str = ""
    description: str | None = None
    places: Places = field(default_factory=dict)


class Platform(Struct, frozen=True, dict=True):
    """Everything that is defined for one app; entries in the order of the merged files."""

    name: str
    at: Location
    metrics: tuple[Metric, ...] = ()
    data_sources: tuple[DataSource, ...] = ()
    segments: tuple[Segment, ...] = ()
    segment_sources: tuple[SegmentSource, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    parameters: tuple[ParameterSpec, ...] = ()
    alerts: Mapping[str, Table] = field(default_factory=dict)
    periods: Mapping[str, Texts] = field(default_factory=dict)

    @cached_property
    def metric(self) -> Mapping[str, Metric]:
        """The metrics by slug."""
        return {metric.slug: metric for metric in self.metrics}

    @cached_property
    def data_source(self) -> Mapping[str, DataSource]:
        """The data sources by slug."""
        return {source.slug: source for source in self.data_sources}
