"""The columns of queries over an invented catalog. A new case is one pair in CASES."""

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from generator.facts.catalog import Catalog, Column, DataType, Kind, Mode, Relation, RelationName
from generator.semantics.infer import Inferred, infer
from generator.sources.duckdb_types import column_of

VISITS = RelationName("a", "w", "visits")
MIRROR = RelationName("a-b", "w", "visits")
ORDERS = RelationName("a", "w", "orders")
SEEN = Column("day", DataType.DATE, Mode.REQUIRED, "The day it was seen on")
COUNTRY = Column("country", DataType.STRING, description="ISO code")
GEO = Column(
    "geo", DataType.STRUCT, fields=(COUNTRY, Column("lat", DataType.FLOAT64)), description="Where"
)
HIT = Column(
    "hits",
    DataType.STRUCT,
    Mode.REPEATED,
    fields=(Column("page", DataType.STRING), Column("ms", DataType.INT64)),
)
CATALOG_OF = (
    Relation(
        VISITS,
        Kind.TABLE,
        (
            Column("id", DataType.INT64, Mode.REQUIRED),
            SEEN,
            Column("at", DataType.TIMESTAMP),
            Column("agent", DataType.STRING, description="As the browser says"),
            Column("price", DataType.NUMERIC),
            Column("tags", DataType.STRING, Mode.REPEATED),
            GEO,
            HIT,
            Column("extra", DataType.JSON),
        ),
        aliases=(MIRROR,),
    ),
    Relation(
        ORDERS,
        Kind.TABLE,
        (
            Column("id", DataType.INT64),
            Column("paid", DataType.BOOL),
            Column("total", DataType.FLOAT64),
        ),
    ),
    Relation(RelationName("a", "l", "events_1"), Kind.TABLE, (Column("old", DataType.BOOL),)),
    Relation(RelationName("a", "l", "events_2"), Kind.TABLE, (Column("new", DataType.BOOL),)),
    Relation(RelationName("a", "l", "opaque"), Kind.VIEW),
    Relation(
        RelationName("a", "l", "tags"),
        Kind.TABLE,
        (Column("id", DataType.INT64), Column("tags", DataType.STRING, Mode.REPEATED)),
    ),
)
CATALOG = Catalog({relation.name: relation for relation in CATALOG_OF})

_GEO = "STRUCT<country STRING, lat FLOAT64>"
_HIT = "STRUCT<page STRING, ms INT64>"
_ALL = (
    "id INT64, day DATE, at TIMESTAMP, agent STRING, price NUMERIC, tags ARRAY<STRING>, "
    f"geo {_GEO}, hits ARRAY<{_HIT}>, extra JSON"
)
CASES = [
    # names
    ("SELECT * FROM a.w.visits", _ALL),
    ("SELECT * FROM `a-b`.w.visits", _ALL),
    ("SELECT * FROM a-b.w.visits AS v", _ALL),
    ("SELECT * FROM `a-b.w.visits`", _ALL),
    ("SELECT * FROM `a.l.events_*`", "new BOOL"),
    ("SELECT _TABLE_SUFFIX AS s FROM `a.l.events_*`", "s STRING"),
    ("CREATE VIEW a.b.c AS SELECT id FROM a.w.visits", "id INT64"),
    ("CREATE TEMP FUNCTION f() AS (1); SELECT 1 AS one", "one INT64"),
    # a table and its column of one name: in back-ticks the table has no name of its own
    ("SELECT tag FROM `a.l.tags`, UNNEST(tags) AS tag", "tag STRING"),
    ("SELECT tags.id, tags FROM `a.l.tags`", "id INT64, tags ARRAY<STRING>"),
    ("SELECT tags FROM a.l.tags", "tags STRUCT<id INT64, tags ARRAY<STRING>>"),
    ("SELECT (SELECT MAX(tags) FROM UNNEST(t.tags) AS tags) AS m FROM a.l.tags AS t", "m STRING"),
    # stars
    ("SELECT * EXCEPT (tags, geo, hits, extra, at) FROM a.w.visits",
     "id INT64, day DATE, agent STRING, price NUMERIC"),
    ("SELECT * REPLACE (paid IS NULL AS total) FROM a.w.orders", "id INT64, paid BOOL, total BOOL"),
    ("SELECT o.*, v.geo.* FROM a.w.visits AS v JOIN a.w.orders AS o ON v.id = o.id",
     "id INT64, paid BOOL, total FLOAT64, country STRING, lat FLOAT64"),
    ("SELECT geo.* EXCEPT (lat), hits[OFFSET(0)].* FROM a.w.visits",
     "country STRING, page STRING, ms INT64"),
    # columns and fields
    ("SELECT agent, day AS seen, geo.country, visits.geo.lat AS y FROM a.w.visits",
     "agent STRING, seen DATE, country STRING, y FLOAT64"),
    ("SELECT ID, Geo.Country FROM a.w.visits", "ID INT64, Country STRING"),
    ("SELECT v FROM a.w.orders AS v", "v STRUCT<id INT64, paid BOOL, total FLOAT64>"),
    ("SELECT 1, id, id + 1 FROM a.w.visits", "f0_ INT64, id INT64, f1_ INT64"),
    ("SELECT hits[SAFE_OFFSET(0)].page, tags[0] AS tag FROM a.w.visits", "page STRING, tag STRING"),
    ("SELECT extra.a.b, extra['c'] AS c FROM a.w.visits", "b JSON, c JSON"),
    # joins
    ("SELECT * FROM a.w.orders JOIN (SELECT id, day FROM a.w.visits) USING (id)",
     "id INT64, paid BOOL, total FLOAT64, day DATE"),
    ("SELECT * FROM (SELECT 'x' AS a, 1 AS k) LEFT JOIN (SELECT 1 AS k, 2 AS b) USING (k)",
     "k INT64, a STRING, b INT64"),
    ("SELECT k FROM (SELECT 1 AS k) FULL JOIN (SELECT 1.5 AS k) USING (k)", "k FLOAT64"),
    ("SELECT * FROM (a.w.orders AS o CROSS JOIN (SELECT 1 AS one))",
     "id INT64, paid BOOL, total FLOAT64, one INT64"),
    # arrays
    ("SELECT tag, place FROM a.w.visits, UNNEST(tags) AS tag WITH OFFSET AS place",
     "tag STRING, place INT64"),
    (("SELECT * EXCEPT (id, day, at, agent, price, tags, geo, extra, hits) "
     "FROM a.w.visits CROSS JOIN UNNEST(hits)"), "page STRING, ms INT64"),
    ("SELECT h, page, h.ms FROM a.w.visits AS v, v.hits AS h", f"h {_HIT}, page STRING, ms INT64"),
    ("SELECT (SELECT MAX(h.ms) FROM UNNEST(hits) AS h) AS most FROM a.w.visits", "most INT64"),
    ("SELECT (SELECT ANY_VALUE(page) FROM v.hits) AS page FROM a.w.visits AS v", "page STRING"),
    ("SELECT ARRAY(SELECT AS STRUCT page, ms / 2 AS half FROM UNNEST(hits)) AS a FROM a.w.visits",
     "a ARRAY<STRUCT<page STRING, half FLOAT64>>"),
    ("SELECT ARRAY_AGG(STRUCT(day) ORDER BY id)[OFFSET(0)].day FROM a.w.visits", "day DATE"),
    ("SELECT ARRAY_AGG(mozfun.norm.os(agent) IGNORE NULLS) AS os FROM a.w.visits",
     "os ARRAY<STRING>"),
    ("SELECT d FROM UNNEST(GENERATE_DATE_ARRAY('2030-01-01', '2030-02-01')) AS d", "d DATE"),
    # expressions
    ("SELECT COUNT(*) AS n, SUM(id) AS s, SUM(price) AS p, AVG(id) AS a FROM a.w.visits",
     "n INT64, s INT64, p NUMERIC, a FLOAT64"),
    ("SELECT LOGICAL_OR(paid) AS p, COUNTIF(paid) / COUNT(*) AS q, MAX(total) AS m FROM a.w.orders",
     "p BOOL, q FLOAT64, m FLOAT64"),
    ("SELECT DATE(at) AS d, DATE_TRUNC(day, MONTH) AS m, DATE_TRUNC(at, HOUR) AS h FROM a.w.visits",
     "d DATE, m DATE, h TIMESTAMP"),
    (("SELECT COALESCE(price, 0) AS a, IF(TRUE, day, '2030-01-01') AS b, IF(TRUE, id, 0.5) AS c, "
     "CASE WHEN TRUE THEN NULL ELSE geo END AS d, NULL AS e FROM a.w.visits"),
     f"a NUMERIC, b DATE, c FLOAT64, d {_GEO}, e INT64"),
    (("SELECT SAFE.SUBSTR(agent, 0, 8) AS a, JSON_VALUE(extra, '$.x') AS b, "
     "JSON_QUERY(extra, '$.x') AS c, day - day AS e FROM a.w.visits"),
     "a STRING, b STRING, c JSON, e INTERVAL"),
    (("SELECT ROW_NUMBER() OVER (ORDER BY id) AS r, LAG(day) OVER (ORDER BY id) AS l, "
     "FIRST_VALUE(geo IGNORE NULLS) OVER (ORDER BY id) AS g FROM a.w.visits"),
     f"r INT64, l DATE, g {_GEO}"),
    ("SELECT STRUCT(id, day AS d, 1) AS s, [1, 2.5] AS l, CAST(id AS STRING) AS c FROM a.w.visits",
     "s STRUCT<id INT64, d DATE, _field_3 INT64>, l ARRAY<FLOAT64>, c STRING"),
    (("SELECT mozfun.norm.os(agent) AS os, mozfun.map.get_key([STRUCT('a' AS key, day AS value)], "
     "'a') AS v, a.fn.guess(agent) AS g FROM a.w.visits"),
     "os STRING, v DATE, g UNKNOWN"),
    (("SELECT COALESCE(a.fn.guess(id), agent) AS a, IF(TRUE, a.fn.guess(id), id) AS b "
     "FROM a.w.visits"), "a STRING, b UNKNOWN"),
    # queries
    ("WITH a AS (SELECT id FROM a.w.visits), b AS (SELECT *, 'x' AS x FROM a) SELECT * FROM b",
     "id INT64, x STRING"),
    ("WITH visits AS (SELECT day FROM a.w.visits) SELECT * FROM visits", "day DATE"),
    ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
     "n INT64"),
    ("SELECT id, day FROM a.w.visits UNION ALL SELECT 0.5, NULL", "id FLOAT64, day DATE"),
    ("SELECT NULL AS a UNION ALL SELECT 'x'", "a STRING"),
    ("SELECT 1 AS a, 'x' AS b UNION ALL BY NAME SELECT 'y' AS b, 2 AS a", "a INT64, b STRING"),
    ("SELECT 1 AS a FULL UNION ALL BY NAME SELECT 'y' AS b", "a INT64, b STRING"),
    ("SELECT AS STRUCT 1 AS a, 'x' AS b", "a INT64, b STRING"),
    ("SELECT AS VALUE geo FROM a.w.visits", "country STRING, lat FLOAT64"),
    ("SELECT * FROM a.w.orders PIVOT (SUM(total) AS t FOR paid IN (TRUE AS yes, FALSE AS no))",
     "id INT64, t_yes FLOAT64, t_no FLOAT64"),
    ("SELECT * FROM (SELECT 1 AS a, 2 AS b, 'x' AS c) UNPIVOT (v FOR k IN (a, b))",
     "c STRING, v INT64, k STRING"),
    ("FROM a.w.visits |> WHERE id > 1 |> SELECT id, day", "id INT64, day DATE"),
]  # fmt: skip

STAR = "SELECT * FROM ({})"


def typed(column: Column) -> str:
    """The type of a column as BigQuery writes it."""
    fields = ", ".join(map(shown, column.fields))
    text = f"STRUCT<{fields}>" if column.fields else column.type.value
    return f"ARRAY<{text}>" if column.repeated else text


def shown(column: Column) -> str:
    """A column with its type."""
    return f"{column.name} {typed(column)}"


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_columns(query: str, expected: str) -> None:
    """A query has these columns, and nothing else about it is unknown."""
    inferred = infer(query, CATALOG)

    assert expected == ", ".join(map(shown, inferred.columns))
    assert inferred.reason is None
    assert inferred.missing == ()
    assert inferred.complete


@pytest.mark.parametrize("query", [query for query, _ in CASES if query.startswith("SELECT")])
def test_a_star_over_a_query_is_that_query(query: str) -> None:
    """`SELECT * FROM (q)` has the columns of `q`."""
    assert infer(STAR.format(query), CATALOG) == infer(query, CATALOG)


def test_what_the_source_says_is_kept() -> None:
    """A column that is one of the source, under whatever name, keeps its description."""
    query = """SELECT day AS seen, v.geo.country, geo, g.*, page, UPPER(agent) AS shout
        FROM a.w.visits AS v, UNNEST(hits), (SELECT geo AS g FROM a.w.visits)"""
    said = {column.name: column.description for column in infer(query, CATALOG).columns}

    assert said["seen"] == SEEN.description
    assert said["country"] == COUNTRY.description
    assert said["geo"] == GEO.description
    assert said["shout"] is None


def test_an_outer_join_may_find_nothing() -> None:
    """What is required on the far side is not after the join."""
    query = "SELECT v.id, o.day FROM a.w.visits AS v LEFT JOIN a.w.visits AS o ON v.id = o.id"

    assert [column.mode for column in infer(query, CATALOG).columns] == [
        Mode.REQUIRED,
        Mode.NULLABLE,
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "SELECT id FROM a.w.orders WHERE id IN (SELECT id FROM a.w.gone)",
            Inferred(
                (Column("id", DataType.INT64),),
                (RelationName("a", "w", "gone"), ORDERS),
                missing=("a.w.gone",),
            ),
        ),
        (
            "SELECT *, x FROM a.l.opaque",
            Inferred(
                (Column("x", DataType.UNKNOWN),),
                (RelationName("a", "l", "opaque"),),
                missing=("a.l.opaque",),
                complete=False,
            ),
        ),
        (
            "SELECT table_name FROM a.w.INFORMATION_SCHEMA.TABLES",
            Inferred(
                (Column("table_name", DataType.UNKNOWN),),
                missing=("a.w.INFORMATION_SCHEMA.TABLES",),
            ),
        ),
        (
            "SELECT STRUCT(nope AS n) AS s, o.nope FROM a.w.orders AS o",
            Inferred(
                (
                    Column("s", DataType.STRUCT, fields=(Column("n", DataType.UNKNOWN),)),
                    Column("nope", DataType.UNKNOWN),
                ),
                (ORDERS,),
            ),
        ),
        ("SELECT FROM WHERE", None),
        ("", None),
        ("1 + 1", None),
        ("SELECT 'unclosed", None),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, None),
    ],
)
def test_what_cannot_be_told(query: str, expected: Inferred | None) -> None:
    """What is missing or unknown is listed; of what is no query there is a reason."""
    inferred = infer(query, CATALOG)

    if expected is None:
        assert inferred.columns == ()
        assert inferred.reason
        assert not inferred.complete
    else:
        assert expected == inferred


_ITEM = st.sampled_from(
    [
        "*",
        "v.*",
        "geo.*",
        "1",
        "id",
        "id + nope",
        "tags",
        "v",
        "hits[0].ms AS x",
        "SUM(price)",
        "f(id)",
    ]
)
_SOURCE = st.sampled_from(
    [
        "a.w.visits",
        "a.w.orders",
        "a.l.opaque",
        "(SELECT 1 AS id, 2 AS one)",
        "UNNEST([STRUCT(1 AS a)])",
    ]
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Queries put together at random, not all of them sound."""
    items = ", ".join(draw(st.lists(_ITEM, min_size=1, max_size=4)))
    words = ["SELECT", items, "FROM", draw(_SOURCE), "AS v"]
    if draw(st.booleans()):
        side = draw(st.sampled_from(["", "LEFT", "FULL"]))
        words += [side, "JOIN", draw(_SOURCE), "USING (id)"]
    if draw(st.booleans()):
        words = ["WITH w AS (", *words, ") SELECT * FROM w UNION ALL", *words]
    return " ".join(words)


@given(queries())
def test_a_star_over_any_query(query: str) -> None:
    """`SELECT * FROM (q)` has the columns of `q`, whatever `q` is."""
    assert infer(STAR.format(query), CATALOG) == infer(query, CATALOG)


_WORDS = sorted({word for query, _ in CASES for word in query.replace("(", " ( ").split()})


@given(st.one_of(st.text(), st.lists(st.sampled_from(_WORDS), max_size=25).map(" ".join)))
def test_bad_sql_never_raises(text: str) -> None:
    """Any text gives an answer."""
    infer(text, CATALOG)
    infer("SELECT " + text, CATALOG)


OTHERWISE = {"HUGEINT": "INT64"}
"""DuckDB widens the sum of integers."""

_DUCK = {DataType.STRING: "VARCHAR", DataType.INT64: "BIGINT", DataType.FLOAT64: "DOUBLE"} | {
    DataType.TIMESTAMP: "TIMESTAMPTZ",
    DataType.NUMERIC: "DECIMAL(38, 9)",
}


def duck_type(column: Column) -> str:
    """The type of a column in DuckDB."""
    fields = ", ".join(f"{field.name} {duck_type(field)}" for field in column.fields)
    text = f"STRUCT({fields})" if column.fields else _DUCK.get(column.type, column.type.value)
    return f"{text}[]" if column.repeated else text


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    """A database with the tables of the catalog, all empty."""
    connection = duckdb.connect(":memory:")
    connection.execute("ATTACH ':memory:' AS a; CREATE SCHEMA a.w")
    for relation in CATALOG_OF:
        if relation.name.dataset == "w":
            columns = ", ".join(
                f'"{column.name}" {duck_type(column)}' for column in relation.columns
            )
            connection.execute(f"CREATE TABLE {relation.name} ({columns})")
    return connection


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM a.w.visits",
        "SELECT * EXCEPT (tags) FROM a.w.visits",
        "SELECT id, agent AS who, v.geo.country FROM a.w.visits AS v",
        "SELECT *, total * 2 AS twice FROM a.w.orders WHERE paid",
        "SELECT COUNT(*) AS n, SUM(id) AS s, AVG(id) AS a, MAX(day) AS m FROM a.w.visits",
        "SELECT agent, LOGICAL_OR(id > 1) AS o, COUNT(DISTINCT id) AS d FROM a.w.visits GROUP BY 1",
        "SELECT tag, id FROM a.w.visits CROSS JOIN UNNEST(tags) AS tag",
        "SELECT DATE(at) AS d, IF(id > 1, agent, NULL) AS w, COALESCE(id, 0) AS i FROM a.w.visits",
        "WITH c AS (SELECT id FROM a.w.visits) SELECT * FROM c JOIN a.w.orders USING (id)",
        "SELECT id, day FROM a.w.visits UNION ALL SELECT id, NULL FROM a.w.orders",
        "SELECT STRUCT(id AS i, agent AS w) AS s, ARRAY_AGG(day) AS l FROM a.w.visits GROUP BY ALL",
        "SELECT RANK() OVER (ORDER BY id) AS r, LAG(geo) OVER (ORDER BY id) AS g FROM a.w.visits",
        "SELECT CAST(total AS INT64) AS t, NOT paid AS n, total > 1 AND paid AS b FROM a.w.orders",
        "SELECT CASE WHEN paid THEN id ELSE total END AS x, CONCAT('a', 'b') AS c FROM a.w.orders",
        "SELECT o.*, v.* EXCEPT (id) FROM a.w.orders AS o LEFT JOIN a.w.visits AS v ON o.id = v.id",
    ],
)
def test_duckdb_agrees(query: str, duck: duckdb.DuckDBPyConnection) -> None:
    """DuckDB, over empty tables, describes the same columns."""
    said = duck.sql(sqlglot.transpile(query, read="bigquery", write="duckdb")[0])
    expected = [
        f"{name} {OTHERWISE.get(str(kind)) or typed(column_of(name, kind))}"
        for name, kind in zip(said.columns, said.types, strict=True)
    ]

    assert expected == list(map(shown, infer(query, CATALOG).columns))


def test_columns_without_a_type() -> None:
    """They are told by their paths."""
    inferred = infer("SELECT STRUCT(nope AS n) AS s, o.id, o.nope FROM a.w.orders AS o", CATALOG)

    assert inferred.unknown == ("s.n", "nope")
