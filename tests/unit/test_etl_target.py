"""Where the models are built, as dbt's profile has it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.diagnostics import Fault
from generator.etl.target import check_installed, target_of, write_profile
from generator.settings import Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that could be a warehouse."""
    path = tmp_path / "lantern-data.duckdb"
    path.touch()
    return path


def keys(*urls: str, wanted: str | None = None, **more: Any) -> dict[str, object]:
    """The keys of the target on the first that can compute."""
    return dict(target_of(Settings(warehouse=urls, **more), wanted).keys)


def test_a_file_is_opened_itself(file: Path) -> None:
    """So that what is built is read from the same address; a statement has one thread."""
    place = {"type": "duckdb", "path": str(file), "schema": "main"}

    assert {**place, "settings": {"threads": 1}, "threads": 4} == keys(f"duckdb:{file}")


def test_a_file_called_otherwise_is_attached(file: Path) -> None:
    """Under the name that its tables go by; dbt takes plain names only."""
    found = keys(f"duckdb:{file}?catalog=acme")

    assert [{"path": str(file), "alias": "acme"}] == found["attach"]
    assert ("acme", ":memory:") == (found["database"], found["path"])
    with pytest.raises(Fault, match="small letters"):
        keys(f"duckdb:{file}?catalog=acme-data")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """An empty warehouse would look as if everything had vanished."""
    with pytest.raises(Fault, match="there is no such file"):
        keys(f"duckdb:{tmp_path / 'new.duckdb'}")


def test_bigquery_gets_what_its_address_says() -> None:
    """And no credential: those are Google's own."""
    url = "bigquery:acme-prod?location=EU&billing-project=acme-jobs"

    assert {
        "type": "bigquery",
        "method": "oauth",
        "project": "acme-prod",
        "dataset": "operational_monitoring_derived",
        "location": "EU",
        "execution_project": "acme-jobs",
        "job_retries": 3,
        "job_creation_timeout_seconds": 60,
        "job_execution_timeout_seconds": 21_600,
        "threads": 3,
    } == keys(url, threads=3)
    endpoint = "https://bigquery.example.org"
    assert endpoint == keys(f"bigquery:acme?api-endpoint={endpoint}")["api_endpoint"]
    assert 1000 == keys("bigquery:acme?maximum-bytes-billed=1000")["maximum_bytes_billed"]


def test_the_lowest_limit_counts() -> None:
    """That of the address, or what is left of the run's; never nothing, which would be no limit."""
    for url, left, most in (
        ("bigquery:acme", None, None),
        ("bigquery:acme", 5000, 5000),
        ("bigquery:acme?maximum-bytes-billed=1000", 5000, 1000),
        ("bigquery:acme?maximum-bytes-billed=1000", None, 1000),
        ("bigquery:acme?maximum-bytes-billed=1000", 0, 1),
    ):
        target = target_of(Settings(warehouse=(url,)), None).limited(left)
        assert most == target.keys.get("maximum_bytes_billed")


def test_the_first_that_computes(file: Path) -> None:
    """Unless another type is wanted."""
    urls = ("snapshot:tables.jsonl", f"duckdb:{file}", "bigquery:acme")

    assert "duckdb" == keys(*urls)["type"]
    assert "bigquery" == keys(*urls, wanted="bigquery")["type"]


@pytest.mark.parametrize("urls", [(), ("snapshot:tables.jsonl",), ("bigquery-etl:sql",)])
def test_no_warehouse_that_computes(urls: tuple[str, ...]) -> None:
    """A recorded warehouse runs nothing."""
    with pytest.raises(Fault) as caught:
        keys(*urls)

    assert "no-engine" == caught.value.diagnostic.code


@pytest.mark.parametrize(
    ("lacks", "engine", "extra"),
    [
        ("dbt", "duckdb", "etl"),
        ("dbt.adapters.duckdb", "duckdb", "etl"),
        ("dbt.adapters.bigquery", "bigquery", "etl-bigquery"),
    ],
)
def test_what_is_not_installed(lacks: str, engine: str, extra: str) -> None:
    """The message names the extra that brings it."""
    check_installed(engine, lambda _: "there")
    with pytest.raises(Fault) as caught:
        check_installed(engine, lambda name: None if name == lacks else "there")

    assert "missing-extra" == caught.value.diagnostic.code
    assert f"[{extra}]" in caught.value.diagnostic.hint


def test_the_profile_is_for_its_owner_only(tmp_path: Path) -> None:
    """It has one target; a path that looks like Jinja is printed by Jinja."""
    odd = tmp_path / "{{ x }}.duckdb"
    odd.touch()
    target = target_of(Settings(warehouse=(f"duckdb:{odd}",)), None)
    write_profile(target, tmp_path / "work")
    written = yaml.safe_load((tmp_path / "work/profiles.yml").read_text())

    (output,) = written["lookml_gen"]["outputs"].values()
    assert f"{tmp_path}/{{{{ '{{{{' }}}} x }}}}.duckdb" == output["path"]
    assert 0o700 == (tmp_path / "work").stat().st_mode & 0o777
