"""Datagroups: when the cached results of a view expire."""

from collections.abc import Iterable, Sequence
from hashlib import sha1
from itertools import groupby

from generator import lookml
from generator.facts.catalog import RelationName
from generator.facts.conventions import Conventions
from generator.names import identifier
from generator.sql import literal

_SUFFIX = "_last_updated"
_MAX_AGE = "24 hours"
_INTERVAL = "interval:"
_TABLE = "table:"


def datagroup_of(
    view: str, tables: Sequence[RelationName], conventions: Conventions
) -> lookml.Datagroup | None:
    """The datagroup of a view that these tables feed, None if there are none.

    Looker polls every datagroup and pays for each poll, so views on the same tables may share one.
    """
    if not tables:
        return None
    shared = conventions.datagroups == "shared"
    name = _shared_name(tables) if shared else view
    trigger = conventions.datagroup_trigger
    interval = trigger.removeprefix(_INTERVAL) if trigger.startswith(_INTERVAL) else None
    what = _listed(tables) if shared else name
    return lookml.Datagroup(
        name=f"{name}{_SUFFIX}",
        label=f"{name} Last Updated",
        description=f"Updates for {what} when referenced tables are modified.",
        max_cache_age=_MAX_AGE,
        interval_trigger=interval,
        sql_trigger=None if interval else _trigger(tables, conventions),
    )


def _shared_name(tables: Sequence[RelationName]) -> str:
    """A name that depends on the tables alone, so that every view on them finds the same one."""
    first = identifier(f"{tables[0].dataset}__{tables[0].table}")
    if len(tables) == 1:
        return first
    digest = sha1(_listed(tables).encode(), usedforsecurity=False).hexdigest()[:8]
    return f"{first}_and_{len(tables) - 1}_more_{digest}"


def _listed(tables: Iterable[RelationName]) -> str:
    return ", ".join(map(str, tables))


def _trigger(tables: Iterable[RelationName], conventions: Conventions) -> str:
    """The newest change of the tables: one subquery per project."""
    parts = (
        _newest(project, tuple(group), conventions)
        for project, group in groupby(sorted(tables), key=lambda name: name.project)
    )
    union = "\nUNION ALL\n".join(parts)
    return f"SELECT MAX(storage_last_modified_time)\nFROM (\n{union}\n)"


def _newest(project: str, tables: Sequence[RelationName], conventions: Conventions) -> str:
    trigger = conventions.datagroup_trigger
    known = " OR ".join(
        f"(table_schema = {literal(name.dataset)} AND table_name = {literal(name.table)})"
        for name in tables
    )
    source = f"`{project}`.`region-{conventions.region}`.INFORMATION_SCHEMA.TABLE_STORAGE"
    if trigger.startswith(_TABLE):
        source = f"`{trigger.removeprefix(_TABLE)}`"
        known = f"project_id = {literal(project)} AND ({known})"
    return (
        "SELECT MAX(storage_last_modified_time) AS storage_last_modified_time\n"
        f"FROM {source}\nWHERE {known}"
    )
