"""Conventions: what the operator decides for the whole hub."""

from collections.abc import Mapping

from msgspec import Struct, field

from generator.names import ACRONYMS

_HIDDEN = (
    "document_id",
    "client_id",
    "client_info.client_id",
    "context_id",
    "additional_properties",
)
_MAP_LAYERS = {"country": "countries", "metadata.geo.country": "countries"}


class Conventions(Struct, frozen=True):
    """House rules, with the defaults that `docs/settings.md` explains. Column paths are dotted."""

    acronyms: frozenset[str] = ACRONYMS
    hidden_columns: tuple[str, ...] = _HIDDEN
    map_layers: Mapping[str, str] = field(default_factory=lambda: dict(_MAP_LAYERS))
    arrays: str = "views"
    json: str = "hidden"
    since: str = "2010-01-01"
    window: str = "28 days"
    region: str = "us"
    datagroups: str = "per-view"
    datagroup_trigger: str = "storage"
    datagroups_without_explore: bool = False
    histogram_percentiles: tuple[int, ...] = (25, 50, 75, 95)
    monitoring_namespace: str = "operational_monitoring"
    monitoring_project: str | None = None
    monitoring_dataset: str = "operational_monitoring"
    monitoring_derived_dataset: str = "operational_monitoring_derived"
    monitoring_prefix: str = "p_"
    monitoring_days: int = 14
    monitoring_client_rows: int = 10_000
    roll_ups: bool = True
    aggregate_tables: str = "default-view"
    interval_chart: str = "looker_line"
    dropdown_margin: float = 0.1
    percentile_function: str | None = None
    spoke: str = "looker-spoke-default"
    connection: str = "telemetry"
