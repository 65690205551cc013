"""`lookml-gen etl` on BigQuery: what its jobs are called, what they cost, what they may cost.

dbt's adapter speaks to a server of ours, which runs the statements on DuckDB.
"""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from generator import commands
from generator.demo import write_demo
from tests.bigquery_server import Server, Way
from tests.bigquery_server.writing import WritableWarehouse
from tests.test_dbt_on_bigquery import known

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.etl


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Path]]:
    """The example's warehouse behind BigQuery's protocol, and a folder for what a run writes."""
    if find_spec("dbt") is None or find_spec("dbt.adapters.bigquery") is None:
        pytest.skip("dbt's adapter for BigQuery is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    file = tmp_path / "served" / "lantern-data.duckdb"
    file.parent.mkdir()
    write_demo(file)
    warehouse = WritableWarehouse(known(file), data=file)
    with Server(warehouse) as server:
        yield server, tmp_path / "output"
    warehouse.close()


def etl(served: tuple[Server, Path], options: str = "", **given: object) -> int:
    """A run of the etl command over one project for a day; its exit code."""
    server, output = served
    url = f"bigquery:lantern-data?api-endpoint={server.endpoint}{options}"
    day = {"date": "2026-07-05", "first": None, "last": None, "slugs": ("desktop-health",)}
    more = {"rest": False, "target": None, "estimate": False, "quiet": True}
    more["estimate"] = bool(given.pop("estimate", False))
    given = {"warehouse": (url,), "output": str(output), **given}
    return commands.etl(ROOT / "pyproject.toml", given, {**day, **more})


def of_dbt(server: Server) -> list[dict[str, Any]]:
    """The jobs of the project's models and tests."""
    return [body for body in server.seen if body["labels"].get("purpose") in ("model", "test")]


def test_every_job_says_what_it_is_for_and_what_it_took(served: tuple[Server, Path]) -> None:
    """By its labels in BigQuery; in the report and as rows in ours, which say the same."""
    server, output = served
    assert 0 == etl(served)
    report = json.loads((output / "etl-report.json").read_text(encoding="utf-8"))
    lines = (output / "etl-query-cost.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    labels = {tuple(body["labels"].get(key) for key in LABELS) for body in of_dbt(server)}
    asked = report["warehouse"]["queries"]
    models = report["projects"]["desktop-health"]["models"]

    place = ("operational_monitoring", "desktop_health")
    assert {
        ("lookml-gen", "etl", "model", *place),
        ("lookml-gen", "etl", "test", *place),
    } <= labels
    assert {"lookml-gen"} == {one[0] for one in labels}
    assert {"etl"} == {one[1] for one in labels}
    calls = report["warehouse"]["calls"]
    assert len(rows) == len(asked) == calls["jobs.query"] + calls["dbt"]
    assert {"models", "tests", "catalog"} == {one["purpose"] for one in asked}
    assert 0 < sum(model["bytes_billed"] or 0 for model in models) < server.bytes_billed
    assert all(model["slot_ms"] for model in models if model["bytes_billed"])
    assert report["warehouse"]["bytes_billed"] == sum(one["bytes_billed"] or 0 for one in asked)
    written = {row["destination_table"]: row for row in rows}
    statistics = written[STATISTICS]
    assert "desktop-health" == statistics["experiment_slug"]
    assert "SELECT" in statistics["query"]
    assert statistics["total_bytes_processed"] > 0
    assert statistics["cost_usd"] > 0


LABELS = ("application", "command", "purpose", "namespace", "project")
STATISTICS = "lantern-data.operational_monitoring_derived.desktop_health_statistics_v2"


def test_a_test_reads_the_days_of_the_run(served: tuple[Server, Path]) -> None:
    """Not all that was ever written."""
    server, _ = served
    assert 0 == etl(served)
    tests = [body["query"] for body in of_dbt(server) if body["labels"]["purpose"] == "test"]
    over = [sql for sql in tests if '"project": "desktop_health"' in sql]
    days = "BETWEEN DATE '2026-07-05' AND DATE '2026-07-05'"

    assert len(over) > 4
    assert [] == [sql for sql in over if days not in sql]


def test_what_a_statement_may_cost(served: tuple[Server, Path]) -> None:
    """As the address says; without a limit none, as other limits are for questions of ours."""
    server, _ = served
    assert 0 == etl(served)
    assert all("maximumBytesBilled" not in body for body in of_dbt(server))
    server.seen.clear()
    assert 0 == etl(served, "&maximum-bytes-billed=999000000")
    assert {"999000000"} == {body["maximumBytesBilled"] for body in of_dbt(server)}


def test_what_costs_too_much_is_not_computed(
    served: tuple[Server, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told what would cost how much; with enough, BigQuery holds each job to the rest."""
    server, output = served
    assert 0 == etl(served, estimate=True, cache=str(tmp_path / "first"))
    report = json.loads((output / "etl-report.json").read_text(encoding="utf-8"))
    catalog = report["warehouse"]["bytes_billed"]
    assert {"catalog"} == {one["purpose"] for one in report["warehouse"]["queries"]}
    assert {("lookml-gen", "etl", "estimate")} == {
        tuple(body["labels"][key] for key in LABELS[:3]) for body in server.seen if body["dryRun"]
    }

    assert 2 == etl(served, max_bytes=str(catalog + 1_000_000), cache=str(tmp_path / "second"))
    told = capsys.readouterr().err
    assert "error [too-expensive]" in told
    assert "for desktop_health_v1, 2026-07-05" in told
    assert [] == of_dbt(server)
    assert 2 * catalog == server.bytes_billed
    assert 0 == etl(served, max_bytes=str(10 * catalog))
    caps = [int(body["maximumBytesBilled"]) for body in of_dbt(server)]
    assert 0 < max(caps) <= 10 * catalog


def test_no_secret_is_left_by_dbt(
    served: tuple[Server, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """Of what the service says: in logs of dbt, its profile, the reports and on the terminal."""
    server, output = served
    server.fail(Way.LEAKY, "desktop_health_statistics_v2")
    assert 1 == etl(served)
    told = "".join(capfd.readouterr())
    files = [path for path in output.rglob("*") if path.is_file()]

    assert "Access Denied" in told
    assert "planted" not in told
    assert {"dbt.log", "etl.log", "profiles.yml", "etl-report.json", "etl-query-cost.jsonl"} <= {
        path.name for path in files
    }
    assert "Access Denied" in (output / ".lookml-gen/dbt/logs/dbt.log").read_text()
    assert [] == [path for path in files if b"planted" in path.read_bytes()]
