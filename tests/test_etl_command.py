"""`lookml-gen etl` as people and jobs use it, on a copy of the example."""

import json
import re
import shlex
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator import cli, settings
from generator.etl.calls import Places
from generator.etl.plan import Asked, Watched, chosen, plan, span_of
from generator.etl.report import report_of
from generator.etl.run import Computed
from generator.pipeline import models
from generator.run import world_of
from generator.stages import Stages
from tests.nursery import command
from tests.test_command import environment

ROOT = Path(__file__).parents[1]
EXAMPLE = ("pyproject.toml", "namespaces.yaml", "examples")
PAGE = (ROOT / "docs/etl.md").read_text(encoding="utf-8")
with_dbt = pytest.mark.etl


class Example:
    """The example in a folder of its own, where the command runs."""

    def __init__(self, folder: Path, warehouse: Path) -> None:
        self.folder = folder
        self.warehouse = folder / "output/lantern-data.duckdb"
        self.warehouse.parent.mkdir(parents=True)
        shutil.copy(warehouse, self.warehouse)
        for name in EXAMPLE:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)

    def run(self, *words: str, code: int = 0) -> str:
        """What the command says."""
        run = command(self.folder, words, environment(self.folder, PYTHONPATH=str(ROOT)))
        assert "Traceback" not in run.stderr
        assert code == run.returncode, run.stderr
        return run.stdout + run.stderr

    def etl(self, *words: str, code: int = 0) -> str:
        """What `etl` says."""
        return self.run("etl", *words, code=code)

    @property
    def report(self) -> Any:
        """The report of the last run."""
        return json.loads((self.folder / "output/etl-report.json").read_text())

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What the warehouse says."""
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            return connection.execute(query).fetchall()

    def tables(self) -> dict[str, list[str]]:
        """All rows of all that was computed, in an order of their own, to the last digit."""
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            names = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables()"
                " WHERE schema_name LIKE 'operational_monitoring%'"
            ).fetchall()
            return {
                name: sorted(map(str, connection.table(f'{schema}."{name}"').fetchall()))
                for schema, name in names
            }


@pytest.fixture
def example(tmp_path: Path, lantern_data: Path) -> Example:
    """An example of which nothing was computed."""
    return Example(tmp_path / "example", lantern_data)


# without dbt


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--date", "tomorrow"], "write a day as 2026-06-01"),
        (["--from", "2026-07-02", "--to", "2026-07-01"], "it is after 2026-07-01"),
        (["--warehouse", "snapshot:tables.jsonl"], "no warehouse of this run can compute"),
        (["--warehouse", "duckdb:none.duckdb"], "there is no such file"),
        (["--target", "bigquery"], "no warehouse of this run can compute"),
        (["--target", "snowflake"], "is not one of 'duckdb', 'bigquery'"),
        (["--threads", "0"], "0 is not in the range"),
    ],
    ids=str,
)
def test_what_cannot_be(example: Example, words: list[str], said: str) -> None:
    """It ends with 2, and says why."""
    assert said in example.etl(*words, code=2)
    assert not (example.folder / "output/dbt").exists()


def words_of(page: str) -> list[list[str]]:
    """The words behind each `lookml-gen etl` of the page."""
    lines = re.findall(r"^lookml-gen etl ?(.*?)(?:#.*)?$", page, re.MULTILINE)
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("words", words_of(PAGE), ids=" ".join)
def test_the_commands_of_the_page_mean_something(example: Example, words: Sequence[str]) -> None:
    """Their options exist, their days are days, their projects those of the example."""
    given = cli.etl.make_context("etl", list(words)).params
    asked = Asked(given["date"], given["first"], given["last"], given["slugs"])
    known = settings.load(example.folder / "pyproject.toml", {})
    made = models(world_of(known))

    projects = chosen(map(Watched.of, made.monitored.computed), asked.slugs)
    assert plan(projects, span_of(asked, date(2026, 7, 30)), known.etl_days)
    assert Places.of(known.dbt, known.state, "duckdb", "operational_monitoring", made.tree)


def test_the_report_is_documented() -> None:
    """Every key of the report is in the table, and the table has no other."""
    table = PAGE.partition("## etl-report.json")[2].partition("\n## ")[0]
    report = report_of(Computed("duckdb", ()), Stages())

    assert list(report) == re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


# with dbt


@with_dbt
def test_a_day_is_computed_and_shown(example: Example) -> None:
    """Dbt fills the tables in the warehouse of the settings; `generate` then finds them there."""
    pytest.importorskip("dbt.cli.main")

    said = example.etl("--from", "2026-07-03", "--to", "2026-07-04")
    projects = example.report["projects"]

    assert "desktop-health: done" in said
    assert {"done", "not due"} == {project["status"] for project in projects.values()}
    assert all(bool(p["models"]) == (p["status"] == "done") for p in projects.values())
    (rows,) = example.ask(
        "SELECT list(DISTINCT submission_date ORDER BY submission_date)"
        " FROM operational_monitoring.desktop_health_statistics"
    )
    assert ([date(2026, 7, 3), date(2026, 7, 4)],) == rows
    told = example.run("generate")
    assert "desktop_health_statistics" not in told
    dbt = told.partition("files in output/dbt")[2]
    assert "nothing changed" in dbt
    assert 0 == len([path for path in example.folder.glob("*") if path.name == "logs"])


@with_dbt
def test_days_come_in_any_order(example: Example, lantern_data: Path) -> None:
    """Backwards or in one go: the same rows. That twice is as once, the tests of the ETL prove."""
    pytest.importorskip("dbt.cli.main")
    some = ("--project", "desktop-health", "--project", "startup-by-build")
    other = Example(example.folder.parent / "other", lantern_data)

    other.etl("--from", "2026-07-03", "--to", "2026-07-04", *some)
    for day in ("2026-07-04", "2026-07-03"):
        example.etl("--date", day, *some)

    assert other.tables() == example.tables()


@with_dbt
def test_a_metric_that_is_added(example: Example) -> None:
    """Its column is added; the days that are computed again have it, the others do not yet."""
    pytest.importorskip("dbt.cli.main")
    some = ("--project", "desktop-health")
    example.etl("--from", "2026-07-03", "--to", "2026-07-04", *some)
    path = example.folder / "examples/metric-hub/opmon/desktop-health.toml"
    path.write_text(
        path.read_text().replace('metrics = ["crashes"', 'metrics = ["added", "crashes"')
    )
    path.write_text(path.read_text() + ADDED)

    example.etl("--date", "2026-07-04", *some)

    assert [(date(2026, 7, 3), False), (date(2026, 7, 4), True)] == example.ask(
        "SELECT submission_date, bool_or(added IS NOT NULL)"
        " FROM operational_monitoring_derived.desktop_health_v1 GROUP BY 1 ORDER BY 1"
    )


ADDED = """
[metrics.added]
select_expression = "COUNT(*)"
data_source = "clients_daily"
statistics = { sum = {} }
"""
BROKEN = """
[metrics.broken]
select_expression = "SUM(CAST(CONCAT('x', os) AS INT64))"
data_source = "clients_daily"
statistics = { sum = {} }
"""


@with_dbt
def test_a_project_that_fails_leaves_the_others_complete(example: Example) -> None:
    """The run exits with 1; what the message names is there."""
    pytest.importorskip("dbt.cli.main")
    path = example.folder / "examples/metric-hub/opmon/desktop-health.toml"
    text = path.read_text().replace('metrics = ["crashes"', 'metrics = ["broken", "crashes"')
    path.write_text(text + BROKEN)

    said = example.etl("--date", "2026-07-03", code=1)
    projects = example.report["projects"]

    assert "error [failed-model] operational_monitoring.projects.desktop_health" in said
    assert "Conversion Error" in said
    (sql,) = re.findall(r"its SQL is in (\S+)", said)
    assert "'x'" in Path(sql).read_text()
    assert {"desktop-health"} == {
        slug for slug, project in projects.items() if project["status"] == "failed"
    }
    assert sum(project["status"] == "done" for project in projects.values()) >= 8


@with_dbt
def test_an_unknown_project(example: Example) -> None:
    """It ends with 2, and names the nearest."""
    pytest.importorskip("dbt.cli.main")

    assert "did you mean `desktop-health`?" in example.etl("--project", "desktop-heath", code=2)


@with_dbt
def test_a_day_on_which_nothing_is_due(example: Example) -> None:
    """There is nothing to do, and that is said."""
    pytest.importorskip("dbt.cli.main")

    assert "nothing to compute" in example.etl("--date", "2020-01-01")


@with_dbt
def test_an_estimate_needs_bigquery(example: Example) -> None:
    """Nothing is computed instead."""
    pytest.importorskip("dbt.cli.main")

    assert "`--estimate` cannot be `duckdb`" in example.etl("--estimate", code=2)
    assert {} == example.tables()
