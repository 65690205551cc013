"""The metrics of a data source as a model of dbt: a row for each client and day.

Definitions are BigQuery SQL. What another engine runs is the same tree, printed for it.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

import generator.builders.dbt_names as names
from generator import dbt
from generator.builders.dbt_sources import Sources, table_of
from generator.diagnostics import Diagnostic, Fault, diagnostic
from generator.facts.catalog import Catalog
from generator.prose import prose
from generator.semantics.data_source_sql import (
    CLIENT,
    DATE,
    Query,
    data_source_query,
    subject_of,
)
from generator.semantics.definition_sql import alias_name, parsed, qualified
from generator.semantics.definitions import DataSource, Dimension, Metric, Platform
from generator.semantics.infer import ground_of, relations_in
from generator.semantics.model import MetricView

ENGINES = ("duckdb", "bigquery")
"""The targets that a model is written for; any other is given the last one's SQL."""

_MARK = "lookml_gen_source_"
_INNER = "lookml_gen__"
"""No column of a source begins so."""


class Grain(Struct, frozen=True):
    """A metric view as rows by client and day, with the dimensions that hold of such a row."""

    platform: Platform
    view: MetricView
    dimensions: tuple[Dimension, ...]
    select: exp.Select
    reads: tuple[str, ...]
    """The tables that the query names, as written."""

    @property
    def name(self) -> str:
        """The name of the model."""
        return names.model_name(self.platform.name, self.view.source.slug)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that tell a row."""
        client = (CLIENT,) if self.view.client else ()
        return (*client, DATE) if self.view.date else client


def dimensions_of(platform: Platform, view: MetricView) -> tuple[Dimension, ...]:
    """The dimensions defined over a data source that can be a column beside its metrics."""
    taken = {names.column_name(metric.slug).lower() for metric in view.metrics}
    return tuple(
        dimension
        for dimension in platform.dimensions
        if dimension.data_source == view.source.slug
        and names.dimension_name(dimension.slug) not in taken
        and _parses(dimension)
    )


def _parses(dimension: Dimension) -> bool:
    try:
        parsed(dimension.expression, dimension.slug, dimension.at)
    except Fault:
        return False
    return True


def grain_of(platform: Platform, view: MetricView, catalog: Catalog) -> Grain:
    """The grain of a metric view. Raises Fault if its SQL does not parse."""
    dimensions = dimensions_of(platform, view)
    select = query_of(platform, view, dimensions, catalog)
    return Grain(platform, view, dimensions, select, relations_in(select, catalog))


def model_of(grain: Grain, sources: Sources) -> Iterator[dbt.Model | Diagnostic]:
    """The model, and what an engine lacks."""
    select = grain.select.copy()
    marks = _marked(select, grain.reads, sources)
    texts: dict[str, str] = {}
    for engine in ENGINES:
        try:
            texts[engine] = _printed(select, engine, ErrorLevel.RAISE)
        except UnsupportedError as error:
            texts[engine] = _printed(select, engine, ErrorLevel.IGNORE)
            source = grain.view.source
            values = {"name": grain.name, "engine": engine, "reason": str(error).splitlines()[0]}
            yield diagnostic("unported-sql", source.at, grain.view.subject, **values)
    yield dbt.Model(texts, marks)


def _printed(select: exp.Select, engine: str, level: ErrorLevel) -> str:
    return select.sql(engine, pretty=True, unsupported_level=level)


def query_of(
    platform: Platform,
    view: MetricView,
    dimensions: tuple[Dimension, ...],
    catalog: Catalog,
) -> exp.Select:
    """The rows: metrics by their expressions, dimensions by the least value of the day.

    With joins the source is first taken apart from those beside it, as it is for Looker.
    Raises Fault if a piece does not parse.
    """
    source = view.source
    rows = data_source_query(platform, source, Query(dataset=platform.name))
    keys = dict(_keys(source, rows, catalog))
    if source.effective_joins:
        inner = (exp.alias_(sql, f"{_INNER}{name}") for name, sql in keys.items())
        whole = exp.Column(this=exp.Star(), table=alias_name(source.slug))
        apart = rows.select(whole, *inner, append=False)
        alias = exp.TableAlias(this=alias_name(source.slug))
        rows = exp.select("*").from_(apart.subquery(alias, copy=False))
        keys = {name: exp.column(f"{_INNER}{name}") for name in keys}
    columns = (*_metrics(platform, view), *map(_least, dimensions))
    selected = (exp.alias_(sql, name) for name, sql in (*keys.items(), *columns))
    places = (exp.Literal.number(place) for place, _ in enumerate(keys, 1))
    return rows.select(*selected, append=False).group_by(*places, copy=False)


def _keys(
    source: DataSource, rows: exp.Select, catalog: Catalog
) -> Iterator[tuple[str, exp.Expression]]:
    """The client and the day of a row, as far as it has them. A time is made a day."""
    aliases = ("",) if source.effective_joins else ()
    subject, at = subject_of(source), source.at
    if source.client_id:
        yield CLIENT, qualified(source.client_id, source.slug, aliases, subject, at)
    if source.submission_date:
        date = qualified(source.submission_date, source.slug, aliases, subject, at)
        yield DATE, exp.cast(date, "DATE") if ground_of(rows, catalog).is_moment(date) else date


def _metrics(platform: Platform, view: MetricView) -> Iterator[tuple[str, exp.Expression]]:
    for metric in view.metrics:
        text = platform.metric[metric.slug].expression or ""
        at = metric.places.get("select_expression", metric.at)
        sql = qualified(text, view.source.slug, (), metric.subject, at)
        yield names.column_name(metric.slug), sql


def _least(dimension: Dimension) -> tuple[str, exp.Expression]:
    """One value for a row, always the same one, though the client may have had several."""
    text, at = f"MIN({dimension.expression})", dimension.at
    sql = qualified(text, dimension.data_source, (), dimension.slug, at)
    return names.dimension_name(dimension.slug), sql


def _marked(select: exp.Select, known: Iterable[str], sources: Sources) -> Mapping[str, dbt.Jinja]:
    """Put a mark in place of each table that is a source; the marks with what dbt makes of them."""
    known = frozenset(known)
    marks: dict[str, str] = {}
    for node in tuple(select.find_all(exp.Table)):
        text = ".".join(part.name for part in node.parts)
        if text in known and table_of(text) in sources.tables:
            mark = marks.setdefault(text, f"{_MARK}{len(marks)}")
            node.set("this", exp.to_identifier(mark))
            node.set("db", None)
            node.set("catalog", None)
            node.meta.pop("quoted_table", None)  # the back-ticks around it as a whole
    calls = {mark: table_of(text) for text, mark in marks.items()}
    return {mark: sources.call(table) for mark, table in calls.items() if table}


def properties_of(grain: Grain, beyond: Mapping[str, list[str]]) -> dbt.ModelProperties:
    """What is said and tested of the model; `beyond` are numbers that only Looker has."""
    source = grain.view.source
    return dbt.ModelProperties(
        name=grain.name,
        description=prose(f"{_sentence(source.description or source.label)} {_grain_said(grain)}"),
        config=dbt.Config(meta=_model_meta(grain)),
        columns=tuple(_columns(grain, beyond)),
        data_tests=_unique(grain.keys),
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _grain_said(grain: Grain) -> str:
    words = {CLIENT: "client", DATE: "day"}
    keys = " and ".join(words[key] for key in grain.keys)
    return f"One row for each {keys}." if keys else "One row."


def _unique(keys: tuple[str, ...]) -> tuple[dbt.Test, ...]:
    where = _OF_THE_RUN if DATE in keys else None
    return (dbt.Test("unique_combination", {"columns": list(keys)}, where),) if keys else ()


def of_the_run(day: str) -> dbt.Jinja:
    """The rows of the days of a run; without days, all rows.

    To test all days every day would cost more than to compute one.
    """
    return dbt.Jinja(
        f"{day} BETWEEN DATE '{{{{ var('start', var('end', '0001-01-01')) }}}}'"
        f" AND DATE '{{{{ var('end', var('start', '9999-12-31')) }}}}'"
    )


_OF_THE_RUN = of_the_run(DATE)


def _model_meta(grain: Grain) -> dict[str, str | list[str]]:
    owners = dict.fromkeys(owner for metric in grain.view.metrics for owner in metric.owners)
    owned: dict[str, str | list[str]] = {"owner": list(owners)} if owners else {}
    return {"platform": grain.platform.name, "data_source": grain.view.source.slug, **owned}


_KEYS = {
    CLIENT: dbt.Column(CLIENT, "Unique client identifier."),
    DATE: dbt.Column(
        DATE, "The day.", "DATE", data_tests=(dbt.Test("not_null", where=_OF_THE_RUN),)
    ),
}


def _columns(grain: Grain, beyond: Mapping[str, list[str]]) -> Iterator[dbt.Column]:
    yield from (_KEYS[key] for key in grain.keys)
    for metric in grain.view.metrics:
        lost = beyond.get(metric.slug)
        more = {"only_in_looker": lost} if lost else {}
        yield dbt.Column(
            names.column_name(metric.slug),
            described(metric),
            _type(metric, grain.view),
            config=dbt.Config(meta={**governed(metric), **more}),
        )
    for dimension in grain.dimensions:
        yield dbt.Column(names.dimension_name(dimension.slug), prose(dimension.description))


def _type(metric: Metric, view: MetricView) -> str | None:
    found = view.types.get(metric.slug)
    return str(found) if found and found.value != "UNKNOWN" else None


def described(metric: Metric) -> str | None:
    """What the number means; first of all that it is deprecated."""
    warned = "Deprecated. " if metric.deprecated else ""
    return prose(f"{warned}{metric.description or ''}")


def governed(metric: Metric) -> dict[str, str | bool | list[str]]:
    """Whose a metric is, and how it is governed."""
    said: dict[str, str | bool | list[str] | None] = {
        "platform": metric.platform,
        "metric": metric.slug,
        "owner": list(metric.owners) or None,
        "category": metric.category,
        "level": metric.level.value if metric.level else None,
        "deprecated": metric.deprecated or None,
        "bigger_is_better": metric.bigger_is_better,
    }
    return {key: value for key, value in said.items() if value is not None}
