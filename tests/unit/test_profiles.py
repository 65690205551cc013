"""The commonest values of columns: the same from every warehouse, for one statement a relation."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from generator.diagnostics import Fault
from generator.facts.catalog import (
    Catalog,
    Column,
    Counts,
    DataType,
    Kind,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.sources.bigquery import BigQuery
from generator.sources.bigquery_profiles import in_bigquery
from generator.sources.profile_sql import statement
from generator.sources.profiles import with_values
from generator.sources.snapshot import write_snapshot
from generator.sources.warehouse import Warehouse
from generator.sources.warehouses import open_warehouse, read_profiles
from tests.bigquery_server import Server, Way
from tests.bigquery_server import Warehouse as Held
from tests.judge import Judge

STATISTICS = RelationName("shop", "web", "statistics")
EMPTY = RelationName("shop", "web", "empty")
VIEW = RelationName("shop", "web", "view")
BROKEN = RelationName("shop", "web", "broken")
MANY = RelationName("shop", "web", "many")
ODD = 'o"dd na`me'
HOSTILE = (
    "it's",
    'say "so"',
    "a, b",
    "50%",
    "-minus",
    "",
    " ",
    "ä",
    "Z",
    "a",
    "_",
    "^",
    "\\",
    "\n",
)
ENGINE = duckdb.connect()
NEED = ProfileNeed(STATISTICS, ("country", "os"), "day")


def rows() -> list[tuple[str, str | None, str | None, bool | None]]:
    """The newest day has each hostile value once, but two twice; an older day has other values."""
    newest = [
        *(("2024-01-02", value, "Windows", place % 2 == 0) for place, value in enumerate(HOSTILE)),
        *(("2024-01-02", value, None, None) for value in ("-minus", "Z")),
        ("2024-01-02", None, "Mac", None),
    ]
    return [*newest, *[("2024-01-01", "old", "Linux", True)] * 99]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file `shop` with the rows, a view of them, and a view that binds no more."""
    path = tmp_path_factory.mktemp("data") / "shop.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE SCHEMA web; CREATE TABLE web.lost (a INT)")
        made.execute("CREATE TABLE web.statistics (day DATE, country TEXT, os TEXT, on_sale BOOL)")
        made.executemany("INSERT INTO web.statistics VALUES (?, ?, ?, ?)", rows())
        made.execute("INSERT INTO web.statistics VALUES (NULL, 'dayless', 'BeOS', true)")
        made.execute("CREATE VIEW web.view AS SELECT * FROM web.statistics")
        made.execute("CREATE VIEW web.broken AS SELECT a AS os FROM web.lost; DROP TABLE web.lost")
        made.execute("CREATE TABLE web.empty (day DATE, os TEXT)")
        made.execute(
            "CREATE TABLE web.many AS SELECT 'v' || i AS os, 1 AS one FROM range(1000000) AS r(i)"
        )
        made.execute("INSERT INTO web.many VALUES ('v7', 1)")
    return path


def relation(name: RelationName, *columns: str) -> Relation:
    """A table of texts."""
    return Relation(name, Kind.TABLE, tuple(Column(one, DataType.STRING) for one in columns))


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    """BigQuery with the same rows."""
    relations = (
        relation(STATISTICS, "day", "country", "os", "on_sale"),
        relation(VIEW, "day", "country", "os", "on_sale"),
        relation(EMPTY, "day", "os"),
        relation(MANY, "os", "one"),
    )
    with Server(Held(relations, data=data)) as running:
        yield running


def bigquery(server: Server, options: str = "", patience: float = 60.0) -> BigQuery:
    """The shop on the server."""
    opened = open_warehouse(f"bigquery:shop?api-endpoint={server.endpoint}{options}")
    assert isinstance(opened, BigQuery)
    return replace(opened, address=replace(opened.address, patience=patience))


@pytest.fixture(params=["duckdb", "bigquery"])
def warehouse(request: pytest.FixtureRequest, data: Path, server: Server) -> Warehouse:
    """Either engine, over the same rows."""
    return bigquery(server) if request.param == "bigquery" else open_warehouse(f"duckdb:{data}")


def counted(values: Sequence[str | None], count: int = 10) -> Counts:
    """What is to come out, counted here."""
    totals = Counter(value for value in values if value is not None)
    return tuple(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:count])


def test_what_comes_out(warehouse: Warehouse) -> None:
    """The newest day alone, no null, whatever a value looks like; ties by value, then cut."""
    newest = [row for row in rows() if row[0] == "2024-01-02"]
    said = warehouse.profile([replace(NEED, columns=("country", "os", "on_sale"))])
    expected = {
        "country": counted([row[1] for row in newest]),
        "os": (("Windows", 14), ("Mac", 1)),
        "on_sale": (("false", 7), ("true", 7)),
    }

    assert Profiles({STATISTICS: expected}) == said
    assert ("-minus", 2) == expected["country"][0]
    assert ("", 1) in expected["country"]
    assert 10 == len(expected["country"])


def test_without_a_day_all_rows_count(warehouse: Warehouse) -> None:
    """Of a view as of a table; those without a day too."""
    said = warehouse.profile([ProfileNeed(VIEW, ("os",), count=2), ProfileNeed(EMPTY, ("os",))])

    assert {VIEW: {"os": (("Linux", 99), ("Windows", 14))}, EMPTY: {"os": ()}} == said.values


def test_rows_that_count_several_times(tmp_path: Path) -> None:
    """As often as their weight says; one that has none says nothing."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE TABLE main.t (os TEXT, weight TEXT, clients BIGINT)")
        rows = [("Mac", "a", 2), ("Mac", "a", 3), ("Windows", "b", 9), ("BeOS", "b", None)]
        made.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    need = ProfileNeed(RelationName("shop", "main", "t"), ("os", "weight"), weight="clients")
    said = open_warehouse(f"duckdb:{path}").profile([need])

    expected = {"os": (("Windows", 9), ("Mac", 5), ("BeOS", 0)), "weight": (("b", 9), ("a", 5))}
    assert expected == said.values[need.relation]


def test_an_empty_table_has_no_values(warehouse: Warehouse) -> None:
    """It was read, and that is what was found."""
    assert Profiles({EMPTY: {"os": ()}}) == warehouse.profile([ProfileNeed(EMPTY, ("os",), "day")])


def test_a_million_values(warehouse: Warehouse) -> None:
    """Only those that are wanted come back, and which they are is no accident."""
    said = warehouse.profile([ProfileNeed(MANY, ("os", "one"))])
    tied = [f"v{place}" for place in range(1_000_000)]

    assert {"os": counted([*tied, "v7"]), "one": (("1", 1_000_001),)} == said.values[MANY]


@given(
    st.lists(st.sampled_from(["a", "b", "B", "", "%", "ä", None]), max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_makes_no_difference(
    values: list[str | None], chance: random.Random
) -> None:
    """Shuffled rows give the same profile, and it is the one that counting gives."""
    name = RelationName("memory", "main", "t")
    asked = statement(ProfileNeed(name, ("value",), count=3), lambda text: f'"{text}"')
    found = []
    for _ in range(2):
        chance.shuffle(values)
        ENGINE.execute("CREATE OR REPLACE TABLE t AS SELECT unnest(?::TEXT[]) AS value", [values])
        rows = ENGINE.execute(asked).fetchall()
        found.append({row[1]: row[2] for row in rows if row[1] is not None})

    assert [dict(counted(values, 3))] * 2 == found


def test_bigquery_understands_it() -> None:
    """Google's analyzer takes the statement, whatever the columns are called."""
    pytest.importorskip("zetasql")
    names = ("place", "value", "times", "v1", "select")
    need = ProfileNeed(RelationName("acme-prod", "web", "t"), names, "day")
    columns = (*(Column(name, DataType.STRING) for name in names), Column("day", DataType.DATE))
    weighed = (*columns, Column("weight", DataType.INT64))
    asked = [in_bigquery(need), in_bigquery(replace(need, newest=None))]

    assert [] == list(Judge().faults({need.relation: columns}, asked))
    asked = [in_bigquery(replace(need, weight="weight"))]
    assert [] == list(Judge().faults({need.relation: weighed}, asked))


def test_names_that_are_hard_to_quote(tmp_path: Path) -> None:
    """Columns may be called anything; so may ours inside the statement."""
    path = tmp_path / "a'b.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute(
            'CREATE TABLE main.t ("place" TEXT, "value" TEXT, "o""dd na`me" TEXT, v0 TEXT)'
        )
        made.execute("INSERT INTO t VALUES ('p', 'v', 'o', 'n')")
    need = ProfileNeed(RelationName("shop", "main", "t"), ("place", ODD, "v0", "value"))
    said = open_warehouse(f"duckdb:{path}?catalog=shop").profile([need])

    assert {"place": (("p", 1),), ODD: (("o", 1),), "v0": (("n", 1),), "value": (("v", 1),)} == (
        said.values[need.relation]
    )


# how it fails


def test_what_cannot_be_counted_costs_itself(data: Path) -> None:
    """A view that binds no more, and a column that is not there; a table of others is absent."""
    other = RelationName("bank", "web", "statistics")
    needs = [ProfileNeed(BROKEN, ("os",)), replace(NEED, relation=other), NEED]
    said = open_warehouse(f"duckdb:{data}").profile([*needs, ProfileNeed(EMPTY, ("gone",))])

    assert [STATISTICS] == list(said.values)
    assert [BROKEN, EMPTY] == list(said.unread)
    assert "gone" in said.unread[EMPTY]


REASONS = {
    Way.DENIED: "Access Denied: Dataset shop:x: Permission denied",
    Way.ABSENT: "Not found: Dataset shop:x",
    Way.QUOTA: "the quota is used up: Quota exceeded: too many bytes scanned",
    Way.RATE: "the quota is used up: Exceeded rate limits: too many api requests",
    Way.BUSY: "the service has a fault of its own",
    Way.EXPIRED: "the credentials are missing, expired or refused",
    Way.GARBAGE: "its answer is malformed",
    Way.ODD: "its answer is malformed",
    Way.CUT: "the connection is refused or lost",
    Way.DROPPED: "the connection is refused or lost",
    Way.SILENT: "it does not answer in time",
    Way.NO_JOBS: "Access Denied: Project shop: no bigquery.jobs.create",
}


@pytest.mark.parametrize("way", REASONS)
def test_bigquery_fails_for_one_relation(server: Server, way: Way) -> None:
    """The reason is said, without a secret; the others are counted."""
    bigquery(server).profile([NEED, ProfileNeed(EMPTY, ("os",))])  # the server is warm now
    server.fail(way, "`empty`")
    said = bigquery(server, patience=1.0).profile([NEED, ProfileNeed(EMPTY, ("os",))])

    assert [STATISTICS] == list(said.values)
    assert said.unread[EMPTY].startswith(REASONS[way])
    assert "ya29" not in said.unread[EMPTY]


def test_one_statement_for_each_relation(server: Server) -> None:
    """Whatever the columns; with a label, and a limit to what it may cost."""
    needs = [replace(NEED, columns=("os",)), ProfileNeed(EMPTY, ("os",)), NEED]
    said = read_profiles([bigquery(server)], needs)

    assert {STATISTICS: {"country", "os"}, EMPTY: {"os"}} == {
        name: set(columns) for name, columns in said.values.items()
    }
    assert {"jobs.query": 2} == server.calls
    assert {"10000000000"} == {body["maximumBytesBilled"] for body in server.seen}
    labels = {"application": "lookml-gen", "purpose": "values"}
    assert [labels] * 2 == [body["labels"] for body in server.seen]


def test_a_statement_that_costs_too_much_is_not_run(server: Server) -> None:
    """BigQuery refuses it, for nothing."""
    said = bigquery(server, "&maximum-bytes-billed=1000").profile([NEED])

    assert {} == said.values
    assert said.unread[STATISTICS].startswith("Query exceeded limit for bytes billed: 1000.")
    assert 0 == server.bytes_billed


@pytest.mark.parametrize("written", ["0", "-1", "1e9", "10 GB", "", "²"])
def test_limits_that_are_none(written: str) -> None:
    """A limit is a number of bytes."""
    with pytest.raises(Fault, match="bad-choice"):
        open_warehouse(f"bigquery:shop?maximum-bytes-billed={written}")


def test_rows_that_answer_another_question(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What BigQuery cannot have meant is unread."""
    real = server.warehouse.run
    for sql in (
        "SELECT 1 AS a",
        "SELECT 'v7' AS a, 'x' AS b, 1 AS c",
        "SELECT 1 AS a, 2 AS b, 3 AS c",
    ):
        monkeypatch.setattr(server.warehouse, "run", lambda *_, said=sql, **__: real(said))
        found = bigquery(server).profile([NEED])

        assert {STATISTICS: "its answer is malformed: it has other columns"} == found.unread


def test_what_is_not_needed_is_not_asked(server: Server) -> None:
    """Not even a connection: nothing is needed, or it is another's."""
    other = replace(NEED, relation=RelationName("bank", "web", "statistics"))

    assert Profiles() == bigquery(server).profile([other])
    assert Profiles() == read_profiles([bigquery(server)], [replace(NEED, columns=())])
    assert Counter() == server.calls


# recorded


def recording(path: Path, columns: Sequence[Column]) -> Warehouse:
    """A snapshot of the statistics with these columns."""
    write_snapshot(path, Catalog({STATISTICS: Relation(STATISTICS, Kind.TABLE, tuple(columns))}))
    return open_warehouse(f"snapshot:{path}")


def test_a_snapshot_says_what_was_recorded(tmp_path: Path) -> None:
    """In our order and not the file's; numbers as texts; what nobody counted is not known."""
    values = (("b", 1), ("a", 1), (None, 9), (7, 1), (True, 1), ("c", 3))
    columns = (
        Column("os", DataType.STRING, top_values=values),
        Column("country", DataType.STRING, top_values=()),
        Column("uncounted", DataType.STRING),
    )
    warehouse = recording(tmp_path / "snapshot.jsonl", columns)
    need = ProfileNeed(STATISTICS, ("os", "country", "uncounted"), count=4)

    assert {"os": (("c", 3), ("7", 1), ("a", 1), ("b", 1)), "country": ()} == (
        warehouse.profile([need]).values[STATISTICS]
    )
    assert Profiles() == warehouse.profile([replace(need, columns=("uncounted",)), NEED_ELSEWHERE])


NEED_ELSEWHERE = replace(NEED, relation=RelationName("bank", "web", "statistics"))


def test_a_recorded_profile_is_the_profile(warehouse: Warehouse, tmp_path: Path) -> None:
    """What a warehouse says and what its snapshot says are one, an empty table's values too."""
    needs = [NEED, ProfileNeed(EMPTY, ("os",), "day"), ProfileNeed(VIEW, ("os", "on_sale"))]
    said = read_profiles([warehouse], needs)
    catalog = Catalog(
        {
            STATISTICS: relation(STATISTICS, "day", "country", "os"),
            EMPTY: relation(EMPTY, "os"),
            VIEW: relation(VIEW, "os", "on_sale"),
        }
    )
    write_snapshot(tmp_path / "s.jsonl", with_values(catalog, said))

    assert said == read_profiles([open_warehouse(f"snapshot:{tmp_path / 's.jsonl'}")], needs)
    assert 3 == len(said.values)


def test_a_name_beside_its_alias(tmp_path: Path) -> None:
    """Values that were counted under one name of a relation are recorded with it."""
    other = RelationName("shop", "web", "alias")
    table = replace(relation(STATISTICS, "os"), aliases=(other,))
    values: Mapping[RelationName, Mapping[str, Counts]] = {other: {"os": (("a", 1),)}}
    recorded = with_values(Catalog({STATISTICS: table, other: table}), Profiles(values))
    write_snapshot(tmp_path / "s.jsonl", recorded)
    snapshot = open_warehouse(f"snapshot:{tmp_path / 's.jsonl'}")

    for name in (STATISTICS, other):
        assert {name: {"os": (("a", 1),)}} == snapshot.profile([ProfileNeed(name, ("os",))]).values


# several


def test_the_first_that_knows_values_answers(tmp_path: Path, data: Path, server: Server) -> None:
    """One that has only columns does not; what one cannot count just now, another may."""
    empty = tmp_path / "etl"
    empty.mkdir()
    uncounted = recording(tmp_path / "a.jsonl", [Column("os", DataType.STRING)])
    counts = (("Recorded", 1),)
    snapshot = recording(tmp_path / "b.jsonl", [Column("os", DataType.STRING, top_values=counts)])
    real = open_warehouse(f"duckdb:{data}")
    etl = open_warehouse(f"bigquery-etl:{empty}")
    need = replace(NEED, columns=("os",))
    server.fail(Way.DENIED)

    def said(*warehouses: Warehouse) -> Profiles:
        return read_profiles(warehouses, [need])

    assert Profiles({STATISTICS: {"os": counts}}) == said(etl, uncounted, snapshot, real)
    assert Profiles({STATISTICS: {"os": (("Windows", 14), ("Mac", 1))}}) == said(
        bigquery(server), real
    )
    denied = said(bigquery(server), uncounted).unread
    assert denied[STATISTICS].startswith("Access Denied")
    assert Profiles() == said(etl, uncounted)
