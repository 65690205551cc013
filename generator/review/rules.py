"""What each kind of change means for those who use the LookML: one row each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """Breaking: what somebody wrote no longer works. Visible: it shows something else."""

    BREAKING = "breaking"
    VISIBLE = "visible"
    COSMETIC = "cosmetic"


BREAKING, VISIBLE, COSMETIC = Severity.BREAKING, Severity.VISIBLE, Severity.COSMETIC


class Rule(NamedTuple):
    """A change as a person calls it, and how much it matters."""

    code: str
    severity: Severity


REMOVED: Mapping[str, Severity] = {
    "tile": VISIBLE,
    "dashboard_filter": VISIBLE,
    "aggregate_table": COSMETIC,
}
"""By kind of item; to remove any other is breaking."""

ADDED: Mapping[str, Severity] = {"datagroup": COSMETIC, "aggregate_table": COSMETIC}
"""By kind of item; to add any other is visible."""

_PLACE = Rule("moved", COSMETIC)
_LABEL = Rule("label", VISIBLE)
_CACHE = Rule("caching", COSMETIC)
_FILTER = Rule("filter-default", VISIBLE)
_LOOKS = Rule("drawn-otherwise", VISIBLE)
_QUERY = Rule("query", VISIBLE)
_SUGGESTED = Rule("suggestions", COSMETIC)

SQL = Rule("sql-meaning", VISIBLE)
SQL_FORM = Rule("sql-form", COSMETIC)
OTHER = Rule("changed", VISIBLE)

CHANGED: Mapping[tuple[str, str], Rule] = {
    ("", "type"): Rule("type", BREAKING),
    ("", "datatype"): Rule("type", BREAKING),
    ("", "label"): _LABEL,
    ("", "view_label"): _LABEL,
    ("", "group_label"): _LABEL,
    ("", "group_item_label"): _LABEL,
    ("", "title"): _LABEL,
    ("", "description"): Rule("description", COSMETIC),
    ("", "hidden"): Rule("hidden", VISIBLE),
    ("", "primary_key"): Rule("primary-key", VISIBLE),
    ("", "value_format"): Rule("format", VISIBLE),
    ("", "value_format_name"): Rule("format", VISIBLE),
    ("", "tags"): Rule("tags", COSMETIC),
    ("", "suggestions"): _SUGGESTED,
    ("", "suggest_persist_for"): _SUGGESTED,
    ("", "suggest_explore"): _SUGGESTED,
    ("", "suggest_dimension"): _SUGGESTED,
    ("", "suggestable"): _SUGGESTED,
    ("", "persist_with"): _CACHE,
    ("", "persist_for"): _CACHE,
    ("", "default_value"): _FILTER,
    ("", "always_filter.filters"): _FILTER,
    ("", "relationship"): Rule("join", VISIBLE),
    ("", "sql_on"): Rule("join", VISIBLE),
    ("", "extends"): Rule("extends", BREAKING),
    ("", "view_name"): Rule("extends", BREAKING),
    ("", "sql_table_name"): Rule("table", VISIBLE),
    ("datagroup", ""): _CACHE,
    ("aggregate_table", ""): Rule("aggregate-table", COSMETIC),
    ("tile", "row"): _PLACE,
    ("tile", "col"): _PLACE,
    ("tile", "width"): _PLACE,
    ("tile", "height"): _PLACE,
    ("tile", "type"): _LOOKS,
    ("tile", "series_colors"): _LOOKS,
    ("tile", "explore"): _QUERY,
    ("tile", "model"): _QUERY,
    ("tile", "fields"): _QUERY,
    ("tile", "pivots"): _QUERY,
    ("tile", "filters"): _QUERY,
    ("tile", "sorts"): _QUERY,
    ("tile", "listen"): _QUERY,
    ("dashboard_filter", "type"): Rule("filter-kind", VISIBLE),
    ("dashboard_filter", "ui_config"): Rule("filter-options", COSMETIC),
}
"""By kind of item, or any, and attribute, or any: the first of the four that there is."""


def rule_of(kind: str, attribute: str) -> Rule:
    """What a change of an attribute means."""
    keys = ((kind, attribute), (kind, ""), ("", attribute))
    return next((CHANGED[key] for key in keys if key in CHANGED), OTHER)
