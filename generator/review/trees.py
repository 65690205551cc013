"""LookML trees as items; what is alike in two of them is not read."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import yaml
from msgspec import Struct

from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.lookml.reader import MalformedError, read
from generator.review.alike import is_alike
from generator.review.changes import Tree
from generator.review.items import NAMESPACE, Item, Leaves, by_key, of_dashboards, of_lookml

LOOKML, YAML = ".lkml", ".lookml"
_HIDDEN = "."
_SMALL = 10
_BRACKETS = re.compile(r"[\[\]{}]")
_DEEPEST = 500
_STEEP = re.compile(r"(?:[-?:]\s+){500}")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Texts = Mapping[str, str]
"""The files of a tree that hold LookML, by path with `/`."""


class Reading(Struct, frozen=True):
    """What the differing files of a tree say, and which of them cannot be understood."""

    tree: Tree
    noticed: tuple[Diagnostic, ...] = ()


def is_lookml(path: str) -> bool:
    """Whether a file holds LookML, by its name."""
    return path.endswith((LOOKML, YAML)) and not path.startswith(_HIDDEN)


def compared(old: Texts, new: Texts) -> tuple[Reading, Reading]:
    """What the files say that differ between two trees; each namespace of both is there."""
    same = {path for path in old.keys() & new.keys() if _is_same(path, old[path], new[path])}
    known: Leaves = {}
    before, after = (
        read_tree({path: text for path, text in texts.items() if path not in same}, texts, known)
        for texts in (old, new)
    )
    if not (before.noticed or after.noticed):
        return before, after
    bad = {item.at.path for item in (*before.noticed, *after.noticed) if item.at}
    return _without(before, bad), _without(after, bad)


def _is_same(path: str, one: str, other: str) -> bool:
    return one == other or is_alike(one, other, yaml=path.endswith(YAML))


def _without(reading: Reading, files: set[str]) -> Reading:
    """A file that cannot be understood in one tree is compared in neither: nothing looks gone."""
    tree = {
        name: Item(
            item.kind,
            name,
            item.at,
            children={k: c for k, c in item.children.items() if c.at.path not in files},
        )
        for name, item in reading.tree.items()
    }
    return Reading(tree, reading.noticed)


def read_tree(texts: Texts, every: Texts | None = None, known: Leaves | None = None) -> Reading:
    """The items of these files by namespace; those of all the files are there, if empty.

    `known` is what the same block was found to say elsewhere.
    """
    reader = partial(items_of, known={} if known is None else known)
    found: dict[str, list[Item]] = {namespace_of(path): [] for path in sorted(every or texts)}
    noticed: list[Diagnostic] = []
    for file in sorted(texts):
        items = understood(file, texts[file], reader)
        if isinstance(items, Diagnostic):
            noticed.append(items)
        else:
            found[namespace_of(file)].extend(items)
    tree = {
        name: Item(NAMESPACE, name, Location(name), {}, by_key(items))
        for name, items in sorted(found.items())
    }
    return Reading(tree, tuple(noticed))


def namespace_of(path: str) -> str:
    """The folder that a file lies in; of a file at the top, the project itself."""
    first, slash, _ = path.partition("/")
    return first if slash else "."


def items_of(file: str, text: str, known: Leaves | None = None) -> tuple[Item, ...]:
    """The items of a file. Raises what its reader raises."""
    if file.endswith(LOOKML):
        return tuple(of_lookml(read(text), file, known))
    loaded = yaml.load(guarded(text), Loader=_LOADER)  # noqa: S506 - it is a safe one
    limit = len(text) + _SMALL
    if _size(loaded, limit) > limit:
        raise yaml.YAMLError("it says more than it has characters")
    return tuple(of_dashboards(loaded, file))


def guarded(text: str) -> str:
    """A YAML text that no reader of YAML runs out of stack on. Raises YAMLError if it is none."""
    depth = deepest = 0
    for sign in _BRACKETS.findall(text):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or _STEEP.search(text):
        raise yaml.YAMLError("it is nested too deeply")
    return text


def _size(loaded: Any, limit: int) -> int:
    """How many values there are, counted up to a limit: references can make few very many."""
    left, count = [loaded], 0
    while left and count <= limit:
        value = left.pop()
        count += 1
        if isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return count


def understood(file: str, text: str, reader: Callable[[str, str], Any]) -> Any:
    """What a reader makes of a file, or why it makes nothing of it."""
    try:
        return reader(file, text)
    except MalformedError as error:
        at = Location(file, error.line)
        return diagnostic("malformed-file", at, format="LookML", reason=error)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        at = Location(file, mark.line + 1 if mark else None)
        reason = getattr(error, "problem", None) or str(error) or "it is nested too deeply"
        return diagnostic("malformed-file", at, format="YAML", reason=reason)
