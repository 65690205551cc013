"""The projects table: each project as a row, whatever people wrote in it."""

from datetime import date
from typing import Any

import duckdb
import pytest
import sqlglot
from msgspec.structs import replace

from generator.builders.dbt_projects_table import projects_sql
from generator.diagnostics import Location
from generator.facts.catalog import RelationName
from generator.semantics.definitions import DataSource, Platform
from generator.semantics.monitoring import (
    Branching,
    MonitoringProject,
    Population,
    Segmentation,
    Study,
    Summary,
    XAxis,
)
from tests.judge import Judge

AT = Location("opmon/toaster.toml", 1)
BARE = MonitoringProject("bare", "bare", "Bare", AT, RelationName("p", "d", "bare_statistics"))
HOSTILE = 'It\'s \\ "100%" `{{ x }}` é\n\r--'
FULL = replace(
    BARE,
    slug="toaster-2",
    title=HOSTILE,
    alerts=RelationName("p", "d", "toaster_alerts"),
    x_axis=XAxis.BUILD_ID,
    branches=("control", HOSTILE),
    dimensions=(Segmentation("os", "OS"), Segmentation("country", "Country")),
    summaries=(
        Summary("crash_count", "sum", "Crashes", ("stability", HOSTILE)),
        Summary("cold_start_ms", "percentile", "Cold start"),
    ),
    group_by="os",
    compact=True,
)


def study(project: MonitoringProject, end: date | None = None) -> Study:
    """What is computed for a project; the table has nothing of it but its dates."""
    source = DataSource("baseline", "toaster", AT, "toaster.baseline")
    people = Population(source, Branching.LISTED, project.branches)
    platform = Platform("toaster", AT)
    return Study("opmon", project, platform, people, (), (), date(2030, 1, 1), end=end)


STUDIES = (study(FULL, date(2030, 3, 1)), study(BARE))


def rows() -> list[dict[str, Any]]:
    """The rows, as DuckDB has them."""
    found = duckdb.sql(sqlglot.transpile(projects_sql(STUDIES), "bigquery", "duckdb")[0])
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_rows() -> None:
    """A row says all that shows a project; what is not said is empty."""
    full, bare = rows()

    assert {
        "slug": "toaster-2",
        "name": HOSTILE,
        "xaxis": "build_id",
        "branches": ["control", HOSTILE],
        "dimensions": ["os", "country"],
        "summaries": [
            {"statistic": "sum", "metric": "crash_count", "metric_groups": ["stability", HOSTILE]},
            {"statistic": "percentile", "metric": "cold_start_ms", "metric_groups": []},
        ],
        "start_date": date(2030, 1, 1),
        "end_date": date(2030, 3, 1),
        "group_by_dimension": "os",
        "alerting": True,
        "compact_visualization": True,
    } == full
    assert {
        "slug": "bare",
        "name": "Bare",
        "xaxis": "submission_date",
        "branches": [],
        "dimensions": [],
        "summaries": [],
        "start_date": date(2030, 1, 1),
        "end_date": None,
        "group_by_dimension": None,
        "alerting": False,
        "compact_visualization": False,
    } == bare


@pytest.mark.etl
def test_bigquery_takes_it() -> None:
    """Google's analyzer gives each column the same type in every row."""
    pytest.importorskip("zetasql")

    assert [] == list(Judge().faults({}, [projects_sql(STUDIES), projects_sql(STUDIES[1:])]))
