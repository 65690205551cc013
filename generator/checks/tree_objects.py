"""LookML that anybody wrote, as our objects: what we have no word for is left out."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator import lookml
from generator.checks.scope import explore_key
from generator.diagnostics import Location
from generator.lookml import objects
from generator.lookml.dashboards import Control, Dashboard, DashboardFilter, Element
from generator.lookml.reader import Block, Entry
from generator.lookml.syntax import Form, parameters

_CLASSES: Mapping[str, Any] = {
    cls.keyword: cls for cls in vars(objects).values() if hasattr(cls, "keyword")
}
_PAIR = 2


def document_of(block: Block) -> lookml.Document:
    """The objects of a file."""
    made: lookml.Document = _object(lookml.Document, block)
    return made


def _object(cls: Any, block: Block) -> Any:
    known = parameters(cls)
    values: dict[str, Any] = {"name": block.name} if block.name is not None else {}
    for entry in block.entries:
        if entry.key not in known:
            continue
        attribute, form = known[entry.key]
        value = _value(form, entry)
        several = isinstance(value, tuple) and attribute in values
        if value is not None:
            values[attribute] = (*values[attribute], *value) if several else value
    if "name" not in values and "name" in cls.__struct_fields__:
        values["name"] = ""
    return cls(**values)


def _value(form: Form, entry: Entry) -> Any:
    """What an entry says; None if it has another form."""
    value = entry.value
    if form in (Form.BLOCK, Form.BLOCKS):
        made = _object(_CLASSES[entry.key], value) if isinstance(value, Block) else None
        return (made,) if made and form is Form.BLOCKS else made
    if form is Form.PAIRS:
        return _pairs(value)
    if form in (Form.WORDS, Form.TEXTS, Form.EACH_TEXT):
        items = value if isinstance(value, tuple) else (value,)
        return tuple(item for item in items if isinstance(item, str))
    if isinstance(value, Block | tuple):
        return None
    return value == "yes" if form is Form.FLAG else str(value)


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    """Filters as a list, or in the old form as a block with `field` and `value`."""
    if isinstance(value, Block):
        said = {entry.key: str(entry.value) for entry in value.entries}
        return ((said["field"], said.get("value", "")),) if "field" in said else ()
    items = value if isinstance(value, tuple) else ()
    return tuple(item for item in items if isinstance(item, tuple) and len(item) == _PAIR)


def places_of(block: Block, file: str) -> Iterator[tuple[tuple[str, str], Location]]:
    """The lines of views and explores, and of their fields."""
    for entry in block.entries:
        if isinstance(entry.value, Block) and entry.value.name is not None:
            is_explore = entry.key == lookml.Explore.keyword
            name = explore_key(entry.value.name) if is_explore else entry.value.name
            yield (name, ""), Location(file, entry.line)
            for inner in entry.value.entries:
                if isinstance(inner.value, Block) and inner.value.name is not None:
                    yield (name, inner.value.name), Location(file, inner.line)


def extensions_of(block: Block) -> Iterator[str]:
    """The explores that are there to be extended only."""
    for entry in block.of("explore"):
        if isinstance(entry.value, Block) and any(entry.value.of("extension")):
            yield entry.value.name or ""


def dashboards_of(loaded: Any) -> Iterator[Dashboard]:
    """The dashboards of a file, as YAML has it; tiles that ask nothing are left out."""
    for entry in loaded if isinstance(loaded, list) else [loaded]:
        if isinstance(entry, dict) and "dashboard" in entry:
            name = str(entry["dashboard"])
            filters = (_filter(item) for item in _dicts(entry.get("filters")))
            tiles = (_tile(item) for item in _dicts(entry.get("elements")) if "explore" in item)
            title = str(entry.get("title", name))
            yield Dashboard(name, title, filters=tuple(filters), elements=tuple(tiles))


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    yield from (
        item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict)
    )


def _filter(item: Mapping[str, Any]) -> DashboardFilter:
    control = item.get("ui_config")
    offered = _texts(control.get("options")) if isinstance(control, dict) else ()
    heard = item.get("listens_to_filters")
    return DashboardFilter(
        name=str(item.get("name", "")),
        title=str(item.get("title", "")),
        type=str(item.get("type", "")),
        default_value=_text(item, "default_value"),
        required=item.get("required") is True,
        ui_config=Control("", "", offered) if offered else None,
        model=_text(item, "model"),
        explore=_text(item, "explore"),
        listens_to_filters=_texts(heard) if heard else None,
        field=_text(item, "field"),
    )


def _text(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    return None if value is None or isinstance(value, dict | list) else str(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _said(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(k), str(v)) for k, v in value.items()) if isinstance(value, dict) else ()


_OWN = ("measure", "dimension", "table_calculation")
"""The keys by which a tile names fields that it makes up itself."""


def _tile(item: Mapping[str, Any]) -> Element:
    made_up = {str(one.get(key)) for one in _dicts(item.get("dynamic_fields")) for key in _OWN}
    title = str(item.get("title", item.get("name", "")))
    place = {key: item[key] for key in ("row", "col", "width", "height")
             if isinstance(item.get(key), int)}  # fmt: skip
    return Element(
        title=title,
        name=str(item.get("name", title)),
        model=str(item.get("model", "")),
        explore=str(item["explore"]),
        type=str(item.get("type", "")),
        fields=tuple(name for name in _texts(item.get("fields")) if name not in made_up),
        pivots=tuple(name for name in _texts(item.get("pivots")) if name not in made_up),
        filters=_said(item.get("filters")),
        sorts=tuple(s for s in _texts(item.get("sorts")) if s.partition(" ")[0] not in made_up),
        listen=_said(item.get("listen")),
        **place,
    )
