"""Fields written by hand in a definition: checked like generated ones before they are let in."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from generator import lookml
from generator.builders.fields import Fields, free_name
from generator.diagnostics import Diagnostic, Fault, Location, fault, nearest
from generator.facts.namespaces import FieldSpec, Plain
from generator.lookml.fragments import parse_error, references
from generator.lookml.syntax import WORD, Form, parameters

Field = TypeVar("Field", lookml.Dimension, lookml.DimensionGroup, lookml.Measure)

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
    return lambda value: tuple(convert(v) for v in (value if isinstance(value, list) else [value]))


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
    """The view that hand-written fields belong to."""

    view: str
    at: Location
    subject: str


def with_dimensions(
    fields: Fields, specs: Iterable[FieldSpec], owner: Owner
) -> tuple[Fields, tuple[Diagnostic, ...]]:
    """The fields, with hand-written dimensions merged into those of their name, or added.

    One that refers to something unknown, or whose SQL does not parse, costs itself only.
    """
    noticed: list[Diagnostic] = []
    for spec in specs:
        try:
            fields = _merged(fields, spec, owner)
        except Fault as stopped:
            noticed.append(stopped.diagnostic)
    return fields, tuple(noticed)


def _merged(fields: Fields, spec: FieldSpec, owner: Owner) -> Fields:
    groups = {group.name: group for group in fields.groups}
    if spec.name in groups or any(key == "timeframes" for key, _, _ in spec.parameters):
        group = groups.get(spec.name) or lookml.DimensionGroup(spec.name, type="time")
        groups[spec.name] = _filled(group, spec, owner, fields.names())
        return replace(fields, groups=tuple(groups.values()))
    dimensions = {dimension.name: dimension for dimension in fields.dimensions}
    if spec.name not in dimensions and spec.name in fields.names():
        raise _taken(spec, fields.names(), owner)
    dimension = dimensions.get(spec.name) or lookml.Dimension(spec.name)
    dimensions[spec.name] = _filled(dimension, spec, owner, fields.names() | set(_names(spec)))
    return replace(fields, dimensions=tuple(dimensions.values()))


def _names(spec: FieldSpec) -> Iterator[str]:
    return iter((spec.name,))


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
        known = names | set(own) | set(wanted)
        failed: dict[str, Diagnostic] = {}
        made = dict(own)
        for spec in wanted.values():
            try:
                if spec.name in names:
                    raise _taken(spec, known, owner)
                measure = own.get(spec.name) or lookml.Measure(spec.name)
                made[spec.name] = _filled(measure, spec, owner, known)
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


def _filled(field: Field, spec: FieldSpec, owner: Owner, names: Iterable[str]) -> Field:
    """The field with the parameters of the definition, each converted and judged."""
    kind: Any = type(field)
    known = parameters(kind)
    values: dict[str, Any] = {}
    for key, value, at in spec.parameters:
        if key not in known:
            hint = nearest(key, known)
            raise fault(
                "unknown-parameter", at, owner.subject, what=field.keyword, key=key, nearest=hint
            )
        attribute, form = known[key]
        values[attribute] = _converted(key, value, form, at, owner)
    filled = replace(field, **values)
    _judge(filled, spec, owner, set(names))
    return filled


def _converted(key: str, value: Plain, form: Form, at: Location, owner: Owner) -> object:
    reader, expected = _READERS[form]
    try:
        return reader(value)
    except (ValueError, KeyError):
        values = {"key": key, "value": value, "expected": expected}
        raise fault("bad-value", at, owner.subject, **values) from None


def _judge(field: Field, spec: FieldSpec, owner: Owner, names: set[str]) -> None:
    """Raises Fault if the field refers to an unknown field of its view, or is no SQL."""
    for name in _referred(field):
        view, _, own = name.rpartition(".")
        if view in ("", owner.view) and own not in names:
            hint = nearest(own, names)
            values = {"name": spec.name, "field": name, "nearest": hint}
            raise fault("unknown-field", spec.at, owner.subject, **values)
    if field.sql is not None:
        reason = parse_error(field.sql)
        if reason:
            raise fault("bad-sql", spec.at, owner.subject, name=spec.name, reason=reason)


def _referred(field: Field) -> Iterator[str]:
    if field.sql is not None:
        yield from references(field.sql)
    if isinstance(field, lookml.Measure):
        yield from filter(None, (field.based_on, field.based_on_time))
        yield from (name for name, _ in field.filters)
    yield from (name for name in field.drill_fields if "*" not in name)
