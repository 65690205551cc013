"""Fields written by hand in a definition: checked like generated ones before they are let in."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from generator import lookml
from generator.builders.custom_values import filled
from generator.builders.field_rules import AnyField, Judged, Owner, check_field, cycles
from generator.builders.fields import Fields, free_name
from generator.diagnostics import Diagnostic, Fault, fault
from generator.facts.namespaces import FieldSpec


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
    judged = {spec.name: Judged(field, spec, owner, names) for spec, field in merged}
    every: tuple[AnyField, ...] = (*fields.dimensions, *fields.groups)
    return fields, {**failed, **_refused(judged.values()), **cycles(every, judged)}


def _refused(judged: Iterable[Judged]) -> dict[str, Diagnostic]:
    """What is wrong with some of the fields, by name."""
    failed: dict[str, Diagnostic] = {}
    for item in judged:
        try:
            check_field(item)
        except Fault as stopped:
            failed[item.spec.name] = stopped.diagnostic
    return failed


def _merged(
    fields: Fields, spec: FieldSpec, owner: Owner
) -> tuple[Fields, lookml.Dimension | lookml.DimensionGroup]:
    groups = {group.name: group for group in fields.groups}
    if spec.name in groups or any(key == "timeframes" for key, _, _ in spec.parameters):
        known = groups.get(spec.name) or lookml.DimensionGroup(spec.name, type="time")
        groups[spec.name] = group = filled(known, spec, owner.subject)
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
    dimension = filled(
        dimensions.get(spec.name) or lookml.Dimension(spec.name), spec, owner.subject
    )
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
        made, failed = _all_measures(own, wanted.values(), names, owner)
        if not failed:
            yield from made.values()
            return
        yield from failed.values()
        wanted = {name: spec for name, spec in wanted.items() if name not in failed}


def _all_measures(
    own: Mapping[str, lookml.Measure],
    specs: Collection[FieldSpec],
    names: frozenset[str],
    owner: Owner,
) -> tuple[Mapping[str, lookml.Measure], dict[str, Diagnostic]]:
    """The measures with all of them, and by name what is wrong with some."""
    measures = (frozenset(own) | frozenset(spec.name for spec in specs)) - names
    made, failed = dict(own), {}
    judged: dict[str, Judged] = {}
    for spec in specs:
        try:
            if spec.name in names:
                raise _taken(spec, names | measures | {spec.name}, owner)
            known = own.get(spec.name) or lookml.Measure(spec.name)
            made[spec.name] = measure = filled(known, spec, owner.subject)
            judged[spec.name] = Judged(measure, spec, owner, names | measures, measures)
        except Fault as stopped:
            failed[spec.name] = stopped.diagnostic
    return made, {**failed, **_refused(judged.values()), **cycles(made.values(), judged)}


def _taken(spec: FieldSpec, names: Iterable[str], owner: Owner) -> Fault:
    better = free_name(f"{spec.name}_total", names)
    return fault("taken-name", spec.at, owner.subject, name=spec.name, better=better)
