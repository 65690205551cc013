"""The ETL's SQL in small: branches, positions of percentiles, and what cannot be computed."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from generator.artifact import Artifact
from generator.builders.dbt_monitoring import build
from generator.builders.dbt_monitoring_metrics import FIRST_RUN
from generator.builders.dbt_monitoring_sql import ported
from generator.builders.dbt_monitoring_statistics import EXACT, statistics_sql
from generator.diagnostics import Diagnostic, split
from generator.emit import emit
from generator.facts.catalog import Catalog, Column, DataType, Kind, Mode, Relation, RelationName
from generator.semantics.definitions import MetricType
from generator.semantics.model import Project
from generator.semantics.monitoring import Branching, Computed, Monitored, Study
from generator.semantics.monitoring_branches import branch_sql
from generator.semantics.monitoring_sql import LAST_DAY, rows_of
from tests.monitoring import CONVENTIONS, monitor
from tests.opmon_oracle import positions

DAY = date(2030, 1, 1)
SLUG = "cold-start"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of days, by one metric."""
    return monitor(tmp_path).study


def relation(columns: tuple[Column, ...]) -> Catalog:
    """The table of the study, with more columns."""
    name = RelationName("acme", "web", "days")
    usual = (Column("client_id", DataType.STRING), Column("submission_date", DataType.DATE))
    return Catalog({name: Relation(name, Kind.TABLE, (*usual, *columns))})


def enrolments(name: str, value: Column) -> Column:
    """A map of experiments."""
    fields = (Column("key", DataType.STRING), value)
    return Column(name, DataType.STRUCT, Mode.REPEATED, fields=fields)


TEXT = Column("value", DataType.STRING)
RECORD = Column("value", DataType.STRUCT, fields=(Column("branch", DataType.STRING),))
MAP = (
    f"[{{'key': 'x', 'value': {{'branch': 'b'}}}}, {{'key': '{SLUG}', 'value': {{'branch': 'a'}}}}]"
)
SHAPES: Mapping[str, tuple[Column, bool, str]] = {
    "of a Glean ping": (
        Column("ping_info", DataType.STRUCT, fields=(enrolments("experiments", RECORD),)),
        True,
        f"{{'experiments': {MAP}}} AS ping_info",
    ),
    "of an older ping": (
        Column("environment", DataType.STRUCT, fields=(enrolments("experiments", RECORD),)),
        False,
        f"{{'experiments': {MAP}}} AS environment",
    ),
    "of a table by day": (
        enrolments("experiments", TEXT),
        True,
        f"[{{'key': 'x', 'value': 'b'}}, {{'key': '{SLUG}', 'value': 'a'}}] AS experiments",
    ),
    "of a table with records": (
        enrolments("experiments", RECORD),
        False,
        f"{MAP} AS experiments",
    ),
    "as JSON": (
        Column("experiments", DataType.JSON),
        False,
        f"""'{{"x": {{"branch": "b"}}, "{SLUG}": {{"branch": "a"}}}}'::JSON AS experiments""",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("branching", [Branching.LISTED, Branching.ROLLOUT])
def test_branches_by_experiment(study: Study, shape: str, branching: Branching) -> None:
    """Wherever a table has its experiments, the branch is found by the slug as written."""
    column, is_glean, value = SHAPES[shape]
    population = replace(study.population, branching=branching, is_glean=is_glean)
    watched = replace(study, population=population)
    catalog = relation((column,))
    sql = branch_sql(watched, rows_of(watched, "days", catalog), catalog).sql("duckdb")
    none = value.replace(SLUG, "another")

    found = [duckdb.sql(f"SELECT {sql} FROM (SELECT {row})").fetchone() for row in (value, none)]  # noqa: S608
    expected = ("a", None) if branching is Branching.LISTED else ("enabled", "disabled")
    assert [(item,) for item in expected] == found


@pytest.mark.parametrize(
    ("preference", "branch"), [("TRUE", "enabled"), ("1 = 2", "disabled"), ("NULL", None)]
)
def test_branches_by_preference(study: Study, preference: str, branch: str | None) -> None:
    """Unset is neither."""
    population = replace(
        study.population, branching=Branching.PREFERENCE, preference=f"{preference} OR wanted"
    )
    watched = replace(study, population=population)
    catalog = relation(())
    sql = branch_sql(watched, rows_of(watched, "days", catalog), catalog).sql("duckdb")
    given = "NULL" if preference == "NULL" else "FALSE"

    rows = f"(SELECT {given}::BOOLEAN AS wanted)"
    assert (branch,) == duckdb.sql(f"SELECT {sql} FROM {rows}").fetchone()  # noqa: S608


def built(study: Study, catalog: Catalog) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
    """The dbt project of a study."""
    monitored = Monitored((study.project,), (study,))
    return split(build(Project((), catalog, CONVENTIONS, (), monitored)))


def test_a_table_without_experiments_has_no_branches(study: Study) -> None:
    """A project that cannot tell branches is not computed, and that is said."""
    population = replace(study.population, branching=Branching.LISTED, branches=("a",))
    artifacts, noticed = built(replace(study, population=population), relation(()))

    assert ["unenrolled-source"] == [item.code for item in noticed]
    assert not [item for item in artifacts if item.subject == study.subject]


def test_a_table_without_date_has_no_days(study: Study) -> None:
    """Nor is one over a data source without a date."""
    source = replace(study.population.source, submission_date=None)
    sources = tuple(source if s.slug == source.slug else s for s in study.platform.data_sources)
    watched = replace(
        study,
        platform=replace(study.platform, data_sources=sources),
        population=replace(study.population, source=source),
    )

    assert ["undated-source"] == [item.code for item in built(watched, Catalog())[1]]


def test_what_duckdb_lacks_costs_duckdb_alone(study: Study) -> None:
    """The model is written for BigQuery, and the other is told of."""
    metric = replace(study.metrics[0], expression="ARRAY_LENGTH(ARRAY_AGG(visits LIMIT 3))")
    watched = replace(study, metrics=(metric,))
    artifacts, noticed = built(watched, Catalog())
    texts = [emit(item) for item in artifacts if item.path.endswith("cold_start_v1.sql")]

    assert "LIMIT" in texts[0]
    assert ["unported-sql"] == [item.code for item in noticed]


SIZES = (1, 2, 3, 4, 7, 10, 33, 100, 250, EXACT - 1, EXACT, EXACT + 1, 2000, 3000)
PERCENTILES = tuple(range(1, 100))


def test_positions_of_percentiles(study: Study) -> None:
    """Bounds are those of a resample: exact up to a thousand clients, then off by one at most.

    Each client has a bucket of its own, so a value tells which position was taken.
    """
    metric = replace(study.metrics[0], slug="load_ms", type=MetricType.HISTOGRAM)
    computed = (Computed(metric, "percentile", tuple(map(float, PERCENTILES))),)
    watched = replace(study, metrics=(metric,), statistics=computed)
    sql, lacking = ported(statistics_sql(watched))
    for mark in (FIRST_RUN, LAST_DAY):
        sql = sql.replace(mark, str(DAY))
    with duckdb.connect() as connection:
        numbered = "client_id, range + 1 AS place FROM range"
        groups = [f"SELECT {size} AS branch, range AS {numbered}({size})" for size in SIZES]
        beyond = (
            f"SELECT -1, range AS {numbered}({max(SIZES) + 1})"  # so that no bucket is the last
        )
        clients = " UNION ALL ".join((*groups, beyond))
        connection.execute(
            f"""CREATE TABLE lookml_gen_metrics AS
            SELECT DATE '{DAY}' AS submission_date, NULL::VARCHAR AS build_id, branch, client_id,
              [{{'values': [{{'key': place::VARCHAR, 'value': 1}}]}}] AS load_ms
            FROM ({clients})"""  # noqa: S608
        )
        rows = connection.execute(
            f"""SELECT branch, unnest(load_ms_percentile, recursive := true)
            FROM ({sql}) WHERE branch > 0"""  # noqa: S608
        ).fetchall()

    assert lacking is None
    off: dict[bool, list[float]] = {True: [], False: []}
    for size, _, _, point, lower, upper, parameter in rows:
        wanted = (max(place, 1) for place in positions(size, int(parameter) / 100))
        taken = (lower, point - 0.5, upper - 1)
        off[size <= EXACT] += (abs(a - b) for a, b in zip(taken, wanted, strict=True))
    assert len(SIZES) * len(PERCENTILES) == len(rows)
    assert {0} == set(off[True])
    assert 1 >= max(off[False])
    assert 0.01 > sum(off[False]) / len(off[False])
