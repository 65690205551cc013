"""DuckDB files: all that they and our two tables say, and what cannot be read."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from generator.diagnostics import Fault
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Mode,
    Needs,
    Partitioning,
    Relation,
    RelationName,
)
from generator.sources.duckdb import DuckDB
from generator.sources.duckdb_types import column_of

GUIDE = Path(__file__).parents[2] / "docs" / "warehouses.md"


def database(path: Path, script: str, catalog: str | None = None) -> DuckDB:
    """The warehouse that a script makes."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(script)
    return DuckDB.at(f"duckdb:{path}", str(path), catalog)


def read(warehouse: DuckDB, *names: str) -> Catalog:
    """What it says of some names."""
    return warehouse.read(Needs.of(map(RelationName.parse, names)))


def test_the_guide(tmp_path: Path) -> None:
    """The example of docs/warehouses.md is read with all that it says, and nothing of ours."""
    found = re.search(r"```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    warehouse = database(tmp_path / "shop.duckdb", found[1])
    visits, daily = (RelationName("shop", "web", name) for name in ("visits", "daily"))
    table = Relation(
        visits,
        Kind.TABLE,
        (
            Column("visit_id", DataType.STRING, Mode.REQUIRED),
            Column("visited_at", DataType.TIMESTAMP, description="When it began"),
            Column(
                "geo",
                DataType.STRUCT,
                fields=(
                    Column("country", DataType.STRING, description="ISO code"),
                    Column("city", DataType.STRING),
                ),
            ),
        ),
        description="One row per visit",
        partitioning=Partitioning("visited_at", "time", "day", require_partition_filter=True),
        clustering=("geo",),
        primary_key=("visit_id",),
        labels={"level": "gold"},
        owners=("web@shop.example",),
    )
    view = Relation(
        daily,
        Kind.VIEW,
        (Column("day", DataType.DATE), Column("visits", DataType.INT64)),
        reads_from=(visits,),
    )

    assert Catalog({daily: view, visits: table}) == read(warehouse, "shop.web.*")
    assert Catalog() == read(warehouse, "shop.lookml_gen.*", "shop.lookml_gen.fields")
    assert Catalog() == read(warehouse, "other.web.visits", "shop.web.none")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ENUM('a', 'b')", Column("x", DataType.STRING)),
        ("BLOB", Column("x", DataType.BYTES)),
        ("UINTEGER", Column("x", DataType.INT64)),
        ("UBIGINT", Column("x", DataType.NUMERIC)),
        ("HUGEINT", Column("x", DataType.BIGNUMERIC)),
        ("FLOAT", Column("x", DataType.FLOAT64)),
        ("DECIMAL(38, 9)", Column("x", DataType.NUMERIC)),
        ("DECIMAL(38, 8)", Column("x", DataType.BIGNUMERIC)),
        ("DECIMAL(12, 10)", Column("x", DataType.BIGNUMERIC)),
        ("TIMESTAMP_NS", Column("x", DataType.DATETIME)),
        ("TIMESTAMPTZ", Column("x", DataType.TIMESTAMP)),
        ("TIME", Column("x", DataType.TIME)),
        ("JSON", Column("x", DataType.JSON)),
        ("INTERVAL", Column("x", DataType.INTERVAL)),
        ("BIT", Column("x", DataType.UNKNOWN)),
        ("DATE[3]", Column("x", DataType.DATE, Mode.REPEATED)),
        ("INTEGER[][]", Column("x", DataType.UNKNOWN, Mode.REPEATED)),
        ("UNION(a INTEGER, b VARCHAR)", Column("x", DataType.UNKNOWN)),
        (
            'STRUCT("a b" BOOLEAN[])[]',
            Column(
                "x",
                DataType.STRUCT,
                Mode.REPEATED,
                fields=(Column("a b", DataType.BOOL, Mode.REPEATED),),
            ),
        ),
        (
            "MAP(VARCHAR, BIGINT)",
            Column(
                "x",
                DataType.STRUCT,
                Mode.REPEATED,
                fields=(Column("key", DataType.STRING), Column("value", DataType.INT64)),
            ),
        ),
    ],
)
def test_types(written: str, expected: Column) -> None:
    """Each type of DuckDB has one of BigQuery, or is unknown."""
    assert expected == column_of("x", duckdb.sqltype(written))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM web.visits", "shop.web.visits"),
        ("SELECT * FROM VISITS", "shop.web.visits"),
        ("SELECT * FROM shop.web.visits AS v, range(3)", "shop.web.visits"),
        ("SELECT * FROM settings", "shop.main.settings"),
        ("WITH visits AS (SELECT * FROM visits) SELECT * FROM visits", "shop.web.visits"),
        ("WITH v AS (SELECT 1 AS a) SELECT * FROM v", ""),
        ("SELECT 1 AS a WHERE EXISTS (FROM settings)", "shop.main.settings"),
        ("SELECT * FROM (PIVOT web.visits ON id IN (1, 2) USING count(*))", "shop.web.visits"),
    ],
)
def test_references(tmp_path: Path, query: str, expected: str) -> None:
    """A view reads from the tables that DuckDB would find, in full, and from no CTE."""
    warehouse = database(
        tmp_path / "shop.duckdb",
        "CREATE TABLE settings (id INT); CREATE SCHEMA web; USE web;"
        f"CREATE TABLE visits (id INT); CREATE VIEW seen AS {query}",
    )
    seen = RelationName("shop", "web", "seen")
    found = read(warehouse, "shop.web.seen").relations

    assert expected == " ".join(map(str, found[seen].reads_from))
    assert sorted(["shop.web.seen", *expected.split()]) == sorted(map(str, found))


def test_a_view_that_no_longer_binds_is_unread(tmp_path: Path) -> None:
    """A view whose table was dropped is unread, as is one that stands on it; others are not."""
    warehouse = database(
        tmp_path / "shop.duckdb",
        "CREATE TABLE gone (a INT); CREATE VIEW broken AS FROM gone;"
        "CREATE VIEW above AS FROM broken;"
        "CREATE TABLE kept (a INT); CREATE VIEW fine AS FROM kept; DROP TABLE gone",
    )
    catalog = read(warehouse, "shop.main.*")

    assert ["shop.main.fine", "shop.main.kept"] == list(map(str, catalog.relations))
    assert ["shop.main.above", "shop.main.broken"] == list(map(str, catalog.unread))
    assert "gone does not exist" in catalog.unread[RelationName("shop", "main", "broken")]


def test_the_catalog_may_be_named(tmp_path: Path) -> None:
    """`?catalog=` gives the file's tables another project; comments are descriptions."""
    warehouse = database(
        tmp_path / "o'dd \"name.duckdb",
        "CREATE TABLE t (a INT NOT NULL); COMMENT ON COLUMN t.a IS 'an a'; CREATE VIEW v AS FROM t",
        "acme-prod",
    )
    catalog = read(warehouse, "acme-prod.main.v")

    assert ["acme-prod.main.t", "acme-prod.main.v"] == list(map(str, catalog.relations))
    assert (Column("a", DataType.INT64, Mode.REQUIRED, "an a"),) == catalog.relations[
        RelationName("acme-prod", "main", "t")
    ].columns


def test_our_tables_of_another_shape(tmp_path: Path) -> None:
    """A metadata table may lack columns; one that holds something else is told as such."""
    script = (
        "CREATE SCHEMA lookml_gen; CREATE TABLE t (a INT); CREATE TABLE lookml_gen.relations AS "
    )
    short = database(
        tmp_path / "short.duckdb",
        f"{script} SELECT 'main' AS table_schema, 't' AS table_name, 'ours' AS description",
    )
    wrong = database(
        tmp_path / "wrong.duckdb",
        f"{script} SELECT 'main' AS table_schema, 't' AS table_name, 7 AS clustering",
    )

    assert ["ours"] == [one.description for one in read(short, "short.main.t").relations.values()]
    with pytest.raises(Fault, match="clustering"):
        read(wrong, "wrong.main.t")


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    """A file that is missing, no database, or locked by another process is a fault."""
    (tmp_path / "text.duckdb").write_text("hello" * 1000)
    locked = tmp_path / "locked.duckdb"
    database(locked, "CREATE TABLE t (a INT)")
    hold = f"import duckdb; c = duckdb.connect({str(locked)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for name, reason in (
            ("none", "no such file"),
            ("text", "not a valid DuckDB"),
            ("locked", "lock"),
        ):
            path = tmp_path / f"{name}.duckdb"
            with pytest.raises(Fault, match=reason) as caught:
                read(DuckDB.at(f"duckdb:{path}", str(path), None), "a.b.c")
            assert "unreadable-file" == caught.value.diagnostic.code
        other.terminate()


def test_fingerprint(tmp_path: Path) -> None:
    """The fingerprint changes with the content and with the name of the catalog."""
    path = tmp_path / "shop.duckdb"
    warehouse = database(path, "CREATE TABLE t (a INT)")
    before = warehouse.fingerprint()

    assert before == warehouse.fingerprint()
    assert before != DuckDB.at("duckdb:", str(path), "other").fingerprint()
    database(path, "CREATE TABLE u (a INT)")
    assert before != warehouse.fingerprint()
