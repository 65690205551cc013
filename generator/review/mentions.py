"""What hand-written LookML refers to: files, views, explores and fields, each with its place."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Location
from generator.lookml.fragments import references
from generator.lookml.reader import Block, Entry, Sql

_LIQUID = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_LIQUID_FIELD = re.compile(
    r"(?<![\w.$'\"])([a-z]\w*\.[a-z]\w*)\._?[a-z]\w*|_filters\[\s*['\"]([\w.]+)['\"]\s*\]"
)
_FIELDS = frozenset(
    {"fields", "drill_fields", "dimensions", "measures", "pivots", "required_fields", "filters"}
    | {"timestamp", "based_on", "suggest_dimension", "field", "sql_distinct_key"}
)
_DATAGROUPS = frozenset({"persist_with", "datagroup_trigger"})
_EXPLORES = frozenset({"suggest_explore", "explore_source"})
_NAME = re.compile(r"[a-z]\w*\*?", re.IGNORECASE)


class Mention(Struct, frozen=True):
    """A reference: `kind` says to what, `name` to which; of a field, `view` says in which.

    `inside` is the explore whose query names the field: its joins say what a view's name means.
    """

    at: Location
    kind: str
    name: str
    view: str = ""
    inside: str | None = None

    @property
    def label(self) -> str:
        """What it refers to, as it is written."""
        return f"{self.view}.{self.name}" if self.view else self.name


class Context(Struct, frozen=True):
    """Where we are: the file, the view whose fields need no prefix, and the explore."""

    file: str
    home: str = ""
    inside: str | None = None

    def of(self, line: int | None, kind: str, name: str) -> Mention:
        """A reference to something by its name."""
        return Mention(Location(self.file, line), kind, name)

    def field(self, line: int | None, text: str) -> Iterator[Mention]:
        """A field as it is written, with or without its view; a set ends in `*`."""
        view, dot, name = text.removeprefix("-").strip().rpartition(".")
        view = view if dot else self.home
        if view and _NAME.fullmatch(name) and _NAME.fullmatch(view):
            yield Mention(Location(self.file, line), "field", name, view, self.inside)


def of_lookml(block: Block, file: str) -> Iterator[Mention]:
    """The references of a LookML file."""
    here = Context(file)
    for entry in block.entries:
        value = entry.value
        if entry.key == "include" and isinstance(value, str):
            yield here.of(entry.line, "include", value)
        elif isinstance(value, Block) and entry.key == "view":
            yield from _of_view(entry, value, here)
        elif isinstance(value, Block) and entry.key == "explore":
            yield from _of_explore(entry, value, here)
        else:
            yield from _of_entry(entry, here)


def _of_view(entry: Entry, block: Block, here: Context) -> Iterator[Mention]:
    name = block.name or ""
    if name.startswith("+"):
        yield here.of(entry.line, "view", name[1:])
    yield from _extended(block, "view", here)
    yield from _inside(block, replace(here, home=name.removeprefix("+")))


def _of_explore(entry: Entry, block: Block, here: Context) -> Iterator[Mention]:
    name = (block.name or "").removeprefix("+")
    if block.name != name:
        yield here.of(entry.line, "explore", name)
    yield from _extended(block, "explore", here)
    named = next(iter((*texts(block, "from"), *texts(block, "view_name"))), None)
    adds = block.name != name or any(block.of("extends"))
    if named or not adds:
        yield here.of(entry.line, "view", named or name)
    home = next(texts(block, "view_name"), name)
    yield from _inside(block, replace(here, home=home, inside=name))


def _extended(block: Block, kind: str, here: Context) -> Iterator[Mention]:
    for entry in block.of("extends"):
        yield from (here.of(entry.line, kind, name) for name in _words(entry))


def _inside(block: Block, here: Context) -> Iterator[Mention]:
    for entry in block.entries:
        yield from _of_entry(entry, here)


def _of_entry(entry: Entry, here: Context) -> Iterator[Mention]:
    """What an entry names, at any depth."""
    value = entry.value
    if isinstance(value, Block):
        yield from _of_block(entry, value, here)
    elif isinstance(value, Sql):
        yield from _each((*references(value), *_in_liquid(value)), entry.line, here)
    elif entry.key in _FIELDS:
        yield from _each(_words(entry), entry.line, here)
    elif entry.key in _DATAGROUPS:
        yield here.of(entry.line, "datagroup", str(value))
    elif entry.key in _EXPLORES:
        yield here.of(entry.line, "explore", str(value))
    elif isinstance(value, str) and "{" in value:
        yield from _each(_in_liquid(value), entry.line, here)


def _of_block(entry: Entry, block: Block, here: Context) -> Iterator[Mention]:
    if entry.key == "join":
        named = (*texts(block, "from"), *texts(block, "view_name"), block.name or "")
        yield here.of(entry.line, "view", named[0])
        here = replace(here, home=block.name or "")
    elif entry.key in _EXPLORES and block.name:
        yield here.of(entry.line, "explore", block.name)
        here = replace(here, home=block.name, inside=block.name)
    yield from _inside(block, here)


def _in_liquid(text: str) -> Iterator[str]:
    """The fields that Liquid reads.

    >>> list(_in_liquid("{{ orders.total._value }} and orders.x.y {{ _filters['orders.city'] }}"))
    ['orders.total', 'orders.city']
    """
    for tag in _LIQUID.findall(text):
        yield from (one or other for one, other in _LIQUID_FIELD.findall(tag))


def _each(names: Iterable[str], line: int, here: Context) -> Iterator[Mention]:
    for name in dict.fromkeys(names):
        yield from here.field(line, name)


def _words(entry: Entry) -> Iterator[str]:
    """What an entry lists; of pairs, the first."""
    if isinstance(entry.value, tuple):
        yield from (item if isinstance(item, str) else item[0] for item in entry.value)
    elif isinstance(entry.value, str):
        yield entry.value


def texts(block: Block, key: str) -> Iterator[str]:
    """The words of a key."""
    for entry in block.of(key):
        yield from _words(entry)
