"""Metric views: for each data source, its metrics and the columns to break them by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace
from sqlglot import exp

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, split
from generator.facts.catalog import Catalog, Column, DataType, Kind, Relation, RelationName
from generator.names import identifier, time_stem
from generator.semantics.data_source_sql import data_source_query
from generator.semantics.definition_sql import alias_name
from generator.semantics.definitions import DataSource, Metric, MetricType, Platform
from generator.semantics.derive import Setting, derive_model
from generator.semantics.infer import Inferred, infer
from generator.semantics.lineage import base_tables
from generator.semantics.metric_expressions import Expression, fitted, writable
from generator.semantics.metric_sources import (
    Work,
    as_date,
    described,
    field_sources,
    own_expression,
    query_of,
    rows_query,
    sound_joins,
    typed,
)
from generator.semantics.model import BaseField, Dimension, MetricView

_TIMES = (DataType.DATE, DataType.TIMESTAMP, DataType.DATETIME)
_OWN_FIELDS = frozenset({"client_id", "submission_date", "submission", "first_run"})
"""Fields that every metric view has itself, or that mean nothing once summed up."""
_COUNTS = frozenset({DataType.INT64, DataType.FLOAT64, DataType.NUMERIC, DataType.BIGNUMERIC})


def measured_sources(platform: Platform) -> Iterator[DataSource]:
    """The data sources that have a metric to show: a number with an expression."""
    slugs = {metric.data_source for metric in platform.metrics if is_shown(metric)}
    return (source for source in platform.data_sources if source.slug in slugs)


def is_shown(metric: Metric) -> bool:
    """Whether a metric is a column of its view. Histograms are no numbers."""
    return metric.expression is not None and metric.type is MetricType.SCALAR


def relations_of(platform: Platform) -> Iterator[RelationName]:
    """The relations that the metric views of a platform read, by themselves or through joins."""
    for source in measured_sources(platform):
        try:
            rows = data_source_query(platform, source, query_of(platform))
        except Fault:
            continue  # it is told when the view is derived
        yield from infer(rows, Catalog()).reads_from


def derive_views(platform: Platform, setting: Setting) -> Iterator[MetricView | Diagnostic]:
    """The metric views of a platform, and what is wrong with them. A fault costs its view only."""
    work = Work(platform, setting)
    measured = tuple(measured_sources(platform))
    for source in measured:
        try:
            yield from _view(source, work)
        except Fault as stopped:
            yield stopped.diagnostic
    slugs = {source.slug for source in measured}
    for metric in platform.metrics:
        if metric.type is MetricType.HISTOGRAM and metric.data_source not in slugs:
            yield _unmerged(metric, f"no metric of `{metric.data_source}` is a number")


def _view(source: DataSource, work: Work) -> Iterator[MetricView | Diagnostic]:
    platform, catalog = work.platform, work.setting.catalog
    subject = f"{platform.name}.data_sources.{source.slug}"
    joins, unjoined = split(sound_joins(source, work))
    yield from unjoined
    source = replace(source, joins=joins)
    select = rows_query(source, work)
    text = select.sql("bigquery", pretty=True).removeprefix("SELECT\n  *\nFROM ")
    rows = writable(text, subject, source.at)
    own = exp.Column(this=exp.Star(), table=alias_name(source.slug))
    inferred = infer(select.select(own, append=False), catalog)
    for relation in inferred.reads_from:
        if relation in catalog.unread:
            reason = catalog.unread[relation]
            raise fault("unread-relation", source.at, subject, table=relation, reason=reason)
    columns = inferred.columns if inferred.complete else None
    given, lost = split(_given(platform, source, columns))
    yield from lost
    shown = tuple(metric for metric, _ in given if is_shown(metric))
    if not shown:
        at, name = lost[0].at, str(lost[0].subject).rpartition(".")[2]
        raise fault("lost-reference", at, subject, what="metric", name=name)
    fields, noticed = split(_base_fields(source, shown, work))
    yield from noticed
    client = own_expression(source.client_id, source, columns, subject)
    date = own_expression(source.submission_date, source, columns, subject)
    asked = (*(expression for _, expression in given), *([date] if date else ()))
    results = typed(asked, select, catalog)
    types = dict(zip((metric.slug for metric, _ in given), results, strict=False))
    histograms, unmerged = split(_histograms((metric for metric, _ in given), types))
    yield from unmerged
    yield MetricView(
        source=source,
        metrics=shown,
        ratios=tuple(_ratios(platform, shown)),
        rows=rows,
        client=client.apart if client else None,
        date=as_date(date.apart, results[-1].type) if date else None,
        types={slug: column.type for slug, column in types.items()},
        histograms=histograms,
        base_fields=fields,
        base_tables=_tables(inferred, catalog),
        needs=inferred.reads_from,
    )


def _tables(inferred: Inferred, catalog: Catalog) -> tuple[RelationName, ...]:
    found = {table for name in inferred.reads_from for table in base_tables(name, catalog)}
    return tuple(sorted(found))


def _given(
    platform: Platform, source: DataSource, columns: Sequence[Column] | None
) -> Iterator[tuple[Metric, Expression] | Diagnostic]:
    """The metrics of a source with their SQL; a fault costs its metric only."""
    for metric in platform.metrics:
        if metric.data_source != source.slug or metric.expression is None:
            continue
        at = metric.places.get("select_expression", metric.at)
        try:
            expression = fitted(metric.expression, source, columns, metric.subject, at)
        except Fault as stopped:
            yield stopped.diagnostic
        else:
            yield replace(metric, expression=expression.sql), expression


def _ratios(platform: Platform, metrics: Iterable[Metric]) -> Iterator[Metric]:
    """The metrics without an expression that are a ratio over one of these."""
    slugs = {metric.slug for metric in metrics}
    for metric in platform.metrics:
        numerators = (s.numerator or "" for s in metric.statistics if s.name == "ratio")
        if metric.expression is None and any(n.partition(".")[0] in slugs for n in numerators):
            yield metric


def _histograms(
    metrics: Iterable[Metric], types: Mapping[str, Column]
) -> Iterator[Metric | Diagnostic]:
    """The histogram metrics whose buckets can be merged, and why others cannot."""
    for metric in metrics:
        if metric.type is MetricType.HISTOGRAM:
            reason = _no_buckets(types[metric.slug])
            yield _unmerged(metric, reason) if reason else metric


def _no_buckets(column: Column) -> str | None:
    """Why a column holds no histograms that we can merge."""
    if column.type is DataType.UNKNOWN:
        return "what its expression gives is not known"
    inner = {field.name.lower(): field for field in column.fields}
    buckets = inner.get("values")
    bucket = {field.name.lower(): field.type for field in buckets.fields} if buckets else {}
    has_buckets = "key" in bucket and bucket.get("value") in _COUNTS
    if column.repeated and buckets and buckets.repeated and has_buckets:
        return None
    given = f"ARRAY<{column.type}>" if column.repeated else column.type
    return f"its expression gives {given}, not an array of records with `values` as key and value"


def _unmerged(metric: Metric, reason: str) -> Diagnostic:
    return diagnostic("no-percentiles", metric.at, metric.subject, reason=reason)


def _base_fields(
    source: DataSource, metrics: Iterable[Metric], work: Work
) -> Iterator[BaseField | Diagnostic]:
    """The columns to break metrics by, each name once: those of joined sources, then its own."""
    taken = {identifier(metric.slug) for metric in metrics} | _OWN_FIELDS
    subject = f"{work.platform.name}.data_sources.{source.slug}"
    for other in field_sources(work.platform, source):
        known = described(other, work)
        if known.problem:
            values = {"source": other.slug, "reason": known.problem}
            yield diagnostic("unknown-base-fields", source.at, subject, **values)
        name = RelationName(work.platform.name, "data_sources", other.slug)
        relation = Relation(name, Kind.VIEW, known.columns)
        model, noticed = derive_model(other.slug, relation, work.setting, other.at, subject)
        yield from noticed
        for dimension in model.dimensions:
            field_name = _field_name(dimension)
            if not dimension.hidden and not dimension.repeated and field_name not in taken:
                taken.add(field_name)
                yield BaseField(other.slug, field_name, dimension)


def _field_name(dimension: Dimension) -> str:
    is_time = dimension.type in _TIMES and not dimension.repeated
    return time_stem(dimension.name) if is_time else dimension.name
