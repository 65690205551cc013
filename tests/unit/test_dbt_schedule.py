"""What another scheduler is told of each project."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator import settings
from generator.pipeline import Models, models
from generator.run import world_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(lantern_data: Path) -> Models:
    """The dbt project of the example."""
    given = {"warehouse": (f"duckdb:{lantern_data}",)}
    return models(world_of(settings.load(ROOT / "pyproject.toml", given)))


@pytest.fixture(scope="module")
def schedules(made: Models) -> dict[str, Any]:
    """By the name of the project."""
    found = {Path(path): text for path, text in made.tree.items() if path.startswith("schedule/")}
    return {path.stem: json.loads(text) for path, text in found.items()}


def test_each_project_has_one(made: Models, schedules: dict[str, Any]) -> None:
    """With its slug and days."""
    expected = {
        study.project.name: (study.project.slug, str(study.start))
        for study in made.monitored.computed
    }

    assert expected == {
        name: (said["project"], said["start_date"]) for name, said in schedules.items()
    }


def test_every_statement_is_there_after_those_that_it_reads(
    made: Models, schedules: dict[str, Any]
) -> None:
    """Each model of the project's folder, once."""
    for name, said in schedules.items():
        folder = f"models/operational_monitoring/{name}/"
        files = [statement["file"] for statement in said["statements"]]
        assert sorted(files) == [
            path for path in made.tree if path.startswith(folder) and path.endswith(".sql")
        ]
        before: set[str] = set()
        for statement in said["statements"]:
            assert before.issuperset(statement["reads"]), statement["model"]
            before.add(statement["model"])


def test_what_a_statement_writes(schedules: dict[str, Any]) -> None:
    """Days are overwritten one by one, and kept as long as their table says; views are replaced."""
    metrics, view, *_ = schedules["desktop_health"]["statements"]

    assert "lantern-data.operational_monitoring_derived.desktop_health_v1" == metrics["destination"]
    assert "overwrite-partitions" == metrics["write"]
    day = {"field": "submission_date", "type": "day", "expiration_days": 775}
    assert day == metrics["partition"]
    assert ["build_id"] == metrics["clustering"]
    assert ("replace-view", None, []) == (view["write"], view["partition"], view["clustering"])
    assert ["desktop_health_v1"] == view["reads"]
    assert "lantern-data.operational_monitoring.desktop_health" == view["destination"]


def test_no_two_statements_write_to_one_place(schedules: dict[str, Any]) -> None:
    """Over all projects."""
    places = [s["destination"] for said in schedules.values() for s in said["statements"]]

    assert len(places) == len(set(places))
