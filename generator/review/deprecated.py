"""Fields that say that they will go: for those who use them they are there still."""

from collections.abc import Iterator

from msgspec.structs import replace

from generator.facts.deprecation import Deprecation, deprecation_of
from generator.review.items import Item

_FRAMES = "timeframes"


def says(item: Item) -> Deprecation | None:
    """What a field says of its end; None if it stays."""
    hidden = item.attributes.get("hidden") == "yes"
    description = item.attributes.get("description")
    return deprecation_of(description, hidden=hidden) if isinstance(description, str) else None


def parted(old: Item, new: Item) -> Item:
    """A view as it was, but with a timeframe on its own where it is that, and deprecated, now.

    Likewise one that was on its own and is a part of its group again.
    """
    if old.kind != "view" or not (_any(old) or _any(new)):
        return old
    children = dict(old.children)
    for key, group in old.children.items():
        if group.kind == "dimension_group" and key in new.children:
            children.update(_split(group, new))
    return replace(old, children={k: c for k, c in children.items() if not _is_back(c, new)})


def _any(view: Item) -> bool:
    return any(says(child) for child in view.children.values())


def _split(group: Item, new: Item) -> Iterator[tuple[str, Item]]:
    """A group without the timeframes that stand alone in the new view, and those."""
    alone = {name: f"dimension {group.name}_{name}" for name in group.attributes.get(_FRAMES, ())}
    kept = {name: key for name, key in alone.items() if _is_deprecated(new, key)}
    if kept:
        left = tuple(name for name in alone if name not in kept)
        yield group.key, replace(group, attributes={**group.attributes, _FRAMES: left})
        for name, key in kept.items():
            yield key, Item("dimension", f"{group.name}_{name}", group.at, bare=group.bare)


def _is_deprecated(view: Item, key: str) -> bool:
    return key in view.children and says(view.children[key]) is not None


def _is_back(item: Item, new: Item) -> bool:
    """Whether a field that was to go is a timeframe of a group."""
    if item.kind != "dimension" or item.key in new.children or says(item) is None:
        return False
    groups = (child for child in new.children.values() if child.kind == "dimension_group")
    return any(
        item.name == f"{group.name}_{name}"
        for group in groups
        for name in group.attributes.get(_FRAMES, ())
    )
