"""The difference of two trees for their users: what came, went, moved and changed, and how."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Location
from generator.lookml.reader import Sql
from generator.review.canonical import is_same_sql
from generator.review.deprecated import parted, says
from generator.review.items import FILE, NAMESPACE, Item, differing
from generator.review.renames import moves, renames
from generator.review.rules import (
    ADDED,
    BREAKING,
    DEPRECATED,
    HIDDEN,
    KIND,
    LOSING,
    MOVED_AWAY,
    ORDER,
    REMOVED,
    SQL,
    SQL_FORM,
    VISIBLE,
    Rule,
    Severity,
    rule_of,
)

Path: TypeAlias = tuple[str, ...]
"""Namespace, then `kind name` for each object down to the item."""
Tree: TypeAlias = Mapping[str, Item]
"""The namespaces by name."""

FIELD_KINDS = ("dimension", "dimension_group", "measure", "filter", "parameter")
_SQL_OF_ITS_OWN = frozenset({"join", "table", "caching", "aggregate-table", "filters", "looks"})
"""Changes that say more than that some SQL has another meaning."""


class Change(Struct, frozen=True):
    """One change: its code and severity, of what, where, and before and after where that tells.

    `path` and `at` are where the item stands now, or stood if it is gone.
    """

    code: str
    severity: Severity
    path: Path
    kind: str
    name: str
    at: Location
    before: str | None = None
    after: str | None = None
    contents: tuple[tuple[str, int], ...] = ()
    """Of what came or went: how many of each kind came or went with it."""

    @property
    def namespace(self) -> str:
        """The namespace it happens in."""
        return self.path[0]


def changes(old: Tree, new: Tree) -> tuple[Change, ...]:
    """What became of each item; of what came or went with another, only that other is told.

    Trees without the files that are alike in both do as well, as long as no namespace is missing.
    """
    before, after = (Item("tree", "", Location(""), {}, _keyed(tree)) for tree in (old, new))
    moved = dict(moves(old, new))
    found = [
        *(change for (a, b) in moved.items() for change in _moved(a, b, old, new)),
        *_compared(_without(before, moved.keys()), _without(after, moved.values()), ()),
    ]
    return tuple(sorted(found, key=lambda change: (change.path, change.code)))


def _keyed(tree: Tree) -> dict[str, Item]:
    return {item.key: item for item in tree.values()}


def _without(tree: Item, paths: Any) -> Item:
    """The tree without some objects of its namespaces."""
    lost = frozenset(paths)
    children = {
        key: replace(
            item, children={k: c for k, c in item.children.items() if (item.name, k) not in lost}
        )
        for key, item in tree.children.items()
    }
    return replace(tree, children=children)


def _moved(old: tuple[str, str], new: tuple[str, str], before: Tree, after: Tree) -> Iterator[Any]:
    item, other = before[old[0]].children[old[1]], after[new[0]].children[new[1]]
    yield _change(MOVED_AWAY, new, other, old[0], new[0])
    yield from _compared(item, other, new)


def _compared(old: Item, new: Item, path: Path) -> Iterator[Change]:
    """What became of an item and of all in it."""
    yield from _said(old, new, path)
    old = parted(old, new)
    gone = {key: item for key, item in old.children.items() if key not in new.children}
    come = {key: item for key, item in new.children.items() if key not in old.children}
    pairs = {**_of_another_kind(gone, come), **renames(gone, come)} if gone and come else {}
    taken = set(pairs.values())
    for key, item in old.children.items():
        if key in new.children:
            if not _is_untouched(item, new.children[key]):
                yield from _compared(item, new.children[key], (*path, _step(item)))
        elif key in pairs:
            yield from _paired(item, come[pairs[key]], path)
        elif item.kind != FILE:
            severity = REMOVED.get(item.kind, BREAKING)
            yield _change(Rule("removed", severity), (*path, _step(item)), item, _end(item))
    for key, item in come.items():
        if key not in taken and item.kind != FILE:
            rule = Rule("added", ADDED.get(item.kind, VISIBLE))
            rule = DEPRECATED if _end(item) else rule
            yield _change(rule, (*path, _step(item)), item, None, _end(item))


def _is_untouched(old: Item, new: Item) -> bool:
    """Whether both stand for the same text: such are told apart without a look at what they say."""
    return old.attributes is new.attributes and not (old.children or new.children)


def _end(item: Item) -> str | None:
    """What an item says of its end, if it is a field that will go."""
    said = says(item)
    return str(said) if said else None


def _step(item: Item) -> str:
    return item.name if item.kind == NAMESPACE else item.key


def _of_another_kind(gone: Mapping[str, Item], come: Mapping[str, Item]) -> dict[str, str]:
    """A field that is now a field of another kind, under its old name."""
    names = {item.name: key for key, item in come.items() if item.kind in FIELD_KINDS}
    return {
        key: names[item.name]
        for key, item in gone.items()
        if item.kind in FIELD_KINDS and item.name in names
    }


def _paired(old: Item, new: Item, path: Path) -> Iterator[Change]:
    """An item under another name, or of another kind; of the latter nothing else is told."""
    here = (*path, _step(new))
    if old.kind != new.kind:
        yield _change(KIND, here, new, old.kind, new.kind)
        return
    severity = REMOVED.get(old.kind, BREAKING)
    renamed = _change(Rule("renamed", severity), (*path, _step(old)), old, old.name, new.name)
    yield replace(renamed, contents=())
    yield from _compared(old, new, here)


def _change(
    rule: Rule, path: Path, item: Item, before: str | None = None, after: str | None = None
) -> Change:
    whole = rule.code in ("added", "removed")
    kinds = Counter(child.kind for child in _below(item)) if whole else {}
    contents = tuple(sorted(kinds.items()))
    return Change(
        rule.code, rule.severity, path, item.kind, item.name, item.at, before, after, contents
    )


def _below(item: Item) -> Iterator[Item]:
    for child in item.children.values():
        if child.kind != FILE:
            yield child
            yield from _below(child)


def _said(old: Item, new: Item, path: Path) -> Iterator[Change]:
    """The attributes that say another thing; those that mean the same for a person are one.

    That a field will go, or will not after all, is one thing, whatever it says otherwise for that.
    """
    if old.attributes == new.attributes:
        return
    before, after = _end(old), _end(new)
    if bool(before) != bool(after):
        yield _change(DEPRECATED if after else HIDDEN, path, new, before, after)
        return
    found: dict[Rule, list[tuple[str, Any, Any]]] = {}
    for key in differing(old, new):
        before, after = old.attributes.get(key), new.attributes.get(key)
        found.setdefault(_rule(new.kind, key, before, after), []).append((key, before, after))
    for rule, values in found.items():
        yield _change(rule, path, new, _shown(values, 1), _shown(values, 2))


def _rule(kind: str, key: str, before: Any, after: Any) -> Rule:
    rule = rule_of(kind, key)
    if rule.code in LOSING:
        lost = set(before or ()) - set(after or ())
        return Rule(rule.code, LOSING[rule.code] if lost else rule.severity)
    if key.rpartition(".")[2].startswith("sql"):
        return _of_sql(rule, before, after)
    if isinstance(before, tuple) and isinstance(after, tuple) and kind not in ("tile", "dashboard"):
        return ORDER if Counter(before) == Counter(after) else rule
    return rule


def _of_sql(rule: Rule, before: Any, after: Any) -> Rule:
    if isinstance(before, Sql) and isinstance(after, Sql) and is_same_sql(before, after):
        return SQL_FORM
    return rule if rule.code in _SQL_OF_ITS_OWN else SQL


def _shown(values: list[tuple[str, Any, Any]], place: int) -> str | None:
    """The values before or after; with their keys if there are several."""
    if len(values) == 1:
        return shown(values[0][place])
    said = ((value[0], shown(value[place])) for value in values)
    return ", ".join(f"{key}: {text}" for key, text in said if text is not None) or None


def shown(value: Any) -> str | None:
    """A value for a person."""
    if isinstance(value, tuple):
        return ", ".join(_part(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _part(item: Any) -> str:
    if isinstance(item, tuple) and len(item) == len(("key", "value")) and isinstance(item[0], str):
        return f"{item[0]}: {shown(item[1])}"
    return shown(item) or ""
