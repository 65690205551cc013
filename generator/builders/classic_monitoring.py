"""`classic_monitoring_view`: the probes of a classic project, with percentiles as measures."""

from collections.abc import Iterator

from generator import lookml
from generator.artifact import Artifact, Content
from generator.builders.datagroups import datagroup_of
from generator.builders.monitoring_views import segmentation_of, text_of, x_axis_of
from generator.diagnostics import Diagnostic
from generator.facts.catalog import RelationName
from generator.facts.conventions import Conventions
from generator.lookml.filters import any_of
from generator.semantics.definitions import MetricType
from generator.semantics.monitoring import ClassicProject

_KIND = "classic_monitoring"
_PARAMETER = "percentile_conf"
_MEASURES = ("percentile", "low", "high")
_BUCKETS = {
    MetricType.SCALAR: (
        "ARRAY_AGG(IF(${TABLE}.value IS NULL, NULL, STRUCT(${TABLE}.value AS key, 1.0 AS value))"
        " IGNORE NULLS)"
    ),
    MetricType.HISTOGRAM: "ARRAY_CONCAT_AGG(${TABLE}.histogram)",
}
"""What a row holds of a client, as buckets with weights that are 1 in all."""


def build(request: ClassicProject, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """For each type of probes a view, its explore and its datagroup."""
    for kind, table in request.views.items():
        yield from _of_type(request, kind, table, conventions)


def _of_type(
    request: ClassicProject, kind: MetricType, table: RelationName, conventions: Conventions
) -> Iterator[Artifact]:
    view = view_of(request, kind, table)
    path = f"{request.namespace}/views/{view.name}.view.lkml"
    yield _artifact(path, lookml.Document(views=(view,)), f"{_KIND}_view", request, table)
    includes = [f"/{path}"]
    base = RelationName(table.project, conventions.monitoring_derived_dataset, table.table)
    datagroup = datagroup_of(view.name, (base,), conventions)
    if datagroup:
        target = f"{request.namespace}/datagroups/{datagroup.name}.datagroup.lkml"
        document = lookml.Document(datagroups=(datagroup,))
        yield _artifact(target, document, "datagroup", request, table)
        includes.append(f"/{target}")
    explore = lookml.Explore(
        name=view.name,
        hidden=True,
        persist_with=datagroup.name if datagroup else None,
        always_filter=lookml.AlwaysFilter((("branch", any_of(request.project.branches)),)),
    )
    document = lookml.Document(includes=tuple(includes), explores=(explore,))
    target = f"{request.namespace}/explores/{view.name}.explore.lkml"
    yield _artifact(target, document, f"{_KIND}_explore", request, table)


def view_of(request: ClassicProject, kind: MetricType, table: RelationName) -> lookml.View:
    """The view of a type of probes. Percentiles are numbers that Looker does not add up."""
    return lookml.View(
        name=f"{request.name}_{kind}",
        sql_table_name=f"`{table}`",
        parameters=(
            lookml.Parameter(_PARAMETER, type="number", label="Percentile", default_value="50"),
        ),
        dimensions=(
            x_axis_of(request.project.x_axis),
            *(text_of(name, name) for name in ("branch", "probe")),
            *((text_of("agg_type", "agg_type"),) if kind is MetricType.SCALAR else ()),
            *map(segmentation_of, request.project.dimensions),
        ),
        measures=tuple(_measure(name, request.function, kind) for name in _MEASURES),
    )


def _measure(name: str, function: str, kind: MetricType) -> lookml.Measure:
    call = f"`{function}`({{% parameter {_PARAMETER} %}}, {_BUCKETS[kind]})"
    return lookml.Measure(name, type="number", sql=f"{call}.{name}")


def _artifact(
    path: str, content: Content, kind: str, request: ClassicProject, table: RelationName
) -> Artifact:
    return Artifact(path, content, kind, request.subject, request.at, (table,))
