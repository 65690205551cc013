"""`lookml-gen sql`: the SQL of metrics, for whoever writes queries."""

import os
import subprocess
from pathlib import Path

import pytest
import sqlglot

from tests.nursery import command

ROOT = Path(__file__).parents[1]


def told(*words: str) -> subprocess.CompletedProcess[str]:
    """What the command says of the example's metrics."""
    return command(ROOT, ("sql", *words), os.environ)


@pytest.mark.parametrize("dialect", ["bigquery", "duckdb"])
def test_it_is_sql(dialect: str) -> None:
    """It prints a subquery with a column for each key and metric, and nothing else."""
    done = told(
        *("search_count", "active_hours", "--platform", "lantern_desktop"),
        *("--group-by", "os", "--by-client", "--dialect", dialect),
    )

    text = f"SELECT * FROM {done.stdout}"  # noqa: S608 - it is never run
    query = sqlglot.parse_one(text, dialect=dialect)
    columns = query.find(sqlglot.exp.Subquery).this.named_selects  # type: ignore[union-attr]
    assert ["client_id", "submission_date", "os", "search_count", "active_hours"] == columns
    assert "" == done.stderr


def test_an_unknown_metric() -> None:
    """A name that nobody defined is told with the nearest one, and exits with 2."""
    done = told("serch_count", "--platform", "lantern_desktop")

    assert (2, "") == (done.returncode, done.stdout)
    assert "did you mean `search_count`?" in done.stderr
