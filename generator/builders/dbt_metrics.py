"""The dbt project: for each data source of a platform a model, a semantic model and metrics."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from generator import dbt
from generator.artifact import Artifact
from generator.builders.dbt_models import Grain, grain_of, model_of, properties_of, reads
from generator.builders.dbt_names import metric_name
from generator.builders.dbt_project import project_files
from generator.builders.dbt_semantics import Semantics, semantics_of
from generator.builders.dbt_sources import Sources, described, sources_of, table_of
from generator.builders.dbt_statistics import Unexpressed
from generator.builders.taken import Taken
from generator.diagnostics import Diagnostic, Fault, diagnostic, split
from generator.facts.catalog import Catalog, RelationName
from generator.names import title
from generator.semantics.data_source_sql import Query, data_source_query
from generator.semantics.definitions import MetricType, Platform
from generator.semantics.metric_views import measured_sources
from generator.semantics.model import MetricView, Project

_LISTED = 12


def build(project: Project, taken: Taken | None = None) -> Iterator[Artifact | Diagnostic]:
    """The files of the dbt project, and what it cannot express. None without definitions.

    `taken` are the names that are given away; it learns those that are now.
    """
    if not project.platforms and not project.monitored.computed:
        return
    yield from project_files()
    taken = taken if taken is not None else Taken()
    for platform in project.platforms:
        views = _views(platform, project)
        if views:
            yield from _platform(platform, views, project.catalog, taken)


def _views(platform: Platform, project: Project) -> tuple[MetricView, ...]:
    """The metric views of a platform, as its LookML has them."""
    return tuple(
        request
        for namespace in project.namespaces
        for request in namespace.requests
        if isinstance(request, MetricView) and request.source.platform == platform.name
    )


def _platform(
    platform: Platform, views: tuple[MetricView, ...], catalog: Catalog, taken: Taken
) -> Iterator[Artifact | Diagnostic]:
    """The files of a platform: its sources, and two for each data source."""
    grains, unusable = split(_grains(platform, views, catalog))
    yield from unusable
    sources = sources_of(platform.name, _reads(platform, grains))
    found, unexpressed = semantics_of(grains, taken)
    yield _sources_file(platform, sources, catalog)
    for grain in grains:
        models, unported = split(model_of(grain, sources))
        yield from unported
        properties = _properties(grain, found[grain.name], unexpressed, sources)
        yield from _files(grain, models[0], properties)
    yield from _told(platform, (*unexpressed, *_beyond(platform, grains)))


def _grains(
    platform: Platform, views: Iterable[MetricView], catalog: Catalog
) -> Iterator[Grain | Diagnostic]:
    for view in views:
        try:
            yield grain_of(platform, view, catalog)
        except Fault as stopped:
            yield stopped.diagnostic


def _reads(platform: Platform, grains: Iterable[Grain]) -> Iterator[str]:
    """The tables of a platform as written, those too that could not be read today.

    What was published over one of those still stands, and names it.
    """
    for grain in grains:
        yield from grain.reads
    built = {grain.view.source.slug for grain in grains}
    for source in measured_sources(platform):
        if source.slug not in built:
            with suppress(Fault):  # it is told when its view is derived
                yield from reads(data_source_query(platform, source, Query(dataset=platform.name)))


def _sources_file(platform: Platform, sources: Sources, catalog: Catalog) -> Artifact:
    content = dbt.Properties(sources=described(sources, catalog))
    path = f"models/{platform.name}/sources.yml"
    needs = tuple(
        RelationName(table.project, table.dataset, table.name)
        for table in sources.tables
        if table.project
    )
    return Artifact(path, content, "dbt_sources", platform.name, platform.at, needs)


def _files(grain: Grain, model: dbt.Model, properties: dbt.Properties) -> Iterator[Artifact]:
    view = grain.view
    stem = f"models/{grain.platform.name}/{grain.name}"
    yield Artifact(f"{stem}.sql", model, "dbt_model", view.subject, view.at, view.needs)
    yield Artifact(f"{stem}.yml", properties, "dbt_properties", view.subject, view.at, view.needs)


def _properties(
    grain: Grain, semantics: Semantics, unexpressed: Iterable[Unexpressed], sources: Sources
) -> dbt.Properties:
    """What is said of a data source: its model, what MetricFlow makes of it, its explore."""
    beyond: dict[str, list[str]] = {}
    for item in unexpressed:
        beyond.setdefault(item.metric, []).append(item.name)
    return dbt.Properties(
        models=(properties_of(grain, beyond),),
        semantic_models=(semantics.model,) if semantics.model else (),
        metrics=semantics.metrics,
        exposures=(_exposure(grain.view, sources),),
    )


def _exposure(view: MetricView, sources: Sources) -> dbt.Exposure:
    """The explore in Looker, which reads the same tables."""
    source = view.source
    owners = (owner for metric in view.metrics for owner in metric.owners)
    tables = (table_of(str(name)) for name in view.needs)
    return dbt.Exposure(
        name=metric_name(source.platform, source.slug, "explore"),
        type="analysis",
        owner=dbt.Owner(title(source.platform), next(owners, None)),
        label=f"{title(source.platform)}: {source.label}",
        description=f"The explore `{view.name}` of `{source.platform}` in Looker.",
        depends_on=tuple(sources.call(table) for table in tables if table in sources.tables),
    )


def _beyond(platform: Platform, grains: tuple[Grain, ...]) -> Iterator[Unexpressed]:
    """What is defined, and has no place in a dbt project."""
    yield from _numberless(platform, grains)
    yield from _dateless(grains)
    kept = {dimension.slug for grain in grains for dimension in grain.dimensions}
    for dimension in platform.dimensions:
        if dimension.slug not in kept:
            yield Unexpressed(dimension.slug, "no column of a model can be that dimension")
    for segment in platform.segments:
        yield Unexpressed(segment.slug, "a segment looks at the days around an enrolment")


def _numberless(platform: Platform, grains: Iterable[Grain]) -> Iterator[Unexpressed]:
    """The metrics that are no column of a model."""
    told = {metric.slug for grain in grains for metric in grain.view.ratios}
    for metric in platform.metrics:
        if metric.type is MetricType.HISTOGRAM:
            yield Unexpressed(metric.slug, "a histogram is no number")
        elif metric.depends_on and metric.expression is None and metric.slug not in told:
            yield Unexpressed(metric.slug, "it says what it depends on, but not how")


def _dateless(grains: Iterable[Grain]) -> Iterator[Unexpressed]:
    """The metrics that are a column, but none over time."""
    for grain in grains:
        if not grain.view.date:
            reason = "its data source has no date to tell its metrics by"
            yield from (Unexpressed(m.slug, reason) for m in grain.view.metrics if m.statistics)


def _told(platform: Platform, unexpressed: Iterable[Unexpressed]) -> Iterator[Diagnostic]:
    """One note for each reason."""
    by_reason: dict[str, list[str]] = {}
    for item in unexpressed:
        by_reason.setdefault(item.reason, []).append(item.name)
    for reason, found in by_reason.items():
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        listed = ", ".join(f"`{name}`" for name in found[:_LISTED]) + more
        values = {"count": len(found), "platform": platform.name, "reason": reason, "names": listed}
        yield diagnostic("unexpressed-metric", platform.at, platform.name, **values)
