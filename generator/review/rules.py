"""What each kind of change means for those who use the LookML: one row each."""

from collections.abc import Iterator, Mapping
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
    "datagroup": COSMETIC,
}
"""By kind of item; to remove or rename any other is breaking."""

ADDED: Mapping[str, Severity] = {"datagroup": COSMETIC, "aggregate_table": COSMETIC}
"""By kind of item; to add any other is visible."""

MOVED_AWAY = Rule("namespace", BREAKING)
KIND = Rule("kind", BREAKING)
DEPRECATED = Rule("deprecated", VISIBLE)
HIDDEN = Rule("hidden", VISIBLE)
SQL = Rule("sql-meaning", VISIBLE)
SQL_FORM = Rule("sql-form", COSMETIC)
ORDER = Rule("order", COSMETIC)
OTHER = Rule("changed", VISIBLE)

_PLACE = Rule("moved", COSMETIC)
_LABEL = Rule("label", VISIBLE)
_CACHE = Rule("caching", COSMETIC)
_FILTER = Rule("filter-default", VISIBLE)
_FILTERED = Rule("filters", VISIBLE)
_LOOKS = Rule("looks", VISIBLE)
_QUERY = Rule("query", VISIBLE)
_SUGGESTED = Rule("suggestions", COSMETIC)
_JOIN = Rule("join", VISIBLE)
_TIMEFRAMES = Rule("timeframes", VISIBLE)
_VALUES = Rule("allowed-values", VISIBLE)
_TABLE = Rule("table", VISIBLE)

LOSING: Mapping[str, Severity] = {_TIMEFRAMES.code: BREAKING, _VALUES.code: BREAKING}
"""Lists that people refer into: to lose a part of one costs more than to gain one."""

CHANGED: Mapping[tuple[str, str], Rule] = {
    ("", "type"): Rule("type", BREAKING),
    ("", "datatype"): Rule("type", BREAKING),
    ("", "label"): _LABEL,
    ("", "view_label"): _LABEL,
    ("", "group_label"): _LABEL,
    ("", "group_item_label"): _LABEL,
    ("", "title"): _LABEL,
    ("", "description"): Rule("description", COSMETIC),
    ("", "hidden"): HIDDEN,
    ("", "primary_key"): Rule("primary-key", VISIBLE),
    ("", "value_format"): Rule("format", VISIBLE),
    ("", "value_format_name"): Rule("format", VISIBLE),
    ("", "html"): _LOOKS,
    ("", "tags"): Rule("tags", COSMETIC),
    ("", "suggestions"): _SUGGESTED,
    ("", "suggest_persist_for"): _SUGGESTED,
    ("", "suggest_explore"): _SUGGESTED,
    ("", "suggest_dimension"): _SUGGESTED,
    ("", "suggestable"): _SUGGESTED,
    ("", "drill_fields"): Rule("drilling", VISIBLE),
    ("", "link"): Rule("drilling", VISIBLE),
    ("", "timeframes"): _TIMEFRAMES,
    ("", "intervals"): _TIMEFRAMES,
    ("", "allowed_value"): _VALUES,
    ("", "persist_with"): _CACHE,
    ("", "persist_for"): _CACHE,
    ("", "default_value"): _FILTER,
    ("", "filters"): _FILTERED,
    ("", "always_filter.filters"): _FILTER,
    ("", "sql_always_where"): _FILTERED,
    ("", "extends"): Rule("extends", BREAKING),
    ("", "view_name"): Rule("base-view", BREAKING),
    ("", "from"): Rule("base-view", BREAKING),
    ("", "sql_table_name"): _TABLE,
    ("", "derived_table.sql"): _TABLE,
    ("", "include"): Rule("includes", COSMETIC),
    ("explore", "fields"): Rule("fields", BREAKING),
    ("join", "fields"): Rule("fields", BREAKING),
    ("set", "fields"): Rule("fields", VISIBLE),
    ("join", "relationship"): _JOIN,
    ("join", "type"): _JOIN,
    ("join", "sql"): _JOIN,
    ("join", "sql_on"): _JOIN,
    ("datagroup", ""): _CACHE,
    ("aggregate_table", ""): Rule("aggregate-table", COSMETIC),
    ("dashboard", "extends"): Rule("extends", VISIBLE),
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
"""By kind of item, or any, and attribute, or any."""


def rule_of(kind: str, attribute: str) -> Rule:
    """What a change of an attribute means: the row of its kind, else that of any kind."""
    keys = ((kind, attribute), (kind, ""), ("", attribute))
    return next((CHANGED[key] for key in keys if key in CHANGED), OTHER)


def severities() -> Iterator[tuple[str, tuple[Severity, ...]]]:
    """Each code with the severities that it may have, by name: what the documentation lists."""
    found: dict[str, set[Severity]] = {
        "removed": {BREAKING, *REMOVED.values()},
        "renamed": {BREAKING, *REMOVED.values()},
        "added": {VISIBLE, *ADDED.values()},
    }
    for rule in (*CHANGED.values(), MOVED_AWAY, KIND, DEPRECATED, SQL, SQL_FORM, ORDER, OTHER):
        found.setdefault(rule.code, set()).add(rule.severity)
        if rule.code in LOSING:
            found[rule.code].add(LOSING[rule.code])
    for code in sorted(found):
        yield code, tuple(severity for severity in Severity if severity in found[code])
