"""The rows that a study reads, as pieces of SQL: clients, days, builds, branches, metrics.

Definitions are BigQuery SQL; so are the pieces, as trees. Days of the run are marks in them.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import suppress

from msgspec import Struct, field
from sqlglot import exp

from generator.diagnostics import Fault, fault
from generator.facts.catalog import Catalog, RelationName
from generator.semantics.data_source_sql import (
    Query,
    data_source_query,
    find_source,
    subject_of,
)
from generator.semantics.definition_sql import parsed, qualified
from generator.semantics.definitions import DataSource, Dimension, Metric
from generator.semantics.infer import ground_of, relations_in, three_part
from generator.semantics.monitoring import ALL, Study, XAxis
from generator.semantics.over_nothing import over_nothing

FIRST_DAY, LAST_DAY = "lookml_gen_first_day", "lookml_gen_last_day"
"""What stands for the first and the last day that rows are read of."""

_BUILD_LENGTH = 8


class Rows(Struct, frozen=True):
    """The rows of a data source, on the days of a run: `SELECT * FROM …`, and what tells a row."""

    source: DataSource
    select: exp.Select
    date: exp.Expression
    client: exp.Expression | None = None
    build: exp.Expression | None = None

    def piece(self, text: str, subject: str) -> exp.Expression:
        """An expression over the rows. Raises Fault if it does not parse."""
        return qualified(text, self.source.slug, (), subject, self.source.at)


class Dates(Struct, frozen=True):
    """The dates of data sources over a catalog: what one gives is told once."""

    catalog: Catalog
    known: dict[Hashable, tuple[object, bool]] = field(default_factory=dict)
    """By the identity of the trees, which holds as long as they are kept; see `definition_sql`."""

    def is_moment(self, date: exp.Expression, rows: exp.Select) -> bool:
        """Whether a date is a time. Without a catalog nothing tells the two apart."""
        key = id(date), id(rows)
        if key not in self.known:
            self.known[key] = (date, rows), ground_of(rows, self.catalog).is_moment(date)
        return self.known[key][1]


class Measured(Struct, frozen=True):
    """A metric as SQL over the rows of a client; `over_nothing` is its value without any row."""

    metric: Metric
    sql: exp.Expression
    over_nothing: exp.Expression | None = None


def relations_of(studies: Iterable[Study]) -> Iterator[RelationName]:
    """The relations that studies read. What cannot be used is told when they are built.

    Rollouts without a file share their platform, and are looked at once.
    """
    alike: dict[Hashable, tuple[Study, str]] = {}
    for study in studies:
        for slug in (study.population.source.slug, *(m.data_source for m in study.metrics)):
            key = id(study.platform), slug, study.dataset
            alike.setdefault(key, (study, slug or ""))
    for study, slug in alike.values():
        with suppress(Fault):
            select = rows_of(study, slug, Dates(Catalog())).select
            yield from three_part(relations_in(select))


def rows_of(study: Study, slug: str, known: Dates) -> Rows:
    """The rows of a data source. Raises Fault if its SQL does not parse, or it has no date."""
    source = find_source(study.platform, slug)
    if source.submission_date is None:
        raise fault("undated-source", source.at, study.subject, name=slug)
    aliases = ("",) if source.effective_joins else ()
    subject = subject_of(source)

    def piece(text: str) -> exp.Expression:
        return qualified(text, slug, aliases, subject, source.at)

    client = f"CAST({source.client_id} AS STRING)" if source.client_id else None
    build = f"SUBSTR(CAST({source.build_id} AS STRING), 1, {_BUILD_LENGTH})"
    by_build = study.project.x_axis is XAxis.BUILD_ID
    dates = dict(_dates(study, source, known))
    return Rows(
        source,
        data_source_query(study.platform, source, _of_the_days(study, dates)),
        piece(dates[slug]),
        piece(client) if client else None,
        piece(build) if by_build else None,
    )


def _of_the_days(study: Study, dates: Mapping[str, str]) -> Query:
    """Each source, joined ones too, on the days of the run alone; by its own date, to be pruned."""
    days = f"BETWEEN DATE '{FIRST_DAY}' AND DATE '{LAST_DAY}'"
    where = {slug: f"{date} {days}" for slug, date in dates.items()}
    return Query(where=where, dataset=study.dataset)


def _dates(study: Study, source: DataSource, known: Dates) -> Iterator[tuple[str, str]]:
    """The date of a source, and of those joined to it, as far as they have one."""
    for found in _joined(study, source, ()):
        if found.submission_date:
            yield found.slug, _day(study, found, known)


def _joined(study: Study, source: DataSource, above: tuple[str, ...]) -> Iterator[DataSource]:
    """A source, those joined to it, and those joined to them."""
    if source.slug in above:
        return  # a circle, which is told when the rows are put together
    yield source
    for join in source.effective_joins:
        other = find_source(study.platform, join.source)
        yield from _joined(study, other, (*above, source.slug))


def _day(study: Study, source: DataSource, known: Dates) -> str:
    """The date of a row; a time is made a date."""
    text = source.submission_date or ""
    if not known.catalog.relations:
        return text
    query = Query(dataset=study.dataset)
    rows = data_source_query(study.platform, source, query, ignore_joins=True)
    date = parsed(text, subject_of(source), source.at)
    return f"DATE({text})" if known.is_moment(date, rows) else text


def measured(rows: Rows, metrics: tuple[Metric, ...]) -> Iterator[Measured]:
    """Metrics over the rows of their data source. Raises Fault if one does not parse."""
    for metric in metrics:
        at = metric.places.get("select_expression", metric.at)
        sql = qualified(metric.expression or "", rows.source.slug, (), metric.subject, at)
        yield Measured(metric, sql, over_nothing(sql))


def dimension_sql(rows: Rows, dimension: Dimension, *, escaped: bool) -> exp.Expression:
    """The value of a dimension, as text. One that is called `All` is `All*` where `escaped`.

    So a row for all values is never taken for one: `All*` in turn is `All**`.
    """
    text = f"CAST({dimension.expression} AS STRING)"
    if escaped:
        text = f"REGEXP_REPLACE({text}, r'^({ALL}\\**)$', r'\\1*')"
    return rows.piece(text, dimension.slug)
