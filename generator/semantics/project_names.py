"""Names of monitoring projects and of their tables, and who may not have which."""

import re
from collections.abc import Iterable, Iterator, Sequence

from generator.diagnostics import Diagnostic, diagnostic, fault
from generator.facts.catalog import RelationName
from generator.facts.conventions import Conventions
from generator.names import is_identifier
from generator.semantics.monitoring import MonitoringProject

_ODD = re.compile(r"[^A-Za-z0-9_]")

RESERVED = frozenset(
    """submission_date submission_timestamp client_id build_id branch metric statistic point lower
    upper parameter parameter_label message errors row_count
    sample_size""".split()  # noqa: SIM905
)
"""Columns and fields of every project: nothing else of it can be called so."""

_LIST = "projects"
"""The table that lists the projects."""


def stem_of(slug: str) -> str:
    """What the names of a project's tables begin with.

    >>> stem_of("4th-tile: rollout")
    '4th_tile__rollout'
    """
    return _ODD.sub("_", slug)


def name_of(slug: str, conventions: Conventions) -> str:
    """What view, explore and dashboard of a project are called.

    >>> name_of("Cold-Start", Conventions()), name_of("4th-tile", Conventions())
    ('cold_start', 'p_4th_tile')
    """
    stem = stem_of(slug).lower()
    return stem if stem[:1].isalpha() else conventions.monitoring_prefix + stem.lstrip("_")


def subject_of(slug: str, conventions: Conventions) -> str:
    """The key path of a project."""
    return f"{conventions.monitoring_namespace}.projects.{name_of(slug, conventions)}"


def table_of(slug: str, what: str, conventions: Conventions) -> RelationName:
    """A view of a project in the dataset for all: `statistics`, `alerts`."""
    project = str(conventions.monitoring_project)
    return RelationName(project, conventions.monitoring_dataset, f"{stem_of(slug)}_{what}")


def check_name(project: MonitoringProject, subject: str) -> None:
    """Raises Fault for a name that LookML cannot hold."""
    if not is_identifier(project.name):
        what = "a view: it is made of the project's slug"
        better = project.name[:40]
        raise fault("bad-name", project.at, subject, name=project.slug, what=what, better=better)


_NAMED = 5


def listed(slugs: Sequence[str]) -> str:
    """The first of some slugs, and how many more there are.

    >>> listed(["a", "b", "c", "d", "e", "f"])
    '`a`, `b`, `c`, `d`, `e` and 1 more'
    """
    more = f" and {len(slugs) - _NAMED} more" if len(slugs) > _NAMED else ""
    return ", ".join(f"`{slug}`" for slug in slugs[:_NAMED]) + more


def without_clashes(
    projects: Iterable[MonitoringProject], computed: frozenset[str], conventions: Conventions
) -> Iterator[MonitoringProject | Diagnostic]:
    """The projects by name, without those that would write the same view or table.

    `computed` are the slugs of those whose tables we make.
    """
    ordered = sorted(projects, key=lambda project: (project.name, project.slug))
    claims = {project: tuple(_claims(project, computed)) for project in ordered}
    holders: dict[RelationName | str, list[str]] = {_list(conventions): [_LIST]}
    for project in ordered:
        for claim in claims[project]:
            holders.setdefault(claim, []).append(project.slug)
    for project in ordered:
        contested = next((claim for claim in claims[project] if len(holders[claim]) > 1), None)
        if contested is None:
            yield project
            continue
        other = next((slug for slug in holders[contested] if slug != project.slug), _LIST)
        subject = subject_of(project.slug, conventions)
        names = {"slug": project.slug, "other": other, "name": contested}
        yield diagnostic("clashing-projects", project.at, subject, **names)


def _list(conventions: Conventions) -> RelationName:
    project = str(conventions.monitoring_project)
    return RelationName(project, conventions.monitoring_dataset, _LIST)


def _claims(project: MonitoringProject, computed: frozenset[str]) -> Iterator[RelationName | str]:
    """The names that a project takes: of views in Looker, and of tables."""
    yield project.name
    yield project.statistics
    if project.alerts:
        yield f"{project.name}_alerts"
        yield project.alerts
    if project.slug in computed:
        yield project.statistics._replace(table=stem_of(project.slug))
