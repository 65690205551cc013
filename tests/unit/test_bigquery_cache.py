"""What a run over BigQuery remembers, what it costs, and that both change nothing else."""

import random
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from generator.costs import Ledger
from generator.diagnostics import Fault
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Mode,
    Needs,
    Partitioning,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.sources.bigquery import BigQuery
from generator.sources.bigquery_sql import marks, statement, statements
from generator.sources.cache import Cache
from generator.sources.means import Means
from generator.sources.warehouses import open_warehouse, read_catalog
from tests.bigquery_server import Server, Warehouse, Way, schemas
from tests.bigquery_server.warehouse import Result
from tests.judge import Judge

EARLY, LATE = "2026-07-01T05:00:00+00:00", "2026-07-02T05:00:00+00:00"
COLUMNS = (Column("day", DataType.DATE), Column("os", DataType.STRING))


def name(text: str) -> RelationName:
    """A table of the shop."""
    return RelationName("shop", *text.split("."))


def table(text: str, changed: str | None = EARLY) -> Relation:
    """A table of two columns."""
    return Relation(name(text), Kind.TABLE, COLUMNS, bytes=160, last_modified=changed, rows=10)


def view(text: str, *reads: str) -> Relation:
    """A view of some."""
    return Relation(name(text), Kind.VIEW, COLUMNS, reads_from=tuple(map(name, reads)))


SHOWN, ODD = name("web.shown"), name("web.odd")
RELATIONS = (
    table("web.statistics"),
    view("web.shown", "web.statistics"),
    view("web.odd", "web.statistics"),
    table("raw.visits"),
    view("web.visits", "raw.visits"),
)
VIEWS = {
    "shop.web.shown": "SELECT * FROM `shop.web.statistics`",
    "shop.web.odd": "SELECT * FROM `shop.web.statistics` WHERE day <= CURRENT_DATE()",
}
EVERYTHING = Needs.of([one.name for one in RELATIONS] + [name("web.gone"), name("lost.a")])
NEEDS = (ProfileNeed(SHOWN, ("os",), "day"), ProfileNeed(name("web.statistics"), ("os",)))
REGION = "&scope=region&location=US"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The rows of the statistics, and a view of them."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE SCHEMA web; CREATE TABLE web.statistics (day DATE, os TEXT)")
        made.execute(
            "INSERT INTO web.statistics VALUES (DATE '2026-07-01', 'Mac'),"
            " (DATE '2026-07-01', NULL), (DATE '2026-07-01', 'Linux'),"
            " (DATE '2026-07-01', 'Mac'), (DATE '2026-06-30', 'BeOS')"
        )
        for one in ("shown", "odd"):
            made.execute(f"CREATE VIEW web.{one} AS FROM web.statistics")
    return path


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    """A server that holds RELATIONS."""
    with Server(Warehouse(RELATIONS, VIEWS, data)) as running:
        yield running


class Shop:
    """Runs over the shop, each with a client of its own and the same cache."""

    def __init__(self, server: Server, folder: Path | None, options: str = REGION) -> None:
        self.server, self.options, self.cache = server, options, Cache(folder)
        self.ledger = Ledger("generate")

    def opened(self, limit: int | None = None) -> BigQuery:
        """The warehouse of a new run; the server counts from nothing."""
        self.server.calls.clear()
        self.server.seen.clear()
        self.ledger = Ledger("generate", limit)
        url = f"bigquery:shop?api-endpoint={self.server.endpoint}{self.options}"
        found = open_warehouse(url, Means(self.cache, self.ledger))
        assert isinstance(found, BigQuery)
        return found

    def run(self, limit: int | None = None) -> tuple[Catalog, Profiles]:
        """The catalog and the values."""
        warehouse = self.opened(limit)
        return warehouse.read(EVERYTHING), warehouse.profile(NEEDS)


def change(server: Server, *relations: Relation) -> None:
    """Other relations, from now on."""
    server.warehouse = Warehouse(
        relations, server.warehouse.views, server.warehouse.data, hidden=server.warehouse.hidden
    )


# the cache


def test_an_unchanged_warehouse_is_asked_once(server: Server, tmp_path: Path) -> None:
    """The bulk statement, which transfers no details; and the answer is the same."""
    shop = Shop(server, tmp_path / "cache")
    cold = shop.run()
    calls = dict(server.calls)
    warm = shop.run()

    assert {"jobs.query": 3, "tables.get": 1, "datasets.get": 1} == calls
    assert {"jobs.query": 1} == server.calls
    assert 5 == len(server.seen[0]["queryParameters"][0]["parameterValue"]["arrayValues"])
    assert cold == warm == Shop(server, None).run()
    assert {"os": (("Mac", 2), ("Linux", 1))} == warm[1].values[SHOWN]


def test_datasets_are_asked_at_once_whether_they_changed(server: Server, tmp_path: Path) -> None:
    """Cold a statement for each, then one for all; of a dataset that is not there only whether."""
    shop = Shop(server, tmp_path / "cache", "")
    cold = shop.run()
    assert {"jobs.query": 5, "tables.get": 1, "datasets.get": 1} == server.calls
    warm = shop.run()

    assert {"jobs.query": 1, "datasets.get": 1} == server.calls
    assert cold == warm


@pytest.mark.parametrize(
    ("relations", "calls"),
    [
        ((table("web.statistics", LATE), *RELATIONS[1:]), {"jobs.query": 3}),
        ((RELATIONS[0], view("web.shown", "web.statistics", "raw.visits"), *RELATIONS[2:]), None),
        ((*RELATIONS[:3], table("raw.visits", LATE), RELATIONS[4]), {"jobs.query": 1}),
        ((*RELATIONS, table("web.new")), {"jobs.query": 1, "tables.get": 1}),
        ((*RELATIONS, table("new.a")), {"jobs.query": 1, "datasets.get": 1}),
        ((*RELATIONS, table("web.gone")), {"jobs.query": 1}),
        ((*RELATIONS, table("lost.a")), {"jobs.query": 1}),
        (RELATIONS[:4], None),
    ],
    ids=["rows", "view", "other rows", "new", "new dataset", "came", "dataset came", "went"],
)
def test_what_changed_is_asked_again(
    server: Server,
    tmp_path: Path,
    relations: tuple[Relation, ...],
    calls: Mapping[str, int] | None,
) -> None:
    """And nothing else; the answer is that of a run without a cache."""
    shop = Shop(server, tmp_path / "cache")
    shop.run()
    change(server, *relations)
    found = shop.run()

    assert calls is None or calls == server.calls
    assert Shop(server, None).run() == found


RICH = Relation(
    name("raw.rich"),
    Kind.TABLE,
    (
        Column("day", DataType.DATE, Mode.REQUIRED, "The day."),
        Column("geo", DataType.STRUCT, fields=(Column("city", DataType.STRING),)),
        Column("os", DataType.STRING),
    ),
    partitioning=Partitioning("day", "time", "day"),
    clustering=("os",),
    bytes=160,
    rows=10,
    last_modified=EARLY,
)
DAY, GEO, OS = RICH.columns
EDITS: Mapping[str, Relation] = {
    "a column": replace(RICH, columns=(*RICH.columns, Column("new", DataType.STRING))),
    "a type": replace(RICH, columns=(DAY, GEO, replace(OS, type=DataType.INT64))),
    "a mode": replace(RICH, columns=(replace(DAY, mode=Mode.NULLABLE), GEO, OS)),
    "a description": replace(RICH, columns=(replace(DAY, description="A day."), GEO, OS)),
    "a field": replace(
        RICH, columns=(DAY, replace(GEO, fields=(Column("town", DataType.STRING),)), OS)
    ),
    "a field's description": replace(
        RICH, columns=(DAY, replace(GEO, fields=(replace(GEO.fields[0], description="It."),)), OS)
    ),
    "an order": replace(RICH, columns=(DAY, OS, GEO)),
    "the description": replace(RICH, description="All of it."),
    "labels": replace(RICH, labels={"level": "gold"}),
    "clusters": replace(RICH, clustering=()),
    "a key": replace(RICH, primary_key=("day",)),
    "a filter": replace(
        RICH, partitioning=Partitioning("day", "time", "day", require_partition_filter=True)
    ),
    "partitions": replace(RICH, partitioning=Partitioning("day", "time", "month")),
    "no partitions": replace(RICH, partitioning=None),
    "a kind": replace(RICH, kind=Kind.EXTERNAL, partitioning=None, clustering=()),
}


@pytest.mark.parametrize("edit", EDITS)
def test_no_change_escapes_the_marks(server: Server, tmp_path: Path, edit: str) -> None:
    """One more statement, for its dataset; a table that was loaded again costs none."""
    shop = Shop(server, tmp_path / "cache", "")
    needs = Needs.of((RICH.name, SHOWN))
    change(server, *RELATIONS, RICH)
    first = shop.opened().read(needs)
    change(server, *RELATIONS, replace(RICH, last_modified=LATE, rows=11, bytes=170))
    loaded = shop.opened().read(needs)
    assert {"jobs.query": 1} == server.calls
    assert (11, 170) == (loaded.relations[RICH.name].rows, loaded.relations[RICH.name].bytes)

    change(server, *RELATIONS, EDITS[edit])
    found = shop.opened().read(needs)
    assert {"jobs.query": 2} == server.calls
    assert first != found == Shop(server, None, "").opened().read(needs)


def test_a_view_that_is_made_anew(server: Server, tmp_path: Path) -> None:
    """It may have the same text, and other columns."""
    shop = Shop(server, tmp_path / "cache", "")
    first = shop.run()
    wider = replace(RELATIONS[1], columns=(*COLUMNS, Column("new", DataType.STRING)))
    change(server, RELATIONS[0], wider, *RELATIONS[2:])
    found = shop.run()

    assert wider.columns == found[0].relations[SHOWN].columns
    assert first != found == Shop(server, None, "").run()


@pytest.mark.parametrize("way", [Way.DENIED, Way.ABSENT, Way.QUOTA, Way.GARBAGE, Way.NULLS])
def test_a_dataset_that_fails_costs_the_others_one_statement(
    server: Server, tmp_path: Path, way: Way
) -> None:
    """All are asked at once in vain, then each by itself; the next run leaves out what failed."""
    shop = Shop(server, tmp_path / "cache", "")
    cold, _ = shop.run()
    server.fail(way, "`raw`")
    found, _ = shop.run()
    web = {one for one in cold.relations if one.dataset == "web"}

    assert web == {one for one in found.relations if one.dataset == "web"}
    assert all(cold.relations[one] == found.relations[one] for one in web)
    assert {name("raw.visits")} == set(found.unread) - {name("web.gone"), name("lost.a")}
    server.troubles.clear()
    assert cold == shop.run()[0]


def test_a_dataset_that_came_and_one_that_went(server: Server, tmp_path: Path) -> None:
    """Nobody remembers for long what is not there."""
    shop = Shop(server, tmp_path / "cache", "")
    shop.run()
    change(server, *RELATIONS, table("lost.a"), table("web.gone"))
    came, _ = shop.run()
    assert {name("lost.a"), name("web.gone")} <= came.relations.keys()
    change(server, *(one for one in RELATIONS if one.name.dataset != "raw"))
    went, _ = shop.run()

    assert went == Shop(server, None, "").run()[0]
    assert name("raw.visits") not in {*went.relations, *went.unread}
    shop.run()
    assert {"jobs.query": 1, "datasets.get": 2} == server.calls


def test_another_question_begins_with_what_is_known(server: Server, tmp_path: Path) -> None:
    """Of a run over other datasets, those that an earlier one met are asked at once."""
    shop = Shop(server, tmp_path / "cache", "")
    shop.run()
    change(server, *RELATIONS, table("new.a"))
    shop.opened().read(Needs.of((*EVERYTHING.names, name("new.a"))))

    assert {"jobs.query": 2, "datasets.get": 1} == server.calls


@pytest.mark.parametrize(("options", "cold"), [(REGION, 1), ("&location=US", 2)])
def test_several_projects_are_asked_at_once(
    server: Server, tmp_path: Path, options: str, cold: int
) -> None:
    """Where one pays for all, in one location; as each by itself would be answered."""
    bank = replace(table("web.statistics"), name=RelationName("bank", "web", "statistics"))
    both = view("web.both", "web.statistics")
    both = replace(both, reads_from=(*both.reads_from, bank.name))
    change(server, *RELATIONS, bank, both)
    needs = Needs.of((both.name, RelationName("bank", "web", "gone")))
    alone = asked_of_both(server, None, needs, options)
    payer = f"{options}&billing-project=shop"

    assert alone == asked_of_both(server, tmp_path / "cache", needs, payer)
    assert {"jobs.query": cold, "tables.get": 1} == server.calls
    assert alone == asked_of_both(server, tmp_path / "cache", needs, payer)
    assert {"jobs.query": 1} == server.calls
    server.fail(Way.DENIED, "`bank`")
    denied = asked_of_both(server, tmp_path / "cache", needs, payer)
    assert {bank.name} < set(denied.unread)
    assert alone.relations[both.name] == denied.relations[both.name]


def asked_of_both(server: Server, folder: Path | None, needs: Needs, options: str) -> Catalog:
    """What two addresses of a run say."""
    server.calls.clear()
    means = Means(Cache(folder))
    urls = (f"bigquery:{one}?api-endpoint={server.endpoint}{options}" for one in ("shop", "bank"))
    return read_catalog([open_warehouse(url, means) for url in urls], needs)


@pytest.mark.parametrize("scope", [REGION, ""])
def test_random_edits(server: Server, tmp_path: Path, scope: str) -> None:
    """Whatever changes, a run with the cache says what one without says."""
    chance = random.Random(7)  # noqa: S311 - no secret
    shop = Shop(server, tmp_path / "cache", scope)
    for number in range(12):
        kept = [one for one in RELATIONS if chance.random() < 0.8]
        moved = [
            replace(one, last_modified=chance.choice((EARLY, LATE)), bytes=number)
            if one.kind is Kind.TABLE and chance.random() < 0.5
            else one
            for one in kept
        ]
        extra = (table("lost.a"),) if chance.random() < 0.3 else ()
        rich = (chance.choice((RICH, *EDITS.values())),) if chance.random() < 0.8 else ()
        change(server, *moved, *extra, *rich, table("web.always"))

        assert Shop(server, None, scope).run() == shop.run()


def test_rows_that_change_by_themselves_are_counted_anew(server: Server, tmp_path: Path) -> None:
    """A view that asks for the date of today; a table whose last change nobody knows."""
    shop = Shop(server, tmp_path / "cache")
    for _ in range(2):
        warehouse = shop.opened()
        warehouse.read(EVERYTHING)
        warehouse.profile([ProfileNeed(ODD, ("os",))])
        assert 2 == server.calls["jobs.query"]
    change(server, table("web.statistics", None), *RELATIONS[1:])
    for _ in range(2):
        shop.run()
        assert 3 == server.calls["jobs.query"]


@pytest.mark.parametrize("break_it", ["cut", "foreign", "other", "empty"])
def test_a_broken_cache_changes_nothing(server: Server, tmp_path: Path, break_it: str) -> None:
    """It is read as none, and replaced."""
    folder = tmp_path / "cache"
    shop = Shop(server, folder)
    cold = shop.run()
    texts = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(texts) == 4
    for path, text in texts.items():
        broken = {
            "cut": text[: len(text) // 2],
            "foreign": b"#!/bin/sh\n",
            "other": next(other for other in texts.values() if other != text),
            "empty": b"",
        }
        path.write_bytes(broken[break_it])

    assert cold == shop.run()
    assert {"jobs.query": 3, "tables.get": 1, "datasets.get": 1} == server.calls
    assert cold == shop.run()
    assert {"jobs.query": 1} == server.calls


def test_a_cache_of_another_make_is_none(server: Server, tmp_path: Path) -> None:
    """Whole, and of other content than we would put there."""
    shop = Shop(server, tmp_path / "cache")
    cold = shop.run()
    for key in ("tables shop us region-us", "absent shop"):
        shop.cache.put(key, b"\x93\x01\x02\x03")

    assert cold == shop.run()
    assert 1 == server.calls["jobs.query"]


def test_details_that_nobody_has_are_malformed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that leaves out what it was not told to."""
    real = server.warehouse.run

    def leaving_out(sql: str, *rest: Any, **how: Any) -> Result:
        found = real(sql, *rest, **how)
        return found._replace(rows=[(*row[:-1], None) for row in found.rows])

    monkeypatch.setattr(server.warehouse, "run", leaving_out)
    found = Shop(server, None).opened().read(Needs.of([SHOWN]))

    assert {SHOWN: "its answer is malformed: it has other columns"} == found.unread


def test_what_is_absent_is_asked_again_after_a_week(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have come where no list shows it."""
    shop = Shop(server, tmp_path / "cache")
    shop.run()
    server.warehouse.relations = (*RELATIONS, table("web.gone"))
    change(server, *server.warehouse.relations)
    server.warehouse.hidden = frozenset({"shop.web.gone"})
    assert name("web.gone") not in shop.run()[0].relations
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7 * 86_400 + 1)

    assert name("web.gone") in shop.run()[0].relations


def test_sizes_that_may_not_be_seen_cost_only_themselves(server: Server, tmp_path: Path) -> None:
    """The catalog is read without them; values are counted each time."""
    server.fail(Way.NO_STORAGE, "TABLE_STORAGE")
    shop = Shop(server, tmp_path / "cache")
    shop.run()
    catalog, profiles = shop.run()

    assert catalog.relations[name("web.statistics")].bytes is None
    assert {SHOWN, name("web.statistics")} == set(profiles.values)
    assert {"NO_STORAGE": 1, "jobs.query": 3} == server.calls


# what it costs


def test_the_ledger_has_every_statement(server: Server, tmp_path: Path) -> None:
    """With what the service says that it took, under what it is for; the labels say the same."""
    shop = Shop(server, tmp_path / "cache")
    shop.run()
    spent = {one.job.place: one for one in shop.ledger.spent}

    assert {"shop.region-us", str(SHOWN), "shop.web.statistics"} == set(spent)
    assert server.bytes_billed == sum(one.bill.billed or 0 for one in spent.values())
    assert all(one.bill.slot_ms is not None and one.seconds > 0 for one in spent.values())
    assert {"jobs.query": 3, "tables.get": 1, "datasets.get": 1} == shop.ledger.calls
    assert {"catalog", "values"} == {body["labels"]["purpose"] for body in server.seen}
    assert {"generate"} == {body["labels"]["command"] for body in server.seen}
    assert all(
        re.fullmatch(r"[a-z0-9_-]{1,63}", text)
        for body in server.seen
        for text in (*body["labels"], *body["labels"].values())
    )


def test_what_was_measured(server: Server) -> None:
    """How many values a column has, and the share of its nulls, in the rows that count."""
    shop = Shop(server, None)
    shop.run()

    newest, whole = (shop.ledger.measured[str(need.relation)]["os"] for need in NEEDS)
    assert (2, 0.25) == (newest.distinct, newest.null_share)
    assert (3, 0.2) == (whole.distinct, whole.null_share)


def test_a_statement_that_failed_is_noted(server: Server) -> None:
    """With its reason, and without a bill."""
    server.fail(Way.DENIED, "UNPIVOT")
    shop = Shop(server, None)
    shop.run()
    failed = [one for one in shop.ledger.spent if one.error]

    assert 2 == len(failed)
    assert all("Access Denied" in str(one.error) for one in failed)
    assert all(one.bill.billed is None for one in failed)


def test_what_costs_too_much_asks_nothing(server: Server) -> None:
    """Dry runs tell first; what would cost how much is listed."""
    shop = Shop(server, None)
    with pytest.raises(Fault) as caught:
        shop.run(limit=1_000)

    assert "too-expensive" == caught.value.diagnostic.code
    assert "62.9 MB for the catalog of shop.region-us" in caught.value.diagnostic.message
    assert "1.0 KB" in caught.value.diagnostic.message
    assert 0 == server.bytes_billed
    assert all(body["dryRun"] for body in server.seen)


def test_what_is_left_must_be_enough_for_the_values(server: Server) -> None:
    """The catalog was paid for; none of the values is asked for if not all can be."""
    shop = Shop(server, None)
    with pytest.raises(Fault) as caught:
        shop.run(limit=75_000_000)

    assert "21.0 MB, of 75.0 MB that it may; 62.9 MB are spent" in caught.value.diagnostic.message
    assert ["catalog"] == [one.job.purpose for one in shop.ledger.spent]


def test_a_run_that_can_be_afforded(server: Server) -> None:
    """It is told beforehand what each would cost, and BigQuery holds it to the rest."""
    shop = Shop(server, None)
    free = Shop(server, None).run()
    found = shop.run(limit=100_000_000)
    asked = [body for body in server.seen if not body["dryRun"]]

    assert free == found
    assert [62_914_560, 10_485_760, 10_485_760] == [one.job.estimated for one in shop.ledger.spent]
    assert all(int(body["maximumBytesBilled"]) <= 100_000_000 for body in asked)
    assert 3 == shop.ledger.calls["dry runs"]


def test_scope_of_addresses_without_one(server: Server) -> None:
    """The setting counts where the address says nothing."""
    url = f"bigquery:shop?api-endpoint={server.endpoint}"
    means = Means(scope="region")

    assert open_warehouse(f"{url}&location=US", means).address.by_region  # type: ignore[attr-defined]
    assert not open_warehouse(f"{url}&scope=dataset", means).address.by_region  # type: ignore[attr-defined]
    with pytest.raises(Fault, match="name its `location` too"):
        open_warehouse(url, means)


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("place", ["web", "region-us"])
def test_bigquery_understands_the_statement(place: str, sized: bool) -> None:  # noqa: FBT001
    """Google's analyzer takes it, over tables of the columns that its documents name."""
    pytest.importorskip("zetasql")
    tables = {
        RelationName("shop", "web", view): tuple(
            Column(one, _type(one)) for one in (*schemas.NAMES, *columns)
        )
        for view, (_, columns) in schemas.VIEWS.items()
    }
    schema = f"`shop`.`{place}`.INFORMATION_SCHEMA."
    sql = statement("shop", place, sized=sized).replace(schema, "`shop`.`web`.")
    asked = sql.replace(f"`shop`.`{place}`.", "`shop`.`web`.").replace("@known", "['a']")
    places = [("shop", "web"), ("shop", "web")]
    several = statements(places).replace("@known", "['a']")
    told = [one.replace("INFORMATION_SCHEMA.", "") for one in (several, marks(places))]

    assert [] == list(Judge().faults(tables, [asked, *told]))


def _type(column: str) -> DataType:
    told = {"BIGINT": DataType.INT64, "TIMESTAMPTZ": DataType.TIMESTAMP, "BOOLEAN": DataType.BOOL}
    return told.get(schemas.TYPES_OF.get(column, ""), DataType.STRING)
