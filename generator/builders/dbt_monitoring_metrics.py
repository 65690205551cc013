"""The metrics of a study by client: the statement, in parts where it would be too long."""

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from generator.builders.dbt_monitoring_sql import Marks, filled
from generator.builders.dbt_monitoring_tables import Tables
from generator.facts.catalog import Catalog
from generator.facts.conventions import Conventions
from generator.semantics.definitions import Metric
from generator.semantics.monitoring import ALL, Branching, Study, XAxis
from generator.semantics.monitoring_branches import branch_sql
from generator.semantics.monitoring_sql import (
    FIRST_DAY,
    LAST_DAY,
    Rows,
    dimension_sql,
    measured,
    rows_of,
)

MOST = 40
"""The metrics of one statement; BigQuery refuses a query that is too complex."""

RUNS, FIRST_RUN = "lookml_gen_runs", "lookml_gen_first_run"
METRICS, STATISTICS, PART = "lookml_gen_metrics", "lookml_gen_statistics", "lookml_gen_part_"
SLUG, START, FIRST_BUILD = "lookml_gen_slug", "lookml_gen_start", "lookml_gen_first_build"
"""What stands in statements for the models, days and words of a study."""

_PLAIN = re.compile(r"[\w-]+", re.ASCII)


class Named(Struct, frozen=True):
    """A column and its SQL."""

    column: str
    sql: str
    over_nothing: str | None = None


class Channel(Struct, frozen=True):
    """The channel that clients are on, and the column that says so."""

    sql: str
    value: str


class RowsText(Struct, frozen=True):
    """The rows of a data source, printed."""

    rows: str
    date: str
    client: str | None
    build: str | None


class SourceText(Struct, frozen=True):
    """A data source with the metrics over it, printed; `places` are those to group by."""

    name: str
    rows: str
    date: str
    day: str
    client: str | None
    build: str | None
    group_by: str | None
    metrics: tuple[Named, ...]
    places: tuple[int, ...]


class MetricsQuery(Struct, frozen=True):
    """What `opmon/metrics.sql` sees. `whole` is whether metrics are by the value and for all."""

    by_build: bool
    whole: bool
    day: str
    runs: str
    all: str
    population: RowsText
    dimensions: tuple[Named, ...]
    branch: str
    branches: tuple[str, ...]
    channel: Channel | None
    submissions: str
    client_rows: int
    group_by: str | None
    places: tuple[int, ...]
    sources: tuple[SourceText, ...]


class Part(Struct, frozen=True):
    """A table with some of the metrics."""

    table: str
    columns: tuple[str, ...]


class PartsQuery(Struct, frozen=True):
    """What `opmon/metrics_parts.sql` sees."""

    keys: tuple[str, ...]
    parts: tuple[Part, ...]
    first: str
    last: str


class Workshop(Struct, frozen=True):
    """What a statement is made with."""

    study: Study
    catalog: Catalog
    conventions: Conventions
    marks: Marks

    @property
    def by_build(self) -> bool:
        """Whether the x-axis has builds."""
        return self.study.project.x_axis is XAxis.BUILD_ID

    @property
    def nameless(self) -> Study:
        """The study, with a mark for its slug where that is a plain word in any SQL."""
        if not _PLAIN.fullmatch(self.study.project.slug):
            return self.study
        return replace(self.study, project=replace(self.study.project, slug=SLUG))

    @property
    def days(self) -> int:
        """The days that a run looks at."""
        return self.conventions.monitoring_days if self.by_build else 1

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that tell a client's row, the day first."""
        dimensions = (dimension.slug for dimension in self.study.dimensions)
        return ("submission_date", "client_id", "build_id", *dimensions, "branch")


def parts_of(study: Study) -> tuple[tuple[Metric, ...], ...]:
    """The metrics, as many at a time as a statement may have."""
    metrics = iter(study.metrics)
    return tuple(iter(lambda: tuple(islice(metrics, MOST)), ()))


def metrics_sql(shop: Workshop, metrics: tuple[Metric, ...]) -> str:
    """The statement for some metrics. Raises Fault if a definition cannot be used."""
    study, marks = shop.study, shop.marks
    population = rows_of(study, study.population.source.slug, shop.catalog)
    branch = branch_sql(shop.nameless, population, shop.catalog)
    sources = tuple(_sources(shop, metrics))
    return filled(
        "opmon/metrics.sql",
        MetricsQuery(
            by_build=shop.by_build,
            whole=_is_whole(study),
            day="runs.opmon_day" if shop.by_build else marks.printed(population.date),
            runs=RUNS,
            all=ALL,
            population=_rows(population, marks),
            dimensions=tuple(_dimensions(shop, population)),
            branch=marks.printed(branch),
            branches=_kept(study),
            channel=channel_of(study, population, marks),
            submissions=_submissions(shop, population),
            client_rows=shop.conventions.monitoring_client_rows,
            group_by=study.project.group_by,
            places=_places(shop, population, branch),
            sources=sources,
        ),
    )


def parts_sql(shop: Workshop) -> str:
    """The statement that puts parts side by side."""
    parts = tuple(
        Part(f"{PART}{number}", tuple(metric.slug for metric in metrics))
        for number, metrics in enumerate(parts_of(shop.study), 1)
    )
    return filled("opmon/metrics_parts.sql", PartsQuery(shop.keys, parts, FIRST_RUN, LAST_DAY))


def mark(shop: Workshop, tables: Tables) -> None:
    """Everything that a statement names is known: days, models, and the words of the study."""
    study, marks = shop.study, shop.marks
    start, end = study.start, study.end or "9999-12-31"
    more = f", days={shop.days}" if shop.by_build else ""
    marks.call(FIRST_DAY, f"opmon_first_day('{start}'{more})")
    marks.call(LAST_DAY, _last_day(study))
    marks.call(RUNS, f"opmon_runs('{start}', '{end}', days={shop.days})")
    marks.call(FIRST_RUN, f"opmon_first_day('{start}')")
    marks.call(METRICS, tables.metrics.call)
    marks.call(STATISTICS, tables.statistics.call)
    for number, _ in enumerate(parts_of(study), 1):
        marks.call(f"{PART}{number}", tables.part(number).call)
    marks.words |= {SLUG: study.project.slug, START: f"{start}", FIRST_BUILD: f"{start:%Y%m%d}"}


def _last_day(study: Study) -> str:
    return f"opmon_last_day('{study.end}')" if study.end else "opmon_last_day()"


def _is_whole(study: Study) -> bool:
    return study.project.group_by is not None and study.project.rolled_up


def _kept(study: Study) -> tuple[str, ...]:
    """The branches to keep; none named is all."""
    population = study.population
    if population.unfiltered or population.branching is Branching.ENTIRE:
        return ()
    listed = population.branching is Branching.LISTED
    return population.branches if listed else ("enabled", "disabled")


def _rows(rows: Rows, marks: Marks) -> RowsText:
    return RowsText(
        marks.rows(rows.select),
        marks.printed(rows.date),
        marks.printed(rows.client) if rows.client else None,
        marks.printed(rows.build) if rows.build else None,
    )


def _dimensions(shop: Workshop, rows: Rows) -> Iterator[Named]:
    for dimension in shop.study.dimensions:
        sql = dimension_sql(rows, dimension, escaped=shop.study.project.rolled_up)
        yield Named(dimension.slug, shop.marks.printed(sql))


def channel_of(study: Study, rows: Rows, marks: Marks) -> Channel | None:
    """The channel that clients must be on, if they must."""
    channel = study.population.channel
    if channel is None:
        return None
    return Channel(marks.printed(rows.piece("normalized_channel", study.subject)), channel)


def _submissions(shop: Workshop, rows: Rows) -> str:
    """The rows of a client on the day of the run."""
    if not shop.by_build:
        return "COUNT(*)"
    return f"COUNTIF({shop.marks.printed(rows.date)} = runs.opmon_day)"


def _places(shop: Workshop, rows: Rows, branch: exp.Expression) -> tuple[int, ...]:
    """The columns of the population to group by: not those that are the same everywhere."""
    columns = [True, rows.client is not None]
    columns += [True] if shop.by_build else []
    columns += [True for _ in shop.study.dimensions]
    columns.append(not isinstance(branch, exp.Literal))
    return tuple(place for place, grouped in enumerate(columns, 1) if grouped)


def _sources(shop: Workshop, metrics: tuple[Metric, ...]) -> Iterator[SourceText]:
    """The data sources of metrics, in the order in which they are first needed."""
    for slug in dict.fromkeys(metric.data_source for metric in metrics):
        rows = rows_of(shop.study, slug or "", shop.catalog)
        over = tuple(metric for metric in metrics if metric.data_source == slug)
        yield _source(shop, rows, over)


def _source(shop: Workshop, rows: Rows, metrics: tuple[Metric, ...]) -> SourceText:
    marks = shop.marks
    text = _rows(rows, marks)
    group_by = _group_by(shop, rows)
    keys = (True, text.client, text.build, group_by)
    return SourceText(
        name=f"{rows.source.slug}_metrics",
        rows=text.rows,
        date=text.date,
        day="runs.opmon_day" if shop.by_build else text.date,
        client=text.client,
        build=text.build,
        group_by=group_by,
        metrics=tuple(_named(rows, metrics, marks)),
        places=tuple(range(1, 1 + sum(key is not None for key in keys))),
    )


def _named(rows: Rows, metrics: tuple[Metric, ...], marks: Marks) -> Iterator[Named]:
    for item in measured(rows, metrics):
        nothing = marks.printed(item.over_nothing) if item.over_nothing else None
        yield Named(item.metric.slug, marks.printed(item.sql), nothing)


def _group_by(shop: Workshop, rows: Rows) -> str | None:
    """The dimension that metrics are by; once more for all its values, if there are roll-ups."""
    name = shop.study.project.group_by
    dimension = next((d for d in shop.study.dimensions if d.slug == name), None)
    if dimension is None:
        return None
    escaped = shop.study.project.rolled_up
    text = shop.marks.printed(dimension_sql(rows, dimension, escaped=escaped))
    return f"IF(opmon_whole, '{ALL}', {text})" if escaped else text
