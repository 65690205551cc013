"""Logs and costs: their shape, as operators' tables have it, and what is in none of them."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator import cli, commands
from generator.costs import Bill, Job, Ledger, Spent, label, size_of
from generator.facts.catalog import Column, DataType, Kind, Relation, RelationName
from generator.spending import cost_rows, warehouse_of
from tests.bigquery_server import Server, Warehouse, Way
from tests.nursery import command

NAMESPACES = """
shop:
  pretty_name: Shop
  owners: [jo.owner@shop.example]
  views:
    orders:
      type: table_view
      tables: [{table: shop.web.orders}]
    visits:
      type: tabel_view
      tables: [{table: shop.web.visits}]
    gone:
      type: table_view
      tables: [{table: shop.denied.gone}]
"""
ORDERS = Relation(
    RelationName("shop", "web", "orders"), Kind.TABLE, (Column("id", DataType.STRING),), rows=3
)


def is_moment(value: object) -> bool:
    """Whether a text is a TIMESTAMP, in UTC."""
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() == timedelta()


def is_text(value: object) -> bool:
    """STRING."""
    return isinstance(value, str)


def is_whole(value: object) -> bool:
    """INT64."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """FLOAT64."""
    return isinstance(value, float)


def or_null(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    """A column that may be null."""
    return lambda value: value is None or holds(value)


LOGS: Mapping[str, Callable[[object], bool]] = {
    "timestamp": is_moment,
    "experiment": or_null(is_text),
    "message": is_text,
    "log_level": lambda value: value in ("INFO", "WARNING", "ERROR", "CRITICAL"),
    "exception": is_text,
    "filename": is_text,
    "func_name": is_text,
    "exception_type": or_null(is_text),
    "source": is_text,
}
COSTS: Mapping[str, Callable[[object], bool]] = {
    "submission_timestamp": is_moment,
    "destination_table": or_null(is_text),
    "experiment_slug": or_null(is_text),
    "query": is_text,
    "duration_minutes": or_null(is_whole),
    "error_reason": or_null(is_text),
    "error_message": or_null(is_text),
    "total_bytes_processed": or_null(is_whole),
    "total_slot_ms": or_null(is_whole),
    "cost_usd": or_null(is_number),
}


def shaped(lines: str, shape: Mapping[str, Callable[[object], bool]]) -> list[dict[str, Any]]:
    """The rows, each with exactly the columns of the table, and of their types."""
    rows = [json.loads(line) for line in lines.splitlines()]
    for row in rows:
        assert list(shape) == list(row)
        assert [] == [name for name, holds in shape.items() if not holds(row[name])]
    return rows


@pytest.fixture
def server() -> Iterator[Server]:
    """A warehouse with one table."""
    with Server(Warehouse((ORDERS,))) as running:
        yield running


def run(
    folder: Path, server: Server, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The command in a folder with a namespaces file."""
    (folder / "namespaces.yaml").write_text(NAMESPACES)
    url = f"bigquery:shop?api-endpoint={server.endpoint}"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME")}
    return command(folder, (*words, "--warehouse", url), {**kept, **variables})


def test_every_line_is_a_row_of_logs(server: Server, tmp_path: Path) -> None:
    """Stages, what is noticed, and the commit; by option as by setting."""
    said = run(tmp_path, server, "generate", "--publish", "--log-format", "json")
    rows = shaped(said.stderr, LOGS)
    levels = {row["message"]: row["log_level"] for row in rows}

    assert 1 == said.returncode
    assert "INFO" == levels["reading the catalog"]
    assert "ERROR" in {level for text, level in levels.items() if "[unknown-kind]" in text}
    assert any(text.startswith("commit ") for text in levels)
    assert {"generate"} == {row["source"] for row in rows}
    assert {"None"} == {row["exception"] for row in rows}

    (tmp_path / "pyproject.toml").write_text('[tool.lookml-gen]\nlog-format = "json"\n')
    quiet = shaped(run(tmp_path, server, "check", "--quiet").stderr, LOGS)
    assert "check" in {row["source"] for row in quiet}


def test_what_stops_a_run_is_a_row(server: Server, tmp_path: Path) -> None:
    """With its class; and a run without a format is told in plain lines."""
    server.fail(Way.EXPIRED)
    json_rows = shaped(run(tmp_path, server, "generate", "--log-format", "json").stderr, LOGS)
    plain = run(tmp_path, server, "generate")

    assert "Fault" == json_rows[-1]["exception_type"]
    assert "[unreachable-warehouse]" in json_rows[-1]["message"]
    assert 2 == plain.returncode
    assert "error [unreachable-warehouse]" in plain.stderr


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_error_of_ours(
    form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its traceback, where it was raised, and nothing secret; the exit code says that it failed."""

    def broken(*_: object) -> None:
        raise RuntimeError("it was Bearer planted-bearer-0123456789")

    monkeypatch.setattr(commands, "world_of", broken)
    given = {"log_format": form, "output": str(tmp_path)}

    assert 2 == commands.snapshot(None, given, tmp_path / "a.jsonl", quiet=True)
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "planted" not in said
    if form == "json":
        (row,) = shaped(said, LOGS)
        assert ("CRITICAL", "RuntimeError") == (row["log_level"], row["exception_type"])
        assert ("test_logs.py", "broken") == (row["filename"], row["func_name"])


def test_what_it_cost(server: Server, tmp_path: Path) -> None:
    """In the report, and as rows of costs; both say the same, refused statements included."""
    server.fail(Way.DENIED, "`denied`")
    said = run(tmp_path, server, "generate", XDG_CACHE_HOME=str(tmp_path / "caches"))
    found = json.loads((tmp_path / "output/report.json").read_text())["warehouse"]
    rows = shaped((tmp_path / "output/query-cost.jsonl").read_text(), COSTS)

    assert {"jobs.query": 2} == found["calls"]
    assert server.bytes_billed == found["bytes_billed"]
    assert found["slot_ms"] == sum(row["total_slot_ms"] or 0 for row in rows)
    assert {("catalog", "shop.web"), ("catalog", "shop.denied")} == {
        (query["purpose"], query["of"]) for query in found["queries"]
    }
    assert ["failed"] == [row["error_reason"] for row in rows if row["error_reason"]]
    assert "asked BigQuery 2 times, for 62.9 MB" in said.stdout


def test_a_run_that_asks_nothing_leaves_no_costs(server: Server, tmp_path: Path) -> None:
    """The rows are those of the last run."""
    run(tmp_path, server, "generate")
    assert (tmp_path / "output/query-cost.jsonl").exists()
    (tmp_path / "namespaces.yaml").write_text("{}")
    command(tmp_path, ("generate", "--quiet"), os.environ)

    assert not (tmp_path / "output/query-cost.jsonl").exists()


def test_a_limit_stops_the_command(server: Server, tmp_path: Path) -> None:
    """With exit code 2, the list, and nothing written."""
    said = run(tmp_path, server, "generate", "--max-bytes", "1 MB")

    assert 2 == said.returncode
    assert "62.9 MB for the catalog of shop.web" in said.stderr
    assert [] == list((tmp_path / "output").rglob("*.lkml"))
    assert not (tmp_path / "output/report.json").exists()
    assert 0 == server.bytes_billed


@pytest.mark.parametrize("written", ["many", "5 XB", "-1GB", ""])
def test_limits_that_are_none(written: str) -> None:
    """They are told before anything is asked."""
    said = CliRunner().invoke(cli.main, ["check", "--max-bytes", written])

    assert 2 == said.exit_code
    assert "a number of bytes" in said.output


def test_no_cache_is_no_cache(server: Server, tmp_path: Path) -> None:
    """The folder that is named is used, and only if it may be."""
    caches = tmp_path / "caches"
    run(tmp_path, server, "check", "--cache", str(caches), "--no-cache")
    assert not caches.exists()
    run(tmp_path, server, "check", "--cache", str(caches))
    assert list(caches.iterdir())


def test_what_a_statement_is_worth() -> None:
    """Slot time at 0.06 dollars an hour; what was not told is not known."""
    started = datetime.fromisoformat("2026-07-01T05:00:00+00:00")
    job = Job("values", "shop.web.orders")
    ledger = Ledger()
    ledger.note(Spent(job, "SELECT 1", started, 125.0, Bill(10, 20, 3_600_000)))
    ledger.note(Spent(job, "SELECT 2", started, 1.0, error="no"))
    priced, refused = cost_rows(ledger)

    assert (2, 0.06, 10) == (
        priced["duration_minutes"],
        priced["cost_usd"],
        priced["total_bytes_processed"],
    )
    assert (None, "no") == (refused["cost_usd"], refused["error_message"])
    assert 20 == warehouse_of(ledger)["bytes_billed"]


def test_labels_and_sizes() -> None:
    """What BigQuery takes for a label; what people write for a size."""
    assert "a" * 63 == label("A" * 99)
    assert "weird_____name" == label("Weird \n.`/name")
    assert [10**9, 1024**3, 1500] == [size_of(text) for text in ("1GB", "1 GiB", "1.5kb")]


# secrets

PLANTED = ("planted", "jo.owner")
KEY = {
    "type": "service_account",
    "client_email": "planted-robot@shop.example",
    "private_key": "-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n",
}


def test_no_secret_is_said(server: Server, tmp_path: Path) -> None:
    """Whatever comes from addresses, the environment and the service, in whatever format."""
    key = tmp_path / "key.json"
    key.write_text(json.dumps(KEY))
    server.fail(Way.LEAKY, "`denied`")
    told = "https://bot:planted-password@127.0.0.1:9/hub"
    said = [
        run(tmp_path, server, *words, "--log-format", form, **variables)
        for form in ("json", "text")
        for words in (
            ("generate",),
            ("generate", "--push", "--repository", told),
            ("check", "--metric-hub", told),
            ("generate", "--warehouse", "bigquery:shop?api-endpoint=https://u:planted@x.example"),
            ("generate", "--warehouse", "bigquery:bank", "--only", "shop"),
            ("check", "--no-cache"),
            ("snapshot", "recorded.jsonl"),
        )
        for variables in (
            {},
            {
                "GOOGLE_APPLICATION_CREDENTIALS": str(key),
                "GITHUB_TOKEN": "ghp_planted0123456789",
                "GIT_PASSWORD": "planted-password",
                "GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.planted",
            },
        )
    ]
    heard = "".join(one.stdout + one.stderr for one in said)
    written = {
        path: path.read_text(errors="replace")
        for path in (tmp_path / "output").rglob("*")
        if path.is_file() and path.name in ("report.json", "query-cost.jsonl")
    }

    assert "Access Denied: User …" in heard
    assert 2 == len(written)
    assert [] == [word for word in PLANTED if word in heard]
    assert [] == [
        (path, word) for path, text in written.items() for word in PLANTED if word in text
    ]


def test_no_secret_is_in_the_output(server: Server, tmp_path: Path) -> None:
    """Nor in the LookML, the manifest, or what is left for the next run."""
    server.fail(Way.LEAKY, "`denied`")
    run(tmp_path, server, "generate")
    found = [
        path
        for path in (tmp_path / "output").rglob("*")
        if path.is_file() and b"planted" in path.read_bytes()
    ]

    assert [] == found
