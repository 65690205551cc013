"""SQL of data sources and those joined to them, as syntax trees and printed in a dialect.

Definitions are BigQuery SQL. Nothing here changes a definition.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct, field
from sqlglot import exp

from generator.diagnostics import Fault, fault, nearest
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

    Raises Fault if the SQL does not parse, or a join leads in a circle.
    """
    return _joined(platform, source, query, () if ignore_joins else source.effective_joins, ())


def _joined(
    platform: Platform,
    source: DataSource,
    query: Query,
    joins: Iterable[Join],
    above: tuple[str, ...],
) -> exp.Select:
    select = exp.select("*").from_(_rows(source, query))
    for join in joins:
        if join.source in (*above, source.slug):
            cycle = " → ".join(f"`{slug}`" for slug in (*above, source.slug, join.source))
            raise fault("cyclic-reference", join.at, subject_of(source), cycle=cycle)
        side, kind = JOINS[join.relationship]
        other = find_source(platform, join.source)
        select = select.join(
            _nested(platform, other, query, (*above, source.slug)),
            on=_condition(source, other, join),
            join_type=f"{side} {kind}".strip(),
            copy=False,
        )
    return select


def _nested(
    platform: Platform, source: DataSource, query: Query, above: tuple[str, ...]
) -> exp.Expression:
    """A joined source. One with joins of its own shows its own columns only: none is twice."""
    if not source.effective_joins:
        return _rows(source, query)
    select = _joined(platform, source, query, source.effective_joins, above)
    star = exp.Column(this=exp.Star(), table=alias_name(source.slug))
    return _subquery(select.select(star, append=False), source.slug)


def _rows(source: DataSource, query: Query) -> exp.Subquery:
    """`(SELECT * FROM … WHERE …) AS slug`."""
    subject = subject_of(source)
    at = source.places.get("from_expression", source.at)
    text = Written(source.from_expression, at)
    select = parsed_from(fill_dataset(text, query.dataset_of(source), subject), subject, at)
    condition = query.condition(source)
    if condition:
        select = select.where(parsed(condition, f"where of {subject}", None), copy=False)
    return _subquery(select, source.slug)


def _subquery(select: exp.Select, slug: str) -> exp.Subquery:
    return exp.Subquery(this=select, alias=exp.TableAlias(this=alias_name(slug)))


def _condition(source: DataSource, other: DataSource, join: Join) -> exp.Condition | exp.Expression:
    """What is written, else the same client on the same date.

    A source without date is looked up by client. Raises Fault if the other has no client id.
    """
    subject = subject_of(source)
    if join.on_expression:
        return parsed(join.on_expression, subject, join.condition_at or join.at)
    if source.client_id is None or other.client_id is None:
        raise fault("unjoinable-source", join.at, subject, name=other.slug)
    pairs = [(source.client_id, other.client_id)]
    if source.submission_date and other.submission_date:
        pairs.append((source.submission_date, other.submission_date))
    return exp.and_(
        *(
            exp.EQ(
                this=qualified(left, source.slug, _ALL, subject, source.at),
                expression=qualified(right, other.slug, _ALL, subject_of(other), other.at),
            )
            for left, right in pairs
        ),
        copy=False,
    )


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
