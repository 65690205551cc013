"""The example, run as `make run` does it: computed by dbt, shown on dashboards that open right."""

import os
import re
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import duckdb
import pytest
import yaml

from tests.nursery import command

pytest.importorskip("dbt.cli.main")
pytestmark = pytest.mark.etl

ROOT = Path(__file__).parents[1]
DASHBOARDS = "output/lookml/operational_monitoring/dashboards"
COMPUTED = {
    "dark_start_rollout",  # it has no file: a rollout that its platform's defaults watch
    "default_browser",
    "desktop_health",
    "faster_first_paint_rollout",
    "mobile_health",
    "new_tab_layout",
    "release_overview",
    "search_by_country",
    "stability_by_build",
    "startup_by_build",
    "tab_groups_rollout",
}
"""Without the one that is skipped."""


def run(folder: Path, *words: str) -> None:
    """A command of ours, which does not fail."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOOKML_GEN_")}
    done = command(folder, words, {**kept, "PYTHONPATH": str(ROOT)})
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after the commands of `make run`."""
    folder = tmp_path_factory.mktemp("example")
    for name in ("namespaces.yaml", "pyproject.toml"):
        copy(ROOT / name, folder)
    copytree(ROOT / "examples", folder / "examples")
    (etl,) = set(re.findall(r"^\t@\$\(GEN\) (etl .*)$", read("Makefile"), re.MULTILINE))
    for words in (["demo"], etl.split(), ["generate"]):
        run(folder, *words)
    return folder


def read(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def rows(example: Path, query: str) -> list[tuple[Any, ...]]:
    """What the warehouse says."""
    with duckdb.connect(example / "output/lantern-data.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def dashboard(example: Path, name: str) -> dict[str, Any]:
    """A dashboard, as YAML has it."""
    text = (example / DASHBOARDS / f"{name}.dashboard.lookml").read_text(encoding="utf-8")
    (found,) = yaml.safe_load(text)
    assert isinstance(found, dict)
    return found


def test_every_project_is_computed_and_shown(example: Path) -> None:
    """All but the one at rest have a dashboard, statistics for each of its tiles, and a row."""
    files = (example / DASHBOARDS).iterdir()
    assert {path.name.partition(".")[0] for path in files} == COMPUTED
    for name in COMPUTED:
        shown = {
            (tile["filters"][f"{name}.metric"], tile["filters"][f"{name}.statistic"])
            for tile in dashboard(example, name)["elements"]
            if "filters" in tile
        }
        found = rows(
            example,
            f"SELECT DISTINCT metric, statistic FROM operational_monitoring.{name}_statistics",  # noqa: S608 - from above
        )
        for metrics, statistic in shown:
            for metric in metrics.replace('"', "").split(","):
                assert (metric, statistic.strip('"')) in found
    slugs = rows(example, "SELECT replace(slug, '-', '_') FROM operational_monitoring.projects")
    assert {slug for (slug,) in slugs} == COMPUTED


def test_every_mode_is_there(example: Path) -> None:
    """Branches in all four ways, both x-axes, an end, groups, a split, and the compact form."""
    found = rows(
        example,
        "SELECT xaxis, branches, len(dimensions), group_by_dimension, alerting,"
        " compact_visualization, end_date IS NOT NULL FROM operational_monitoring.projects",
    )
    kinds = [set(values) for values in zip(*(map(str, row) for row in found), strict=True)]
    axes, branches, dimensions, groupings, *flags = kinds
    assert {"submission_date", "build_id"} == axes
    assert {
        "['active']",
        "['enabled', 'disabled']",
        "['control', 'treatment']",
        "['control', 'compact', 'spacious']",
    } == branches
    assert {"0", "1", "2"} == dimensions
    assert {"None", "os"} == groupings
    assert [{"False", "True"}] * 3 == flags
    assert "boolean_pref" in written("default-browser")
    assert {"mean", "sum", "count", "quantile", "percentile", "total_ratio"} == {
        statistic
        for (statistic,) in rows(
            example,
            "SELECT DISTINCT unnest(summaries).statistic FROM operational_monitoring.projects",
        )
    }


def written(slug: str) -> str:
    """The file of a project."""
    return read(f"examples/metric-hub/opmon/{slug}.toml")


def test_dropdowns_start_right(example: Path) -> None:
    """With `All` where there are such rows, else with the value of the most clients."""
    (most,) = rows(
        example,
        "SELECT country FROM operational_monitoring.search_by_country"
        " WHERE submission_date = DATE '2026-07-30'"
        " GROUP BY country ORDER BY count(*) DESC LIMIT 1",
    )
    for name, title, value in (
        ("search_by_country", "Country", most[0]),
        ("desktop_health", "Country", "All"),
        ("mobile_health", "System", "All"),
        ("stability_by_build", "OS", "Darwin,Linux,Windows"),
    ):
        filters = {item["name"]: item for item in dashboard(example, name)["filters"]}
        assert value == filters[title]["default_value"]


def test_alerts_fire_where_there_is_cause(example: Path) -> None:
    """A faster branch, a slow build, and the start of a rollout: nothing else."""
    differs = rows(
        example,
        "SELECT DISTINCT branch, metric, parameter"
        " FROM operational_monitoring.faster_first_paint_rollout_alerts",
    )
    assert [("treatment", "startup_histogram", 50.0)] == differs
    slow = "SELECT DISTINCT build_id FROM operational_monitoring.startup_by_build_alerts"
    assert [("20260714",)] == rows(example, slow)
    habits = (
        "SELECT min(submission_date)::TEXT, count(*) < 5"
        " FROM operational_monitoring.release_overview_alerts"
    )
    assert [("2026-07-10", True)] == rows(example, habits)


def test_a_title_with_everything_in_it(example: Path) -> None:
    """It comes through TOML, SQL and YAML as it was written."""
    title = """New tab: what's in the "compact" layout? {100%} #1"""
    query = "SELECT name FROM operational_monitoring.projects WHERE slug = 'new-tab-layout'"
    assert title == dashboard(example, "new_tab_layout")["title"]
    assert [(title,)] == rows(example, query)


def test_the_readme_shows_what_is_made(example: Path) -> None:
    """Its project is that of the example, its dashboard that which comes out."""
    section = read("README.md").partition("\n## Watch a rollout\n")[2].partition("\n## ")[0]
    (project,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    (shown,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    (path,) = re.findall(r"`(output/\S+\.dashboard\.lookml)`", section)
    assert project in written("search-by-country")
    assert shown in (example / path).read_text(encoding="utf-8")
