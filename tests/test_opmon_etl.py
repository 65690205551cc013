"""The ETL of monitoring: dbt builds the example's projects, and their statistics are right."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec import Struct
from msgspec.structs import replace

from generator.facts.conventions import Conventions
from generator.pipeline import models
from generator.run import world_of
from generator.settings import Settings
from tests.opmon_odd import EXPECTED, MANY, ROWS, write_odd
from tests.opmon_oracle import Key, Point, Watched, shown, statistics
from tests.opmon_watched import PROJECTS

pytest.importorskip("dbt.cli.main")
pytestmark = pytest.mark.etl

ROOT = Path(__file__).parents[1]
FIRST, LAST = date(2026, 7, 5), date(2026, 7, 7)
SCHEMA = "operational_monitoring_derived"
DAYS = tuple(FIRST + timedelta(days) for days in range((LAST - FIRST).days + 1))


class Etl(Struct, frozen=True):
    """The dbt project of the monitoring projects, and the warehouse that it reads."""

    folder: Path
    warehouse: Path
    built: Path

    def run(self, first: date, last: date, *words: str) -> None:
        """The models of some days are built."""
        from dbt.adapters.duckdb.connections import (  # noqa: PLC0415 - takes seconds
            DuckDBConnectionManager,
        )

        done = invoked(self.folder, first, last, words or ("run",), parsed(self.folder).deepcopy())
        DuckDBConnectionManager.close_all_connections()  # or the file can be opened by nobody else
        assert done.success, done.exception or [r.message for r in done.result]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query over what was built."""
        with duckdb.connect(str(self.built), read_only=True) as connection:
            connection.execute(f"ATTACH '{self.warehouse}' AS \"lantern-data\" (READ_ONLY)")
            return connection.execute(query).fetchall()


def invoked(
    folder: Path, first: date, last: date, words: tuple[str, ...], manifest: Any = None
) -> Any:
    """What becomes of a dbt command for some days; a project that is parsed is not parsed again."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes seconds

    places = ("--project-dir", str(folder), "--profiles-dir", str(folder))
    quiet = ("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats")
    days = f"{{start: '{first}', end: '{last}'}}"
    return dbtRunner(manifest).invoke([*quiet, *words, *places, "--vars", days])


@cache
def parsed(folder: Path) -> Any:
    """What dbt knows of a project before it is told a day: half of the time of a run."""
    done = invoked(folder, date(2020, 1, 1), date(2020, 1, 1), ("parse",))
    assert done.success, done.exception
    return done.result


@pytest.fixture(scope="module")
def etl(lantern_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etl]:
    """The ETL of the example; the other models are left out, to be quick."""
    folder = tmp_path_factory.mktemp("opmon")
    made = Etl(folder / "dbt", folder / "lantern-data.duckdb", folder / "built.duckdb")
    shutil.copy(lantern_data, made.warehouse)
    odd = write_odd(folder / "odd", made.warehouse)
    apps = (ROOT / "examples" / "platforms.toml").read_text(encoding="utf-8")
    (folder / "platforms.toml").write_text(f"{apps}\n[toaster]\n", encoding="utf-8")
    settings = Settings(
        namespaces=str(ROOT / "namespaces.yaml"),
        warehouse=(f"duckdb:{made.warehouse}",),
        metric_hub=(str(ROOT / "examples" / "metric-hub"), str(odd)),
        monitoring_platforms=str(folder / "platforms.toml"),
        experiments=str(ROOT / "examples" / "experiments.json"),
        conventions=Conventions(monitoring_project="lantern-data", monitoring_client_rows=ROWS),
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


def test_differences_are_seen(built: Etl) -> None:
    """A project that is computed otherwise does not pass: percentiles of one client less."""
    watched = PROJECTS["faster_first_paint_rollout"]
    fewer = replace(watched, population=f"{watched.population} WHERE sample_id < 50")
    with duckdb.connect(str(built.warehouse), read_only=True) as warehouse:
        expected = statistics(warehouse, fewer, DAYS)
    actual = found(built, "faster_first_paint_rollout", ())

    assert {"active_hours", "search_count", "startup_histogram", "crashes"} == {
        key[4] for key in differences(expected, actual)
    }


def test_odd_clients_count_once(built: Etl) -> None:
    """Who sends a hundred pings weighs as much as who sends one; every value is told by hand."""
    actual = found(built, "odd", ("country",))
    day = date(2026, 7, 6)
    expected: dict[Key, Point] = {
        (day, None, (country,), "active", metric, statistic, _parameter(statistic)): point
        for (country, metric, statistic), point in EXPECTED.items()
    }

    assert {} == dict(differences(expected, actual))


def test_metrics_beyond_forty_stand_beside_the_others(built: Etl) -> None:
    """What a second statement computed is of the same client, also without id or country."""
    parts = built.rows("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'many%part%'")
    actual = found(built, "many", ('"order"',))
    means = {(key[2][0], key[4]): point[0] for key, point in actual.items()}

    assert {("many_v1_part_1",), ("many_v1_part_2",)} == set(parts)
    assert MANY * len(("All", "US", "DE", "All*", None)) == len(means)
    for (country, metric, statistic), (mean, _, _) in EXPECTED.items():
        if (metric, statistic) == ("ms", "mean"):
            for number in range(MANY):
                expected = None if mean is None else mean + number
                assert expected == means[country, f"plus_{number}"]


def _parameter(statistic: str) -> str | None:
    return "50" if statistic == "percentile" else None


def test_days_before_the_start_have_nothing(built: Etl) -> None:
    """A project has no row of a day before its start, though its clients were there."""
    for table in ("later_v1", "later_statistics_v2"):
        assert [] == built.rows(f"FROM operational_monitoring_derived.{table}")


def tables(etl: Etl) -> Mapping[str, list[tuple[Any, ...]]]:
    """The rows of every table that runs write, in order; doubles to twelve digits."""
    names = etl.rows(
        """SELECT table_name FROM duckdb_tables()
        WHERE schema_name = 'operational_monitoring_derived' AND table_name SIMILAR TO '.*_v[12]'
        ORDER BY ALL"""
    )
    return {name: _rounded(etl.rows(f"FROM {SCHEMA}.{name}")) for (name,) in names}


def _rounded(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(_round, row)) for row in rows), key=repr)


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, list):
        return [_round(item) for item in value]
    if isinstance(value, dict):
        return {key: _round(item) for key, item in value.items()}
    return value


def test_days_one_by_one_in_any_order_and_twice(
    built: Etl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days that are run alone, out of order, one of them again, give what their range gives."""
    alone = replace(built, built=tmp_path / "built.duckdb")
    monkeypatch.setenv("DBT_DUCKDB_PATH", str(alone.built))
    for day in (DAYS[2], DAYS[0], DAYS[1], DAYS[0]):
        alone.run(day, day)
    expected = tables(built)

    assert expected == tables(alone)
    filled = {name for name, rows in expected.items() if rows}
    assert {f"{name}_{table}" for name in PROJECTS for table in ("v1", "statistics_v2")} <= filled


def test_a_range_again_changes_nothing(built: Etl) -> None:
    """A run that is repeated writes the same rows; one without days none."""
    before = tables(built)

    built.run(FIRST, LAST)
    assert before == tables(built)
    built.run(date(2020, 1, 1), date(2020, 1, 2))
    assert before == tables(built)


def test_a_day_without_rows_is_emptied(built: Etl, tmp_path: Path) -> None:
    """Rows that are gone from the source are gone from the day when it is run again."""
    with pytest.MonkeyPatch.context() as patch:
        emptied = replace(
            built, warehouse=tmp_path / "lantern-data.duckdb", built=tmp_path / "built.duckdb"
        )
        shutil.copy(built.warehouse, emptied.warehouse)
        shutil.copy(built.built, emptied.built)
        with duckdb.connect(str(emptied.warehouse)) as connection:
            connection.execute("DELETE FROM odd.pings")
        patch.setenv("LOOKML_GEN_DUCKDB", str(emptied.warehouse))
        patch.setenv("DBT_DUCKDB_PATH", str(emptied.built))
        assert emptied.rows(f"FROM {SCHEMA}.odd_v1")
        emptied.run(date(2026, 7, 6), date(2026, 7, 6), "run", "--select", "tag:odd")

        assert [] == emptied.rows(f"FROM {SCHEMA}.odd_v1")
        assert [] == emptied.rows(f"FROM {SCHEMA}.odd_statistics_v2")
