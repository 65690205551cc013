"""The projects table of monitoring: a row for each project that is computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from generator.builders.dbt_monitoring_sql import filled
from generator.semantics.monitoring import Study, Summary


@dataclass(frozen=True, slots=True)
class _Row:
    slug: str
    name: str
    x_axis: str
    branches: tuple[str, ...]
    dimensions: tuple[str, ...]
    summaries: tuple[Summary, ...]
    start: str | None
    end: str | None
    group_by: str | None
    alerting: bool
    compact: bool


@dataclass(frozen=True, slots=True)
class _Rows:
    projects: tuple[_Row, ...]


def projects_sql(studies: Iterable[Study]) -> str:
    """The query that gives the rows, in the order of the projects. There must be a project."""
    return filled("opmon/projects.sql", _Rows(tuple(map(_row, studies))))


def _row(study: Study) -> _Row:
    project = study.project
    return _Row(
        slug=project.slug,
        name=project.title,
        x_axis=project.x_axis.value,
        branches=project.branches,
        dimensions=tuple(dimension.name for dimension in project.dimensions),
        summaries=project.summaries,
        start=_day(study.start),
        end=_day(study.end),
        group_by=project.group_by,
        alerting=project.alerts is not None,
        compact=project.compact,
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
