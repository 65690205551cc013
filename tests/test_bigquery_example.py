"""The example warehouse through BigQuery's protocol: the same catalog, and the same LookML."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import sqlglot
from google.api_core.exceptions import BadRequest, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from msgspec.structs import replace

from generator import settings
from generator.facts.catalog import Catalog, Needs, Relation, RelationName
from generator.publish.tree import Fate
from generator.run import Outcome, build, write_output
from generator.sources.warehouses import open_warehouse
from generator.stages import Stages
from tests.bigquery_server import Server, Warehouse, Way

ROOT = Path(__file__).parents[1]
PROJECT = "lantern-data"


@pytest.fixture(scope="module")
def example(lantern_data: Path) -> Path:
    """The file of the example warehouse."""
    return lantern_data


@pytest.fixture(scope="module")
def needs(example: Path) -> Needs:
    """Every table and view of the example."""
    listed = _rows(example, "schema_name, table_name FROM duckdb_tables()")
    views = _rows(example, "schema_name, view_name FROM duckdb_views() WHERE NOT internal")
    names = (RelationName(PROJECT, *row) for row in (*listed, *views))
    return Needs.of(name for name in names if name.dataset != "lookml_gen")


@pytest.fixture(scope="module")
def embedded(example: Path, needs: Needs) -> Catalog:
    """What `duckdb:` says."""
    return open_warehouse(f"duckdb:{example}").read(needs)


@pytest.fixture
def server(example: Path, embedded: Catalog) -> Iterator[Server]:
    """The example behind BigQuery's protocol; its views in their own words, in BigQuery's SQL."""
    written = _rows(example, "schema_name, view_name, sql FROM duckdb_views() WHERE NOT internal")
    views = {f"{PROJECT}.{schema}.{view}": _translated(sql) for schema, view, sql in written}
    with Server(Warehouse(embedded.relations.values(), views, example)) as running:
        yield running


def _rows(path: Path, query: str) -> list[tuple[str, ...]]:
    with closing(duckdb.connect(path, read_only=True)) as connection:
        return connection.execute(f"SELECT {query}").fetchall()


def _translated(sql: str) -> str:
    """The query of a DuckDB view in BigQuery's dialect."""
    plain = sql.replace("count_star()", "count(*)")  # DuckDB's own name for it
    query = sqlglot.parse_one(plain, dialect="duckdb").expression
    return str(query.sql("bigquery", identify=True))


def what_bigquery_can_say(relation: Relation) -> Relation:
    """Without owners: BigQuery has none."""
    return replace(relation, owners=(), reads_from=tuple(sorted(relation.reads_from)))


@pytest.mark.parametrize("options", ["", "&scope=region&location=US"])
def test_the_catalog_is_the_same(
    server: Server, embedded: Catalog, needs: Needs, options: str
) -> None:
    """Relation by relation, but for owners; a statement per dataset, or one for the region."""
    url = f"bigquery:{PROJECT}?api-endpoint={server.endpoint}{options}"
    read = open_warehouse(url).read(needs)
    said = {name: what_bigquery_can_say(relation) for name, relation in read.relations.items()}
    wanted = {name: what_bigquery_can_say(one) for name, one in embedded.relations.items()}

    assert wanted == said
    assert {} == read.unread
    datasets = {name.dataset for name in needs.names}
    assert {"jobs.query": 1 if options else len(datasets)} == server.calls


def test_the_lookml_is_the_same(server: Server, example: Path) -> None:
    """File by file, and no message more."""
    urls = (f"duckdb:{example}", f"bigquery:{PROJECT}?api-endpoint={server.endpoint}")
    config = ROOT / "pyproject.toml"
    embedded, distributed = (
        build(settings.load(config, {"warehouse": (url,)}), Stages()) for url in urls
    )

    assert embedded.tree == distributed.tree
    assert embedded.diagnostics == distributed.diagnostics
    assert len(distributed.tree) > 40
    # nothing is computed yet: BigQuery is asked once whether the dataset of monitoring is there
    assert {"jobs.query", "datasets.get"} == server.calls.keys()
    assert server.calls["datasets.get"] == 1


def test_what_is_denied_is_held_and_what_is_gone_goes(
    server: Server, embedded: Catalog, tmp_path: Path
) -> None:
    """A dataset that is denied keeps its files as they are; a table that is dropped does not."""
    _generate(server, tmp_path)
    server.fail(Way.DENIED, "`business`")
    denied = _generate(server, tmp_path)
    rest = [one for name, one in embedded.relations.items() if name.table != "campaigns"]
    with Server(Warehouse(rest)) as later:
        dropped = _generate(later, tmp_path)

    assert not denied.diff.changes
    assert len(denied.diff.of(Fate.HELD)) > 20
    assert {"unread-relation", "view-left-out"} <= {item.code for item in denied.diagnostics}
    assert {
        "business/views/campaigns.view.lkml",
        "business/explores/campaigns.explore.lkml",
        "business/datagroups/campaigns_last_updated.datagroup.lkml",
    } == set(dropped.diff.of(Fate.REMOVED))


def _generate(server: Server, output: Path) -> Outcome:
    url = f"bigquery:{PROJECT}?api-endpoint={server.endpoint}"
    given = {"warehouse": (url,), "output": str(output)}
    return write_output(settings.load(ROOT / "pyproject.toml", given), Stages())


# the server itself, as far as later tests stand on it


@pytest.fixture
def client(server: Server) -> Iterator[bigquery.Client]:
    """Google's client."""
    options = {"api_endpoint": server.endpoint}
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
    with closing(
        bigquery.Client(project=PROJECT, credentials=nobody, client_options=options)
    ) as one:
        yield one


def test_rows_of_every_type(client: bigquery.Client, example: Path, needs: Needs) -> None:
    """What the server answers is what DuckDB holds, records and lists included."""
    for name in needs.names:
        query = f"SELECT * FROM `{name}` LIMIT 3"  # noqa: S608 - from above
        found = list(client.query_and_wait(query))
        place = '"."'.join(name[1:])
        assert len(_rows(example, f'1 FROM "{place}" LIMIT 3')) == len(found)


def test_values_of_every_type(client: bigquery.Client) -> None:
    """Each value is what Google's client makes of it."""
    sql = """
        SELECT DATE '2024-01-02' AS a, TIMESTAMP '2024-01-02 03:04:05+00' AS b,
          DATETIME '2024-01-02 03:04:05' AS c, TIME '03:04:05' AS d, b'ab' AS e, TRUE AS f,
          CAST(1.25 AS NUMERIC) AS g, CAST(1.5 AS FLOAT64) AS h, [1, 2] AS i,
          STRUCT('x' AS k, [STRUCT(1 AS l)] AS m) AS j, CAST(NULL AS STRING) AS n
    """
    (row,) = client.query_and_wait(sql)
    moment = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert (moment.date(), moment, moment.replace(tzinfo=None), moment.time()) == row.values()[:4]
    assert (b"ab", True, Decimal("1.25"), 1.5, [1, 2]) == row.values()[4:9]
    assert ({"k": "x", "m": [{"l": 1}]}, None) == row.values()[9:]


def test_jobs_pages_and_dry_runs(client: bigquery.Client, server: Server) -> None:
    """A job is inserted, its rows come in pages; a dry run has columns and bytes but no rows."""
    server.page_rows = 7
    sql = f"SELECT country, COUNT(*) AS n FROM `{PROJECT}.lantern_desktop.active_users` GROUP BY 1"  # noqa: S608
    job = client.query(sql)
    rows = list(job.result(page_size=3))
    dry = client.query(sql, job_config=bigquery.QueryJobConfig(dry_run=True))

    assert len(rows) > 3
    assert ["country", "n"] == [field.name for field in dry.schema or ()]
    assert dry.total_bytes_processed == job.total_bytes_processed
    assert job.total_bytes_processed
    assert server.calls["jobs.getQueryResults"] >= 2
    assert server.bytes_billed >= 10 * 1024 * 1024


def test_lists(client: bigquery.Client, needs: Needs) -> None:
    """Datasets and tables can be listed."""
    datasets = [item.dataset_id for item in client.list_datasets()]
    tables = {(name, item.table_id) for name in datasets for item in client.list_tables(name)}

    assert {(name.dataset, name.table) for name in needs.names} == tables


def test_what_bigquery_refuses(client: bigquery.Client) -> None:
    """A wrong column and a missing table are told as BigQuery tells them."""
    table = f"{PROJECT}.lantern_desktop.active_users"
    with pytest.raises(BadRequest, match="nothing"):
        client.query_and_wait(f"SELECT nothing FROM `{table}`")  # noqa: S608 - from above
    with pytest.raises(NotFound, match="Not found: Table"):
        client.query_and_wait(f"SELECT 1 FROM `{table}_`")  # noqa: S608 - likewise
