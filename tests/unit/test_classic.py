"""Projects in the classic layout: how a file is read, and what Looker gets of it."""

from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from generator import templates
from generator.builders import build
from generator.checks import prove
from generator.diagnostics import Diagnostic, Location, split
from generator.emit import emit
from generator.facts import Facts
from generator.facts.catalog import Column, DataType, Mode, RelationName
from generator.facts.conventions import Conventions
from generator.facts.metric_hub import Collection
from generator.facts.monitoring import Monitoring, ProjectRow
from generator.facts.namespaces import NamespaceSpec
from generator.semantics.definitions import MetricType
from generator.semantics.model import Namespace
from generator.semantics.monitoring import Branching, ClassicProject, XAxis
from generator.semantics.projects import monitored_of
from generator.sources.metric_hub import Repository, read_metric_hubs
from tests.judge import Judge

CONVENTIONS = Conventions(monitoring_project="lantern-data")
FILE = """\
name = "Toaster, as it was"
channel = "nightly"
boolean_pref = "environment.toaster"
xaxis = "build_id"
start_date = 2030-01-01

[[analysis]]
source = "lantern-data.telemetry.main"
probes = ["scroll_ms", "tabs"]
dimensions = ["os", "cores"]

[[analysis]]
source = "lantern-data.telemetry.crash"
probes = ["gc_ms"]
dimensions = ["os"]
submission_date_column = "DATE(submission_timestamp)"

[probes.scroll_ms]
type = "histogram"
sql = "payload.histograms.scroll_ms"

[dimensions.os]
select_expression = "normalized_os"
"""


TABLE = RelationName("lantern-data", "operational_monitoring", "toaster_statistics")


def read(
    folder: Path, rows: tuple[ProjectRow, ...] = (), **files: str
) -> tuple[tuple[ClassicProject, ...], list[Diagnostic]]:
    """The classic projects of a hub with these project files, and what is said of them."""
    (folder / "opmon").mkdir(parents=True)
    for name, text in files.items():
        (folder / "opmon" / f"{name}.toml").write_text(text, encoding="utf-8")
    found = tuple(read_metric_hubs((Repository(str(folder)),)))
    hubs, noticed = split(found)
    assert all(isinstance(hub, Collection) for hub in hubs)
    monitoring = Monitoring(rows=rows)
    facts = Facts(definitions=hubs, conventions=CONVENTIONS, monitoring=monitoring)
    monitored, wrong = monitored_of(facts)
    return monitored.classics, [*noticed, *wrong]


def test_file(tmp_path: Path) -> None:
    """A file names its clients and branches; of probes and dimensions it says what is no column."""
    (project,), noticed = read(tmp_path, toaster=FILE)

    assert [] == noticed
    assert "Toaster, as it was" == project.project.title
    assert XAxis.BUILD_ID is project.project.x_axis
    assert ("enabled", "disabled") == project.project.branches
    people = project.study.population
    assert (Branching.PREFERENCE, "nightly") == (people.branching, people.channel)
    assert [
        ("analysis_1", "scroll_ms", "payload.histograms.scroll_ms", MetricType.HISTOGRAM),
        ("analysis_1", "tabs", "tabs", MetricType.SCALAR),
        ("analysis_2", "gc_ms", "gc_ms", MetricType.SCALAR),
    ] == [(a.source, p.name, p.sql, p.type) for a in project.analyses for p in a.probes]
    assert [("os", "normalized_os"), ("cores", "cores"), ("os", "normalized_os")] == [
        (d.slug, d.expression) for a in project.analyses for d in a.dimensions
    ]
    assert ["os", "cores"] == [item.name for item in project.project.dimensions]
    assert [
        ("lantern-data.telemetry.main", "submission_date"),
        ("lantern-data.telemetry.crash", "DATE(submission_timestamp)"),
    ] == [(s.from_expression, s.submission_date) for s in project.study.platform.data_sources]


def percentile(at: float, *buckets: tuple[float, float]) -> tuple[float | None, ...]:
    """What the function makes of buckets, in DuckDB; its body is the same on BigQuery."""
    text = templates.text("dbt/percentile_with_interval.sql")
    body = text[text.index("AS ((") + 5 : text.index("));")].replace("AS STRUCT", "", 1)
    tree = sqlglot.parse_one(body, read="bigquery")
    pairs = ", ".join(
        f"{{'key': {key}::DOUBLE, 'value': {value}::DOUBLE}}" for key, value in buckets
    )
    given = f"(SELECT [{pairs}]::STRUCT(key DOUBLE, value DOUBLE)[])"
    arguments = {"buckets": given, "percentile": f"{at}::DOUBLE"}
    for column in tuple(tree.find_all(exp.Column)):
        if column.name in arguments:
            column.replace(exp.Var(this=arguments[column.name]))
    found = duckdb.sql(tree.sql("duckdb")).fetchall()
    return tuple(None if value is None else float(value) for value in found[0])


HUNDRED = tuple((float(key), 1.0) for key in range(1, 101))
PERCENTILES = {
    "no clients": (50, (), (None, None, None)),
    "one client": (50, ((7, 1),), (7, 7, 7)),
    "of three the second": (50, ((3, 1), (1, 1), (2, 1)), (2, 1, 3)),
    # 90 ± 1.645 * sqrt(100 * 0.9 * 0.1) = 90 ± 4.9
    "90 of a hundred": (90, HUNDRED, (90, 86, 95)),
    "keys of several clients": (50, ((1, 0.5), (2, 0.5), (1, 0.5), (9, 0.5)), (1, 1, 9)),
    "empty buckets": (50, ((1, 0), (2, 1), (3, 0)), (2, 2, 2)),
    "all of them": (100, ((1, 1), (2, 1)), (2, 2, 2)),
    "more than all": (200, ((1, 1), (2, 1)), (2, 2, 2)),
    "none of them": (-1, ((1, 1), (2, 1)), (1, 1, 1)),
}


@pytest.mark.parametrize("case", PERCENTILES)
def test_percentile(case: str) -> None:
    """The key that the percentile falls on, and the bounds of nine in ten samples."""
    at, buckets, expected = PERCENTILES[case]

    assert expected == percentile(at, *buckets)


WRONG = {
    "no start": ("incomplete-definition", FILE.replace("start_date = 2030-01-01\n", "")),
    "two ways to branches": (
        "several-branchings",
        FILE.replace("channel", 'branches = ["a"]\nchannel', 1),
    ),
    "no table": ("incomplete-definition", FILE.replace('source = "lantern', 'os = "lantern', 1)),
    "no list": ("wrong-definition", "analysis = 3\n"),
    "an empty list": ("wrong-definition", "analysis = []\n"),
    "another type": ("wrong-definition", FILE.replace('"histogram"', '"table"')),
    "a dimension like a column": ("reserved-name", FILE.replace('"cores"', '"probe"')),
    "no such channel": ("wrong-definition", FILE.replace('"nightly"', '"hourly"')),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_files(case: str, tmp_path: Path) -> None:
    """A file that cannot be meant so is no project."""
    code, text = WRONG[case]
    projects, noticed = read(tmp_path, toaster=text)

    assert () == projects
    assert code in [item.code for item in noticed]


def test_two_of_a_name(tmp_path: Path) -> None:
    """Of two files with a slug the first is the project."""
    projects, noticed = read(tmp_path, a='slug = "toaster"\n' + FILE, toaster=FILE)

    assert ["toaster"] == [item.name for item in projects]
    assert ["clashing-projects"] == [item.code for item in noticed]


def test_the_name_of_another_project(tmp_path: Path) -> None:
    """A project of the layout of today keeps its name."""
    row = ProjectRow("toaster", Location("rows.json", 1), statistics_table=TABLE)
    projects, noticed = read(
        tmp_path, (row,), toaster_=FILE.replace("name", 'slug = "Toaster"\nname', 1)
    )

    assert () == projects
    assert "clashing-projects" in [item.code for item in noticed]


def test_looker(tmp_path: Path) -> None:
    """A view for each type, whose percentiles are those of a function."""
    (project,), _ = read(tmp_path, toaster=FILE)
    namespace = Namespace(NamespaceSpec(project.namespace, project.at), (project,))
    artifacts, noticed = split(build(namespace, CONVENTIONS))
    texts = {artifact.path: emit(artifact) for artifact in artifacts}

    assert () == noticed
    kept, wrong = prove(artifacts)
    assert ((), 6) == (wrong, len(kept))
    histogram = texts["operational_monitoring/views/toaster_histogram.view.lkml"]
    assert "agg_type" not in histogram
    assert (
        "`lantern-data.operational_monitoring_derived.percentile_with_interval`("
        "{% parameter percentile_conf %}, ARRAY_CONCAT_AGG(${TABLE}.histogram)).low ;;"
    ) in histogram
    scalar = texts["operational_monitoring/views/toaster_scalar.view.lkml"]
    assert "dimension: agg_type" in scalar
    assert 'default_value: "50"' in scalar
    assert (
        'branch: "enabled,disabled"'
        in texts["operational_monitoring/explores/toaster_scalar.explore.lkml"]
    )


@pytest.mark.etl
def test_bigquery_takes_the_function() -> None:
    """Google's analyzer takes the function, and its body where the buckets are an aggregate."""
    pytest.importorskip("zetasql")
    text = templates.text("dbt/percentile_with_interval.sql")
    create = text[text.index("CREATE OR") : text.index("));") + 2]
    body = create[create.index("AS ((") + 4 : -1]
    name = RelationName("lantern-data", "operational_monitoring", "toaster_histogram")
    bucket = (Column("key", DataType.FLOAT64), Column("value", DataType.FLOAT64))
    columns = (Column("histogram", DataType.STRUCT, Mode.REPEATED, fields=bucket),)
    merged = f"{body.replace('percentile /', '50 /')} AS merged"
    of_all = f"SELECT ARRAY_CONCAT_AGG(histogram) AS buckets FROM `{name}`"  # noqa: S608 - not run
    called = f"SELECT merged.percentile FROM (SELECT {merged} FROM ({of_all}))"  # noqa: S608

    statements = [create.replace("{{ place }}", "lantern-data.derived"), called]
    assert [] == list(Judge().faults({name: columns}, statements))
