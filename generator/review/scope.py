"""What a file of a project can see: what its models include, of the hub and of the project."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct, field

from generator.diagnostics import Diagnostic
from generator.lookml.reader import Block, read
from generator.review.items import Item
from generator.review.trees import LOOKML, YAML, Texts, items_of, understood

File = tuple[bool, str]
"""Whether it is of the hub, and its path there."""

MANIFEST = "manifest.lkml"
_MODEL = ".model.lkml"
_FOREIGN = "//"
_ENDS = rf"(?:\{LOOKML}|\{YAML})?"


class Scope(Struct, frozen=True):
    """The files that are seen together, and whether some are of projects that we do not know."""

    files: tuple[File, ...]
    foreign: bool


class Reader(Struct):
    """Reads files once, whichever tree they are of; what cannot be understood says nothing."""

    _known: dict[tuple[str, str], tuple[Item, ...]] = field(default_factory=dict)

    def items(self, path: str, text: str) -> tuple[Item, ...]:
        """The items of a file."""
        key = path, text
        if key not in self._known:
            found = understood(path, text, items_of)
            self._known[key] = () if isinstance(found, Diagnostic) else found
        return self._known[key]


class Project(Struct, frozen=True):
    """A spoke on a hub: the texts of both, and the names by which the spoke imports the hub."""

    spoke: Texts
    hub: Texts
    names: frozenset[str]
    reader: Reader

    def text(self, file: File) -> str:
        """The text of a file."""
        return (self.hub if file[0] else self.spoke)[file[1]]

    def items(self, file: File) -> tuple[Item, ...]:
        """The items of a file."""
        return self.reader.items(file[1], self.text(file))

    def included(self, file: File, pattern: str) -> tuple[File, ...] | None:
        """The files that an include names; None if they are in a project that we do not know."""
        if pattern.startswith(_FOREIGN):
            name, _, path = pattern.removeprefix(_FOREIGN).partition("/")
            return self._matching(path, of_hub=True) if name in self.names else None
        if pattern.startswith("/"):
            return self._matching(pattern[1:], of_hub=file[0])
        folder = file[1].rpartition("/")[0]
        beside = self._matching(f"{folder}/{pattern}".lstrip("/"), of_hub=file[0])
        return beside or self._matching(pattern, of_hub=file[0])

    def _matching(self, pattern: str, *, of_hub: bool) -> tuple[File, ...]:
        form = _form(pattern)
        paths = self.hub if of_hub else self.spoke
        return tuple((of_hub, path) for path in paths if form.fullmatch(path))

    def scope(self, starts: Iterable[File]) -> Scope:
        """These files and all that they include, in turn."""
        left, seen, foreign = list(starts), dict[File, None](), False
        while left:
            file = left.pop()
            if file in seen:
                continue
            seen[file] = None
            for pattern in self._includes(file):
                found = self.included(file, pattern)
                foreign = foreign or found is None
                left.extend(found or ())
        return Scope(tuple(sorted(seen)), foreign)

    def _includes(self, file: File) -> Iterator[str]:
        if "include" not in self.text(file) or file[1].endswith(YAML):
            return
        for item in self.items(file):
            said: Any = item.attributes.get("include", ()) if item.kind == "file" else ()
            yield from (text for text in said if isinstance(text, str))

    def scopes(self) -> Mapping[str, tuple[Scope, ...]]:
        """What each file of the spoke sees: that of a model, or all if no model includes it."""
        models = [path for path in self.spoke if path.endswith(_MODEL)]
        found: dict[str, list[Scope]] = {path: [] for path in self.spoke}
        for model in models:
            scope = self.scope([(False, model)])
            for of_hub, path in scope.files:
                if not of_hub:
                    found[path].append(scope)
        every = self.scope([(False, path) for path in self.spoke])
        return {path: tuple(scopes) or (every,) for path, scopes in found.items()}


@cache
def _form(pattern: str) -> re.Pattern[str]:
    """The paths that an include means; the end of a name may be left out.

    >>> [bool(_form("views/*").fullmatch(p)) for p in ("views/a.view.lkml", "views/b/c.view.lkml")]
    [True, False]
    >>> bool(_form("**/[!0-9]*.view").fullmatch("shop/views/orders.view.lkml"))
    True
    """
    parts = re.findall(r"\*\*/?|\*|\[!?[^\]]+\]|.", pattern, re.DOTALL)
    try:
        return re.compile(f"{''.join(map(_part, parts))}{_ENDS}", re.DOTALL)
    except re.error:  # a range from Z to A: no file has such a name
        return re.compile(re.escape(pattern))


def _part(part: str) -> str:
    if part.startswith("**"):
        return "(?:.*/)?" if part.endswith("/") else ".*"
    if part == "*":
        return "[^/]*"
    if part.startswith("[") and len(part) > 1:
        inner = part[1:-1]
        negated, inner = inner.startswith("!"), inner.removeprefix("!")
        return f"[{'^' if negated else ''}{re.escape(inner).replace(chr(92) + '-', '-')}]"
    return re.escape(part)


def hub_names(spoke: Texts, hubs: Iterable[Texts]) -> frozenset[str]:
    """The names by which a spoke imports the hub.

    It is the only project that its manifest names; among several, those that have a file which
    the spoke includes.
    """
    named = frozenset(_dependencies(spoke.get(MANIFEST, "")))
    if len(named) == 1:
        return named
    paths = {path for hub in hubs for path in hub}
    found = set()
    for text in spoke.values():
        for name, rest in re.findall(r'include:\s*"//([^/"]+)/([^"]*)"', text):
            if name not in found and any(map(_form(rest).fullmatch, paths)):
                found.add(name)
    return frozenset(found) & named if named else frozenset(found)


def _dependencies(text: str) -> Iterator[str]:
    block = understood(MANIFEST, text, lambda _, found: read(found))
    for entry in block.entries if isinstance(block, Block) else ():
        if isinstance(entry.value, Block) and entry.key.endswith("_dependency"):
            if entry.value.name:
                yield entry.value.name
            yield from (str(inner.value) for inner in entry.value.of("project"))
