"""The program: outside → facts → link → needs → catalog → derive → build → check → file tree."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from generator.artifact import FileTree, Holds
from generator.builders import KINDS
from generator.builders.dropdowns import dropdowns_of
from generator.builders.worth import Estimate
from generator.checks import Further, no_further
from generator.diagnostics import CODES, Diagnostic, diagnostic, nearest
from generator.emit import file_tree
from generator.facts import Facts
from generator.facts.catalog import Catalog, Needs, ProfileNeed, Profiles
from generator.facts.monitoring import Choices
from generator.keeping.past import NOTHING, Past
from generator.keeping.remembered import news_of, removed_of
from generator.listing import LISTING, listing_of
from generator.parts import Desk, Made, Plain, Workbench, dbt_of, make_all, parts_of
from generator.semantics.lineage import doubts
from generator.semantics.model import Linked, Namespace, Project
from generator.semantics.monitoring import PROJECTS_TABLE, Monitored, MonitoringView
from generator.semantics.monitoring_views import derive_monitoring, profile_needs
from generator.semantics.project import derive
from generator.stages import Stages


class Outside(Protocol):
    """The only way in: the real sources in production, readers over YAML in tests."""

    def read(self) -> tuple[Facts, tuple[Diagnostic, ...]]:
        """What people declare, and what could not be read of it."""

    def catalog(self, needs: Needs) -> Catalog:
        """What the warehouses hold, of what is needed. Raises Fault if one cannot be opened."""

    def profiles(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The commonest values of columns, as far as they can be read just now."""


class Build(Struct, frozen=True):
    """What a run made and noticed; `holds` says which files of earlier runs keep standing.

    `tree` is the LookML project, `dbt` the other; that is empty without metric definitions.
    """

    tree: FileTree
    holds: Holds
    diagnostics: tuple[Diagnostic, ...]
    dbt: FileTree = field(default_factory=lambda: file_tree(()))
    unread: frozenset[str] = frozenset()
    """The relations that could not be read, or their values: the next run has to ask again."""
    estimates: tuple[Estimate, ...] = ()
    """What each aggregate table costs and saves, those that are left out included."""
    until: date | None = None
    """The last day on which all is there that is kept for a while; None if nothing is."""
    passing: tuple[Diagnostic, ...] = ()
    """What is told of this run and of no other."""


class Told(Struct, frozen=True):
    """What people declare, every name pointing at a thing, and what was wrong with it."""

    linked: Linked
    remembered: Choices
    misread: tuple[Diagnostic, ...] = ()
    unlinked: tuple[Diagnostic, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all that is declared could be read."""
        return not any(CODES[item.code].holds for item in self.misread)


def tell(outside: Outside, only: frozenset[str], stages: Stages) -> Told:
    """Read and link; `only` names the namespaces that are wanted, none means all."""
    with stages.stage("read"):
        facts, misread = outside.read()
    with stages.stage("link"):
        linked, unlinked = _linked(facts, only)
    unknown = _unknown(only, facts, linked)
    linked = _without_monitoring(linked, only)
    return Told(linked, facts.monitoring.remembered, misread, (*unknown, *unlinked))


def generate(  # noqa: PLR0913, PLR0917 - all but the first say how, and most runs say nothing
    outside: Outside,
    only: Iterable[str] = (),
    stages: Stages | None = None,
    desk: Desk | None = None,
    told: Told | None = None,
    further: Further = no_further,
    past: Past = NOTHING,
) -> Build:
    """The whole run, short of writing. `only` names the namespaces to make; none means all.

    `told` is what `tell` says, where that is known already. `further` are checks that only tell.
    Fields that were there in the `past` stay for a while.
    """
    stages, wanted = stages or Stages(), frozenset(only)
    told = told or tell(outside, wanted, stages)
    linked = told.linked
    with stages.stage("catalog"):
        catalog = outside.catalog(linked.needs)  # schemas, only of what those things stand on
    unread = tuple(doubts(linked.needs, catalog))
    with stages.stage("profile"):
        profiles = outside.profiles(profile_needs(linked.monitored, catalog))
    with stages.stage("derive"):
        shown = tuple(_shown(told, catalog, profiles))
    parts = parts_of(linked, shown, wanted, past)
    made = make_all(parts, catalog, desk or Plain(), Workbench(stages, further, past))
    asked = (*catalog.noticed, *unread, *profiles.noticed)
    noticed = (*told.misread, *past.noticed, *asked, *told.unlinked, *_noticed(made))
    holds = _holds(noticed, linked.needs, catalog, wanted)
    whole = _whole(made, linked, catalog)
    listing = (listing_of(whole),) if told.whole and not only else ()
    choices = {name: choice for part in made for name, choice in part.choices.items()}
    offered = dropdowns_of(whole, choices, told.remembered, wanted, whole=not holds.subjects)
    files = tuple(item for part in made for item in part.files)
    removals = tuple(item for part in made for item in part.removals)
    removed = removed_of(removals, files, past, holds, wanted)
    news = news_of((item for part in made for item in part.unkept), files, past, holds)
    return Build(
        file_tree((*files, *listing, *offered, *removed)),
        holds,
        _distinct((*noticed, *news)),
        file_tree(item for part in made for item in part.models),
        frozenset(map(str, (*catalog.unread, *profiles.unread))),
        tuple(item for part in made for item in part.estimates),
        past.last_day(removals),
        (*past.noticed, *news),
    )


def _shown(
    told: Told, catalog: Catalog, profiles: Profiles
) -> Iterator[MonitoringView | Diagnostic]:
    """The monitoring projects as they can be shown."""
    linked = told.linked
    known = profiles, told.remembered, linked.conventions
    return derive_monitoring(linked.monitored, catalog, *known)


def _noticed(made: tuple[Made, ...]) -> Iterator[Diagnostic]:
    """What is missing of the parts, step by step."""
    yield from (item for part in made for item in part.underived)
    yield from (item for part in made for item in part.unbuilt)
    yield from (item for part in made for item in part.unexpressed)


def _whole(made: Iterable[Made], linked: Linked, catalog: Catalog) -> Project:
    """The project, but for what is built in it."""
    namespaces = tuple(Namespace(spec, ()) for part in made for spec in part.specs)
    return Project(namespaces, catalog, linked.conventions, linked.platforms, linked.monitored)


class Models(Struct, frozen=True):
    """The dbt project, and the studies that it computes.

    It is the project of a `Build` of the same input; of diagnostics there are only those that say
    why a study is not computed, or not as it was meant.
    """

    tree: FileTree
    monitored: Monitored
    holds: Holds
    diagnostics: tuple[Diagnostic, ...]


def models(outside: Outside, only: Iterable[str] = (), stages: Stages | None = None) -> Models:
    """The dbt project alone: no value is asked for, no LookML is built."""
    stages = stages or Stages()
    with stages.stage("read"):
        facts, misread = outside.read()
    wanted = frozenset(only)
    with stages.stage("link"):
        linked, unlinked = _linked(facts, wanted)
    with stages.stage("catalog"):
        catalog = outside.catalog(linked.needs)
    with stages.stage("derive"):
        known = Told(linked, facts.monitoring.remembered)
        project, underived = derive(linked, catalog, _shown(known, catalog, Profiles()))
    with stages.stage("dbt"):
        made, unexpressed = dbt_of(project)
    noticed = (*misread, *catalog.noticed, *unlinked, *underived, *unexpressed)
    holds = _holds(noticed, linked.needs, catalog, wanted)
    below = f"{facts.conventions.monitoring_namespace}."
    told = (item for item in (*unlinked, *unexpressed) if (item.subject or "").startswith(below))
    return Models(file_tree(made), linked.monitored, holds, _distinct((*misread, *told)))


def _linked(facts: Facts, only: frozenset[str]) -> tuple[Linked, tuple[Diagnostic, ...]]:
    from generator.semantics.link import link  # noqa: PLC0415 - sqlglot is heavy

    return link(_restricted(facts, only), KINDS)


def _restricted(facts: Facts, only: frozenset[str]) -> Facts:
    kept = tuple(spec for spec in facts.namespaces if not only or spec.name in only)
    return replace(facts, namespaces=kept)


def _unknown(only: frozenset[str], facts: Facts, linked: Linked) -> tuple[Diagnostic, ...]:
    """The wanted namespaces that are neither asked for nor a platform with metrics."""
    names = {spec.name for spec in facts.namespaces} | {p.name for p in linked.platforms}
    if linked.monitored.projects:
        names.add(facts.conventions.monitoring_namespace)
    return tuple(
        diagnostic("unknown-namespace", name=name, nearest=nearest(name, names))
        for name in sorted(only - names)
    )


def _without_monitoring(linked: Linked, only: frozenset[str]) -> Linked:
    """Without the monitoring projects, unless they are wanted: their values are not counted."""
    if not only or linked.conventions.monitoring_namespace in only:
        return linked
    return replace(linked, monitored=Monitored())


def _holds(
    noticed: Iterable[Diagnostic], needs: Needs, catalog: Catalog, only: frozenset[str]
) -> Holds:
    """Missing input must never look like deletion, a misspelt name never like a lost table."""
    costly = [item for item in noticed if item.subject is not None]
    held = {str(item.subject) for item in costly if CODES[item.code].holds}
    gone = {str(item.subject) for item in costly if item.code in ("missing-relation", "view-gone")}
    known = catalog.relations.keys() | catalog.unread.keys()
    return Holds(
        relations=frozenset(map(str, catalog.unread)),
        subjects=frozenset(held | {LISTING} | _tables(held) if held else ()),
        outside=only,
        unproved=frozenset(gone),
        vanished=frozenset(str(name) for name in needs.names if name not in known),
    )


def _tables(held: Iterable[str]) -> set[str]:
    """The tables of projects that would lack a row: that of one which is held."""
    parts = (subject.split(".") for subject in held)
    return {f"{part[0]}.{PROJECTS_TABLE}" for part in parts if part[1:2] == ["projects"]}


def _distinct(noticed: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each once: two checks may find the same."""
    return tuple(dict.fromkeys(noticed))
