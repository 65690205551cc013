"""The page on monitoring: its keys are those that are read, and its example gives what it says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import fields

from generator.facts.metric_hub import DimensionSpec
from generator.pipeline import Build, generate
from generator.semantics.alerts import Alert, AlertKind
from generator.semantics.project_spec import GroupSpec, PopulationSpec, ProjectSpec
from generator.semantics.statistics import STATISTICS
from tests import fakes

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "opmon.md").read_text(encoding="utf-8")
EXAMPLE = "operational_monitoring/dashboards/quick_checkout.dashboard.lookml"
_FILE = re.compile(r"```toml\n# (\S+)\n(.*?)```", re.DOTALL)
_ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)

CATALOG = """
acme.shop.orders_daily:
  columns: {client_id: STRING, submission_date: DATE, country: STRING, orders: INT64,
    checkout_ms: INT64}
acme.operational_monitoring.quick_checkout_statistics:
  columns:
    submission_date: DATE
    build_id: STRING
    country: {type: STRING, top_values: [[All, 40], [DE, 20], [FR, 20]]}
    branch: STRING
    metric: STRING
    statistic: STRING
    point: FLOAT64
    lower: FLOAT64
    upper: FLOAT64
    parameter: FLOAT64
acme.operational_monitoring.quick_checkout_alerts:
  columns:
    submission_date: DATE
    build_id: STRING
    country: STRING
    metric: STRING
    statistic: STRING
    branch: STRING
    parameter: FLOAT64
    message: STRING
"""


def section(heading: str) -> str:
    """The part of the page below a heading."""
    (found,) = re.findall(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    return str(found)


def keys(spec: type[Any], **renamed: str) -> set[str]:
    """The keys that fill the fields of a class; those renamed to nothing are no keys."""
    names = (renamed.get(field.name, field.name) for field in fields(spec))
    return {name for name in names if name}


@pytest.mark.parametrize(
    ("heading", "read"),
    [
        ("`[project]`", keys(ProjectSpec, at="", groups="metric_groups")),
        ("`[project.population]`", keys(PopulationSpec)),
        ("`[metrics.<metric>.statistics]`", set(STATISTICS["opmon"])),
        ("`[dimensions.<dimension>]`", keys(DimensionSpec, slug="", at="")),
        ("`[alerts.<alert>]`", keys(Alert, slug="", at="", kind="type", label="friendly_name")),
    ],
)
def test_keys_are_documented(heading: str, read: set[str]) -> None:
    """Every key that is read has a row, and every row is of a key that is read."""
    assert read == set(_ROW.findall(section(heading)))


def test_keys_of_groups_are_documented() -> None:
    """They stand in the row of the groups."""
    (row,) = re.findall(r"^\| `metric_groups` .*$", PAGE, re.MULTILINE)

    assert keys(GroupSpec, name="", at="") <= set(re.findall(r"`(\w+)`", row))


def test_parameters_of_statistics_are_documented() -> None:
    """Each stands in the row of its statistic."""
    rows = dict(
        re.findall(r"^\| `(\w+)` (\|.*)$", section("`[metrics.<metric>.statistics]`"), re.MULTILINE)
    )
    for name, parameters in STATISTICS["opmon"].items():
        assert [] == [key for key in parameters if f"`{key}`" not in rows[name]]


def test_kinds_of_alerts_are_documented() -> None:
    """Each has a column, and an alert with what the page requires can be made."""
    (head,) = re.findall(r"^\| key \|.*$", section("`[alerts.<alert>]`"), re.MULTILINE)

    assert list(AlertKind) == re.findall(r"`(\w+)`", head)


def run(folder: Path, old: str = "", new: str = "") -> Build:
    """The run over the files of the page; in that of the project, `old` is `new`."""
    for name, text in _FILE.findall(PAGE):
        path = folder / "metric-hub" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if "opmon/" in name else text)
    (folder / "catalog.yaml").write_text(CATALOG)
    (folder / "namespaces.yaml").write_text("{}\n")
    (folder / "settings.toml").write_text('[tool.lookml-gen]\nmonitoring-project = "acme"\n')
    return generate(fakes.folder(folder))


def test_the_example_gives_its_tiles(tmp_path: Path) -> None:
    """The dashboard has the tiles and filters that the page lists; nothing is wrong."""
    build = run(tmp_path)
    (dashboard,) = yaml.safe_load(build.tree[EXAMPLE])
    (listed,) = re.findall(r"```text\n(.*?)```", section("An example"), re.DOTALL)

    assert () == build.diagnostics
    assert listed.splitlines() == [tile["name"] for tile in dashboard["elements"]]
    (said,) = re.findall(r"Above them are the filters (.*)\.$", PAGE, re.MULTILINE)
    assert re.findall(r"`(\w+)`", said) == [item["name"] for item in dashboard["filters"]]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (
            'metrics = ["checkout_ms", "orders"]',
            'metrics = ["checkout", "orders"]',
            "unknown-reference",
        ),
        ("percentile =", "deciles =", "unknown-statistic"),
        ("[metrics.orders.statistics]\nmean = {}", "", "no-statistic"),
        ("max =", "window_size = 7\nmax =", "bad-alert"),
        ("[900, 2500]", "[900]", "bad-alert"),
        ('start_date = "2026-07-01"', "", "no-start-date"),
        ("monitor_entire_population", "monitor_everybody", "ignored-key"),
    ],
)
def test_what_is_checked(old: str, new: str, code: str, tmp_path: Path) -> None:
    """What the page says is checked is."""
    assert code in {item.code for item in run(tmp_path, old, new).diagnostics}
