"""`metric_definitions_view`: the metrics of one data source, with their configured statistics."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

import generator.builders.derived_table as table
import generator.builders.metric_fields as common
from generator import lookml
from generator.artifact import Artifact
from generator.builders.datagroups import datagroup_of
from generator.builders.fields import fields_of, free_name
from generator.builders.statistics import (
    ORDER,
    PARTITION,
    WINDOW_SIZE,
    Context,
    daily_active,
    measures_of,
    possible_measures,
)
from generator.diagnostics import Diagnostic, Location, diagnostic, split
from generator.facts.catalog import DataType
from generator.facts.conventions import Conventions
from generator.lookml.fragments import references
from generator.names import identifier, title
from generator.prose import prose
from generator.semantics.definitions import Metric
from generator.semantics.model import BaseField, MetricView

EXPLORE = "metric_definitions_explore"

OWN_NAMES = (
    *(table.AGGREGATE_BY, table.SAMPLING, table.LOOKBACK, table.PERIOD, table.CLIENT),
    *(table.SUBMISSION, *(f"{table.SUBMISSION}_{timeframe}" for timeframe in common.DATES)),
    *(WINDOW_SIZE, PARTITION, ORDER),
)
"""The fields that every metric view may have: no metric and no column takes their names."""


def build(view: MetricView, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The view of a data source's metrics, its explore and its datagroup."""
    view, clashing = _without_clashes(view)
    yield from clashing
    context = _context(view, conventions)
    made, doubled = split(_measures(view, context))
    yield from doubled
    measures = {measure.name: measure for measure in made}
    yield from _prune(view, measures)
    fields, noticed = _fields(view, context, conventions, measures)
    yield from noticed
    whole = replace(fields, measures=tuple(measures.values()))
    if any(PARTITION in references(m.sql or "") for m in whole.measures):
        whole = replace(whole, measures=(*_windows(whole), *whole.measures))
    shown = tuple(identifier(metric.slug) for metric in view.metrics)
    names = (*shown, *(measure.name for measure in whole.measures))
    whole = replace(whole, sets=(lookml.Set("metrics", fields=names),))
    yield from _files(whole, view, conventions)


def _without_clashes(view: MetricView) -> tuple[MetricView, tuple[Diagnostic, ...]]:
    """The view without metrics that are called like another of its fields, or of its columns."""
    taken = dict.fromkeys((*OWN_NAMES, table.BASIS))
    metrics, noticed = split(_named(view.metrics, taken))
    histograms, more = split(_named(view.histograms, taken))
    return replace(view, metrics=metrics, histograms=histograms), (*noticed, *more)


def _named(metrics: Iterable[Metric], taken: dict[str, None]) -> Iterator[Metric | Diagnostic]:
    for metric in metrics:
        name = identifier(metric.slug)
        if name in taken:
            yield _taken(name, metric, metric.at, taken)
        else:
            taken[name] = None
            yield replace(metric, label=prose(metric.label) or title(metric.slug))


def _taken(name: str, metric: Metric, at: Location, taken: Iterable[str]) -> Diagnostic:
    better = free_name(name, taken)
    return diagnostic("taken-name", at, metric.subject, name=name, better=better)


def _context(view: MetricView, conventions: Conventions) -> Context:
    sampled = table.sampled_by(view)
    windows = {
        size
        for metric in view.metrics
        for statistic in metric.statistics
        for size in statistic.window_sizes
    }
    return Context(
        view.name,
        f" * 100 / {{% parameter {table.SAMPLING} %}}" if sampled else "",
        tuple(sorted(windows)),
        frozenset(slug for slug, type_ in view.types.items() if type_ is DataType.BOOL),
        conventions.histogram_percentiles,
    )


def _measures(view: MetricView, context: Context) -> Iterator[lookml.Measure | Diagnostic]:
    """The measures of every metric, and the hidden ones that those need; each name once."""
    metrics = (*view.metrics, *view.histograms)
    taken = dict.fromkeys((*OWN_NAMES, *(identifier(metric.slug) for metric in metrics)))
    made: dict[str, lookml.Measure] = {}
    for metric in (*metrics, *view.ratios):
        for measure in measures_of(metric, context):
            if measure.name in taken:
                at = metric.places.get("statistics", metric.at)
                yield _taken(measure.name, metric, at, taken)
            else:
                taken[measure.name] = None
                made[measure.name] = measure
    needed = dict(_needed(view, context, made))
    if any("dau" in references(measure.sql or "") for measure in made.values()):
        needed |= {measure.name: measure for measure in daily_active(context)}
    yield from made.values()
    yield from (measure for name, measure in needed.items() if name not in taken)


def _needed(
    view: MetricView, context: Context, made: Mapping[str, lookml.Measure]
) -> dict[str, lookml.Measure]:
    """The measures that others name and nobody configured: they are made, hidden."""
    possible = {
        measure.name: replace(measure, hidden=True)
        for metric in view.metrics
        for measure in possible_measures(metric, context)
    }
    found: dict[str, lookml.Measure] = {}
    queue = list(made.values())
    while queue:
        for name in references(queue.pop().sql or ""):
            if name in possible and name not in made and name not in found:
                found[name] = possible[name]
                queue.append(possible[name])
    return found


def _prune(view: MetricView, measures: dict[str, lookml.Measure]) -> Iterator[Diagnostic]:
    """Leave out the measures that name one of another data source, and those that name these."""
    given = {PARTITION, ORDER, WINDOW_SIZE, table.SAMPLING}
    while True:
        known = measures.keys() | given
        lost = {
            measure.name: name
            for measure in measures.values()
            for name in references(measure.sql or "")
            if name not in known
        }
        if not lost:
            return
        for name, missing in lost.items():
            del measures[name]
            values = {"name": name, "field": missing, "source": view.source.slug}
            yield diagnostic("foreign-measure", view.source.at, view.subject, **values)


def _fields(
    view: MetricView, context: Context, conventions: Conventions, measures: Iterable[str]
) -> tuple[lookml.View, tuple[Diagnostic, ...]]:
    """The view without its measures."""
    view = replace(view, base_fields=tuple(_free_fields(view, measures)))
    dimensions = tuple(field.dimension for field in view.base_fields)
    fields, noticed = fields_of(dimensions, conventions, view.source.at, view.subject)
    hidden = {dimension.name for dimension in fields.dimensions if dimension.hidden}
    view = replace(view, base_fields=tuple(f for f in view.base_fields if f.name not in hidden))
    columns = {field.name: f"${{TABLE}}.{field.column}" for field in view.base_fields}
    return (
        lookml.View(
            name=view.name,
            derived_table=lookml.DerivedTable(sql=table.sql_of(view, context.percentiles)),
            parameters=tuple(common.parameters(view, context)),
            filters=(common.analysis_period(),),
            dimensions=(
                common.client_id(),
                *(common.metric_dimension(metric, view) for metric in view.metrics),
                *(
                    common.histogram_dimension(metric)
                    for metric in view.histograms
                    if context.percentiles
                ),
                *(
                    replace(d, group_label=common.BASE_FIELDS, sql=columns[d.name])
                    for d in _told_apart(d for d in fields.dimensions if d.name in columns)
                ),
            ),
            dimension_groups=(
                common.submission(),
                *(
                    replace(g, group_label=common.BASE_FIELDS, sql=columns[g.name])
                    for g in fields.groups
                ),
            ),
        ),
        noticed,
    )


def _told_apart(dimensions: Iterable[lookml.Dimension]) -> Iterator[lookml.Dimension]:
    """Base fields are all in one group: what reads alike there says which record it is of."""
    found = tuple(dimensions)
    count = Counter(d.group_item_label for d in found)
    for dimension in found:
        label = dimension.group_item_label
        if label and dimension.group_label and count[label] > 1:
            yield replace(dimension, group_item_label=f"{dimension.group_label}: {label}")
        else:
            yield dimension


def _free_fields(view: MetricView, measures: Iterable[str]) -> Iterator[BaseField]:
    """The base fields that are called like nothing else, neither as fields nor as columns."""
    slugs = {metric.slug for metric in (*view.metrics, *view.histograms)}
    taken = {*OWN_NAMES, *measures, *map(identifier, slugs)}
    columns = {slug.lower() for slug in slugs}
    for field in view.base_fields:
        if taken.isdisjoint(table.field_names(field)) and field.column.lower() not in columns:
            yield field


def _windows(view: lookml.View) -> Iterator[lookml.Measure]:
    """What rows a window runs over: those alike in all that is selected, by date."""
    parts = "".join(
        f"{{% if {view.name}.{name}._is_selected %}}TO_JSON_STRING(${{{name}}}), ',', {{% endif %}}"
        for name in _dimension_names(view)
    )
    yield lookml.Measure(PARTITION, hidden=True, type="string", sql=f"ANY_VALUE(CONCAT({parts}''))")
    yield lookml.Measure(
        ORDER,
        hidden=True,
        type="number",
        sql=f"MIN(UNIX_DATE(${{TABLE}}.{table.BASIS}))",
    )


def _dimension_names(view: lookml.View) -> Iterator[str]:
    """What rows may be told apart by; histograms, which have no type, do not do that."""
    fields: tuple[lookml.Dimension | lookml.DimensionGroup, ...]
    fields = (*view.dimensions, *view.dimension_groups)
    for field in fields:
        if field.name != table.SUBMISSION and field.type is not None:
            yield from lookml.field_names(field)


def _files(view: lookml.View, request: MetricView, conventions: Conventions) -> Iterator[Artifact]:
    at, subject, needs = request.source.at, request.subject, request.needs
    path = f"{request.namespace}/views/{view.name}.view.lkml"
    yield Artifact(path, lookml.Document(views=(view,)), request.kind, subject, at, needs)
    includes = [f"/{path}"]
    datagroup = datagroup_of(request.name, request.base_tables, conventions)
    if datagroup:
        group_path = f"{request.namespace}/datagroups/{datagroup.name}.datagroup.lkml"
        document = lookml.Document(datagroups=(datagroup,))
        yield Artifact(group_path, document, "datagroup", subject, at, needs)
        includes.append(f"/{group_path}")
    filters = tuple(_filters(request, conventions))
    explore = lookml.Explore(
        name=view.name,
        fields=("ALL_FIELDS*",),
        persist_with=datagroup.name if datagroup else None,
        always_filter=lookml.AlwaysFilter(filters) if filters else None,
    )
    document = lookml.Document(includes=tuple(includes), explores=(explore,))
    target = f"{request.namespace}/explores/{view.name}.explore.lkml"
    yield Artifact(target, document, EXPLORE, subject, at, needs)


def _filters(view: MetricView, conventions: Conventions) -> Iterator[tuple[str, str]]:
    """What a query starts with: some days, for without any none is read; a sample where it can."""
    if table.sampled_by(view):
        yield table.SAMPLING, "1"
    if view.date:
        yield f"{table.SUBMISSION}_date", conventions.window
