"""The ETL of the example for BigQuery, judged by Google's own analyzer; nothing is run."""

import shutil
from pathlib import Path

import pytest

from generator.facts.catalog import Needs
from generator.facts.conventions import Conventions
from generator.pipeline import models
from generator.run import world_of
from generator.settings import Settings
from tests.judge import Judge
from tests.opmon_odd import ROWS, write_odd
from tests.opmon_sql import Compiled

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"

pytest.importorskip("zetasql", reason="Google's analyzer is not installed")


def test_bigquery_would_take_every_statement(lantern_data: Path, tmp_path: Path) -> None:
    """Each statement holds all that it reads, so that every name and type is known."""
    warehouse = tmp_path / "lantern-data.duckdb"
    shutil.copy(lantern_data, warehouse)
    odd = write_odd(tmp_path / "odd", warehouse)
    platforms = tmp_path / "platforms.toml"
    apps = (EXAMPLES / "platforms.toml").read_text(encoding="utf-8")
    platforms.write_text(f"{apps}\n[toaster]\n", encoding="utf-8")
    settings = Settings(
        namespaces=str(ROOT / "namespaces.yaml"),
        warehouse=(f"duckdb:{warehouse}",),
        metric_hub=(str(EXAMPLES / "metric-hub"), str(odd)),
        monitoring_platforms=str(platforms),
        experiments=str(EXAMPLES / "experiments.json"),
        conventions=Conventions(monitoring_project="lantern-data", monitoring_client_rows=ROWS),
    )
    world = world_of(settings)
    made = models(world)
    artifacts = made.tree.artifacts.items()
    own = f"models/{Conventions().monitoring_namespace}/"
    needed = {name for path, item in artifacts if path.startswith(own) for name in item.needs}
    found = world.catalog(Needs.of(needed)).relations
    relations = {name: relation.columns for name, relation in found.items()}
    statements = dict(Compiled(made.tree).statements())

    assert len(made.monitored.studies) * 4 <= len(statements)
    assert [] == list(Judge().faults(relations, statements.values()))
