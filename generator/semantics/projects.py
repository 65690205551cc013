"""Monitoring projects from what people wrote: defaults merged in, every reference known."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Fault, diagnostic, split
from generator.facts import Facts
from generator.facts.monitoring import ProjectRow
from generator.semantics.classic_files import classic_projects
from generator.semantics.monitoring import Monitored, MonitoringProject, Study
from generator.semantics.project_definitions import Basis, Shelf, Sight, Start, see
from generator.semantics.project_drafts import Draft, Skipped, drafts_of
from generator.semantics.project_names import listed, name_of, without_clashes
from generator.semantics.project_rows import shown
from generator.semantics.project_spec import overlay
from generator.semantics.project_study import Desk, study

Asked = tuple[Draft | Skipped, ...]
_ALL = frozenset({"apps", "experiments"})
"""What nobody can tell a project without, where it is named."""


def monitored_of(facts: Facts) -> tuple[Monitored, tuple[Diagnostic, ...]]:
    """The projects of the files, rollouts and rows by name, and what is wrong with others."""
    shelf = Shelf.of(facts.definitions)
    asked: Asked
    asked, noticed = split(drafts_of(facts, shelf))
    studies, unmade = split(_studies(asked, facts, shelf))
    rows, unshown = split(_rows(asked, facts, shelf))
    every = (*(item.project for item in studies), *rows)
    computed = frozenset(item.project.slug for item in studies)
    projects, clashes = split(without_clashes(every, computed, facts.conventions))
    by_slug = {item.project.slug: item for item in studies}
    kept = tuple(by_slug[p.slug] for p in projects if p.slug in by_slug)
    classics, odd = split(classic_projects(facts, {item.name: item.slug for item in projects}))
    found = (*shelf.check_defaults(), *noticed, *unmade, *unshown, *clashes, *odd)
    return Monitored(projects, kept, classics), tuple(dict.fromkeys(found))


def _studies(asked: Asked, facts: Facts, shelf: Shelf) -> Iterator[Study | Diagnostic]:
    """The studies of the drafts. What projects share is concluded once."""
    drafts = tuple(item for item in asked if isinstance(item, Draft))
    if not drafts or facts.monitoring.unread & _ALL:
        return
    if facts.conventions.monitoring_project is None:
        yield _no_project(facts)
        return
    shared: dict[Start, _Shared] = {}
    for start in dict.fromkeys(draft.start for draft in drafts):
        (shared[start],), noticed = split(_share(start, shelf))
        yield from noticed
    for draft in drafts:
        try:
            yield from _study(draft, shared[draft.start], facts, shelf)
        except Fault as found:
            yield found.diagnostic


def _no_project(facts: Facts) -> Diagnostic:
    subject = f"{facts.conventions.monitoring_namespace}.projects"
    return diagnostic("no-monitoring-project", None, subject)


class _Shared(Struct, frozen=True):
    """What projects with the same start share; `sight` is theirs if they have no file."""

    basis: Basis
    sight: Sight
    noticed: tuple[Diagnostic, ...]


def _share(start: Start, shelf: Shelf) -> Iterator[_Shared | Diagnostic]:
    (basis,), noticed = split(shelf.basis(start))
    yield from noticed
    (sight,), wrong = split(see(basis, None, basis.spec, shelf.templates))
    yield _Shared(basis, sight, wrong)


def _study(
    draft: Draft, shared: _Shared, facts: Facts, shelf: Shelf
) -> Iterator[Study | Diagnostic]:
    basis = shared.basis
    if basis.unread:
        values = {"slug": draft.slug, "what": f"`{basis.unread}`"}
        yield diagnostic("unread-project", draft.spec.at, draft.subject, **values)
        return
    spec, sight, noticed = overlay(basis.spec, draft.spec), shared.sight, shared.noticed
    if draft.file:
        (sight,), noticed = split(see(basis, draft.file, spec, shelf.templates))
    yield from (replace(item, subject=draft.subject) for item in noticed)
    apps = {app.platform: app for app in facts.monitoring.apps}
    desk = Desk(draft, spec, sight, facts.conventions, apps.get(draft.start.platform))
    yield from study(desk)


def _rows(asked: Asked, facts: Facts, shelf: Shelf) -> Iterator[MonitoringProject | Diagnostic]:
    """The projects of rows that nothing else speaks of; a file or a rollout says more."""
    conventions = facts.conventions
    slugs = (*shelf.projects, *shelf.unread_projects, *(item.slug for item in asked))
    names = {name_of(slug, conventions) for slug in slugs}
    rows = tuple(sorted(facts.monitoring.rows, key=lambda row: row.slug))
    spare = [row for row in rows if name_of(row.slug, conventions) in names]
    if spare:
        values = {"count": len(spare), "names": listed([row.slug for row in spare])}
        yield diagnostic("replaced-rows", spare[0].at, None, **values)
        yield from _outlived(asked, spare, facts)
    told = "experiments" not in facts.monitoring.unread  # else any may be a rollout's
    for row in rows if told else ():
        if row not in spare:
            yield from _row(row, facts)


def _row(row: ProjectRow, facts: Facts) -> Iterator[MonitoringProject | Diagnostic]:
    nameless = row.statistics_table is None or (row.alerting and row.alerts_table is None)
    if nameless and facts.conventions.monitoring_project is None:
        yield _no_project(facts)
        return
    try:
        yield shown(row, facts.conventions)
    except Fault as found:
        yield found.diagnostic


def _outlived(asked: Asked, rows: Iterable[ProjectRow], facts: Facts) -> Iterator[Diagnostic]:
    """Projects that are skipped, or end before the table says so: they are still published."""
    published = {name_of(row.slug, facts.conventions): row for row in rows}
    for item in asked:
        row = published.get(name_of(item.slug, facts.conventions))
        end = item.spec.end_date
        if row is None:
            continue
        if isinstance(item, Skipped):
            at = item.spec.skip.at if item.spec.skip else item.spec.at
            yield diagnostic("outlived-project", at, None, slug=item.slug, what="skipped")
        elif end and (row.end_date is None or row.end_date > end.value):
            what = f"over since {end.value}"
            yield diagnostic("outlived-project", end.at, None, slug=item.slug, what=what)
