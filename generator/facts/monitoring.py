"""What is said of monitoring beside the project files: apps, experiments, rows of projects."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct, field

from generator.diagnostics import Location
from generator.facts.catalog import RelationName


class App(Struct, frozen=True):
    """An app as the platforms file has it: `ids` are its application ids by channel."""

    platform: str
    at: Location
    is_glean: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)


class Experiment(Struct, frozen=True):
    """An experiment or rollout, as the list of experiments has it."""

    slug: str
    at: Location
    name: str | None = None
    app: str | None = None
    channel: str | None = None
    branches: tuple[str, ...] = ()
    reference_branch: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    is_rollout: bool = False


class SummaryRow(Struct, frozen=True):
    """A metric and a statistic of it, with the groups that the metric is drawn in."""

    metric: str
    statistic: str
    groups: tuple[str, ...] = ()


class ProjectRow(Struct, frozen=True):
    """A row of the projects table: what is needed to show a project, not to compute it."""

    slug: str
    at: Location
    name: str | None = None
    x_axis: str = "submission_date"
    branches: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    summaries: tuple[SummaryRow, ...] = ()
    start_date: date | None = None
    end_date: date | None = None
    group_by_dimension: str | None = None
    alerting: bool = False
    compact: bool = False
    statistics_table: RelationName | None = None
    alerts_table: RelationName | None = None


class Choice(Struct, frozen=True):
    """The values that a dropdown offers, and the one it starts with."""

    default: str
    options: tuple[str, ...]


Choices = Mapping[str, Mapping[str, Choice]]
"""By project and dimension."""


class Monitoring(Struct, frozen=True):
    """All of it; `remembered` are the dropdowns of the last run that was published.

    `unread` says what could not be read: `apps`, `experiments`, or a part such as `apps.web`.
    """

    apps: tuple[App, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    rows: tuple[ProjectRow, ...] = ()
    remembered: Choices = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
