"""Reads namespaces.yaml, hand-written or a hub's listing; also what stands beside it."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault, nearest, split
from generator.facts.catalog import RelationName
from generator.facts.namespaces import (
    DASHBOARD_KINDS,
    EXPLORE_KINDS,
    VIEW_KINDS,
    DashboardSpec,
    Exclusion,
    ExploreSpec,
    FieldSpec,
    Keys,
    NamespaceSpec,
    TableSpec,
    ViewSpec,
)
from generator.names import identifier, is_identifier
from generator.sources.located import Located, read_yaml

_NAMESPACE_KEYS = frozenset(
    {"pretty_name", "owners", "glean_app", "spoke", "connection", "views", "explores", "dashboards"}
)
_VIEW_ROLES = ("base_view", "extended_view", "joined_view")
_ROLE = re.compile(r"base_view|(extended|joined)_view(_?\d+)?")

Made = TypeVar("Made")


def read_namespaces(path: Path) -> Iterator[NamespaceSpec | Diagnostic]:
    """The namespaces of a file, in its order, and what is wrong with others."""
    try:
        root = read_yaml(path)
        if root is None:  # an accident: nobody means to delete the whole hub
            raise fault("malformed-file", Location(str(path)), "", format="YAML", reason="empty")
        for name, entry in root.entries():
            yield from _guarded(_namespace, name, entry)
    except Fault as found:
        yield found.diagnostic


def read_exclusions(path: Path) -> Iterator[Exclusion | Diagnostic]:
    """The exclusions of a list: a namespace pattern, or one with patterns of views and explores."""
    try:
        root = read_yaml(path)
        for item in root.items() if root else ():
            yield from _guarded(_exclusion, "", item)
    except Fault as found:
        yield found.diagnostic


def read_dictionary(path: Path) -> Iterator[tuple[str, str] | Diagnostic]:
    """Column name or dotted path, and its description."""
    try:
        root = read_yaml(path)
        for name, entry in root.entries() if root else ():
            yield from _guarded(_described, name, entry)
    except Fault as found:
        yield found.diagnostic


def _described(name: str, entry: Located) -> Iterator[tuple[str, str]]:
    yield name, entry.text()


def _guarded(
    read: Callable[[str, Located], Iterator[Made | Diagnostic]], name: str, entry: Located
) -> Iterator[Made | Diagnostic]:
    """What `read` makes of one entry; a fault costs that entry only."""
    try:
        yield from read(name, entry.sole())
    except Fault as found:
        yield found.diagnostic


def _namespace(name: str, entry: Located) -> Iterator[NamespaceSpec | Diagnostic]:
    if not is_identifier(name):
        raise fault(
            "bad-name",
            entry.at,
            entry.subject,
            name=name,
            what="a namespace",
            better=identifier(name),
        )
    keys: dict[str, Located] = {}
    for key, value in entry.entries():
        if key in _NAMESPACE_KEYS:
            keys[key] = value.sole()
        else:  # the rest of the namespace is fine, so only this key is lost
            hint = nearest(key, _NAMESPACE_KEYS)
            yield diagnostic("unknown-key", value.at, entry.subject, key=key, nearest=hint)
    views, bad_views = split(_each(keys.get("views"), _view))
    explores, bad_explores = split(_each(keys.get("explores"), _explore))
    dashboards, bad_dashboards = split(_each(keys.get("dashboards"), _dashboard))
    yield from (*bad_views, *bad_explores, *bad_dashboards)
    yield NamespaceSpec(
        name=name,
        at=entry.at,
        pretty_name=_text(keys, "pretty_name"),
        owners=keys["owners"].texts() if "owners" in keys else (),
        glean_app=keys["glean_app"].flag() if "glean_app" in keys else False,
        spoke=_text(keys, "spoke"),
        connection=_text(keys, "connection"),
        views=views,
        explores=explores,
        dashboards=dashboards,
    )


def _each(
    entry: Located | None, read: Callable[[str, Located], Iterator[Made | Diagnostic]]
) -> Iterator[Made | Diagnostic]:
    try:
        for name, value in entry.entries() if entry else ():
            yield from _guarded(read, name, value)
    except Fault as found:
        yield found.diagnostic


def _kind(entry: Located, kinds: Mapping[str, Keys]) -> tuple[str, dict[str, Located]]:
    """The kind of an entry and its values by key. Raises Fault for unknown ones."""
    written = dict(entry.entries())
    if "type" not in written:
        raise fault("missing-key", entry.at, entry.subject, key="type")
    kind = written["type"].text()
    if kind not in kinds:
        hint = nearest(kind, kinds)
        raise fault("unknown-kind", written["type"].at, entry.subject, kind=kind, nearest=hint)
    return kind, entry.mapping(kinds[kind].entry)


def _view(name: str, entry: Located) -> Iterator[ViewSpec | Diagnostic]:
    kind, keys = _kind(entry, VIEW_KINDS)
    table_keys = VIEW_KINDS[kind].table
    tables = keys["tables"].items() if "tables" in keys else ()
    yield ViewSpec(
        namespace=entry.keys[0],
        name=name,
        kind=kind,
        at=entry.at,
        tables=tuple(_table(item, table_keys) for item in tables) if "table" in table_keys else (),
        measures=_fields(keys.get("measures")),
        dimensions=_fields(keys.get("dimensions")),
        primary_key=_text(keys, "primary_key"),
    )


def _table(item: Located, known: frozenset[str]) -> TableSpec:
    keys = item.mapping(known)
    if "table" not in keys:
        raise fault("missing-key", item.at, item.subject, key="table")
    written = keys["table"]
    try:
        name = RelationName.parse(written.text())
    except ValueError as error:
        raise fault(
            "bad-table", written.at, item.subject, table=written.text(), reason=error
        ) from None
    return TableSpec(name, _text(keys, "channel"), _text(keys, "time_partitioning_field"), item.at)


def _fields(entry: Located | None) -> tuple[FieldSpec, ...]:
    """Hand-written fields, by name: the order of the file is no part of the result."""
    if entry is None:
        return ()
    found = [
        FieldSpec(
            name,
            tuple(
                (key, value.sole().plain(), value.at) for key, value in parameters.sole().entries()
            ),
            parameters.at,
        )
        for name, parameters in entry.entries()
    ]
    return tuple(sorted(found, key=lambda spec: spec.name))


def _explore(name: str, entry: Located) -> Iterator[ExploreSpec | Diagnostic]:
    kind, keys = _kind(entry, EXPLORE_KINDS)
    if "views" not in keys:
        raise fault("missing-key", entry.at, entry.subject, key="views")
    roles = dict(_roles(keys["views"]))
    if "base_view" not in roles:
        raise fault("missing-key", keys["views"].at, entry.subject, key="base_view")
    base_view = roles.pop("base_view")[0]
    yield ExploreSpec(
        namespace=entry.keys[0],
        name=name,
        kind=kind,
        at=entry.at,
        base_view=base_view,
        others=tuple(sorted({view for views in roles.values() for view in views})),
        hidden=keys["hidden"].flag() if "hidden" in keys else None,
    )


def _roles(views: Located) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The views of an explore by role: base, extended and joined, numbered or not."""
    for key, value in views.entries():
        if _ROLE.fullmatch(key) is None:
            hint = nearest(key, _VIEW_ROLES)
            raise fault("unknown-key", value.at, views.subject, key=key, nearest=hint)
        several = value.is_list and key != "base_view"
        yield key, value.texts() if several else (value.text(),)


def _dashboard(name: str, entry: Located) -> Iterator[DashboardSpec | Diagnostic]:
    kind, _ = _kind(entry, DASHBOARD_KINDS)
    yield DashboardSpec(entry.keys[0], name, kind, entry.at)


def _exclusion(_: str, item: Located) -> Iterator[Exclusion]:
    if item.is_text:
        yield Exclusion(item.text(), item.at, whole=True)
        return
    patterns = dict(item.entries())
    if not patterns:
        raise item.wrong("a namespace, or one with views or explores")
    for pattern, entry in patterns.items():
        keys = entry.mapping(frozenset({"views", "explores"}))
        views, explores = keys.get("views"), keys.get("explores")
        found = Exclusion(
            pattern,
            entry.at,
            views.texts() if views else (),
            explores.texts() if explores else (),
        )
        if not found.views and not found.explores:  # it must not come to mean all of them
            raise entry.wrong("patterns of views or of explores")
        yield found


def _text(keys: Mapping[str, Located], key: str) -> str | None:
    return keys[key].optional_text() if key in keys else None
