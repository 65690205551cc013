"""SQL of data sources and those joined to them, as syntax trees and printed in a dialect.

Definitions are BigQuery SQL. Nothing here changes a definition.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field
from sqlglot import exp

from generator.diagnostics import Fault, Location, fault, nearest
from generator.facts.metric_hub import Written
from generator.semantics.definition_sql import alias_name, parsed, parsed_from, qualified
from generator.semantics.definitions import DataSource, Join, Platform, Relationship
from generator.semantics.templating import fill_dataset

Where: TypeAlias = "str | Mapping[str, str] | None"
"""A condition on every data source, or one for each by its slug."""

JOINS: Mapping[Relationship | None, tuple[str, str]] = {
    None: ("", ""),
    Relationship.MANY_TO_MANY: ("", ""),
    Relationship.ONE_TO_ONE: ("", "INNER"),
    Relationship.MANY_TO_ONE: ("RIGHT", ""),
    Relationship.ONE_TO_MANY: ("LEFT", ""),
}
"""Side and kind of the join for a relationship."""

CLIENT, DATE = "client_id", "submission_date"
_ALL = ("",)
"""No alias of ours: every column is the source's own."""


class Query(Struct, frozen=True):
    """How metrics are asked for: by client, by date, by other columns, where."""

    group_by: Mapping[str, str] = field(default_factory=dict)
    where: Where = None
    by_client: bool = True
    by_date: bool = True
    dataset: str | None = None
    dialect: str = "bigquery"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that the rows are grouped by."""
        client = (CLIENT,) if self.by_client else ()
        date = (DATE,) if self.by_date else ()
        return (*client, *date, *self.group_by)

    def condition(self, source: DataSource) -> str | None:
        """What the rows of a source must fulfil."""
        return self.where.get(source.slug) if isinstance(self.where, Mapping) else self.where

    def dataset_of(self, source: DataSource) -> str:
        """What stands for `{dataset}`: that of the query, of the source, or the platform."""
        return self.dataset or source.default_dataset or source.platform


def find_source(platform: Platform, slug: str) -> DataSource:
    """The data source. Raises Fault if there is none."""
    source = platform.data_source.get(slug)
    if source is None:
        raise unknown(platform, "data source", slug, platform.data_source)
    return source


def data_source_query(
    platform: Platform, source: DataSource, query: Query, *, ignore_joins: bool = False
) -> exp.Select:
    """`SELECT * FROM` the rows of a source under its slug, each joined source under its own.

    The tree is frozen, as those of `definition_sql`.
    Raises Fault if the SQL does not parse, or a join leads in a circle.
    """
    joins = () if ignore_joins else source.effective_joins
    return _select(_plan(platform, source, query, joins, ()))


class _Rows(NamedTuple):
    """A source by itself, as far as its rows follow from it."""

    slug: str
    text: str
    condition: str | None
    subject: str
    at: Location | None


class _Plan(NamedTuple):
    """The rows of a source and of those joined to it: what is alike has one tree."""

    rows: _Rows
    joins: "tuple[_Beside, ...]" = ()


class _On(NamedTuple):
    """A condition of a join; a column is qualified by its `slug`, if there is one."""

    text: str
    slug: str | None
    subject: str
    at: Location | None


class _Beside(NamedTuple):
    """A joined source, and how it is joined: on a condition as written, or on pairs of columns."""

    plan: _Plan
    side: str
    kind: str
    on: tuple[_On, ...]


def _plan(
    platform: Platform,
    source: DataSource,
    query: Query,
    joins: Iterable[Join],
    above: tuple[str, ...],
) -> _Plan:
    within = (*above, source.slug)
    return _Plan(
        _rows(source, query),
        tuple(_beside(platform, source, query, join, within) for join in joins),
    )


def _rows(source: DataSource, query: Query) -> _Rows:
    subject = subject_of(source)
    at = source.places.get("from_expression", source.at)
    text = fill_dataset(Written(source.from_expression, at), query.dataset_of(source), subject)
    return _Rows(source.slug, text, query.condition(source) or None, subject, at)


def _beside(
    platform: Platform, source: DataSource, query: Query, join: Join, within: tuple[str, ...]
) -> _Beside:
    if join.source in within:
        cycle = " → ".join(f"`{slug}`" for slug in (*within, join.source))
        raise fault("cyclic-reference", join.at, subject_of(source), cycle=cycle)
    other = find_source(platform, join.source)
    plan = _plan(platform, other, query, other.effective_joins, within)
    return _Beside(plan, *JOINS[join.relationship], tuple(_on(source, other, join)))


def _on(source: DataSource, other: DataSource, join: Join) -> Iterator[_On]:
    """What is written, else the same client on the same date, as pairs.

    A source without date is looked up by client. Raises Fault if the other has no client id.
    """
    subject = subject_of(source)
    if join.on_expression:
        yield _On(join.on_expression, None, subject, join.condition_at or join.at)
        return
    if source.client_id is None or other.client_id is None:
        raise fault("unjoinable-source", join.at, subject, name=other.slug)
    pairs = [(source.client_id, other.client_id)]
    if source.submission_date and other.submission_date:
        pairs.append((source.submission_date, other.submission_date))
    for left, right in pairs:
        yield _On(left, source.slug, subject, source.at)
        yield _On(right, other.slug, subject_of(other), other.at)


@lru_cache(maxsize=1024)
def _select(plan: _Plan) -> exp.Select:
    select = exp.select("*").from_(_subquery(_alone(plan.rows), plan.rows.slug))
    for join in plan.joins:
        nested, condition = _nested(join.plan), _condition(join.on)
        select.append("joins", exp.Join(this=nested, side=join.side, kind=join.kind, on=condition))
    return select


def _alone(rows: _Rows) -> exp.Select:
    """`SELECT * FROM … WHERE …`."""
    select = parsed_from(rows.text, rows.subject, rows.at).copy()
    if rows.condition:
        condition = parsed(rows.condition, f"where of {rows.subject}", None)
        select = select.where(condition.copy(), copy=False)
    return select


def _nested(plan: _Plan) -> exp.Subquery:
    """A joined source. One with joins of its own shows its own columns only: none is twice."""
    slug = plan.rows.slug
    if not plan.joins:
        return _subquery(_alone(plan.rows), slug)
    star = exp.Column(this=exp.Star(), table=alias_name(slug))
    return _subquery(_select(plan).select(star, append=False), slug)


def _subquery(select: exp.Select, slug: str) -> exp.Subquery:
    return exp.Subquery(this=select, alias=exp.TableAlias(this=alias_name(slug)))


def _condition(on: tuple[_On, ...]) -> exp.Condition | exp.Expression:
    """A condition as written, or the columns of each pair as equal."""
    found = [_side(one).copy() for one in on]
    if len(found) == 1:
        return found[0]
    pairs = zip(found[::2], found[1::2], strict=True)
    return exp.and_(*(exp.EQ(this=left, expression=right) for left, right in pairs), copy=False)


def _side(one: _On) -> exp.Expression:
    if one.slug is None:
        return parsed(one.text, one.subject, one.at)
    return qualified(one.text, one.slug, _ALL, one.subject, one.at)


def data_source_sql(
    platform: Platform, slug: str, query: Query, *, ignore_joins: bool = False
) -> str:
    """`SELECT * FROM` a data source and those joined to it, as text."""
    source = find_source(platform, slug)
    select = data_source_query(platform, source, query, ignore_joins=ignore_joins)
    return select.sql(query.dialect, pretty=True)


def subject_of(source: DataSource) -> str:
    """The key path of a data source."""
    return f"{source.platform}.data_sources.{source.slug}"


def unknown(platform: Platform, what: str, slug: str, known: Iterable[str]) -> Fault:
    """The fault of naming what is not there."""
    return fault(
        "unknown-reference",
        subject=f"{platform.name}.{slug}",
        platform=platform.name,
        what=what,
        name=slug,
        nearest=nearest(slug, known),
    )
