"""What hand-written dashboards refer to, each with its line."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from generator.review.mentions import Context, Mention
from generator.review.trees import guarded

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SORT = re.compile(r"\s+(asc|desc)\b.*", re.IGNORECASE)
_LISTS = ("fields", "pivots", "sorts", "hidden_fields", "fill_fields")
_MADE_UP = ("measure", "dimension", "table_calculation")
"""What a tile calls a field that it makes itself."""


def of_dashboards(text: str, file: str) -> Iterator[Mention]:
    """The references of a dashboard file. Raises YAMLError if it is none."""
    root = yaml.compose(guarded(text), Loader=_LOADER)
    for board in _items(root) or [root]:
        found = _pairs(board)
        here = Context(file)
        for node in _texts(found.get("extends")):
            yield here.of(_line(node), "dashboard", node.value)
        for key in ("elements", "filters"):
            for part in _items(found.get(key)):
                yield from _of_part(_pairs(part), here)


def _of_part(part: dict[str, Any], here: Context) -> Iterator[Mention]:
    """A tile or a filter; a field that the tile makes up itself is nobody's."""
    explore = part.get("explore")
    if isinstance(explore, yaml.ScalarNode):
        yield here.of(_line(explore), "explore", explore.value)
        here = Context(here.file, inside=explore.value)
    own = {
        node.value
        for made in _items(part.get("dynamic_fields"))
        for key in _MADE_UP
        for node in _texts(_pairs(made).get(key))
    }
    seen: set[str] = set()
    for node in _named(part):
        name = _SORT.sub("", node.value)
        if "." in name and name not in own | seen:
            seen.add(name)
            yield from here.field(_line(node), name)


def _named(part: dict[str, Any]) -> Iterator[Any]:
    """The texts that name a field, in the order in which they are written."""
    for key in _LISTS:
        yield from _texts(part.get(key))
    yield from _keys(part.get("filters"))
    yield from _pairs(part.get("listen")).values()
    yield from _texts(part.get("field"))


def _items(node: Any) -> list[Any]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _pairs(node: Any) -> dict[str, Any]:
    """The nodes of a map by key."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {k.value: v for k, v in node.value if isinstance(k, yaml.ScalarNode)}


def _keys(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.MappingNode):
        yield from (key for key, _ in node.value if isinstance(key, yaml.ScalarNode))


def _texts(node: Any) -> list[Any]:
    """The texts of a list, or the only one."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [item for item in nodes if isinstance(item, yaml.ScalarNode)]


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
