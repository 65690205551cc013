"""A LookML tree as items: each object and field, by its path, with what is said of it.

Order, indentation and quotes are gone; what is left is what Looker acts upon.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from generator.diagnostics import Location
from generator.lookml.reader import Block, Entry, Sql, Value

Path: TypeAlias = tuple[str, ...]
"""Namespace, then `kind name` for each object down to the item."""

_LITERALS = re.compile(r"('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`)|\s+", re.DOTALL)
_NAMELESS = frozenset({"filters", "allowed_value", "link", "when", "param", "action", "column"})
"""Blocks of which an object may have several, and that have no name."""
_TILES = {"elements": "tile", "filters": "dashboard_filter"}


@dataclass(frozen=True, slots=True)
class Item:
    """An object or a field: its kind, what is said of it, and where."""

    kind: str
    name: str
    attributes: Mapping[str, Any]
    at: Location

    @property
    def label(self) -> str:
        """How a person names it."""
        return f"{self.kind.replace('_', ' ')} `{self.name}`"


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a tree by path, parents before children."""

    found: Mapping[Path, Item] = field(default_factory=dict)

    def children(self) -> Mapping[Path, tuple[Path, ...]]:
        """The paths of what stands in each item."""
        below: dict[Path, list[Path]] = {}
        for path in self.found:
            below.setdefault(path[:-1], []).append(path)
        return {path: tuple(paths) for path, paths in below.items()}


def of_lookml(block: Block, namespace: str, file: str) -> Iterator[tuple[Path, Item]]:
    """The items of a LookML file. Includes are no item: they change nothing that is seen."""
    for entry in block.entries:
        if isinstance(entry.value, Block) and entry.value.name is not None:
            yield from _of_block(entry, entry.value, (namespace,), file)


def _of_block(entry: Entry, block: Block, above: Path, file: str) -> Iterator[tuple[Path, Item]]:
    name = block.name or ""
    path = (*above, f"{entry.key} {name}")
    inner = [item for item in block.entries if _is_named(item)]
    said = _attributes(item for item in block.entries if not _is_named(item))
    yield path, Item(entry.key, name, said, Location(file, entry.line))
    for item in inner:
        if isinstance(item.value, Block):
            yield from _of_block(item, item.value, path, file)


def _is_named(entry: Entry) -> bool:
    return isinstance(entry.value, Block) and entry.value.name is not None


def _attributes(entries: Iterator[Entry]) -> dict[str, Any]:
    """What is said, by key; blocks without a name are spread out, several of a kind are a set."""
    found: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    for entry in entries:
        if isinstance(entry.value, Block) and entry.key not in _NAMELESS:
            inner = _attributes(iter(entry.value.entries))
            found.update((f"{entry.key}.{key}", value) for key, value in inner.items())
        elif entry.key in _NAMELESS or entry.key in found:
            several.setdefault(entry.key, []).append(_plain(entry.value))
        else:
            found[entry.key] = _plain(entry.value)
    for key, values in several.items():
        known = [found.pop(key)] if key in found else []
        found[key] = _flat(key, (*known, *values))
    return found


def _flat(key: str, values: tuple[Any, ...]) -> Any:
    """Filters may be one list or a block for each: both are pairs."""
    if key != "filters":
        return tuple(sorted(values, key=repr))
    pairs: list[Any] = []
    for value in values:
        said = dict(value) if isinstance(value, tuple) and value and len(value[0]) > 1 else {}
        old_form = said.keys() == {"field", "value"}
        pairs.extend([(said["field"], said["value"])] if old_form else value)
    return tuple(sorted(pairs, key=repr))


def _plain(value: Value) -> Any:
    match value:
        case Block():
            return tuple(sorted(_attributes(iter(value.entries)).items(), key=repr))
        case Sql():
            return Sql(squeezed(value))
        case tuple():
            return tuple(sorted(value, key=repr))
        case _:
            return value


def squeezed(sql: str) -> str:
    r"""SQL with one blank wherever there are several, but for those in its literals.

    >>> squeezed("SUM(  x )\n  || 'a  b'")
    "SUM( x ) || 'a  b'"
    """
    return _LITERALS.sub(lambda found: found[1] or " ", sql).strip()


def of_dashboards(loaded: Any, namespace: str, file: str) -> Iterator[tuple[Path, Item]]:
    """The items of a dashboard file, as YAML has it: dashboards, their tiles and filters."""
    for entry in loaded if isinstance(loaded, list) else [loaded]:
        if isinstance(entry, dict) and "dashboard" in entry:
            yield from _of_dashboard(entry, namespace, file)


def _of_dashboard(entry: Mapping[str, Any], namespace: str, file: str) -> Iterator[Any]:
    name = str(entry["dashboard"])
    path = (namespace, f"dashboard {name}")
    own = {k: _frozen(v) for k, v in entry.items() if k not in (*_TILES, "dashboard")}
    yield path, Item("dashboard", name, own, Location(file))
    for key, kind in _TILES.items():
        for part in entry.get(key) or ():
            if isinstance(part, dict):
                title = str(part.get("name", part.get("title", "")))
                said = {k: _frozen(v) for k, v in part.items() if k != "name"}
                yield (*path, f"{kind} {title}"), Item(kind, title, said, Location(file))


def _frozen(value: Any) -> Any:
    """A value of YAML that can be compared; the order of a list counts, that of keys does not."""
    if isinstance(value, dict):
        return tuple(sorted((str(k), _frozen(v)) for k, v in value.items()))
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return value
