"""Alerts of the example as dbt computes them: they do not depend on the order of the runs."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator.etl.plan import Asked
from generator.etl.run import compute
from generator.facts.conventions import Conventions
from generator.settings import Settings
from generator.stages import Stages

pytest.importorskip("dbt.cli.main")
pytestmark = pytest.mark.etl

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
TODAY = date(2026, 8, 1)


def settings_of(folder: Path, demo: Path) -> Settings:
    """The example over a warehouse of its own."""
    folder.mkdir()
    shutil.copy(demo, folder / "lantern-data.duckdb")
    return Settings(
        namespaces=str(ROOT / "namespaces.yaml"),
        warehouse=(f"duckdb:{folder / 'lantern-data.duckdb'}",),
        metric_hub=(str(EXAMPLES / "metric-hub"),),
        monitoring_platforms=str(EXAMPLES / "platforms.toml"),
        experiments=str(EXAMPLES / "experiments.json"),
        output=str(folder / "output"),
        conventions=Conventions(monitoring_project="lantern-data"),
    )


def alerts_after(settings: Settings, *runs: tuple[str, str]) -> list[tuple[Any, ...]]:
    """The alerts after runs of a first and a last day."""
    for first, last in runs:
        asked = Asked(first=first, last=last, slugs=("release-overview",))
        assert () == compute(settings, asked, None, TODAY, Stages()).diagnostics
    with duckdb.connect(settings.warehouse[0].removeprefix("duckdb:"), read_only=True) as found:
        query = "FROM operational_monitoring.release_overview_alerts ORDER BY ALL"
        return found.execute(query).fetchall()


def test_the_order_of_days_does_not_matter(lantern_data: Path, tmp_path: Path) -> None:
    """Days that come late, and days that come again, give the alerts of days in order."""
    in_order = alerts_after(settings_of(tmp_path / "a", lantern_data), ("2026-07-01", "2026-07-12"))
    runs = ("2026-07-07", "2026-07-12"), ("2026-07-01", "2026-07-07")
    late = alerts_after(settings_of(tmp_path / "b", lantern_data), *runs)

    # five days against the five before: on the tenth, which was computed before the first
    assert date(2026, 7, 10) == in_order[0][0]
    assert in_order == late
