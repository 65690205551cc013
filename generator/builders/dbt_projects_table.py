"""The projects table of monitoring: a row for each project that is computed."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from generator import dbt
from generator.artifact import Artifact
from generator.builders.dbt_monitoring_sql import UNION, Marks, filled, model
from generator.builders.dbt_monitoring_tables import Made, place_of
from generator.builders.dbt_sources import sources_of
from generator.diagnostics import Diagnostic
from generator.facts.conventions import Conventions
from generator.semantics.monitoring import PROJECTS_TABLE, Study, Summary

_TABLE = "lookml_gen_projects"
_TAGS = {"tags": ["opmon"]}


class _Row(Struct, frozen=True):
    slug: str
    name: str
    x_axis: str
    branches: tuple[str, ...]
    dimensions: tuple[str, ...]
    summaries: tuple[Summary, ...]
    start: str
    end: str | None
    group_by: str | None
    alerting: bool
    compact: bool


class _Shown(Struct, frozen=True):
    table: str


def build(studies: tuple[Study, ...], conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The table of the projects of a namespace, and the view of it."""
    first = studies[0]
    subject, folder = f"{first.namespace}.{PROJECTS_TABLE}", f"models/{first.namespace}"
    table, view = _made(first, conventions)
    marks = Marks(sources_of(first.namespace, ()))
    marks.call(_TABLE, table.call)
    statements = (
        (table, _rows(studies)),
        (view, (filled("opmon/projects_view.sql", _Shown(_TABLE)),)),
    )
    for made, sql in statements:
        for item in model(first, made.name, sql, marks, made.config):
            if isinstance(item, Diagnostic):
                yield item
            else:
                yield Artifact(f"{folder}/{made.name}.sql", item, "dbt_model", subject)
    properties = _properties(table, view)
    yield Artifact(f"{folder}/{table.name}.yml", properties, "dbt_properties", subject)


def _made(study: Study, conventions: Conventions) -> tuple[Made, Made]:
    """Table and view: where those of the projects are."""
    public = study.project.statistics
    derived = place_of(public, conventions, derived=True)
    shown = place_of(public, conventions, derived=False)
    return (
        Made("projects_v1", {"materialized": "table", **derived, **_TAGS}),
        Made("projects", {"materialized": "view", **shown, **_TAGS}),
    )


def projects_sql(studies: Iterable[Study]) -> str:
    """The query that gives the rows, in the order of the projects. There must be a project."""
    return UNION.join(_rows(studies))


def _rows(studies: Iterable[Study]) -> tuple[str, ...]:
    return tuple(filled("opmon/projects.sql", _row(study)) for study in studies)


def _row(study: Study) -> _Row:
    project = study.project
    return _Row(
        slug=project.slug,
        name=project.title,
        x_axis=project.x_axis.value,
        branches=project.branches,
        dimensions=tuple(dimension.name for dimension in project.dimensions),
        summaries=project.summaries,
        start=study.start.isoformat(),
        end=study.end.isoformat() if study.end else None,
        group_by=project.group_by,
        alerting=project.alerts is not None,
        compact=project.compact,
    )


_SUMMARIES = "ARRAY<STRUCT<statistic STRING, metric STRING, metric_groups ARRAY<STRING>>>"
_COLUMNS = (
    dbt.Column(
        "slug",
        "The project: the name of its file.",
        "STRING",
        data_tests=(dbt.Test("not_null"), dbt.Test("unique")),
    ),
    dbt.Column("name", "What its dashboard is called.", "STRING"),
    dbt.Column("xaxis", "`submission_date` or `build_id`.", "STRING"),
    dbt.Column("branches", "Its branches, the reference first.", "ARRAY<STRING>"),
    dbt.Column("dimensions", "What its clients are told apart by.", "ARRAY<STRING>"),
    dbt.Column("summaries", "The statistics of its metrics, as they are drawn.", _SUMMARIES),
    dbt.Column("start_date", "Its first day.", "DATE"),
    dbt.Column("end_date", "Its last day; NULL while nobody has set one.", "DATE"),
    dbt.Column("group_by_dimension", "The dimension that graphs are split by, if any.", "STRING"),
    dbt.Column("alerting", "Whether it has alerts.", "BOOLEAN"),
    dbt.Column("compact_visualization", "Whether one graph shows one metric at a time.", "BOOLEAN"),
)


def _properties(table: Made, view: Made) -> dbt.Properties:
    said = "The monitoring projects, a row for each."
    untested = tuple(replace(column, data_tests=()) for column in _COLUMNS)
    return dbt.Properties(
        models=(
            dbt.ModelProperties(table.name, f"{said} Each run makes them anew.", columns=_COLUMNS),
            dbt.ModelProperties(view.name, said, columns=untested),
        )
    )
