"""Values of a definition as parameters of LookML fields: each has the form that its key takes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from generator import lookml
from generator.diagnostics import Location, fault, nearest
from generator.facts.namespaces import FieldSpec, Plain
from generator.lookml.syntax import WORD, Form, parameters
from generator.names import identifier, is_identifier

Field = TypeVar("Field", lookml.Dimension, lookml.DimensionGroup, lookml.Measure)

_SHOWN = 60
"""Characters of a value in a message."""

_FLAGS = {"yes": True, "no": False, "true": True, "false": False}


def _as_word(value: Plain) -> str:
    word = str(value)
    if not isinstance(value, str | int | float) or WORD.fullmatch(word) is None:
        raise ValueError
    return word


def _as_text(value: Plain) -> str:
    if not isinstance(value, str | int | float):
        raise ValueError  # noqa: TRY004 - the caller tells the user what was expected
    return str(value)


def _as_expression(value: Plain) -> str:
    text = _as_text(value).strip().rstrip(";").rstrip()
    if not text or ";;" in text:
        raise ValueError
    return text


def _as_flag(value: Plain) -> bool:
    if isinstance(value, bool):
        return value
    return _FLAGS[str(value).lower()]


def _as_list(convert: Callable[[Plain], str]) -> Callable[[Plain], tuple[str, ...]]:
    """Each once: a timeframe that is named twice would be two fields of one name."""
    return lambda value: tuple(
        dict.fromkeys(convert(v) for v in (value if isinstance(value, list) else [value]))
    )


def _as_pairs(value: Plain) -> tuple[tuple[str, str], ...]:
    """Filters as `{field: value}`, a list of such, or the old form with `field` and `value`."""
    found: list[tuple[str, str]] = []
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            raise ValueError  # noqa: TRY004 - the caller tells the user what was expected
        old = set(entry) == {"field", "value"}
        pairs = [(entry["field"], entry["value"])] if old else list(entry.items())
        found.extend((_as_word(name), _as_text(text)) for name, text in pairs)
    return tuple(found)


_READERS: Mapping[Form, tuple[Callable[[Plain], object], str]] = {
    Form.WORD: (_as_word, "a word"),
    Form.TEXT: (_as_text, "a text"),
    Form.EXPRESSION: (_as_expression, "an expression without `;;`"),
    Form.FLAG: (_as_flag, "yes or no"),
    Form.WORDS: (_as_list(_as_word), "a list of words"),
    Form.TEXTS: (_as_list(_as_text), "a list of texts"),
    Form.PAIRS: (_as_pairs, "fields with filter expressions"),
}


_BLOCKS: Mapping[str, Any] = {"case": lookml.Case, "when": lookml.When, "link": lookml.Link}
"""The objects that stand inside a field, by keyword."""


def filled(field: Field, spec: FieldSpec, subject: str) -> Field:
    """The field with the parameters of the definition, each converted. Raises Fault."""
    if not is_identifier(spec.name):
        better = identifier(spec.name)
        values = {"name": spec.name, "what": f"a {field.keyword}", "better": better}
        raise fault("bad-name", spec.at, subject, **values)
    return replace(field, **_read(type(field), spec.parameters, subject))


def _read(cls: Any, said: Iterable[tuple[str, Plain, Location]], subject: str) -> dict[str, Any]:
    """The attributes of an object of a class."""
    known = parameters(cls)
    found: dict[str, Any] = {}
    for key, value, at in said:
        if key not in known:
            values = {"what": cls.keyword, "key": key, "nearest": nearest(key, known)}
            raise fault("unknown-parameter", at, subject, **values)
        attribute, form = known[key]
        found[attribute] = _converted(key, value, form, at, subject)
    return found


def _converted(key: str, value: Plain, form: Form, at: Location, subject: str) -> object:
    if form is Form.BLOCK:
        return _block(key, value, at, subject)
    if form is Form.BLOCKS:
        each = value if isinstance(value, list) else [value]
        return tuple(_block(key, item, at, subject) for item in each)
    reader, expected = _READERS[form]
    try:
        return reader(value)
    except (ValueError, KeyError, RecursionError):
        values = {"key": key, "value": _shown(value), "expected": expected}
        raise fault("bad-value", at, subject, **values) from None


def _block(key: str, value: Plain, at: Location, subject: str) -> object:
    """An object inside a field. Its keys have no places of their own: they stand below its key."""
    if not isinstance(value, dict) or not value:
        values = {"key": key, "value": _shown(value), "expected": "keys with values"}
        raise fault("bad-value", at, subject, **values)
    said = ((name, inner, at) for name, inner in value.items())
    return _BLOCKS[key](**_read(_BLOCKS[key], said, subject))


def _shown(value: Plain) -> str:
    """A value in a message: short, and what it is if it is no plain text."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "keys with values"
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
