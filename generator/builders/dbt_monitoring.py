"""The ETL of monitoring projects in the dbt project: per client, statistics, long views."""

from collections.abc import Callable, Hashable, Iterator

from msgspec import Struct, field

from generator import dbt
from generator.artifact import Artifact
from generator.builders import dbt_classic, dbt_projects_table, dbt_schedule
from generator.builders.dbt_alerts import alert_statements
from generator.builders.dbt_monitoring_metrics import (
    METRICS,
    Workshop,
    mark,
    metrics_sql,
    parts_of,
    parts_sql,
)
from generator.builders.dbt_monitoring_properties import properties_of
from generator.builders.dbt_monitoring_sql import Marks, filled, model
from generator.builders.dbt_monitoring_statistics import statistics_sql, statistics_view_sql
from generator.builders.dbt_monitoring_tables import Made, Tables
from generator.builders.dbt_sources import Sources, described, sources_of
from generator.diagnostics import Diagnostic, Fault
from generator.listing import LISTING
from generator.semantics.infer import relations_in, three_part
from generator.semantics.model import Project
from generator.semantics.monitoring import Study
from generator.semantics.monitoring_sql import Dates, rows_of


class _ViewQuery(Struct, frozen=True):
    """What `opmon/metrics_view.sql` sees."""

    metrics: str
    columns: tuple[str, ...]


class Shelf(Struct, frozen=True):
    """What was made for a study, for those that differ from it in nothing but their words.

    Rollouts without a file are so: what they have is that of their platform's defaults.
    """

    project: Project
    dates: Dates
    known: dict[Hashable, tuple[Study, tuple[str, ...]]] = field(default_factory=dict)
    """With each the study that it was made for: an identity holds as long as its object."""

    def statements(self, shop: Workshop) -> tuple[str, ...]:
        """The statements of a study. Raises Fault if a definition cannot be used."""
        key = ("statements", *_likeness(shop.study))
        if shop.nameless is shop.study:  # its slug stands in them
            return tuple(_statements(shop))
        return self._once(key, shop.study, lambda: tuple(_statements(shop)))

    def reads(self, study: Study) -> tuple[str, ...]:
        """The tables of a study as written; none if its definitions cannot be used."""
        key = ("reads", *_likeness(study))
        return self._once(key, study, lambda: _reads(study, self.dates))

    def _once(
        self, key: Hashable, study: Study, make: Callable[[], tuple[str, ...]]
    ) -> tuple[str, ...]:
        if key not in self.known:
            self.known[key] = study, make()
        return self.known[key][1]


def _likeness(study: Study) -> Iterator[Hashable]:
    """What statements follow from, but for words and days."""
    people, project = study.population, study.project
    yield from (id(study.platform), id(people.source), people.branching, people.branches)
    yield from (people.is_glean, people.channel, people.preference, study.dataset)
    yield from (project.x_axis, project.rolled_up, project.group_by)
    yield from (tuple(map(id, found)) for found in (study.metrics, study.dimensions))
    for item in study.statistics:
        yield (id(item.metric), item.statistic, item.percentiles, item.remove_nulls)
        yield (item.quantile, item.number_of_quantiles, item.denominator)


_MACROS = ("generate_schema_name", "opmon", "percentile_with_interval")


def build(project: Project) -> Iterator[Artifact | Diagnostic]:
    """The models of each study, and what cannot be computed."""
    computed = project.monitored.computed
    if computed:
        yield from _macros()
    for namespace in dict.fromkeys(study.namespace for study in computed):
        items = list(_namespace(namespace, project))
        yield from items
        made = (item for item in items if isinstance(item, Artifact))
        studies = (study for study in computed if study.namespace == namespace)
        yield from dbt_schedule.build(studies, made)


def _namespace(namespace: str, project: Project) -> Iterator[Artifact | Diagnostic]:
    """The projects of a namespace, those in the classic layout too, and the table of the others."""
    monitored = project.monitored
    every = [study for study in monitored.computed if study.namespace == namespace]
    shelf = Shelf(project, Dates(project.catalog))
    read = {study.subject: shelf.reads(study) for study in every}
    sources = sources_of(namespace, (name for names in read.values() for name in names))
    yield _sources_file(namespace, sources, project)
    marks = Marks(sources)
    studies = tuple(study for study in monitored.studies if study.namespace == namespace)
    for study in studies:
        yield from _study(study, marks.anew(), read[study.subject], shelf)
    if studies:
        yield from dbt_projects_table.build(studies, project.conventions)
    for classic in monitored.classics:
        if classic.namespace == namespace:
            setting = shelf.dates, project.conventions, marks.anew()
            yield from dbt_classic.build(dbt_classic.Workbench(classic, *setting))


def _macros() -> Iterator[Artifact]:
    for name in _MACROS:
        content = dbt.Template(f"dbt/{name}.sql")
        yield Artifact(f"macros/{name}.sql", content, "dbt_macro", LISTING)


def _reads(study: Study, dates: Dates) -> tuple[str, ...]:
    """The tables of a study as written; none if its definitions cannot be used."""
    slugs = (study.population.source.slug, *(metric.data_source for metric in study.metrics))
    found: dict[str, None] = {}
    for slug in dict.fromkeys(slugs):
        try:
            select = rows_of(study, slug or "", dates).select
        except Fault:
            continue  # it is told when the study is built
        found.update(dict.fromkeys(relations_in(select)))
    return tuple(sorted(found))


def _sources_file(namespace: str, sources: Sources, project: Project) -> Artifact:
    content = dbt.Properties(sources=described(sources, project.catalog))
    path = f"models/{namespace}/sources.yml"
    needs = three_part(table.text for table in sources.tables)
    return Artifact(path, content, "dbt_sources", namespace, None, needs)


def _study(
    study: Study, marks: Marks, read: tuple[str, ...], shelf: Shelf
) -> Iterator[Artifact | Diagnostic]:
    """The files of a study, all of them or none."""
    tables = Tables(study, shelf.project.conventions)
    try:
        models = list(_models(study, marks, tables, shelf))
    except Fault as stopped:
        yield stopped.diagnostic
        return
    folder = f"models/{study.namespace}/{study.project.name}"
    about = (study.subject, study.project.at, three_part(read))
    for item in models:
        if isinstance(item, Diagnostic):
            yield item
        else:
            made, content = item
            yield Artifact(f"{folder}/{made.name}.sql", content, "dbt_model", *about)
    properties = properties_of(study, tables)
    yield Artifact(f"{folder}/{tables.stem}.yml", properties, "dbt_properties", *about)


def _models(
    study: Study, marks: Marks, tables: Tables, shelf: Shelf
) -> Iterator[tuple[Made, dbt.Model] | Diagnostic]:
    """The models by what is made of them. Raises Fault if a definition cannot be used."""
    shop = Workshop(study, shelf.dates, shelf.project.conventions, marks)
    mark(shop, tables)
    texts = shelf.statements(shop)
    alerts = alert_statements(study, tables, shop.marks)
    for made, sql in (*zip(_made(study, tables), texts, strict=True), *alerts):
        for item in model(study, made.name, sql, shop.marks, made.config):
            yield item if isinstance(item, Diagnostic) else (made, item)


def _made(study: Study, tables: Tables) -> Iterator[Made]:
    """What the statements make, in their order."""
    count = len(parts_of(study))
    yield from (tables.part(number) for number in range(1, count + 1) if count > 1)
    yield from (tables.metrics, tables.metrics_view)
    yield from (tables.statistics, tables.statistics_view)


def _statements(shop: Workshop) -> Iterator[str]:
    study, parts = shop.study, parts_of(shop.study)
    yield from (metrics_sql(shop, metrics) for metrics in parts)
    if len(parts) > 1:
        yield parts_sql(shop)
    yield _view(shop)
    yield statistics_sql(study)
    yield statistics_view_sql(study)


def _view(shop: Workshop) -> str:
    columns = (*shop.keys[3:], *(metric.slug for metric in shop.study.metrics))
    return filled("opmon/metrics_view.sql", _ViewQuery(METRICS, columns))
