"""Rows of the projects table as projects: what is needed to show them, and no more."""

from generator.diagnostics import fault
from generator.facts.conventions import Conventions
from generator.facts.monitoring import ProjectRow
from generator.names import title
from generator.semantics.monitoring import (
    MetricGroup,
    MonitoringProject,
    Segmentation,
    Summary,
    XAxis,
)
from generator.semantics.project_names import check_name, name_of, subject_of, table_of


def shown(row: ProjectRow, conventions: Conventions) -> MonitoringProject:
    """The project of a row. Raises Fault if the row contradicts itself."""
    subject = subject_of(row.slug, conventions)
    grouping = row.group_by_dimension
    if grouping and grouping not in row.dimensions:
        raise fault("unlisted-dimension", row.at, subject, name=grouping)
    names = conventions.acronyms
    groups = dict.fromkeys(name for summary in row.summaries for name in summary.groups)
    statistics = row.statistics_table or table_of(row.slug, "statistics", conventions)
    alerts = row.alerts_table or table_of(row.slug, "alerts", conventions)
    project = MonitoringProject(
        row.slug,
        name_of(row.slug, conventions),
        row.name or row.slug,
        row.at,
        statistics,
        alerts if row.alerting else None,
        XAxis(row.x_axis),
        row.branches,
        tuple(Segmentation(name, title(name, names)) for name in row.dimensions),
        tuple(
            Summary(s.metric, s.statistic, title(s.metric, names), s.groups) for s in row.summaries
        ),
        tuple(MetricGroup(name, title(name, names)) for name in groups),
        grouping,
        row.compact,
        row.start_date,
        row.end_date,
    )
    check_name(project, subject)
    return project
