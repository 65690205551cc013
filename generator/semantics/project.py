"""From linked namespaces to a project: each view gets its relations and its model."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TypeAlias

from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, nearest, split
from generator.facts.catalog import Catalog, Column, DataType, Relation, RelationName
from generator.facts.namespaces import ExploreSpec, NamespaceSpec, TableSpec, ViewSpec
from generator.semantics.derive import Setting, derive_model, primary_key
from generator.semantics.exclusions import is_excluded, without_excluded
from generator.semantics.lineage import base_tables
from generator.semantics.model import Channel, Linked, MetricView, Namespace, Project, Request
from generator.semantics.monitoring import ClassicProject, MonitoringView
from generator.semantics.patterns import expand

_TIMES = (DataType.DATE, DataType.TIMESTAMP, DataType.DATETIME)
_MAIN_CHANNEL = "release"

Shown: TypeAlias = MetricView | MonitoringView | ClassicProject
"""What is shown without an entry for it."""


def derive(
    linked: Linked,
    catalog: Catalog,
    shown: Iterable[MonitoringView | Diagnostic] = (),
    known: Iterable[MetricView] = (),
) -> tuple[Project, tuple[Diagnostic, ...]]:
    """The project, and what the catalog cannot answer.

    `shown` are the monitoring projects, `known` the metric views that are derived already.
    """
    setting = Setting(catalog, linked.conventions, linked.dictionary)
    every, unexpanded = split(item for spec in linked.namespaces for item in expand(spec, catalog))
    specs, excluded = split(
        item for spec in every for item in without_excluded(spec, linked.exclusions)
    )
    namespaces, underived = split(item for spec in specs for item in _namespace(spec, setting))
    measured, unmeasured = split(_metric_views(linked, setting))
    watched, unshown = split(shown)
    views: tuple[Shown, ...] = (*measured, *known, *watched, *linked.monitored.classics)
    namespaces = tuple(_with_shown(namespaces, views, linked))
    noticed = (*unexpanded, *excluded, *underived, *unmeasured, *unshown)
    rest = linked.conventions, linked.platforms, linked.monitored
    return Project(namespaces, catalog, *rest), noticed


def _with_shown(
    namespaces: Iterable[Namespace], views: Iterable[Shown], linked: Linked
) -> Iterator[Namespace]:
    """The namespaces, with what needs no entry in theirs; it may be a new one."""
    found = {namespace.spec.name: namespace for namespace in namespaces}
    for view in views:
        if not is_excluded(view.namespace, view.name, linked.exclusions):
            spec = NamespaceSpec(view.namespace, view.at)
            known = found.get(view.namespace, Namespace(spec, ()))
            found[view.namespace] = replace(known, requests=(*known.requests, view))
    yield from (found[name] for name in sorted(found))


def _metric_views(linked: Linked, setting: Setting) -> Iterator[MetricView | Diagnostic]:
    """The metric views of all platforms."""
    if linked.platforms:
        from generator.semantics.metric_views import derive_views  # noqa: PLC0415 - sqlglot is heavy

        for platform in linked.platforms:
            yield from derive_views(platform, setting)


def _namespace(spec: NamespaceSpec, setting: Setting) -> Iterator[Namespace | Diagnostic]:
    requests: list[Request] = []
    lost: dict[str, str] = {}
    for view in spec.views:
        try:
            made, noticed = split(_request(view, setting))
        except Fault as stopped:
            lost[view.name] = stopped.diagnostic.code
            yield stopped.diagnostic
        else:
            requests += made
            yield from noticed
    kept, left_out = split(_with_views(spec.explores, lost))
    yield from left_out
    yield Namespace(spec, tuple(replace(r, explores=_over(kept, r.name)) for r in requests))


def _over(explores: Iterable[ExploreSpec], view: str) -> tuple[ExploreSpec, ...]:
    return tuple(explore for explore in explores if explore.base_view == view)


def _with_views(
    explores: Iterable[ExploreSpec], lost: dict[str, str]
) -> Iterator[ExploreSpec | Diagnostic]:
    """The explores whose views are all there; another goes the way of its view."""
    for explore in explores:
        missing = [view for view in (explore.base_view, *explore.others) if view in lost]
        if missing:
            gone = lost[missing[0]] == "missing-relation"
            code = "view-gone" if gone else "view-left-out"
            yield diagnostic(code, explore.at, explore.subject, view=missing[0])
        else:
            yield explore


def _request(view: ViewSpec, setting: Setting) -> Iterator[Request | Diagnostic]:
    """The request for a view. Raises Fault if its main relation is missing or any is unread."""
    if not view.tables:
        raise fault("missing-key", view.at, view.subject, key="tables")
    main = _main(view.tables)
    relation = _relation(main, view, setting.catalog)
    channels = []
    for table in view.tables:
        try:
            _relation(table, view, setting.catalog)
        except Fault as stopped:
            if stopped.diagnostic.code != "missing-relation":
                raise
            yield stopped.diagnostic  # the view goes on without this channel
        else:
            channels.append(Channel(table.channel, table.name))
    model, noticed = derive_model(view.name, relation, setting, view.at, view.subject)
    yield from noticed
    yield Request(
        spec=view,
        main=main.name,
        channels=tuple(channels),
        model=replace(
            model,
            primary_key=primary_key(model, view.primary_key, view.at, view.subject),
            partition=_partition(view, relation),
        ),
        base_tables=base_tables(main.name, setting.catalog),
    )


def _main(tables: Iterable[TableSpec]) -> TableSpec:
    """The table of the release channel, else the first."""
    return min(tables, key=lambda table: table.channel != _MAIN_CHANNEL)


def _relation(table: TableSpec, view: ViewSpec, catalog: Catalog) -> Relation:
    at, name = table.at or view.at, table.name
    relation = catalog.relations.get(name)
    if relation is None and name not in catalog.unread:
        hint = _beside(name, catalog)
        raise fault("missing-relation", at, view.subject, table=name, nearest=hint)
    if relation is None or not relation.columns:
        reason = catalog.unread.get(name, "its columns are not known")
        raise fault("unread-relation", at, view.subject, table=name, reason=reason)
    return relation


def _beside(name: RelationName, catalog: Catalog) -> str:
    """Which relation of the same dataset may be meant: one is only if its own name is alike."""
    others = {other.table: other for other in catalog.relations if other[:2] == name[:2]}
    close = get_close_matches(name.table, sorted(others), n=1, cutoff=0.8)
    if close:
        return f"did you mean `{others[close[0]]}`?"
    return "others of its dataset are there" if others else "this run knows no other of its dataset"


def _partition(view: ViewSpec, relation: Relation) -> tuple[str, ...] | None:
    """The path of the column that every query should filter on.

    It is the one that the entry names, else the one on which the table demands a filter.
    """
    wanted = {table.time_partitioning_field for table in view.tables}
    if len(wanted) > 1:
        columns = ", ".join(f"`{name}`" if name else "none" for name in sorted(wanted, key=str))
        raise fault("several-partitions", view.at, view.subject, columns=columns)
    named = wanted.pop()
    if named is None:
        own = relation.partitioning
        return (own.field,) if own and own.require_partition_filter and own.field else None
    path = tuple(named.split("."))
    times = dict(_times(relation.columns, ()))
    if path not in times:
        hint = nearest(named, map(".".join, times))
        values = {"column": named, "table": relation.name, "nearest": hint}
        raise fault("missing-partition", view.at, view.subject, **values)
    return path


def _times(
    columns: Iterable[Column], parents: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Column]]:
    """The date and time columns by path, those in plain records too."""
    for column in columns:
        if column.type in _TIMES and not column.repeated:
            yield (*parents, column.name), column
        elif column.fields and not column.repeated:
            yield from _times(column.fields, (*parents, column.name))
