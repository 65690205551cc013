"""The difference of two trees for their users: added, removed, renamed, changed and how."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.diagnostics import Location
from generator.lookml.reader import Sql
from generator.review.canonical import is_same_sql
from generator.review.items import Item, Items, Path
from generator.review.rules import (
    ADDED,
    BREAKING,
    REMOVED,
    SQL,
    SQL_FORM,
    VISIBLE,
    Rule,
    Severity,
    rule_of,
)

_BODY = ("sql", "sql_table_name", "derived_table.sql", "type", "filters", "explore", "fields")
"""What makes an item the same one under another name."""
_TIMEFRAMES = ("timeframes", "intervals")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its code and severity, where in the tree, and before and after where that tells.

    `at` is where the item stands, or stood; `new_name` is set where it was renamed.
    """

    code: str
    severity: Severity
    path: Path
    item: Item
    before: str | None = None
    after: str | None = None
    new_name: str | None = None

    @property
    def namespace(self) -> str:
        """The namespace it happens in."""
        return self.path[0]

    @property
    def at(self) -> Location:
        """Where the item stands, or stood."""
        return self.item.at


def changes(old: Items, new: Items) -> tuple[Change, ...]:
    """What became of each item, in the order of the paths; of what goes or comes, the top only."""
    gone = [path for path in old.found if path not in new.found]
    come = [path for path in new.found if path not in old.found]
    renamed = dict(_renamed(gone, come, old, new))
    found = (
        *_removed(gone, renamed, old, new),
        *_added(come, renamed, old, new),
        *(change for path in old.found if path in new.found for change in _changed(path, old, new)),
    )
    return tuple(sorted(found, key=lambda change: (change.path, change.code)))


def _tops(paths: Iterable[Path], other: Items) -> Iterator[Path]:
    """Those whose parent is in both trees, or is none."""
    return (
        path
        for path in paths
        if len(path) == len(("namespace", "item")) or path[:-1] in other.found
    )


def _removed(
    gone: Iterable[Path], renamed: Mapping[Path, Path], old: Items, new: Items
) -> Iterator[Change]:
    for path in _tops(gone, new):
        item = old.found[path]
        if path in renamed:
            name = new.found[renamed[path]].name
            severity = REMOVED.get(item.kind, BREAKING)
            yield Change("renamed", severity, path, item, item.name, name, name)
        else:
            yield Change("removed", REMOVED.get(item.kind, BREAKING), path, item)


def _added(
    come: Iterable[Path], renamed: Mapping[Path, Path], old: Items, new: Items
) -> Iterator[Change]:
    known = set(renamed.values())
    for path in _tops(come, old):
        if path not in known:
            item = new.found[path]
            yield Change("added", ADDED.get(item.kind, VISIBLE), path, item)


def _renamed(
    gone: Iterable[Path], come: Iterable[Path], old: Items, new: Items
) -> Iterator[tuple[Path, Path]]:
    """Items of one parent with the same body, where only one of each has it."""
    before = _by_body(_tops(gone, new), old)
    after = _by_body(_tops(come, old), new)
    for body, paths in before.items():
        others = after.get(body, ())
        if len(paths) == 1 and len(others) == 1:
            yield paths[0], others[0]


def _by_body(paths: Iterable[Path], items: Items) -> Mapping[Any, list[Path]]:
    found: dict[Any, list[Path]] = {}
    below = items.children()
    for path in paths:
        item = items.found[path]
        body = tuple((key, item.attributes[key]) for key in _BODY if key in item.attributes)
        inner = tuple(child[-1] for child in below.get(path, ()))
        if body or inner:
            found.setdefault((path[:-1], item.kind, body, inner), []).append(path)
    return found


def _changed(path: Path, old: Items, new: Items) -> Iterator[Change]:
    """The attributes that say another thing; alike changes of one item are one."""
    before, after = old.found[path], new.found[path]
    if before.attributes == after.attributes:
        return
    seen: set[str] = set()
    for key in sorted({*before.attributes, *after.attributes}):
        one, other = before.attributes.get(key), after.attributes.get(key)
        if one != other:
            rule = _rule(before.kind, key, one, other)
            if rule.code not in seen:
                seen.add(rule.code)
                said = shown(one), shown(other)
                yield Change(rule.code, rule.severity, path, after, *said)


def _rule(kind: str, key: str, before: Any, after: Any) -> Rule:
    if key in _TIMEFRAMES:
        lost = set(before or ()) - set(after or ())
        return Rule("timeframes", BREAKING if lost else VISIBLE)
    if key == "allowed_value":
        lost = set(before or ()) - set(after or ())
        return Rule("allowed-values", BREAKING if lost else VISIBLE)
    rule = rule_of(kind, key)
    if isinstance(before, Sql) and isinstance(after, Sql):
        if is_same_sql(before, after):
            return SQL_FORM
        return rule if rule.code in ("join", "table", "caching", "aggregate-table") else SQL
    return rule


def shown(value: Any) -> str | None:
    """A value for a person."""
    if isinstance(value, tuple):
        return ", ".join(
            shown(item) or "" if not _is_pair(item) else f"{item[0]}: {shown(item[1])}"
            for item in value
        )
    return None if value is None else str(value)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == len(("key", "value"))
        and isinstance(value[0], str)
    )
