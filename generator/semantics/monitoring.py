"""Operational monitoring, concluded: what a project shows, and what has to be computed for it.

A `MonitoringProject` is all that Looker needs; it may come from a project file or from a row of the
projects table. A `Study` is what the ETL computes; only a project file says so much.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct, field

from generator.diagnostics import Location
from generator.facts.catalog import Column, RelationName
from generator.facts.monitoring import Choice
from generator.semantics.alerts import Alert
from generator.semantics.definitions import DataSource, Dimension, Metric, MetricType, Platform

ALL = "All"
"""The value of a dimension in a row that holds for all its values together."""

SAMPLE_SIZE = "sample_size"
"""The column that says of how many clients a row of statistics is."""

PROJECTS_TABLE = "projects_table"
"""What the table of all projects goes by, in key paths."""


class XAxis(StrEnum):
    """What a project is drawn over: days, or builds as known after some days."""

    SUBMISSION_DATE = "submission_date"
    BUILD_ID = "build_id"


class Summary(Struct, frozen=True):
    """A statistic of a metric, in the order of the project.

    `label` is the name of the metric for people. `percentiles` are those that are computed, where
    that is known; `groups` are the names of the groups in which the metric is drawn.
    """

    metric: str
    statistic: str
    label: str
    groups: tuple[str, ...] = ()
    percentiles: tuple[str, ...] = ()


class MetricGroup(Struct, frozen=True):
    """Metrics that are drawn in one tile."""

    name: str
    label: str
    description: str | None = None


class Segmentation(Struct, frozen=True):
    """A dimension of a project: its column, and its name for people."""

    name: str
    label: str


class MonitoringProject(Struct, frozen=True):
    """A project as it is shown.

    `slug` is as written, `name` what view, explore and dashboard are called. `branches` are in the
    order of their colours, the reference branch first. `rolled_up` says that the statistics have
    rows for `ALL` values of each dimension.
    """

    slug: str
    name: str
    title: str
    at: Location
    statistics: RelationName
    alerts: RelationName | None = None
    x_axis: XAxis = XAxis.SUBMISSION_DATE
    branches: tuple[str, ...] = ()
    dimensions: tuple[Segmentation, ...] = ()
    summaries: tuple[Summary, ...] = ()
    groups: tuple[MetricGroup, ...] = ()
    group_by: str | None = None
    compact: bool = False
    start: date | None = None
    end: date | None = None
    rolled_up: bool = False
    owners: tuple[str, ...] = ()


class Branching(StrEnum):
    """How a client comes to its branch."""

    LISTED = "listed"
    PREFERENCE = "preference"
    ENTIRE = "entire"
    ROLLOUT = "rollout"


class Population(Struct, frozen=True):
    """The clients that are watched. `preference` is SQL, for branches by preference."""

    source: DataSource
    branching: Branching
    branches: tuple[str, ...]
    is_glean: bool = False
    channel: str | None = None
    preference: str | None = None
    unfiltered: bool = False
    """Whether clients of no branch are kept, too: the entire population is asked for."""


class Computed(Struct, frozen=True):
    """A statistic to compute of a metric; what it does not take is unset."""

    metric: Metric
    statistic: str
    percentiles: tuple[float, ...] = ()
    remove_nulls: bool = False
    quantile: int | None = None
    number_of_quantiles: int | None = None
    denominator: str | None = None


class Study(Struct, frozen=True):
    """What the ETL computes for a project.

    `platform` has the metrics, data sources and dimensions as the project sees them, `dataset` is
    what stands for `{dataset}` in them. `reference_branch` is whom the others are compared with.
    """

    namespace: str
    project: MonitoringProject
    platform: Platform
    population: Population
    metrics: tuple[Metric, ...]
    statistics: tuple[Computed, ...]
    start: date
    dataset: str | None = None
    dimensions: tuple[Dimension, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reference_branch: str = "control"
    end: date | None = None

    @property
    def subject(self) -> str:
        """Its key path, by name: a row of the table may write the slug of its file otherwise."""
        return f"{self.namespace}.projects.{self.project.name}"


class Probe(Struct, frozen=True):
    """A value that clients send: SQL over a row of the table."""

    name: str
    sql: str
    type: MetricType


class Analysis(Struct, frozen=True):
    """The probes of a table, which is a data source of the study."""

    source: str
    probes: tuple[Probe, ...]
    dimensions: tuple[Dimension, ...]


class ClassicProject(Struct, frozen=True):
    """A project in the classic layout: clients' values are kept, Looker makes percentiles of them.

    `study` has its clients, branches and days, and its probes as metrics without statistics.
    `views` are those that Looker reads, one for each type of probes. `function` makes a percentile
    with its interval.
    """

    study: Study
    analyses: tuple[Analysis, ...]
    function: str
    views: Mapping[MetricType, RelationName] = field(default_factory=dict)

    @property
    def project(self) -> MonitoringProject:
        """Its names, branches and dimensions."""
        return self.study.project

    @property
    def kind(self) -> str:
        """The kind of view."""
        return "classic_monitoring_view"

    @property
    def namespace(self) -> str:
        """The namespace of all projects."""
        return self.study.namespace

    @property
    def name(self) -> str:
        """What its views begin with."""
        return self.project.name

    @property
    def at(self) -> Location:
        """Where it is asked for."""
        return self.project.at

    @property
    def subject(self) -> str:
        """The key path of what asks for it."""
        return self.study.subject

    @property
    def needs(self) -> tuple[RelationName, ...]:
        """The relations it stands on."""
        return tuple(self.views.values())


class Monitored(Struct, frozen=True):
    """Projects by name, the studies of those that we compute, and projects of the older layout."""

    projects: tuple[MonitoringProject, ...] = ()
    studies: tuple[Study, ...] = ()
    classics: tuple[ClassicProject, ...] = ()

    @property
    def computed(self) -> tuple[Study, ...]:
        """All that the ETL computes something for."""
        return (*self.studies, *(classic.study for classic in self.classics))


class MonitoringView(Struct, frozen=True):
    """A project to be built: its view, explore and dashboard, and those of its alerts.

    `dimensions` are those that the statistics have, `choices` what their dropdowns offer.
    `alert_columns` are those of the alerts table. `bytes` are those of the tables below.
    """

    namespace: str
    project: MonitoringProject
    dimensions: tuple[Segmentation, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    alert_columns: tuple[Column, ...] = ()
    base_tables: tuple[RelationName, ...] = ()
    alert_base_tables: tuple[RelationName, ...] = ()
    bytes: int | None = None
    alert_bytes: int | None = None

    @property
    def kind(self) -> str:
        """The kind of view."""
        return "operational_monitoring_view"

    @property
    def name(self) -> str:
        """The name of view, explore and dashboard."""
        return self.project.name

    @property
    def at(self) -> Location:
        """Where it is asked for."""
        return self.project.at

    @property
    def subject(self) -> str:
        """The key path of what asks for it."""
        return f"{self.namespace}.projects.{self.project.name}"

    @property
    def needs(self) -> tuple[RelationName, ...]:
        """The relations it stands on."""
        own = self.project
        return (own.statistics,) if own.alerts is None else (own.statistics, own.alerts)
