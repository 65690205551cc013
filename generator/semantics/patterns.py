"""Expands patterns: an entry with a `*` stands for one view, or explore, per matching relation."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, nearest
from generator.facts.catalog import Catalog, RelationName
from generator.facts.namespaces import ExploreSpec, NamespaceSpec, TableSpec, ViewSpec
from generator.names import identifier

STAR = "*"
Entry = TypeVar("Entry")

Stems = Mapping[str, Mapping[str, str]]
"""By pattern entry: what its `*` stood for in each relation, and the view it gave."""


def expand(spec: NamespaceSpec, catalog: Catalog) -> Iterator[NamespaceSpec | Diagnostic]:
    """The namespace without patterns. An entry that is written out wins over a pattern's."""
    views = {view.name: view for view in spec.views if not _is_pattern(view)}
    written = frozenset(views)
    stems: dict[str, dict[str, str]] = {}
    doubted: dict[str, tuple[Diagnostic, ...]] = {}
    for view in filter(_is_pattern, spec.views):
        try:
            given = dict(_views(view, catalog))
        except Fault as stopped:
            doubted[view.name] = (stopped.diagnostic,)
            yield stopped.diagnostic
            continue
        doubted[view.name] = tuple(_doubts(view, given, catalog))
        yield from doubted[view.name]
        stems[view.name] = {stem: concrete.name for stem, concrete in given.items()}
        yield from _added(views, view, given, written)
    explores: dict[str, ExploreSpec] = {}
    for explore in sorted(spec.explores, key=lambda explore: STAR in explore.name):
        try:
            for concrete in _explores(explore, stems, views):
                explores.setdefault(concrete.name, concrete)
        except Fault as stopped:
            yield stopped.diagnostic
        if doubted.get(explore.base_view):
            at, subject = explore.at, explore.subject
            yield diagnostic("view-left-out", at, subject, view=explore.base_view)
    yield replace(spec, views=_by_name(views), explores=_by_name(explores))


def _doubts(
    pattern: ViewSpec, given: Mapping[str, ViewSpec], catalog: Catalog
) -> Iterator[Diagnostic]:
    """Why there may be more than what a pattern gives; so what it once gave stays."""
    at, subject, table = pattern.at, pattern.subject, pattern.tables[0].name
    if table in catalog.unread:
        reason = catalog.unread[table]
        yield diagnostic("unread-relation", at, subject, table=table, reason=reason)
    elif not given:
        yield diagnostic("unmatched-pattern", at, subject, table=table)


def _added(
    views: dict[str, ViewSpec],
    pattern: ViewSpec,
    given: Mapping[str, ViewSpec],
    written: frozenset[str],
) -> Iterator[Diagnostic]:
    """Add what a pattern gives; a relation whose view has another one's name is left out."""
    at, subject = pattern.at, pattern.subject
    for view in given.values():
        first = views.setdefault(view.name, view)
        if first is not view and view.name not in written:
            values = {"view": view.tables[0].name, "other": first.tables[0].name}
            yield diagnostic("alike-relations", at, subject, name=view.name, **values)


def _by_name(entries: Mapping[str, Entry]) -> tuple[Entry, ...]:
    return tuple(entries[name] for name in sorted(entries))


def _is_pattern(view: ViewSpec) -> bool:
    return STAR in view.name or any(table.name.is_pattern for table in view.tables)


def _views(view: ViewSpec, catalog: Catalog) -> Iterator[tuple[str, ViewSpec]]:
    """Stem and view for each relation that the first table's pattern matches, by name."""
    for table in view.tables or (None,):
        if view.name.count(STAR) != 1 or table is None or table.name.table.count(STAR) != 1:
            named = table.name if table else "nothing"
            raise fault(
                "bad-pattern", view.at, view.subject, table=named, name=view.name, what="view"
            )
    for table in view.tables[1:]:
        if table.name in catalog.unread:  # each view would lack a channel
            values = {"table": table.name, "reason": catalog.unread[table.name]}
            raise fault("unread-relation", view.at, view.subject, **values)
    main = view.tables[0].name
    before, _, after = main.table.partition(STAR)
    for relation in sorted({*catalog.relations, *catalog.unread}):
        if main.matches(relation) and not relation.is_pattern:
            stem = relation.table[len(before) : len(relation.table) - len(after)]
            tables = tuple(_tables(view.tables, stem, catalog))
            yield stem, replace(view, name=_filled(view.name, stem), tables=tables)


def _tables(tables: Iterable[TableSpec], stem: str, catalog: Catalog) -> Iterator[TableSpec]:
    """The relation of the same stem in each channel that has one."""
    for table in tables:
        name = RelationName(*table.name[:2], table.name.table.replace(STAR, stem))
        if name in catalog.relations or name in catalog.unread:
            yield replace(table, name=name)


def _explores(
    explore: ExploreSpec, stems: Stems, views: Mapping[str, ViewSpec]
) -> Iterator[ExploreSpec]:
    """The explore, or one for each view of the pattern that it names."""
    if explore.base_view not in stems:
        unknown = [view for view in (explore.base_view, *explore.others) if view not in views]
        starred = next((view for view in explore.others if STAR in view), None)
        if starred:
            raise _bad_star(explore, starred)
        if unknown and STAR not in unknown[0]:
            raise fault(
                "unknown-view",
                explore.at,
                explore.subject,
                view=unknown[0],
                namespace=explore.namespace,
                nearest=nearest(unknown[0], views),
            )
        if not unknown and STAR in explore.name:
            raise _bad_star(explore)
        if not unknown:
            yield explore
        return
    starred = next((view for view in explore.others if STAR in view), None)
    if explore.name.count(STAR) != 1 or starred:
        raise _bad_star(explore, starred)
    for stem, view in stems[explore.base_view].items():
        yield replace(explore, name=_filled(explore.name, stem), base_view=view)


def _bad_star(explore: ExploreSpec, view: str | None = None) -> Fault:
    """Of an explore, only the base view can be many: what else it names is one view for all."""
    values = {"table": view or explore.base_view, "name": explore.name, "what": "explore"}
    return fault("bad-pattern", explore.at, explore.subject, **values)


def _filled(name: str, stem: str) -> str:
    """The name with the stem in place of the star.

    >>> _filled("*_table", "Orders-2")
    'orders_2_table'
    """
    return identifier(name.replace(STAR, stem))
