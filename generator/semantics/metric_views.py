"""Metric views: for each data source, its metrics and the columns to break them by."""

from collections.abc import Iterable, Iterator

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, split
from generator.facts.catalog import Catalog, Column, DataType, Kind, Relation, RelationName
from generator.names import identifier, time_stem
from generator.semantics.data_source_sql import Query, data_source_query
from generator.semantics.definition_sql import qualified
from generator.semantics.definitions import DataSource, Metric, MetricType, Platform
from generator.semantics.derive import Setting, derive_model
from generator.semantics.infer import Inferred, infer
from generator.semantics.lineage import base_tables
from generator.semantics.model import BaseField, Dimension, MetricView

_TIMES = (DataType.DATE, DataType.TIMESTAMP, DataType.DATETIME)
_OWN_FIELDS = frozenset({"client_id", "submission_date", "submission", "first_run"})
"""Fields that every metric view has itself, or that mean nothing once summed up."""


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
            rows = data_source_query(platform, source, _query(platform))
        except Fault:
            continue  # it is told when the view is derived
        yield from infer(rows.sql("bigquery"), Catalog()).reads_from


def derive_views(platform: Platform, setting: Setting) -> Iterator[MetricView | Diagnostic]:
    """The metric views of a platform, and what is wrong with them. A fault costs its view only."""
    for source in measured_sources(platform):
        try:
            yield from _view(platform, source, setting)
        except Fault as stopped:
            yield stopped.diagnostic


def _query(platform: Platform) -> Query:
    return Query(dataset=platform.name)


def _view(
    platform: Platform, source: DataSource, setting: Setting
) -> Iterator[MetricView | Diagnostic]:
    subject = f"{platform.name}.data_sources.{source.slug}"
    select = data_source_query(platform, source, _query(platform)).sql("bigquery", pretty=True)
    rows = select.removeprefix("SELECT\n  *\nFROM ")
    inferred = infer(select, setting.catalog)
    for name in inferred.reads_from:
        if name in setting.catalog.unread:
            reason = setting.catalog.unread[name]
            raise fault("unread-relation", source.at, subject, table=name, reason=reason)
    metrics = tuple(m for m in platform.metrics if m.data_source == source.slug and is_shown(m))
    fields, noticed = split(_base_fields(platform, source, metrics, setting))
    yield from noticed
    yield MetricView(
        source=source,
        metrics=metrics,
        ratios=tuple(_ratios(platform, metrics)),
        rows=rows,
        client=_own(source, source.client_id, subject),
        date=_own(source, source.submission_date, subject),
        dates=tuple(_dates(platform, source, fields, subject)),
        types=_types(metrics, rows, setting.catalog),
        base_fields=fields,
        base_tables=_tables(inferred, setting.catalog),
        needs=inferred.reads_from,
    )


def _tables(inferred: Inferred, catalog: Catalog) -> tuple[RelationName, ...]:
    found = {table for name in inferred.reads_from for table in base_tables(name, catalog)}
    return tuple(sorted(found))


def _own(source: DataSource, sql: str | None, subject: str) -> str | None:
    """SQL of a source, each column of it named with the source."""
    if sql is None:
        return None
    return qualified(sql, source.slug, (), subject, source.at).sql("bigquery")


def _ratios(platform: Platform, metrics: Iterable[Metric]) -> Iterator[Metric]:
    """The metrics without an expression that are a ratio over one of these."""
    slugs = {metric.slug for metric in metrics}
    for metric in platform.metrics:
        numerators = (s.numerator or "" for s in metric.statistics if s.name == "ratio")
        if metric.expression is None and any(n.partition(".")[0] in slugs for n in numerators):
            yield metric


def _dates(
    platform: Platform, source: DataSource, fields: Iterable[BaseField], subject: str
) -> Iterator[str]:
    """The date of the source, which comes first, and of each other one that gives base fields."""
    slugs = dict.fromkeys((source.slug, *(field.source for field in fields)))
    for slug in slugs:
        other = platform.data_source[slug]
        date = _own(other, other.submission_date, subject)
        if date:
            yield date


def _types(metrics: Iterable[Metric], rows: str, catalog: Catalog) -> dict[str, DataType]:
    columns = ", ".join(f"{metric.expression} AS `{metric.slug}`" for metric in metrics)
    found = infer(f"SELECT {columns} FROM {rows}", catalog).columns  # noqa: S608 - it is never run
    return {column.name: column.type for column in found}


def _base_fields(
    platform: Platform, source: DataSource, metrics: Iterable[Metric], setting: Setting
) -> Iterator[BaseField | Diagnostic]:
    """The columns to break metrics by, each name once: those of joined sources, then its own."""
    taken = {identifier(metric.slug) for metric in metrics} | _OWN_FIELDS
    for other in _described(platform, source):
        subject = f"{platform.name}.data_sources.{source.slug}"
        columns, problem = _columns(platform, other, setting.catalog)
        if problem:
            values = {"source": other.slug, "reason": problem}
            yield diagnostic("unknown-base-fields", source.at, subject, **values)
        name = RelationName(platform.name, "data_sources", other.slug)
        relation = Relation(name, Kind.VIEW, columns)
        model, noticed = derive_model(other.slug, relation, setting, other.at, subject)
        yield from noticed
        for dimension in model.dimensions:
            field_name = _field_name(dimension)
            if not dimension.hidden and not dimension.repeated and field_name not in taken:
                taken.add(field_name)
                yield BaseField(other.slug, field_name, dimension)


def _described(platform: Platform, source: DataSource) -> Iterator[DataSource]:
    """The sources whose columns are base fields, joined ones first."""
    for join in source.effective_joins:
        other = platform.data_source.get(join.source)
        if other is not None and other.columns_as_dimensions:
            yield other
    if source.columns_as_dimensions or source.client_id is None:
        yield source


def _columns(
    platform: Platform, source: DataSource, catalog: Catalog
) -> tuple[tuple[Column, ...], str | None]:
    """The columns of a source by itself, and why some are not known."""
    rows = data_source_query(platform, source, _query(platform), ignore_joins=True)
    found = infer(rows.sql("bigquery"), catalog)
    if found.reason:
        return (), found.reason
    if not found.complete:
        return found.columns, f"no warehouse of this run holds {', '.join(found.missing)}"
    return found.columns, None


def _field_name(dimension: Dimension) -> str:
    is_time = dimension.type in _TIMES and not dimension.repeated
    return time_stem(dimension.name) if is_time else dimension.name
