"""What hand-written LookML refers to: views, explores and fields, each with its place."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator.diagnostics import Location
from generator.lookml.fragments import references
from generator.lookml.reader import Block, Entry, Sql

_SORT = re.compile(r"\s+(asc|desc)\b.*", re.IGNORECASE)
_LIQUID_FIELD = re.compile(r"(?<![\w.$])([a-z]\w*\.[a-z]\w*)\._?\w+")
_FIELD_LISTS = frozenset(
    {"fields", "drill_fields", "dimensions", "measures", "pivots", "required_fields", "filters"}
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A reference: to files, to a view, to an explore, or to a field of a view.

    `view` is None for an explore and for files; `field` is None where the view itself is meant.
    """

    at: Location
    view: str | None = None
    field: str | None = None
    explore: str | None = None
    files: str | None = None

    @property
    def label(self) -> str:
        """How a person names what is referred to."""
        if self.files:
            return f"include `{self.files}`"
        if self.explore:
            return f"explore `{self.explore}`"
        return f"field `{self.view}.{self.field}`" if self.field else f"view `{self.view}`"


@dataclass(frozen=True, slots=True)
class _Context:
    """Where we are in a file: the view whose fields need no prefix, and what joins are called."""

    file: str
    home: str | None = None
    aliases: Mapping[str, str] | None = None

    def of(self, line: int | None, **what: str | None) -> Mention:
        return Mention(Location(self.file, line), **what)

    def field(self, line: int | None, text: str) -> Iterator[Mention]:
        """A field as it is written, with or without its view; sets and wildcards are none."""
        name = text.removeprefix("-").strip()
        view, dot, field = name.rpartition(".")
        view = view if dot else self.home or ""
        if field and view and not field.endswith("*") and "." not in view:
            yield self.of(line, view=(self.aliases or {}).get(view, view), field=field)


def of_lookml(block: Block, file: str) -> Iterator[Mention]:
    """The references of a LookML file."""
    here = _Context(file)
    for entry in block.entries:
        if entry.key == "include" and isinstance(entry.value, str):
            yield here.of(entry.line, files=entry.value)
        elif isinstance(entry.value, Block) and entry.key == "view":
            yield from _of_view(entry, entry.value, here)
        elif isinstance(entry.value, Block) and entry.key == "explore":
            yield from _of_explore(entry, entry.value, here)


def _of_view(entry: Entry, block: Block, here: _Context) -> Iterator[Mention]:
    name = block.name or ""
    if name.startswith("+"):
        yield here.of(entry.line, view=name[1:])
    for extended in _texts(block, "extends"):
        yield here.of(entry.line, view=extended)
    yield from _inside(block, replace(here, home=name.removeprefix("+")))


def _of_explore(entry: Entry, block: Block, here: _Context) -> Iterator[Mention]:
    name = block.name or ""
    if name.startswith("+"):
        yield here.of(entry.line, explore=name[1:])
    for extended in _texts(block, "extends"):
        yield here.of(entry.line, explore=extended)
    named = next(iter((*_texts(block, "from"), *_texts(block, "view_name"))), None)
    if named or not (name.startswith("+") or any(block.of("extends"))):
        yield here.of(entry.line, view=named or name)
    joins = [(item, item.value) for item in block.of("join") if isinstance(item.value, Block)]
    aliases = {name.removeprefix("+"): named or name.removeprefix("+")}
    for item, join in joins:
        view = next(iter((*_texts(join, "from"), *_texts(join, "view_name"))), join.name or "")
        aliases[join.name or ""] = view
        yield here.of(item.line, view=view)
    home = aliases[name.removeprefix("+")]
    yield from _inside(block, replace(here, home=home, aliases=aliases))


def _inside(block: Block, here: _Context) -> Iterator[Mention]:
    """The fields that entries name, at any depth."""
    for entry in block.entries:
        value = entry.value
        if isinstance(value, Block):
            yield from _inside(value, here)
        elif isinstance(value, Sql):
            named = (*references(value), *_LIQUID_FIELD.findall(value))
            yield from _each(named, entry.line, here)
        elif isinstance(value, tuple) and entry.key in _FIELD_LISTS:
            names = (item if isinstance(item, str) else item[0] for item in value)
            yield from _each(names, entry.line, here)
        elif entry.key == "field":
            yield from here.field(entry.line, str(value))


def _each(names: Iterable[str], line: int, here: _Context) -> Iterator[Mention]:
    for name in dict.fromkeys(names):
        yield from here.field(line, name)


def _texts(block: Block, key: str) -> Iterator[str]:
    for entry in (*block.of(key), *block.of(f"{key}__all")):
        if isinstance(entry.value, tuple):
            yield from (item for item in entry.value if isinstance(item, str))
        elif isinstance(entry.value, str):
            yield entry.value


def of_dashboards(loaded: Any, file: str) -> Iterator[Mention]:
    """The references of a dashboard file, as YAML has it."""
    for board in loaded if isinstance(loaded, list) else [loaded]:
        if isinstance(board, dict) and "dashboard" in board:
            for part in (*(board.get("elements") or ()), *(board.get("filters") or ())):
                if isinstance(part, dict):
                    yield from _of_part(part, _Context(file))


def _of_part(part: Mapping[str, Any], here: _Context) -> Iterator[Mention]:
    """A tile or a filter. A field of a query that the tile makes up itself is nobody's."""
    if isinstance(part.get("explore"), str):
        yield here.of(None, explore=part["explore"])
    own = {str(item.get(key)) for item in part.get("dynamic_fields") or () if isinstance(item, dict)
           for key in ("measure", "dimension", "table_calculation")}  # fmt: skip
    lists = [*(part.get(key) or () for key in ("fields", "pivots", "sorts"))]
    names = [name for found in lists for name in (found if isinstance(found, list) else ())]
    names += [*_keys(part.get("filters")), *_values(part.get("listen"))]
    names += [part["field"]] if isinstance(part.get("field"), str) else []
    for name in dict.fromkeys(_SORT.sub("", str(name)) for name in names):
        if name not in own and "." in name:
            yield from here.field(None, name)


def _keys(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, dict) else ()


def _values(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value.values())) if isinstance(value, dict) else ()
