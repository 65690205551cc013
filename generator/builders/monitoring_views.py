"""Views of monitoring projects: of their statistics, and of their alerts."""

from collections.abc import Iterator

from generator import lookml
from generator.builders.fields import fields_of
from generator.diagnostics import Diagnostic
from generator.facts.catalog import Column, RelationName
from generator.facts.conventions import Conventions
from generator.names import identifier, title
from generator.semantics import model
from generator.semantics.monitoring import MonitoringView, Segmentation, XAxis
from generator.sql import is_usable, quoted

_SUGGESTIONS_LAST = "24 hours"
_BUILD_DATE = "PARSE_DATE('%Y%m%d', CAST(${TABLE}.build_id AS STRING))"
_MEASURES = ("point", "lower", "upper")
_SUBMISSION = frozenset({"submission_date", "submission_timestamp"})
_OWN_ALERT_FIELDS = frozenset({"errors", "build_id_date"})


def statistics_of(request: MonitoringView) -> lookml.View:
    """The view of the statistics. Other columns of the table are no fields.

    A row is a statistic already, so a sum is right only where every dimension has one value;
    `row_count` tells.
    """
    return lookml.View(
        name=request.name,
        sql_table_name=_table(request.project.statistics),
        dimensions=(
            x_axis_of(request.project.x_axis),
            *(text_of(name, name) for name in ("branch", "metric", "statistic")),
            lookml.Dimension("parameter", type="number", sql="${TABLE}.parameter"),
            *(segmentation_of(item) for item in request.dimensions),
        ),
        measures=(
            *(lookml.Measure(n, type="sum", sql=f"${{TABLE}}.{n}") for n in _MEASURES),
            lookml.Measure("row_count", hidden=True, type="count"),
        ),
    )


def alerts_of(
    request: MonitoringView, table: RelationName, conventions: Conventions
) -> tuple[lookml.View, tuple[Diagnostic, ...]]:
    """The view of the alerts: a dimension for each column, and how many alerts there are."""
    dimensions = tuple(_columns(request.alert_columns, conventions))
    fields, noticed = fields_of(dimensions, conventions, request.at, request.subject)
    builds = any(column.name.lower() == "build_id" for column in request.alert_columns)
    view = lookml.View(
        name=f"{request.name}_alerts",
        sql_table_name=_table(table),
        dimensions=(
            _date("submission_date", "${TABLE}.submission_date"),
            *((_date("build_id_date", _BUILD_DATE, hidden=True),) if builds else ()),
            *fields.dimensions,
        ),
        dimension_groups=fields.groups,
        measures=(lookml.Measure("errors", type="count"),),
    )
    return view, noticed


def _columns(columns: tuple[Column, ...], conventions: Conventions) -> Iterator[model.Dimension]:
    """The columns as dimensions; those of the submission are one date, made apart."""
    taken = {*_SUBMISSION, *_OWN_ALERT_FIELDS}
    for column in columns:
        name = identifier(column.name)
        if name not in taken and is_usable(column.name):
            taken.add(name)
            yield model.Dimension(
                name=name,
                path=(column.name,),
                type=column.type,
                repeated=column.repeated,
                label=title(column.name, conventions.acronyms),
                description=column.description,
                hidden=column.name in conventions.hidden_columns,
            )


def _table(name: RelationName) -> str:
    return f"`{name}`"


def _date(name: str, sql: str, *, hidden: bool | None = None) -> lookml.Dimension:
    return lookml.Dimension(
        name, hidden=hidden, type="date", convert_tz=False, datatype="date", sql=sql
    )


def x_axis_of(axis: XAxis) -> lookml.Dimension:
    """What a project is drawn over, as a date."""
    sql = _BUILD_DATE if axis is XAxis.BUILD_ID else "${TABLE}.submission_date"
    return _date(axis.value, sql)


def text_of(name: str, column: str, label: str | None = None) -> lookml.Dimension:
    """A column of text as a dimension."""
    return lookml.Dimension(
        name,
        type="string",
        label=label,
        sql=f"${{TABLE}}.{quoted(column)}",
        suggest_persist_for=_SUGGESTIONS_LAST,
    )


def segmentation_of(item: Segmentation) -> lookml.Dimension:
    """A dimension of a project."""
    name = identifier(item.name)
    label = item.label if item.label and item.label != title(name) else None
    return text_of(name, item.name, label)
