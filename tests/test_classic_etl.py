"""A project in the classic layout, from its file to what Looker reads, computed by dbt."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator.etl.plan import Asked
from generator.etl.run import compute
from generator.facts.catalog import Needs, RelationName
from generator.facts.conventions import Conventions
from generator.pipeline import models
from generator.run import world_of
from generator.settings import Settings
from generator.stages import Stages
from tests.judge import Judge
from tests.opmon_sql import Compiled

pytest.importorskip("dbt.cli.main")
pytestmark = pytest.mark.etl

PROJECT = """
channel = "nightly"
boolean_pref = "toaster"
xaxis = "{axis}"
start_date = 2026-06-01

[[analysis]]
source = "lantern-data.web.pings"
probes = ["tabs", "scroll_ms"]
dimensions = ["os"]
build_id_column = "build"

[[analysis]]
source = "lantern-data.web.crashes"
probes = ["crashes"]
build_id_column = "build"

[probes.scroll_ms]
type = "histogram"
sql = "scroll"
"""
BUCKET = "STRUCT(key BIGINT, value BIGINT)"
WAREHOUSE = f"""
CREATE SCHEMA web;
CREATE TABLE web.pings (
  submission_date DATE, client_id VARCHAR, build VARCHAR, os VARCHAR, normalized_channel VARCHAR,
  toaster BOOLEAN, tabs BIGINT,
  scroll STRUCT(bucket_count BIGINT, sum BIGINT, histogram_type BIGINT, range BIGINT[],
    "values" {BUCKET}[])
);
CREATE TABLE web.crashes AS
  SELECT DATE '2026-06-02' AS submission_date, 'a' AS client_id, '2026060101' AS build,
    'nightly' AS normalized_channel, TRUE AS toaster, 2 AS crashes;
"""
PINGS: tuple[tuple[Any, ...], ...] = (
    ("2026-06-01", "a", "2026060101", "Mac", "nightly", True, 3, {0: 1, 1: 1, 2: 2}),
    ("2026-06-01", "a", "2026060102", "Mac", "nightly", True, 5, {1: 4}),
    ("2026-06-01", "b", "2026060101", None, "nightly", False, 7, None),
    ("2026-06-01", "c", "2026060101", "Mac", "nightly", None, 9, {1: 1}),  # in no branch
    ("2026-06-01", "d", "2026060101", "Mac", "release", True, 9, {1: 1}),  # on another channel
    ("2026-06-02", "a", "2026060101", "Mac", "nightly", True, 1, {3: 4}),
    ("2026-06-02", "e", "2026060201", "Mac", "nightly", True, None, {}),  # sent, but nothing in it
)


def settings_of(folder: Path) -> Settings:
    """A warehouse and two projects over it: by days and by builds."""
    with duckdb.connect(folder / "lantern-data.duckdb") as connection:
        connection.execute(WAREHOUSE)
        for *row, buckets in PINGS:
            values = (
                None if buckets is None else [{"key": k, "value": v} for k, v in buckets.items()]
            )
            sent = None if buckets is None else {"bucket_count": 9, "values": values}
            connection.execute(
                "INSERT INTO web.pings SELECT ?, ?, ?, ?, ?, ?, ?, CASE WHEN ? THEN ROW(9, 0, 0,"
                f" [0, 9], ?::{BUCKET}[]) END",
                [*row, sent is not None, values],
            )
    (folder / "hub" / "opmon").mkdir(parents=True)
    for name, axis in (("by-day", "submission_date"), ("by-build", "build_id")):
        file = folder / "hub" / "opmon" / f"{name}.toml"
        file.write_text(PROJECT.format(axis=axis), encoding="utf-8")
    (folder / "namespaces.yaml").write_text("{}\n", encoding="utf-8")
    return Settings(
        namespaces=str(folder / "namespaces.yaml"),
        warehouse=(f"duckdb:{folder / 'lantern-data.duckdb'}",),
        metric_hub=(str(folder / "hub"),),
        output=str(folder / "output"),
        conventions=Conventions(monitoring_project="lantern-data"),
    )


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """What the warehouse says."""
    with duckdb.connect(settings.warehouse[0].removeprefix("duckdb:"), read_only=True) as found:
        return found.execute(f"{query} ORDER BY ALL").fetchall()


SCALARS = (
    "SELECT day(submission_date), client_id, build_id, branch, os, agg_type, probe, value FROM"
)
HISTOGRAMS = "SELECT day(submission_date), client_id, branch, os, probe, histogram FROM"


def test_it_is_computed(tmp_path: Path) -> None:
    """Clients have a maximum and a sum, and histograms that weigh 1; twice computed is the same."""
    settings = settings_of(tmp_path)
    for day in ("2026-06-02", "2026-06-01", "2026-06-02"):
        done = compute(settings, Asked(day), None, date(2026, 7, 1), Stages())
        assert () == done.diagnostics

    assert [
        (1, "a", None, "enabled", "Mac", "MAX", "tabs", 5),
        (1, "a", None, "enabled", "Mac", "SUM", "tabs", 8),
        (1, "b", None, "disabled", None, "MAX", "tabs", 7),
        (1, "b", None, "disabled", None, "SUM", "tabs", 7),
        (2, "a", None, "enabled", "Mac", "MAX", "tabs", 1),
        (2, "a", None, "enabled", "Mac", "SUM", "tabs", 1),
        (2, "a", None, "enabled", None, "MAX", "crashes", 2),
        (2, "a", None, "enabled", None, "SUM", "crashes", 2),
    ] == rows(settings, f"{SCALARS} operational_monitoring.by_day_scalar")
    # 1 + 0, 1 + 4 and 2 + 0 of 8
    first = [{"key": 0, "value": 0.125}, {"key": 1, "value": 0.625}, {"key": 2, "value": 0.25}]
    assert [
        (1, "a", "enabled", "Mac", "scroll_ms", first),
        (2, "a", "enabled", "Mac", "scroll_ms", [{"key": 3, "value": 1}]),
    ] == rows(settings, f"{HISTOGRAMS} operational_monitoring.by_day_histogram")
    # the last run knows of all days; a build is its day
    assert [
        (2, "a", "20260601", "enabled", "Mac", "MAX", "tabs", 5),
        (2, "a", "20260601", "enabled", "Mac", "SUM", "tabs", 9),
        (2, "a", "20260601", "enabled", None, "MAX", "crashes", 2),
        (2, "a", "20260601", "enabled", None, "SUM", "crashes", 2),
        (2, "b", "20260601", "disabled", None, "MAX", "tabs", 7),
        (2, "b", "20260601", "disabled", None, "SUM", "tabs", 7),
    ] == rows(settings, f"{SCALARS} operational_monitoring.by_build_scalar")
    assert [(1, 4), (2, 6)] == rows(
        settings,
        "SELECT day(submission_date), COUNT(*) FROM operational_monitoring_derived.by_build_scalar"
        " GROUP BY 1",
    )
    merged = [{"key": k, "value": v / 12} for k, v in ((0, 1), (1, 5), (2, 2), (3, 4))]
    assert [(2, "a", "enabled", "Mac", "scroll_ms", merged)] == rows(
        settings, f"{HISTOGRAMS} operational_monitoring.by_build_histogram"
    )


def test_bigquery_takes_it(tmp_path: Path) -> None:
    """Google's analyzer knows every name, type and function of the statements."""
    pytest.importorskip("zetasql")
    world = world_of(settings_of(tmp_path))
    names = (RelationName("lantern-data", "web", table) for table in ("pings", "crashes"))
    catalog = world.catalog(Needs.of(names))
    statements = [sql for _, sql in Compiled(models(world).tree).statements()]

    assert 8 == len(statements)
    relations = {name: relation.columns for name, relation in catalog.relations.items()}
    assert [] == list(Judge().faults(relations, statements))
