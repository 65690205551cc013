"""What people ask for: namespaces with views and explores by kind, as written."""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from generator.diagnostics import Location
from generator.facts.catalog import RelationName

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""A value of a YAML file."""

_TABLE = frozenset({"table", "channel"})


class Keys(Struct, frozen=True):
    """The keys that an entry of some kind may have, and those of the entries in its `tables`."""

    entry: frozenset[str] = frozenset({"type", "tables"})
    table: frozenset[str] = _TABLE


_OPMON_VIEW = Keys(table=frozenset({"table", "xaxis", "dimensions"}))
_CUSTOM = frozenset({"type", "tables", "measures", "dimensions", "primary_key"})

VIEW_KINDS: Mapping[str, Keys] = {
    "table_view": Keys(_CUSTOM, _TABLE | {"time_partitioning_field"}),
    "ping_view": Keys(_CUSTOM),
    "glean_ping_view": Keys(),
    "events_view": Keys(table=frozenset({"events_table_view", "base_table"})),
    "events_stream_view": Keys(),
    "client_counts_view": Keys(),
    "growth_accounting_view": Keys(frozenset({"type", "tables", "identifier_field"})),
    "funnel_analysis_view": Keys(
        table=frozenset({"funnel_analysis", "event_types", "step_1", "step_2", "step_3", "step_4"})
    ),
    "metric_definitions_view": Keys(),
    "operational_monitoring_view": _OPMON_VIEW,
    "operational_monitoring_alerting_view": _OPMON_VIEW,
}
"""Every kind of view that a namespaces file may name, with its keys; `BUILDERS` has those built."""

_EXPLORE = Keys(frozenset({"type", "views", "hidden"}))
_OPMON_EXPLORE = Keys(
    frozenset({"type", "views", "hidden", "branches", "xaxis", "dimensions", "summaries"})
)

EXPLORE_KINDS: Mapping[str, Keys] = {
    "table_explore": _EXPLORE,
    "ping_explore": _EXPLORE,
    "glean_ping_explore": _EXPLORE,
    "events_explore": _EXPLORE,
    "events_stream_explore": _EXPLORE,
    "client_counts_explore": _EXPLORE,
    "growth_accounting_explore": _EXPLORE,
    "funnel_analysis_explore": _EXPLORE,
    "metric_definitions_explore": _EXPLORE,
    "operational_monitoring_explore": _OPMON_EXPLORE,
    "operational_monitoring_alerting_explore": _OPMON_EXPLORE,
}

METRIC_KINDS = frozenset({"metric_definitions_view", "metric_definitions_explore"})
"""The kinds that follow from metric definitions, and need no entry."""

MONITORING_KINDS = frozenset(
    {
        "operational_monitoring_view",
        "operational_monitoring_explore",
        "operational_monitoring_dashboard",
        "operational_monitoring_alerting_view",
        "operational_monitoring_alerting_explore",
        "classic_monitoring_view",
        "classic_monitoring_explore",
    }
)
"""The kinds that follow from monitoring projects."""

DASHBOARD_KINDS: Mapping[str, Keys] = {
    "operational_monitoring_dashboard": Keys(frozenset({"type", "title", "tables"})),
}


class TableSpec(Struct, frozen=True):
    """A relation, or a pattern for several, that a view stands on; one per channel."""

    name: RelationName
    channel: str | None = None
    time_partitioning_field: str | None = None
    at: Location | None = None


class FieldSpec(Struct, frozen=True):
    """A measure or dimension written by hand: its LookML parameters with their places."""

    name: str
    parameters: tuple[tuple[str, Plain, Location], ...]
    at: Location


class ViewSpec(Struct, frozen=True):
    """A view that is asked for; with a `*` in the name, one per matching relation."""

    namespace: str
    name: str
    kind: str
    at: Location
    tables: tuple[TableSpec, ...] = ()
    measures: tuple[FieldSpec, ...] = ()
    dimensions: tuple[FieldSpec, ...] = ()
    primary_key: str | None = None

    @property
    def subject(self) -> str:
        """The key path of the entry."""
        return f"{self.namespace}.views.{self.name}"


class ExploreSpec(Struct, frozen=True):
    """An explore that is asked for, over a base view; `others` are views it extends or joins."""

    namespace: str
    name: str
    kind: str
    at: Location
    base_view: str = ""
    others: tuple[str, ...] = ()
    hidden: bool | None = None

    @property
    def subject(self) -> str:
        """The key path of the entry."""
        return f"{self.namespace}.explores.{self.name}"


class DashboardSpec(Struct, frozen=True):
    """A dashboard that is asked for."""

    namespace: str
    name: str
    kind: str
    at: Location


class NamespaceSpec(Struct, frozen=True):
    """A namespace: a folder of the hub and a model of a spoke."""

    name: str
    at: Location
    pretty_name: str | None = None
    owners: tuple[str, ...] = ()
    glean_app: bool = False
    spoke: str | None = None
    connection: str | None = None
    views: tuple[ViewSpec, ...] = ()
    explores: tuple[ExploreSpec, ...] = ()
    dashboards: tuple[DashboardSpec, ...] = ()


class Exclusion(Struct, frozen=True):
    """What to leave out, by shell patterns: `whole` namespaces, or views and explores in them."""

    namespaces: str
    at: Location
    views: tuple[str, ...] = ()
    explores: tuple[str, ...] = ()
    whole: bool = False
