"""Data sources as metric views see them: their columns and dates, and the joins that hold."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace
from sqlglot import exp

from generator.diagnostics import Diagnostic, Fault
from generator.facts.catalog import Catalog, Column, DataType
from generator.semantics.data_source_sql import Query, data_source_query, subject_of
from generator.semantics.definition_sql import parsed
from generator.semantics.definitions import DataSource, Join, Platform, Relationship
from generator.semantics.derive import Setting
from generator.semantics.infer import infer
from generator.semantics.metric_expressions import Expression, check_columns, fitted
from generator.semantics.model import END, START


class Described(Struct, frozen=True):
    """What is known of a source by itself: its columns, why some are not known, and its date."""

    columns: tuple[Column, ...]
    problem: str | None
    date: str | None


class Work(Struct, frozen=True):
    """A platform in a setting, and what was found out about its data sources so far."""

    platform: Platform
    setting: Setting
    described: dict[str, Described] = field(default_factory=dict)


def query_of(platform: Platform) -> Query:
    """How the rows of a platform are asked for: `{dataset}` is the namespace."""
    return Query(dataset=platform.name)


def rows_query(source: DataSource, work: Work) -> exp.Select:
    """The rows of a source, those that base fields are joined from limited to the same dates.

    They are limited before they are joined: a row that finds none to join stays.
    """
    where = {}
    for other in field_sources(work.platform, source):
        known = described(other, work)
        if other is not source and known.date:
            where[other.slug] = f"{known.date} >= {START} AND {known.date} < {END}"
    query = replace(query_of(work.platform), where=where)
    return data_source_query(work.platform, source, query)


def sound_joins(source: DataSource, work: Work) -> Iterator[Join | Diagnostic]:
    """The joins whose conditions name columns that are there.

    A left join can be left out, as it takes no rows away. Raises Fault for another.
    """
    for join in source.effective_joins:
        try:
            _check_join(source, join, work)
        except Fault as stopped:
            if join.relationship is not Relationship.ONE_TO_MANY:
                raise
            yield stopped.diagnostic
        else:
            yield join


def _check_join(source: DataSource, join: Join, work: Work) -> None:
    if not join.on_expression:
        return
    subject = subject_of(source)
    at = join.condition_at or join.at
    condition = parsed(join.on_expression, subject, at)
    for one in (source, work.platform.data_source[join.source]):
        known = described(one, work)
        if not known.problem:
            check_columns(condition, one.slug, known.columns, subject, at)


def field_sources(platform: Platform, source: DataSource) -> Iterator[DataSource]:
    """The sources whose columns are base fields, joined ones first."""
    for join in source.effective_joins:
        other = platform.data_source.get(join.source)
        if other is not None and other.columns_as_dimensions:
            yield other
    if source.columns_as_dimensions or source.client_id is None:
        yield source


def described(source: DataSource, work: Work) -> Described:
    """What is known of a source by itself. Raises Fault if its date names no column of it."""
    if source.slug not in work.described:
        query = query_of(work.platform)
        select = data_source_query(work.platform, source, query, ignore_joins=True)
        found = infer(select, work.setting.catalog)
        problem = found.reason
        if not problem and not found.complete:
            problem = f"no warehouse of this run holds {', '.join(found.missing)}"
        columns = None if problem else found.columns
        date = own_expression(source.submission_date, source, columns, subject_of(source))
        work.described[source.slug] = Described(
            found.columns, problem, _plain_date(date, select, work) if date else None
        )
    return work.described[source.slug]


def _plain_date(date: Expression, select: exp.Select, work: Work) -> str:
    (column,) = typed((date,), select, work.setting.catalog)
    return as_date(date.sql, column.type)


def own_expression(
    sql: str | None, source: DataSource, columns: Sequence[Column] | None, subject: str
) -> Expression | None:
    """The client or the date of a source. Raises Fault if it names no column of it."""
    return fitted(sql, source, columns, subject, source.at) if sql else None


def typed(
    expressions: Iterable[Expression], rows: exp.Select, catalog: Catalog
) -> tuple[Column, ...]:
    """What each expression gives over the rows, as a column; UNKNOWN where nothing tells."""
    trees = [expression.tree for expression in expressions]
    found = infer(rows.select(*trees, append=False), catalog).columns
    known = len(found) == len(trees)
    return found if known else tuple(Column("", DataType.UNKNOWN) for _ in trees)


def as_date(sql: str, type_: DataType) -> str:
    """A date, whatever time an expression gives: it is compared with dates."""
    return f"DATE({sql})" if type_ in (DataType.TIMESTAMP, DataType.DATETIME) else sql
