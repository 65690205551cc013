"""Guesses what was renamed: what says the same under a new name, where only one of each does."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from generator.review.items import FILE, NAMESPACE, Item

_BODY: Mapping[str, tuple[str, ...]] = {
    "aggregate_table": ("query.dimensions", "query.measures", "query.filters"),
    "dashboard_filter": ("field", "explore", "type"),
    "datagroup": ("sql_trigger",),
    "dimension": ("sql", "sql_start", "sql_end", "sql_latitude", "sql_longitude"),
    "dimension_group": ("sql", "sql_start", "sql_end"),
    "filter": ("sql",),
    "join": ("sql_on", "sql"),
    "measure": ("sql", "type", "filters", "percentile", "based_on"),
    "parameter": ("allowed_value",),
    "set": ("fields",),
    "tile": ("explore", "fields", "pivots", "filters", "dynamic_fields", "type"),
    "view": ("sql_table_name", "derived_table.sql", "extends"),
}
"""By kind, what makes an item the same one under another name; one without any is not guessed."""
_WHOLE = frozenset({NAMESPACE, "dashboard"})
"""Kinds that are the same if what stands in them has the same names."""
_MOVABLE = frozenset({"view", "explore", "dashboard"})


def renames(gone: Mapping[str, Item], come: Mapping[str, Item]) -> dict[str, str]:
    """The key of what came by the key of what went, of siblings.

    First those that also have the same things in them, then those with the same body alone.
    """
    found: dict[str, str] = {}
    for sign in (_full, body):
        left = {key: item for key, item in gone.items() if key not in found}
        right = {key: item for key, item in come.items() if key not in found.values()}
        found.update(_matched(left, right, sign))
    return found


def _matched(
    gone: Mapping[str, Item], come: Mapping[str, Item], sign: Callable[[Item], Any]
) -> Iterator[tuple[str, str]]:
    before, after = _by_sign(gone, sign), _by_sign(come, sign)
    for found, keys in before.items():
        others = after.get(found, ())
        if len(keys) == 1 and len(others) == 1:
            yield keys[0], others[0]


def _by_sign(items: Mapping[str, Item], sign: Callable[[Item], Any]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for key, item in items.items():
        said = sign(item)
        if said is not None:
            found.setdefault((item.kind, said), []).append(key)
    return found


def _full(item: Item) -> Any:
    said = body(item)
    return None if said is None else (said, _names(item))


def body(item: Item) -> Any:
    """What an item is apart from its name and its looks; None if that tells too little."""
    if item.kind == "explore":
        return _base(item), item.attributes.get("sql_always_where"), _names(item)
    if item.kind in _WHOLE:
        return _names(item) or None
    said = tuple((key, item.attributes.get(key)) for key in _BODY.get(item.kind, ()))
    if all(value is None for _, value in said):
        return _names(item) or None if item.kind == "view" else None
    return said + ((("view", _base(item)),) if item.kind == "join" else ())


def _base(item: Item) -> Any:
    return item.attributes.get("from", item.attributes.get("view_name", item.name))


def _names(item: Item) -> tuple[str, ...]:
    return tuple(sorted(key for key, child in item.children.items() if child.kind != FILE))


def moves(
    old: Mapping[str, Item], new: Mapping[str, Item]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Objects that stand in another namespace than before, by namespace and key."""
    gone, come = _lost(old, new), _lost(new, old)
    for key, (place, *more) in gone.items():
        others = come.get(key, ())
        if not more and len(others) == 1:
            (other,) = others
            if _is_same(old[place].children[key], new[other].children[key]):
                yield (place, key), (other, key)


def _is_same(one: Item, other: Item) -> bool:
    return body(one) == body(other) or _names(one) == _names(other) != ()


def _lost(tree: Mapping[str, Item], other: Mapping[str, Item]) -> dict[str, list[str]]:
    """The namespaces that had an object which they have no more; whole namespaces left out."""
    found: dict[str, list[str]] = {}
    for name, namespace in tree.items():
        if name in other:
            there = other[name].children
            for key in _movable(namespace.children, there):
                found.setdefault(key, []).append(name)
    return found


def _movable(children: Mapping[str, Item], there: Mapping[str, Item]) -> Iterable[str]:
    return (key for key, c in children.items() if c.kind in _MOVABLE and key not in there)
