"""Fields written by hand in a definition: checked like generated ones before they are let in."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from generator import lookml
from generator.builders.fields import Fields, free_name
from generator.diagnostics import Diagnostic, Fault, Location, fault, nearest
from generator.facts.namespaces import FieldSpec, Plain
from generator.lookml.fragments import parse_error, references
from generator.lookml.syntax import WORD, Form, parameters
from generator.names import identifier, is_identifier

AnyField: TypeAlias = lookml.Dimension | lookml.DimensionGroup | lookml.Measure
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


@dataclass(frozen=True, slots=True)
class Owner:
    """The view that hand-written fields belong to; `nested` has the fields of those inside it."""

    view: str
    at: Location
    subject: str
    nested: Mapping[str, frozenset[str]]


def with_dimensions(
    fields: Fields, specs: Iterable[FieldSpec], owner: Owner
) -> tuple[Fields, tuple[Diagnostic, ...]]:
    """The fields, with hand-written dimensions merged into those of their name, or added.

    One that cannot be made takes with it those that refer to it.
    """
    wanted = tuple(specs)
    noticed: list[Diagnostic] = []
    while True:
        made, failed = _all_merged(fields, wanted, owner)
        noticed.extend(failed.values())
        if not failed:
            return made, tuple(noticed)
        wanted = tuple(spec for spec in wanted if spec.name not in failed)


def _all_merged(
    fields: Fields, specs: Iterable[FieldSpec], owner: Owner
) -> tuple[Fields, dict[str, Diagnostic]]:
    """The fields with all of them merged in, and by name what is wrong with some."""
    merged: list[tuple[FieldSpec, lookml.Dimension | lookml.DimensionGroup]] = []
    failed: dict[str, Diagnostic] = {}
    for spec in specs:
        try:
            fields, field = _merged(fields, spec, owner)
            merged.append((spec, field))
        except Fault as stopped:
            failed[spec.name] = stopped.diagnostic
    names = fields.names()
    for spec, field in merged:
        try:
            _judge(field, spec, owner, names)
        except Fault as stopped:
            failed[spec.name] = stopped.diagnostic
    return fields, failed


def _merged(
    fields: Fields, spec: FieldSpec, owner: Owner
) -> tuple[Fields, lookml.Dimension | lookml.DimensionGroup]:
    groups = {group.name: group for group in fields.groups}
    if spec.name in groups or any(key == "timeframes" for key, _, _ in spec.parameters):
        known = groups.get(spec.name) or lookml.DimensionGroup(spec.name, type="time")
        groups[spec.name] = group = _filled(known, spec, owner)
        if not lookml.field_names(group):  # Looker would make all timeframes
            values = {"key": "timeframes", "value": [], "expected": "a list with a timeframe"}
            raise fault("bad-value", spec.at, owner.subject, **values)
        others = replace(fields, groups=tuple(g for g in groups.values() if g is not group))
        if not others.names().isdisjoint(lookml.field_names(group)):
            raise _taken(spec, fields.names(), owner)
        return replace(fields, groups=tuple(groups.values())), group
    dimensions = {dimension.name: dimension for dimension in fields.dimensions}
    if spec.name not in dimensions and spec.name in fields.names():
        raise _taken(spec, fields.names(), owner)
    dimension = _filled(dimensions.get(spec.name) or lookml.Dimension(spec.name), spec, owner)
    dimensions[spec.name] = dimension
    return replace(fields, dimensions=tuple(dimensions.values())), dimension


def measures_of(
    specs: Iterable[FieldSpec],
    generated: Iterable[lookml.Measure],
    names: frozenset[str],
    owner: Owner,
) -> Iterator[lookml.Measure | Diagnostic]:
    """The generated measures, then the hand-written ones that are right.

    A hand-written measure of a generated one's name is merged into it. One that cannot be made
    takes with it those that refer to it.
    """
    own = {measure.name: measure for measure in generated}
    wanted = {spec.name: spec for spec in specs}
    while True:
        known = names | frozenset(own) | frozenset(wanted)
        failed: dict[str, Diagnostic] = {}
        made = dict(own)
        for spec in wanted.values():
            try:
                if spec.name in names:
                    raise _taken(spec, known, owner)
                measure = _filled(own.get(spec.name) or lookml.Measure(spec.name), spec, owner)
                _judge(measure, spec, owner, known)
                made[spec.name] = measure
            except Fault as stopped:
                failed[spec.name] = stopped.diagnostic
        if not failed:
            yield from made.values()
            return
        yield from failed.values()
        wanted = {name: spec for name, spec in wanted.items() if name not in failed}


def _taken(spec: FieldSpec, names: Iterable[str], owner: Owner) -> Fault:
    better = free_name(f"{spec.name}_total", names)
    return fault("taken-name", spec.at, owner.subject, name=spec.name, better=better)


def _filled(field: Field, spec: FieldSpec, owner: Owner) -> Field:
    """The field with the parameters of the definition, each converted."""
    if not is_identifier(spec.name):
        better = identifier(spec.name)
        values = {"name": spec.name, "what": f"a {field.keyword}", "better": better}
        raise fault("bad-name", spec.at, owner.subject, **values)
    kind: Any = type(field)
    known = parameters(kind)
    found: dict[str, Any] = {}
    for key, value, at in spec.parameters:
        if key not in known:
            hint = nearest(key, known)
            raise fault(
                "unknown-parameter", at, owner.subject, what=field.keyword, key=key, nearest=hint
            )
        attribute, form = known[key]
        found[attribute] = _converted(key, value, form, at, owner)
    return replace(field, **found)


def _converted(key: str, value: Plain, form: Form, at: Location, owner: Owner) -> object:
    reader, expected = _READERS[form]
    try:
        return reader(value)
    except (ValueError, KeyError, RecursionError):
        values = {"key": key, "value": _shown(value), "expected": expected}
        raise fault("bad-value", at, owner.subject, **values) from None


def _shown(value: Plain) -> str:
    """A value in a message: short, and what it is if it is no plain text."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "keys with values"
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _judge(field: AnyField, spec: FieldSpec, owner: Owner, names: frozenset[str]) -> None:
    """Raises Fault if the field refers to itself or to what nobody knows, or is no SQL."""
    others = names - frozenset(lookml.field_names(field))
    drills = (name for name in field.drill_fields if not name.endswith("*"))  # sets end in `*`
    for name, known in (*((n, others) for n in _made_of(field)), *((n, names) for n in drills)):
        scopes = {"": known, owner.view: known, **owner.nested}
        view, _, own = name.rpartition(".")
        if own not in scopes.get(view, ()):
            values = {"name": spec.name, "field": name, "nearest": nearest(own, known)}
            raise fault("unknown-field", spec.at, owner.subject, **values)
    reason = parse_error(field.sql) if field.sql is not None else None
    if reason:
        raise fault("bad-sql", spec.at, owner.subject, name=spec.name, reason=reason)


def _made_of(field: AnyField) -> Iterator[str]:
    """The fields without which it cannot be computed."""
    if field.sql is not None:
        yield from references(field.sql)
    if isinstance(field, lookml.Measure):
        yield from filter(None, (field.based_on, field.based_on_time))
        yield from (name for name, _ in field.filters)
