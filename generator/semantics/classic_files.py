"""Reads classic projects: files of monitoring projects that have a list `analysis`."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from generator.diagnostics import Diagnostic, Fault, Location, Severity, fault, split
from generator.facts import Facts
from generator.facts.conventions import Conventions
from generator.facts.metric_hub import Definitions, Table, Written
from generator.names import identifier, title
from generator.semantics.definitions import DataSource, Dimension, Metric, MetricType, Platform
from generator.semantics.monitoring import (
    Analysis,
    Branching,
    ClassicProject,
    MonitoringProject,
    Population,
    Probe,
    Segmentation,
    Study,
    XAxis,
)
from generator.semantics.project_definitions import Shelf
from generator.semantics.project_names import (
    RESERVED,
    check_name,
    name_of,
    stem_of,
    subject_of,
    table_of,
)
from generator.semantics.project_population import SWITCH
from generator.semantics.project_spec import AppChannel
from generator.semantics.project_values import (
    Mismatch,
    Reader,
    below,
    day,
    one_of,
    read_keys,
    table,
    text,
    texts,
)
from generator.sql import quoted

ANALYSIS = "analysis"
"""The key that makes a project classic."""

FUNCTION = "percentile_with_interval"
"""What is called where the settings name no function; the dbt project can make it."""


def is_classic(file: Definitions) -> bool:
    """Whether a project file is written for the classic layout."""
    return file.rest is not None and ANALYSIS in file.rest.values


def classic_projects(
    facts: Facts, taken: Mapping[str, str]
) -> Iterator[ClassicProject | Diagnostic]:
    """The classic projects by slug, and what is wrong with others.

    `taken` are the names of projects with the slugs that have them.
    """
    files = Shelf.of(facts.definitions).projects
    names = dict(taken)
    for _, file in sorted(files.items()):
        if is_classic(file):
            try:
                made, noticed = split(read_classic(file, facts.conventions))
                yield from noticed
                yield from _unless_taken(made, names)
            except Fault as found:
                yield found.diagnostic


def _unless_taken(
    made: tuple[ClassicProject, ...], names: dict[str, str]
) -> Iterator[ClassicProject]:
    for project in made:
        if project.name in names:
            said = {"slug": project.project.slug, "other": names[project.name]}
            at, subject = project.at, project.subject
            raise fault("clashing-projects", at, subject, name=project.name, **said)
        names[project.name] = project.project.slug
        yield project


def tables(value: object) -> tuple[Mapping[str, object], ...]:
    """A list of tables, at least one."""
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        raise Mismatch("a list of tables")
    return tuple(value)


_PROJECT: Mapping[str, Reader] = {
    "slug": text,
    "name": text,
    "channel": one_of(AppChannel),
    "branches": texts,
    "boolean_pref": text,
    "xaxis": one_of(XAxis),
    "start_date": day,
    ANALYSIS: tables,
    "probes": table,
}
KEYS = frozenset(_PROJECT)
"""What such a file has beside the tables of definitions."""

_ANALYSIS: Mapping[str, Reader] = {
    "source": text,
    "probes": texts,
    "dimensions": texts,
    "client_id_column": text,
    "submission_date_column": text,
    "build_id_column": text,
}
_OWN = frozenset({"probe", "agg_type", "value", "histogram", "metrics", "name"})
_PROBE: Mapping[str, Reader] = {"type": one_of(MetricType), "sql": text}
_COLUMNS = {
    "client_id_column": "client_id",
    "submission_date_column": "submission_date",
    "build_id_column": "build_id",
}


class _File(Struct, frozen=True):
    """A file with its keys read: those of the project, and how each probe is computed."""

    at: Location
    subject: str
    keys: Mapping[str, Written[Any]]
    probes: Mapping[str, Mapping[str, Written[Any]]]
    dimensions: Mapping[str, Dimension]

    def value(self, key: str, default: Any = None) -> Any:
        """The value of a key."""
        return self.keys[key].value if key in self.keys else default

    def wanted(self, key: str) -> Any:
        """The value of a key that must be there. Raises Fault if it is not."""
        if key not in self.keys:
            raise fault("incomplete-definition", self.at, self.subject, key=key)
        return self.keys[key].value


def read_classic(
    file: Definitions, conventions: Conventions
) -> Iterator[ClassicProject | Diagnostic]:
    """The project of a file. Raises Fault if it is none; one with a wrong key is none either."""
    root = file.rest or Table({}, file.at.path, (), {})
    written = root.values.get("slug")
    slug = written if isinstance(written, str) and written.strip() else file.name
    subject = subject_of(slug, conventions)
    if conventions.monitoring_project is None:
        raise fault("no-monitoring-project", None, subject)
    keys, noticed = split(read_keys(root, _PROJECT, subject))
    probes, wrong = split(_probes(root, subject))
    entries, bad = split(_entries(root, subject))
    problems = (*noticed, *wrong, *bad)
    yield from problems
    if not any(item.severity is Severity.ERROR for item in problems):
        own = {d.slug: _dimension(d.slug, file, d.select_expression) for d in file.dimensions}
        read = _File(file.at, subject, dict(keys), dict(probes), own)
        yield _project(slug, read, entries, conventions)


def _probes(
    root: Table, subject: str
) -> Iterator[tuple[str, Mapping[str, Written[Any]]] | Diagnostic]:
    written = below(root, "probes")
    names, noticed = split(read_keys(written, dict.fromkeys(written.values, table), subject))
    yield from noticed
    for name, _ in names:
        keys, wrong = split(read_keys(below(written, name), _PROBE, subject))
        yield from wrong
        yield name, dict(keys)


def _entries(root: Table, subject: str) -> Iterator[Mapping[str, Any] | Diagnostic]:
    """The keys of each entry of the list; lines within a list are not known."""
    entries = root.values.get(ANALYSIS)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            below_it = Table(entry, root.path, (*root.keys, ANALYSIS), root.lines)
            keys, noticed = split(read_keys(below_it, _ANALYSIS, subject))
            yield from noticed
            yield {key: value.value for key, value in keys}


def _project(
    slug: str, file: _File, entries: tuple[Mapping[str, Any], ...], conventions: Conventions
) -> ClassicProject:
    """The project. Raises Fault if something is missing, or said twice."""
    file.wanted(ANALYSIS)
    start = file.wanted("start_date")
    sources = tuple(_source(slug, place, entry, file) for place, entry in enumerate(entries, 1))
    analyses = tuple(_analysis(s, entry, file) for s, entry in zip(sources, entries, strict=True))
    platform = Platform(stem_of(slug), file.at, data_sources=sources)
    dimensions = tuple({d.slug: d for item in analyses for d in item.dimensions}.values())
    project = MonitoringProject(
        slug=slug,
        name=name_of(slug, conventions),
        title=file.value("name", slug),
        at=file.at,
        statistics=table_of(slug, "statistics", conventions),
        x_axis=file.value("xaxis", XAxis.SUBMISSION_DATE),
        branches=_branching(file)[1],
        dimensions=tuple(Segmentation(d.slug, d.label) for d in dimensions),
        start=start,
    )
    check_name(project, file.subject)
    people = _population(sources[0], file)
    metrics = tuple(_metric(probe, item, file) for item in analyses for probe in item.probes)
    space = conventions.monitoring_namespace
    study = Study(space, project, platform, people, metrics, (), start)
    kinds = {probe.type for item in analyses for probe in item.probes}
    used = tuple(kind for kind in MetricType if kind in kinds)
    views = {kind: table_of(slug, kind.value, conventions) for kind in used}
    return ClassicProject(study, analyses, _function(conventions), views)


def _function(conventions: Conventions) -> str:
    dataset = f"{conventions.monitoring_project}.{conventions.monitoring_derived_dataset}"
    return conventions.percentile_function or f"{dataset}.{FUNCTION}"


def _source(slug: str, place: int, entry: Mapping[str, Any], file: _File) -> DataSource:
    """The table of an entry as a data source."""
    for key in ("source", "probes"):
        if key not in entry:
            raise fault("incomplete-definition", file.at, file.subject, key=f"{ANALYSIS}.{key}")
    columns = {field: entry[key] for key, field in _COLUMNS.items() if key in entry}
    return DataSource(
        slug=f"analysis_{place}",
        platform=stem_of(slug),
        at=file.at,
        from_expression=entry["source"],
        **columns,
    )


def _analysis(source: DataSource, entry: Mapping[str, Any], file: _File) -> Analysis:
    return Analysis(
        source.slug,
        tuple(_probe(name, file) for name in dict.fromkeys(entry["probes"])),
        tuple(_listed(name, file) for name in dict.fromkeys(entry.get("dimensions", ()))),
    )


def _probe(name: str, file: _File) -> Probe:
    """A probe; one of which nothing is said is a column with a number."""
    said = file.probes.get(name, {})
    kind = said["type"].value if "type" in said else MetricType.SCALAR
    return Probe(name, said["sql"].value if "sql" in said else quoted(name), kind)


def _metric(probe: Probe, analysis: Analysis, file: _File) -> Metric:
    """A probe as whoever looks for the tables of a study knows it."""
    return Metric(probe.name, "", file.at, analysis.source, probe.sql, probe.type)


def _listed(name: str, file: _File) -> Dimension:
    """A dimension; one of which nothing is said is a column."""
    if identifier(name) in RESERVED | _OWN:
        values = {"what": "the dimension", "name": name, "whose": "a column of every project"}
        raise fault("reserved-name", file.at, file.subject, **values)
    return file.dimensions.get(name) or Dimension(
        name, "", file.at, "", quoted(name), label=title(name)
    )


def _population(source: DataSource, file: _File) -> Population:
    branching, branches = _branching(file)
    return Population(
        source,
        branching,
        branches,
        channel=file.value("channel"),
        preference=file.value("boolean_pref"),
    )


def _branching(file: _File) -> tuple[Branching, tuple[str, ...]]:
    """How clients come to their branches. Raises Fault if that is said twice."""
    branches, preference = file.value("branches"), file.value("boolean_pref")
    if branches and preference:
        raise fault("several-branchings", file.keys["boolean_pref"].at, file.subject)
    if branches:
        return Branching.LISTED, tuple(dict.fromkeys(branches))
    return (Branching.PREFERENCE if preference else Branching.ROLLOUT), SWITCH


def _dimension(slug: str, file: Definitions, sql: Any) -> Dimension:
    return Dimension(slug, "", file.at, "", sql.value if sql else quoted(slug), label=title(slug))
