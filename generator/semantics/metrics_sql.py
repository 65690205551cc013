"""SQL of metrics: a common table expression for each data source, side by side.

Nothing here changes a definition.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct
from sqlglot import exp

from generator.diagnostics import Location, fault
from generator.semantics.data_source_sql import (
    CLIENT,
    DATE,
    Query,
    data_source_query,
    find_source,
    subject_of,
    unknown,
)
from generator.semantics.definition_sql import alias_name, qualified
from generator.semantics.definitions import DataSource, Metric, Platform

_TYPES = {CLIENT: "STRING", DATE: "DATE"}


def find_metric(platform: Platform, slug: str) -> Metric:
    """The metric. Raises Fault if there is none, or it has no expression of its own."""
    metric = platform.metric.get(slug)
    if metric is None:
        raise unknown(platform, "metric", slug, platform.metric)
    if metric.expression is None or metric.data_source is None:
        raise fault("no-expression", metric.at, metric.subject)
    return metric


class _Part(Struct, frozen=True):
    """The metrics of one data source."""

    source: DataSource
    metrics: tuple[Metric, ...]

    @property
    def name(self) -> str:
        """What its common table expression is called."""
        return self.source.slug


def metrics_query(platform: Platform, slugs: Iterable[str], query: Query) -> exp.Select:
    """The metrics side by side, one row for each client, date and group.

    Raises Fault for a metric that is not there, or whose SQL does not parse.
    """
    metrics = [find_metric(platform, slug) for slug in dict.fromkeys(slugs)]
    _check_names(platform, (*query.keys, *(metric.slug for metric in metrics)))
    by_source: dict[str, list[Metric]] = {}
    for metric in metrics:
        by_source.setdefault(metric.data_source or "", []).append(metric)
    parts = [_Part(find_source(platform, name), tuple(of)) for name, of in by_source.items()]
    select = _side_by_side(parts, query) if len(parts) > 1 else _alone(parts[0], query)
    for part in parts:
        made = _part_query(platform, part, query)
        select = select.with_(alias_name(part.name), as_=made, copy=False)
    return select


def _check_names(platform: Platform, names: Iterable[str]) -> None:
    """Raises Fault if two columns would have the same name."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other is not name:
            raise fault("alike-slugs", platform.at, platform.name, slug=name, other=other)


def _part_query(platform: Platform, part: _Part, query: Query) -> exp.Select:
    """One row for each client, date and group of one data source."""
    source, subject = part.source, subject_of(part.source)
    aliases = tuple(join.source for join in source.effective_joins)

    def read(text: str, subject: str, at: Location | None) -> exp.Expression:
        """With joins, a plain column is the source's own: others share its names."""
        return qualified(text, part.name, aliases, subject, at)

    texts = _texts(source, query)
    keys = [
        _as(read(text, subject, source.at), key) if text else _missing(key, source)
        for key, text in texts.items()
    ]
    values = [
        _as(read(m.expression or "", m.subject, m.places.get("select_expression")), m.slug)
        for m in part.metrics
    ]
    places = [place for place, text in enumerate(texts.values(), 1) if text]
    return (
        data_source_query(platform, source, query)
        .select(*keys, *values, append=False, copy=False)
        .group_by(*map(exp.Literal.number, places), copy=False)
    )


def _texts(source: DataSource, query: Query) -> dict[str, str | None]:
    """The SQL of each key of a data source; None if it has no such thing."""
    own = {CLIENT: source.client_id, DATE: source.submission_date}
    return {key: query.group_by.get(key, own.get(key)) for key in query.keys}


def _missing(key: str, source: DataSource) -> exp.Expression:
    """A column of nothing, with a comment that says so."""
    column = _as(exp.cast(exp.null(), _TYPES[key], dialect="bigquery"), key)
    column.add_comments([f"{source.slug} has no {key}"])
    return column


def _as(expression: exp.Expression, name: str) -> exp.Expression:
    return exp.Alias(this=expression, alias=alias_name(name))


def _alone(part: _Part, query: Query) -> exp.Select:
    """The columns of a single part."""
    names = (*query.keys, *(metric.slug for metric in part.metrics))
    return exp.select(*map(_column, names)).from_(exp.Table(this=alias_name(part.name)))


def _side_by_side(parts: Sequence[_Part], query: Query) -> exp.Select:
    """The parts joined on every key, so that a row on one side only keeps its keys."""
    names = [part.name for part in parts]
    select = exp.select(
        *(_as(_merged(key, names), key) for key in query.keys),
        *(_column(metric.slug, part.name) for part in parts for metric in part.metrics),
    ).from_(exp.Table(this=alias_name(names[0])))
    same = SAME[query.dialect]
    for count, name in enumerate(names[1:], 1):
        on = [same(_merged(key, names[:count]), _column(key, name)) for key in query.keys]
        select = select.join(
            exp.Table(this=alias_name(name)),
            on=exp.and_(*on, copy=False) if on else None,
            join_type="FULL OUTER" if on else "CROSS",
            copy=False,
        )
    return select


def _column(name: str, table: str | None = None) -> exp.Column:
    return exp.Column(this=alias_name(name), table=alias_name(table) if table else None)


def _merged(key: str, tables: Sequence[str]) -> exp.Expression:
    """The key of whichever table has the row."""
    first, *others = (_column(key, table) for table in tables)
    return exp.Coalesce(this=first, expressions=others) if others else first


def _same_text(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """Equal as JSON, where nothing is `null` and equals nothing else.

    BigQuery joins fully on an equality only, each side of which knows one side of the join.
    """
    return exp.EQ(this=exp.JSONFormat(this=left), expression=exp.JSONFormat(this=right))


def _same(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return exp.NullSafeEQ(this=left, expression=right)


SAME: Mapping[str, Callable[[exp.Expression, exp.Expression], exp.Expression]] = {
    "bigquery": _same_text,
    "duckdb": _same,
}
"""How two keys are the same, nothing being the same as nothing, in each dialect."""


def metrics_sql(platform: Platform, slugs: Iterable[str], query: Query) -> str:
    """The same as text, in parentheses: it can stand behind FROM."""
    return exp.Subquery(this=metrics_query(platform, slugs, query)).sql(query.dialect, pretty=True)
