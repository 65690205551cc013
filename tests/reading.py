"""Reads printed LookML back into the objects it was printed from, through the `lkml` reader.

`lkml` was written by others, so it judges us: what it finds in a file is what the file says. So
does PyYAML of dashboards.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
import lkml
import yaml
from lkml.keys import PLURAL_KEYS, pluralize
from msgspec.structs import fields

from generator import dbt
from generator.artifact import Artifact, Dropdowns, Listing
from generator.builders.dbt_models import ENGINES
from generator.dbt.syntax import plain
from generator.lookml import objects
from generator.lookml.dashboards import Control, Dashboard, DashboardFilter, Element
from generator.lookml.objects import Document
from generator.lookml.syntax import Form, parameters, unescape

BLOCKS: Mapping[str, Any] = {
    cls.keyword: cls
    for cls in vars(objects).values()
    if hasattr(cls, "keyword") and cls is not Document
}
"""Every object that stands in another or in a file, by its keyword."""


def reads_back(artifact: Artifact, text: str) -> bool:
    """Whether the text of an artifact says exactly what its content does."""
    content = artifact.content
    match content:
        case Document() | Dashboard() | Dropdowns():
            return bool(content == _WHOLE[type(content)](text))
        case Listing():
            return bool(content.content == yaml.safe_load(text))
        case dbt.Template():
            return bool(text)
        case dbt.Model():
            return all(rendered(text, target) == _resolved(content, target) for target in ENGINES)
        case _:
            return bool(plain(content) == yaml.safe_load(text))


def rendered(text: str, target: str) -> str:
    """What dbt makes of a model for a type of target; a source is `<name/table>`."""
    given = {"target": {"type": target}, "source": lambda name, table: f"<{name}/{table}>"}
    return jinja2.Environment(autoescape=False).from_string(text).render(given).strip()  # noqa: S701


def _resolved(model: dbt.Model, target: str) -> str:
    """The SQL of a model for a type of target, with each table as its source."""
    text = model.sql[target]
    for mark in sorted(model.sources, reverse=True):
        _, name, _, table, _ = model.sources[mark].split("'")
        text = text.replace(mark, f"<{name}/{table}>")
    return text


def read_document(text: str) -> Document:
    """The objects of a LookML file. Raises ValueError if it says what none of them can."""
    found: Document = _read(Document, lkml.load(text))
    return found


def _read(cls: Any, written: Mapping[str, Any]) -> Any:
    """An object of a class from what `lkml` makes of it."""
    rest = dict(written)
    values: dict[str, Any] = {"name": rest.pop("name")} if "name" in rest else {}
    for keyword, (attribute, form) in parameters(cls).items():
        key = pluralize(keyword) if keyword in PLURAL_KEYS else keyword
        if key in rest:
            values[attribute] = _READERS[form](keyword, rest.pop(key))
    if rest:
        raise ValueError(f"{cls.__name__} has no {rest}")
    return cls(**values)


def _pairs(keyword: str, written: Any) -> tuple[tuple[str, str], ...]:
    found = (pair for entry in _only(keyword, written) for pair in entry.items())
    return tuple((name, unescape(value)) for name, value in found)


def _only(keyword: str, written: Any) -> Any:
    """A list; `lkml` gathers those that may stand several times, which ours never do."""
    if keyword not in PLURAL_KEYS:
        return written
    (only,) = written
    return only


_READERS: Mapping[Form, Callable[[str, Any], Any]] = {
    Form.WORD: lambda _, written: written,
    Form.TEXT: lambda _, written: unescape(written),
    Form.EXPRESSION: lambda _, written: written,
    Form.FLAG: lambda _, written: {"yes": True, "no": False}[written],
    Form.WORDS: lambda keyword, written: tuple(_only(keyword, written)),
    Form.TEXTS: lambda _, written: tuple(map(unescape, written)),
    Form.EACH_TEXT: lambda _, written: tuple(map(unescape, written)),
    Form.PAIRS: _pairs,
    Form.BLOCK: lambda keyword, written: _read(BLOCKS[keyword], _only(keyword, written)),
    Form.BLOCKS: lambda keyword, written: tuple(_read(BLOCKS[keyword], w) for w in written),
}


def read_dashboard(text: str) -> Dashboard:
    """The only dashboard of a file."""
    (written,) = yaml.safe_load(text)
    found: Dashboard = _plain(Dashboard, written)
    return found


def _plain(cls: Any, written: Mapping[str, Any]) -> Any:
    """An object of a class from plain data; an element keeps further keys as its options."""
    names = {item.name for item in fields(cls)} - ({"options"} if cls is Element else set())
    values = {key: _value(cls, key, item) for key, item in written.items() if key in names}
    further = tuple((key, item) for key, item in written.items() if key not in names)
    return cls(**values, options=further) if further else cls(**values)


def _value(cls: Any, key: str, written: Any) -> Any:
    part = _PARTS.get((cls, key))
    if isinstance(written, dict):
        return _plain(part, written) if part else tuple(written.items())
    if isinstance(written, list):
        return tuple(_plain(part, item) if part else item for item in written)
    return written


_PARTS: Mapping[tuple[Any, str], Any] = {
    (Dashboard, "filters"): DashboardFilter,
    (Dashboard, "elements"): Element,
    (DashboardFilter, "ui_config"): Control,
}

_WHOLE: Mapping[type, Callable[[str], Any]] = {
    Document: read_document,
    Dashboard: read_dashboard,
    Dropdowns: Dropdowns.from_json,
}
