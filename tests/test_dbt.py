"""The dbt project of the example: dbt builds it, MetricFlow answers, and the answers are right.

One process and one build for all of it: most of the time of a call is its imports.
"""

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator.lookml import Document, View
from generator.pipeline import generate
from generator.run import world_of, write_output
from generator.settings import Settings
from generator.stages import Stages
from tests import metric_oracle
from tests.looker import Query

pytest.importorskip("dbt.cli.main")
pytest.importorskip("dbt_metricflow")
pytestmark = pytest.mark.etl

ROOT = Path(__file__).parents[1]
DAYS = [date(2026, 6, 1) + timedelta(days) for days in range(60)]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Project:
    """A dbt project, and the warehouse that its sources are in."""

    folder: Path
    warehouse: Path
    built: Path
    settings: Settings

    def run(self, *words: str) -> Any:
        """The result of a dbt command, in this process."""
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes five seconds

        places = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
        quiet = ("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats")
        return dbtRunner().invoke([*quiet, *words, *places])


@pytest.fixture(scope="module")
def project(lantern_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """What is generated from the example, with its example of profiles in use."""
    folder = tmp_path_factory.mktemp("etl")
    warehouse, output, built = (
        folder / "lantern-data.duckdb",
        folder / "output",
        folder / "m.duckdb",
    )
    shutil.copy(lantern_data, warehouse)
    settings = Settings(
        namespaces=str(ROOT / "namespaces.yaml"),
        warehouse=(f"duckdb:{warehouse}",),
        metric_hub=(str(ROOT / "examples" / "metric-hub"),),
        output=str(output),
    )
    write_output(settings, Stages())
    shutil.copy(settings.dbt / "profiles.example.yml", settings.dbt / "profiles.yml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOKML_GEN_DUCKDB", str(warehouse))
        patch.setenv("DBT_DUCKDB_PATH", str(built))
        yield Project(settings.dbt, warehouse, built, settings)


@pytest.fixture(scope="module")
def built(project: Project) -> Any:
    """The results of `dbt build`."""
    return project.run("build")


@pytest.fixture(scope="module")
def manifest(project: Project) -> Any:
    """What dbt makes of the project."""
    parsed = project.run("parse")
    assert parsed.success, parsed.exception
    return parsed.result


def test_every_file_is_understood(manifest: Any, project: Project) -> None:
    """Dbt finds each model, and all that was written of it."""
    models = {path.stem for path in project.folder.glob("models/**/*.sql")}
    described = {node.name for node in manifest.nodes.values() if node.patch_path}

    assert models <= {node.name for node in manifest.nodes.values()}
    assert models <= described


def test_it_builds_and_its_tests_pass(built: Any) -> None:
    """Every model is built, and every test of keys and dates holds."""
    assert built.exception is None
    assert [] == [
        (result.node.name, result.message)
        for result in built.result
        if str(result.status) not in ("success", "pass", "no-op")
    ]
    assert any(result.node.resource_type == "test" for result in built.result)


def test_what_governs_a_metric_is_visible(manifest: Any) -> None:
    """Owner, level, category and direction go along; so does that a metric is deprecated."""
    metric = next(m for m in manifest.metrics.values() if m.name.endswith("active_hours_sum"))
    model = manifest.nodes["model.lookml_gen.lantern_desktop__baseline"]

    assert "silver" == metric.config.meta["level"]
    assert ["data-platform@example.org", "metrics@example.org"] == metric.config.meta["owner"]
    assert metric.config.meta["bigger_is_better"]
    assert model.columns["uri_count_v1"].config.meta["deprecated"]


Ask = Callable[[Sequence[str], str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def ask(project: Project, built: Any, manifest: Any) -> Ask:
    """Asks MetricFlow for metrics by a dimension, all of them if none is named."""
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration  # noqa: PLC0415
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest  # noqa: PLC0415

    assert built.exception is None
    every = sorted(metric.name for metric in manifest.metrics.values())
    asked = CLIConfiguration()
    with contextlib.chdir(project.folder):  # MetricFlow looks for the manifest here
        asked.setup(project.folder, project.folder, configure_file_logging=False)
        engine = asked.mf

    def ask(metrics: Sequence[str], by: str) -> list[dict[str, Any]]:
        request = MetricFlowQueryRequest.create(metric_names=metrics or every, group_by_names=[by])
        table = engine.query(request).result_df
        assert table is not None
        return [dict(zip(table.column_names, row, strict=True)) for row in table.rows]

    return ask


@pytest.fixture(scope="module")
def answers(ask: Ask) -> dict[date, Row]:
    """Every metric by day, in one question."""
    return {row.pop("metric_time__day").date(): row for row in ask((), "metric_time__day")}


EXPECTED: Mapping[str, str] = {
    "lantern_desktop_search_count_sum": "SUM(search_count)",
    "lantern_desktop_active_hours_average": "AVG(active_hours)",
    "lantern_desktop_active_hours_max": "MAX(active_hours)",
    "lantern_desktop_active_hours_min": "MIN(active_hours)",
    "lantern_desktop_active_hours_median": "MEDIAN(active_hours)",
    "lantern_desktop_search_count_client_count": "COUNT(DISTINCT client_id)"
    " FILTER (search_count > 0)",
    "lantern_desktop_ad_clicks_ratio": "SUM(ad_clicks) / SUM(search_count)",
    "lantern_desktop_ad_click_rate_ratio": "SUM(ad_clicks) / SUM(search_count)",
    "lantern_desktop_crashes_per_hour_ratio": "SUM(crashes) / SUM(active_hours)",
    "lantern_desktop_ad_clicks_dau_proportion": "COUNT(DISTINCT client_id) FILTER (ad_clicks > 0)"
    " / COUNT(DISTINCT client_id)",
}
"""Metrics of a client's day, as SQL that was written by hand."""


@pytest.fixture(scope="module")
def truth(project: Project) -> dict[date, Row]:
    """The same numbers from the warehouse itself, without any generated SQL."""
    columns = ", ".join(f"{sql} AS {name}" for name, sql in EXPECTED.items())
    query = f"""
        WITH days AS (
            SELECT client_id, submission_date,
                SUM(active_hours) AS active_hours, SUM(search_count) AS search_count,
                SUM(ad_clicks) AS ad_clicks, SUM(crash_count) AS crashes
            FROM lantern_desktop.clients_daily GROUP BY ALL
        )
        SELECT submission_date, {columns} FROM days GROUP BY ALL
    """  # noqa: S608 - ours
    with duckdb.connect(project.warehouse, read_only=True) as warehouse:
        found = warehouse.execute(query)
        names = [column for column, *_ in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row.pop("submission_date"): row for row in rows}


@pytest.mark.parametrize("name", EXPECTED)
def test_numbers(name: str, answers: dict[date, Row], truth: dict[date, Row]) -> None:
    """MetricFlow gives the number that SQL by hand gives, on every day."""
    assert DAYS == sorted(truth)
    for day in DAYS:
        assert same(truth[day][name], answers[day][name]), (day, name)


@pytest.fixture(scope="module")
def looker(project: Project, answers: dict[date, Row]) -> dict[str, dict[date, Any]]:
    """The measures of the LookML views that dbt has too, by day, under the name of the metric."""
    named = set(answers[DAYS[0]])
    tree = generate(world_of(project.settings)).tree
    found: dict[str, dict[date, Any]] = {}
    with duckdb.connect(project.warehouse, read_only=True) as warehouse:
        for path, artifact in tree.artifacts.items():
            if artifact.kind == "metric_definitions_view":
                assert isinstance(artifact.content, Document)
                platform, view = path.split("/")[0], artifact.content.views[0]
                names = {measure.name for measure in view.measures}
                shared = sorted(name for name in names if f"{platform}_{name}" in named)
                for day, row in shown_by_day(warehouse, view, shared).items() if shared else ():
                    for name, value in row.items():
                        found.setdefault(f"{platform}_{name}", {})[day] = value
    return found


def shown_by_day(
    warehouse: duckdb.DuckDBPyConnection, view: View, measures: Sequence[str]
) -> dict[date, Row]:
    """What Looker shows of the days of the example, measures of a view side by side."""
    query = Query(
        ["submission_date", *measures],
        parameters={"sampling": "100", "rolling_average_window_size": "7"},
        dates={"submission_date": (str(DAYS[0]), str(DAYS[-1] + timedelta(days=1)))},
    )
    return {day: row for (day,), row in metric_oracle.ask(warehouse, view, query).items()}


def test_the_same_number_twice(
    answers: dict[date, Row], looker: dict[str, dict[date, Any]]
) -> None:
    """Whatever both can say, Looker and MetricFlow say alike, on every day.

    Of windows and periods, from the day on which they are full: before it, Looker averages the
    rows that there are, and MetricFlow divides by the days of the window.
    """
    names = sorted(next(iter(answers.values())).keys() & looker.keys())
    wrong = [
        (name, day, looker[name].get(day), answers[day][name])
        for name in names
        for day in DAYS[sum(map(int, re.findall(r"_(\d+)_day", name))) :]
        if not same(looker[name].get(day), answers[day][name])
    ]

    assert [] == wrong
    only_parts = [name for name in answers[DAYS[0]].keys() - looker.keys() if not _is_part(name)]
    assert [] == only_parts
    assert len(names) >= 43


def _is_part(name: str) -> bool:
    """Whether a metric is only there for others to be made of."""
    return name.endswith("_dau") or "_rolling_sum_" in name


SEARCHES = "lantern_desktop_search_count"


@pytest.mark.parametrize("days", [7, 28])
def test_rolling_averages(days: int, answers: dict[date, Row], truth: dict[date, Row]) -> None:
    """A rolling average is that of its days, as soon as there are so many."""
    searches = [float(truth[day][f"{SEARCHES}_sum"]) for day in DAYS]
    for place in range(days - 1, len(DAYS)):
        expected = sum(searches[place - days + 1 : place + 1]) / days
        found = answers[DAYS[place]][f"{SEARCHES}_rolling_average_sum_{days}_day"]
        assert same(expected, found), DAYS[place]


@pytest.mark.parametrize("days", [7, 28])
def test_periods_over_periods(days: int, answers: dict[date, Row], truth: dict[date, Row]) -> None:
    """A period over period compares with the same number so many days before."""
    stem = f"{SEARCHES}_sum_{days}_day_period_over_period"
    for place in range(days, len(DAYS)):
        now = float(truth[DAYS[place]][f"{SEARCHES}_sum"])
        then = float(truth[DAYS[place - days]][f"{SEARCHES}_sum"])
        found = answers[DAYS[place]]
        assert same(then, found[f"{stem}_previous"])
        assert same(now - then, found[f"{stem}_difference"])
        assert same(now / then - 1, found[f"{stem}_relative_change"])


def test_a_rolling_average_over_a_period(answers: dict[date, Row], truth: dict[date, Row]) -> None:
    """Windows shift as a whole."""
    searches = [float(truth[day][f"{SEARCHES}_sum"]) for day in DAYS]
    name = f"{SEARCHES}_rolling_average_sum_7_day_28_day_period_over_period_previous"
    for place in range(28 + 6, len(DAYS)):
        expected = sum(searches[place - 28 - 6 : place - 28 + 1]) / 7
        assert same(expected, answers[DAYS[place]][name]), DAYS[place]


def test_dimensions(ask: Ask, project: Project) -> None:
    """Metrics can be broken down by what the definitions call a dimension."""
    metric, dimension = "lantern_desktop_active_hours_sum", "lantern_desktop_clients_daily__os"
    query = "SELECT os, SUM(active_hours) FROM lantern_desktop.clients_daily GROUP BY ALL"
    with duckdb.connect(project.warehouse, read_only=True) as warehouse:
        expected = dict(warehouse.execute(query).fetchall())
    found = {row[dimension]: row[metric] for row in ask((metric,), dimension)}

    assert expected.keys() == found.keys()
    assert all(same(expected[name], found[name]) for name in expected)


def same(one: Any, other: Any) -> bool:
    """Whether two numbers are one, but for the last digits of a sum in another order."""
    if one is None or other is None:
        return one is other
    return isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)


def test_bigquery_is_parsed_without_credentials(project: Project) -> None:
    """The same project is understood for BigQuery, offline."""
    pytest.importorskip("dbt.adapters.bigquery")

    parsed = project.run("parse", "--target", "bigquery", "--target-path", "target-bigquery")

    assert parsed.success, parsed.exception
