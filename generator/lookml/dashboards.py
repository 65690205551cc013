"""Dashboards: LookML's other language, which is YAML.

A field is the key of its name; None and () mean unsaid. Source of the keys:
https://cloud.google.com/looker/docs/reference/param-lookml-dashboard
"""

import re
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple, fields

from generator.yaml_text import written

Pairs = tuple[tuple[str, str], ...]
"""Keys with a text each, in order."""


class Control(Struct, frozen=True):
    """How a filter is shown: a dropdown, a field; `options` are what a dropdown offers."""

    type: str
    display: str
    options: tuple[str, ...] = ()


class DashboardFilter(Struct, frozen=True):
    """A filter of a dashboard, which tiles listen to by its name."""

    name: str
    title: str
    type: str
    default_value: str | None = None
    allow_multiple_values: bool = False
    required: bool = False
    ui_config: Control | None = None
    model: str | None = None
    explore: str | None = None
    listens_to_filters: tuple[str, ...] | None = None
    field: str | None = None


class Element(Struct, frozen=True):
    """A tile: a query, how it is drawn, and where.

    `filters` and `listen` are by `view.field` and by filter; `options` are further keys of the
    visualisation.
    """

    title: str
    name: str
    model: str
    explore: str
    type: str
    fields: tuple[str, ...]
    pivots: tuple[str, ...] = ()
    filters: Pairs = ()
    sorts: tuple[str, ...] = ()
    note_state: str | None = None
    note_display: str | None = None
    note_text: str | None = None
    listen: Pairs = ()
    row: int = 0
    col: int = 0
    width: int = 12
    height: int = 8
    series_colors: Pairs = ()
    options: tuple[tuple[str, str | int | bool], ...] = ()


class Dashboard(Struct, frozen=True):
    """A dashboard, by its name."""

    dashboard: str
    title: str
    layout: str = "newspaper"
    preferred_viewer: str = "dashboards-next"
    description: str | None = None
    filters: tuple[DashboardFilter, ...] = ()
    elements: tuple[Element, ...] = ()


_MAPS: dict[Any, frozenset[str]] = {
    Element: frozenset({"filters", "listen", "series_colors", "options"})
}


def plain(value: Any) -> Any:
    """What YAML can hold: an unsaid key is left out, pairs are a map, further keys stand last.

    None is unsaid, and so is () where it is the default.
    """
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if not isinstance(value, Struct):
        return value
    found: dict[str, Any] = {}
    cls: Any = type(value)
    maps = _MAPS.get(cls, ())
    for said, (name, default) in zip(astuple(value), _defaults(cls), strict=True):
        if said is not None and not (said == () == default):
            found[name] = dict(said) if name in maps else plain(said)
    if isinstance(value, Element):
        found.update(found.pop("options", {}))
    return found


@cache
def _defaults(cls: Any) -> tuple[tuple[str, object], ...]:
    """The fields of a class, and what they are unsaid."""
    return tuple((item.name, item.default) for item in fields(cls))


_PLAIN = re.compile(r"[a-z_][\w .-]*", re.ASCII | re.IGNORECASE)
_ENDLESS = 1_000_000
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


def print_dashboard(dashboard: Dashboard, header: str) -> str:
    """The file of a dashboard; each text stands in one line, however long.

    Looker reads it with another reader than we have, to which `1,2` and `1e3` are numbers and
    `tRUE` is true: whatever is no plain word stands in quotes.
    """
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + written([plain(dashboard)], width=_ENDLESS, is_plain=_is_plain)


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _WORDS
