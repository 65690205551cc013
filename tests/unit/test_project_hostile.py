"""Monitoring projects with values of every wrong type: one message for each, and no crash."""

import json
from collections.abc import Iterator
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from generator.diagnostics import Severity, split
from generator.facts import Facts
from generator.facts.metric_hub import OPMON, FileKind
from generator.semantics.monitoring import MonitoringProject
from generator.sources.metric_hub_entries import read_entries
from generator.sources.project_rows import read_rows
from generator.sources.toml import parse_toml
from tests.monitoring import Found, conclude, monitor

WHOLE: dict[str, Any] = {
    "project": {
        "name": "Cold start",
        "platform": "web",
        "xaxis": "build_id",
        "start_date": "2030-01-01",
        "end_date": "2030-02-01",
        "reference_branch": "old",
        "metrics": ["visits", "pages", "load_ms"],
        "alerts": ["slow"],
        "skip": False,
        "skip_default_metrics": True,
        "is_rollout": False,
        "compact_visualization": True,
        "roll_ups": True,
        "population": {
            "data_source": "days",
            "channel": "beta",
            "branches": ["new", "old"],
            "dimensions": ["os"],
            "monitor_entire_population": False,
            "group_by_dimension": "os",
        },
        "metric_groups": {
            "traffic": {"friendly_name": "T", "description": "D", "metrics": ["visits", "pages"]}
        },
    },
    "alerts": {
        "slow": {
            "type": "threshold",
            "metrics": ["load_ms"],
            "statistics": ["percentile"],
            "parameters": [50, 95],
            "min": [1, 2],
            "max": [3, 4],
            "friendly_name": "Slow",
            "description": "D",
        }
    },
    "metrics": {
        "load_ms": {"statistics": {"percentile": {"percentiles": [50, 95], "remove_nulls": True}}},
        "visits": {"statistics": {"quantile": {"quantile": 5, "number_of_quantiles": 10}}},
        "pages": {"statistics": {"total_ratio": {"denominator_metric": "visits"}}},
    },
}
"""A project that says everything."""

ODD: tuple[Any, ...] = (
    *(0, -1, 10**400, 1.5, float("nan"), float("inf"), True, False),
    *("", " ", "x", "a.b", "`; --", "{{ x }}", "\u202e", "\x00", "2030-13-01", "*", "ü" * 300),
    *([], [3], [""], ["x"], [[]], ["visits", 3], [{}], {}, {"x": 1}, {"": {}}, date(2030, 1, 1)),
)


def paths(value: object, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key path of nested tables."""
    for key, below in value.items() if isinstance(value, dict) else ():
        yield (*above, key)
        yield from paths(below, (*above, key))


def changed(path: tuple[str, ...], value: object) -> dict[str, Any]:
    """The whole project with another value at a path."""
    key, *rest = path

    def put(table: dict[str, Any], key: str, rest: list[str]) -> dict[str, Any]:
        return {**table, key: put(table[key], rest[0], rest[1:]) if rest else value}

    return put(WHOLE, key, rest)


def toml(value: object) -> str:
    """A value as TOML, tables within a line."""
    match value:
        case dict():
            entries = (f"{json.dumps(key)} = {toml(below)}" for key, below in value.items())
            return "{" + ", ".join(entries) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case str():
            return json.dumps(value).replace("\\ud83d", "")
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def conclusion(hub: Facts, text: str) -> Found:
    """What comes of a project file in a hub."""
    file = parse_toml(text, "opmon/cold-start.toml", "cold-start")
    files, misread = split(read_entries(file, FileKind.PROJECT, None))
    (collection,) = hub.definitions
    folder = replace(collection.tools[OPMON], files=(*collection.tools[OPMON].files, *files))
    definitions = (replace(collection, tools={**collection.tools, OPMON: folder}),)
    return conclude((replace(hub, definitions=definitions), misread))


def written(project: dict[str, Any]) -> str:
    """A project file, a line for each key at the top of it and of its project."""
    return "".join(
        "".join(f"{key}.{json.dumps(name)} = {toml(below)}\n" for name, below in table.items())
        if isinstance(table, dict) and table
        else f"{key} = {toml(table)}\n"
        for key, table in project.items()
    )


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A hub without projects."""
    return monitor(tmp_path_factory.mktemp("hub"), None).facts


def test_the_whole_is_right(hub: Facts) -> None:
    """So that whatever is told of a change is told of the change."""
    found = conclusion(hub, written(WHOLE))

    assert [] == found.codes
    assert (4, 1) == (len(found.study.statistics) + 1, len(found.study.alerts))


@pytest.mark.parametrize("path", list(paths(WHOLE)), ids=".".join)
def test_another_value(hub: Facts, path: tuple[str, ...]) -> None:
    """Whatever stands at a key, there is a project or an error that tells its line."""
    before = reduce(lambda table, key: table[key], path, WHOLE)
    for value in ODD:
        found = conclusion(hub, written(changed(path, value)))
        told = (*found.misread, *found.diagnostics)
        errors = [item for item in told if item.severity is Severity.ERROR]

        assert errors or found.monitored.projects or (path[-1] == "skip" and value is True)
        assert all(item.at is not None for item in told)
        assert is_project(found.monitored.projects)
        if _is_other(value, before):
            wrong = [item for item in errors if item.code == "wrong-definition"]
            assert 1 == len(wrong or [e for e in errors if e.code == "bad-statistic"]), value


def _is_other(value: object, before: object) -> bool:
    """Whether a value is of another type than the key takes."""
    kinds: tuple[type, ...] = (dict, list, str, bool)
    kind = next((kind for kind in kinds if isinstance(before, kind)), int)
    plain = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    return not plain and not isinstance(value, date)


def is_project(projects: tuple[MonitoringProject, ...]) -> bool:
    """Whether names and tables of projects are fit to be written."""
    return all(p.name.isidentifier() and p.title and p.branches for p in projects)


_WORDS = st.sampled_from([*sorted({key for path in paths(WHOLE) for key in path}), "x", ""])
_VALUES = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=5).filter(str.isascii) | st.integers() | st.floats(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_WORDS, below, max_size=4),
    max_leaves=8,
)


@given(project=st.dictionaries(_WORDS.filter(bool), _VALUES, max_size=6))
def test_anything(hub: Facts, project: dict[str, Any]) -> None:
    """No table of any shape stops the run, and what is made of it is a project."""
    for table in (
        project,
        {"project": project},
        {**WHOLE, "project": {**WHOLE["project"], **project}},
    ):
        assert is_project(conclusion(hub, written(table)).monitored.projects)


@given(record=st.dictionaries(_WORDS, _VALUES, max_size=4), key=_WORDS, value=_VALUES)
def test_any_row(
    tmp_path_factory: pytest.TempPathFactory, record: dict[str, Any], key: str, value: object
) -> None:
    """No row of any shape stops the run either."""
    path: Path = tmp_path_factory.mktemp("rows") / "rows.json"
    rows = [record, {"slug": "a", "xaxis": "build_id", key: value}, {"slug": "b"}]
    path.write_text(json.dumps(rows, default=str), encoding="utf-8")
    made = tuple(read_rows(path))

    assert "b" in [getattr(item, "slug", None) for item in made] or "NaN" in path.read_text()
