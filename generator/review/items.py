"""A LookML tree as items: each object and field, what is said of it, and what stands in it.

Order, indentation, quotes and old spellings are gone; what is left is what Looker acts upon.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct, field

from generator.diagnostics import Location
from generator.lookml.reader import Block, Entry, Sql, Value

Attributes: TypeAlias = Mapping[str, Any]
"""What is said of an item; a key of a block within it is `block.key`."""
Leaves: TypeAlias = dict[str, tuple[Attributes, bool]]
"""By the text of a block that holds no other, what it says, and whether it extends others."""

_QUOTED = r"'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`"
_COMMENT = r"(?:--|\#)[^\n]*(?:\n|\Z)|/\*.*?\*/"
_KEPT = re.compile(rf"({_QUOTED}|{_COMMENT})|\s+", re.DOTALL)
"""What of SQL is kept as it is: literals, and comments up to their end."""
_WIDE = re.compile(r"\s\s|[^\S ]")
_SEVERAL = frozenset(
    {"action", "allowed_value", "column", "derived_column", "filters", "include", "link", "param"}
    | {"bind_filters", "expression_custom_filter", "form_param", "option", "when", "assert"}
)
"""What an object may have several of: their order is nobody's concern."""
_UNORDERED = frozenset(
    {"alias", "dimensions", "fields", "filters", "intervals", "measures", "tags", "timeframes"}
    | {"required_access_grants", "required_fields"}
)
"""Lists that are sets."""
_DEFAULTS: Attributes = {
    "can_filter": "yes",
    "case_sensitive": "yes",
    "convert_tz": "yes",
    "hidden": "no",
    "primary_key": "no",
    "suggestable": "yes",
}
"""What Looker takes for said where nothing is, unless the item adds to another."""
_TILES = {"elements": "tile", "filters": "dashboard_filter"}
FILE = "file"
"""The kind of an item for what a file says outside of its objects."""
NAMESPACE = "namespace"


class Item(Struct, frozen=True):
    """An object, a field or a namespace: its kind, what is said of it, where, and what is in it."""

    kind: str
    name: str
    at: Location
    attributes: Attributes = field(default_factory=dict)
    children: Mapping[str, "Item"] = field(default_factory=dict)
    bare: bool = False
    """Whether it stands for itself, and adds to no other: unsaid is then as good as the default."""

    @property
    def key(self) -> str:
        """What tells it from its siblings."""
        return f"{self.kind} {self.name}"


def differing(old: Item, new: Item) -> Iterator[str]:
    """The keys of what is said otherwise, by name."""
    bare = old.bare and new.bare
    for key in sorted(old.attributes.keys() | new.attributes.keys()):
        default = _DEFAULTS.get(key) if bare else None
        if old.attributes.get(key, default) != new.attributes.get(key, default):
            yield key


def by_key(items: Iterable[Item]) -> dict[str, Item]:
    """Items by their key; of two with the same, the second is counted."""
    found: dict[str, Item] = {}
    for item in items:
        key, number = item.key, 1
        while key in found:
            number += 1
            key = f"{item.key} ({number})"
        found[key] = item
    return found


def of_lookml(block: Block, file: str, known: Leaves | None = None) -> Iterator[Item]:
    """The items of a LookML file; what stands outside of objects is an item of its own.

    `known` is what was made of blocks by their text: most of two trees have the same.
    """
    known = {} if known is None else known
    loose = [entry for entry in block.entries if not _is_named(entry)]
    if loose:
        yield Item(FILE, file, Location(file), _attributes(loose))
    for entry in block.entries:
        if isinstance(entry.value, Block) and entry.value.name is not None:
            yield _item(entry, entry.value, Location(file, entry.line), known, bare=True)


def _item(entry: Entry, block: Block, at: Location, known: Leaves, *, bare: bool) -> Item:
    """An item and all in it."""
    name = block.name or ""
    if block.text is None:
        said, adds = _said(block)
    elif block.text in known:
        said, adds = known[block.text]
    else:
        said, adds = known[block.text] = _said(block)
    bare = bare and not adds and not name.startswith("+")
    if block.text is not None:
        return Item(entry.key, name, at, said, {}, bare)
    inner = (
        _item(item, item.value, Location(at.path, item.line), known, bare=bare)
        for item in block.entries
        if isinstance(item.value, Block) and item.value.name is not None
    )
    return Item(entry.key, name, at, said, by_key(inner), bare)


def _said(block: Block) -> tuple[Attributes, bool]:
    """What is said in a block, and whether it extends others."""
    is_leaf = block.text is not None
    own = block.entries if is_leaf else (item for item in block.entries if not _is_named(item))
    return _attributes(own), any(entry.key == "extends" for entry in block.entries)


def _is_named(entry: Entry) -> bool:
    return isinstance(entry.value, Block) and entry.value.name is not None


def _attributes(entries: Iterable[Entry]) -> dict[str, Any]:
    """What is said, by key; blocks without a name are spread out, several of a kind are a set."""
    found: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    for entry in entries:
        if entry.key in _SEVERAL or entry.key in found:
            several.setdefault(entry.key, []).append(_plain(entry))
        elif type(entry.value) is str:  # as most are
            found[entry.key] = entry.value
        elif isinstance(entry.value, Block) and entry.value.name is None:
            inner = _attributes(entry.value.entries)
            found.update((f"{entry.key}.{key}", value) for key, value in inner.items())
        else:
            found[entry.key] = _plain(entry)
    for key, values in several.items():
        known = [found.pop(key)] if key in found else []
        found[key] = _together(key, (*known, *values))
    return found


def _together(key: str, values: tuple[Any, ...]) -> Any:
    """Values of one key as a set; filters may be one list or a block for each, or both."""
    if key == "filters":
        values = tuple(pair for value in values for pair in _filters(value))
    return tuple(sorted(values, key=repr))


def _filters(value: Any) -> tuple[Any, ...]:
    said = dict(value) if value and all(_is_pair(part) for part in value) else {}
    if said.keys() == {"field", "value"}:
        return ((said["field"], said["value"]),)
    return tuple(value) if isinstance(value, tuple) else (value,)


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == len(("key", "value"))


def _plain(entry: Entry) -> Any:
    value: Value = entry.value
    match value:
        case Block():
            said = tuple(sorted(_attributes(value.entries).items()))
            return said if value.name is None else (value.name, said)
        case Sql():
            return Sql(squeezed(value))
        case tuple():
            return tuple(sorted(value, key=repr)) if entry.key in _UNORDERED else value
        case _:
            return value


def squeezed(sql: str) -> str:
    r"""SQL with one blank wherever there are several, but for those in literals and comments.

    >>> squeezed("SUM(  x )\n  || 'a  b'")
    "SUM( x ) || 'a  b'"
    """
    if _WIDE.search(sql) is None:
        return sql
    return _KEPT.sub(lambda found: found[1] or " ", sql).strip()


def of_dashboards(loaded: Any, file: str) -> Iterator[Item]:
    """The items of a dashboard file, as YAML has it: dashboards, their tiles and filters."""
    for entry in loaded if isinstance(loaded, list) else [loaded]:
        if isinstance(entry, dict) and "dashboard" in entry:
            own = {str(k): frozen(v) for k, v in entry.items() if k not in (*_TILES, "dashboard")}
            parts = by_key(_parts(entry, file))
            yield Item("dashboard", str(entry["dashboard"]), Location(file), own, parts)


def _parts(entry: Mapping[str, Any], file: str) -> Iterator[Item]:
    for key, kind in _TILES.items():
        parts = entry.get(key)
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                name = str(part.get("name", part.get("title", "")))
                said = {str(k): frozen(v) for k, v in part.items() if k != "name"}
                yield Item(kind, name, Location(file), said)


def frozen(value: Any) -> Any:
    """A value of YAML that can be compared; the order of a list counts, that of keys does not."""
    if isinstance(value, dict):
        pairs = ((str(k), frozen(v)) for k, v in value.items())
        return tuple(sorted(pairs, key=lambda pair: pair[0]))
    if isinstance(value, list):
        return tuple(map(frozen, value))
    return value
