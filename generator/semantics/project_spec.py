"""`[project]` of a file, as written but typed; and how one lies over another."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Location, split
from generator.facts.metric_hub import Definitions, Flag, Table, Text, Texts, Written
from generator.semantics.monitoring import XAxis
from generator.semantics.project_values import (
    Reader,
    below,
    day,
    flag,
    one_of,
    read_keys,
    table,
    text,
    texts,
)

Words = tuple[Text, ...]
"""The texts of a list, each with its place: lists of several files are strung together."""

Part = TypeVar("Part", bound=Any)


class AppChannel(StrEnum):
    """The editions of an app that a population can be of."""

    NIGHTLY = "nightly"
    BETA = "beta"
    RELEASE = "release"


class GroupSpec(Struct, frozen=True):
    """`[project.metric_groups.<name>]`."""

    name: str
    at: Location
    friendly_name: Text | None = None
    description: Text | None = None
    metrics: Texts | None = None


class PopulationSpec(Struct, frozen=True):
    """`[project.population]`."""

    data_source: Text | None = None
    channel: Written[AppChannel] | None = None
    branches: Texts | None = None
    boolean_pref: Text | None = None
    dimensions: Words = ()
    monitor_entire_population: Flag | None = None
    group_by_dimension: Text | None = None


class ProjectSpec(Struct, frozen=True):
    """`[project]`; `roll_ups` is ours, and stands over the setting of that name."""

    at: Location
    name: Text | None = None
    platform: Text | None = None
    xaxis: Written[XAxis] | None = None
    start_date: Written[date] | None = None
    end_date: Written[date] | None = None
    reference_branch: Text | None = None
    metrics: Words = ()
    alerts: Words = ()
    skip: Flag | None = None
    skip_default_metrics: Flag | None = None
    is_rollout: Flag | None = None
    compact_visualization: Flag | None = None
    roll_ups: Flag | None = None
    population: PopulationSpec = PopulationSpec()
    groups: Mapping[str, GroupSpec] = field(default_factory=dict)


_POPULATION: Mapping[str, Reader] = {
    "data_source": text,
    "channel": one_of(AppChannel),
    "branches": texts,
    "boolean_pref": text,
    "dimensions": texts,
    "monitor_entire_population": flag,
    "group_by_dimension": text,
}
_PROJECT: Mapping[str, Reader] = {
    "name": text,
    "platform": text,
    "xaxis": one_of(XAxis),
    "start_date": day,
    "end_date": day,
    "reference_branch": text,
    "metrics": texts,
    "alerts": texts,
    "skip": flag,
    "skip_default_metrics": flag,
    "is_rollout": flag,
    "compact_visualization": flag,
    "roll_ups": flag,
    "population": table,
    "metric_groups": table,
}
_GROUP: Mapping[str, Reader] = {"friendly_name": text, "description": text, "metrics": texts}
_LISTS = ("metrics", "alerts", "dimensions")
_SMALL = ("alerts", "dimensions")
"""What these name has a slug in small letters."""


def read_spec(file: Definitions, subject: str | None) -> Iterator[ProjectSpec | Diagnostic]:
    """What a file says of its project, and what is wrong with it."""
    root = file.rest or Table({}, file.at.path, (), {})
    top, noticed = split(read_keys(root, {"project": table}, subject))
    yield from noticed
    if not top:
        yield ProjectSpec(file.at)
        return
    written = below(root, "project")
    keys, wrong = split(read_keys(written, _PROJECT, subject))
    own, bad_population = split(read_keys(below(written, "population"), _POPULATION, subject))
    groups, bad_groups = split(_groups(below(written, "metric_groups"), subject))
    yield from (*wrong, *bad_population, *bad_groups)
    made = {key: value for key, value in _listed(keys).items() if key not in _TABLES}
    population = PopulationSpec(**_listed(own))
    yield ProjectSpec(written.at(), **made, population=population, groups=dict(groups))


_TABLES = ("population", "metric_groups")


def _groups(written: Table, subject: str | None) -> Iterator[tuple[str, GroupSpec] | Diagnostic]:
    names, noticed = split(read_keys(written, dict.fromkeys(written.values, table), subject))
    yield from noticed
    for name, _ in names:
        keys, wrong = split(read_keys(below(written, name), _GROUP, subject))
        yield from wrong
        yield name, GroupSpec(name, written.at(name), **dict(keys))


def _listed(keys: tuple[tuple[str, Written[Any]], ...]) -> dict[str, Any]:
    """The keys, with a place for each entry of those that are strung together."""
    made: dict[str, Any] = dict(keys)
    for key in _LISTS:
        if key in made:
            at, small = made[key].at, key in _SMALL
            made[key] = tuple(Written(v.lower() if small else v, at) for v in made[key].value)
    return made


def overlay(base: Part, over: Part) -> Part:
    """The base with what the other says: lists get longer, tables merge, the rest is replaced."""
    values = ((key, getattr(base, key), getattr(over, key)) for key in base.__struct_fields__)
    return replace(base, **{name: _both(before, after) for name, before, after in values})


def _both(before: Any, after: Any) -> Any:
    match after:
        case None:
            return before
        case tuple():
            return (*before, *after)
        case PopulationSpec():
            return overlay(before, after)
        case dict():
            common = {name: overlay(before[name], after[name]) for name in before if name in after}
            return {**before, **after, **common}
        case _:
            return after
