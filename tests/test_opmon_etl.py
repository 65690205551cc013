"""The ETL of monitoring: dbt builds the example's projects, and their statistics are right."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator.demo import write_demo
from generator.facts.conventions import Conventions
from generator.pipeline import models
from generator.run import world_of
from generator.settings import Settings
from tests.opmon_oracle import Key, Point, Watched, shown, statistics
from tests.opmon_watched import PROJECTS

pytest.importorskip("dbt.cli.main")
pytestmark = pytest.mark.etl

ROOT = Path(__file__).parents[1]
FIRST, LAST = date(2026, 7, 5), date(2026, 7, 7)
DAYS = tuple(FIRST + timedelta(days) for days in range((LAST - FIRST).days + 1))


@dataclass(frozen=True)
class Etl:
    """The dbt project of the monitoring projects, and the warehouse that it reads."""

    folder: Path
    warehouse: Path
    built: Path

    def run(self, first: date, last: date, *words: str) -> None:
        """The models of some days are built."""
        from dbt.adapters.duckdb.connections import (  # noqa: PLC0415 - takes seconds
            DuckDBConnectionManager,
        )
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - likewise

        places = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
        quiet = ("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats")
        days = f"{{start: '{first}', end: '{last}'}}"
        done = dbtRunner().invoke([*quiet, *(words or ("run",)), *places, "--vars", days])
        DuckDBConnectionManager.close_all_connections()  # or the file can be opened by nobody else
        assert done.success, done.exception or [r.message for r in done.result]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query over what was built."""
        with duckdb.connect(str(self.built), read_only=True) as connection:
            connection.execute(f"ATTACH '{self.warehouse}' AS \"lantern-data\" (READ_ONLY)")
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def etl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etl]:
    """The ETL of the example; the other models are left out, to be quick."""
    folder = tmp_path_factory.mktemp("opmon")
    made = Etl(folder / "dbt", folder / "lantern-data.duckdb", folder / "built.duckdb")
    write_demo(made.warehouse)
    settings = Settings(
        namespaces=str(ROOT / "namespaces.yaml"),
        warehouse=(f"duckdb:{made.warehouse}",),
        metric_hub=(str(ROOT / "examples" / "metric-hub"),),
        monitoring_platforms=str(ROOT / "examples" / "platforms.toml"),
        experiments=str(ROOT / "examples" / "experiments.json"),
        conventions=Conventions(monitoring_project="lantern-data"),
    )
    tree = models(world_of(settings)).tree
    for path in tree:
        if not path.startswith("models/lantern_"):
            (made.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (made.folder / path).write_text(tree[path], encoding="utf-8")
    shutil.copy(made.folder / "profiles.example.yml", made.folder / "profiles.yml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOKML_GEN_DUCKDB", str(made.warehouse))
        patch.setenv("DBT_DUCKDB_PATH", str(made.built))
        yield made


@pytest.fixture(scope="module")
def built(etl: Etl) -> Etl:
    """The ETL after a run of some days."""
    etl.run(FIRST, LAST, "build")
    return etl


def found(etl: Etl, name: str, dimensions: tuple[str, ...]) -> Mapping[Key, Point]:
    """What the long view of a project has."""
    listed = ", ".join(dimensions)
    rows = etl.rows(
        f"""SELECT submission_date, build_id, [{listed}]::VARCHAR[], branch, metric, statistic,
          parameter_label, point, lower, upper
        FROM operational_monitoring.{name}_statistics"""  # noqa: S608
    )
    keyed = {
        (day, build, tuple(dims), *more[:4]): tuple(more[4:]) for day, build, dims, *more in rows
    }
    assert len(rows) == len(keyed)
    return keyed


def differences(
    expected: Mapping[Key, Point], actual: Mapping[Key, Point]
) -> Mapping[Key, tuple[Point | None, Point | None]]:
    """The values that are not alike."""
    keys = sorted({*expected, *actual}, key=str)
    pairs = {key: (expected.get(key), actual.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if not _alike(*pair)}


def _alike(one: Point | None, other: Point | None) -> bool:
    if one is None or other is None:
        return False
    return all(
        a is b is None or (a is not None and b is not None and isclose(a, b, rel_tol=1e-9))
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("name", PROJECTS)
def test_statistics_are_right(built: Etl, name: str) -> None:
    """Every value of every project, by branch, dimension and day or build, is as computed apart."""
    watched: Watched = PROJECTS[name]
    with duckdb.connect(str(built.warehouse), read_only=True) as warehouse:
        expected = statistics(warehouse, watched, DAYS)
    if watched.by_build:
        expected = shown(expected)
    actual = found(built, name, watched.dimensions)

    assert {} == dict(differences(expected, actual))
    assert len(expected) >= len(watched.statistics)
