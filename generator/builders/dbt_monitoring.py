"""The ETL of monitoring projects in the dbt project: per client, statistics, long views."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from generator import dbt
from generator.artifact import Artifact
from generator.builders import dbt_classic, dbt_projects_table, dbt_schedule
from generator.builders.dbt_alerts import alert_statements
from generator.builders.dbt_models import reads
from generator.builders.dbt_monitoring_metrics import (
    Workshop,
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
from generator.facts.catalog import RelationName
from generator.listing import LISTING
from generator.semantics.model import Project
from generator.semantics.monitoring import Study
from generator.semantics.monitoring_sql import rows_of


@dataclass(frozen=True, slots=True)
class _ViewQuery:
    """What `opmon/metrics_view.sql` sees."""

    metrics: str
    columns: tuple[str, ...]


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
    read = {study.subject: _reads(study, project) for study in every}
    sources = sources_of(namespace, (name for names in read.values() for name in names))
    yield _sources_file(namespace, sources, project)
    studies = tuple(study for study in monitored.studies if study.namespace == namespace)
    for study in studies:
        yield from _study(study, sources, read[study.subject], project)
    if studies:
        yield from dbt_projects_table.build(studies, project.conventions)
    for classic in monitored.classics:
        if classic.namespace == namespace:
            setting = project.catalog, project.conventions, Marks(sources)
            yield from dbt_classic.build(dbt_classic.Workbench(classic, *setting))


def _macros() -> Iterator[Artifact]:
    for name in _MACROS:
        content = dbt.Template(f"dbt/{name}.sql")
        yield Artifact(f"macros/{name}.sql", content, "dbt_macro", LISTING)


def _reads(study: Study, project: Project) -> tuple[str, ...]:
    """The tables of a study as written; none if its definitions cannot be used."""
    slugs = (study.population.source.slug, *(metric.data_source for metric in study.metrics))
    found: dict[str, None] = {}
    for slug in dict.fromkeys(slugs):
        try:
            select = rows_of(study, slug or "", project.catalog).select
        except Fault:
            continue  # it is told when the study is built
        found.update(dict.fromkeys(reads(select)))
    return tuple(sorted(found))


def _sources_file(namespace: str, sources: Sources, project: Project) -> Artifact:
    content = dbt.Properties(sources=described(sources, project.catalog))
    path = f"models/{namespace}/sources.yml"
    needs = _needs(table.text for table in sources.tables)
    return Artifact(path, content, "dbt_sources", namespace, None, needs)


def _needs(names: Iterable[str]) -> tuple[RelationName, ...]:
    parts = (name.split(".") for name in names)
    return tuple(RelationName(*found) for found in parts if len(found) == len(RelationName._fields))


def _study(
    study: Study, sources: Sources, read: tuple[str, ...], project: Project
) -> Iterator[Artifact | Diagnostic]:
    """The files of a study, all of them or none."""
    tables = Tables(study, project.conventions)
    try:
        models = list(_models(study, sources, tables, project))
    except Fault as stopped:
        yield stopped.diagnostic
        return
    folder = f"models/{study.namespace}/{study.project.name}"
    about = (study.subject, study.project.at, _needs(read))
    for item in models:
        if isinstance(item, Diagnostic):
            yield item
        else:
            made, content = item
            yield Artifact(f"{folder}/{made.name}.sql", content, "dbt_model", *about)
    properties = properties_of(study, tables)
    yield Artifact(f"{folder}/{tables.stem}.yml", properties, "dbt_properties", *about)


def _models(
    study: Study, sources: Sources, tables: Tables, project: Project
) -> Iterator[tuple[Made, dbt.Model] | Diagnostic]:
    """The models by what is made of them. Raises Fault if a definition cannot be used."""
    shop = Workshop(study, project.catalog, project.conventions, Marks(sources))
    for made, sql in _statements(shop, tables):
        for item in model(study, made.name, sql, shop.marks.calls, made.config):
            yield item if isinstance(item, Diagnostic) else (made, item)


def _statements(shop: Workshop, tables: Tables) -> Iterator[tuple[Made, str]]:
    parts = parts_of(shop.study)
    if len(parts) == 1:
        yield tables.metrics, metrics_sql(shop, shop.study.metrics)
    else:
        for number, metrics in enumerate(parts, 1):
            yield tables.part(number), metrics_sql(shop, metrics)
        yield tables.metrics, parts_sql(shop, tables)
    yield tables.metrics_view, _view(shop, tables)
    yield tables.statistics, statistics_sql(shop, tables)
    yield tables.statistics_view, statistics_view_sql(shop, tables)
    yield from alert_statements(shop.study, tables, shop.marks)


def _view(shop: Workshop, tables: Tables) -> str:
    metrics = shop.marks.call("lookml_gen_metrics", tables.metrics.call)
    columns = (*shop.keys[3:], *(metric.slug for metric in shop.study.metrics))
    return filled("opmon/metrics_view.sql", _ViewQuery(metrics, columns))
