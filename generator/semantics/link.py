"""Links what people wrote: exclusions are applied, every view that an explore names exists.

A pass takes namespaces and yields namespaces, and what it noticed. `PASSES` is their order.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Location, diagnostic, nearest, split
from generator.facts import Facts
from generator.facts.catalog import Needs
from generator.facts.metric_hub import LOOKER, FileKind
from generator.facts.namespaces import (
    METRIC_KINDS,
    MONITORING_KINDS,
    DashboardSpec,
    ExploreSpec,
    NamespaceSpec,
    ViewSpec,
)
from generator.names import identifier, is_identifier
from generator.semantics.definition_checks import check_definitions
from generator.semantics.exclusions import exclude, matches
from generator.semantics.metric_hub import resolve
from generator.semantics.metric_views import relations_of
from generator.semantics.model import Linked
from generator.semantics.monitoring_sql import relations_of as relations_of_studies
from generator.semantics.monitoring_views import needs_of
from generator.semantics.projects import monitored_of

Stream = Iterator[NamespaceSpec | Diagnostic]
Kinds = frozenset[str]
Entry = TypeVar("Entry", ViewSpec, ExploreSpec)


def link(facts: Facts, kinds: Kinds) -> tuple[Linked, tuple[Diagnostic, ...]]:
    """The linked namespaces, and what could not be linked. `kinds` are those we can build."""
    specs = tuple(sorted(facts.namespaces, key=lambda spec: spec.name))
    noticed: list[Diagnostic] = []
    for step in PASSES:
        specs, found = split(step(specs, facts, kinds))
        noticed.extend(found)
    platforms, unresolved = resolve(facts.definitions, LOOKER)
    mentioned = (name for collection in facts.definitions for name in collection.mentioned)
    doubtful = tuple(check_definitions(platforms, mentioned))
    monitored, unmonitored = monitored_of(facts)
    tables = (table.name for spec in specs for view in spec.views for table in view.tables)
    read = (name for platform in platforms for name in relations_of(platform))
    studied = relations_of_studies(monitored.computed)
    linked = Linked(
        namespaces=specs,
        needs=Needs.of((*tables, *read, *studied, *needs_of(monitored))),
        conventions=facts.conventions,
        dictionary=facts.dictionary,
        platforms=platforms,
        monitored=monitored,
        exclusions=facts.exclusions,
    )
    return linked, (*noticed, *unresolved, *doubtful, *unmonitored)


def leave_out(specs: Iterable[NamespaceSpec], facts: Facts, _: Kinds) -> Stream:
    """The namespaces without what the exclusion list names."""
    return exclude(specs, facts.exclusions)


def find_views(specs: Iterable[NamespaceSpec], _: Facts, __: Kinds) -> Stream:
    """The namespaces without the explores that name a view which nobody defined."""
    for spec in specs:
        known = {view.name for view in spec.views}
        kept = []
        for explore in spec.explores:
            named = (explore.base_view, *explore.others)
            unknown = [view for view in named if not _is_known(view, known)]
            if unknown:
                yield diagnostic(
                    "unknown-view",
                    explore.at,
                    explore.subject,
                    view=unknown[0],
                    namespace=spec.name,
                    nearest=nearest(unknown[0], known),
                )
            else:
                kept.append(explore)
        yield replace(spec, explores=tuple(kept))


def _is_known(view: str, known: Iterable[str]) -> bool:
    """Whether an entry defines the view, or a pattern may."""
    return view in known or matches(view, known)


def keep_buildable(specs: Iterable[NamespaceSpec], facts: Facts, kinds: Kinds) -> Stream:
    """The namespaces with the kinds that we can build; one note for each other kind.

    Views of metrics follow from the definitions, and those of monitoring from its projects, where
    there are some: they need no entry.
    """
    known = kinds | (METRIC_KINDS if facts.definitions else frozenset())
    known |= MONITORING_KINDS if _is_monitoring(facts) else frozenset()
    count: Counter[str] = Counter()
    first: dict[str, Location] = {}
    for spec in specs:
        entries: tuple[ViewSpec | ExploreSpec | DashboardSpec, ...] = (
            *spec.views,
            *spec.explores,
            *spec.dashboards,
        )
        for entry in entries:
            if entry.kind not in known:
                count[entry.kind] += 1
                first.setdefault(entry.kind, entry.at)
        lost = {view.name for view in spec.views if view.kind not in kinds}
        explores, left_out = split(
            _over_built(explore, lost) for explore in spec.explores if explore.kind in kinds
        )
        yield from left_out
        yield replace(
            spec,
            views=tuple(view for view in spec.views if view.kind in kinds),
            explores=explores,
            dashboards=tuple(d for d in spec.dashboards if d.kind in kinds),
        )
    for kind in sorted(count):
        yield diagnostic("unbuilt-kind", first[kind], kind=kind, count=count[kind])


def _is_monitoring(facts: Facts) -> bool:
    """Whether there are monitoring projects, as rows or as files."""
    folders = (folder for one in facts.definitions for folder in one.tools.values())
    files = (file for folder in folders for file in folder.of(FileKind.PROJECT))
    return bool(facts.monitoring.rows) or any(files)


def _over_built(explore: ExploreSpec, lost: Iterable[str]) -> ExploreSpec | Diagnostic:
    """The explore, unless a view of it is of a kind that we cannot build."""
    missing = next((view for view in (explore.base_view, *explore.others) if view in lost), None)
    if missing is None:
        return explore
    return diagnostic("view-left-out", explore.at, explore.subject, view=missing)


def check_names(specs: Iterable[NamespaceSpec], _: Facts, __: Kinds) -> Stream:
    """The namespaces, by name, with the views and explores whose names LookML accepts."""
    for spec in specs:
        views, bad_views = split(_named(spec.views, "a view"))
        explores, bad_explores = split(_named(spec.explores, "an explore"))
        yield from (*bad_views, *bad_explores)
        yield replace(spec, views=views, explores=explores)


def _named(entries: Iterable[Entry], what: str) -> Iterator[Entry | Diagnostic]:
    """The entries by name. A `*` stands for the name of a relation, so it is no fault."""
    for entry in sorted(entries, key=lambda entry: entry.name):
        if is_identifier(entry.name.replace("*", "x")):
            yield entry
        else:
            better = identifier(entry.name)
            yield diagnostic(
                "bad-name", entry.at, entry.subject, name=entry.name, what=what, better=better
            )


PASSES: tuple[Callable[[Iterable[NamespaceSpec], Facts, Kinds], Stream], ...] = (
    leave_out,
    find_views,
    keep_buildable,
    check_names,
)
