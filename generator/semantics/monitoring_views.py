"""Monitoring projects as they can be shown: with the columns and values that their tables have."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, diagnostic
from generator.facts.catalog import (
    Catalog,
    Column,
    Counts,
    DataType,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.facts.conventions import Conventions
from generator.facts.monitoring import Choice, Choices
from generator.names import identifier
from generator.semantics.choices import TOP, choice_of, offered
from generator.semantics.lineage import base_tables
from generator.semantics.monitoring import (
    SAMPLE_SIZE,
    Monitored,
    MonitoringProject,
    MonitoringView,
    Segmentation,
)
from generator.sql import is_usable

OWN_FIELDS = frozenset(
    """submission_date build_id branch metric statistic parameter point lower upper
    row_count""".split()  # noqa: SIM905 - words read better without quotes
)
"""The fields that every view of statistics has; no dimension can be called like one."""

_PARTITION = "submission_date"
_VERSION = "_v2"
_ALERT_COLUMNS: Mapping[str, DataType] = {
    "submission_date": DataType.DATE,
    "build_id": DataType.STRING,
    "metric": DataType.STRING,
    "statistic": DataType.STRING,
    "branch": DataType.STRING,
    "parameter": DataType.FLOAT64,
    "message": DataType.STRING,
}


def needs_of(monitored: Monitored) -> Iterator[RelationName]:
    """The relations that the projects are shown from."""
    for project in monitored.projects:
        yield project.statistics
        if project.alerts:
            yield project.alerts


def profile_needs(monitored: Monitored, catalog: Catalog) -> tuple[ProfileNeed, ...]:
    """The dimensions whose values a dropdown offers: one question for each project at most."""
    asked = (_profile_need(project, catalog) for project in monitored.projects)
    return tuple(need for need in asked if need is not None)


def _profile_need(project: MonitoringProject, catalog: Catalog) -> ProfileNeed | None:
    relation = catalog.relations.get(project.statistics)
    columns = _columns(relation)
    dimensions = tuple(
        columns[item.name.lower()].name
        for item in project.dimensions
        if item.name.lower() in columns
    )
    if not dimensions:
        return None
    newest = _PARTITION if _PARTITION in columns else None
    # one more than is offered tells whether there are more, and `ALL` may be another
    return ProfileNeed(project.statistics, dimensions, newest, TOP + 2, _weight(columns))


def _weight(columns: Mapping[str, Column]) -> str | None:
    """The column that says of how many clients a row is, where there is one.

    Statistics have as many rows of a rare value as of a common one: without it, all are alike.
    """
    column = columns.get(SAMPLE_SIZE)
    return column.name if column and column.type is DataType.INT64 else None


def _columns(relation: Relation | None) -> dict[str, Column]:
    """The columns by name in small letters, as BigQuery knows them."""
    return {column.name.lower(): column for column in relation.columns} if relation else {}


class _Known(Struct, frozen=True):
    """What is known of the tables, and what was shown before."""

    catalog: Catalog
    profiles: Profiles
    remembered: Choices
    conventions: Conventions
    computed: frozenset[str]
    """The names of the projects whose tables we make."""


def derive_monitoring(
    monitored: Monitored,
    catalog: Catalog,
    profiles: Profiles,
    remembered: Choices,
    conventions: Conventions,
) -> Iterator[MonitoringView | Diagnostic]:
    """The projects with what their tables have, and what those lack; none is left out."""
    computed = frozenset(study.project.name for study in monitored.studies)
    known = _Known(catalog, profiles, remembered, conventions, computed)
    first: dict[str, MonitoringProject] = {}
    for project in monitored.projects:
        other = first.setdefault(_folded(project.title), project)
        if other is project:
            yield from _view(project, known)
        else:
            yield from _view(_retitled(project), known)
            yield _says("same-title", project, known, title=project.title, other=other.slug)


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())


def _retitled(project: MonitoringProject) -> MonitoringProject:
    return replace(project, title=f"{project.title} ({project.slug})")


def _view(project: MonitoringProject, known: _Known) -> Iterator[MonitoringView | Diagnostic]:
    yield from _tables(project, known)
    dimensions: list[Segmentation] = []
    choices: dict[str, Choice] = {}
    for item in _dimensions(project, known):
        if isinstance(item, Diagnostic):
            yield item
            continue
        dimensions.append(item)
        choice = _choice(item, project, known)
        if choice:
            choices[item.name] = choice
        yield from _doubts(item, choice, project, known)
    tables = _base_tables(project.statistics, project, known)
    alert_tables = _base_tables(project.alerts, project, known) if project.alerts else ()
    yield MonitoringView(
        namespace=known.conventions.monitoring_namespace,
        project=project,
        dimensions=tuple(dimensions),
        choices=choices,
        alert_columns=_alert_columns(project, known.catalog) if project.alerts else (),
        base_tables=tables,
        alert_base_tables=alert_tables,
        bytes=_bytes(tables, known.catalog),
        alert_bytes=_bytes(alert_tables, known.catalog),
    )


def _bytes(tables: Iterable[RelationName], catalog: Catalog) -> int | None:
    """The bytes of all the tables, None if those of one are not known."""
    sizes = [catalog.size(name) for name in tables]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _says(code: str, project: MonitoringProject, known: _Known, **values: object) -> Diagnostic:
    subject = f"{known.conventions.monitoring_namespace}.projects.{project.name}"
    return diagnostic(code, project.at, subject, slug=project.slug, **values)


def _tables(project: MonitoringProject, known: _Known) -> Iterator[Diagnostic]:
    """What is wrong with the tables: they are not there, or not to be read."""
    for name in filter(None, (project.statistics, project.alerts)):
        relation = known.catalog.relations.get(name)
        reason = known.catalog.unread.get(name) or known.profiles.unread.get(name)
        if relation is not None and not relation.columns:
            reason = reason or "its columns are not known"
        if reason:
            yield _says("unread-results", project, known, table=name, reason=reason)
        elif relation is None:
            yield _says("missing-results", project, known, table=name)


def _dimensions(project: MonitoringProject, known: _Known) -> Iterator[Segmentation | Diagnostic]:
    """The dimensions that can be shown: all of them where the columns are not known."""
    columns = _columns(known.catalog.relations.get(project.statistics))
    taken = set(OWN_FIELDS)
    for item in project.dimensions:
        name = identifier(item.name)
        if columns and item.name.lower() not in columns:
            table = project.statistics
            yield _says("missing-dimension", project, known, name=item.name, table=table)
        elif name in taken or not is_usable(item.name):
            yield _says("unusable-dimension", project, known, name=item.name)
        else:
            taken.add(name)
            yield item


def _counts(item: Segmentation, project: MonitoringProject, known: _Known) -> Counts:
    columns = _columns(known.catalog.relations.get(project.statistics))
    column = columns.get(item.name.lower())
    values = known.profiles.values.get(project.statistics, {})
    return values.get(column.name, ()) if column else ()


def _choice(item: Segmentation, project: MonitoringProject, known: _Known) -> Choice | None:
    counts, rolled_up = _counts(item, project, known), project.rolled_up
    before = known.remembered.get(project.name, {}).get(item.name)
    if item.name != project.group_by:
        margin = known.conventions.dropdown_margin
        return choice_of(counts, before, margin, rolled_up=rolled_up)
    # a graph that is split by the dimension has no line for all values together
    choice = choice_of(counts, before, 0, rolled_up=rolled_up)
    options = tuple(sorted(choice.options[rolled_up:])) if choice else ()
    return Choice(options[0], options) if options else None


def _doubts(
    item: Segmentation, choice: Choice | None, project: MonitoringProject, known: _Known
) -> Iterator[Diagnostic]:
    """What a dropdown cannot offer. Of a table that is not there, no more is to be said."""
    if project.statistics not in {*known.catalog.relations, *known.catalog.unread}:
        return
    counts = _counts(item, project, known)
    best = offered(counts, rolled_up=project.rolled_up)
    if not best:
        offers = ", ".join(f"`{value}`" for value in choice.options) if choice else "nothing"
        yield _says("no-values", project, known, name=item.name, offers=offers)
    if any(value == "" for value, _ in counts):
        yield _says("blank-value", project, known, name=item.name)
    if len(best) > TOP:
        yield _says("cut-values", project, known, name=item.name, count=TOP)


def _alert_columns(project: MonitoringProject, catalog: Catalog) -> tuple[Column, ...]:
    """The columns of the alerts; where nobody can say, those that the ETL gives them."""
    relation = catalog.relations.get(project.alerts) if project.alerts else None
    if relation and relation.columns:
        return relation.columns
    own = (Column(name, type_) for name, type_ in _ALERT_COLUMNS.items())
    return (*own, *_as_columns(project.dimensions))


def _as_columns(dimensions: Iterable[Segmentation]) -> Iterator[Column]:
    for item in dimensions:
        if item.name not in _ALERT_COLUMNS:
            yield Column(item.name, DataType.STRING)


def _base_tables(
    name: RelationName, project: MonitoringProject, known: _Known
) -> tuple[RelationName, ...]:
    """The tables that feed a view; of ours, and of one that nobody knows, it is that of the ETL."""
    relation = known.catalog.relations.get(name)
    if project.name not in known.computed and relation is not None:
        found = base_tables(name, known.catalog)
        if found or name.dataset != known.conventions.monitoring_dataset:
            return found
    derived = known.conventions.monitoring_derived_dataset
    return (RelationName(name.project, derived, f"{name.table}{_VERSION}"),)
