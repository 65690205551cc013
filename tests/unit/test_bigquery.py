"""BigQuery, read through Google's client from a server that speaks its protocol."""

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import force_setattr, replace

from generator.diagnostics import Fault
from generator.facts.catalog import (
    Column,
    DataType,
    Kind,
    Mode,
    Needs,
    Partitioning,
    Relation,
    RelationName,
)
from generator.sources import bigquery_datasets
from generator.sources.bigquery import BigQuery
from generator.sources.bigquery_types import column_of
from generator.sources.warehouses import open_warehouse, read_catalog
from tests.bigquery_server import Server, Warehouse, Way
from tests.bigquery_server.schemas import type_text

ID = Column("id", DataType.INT64, Mode.REQUIRED, "Who it is")
GEO = Column(
    "geo",
    DataType.STRUCT,
    description="Where",
    fields=(
        Column("city", DataType.STRING, description='"Quoted" city, of\ntwo lines'),
        Column(
            "visits",
            DataType.STRUCT,
            Mode.REPEATED,
            fields=(Column("at", DataType.TIMESTAMP), Column("pages", DataType.STRING)),
        ),
    ),
)


def name(text: str) -> RelationName:
    """A table of the shop."""
    return RelationName("shop", *text.split("."))


def table(text: str, *reads: str, **said: object) -> Relation:
    """A table, or a view of what it reads from."""
    kind = Kind.VIEW if reads else Kind.TABLE
    made = Relation(name(text), kind, (ID, GEO), reads_from=tuple(map(name, reads)))
    return replace(made, **said)


RELATIONS = (
    table("web.daily", "raw.visits", "web.visits"),
    table(
        "web.visits",
        description='Visits;\nsaid "so"',
        labels={"level": "gold", "team": "web"},
        partitioning=Partitioning(
            "at", "time", "month", require_partition_filter=True, expiration_days=90.0
        ),
        clustering=("id", "city"),
        primary_key=("id",),
        columns=(ID, Column("at", DataType.TIMESTAMP), Column("city", DataType.STRING)),
    ),
    table(
        "web.pings_a",
        partitioning=Partitioning(None, "time", "hour", require_partition_filter=False),
    ),
    table("web.pings_b", partitioning=Partitioning("id", "range", require_partition_filter=False)),
    table("raw.visits", "deep.visits"),
    table("deep.visits"),
    table("other.a"),
    table("web.lists", columns=(Column("tags", DataType.STRING, Mode.REPEATED),)),
    table("web.summed", "web.visits", kind=Kind.MATERIALIZED_VIEW),
)
CATALOG = {relation.name: relation for relation in RELATIONS}


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that holds RELATIONS."""
    with Server(Warehouse(RELATIONS)) as running:
        yield running


def opened(server: Server, options: str = "", patience: float = 60.0) -> BigQuery:
    """The shop on the server."""
    warehouse = open_warehouse(f"bigquery:shop?api-endpoint={server.endpoint}{options}")
    assert isinstance(warehouse, BigQuery)
    return replace(warehouse, address=replace(warehouse.address, patience=patience))


def impatient(server: Server, options: str = "") -> BigQuery:
    """The shop, given up after a second; the server is warm, so only a failure takes so long."""
    troubles = server.troubles
    server.troubles = []
    opened(server, options).read(EVERYTHING)
    server.troubles = troubles
    server.calls.clear()
    return opened(server, options, patience=1.0)


def needs(*texts: str) -> Needs:
    """Tables and patterns of the shop."""
    return Needs.of(map(name, texts))


EVERYTHING = needs(*(".".join(one[1:]) for one in CATALOG))


# what is read


@pytest.mark.parametrize("options", ["", "&scope=region&location=US", "&location=US"])
def test_all_that_bigquery_can_say_is_read(server: Server, options: str) -> None:
    """Columns with their fields and descriptions, kind, partitions, clusters, keys and labels."""
    catalog = opened(server, options).read(EVERYTHING)

    assert dict(sorted(CATALOG.items())) == catalog.relations
    assert {} == catalog.unread


def test_what_views_read_from_is_read_in_further_rounds(server: Server) -> None:
    """Each dataset is asked for once, however often it is mentioned, and only if it is."""
    warehouse = opened(server)
    catalog = warehouse.read(needs("web.daily"))
    warehouse.read(needs("web.visits", "deep.visits"))

    below = ["deep.visits", "raw.visits", "web.daily", "web.visits"]
    assert [name(text) for text in below] == list(catalog.relations)
    assert {"jobs.query": 3} == server.calls
    assert ["web", "raw", "deep"] == [_place(sql) for sql in server.queries]


def test_a_region_is_one_question(server: Server) -> None:
    """Whatever is needed, in however many rounds."""
    warehouse = opened(server, "&scope=region&location=US")
    warehouse.read(needs("web.daily"))
    warehouse.read(needs("other.a"))

    assert {"jobs.query": 1} == server.calls
    assert "region-us" == _place(server.queries[0])


def _place(sql: str) -> str:
    return sql.partition("FROM `shop`.`")[2].partition("`")[0]


def test_patterns(server: Server) -> None:
    """A pattern is what its dataset holds; one without a match costs nothing more."""
    catalog = opened(server).read(needs("web.pings_*", "web.none_*"))

    assert [name("web.pings_a"), name("web.pings_b")] == list(catalog.relations)
    assert {"jobs.query": 1} == server.calls


def test_pages_make_no_difference(server: Server) -> None:
    """A long answer comes in pages."""
    server.page_rows = 2

    assert CATALOG == opened(server).read(EVERYTHING).relations
    assert server.calls["jobs.getQueryResults"] >= 2
    assert 4 == server.calls["jobs.query"]


def test_threads_make_no_difference(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread or many, the catalog is in the same order."""
    many = opened(server).read(EVERYTHING)
    monkeypatch.setattr(bigquery_datasets, "THREADS", 1)
    one = opened(server).read(EVERYTHING)

    assert list(one.relations.items()) == list(many.relations.items())


def test_other_projects_are_for_other_addresses(server: Server) -> None:
    """A warehouse answers for its own project only; a second one follows references into it."""
    foreign = RelationName("bank", "web", "orders")
    view = replace(table("web.v"), kind=Kind.VIEW, reads_from=(foreign,))
    server.warehouse.relations = (view, replace(table("web.orders"), name=foreign))
    shop = opened(server)
    bank = BigQuery.at("bigquery:bank", "bank", {"api-endpoint": server.endpoint})

    assert [view.name] == list(shop.read(Needs((view.name, foreign))).relations)
    assert {view.name, foreign} == read_catalog([shop, bank], Needs((view.name,))).relations.keys()
    assert {"jobs.query": 2} == server.calls


def test_jobs_have_a_label(server: Server) -> None:
    """So that what they cost can be found."""
    opened(server).read(needs("web.visits"))

    labels = {"application": "lookml-gen", "purpose": "catalog"}
    assert [labels] == [body["labels"] for body in server.seen]


def test_nothing_tells_but_asking(server: Server) -> None:
    """There is no fingerprint, so no run is skipped."""
    assert opened(server).fingerprint() is None


# what is gone, and what only seems so


def test_what_bigquery_does_not_know_is_absent(server: Server) -> None:
    """A table by one `tables.get`, a dataset by one `datasets.get`; neither is asked twice."""
    warehouse = opened(server)
    wanted = needs("web.visits", "web.gone", "lost.a", "lost.b", "lost.c_*")

    for _ in range(2):
        catalog = warehouse.read(wanted)
        assert [name("web.visits")] == list(catalog.relations)
        assert {} == catalog.unread
    assert {"jobs.query": 2, "tables.get": 1, "datasets.get": 1} == server.calls


def test_a_table_that_the_bulk_does_not_show_is_asked_for(server: Server) -> None:
    """One who may see single tables only sees them all the same."""
    server.warehouse.hidden = frozenset({"shop.web.visits", "shop.web.pings_b", "shop.web.lists"})
    catalog = opened(server).read(EVERYTHING)
    plain = {
        one: replace(relation, bytes=None, last_modified=None)
        for one, relation in catalog.relations.items()
    }

    assert CATALOG == plain
    assert "2023-11-14T22:13:20+00:00" == catalog.relations[name("web.visits")].last_modified
    assert 3 == server.calls["tables.get"]


@pytest.mark.parametrize("scope", ["dataset", "region"])
def test_a_dataset_elsewhere_is_unread_and_not_gone(server: Server, scope: str) -> None:
    """A statement finds only what lies where it runs."""
    server.warehouse.locations = {"other": "EU"}
    found = opened(server, f"&location=US&scope={scope}").read(
        needs("web.visits", "other.a", "other.b*")
    )

    assert [name("web.visits")] == list(found.relations)
    assert [name("other.a"), name("other.b*")] == list(found.unread)
    assert "lies in EU" in found.unread[name("other.a")]


def test_an_empty_dataset_of_the_region_is_asked_for_tables(server: Server) -> None:
    """What the region does not show may still be there."""
    server.warehouse.hidden = frozenset({"shop.other.a"})
    found = opened(server, "&location=US&scope=region").read(needs("other.a", "other.b", "lost.a"))

    assert [name("other.a")] == list(found.relations)
    assert {} == found.unread


# how it fails

REASONS = {
    Way.DENIED: "Access Denied: Dataset shop:x: Permission denied",
    Way.QUOTA: "the quota is used up: Quota exceeded: too many bytes scanned",
    Way.RATE: "the quota is used up: Exceeded rate limits: too many api requests",
    Way.BUSY: "the service has a fault of its own: Error encountered during execution",
    Way.EXPIRED: "the credentials are missing, expired or refused",
    Way.GARBAGE: "its answer is malformed",
    Way.ODD: "its answer is malformed",
    Way.CUT: "the connection is refused or lost",
    Way.DROPPED: "the connection is refused or lost",
    Way.SILENT: "it does not answer in time",
    Way.NO_JOBS: "Access Denied: Project shop: no bigquery.jobs.create",
    Way.NO_PROJECT: "Not found: Project shop",
}
WIDE = (Way.EXPIRED, Way.CUT, Way.DROPPED, Way.NO_JOBS, Way.NO_PROJECT)


@pytest.mark.parametrize("way", REASONS)
def test_a_dataset_that_fails_costs_itself(server: Server, way: Way) -> None:
    """Its tables are unread with the reason, patterns and views' tables too; others are read."""
    server.fail(way, "`raw`")
    found = impatient(server).read(needs("web.daily", "raw.visits", "raw.x_*", "other.a"))

    known = ["other.a", "web.daily", "web.visits"]
    assert [name(text) for text in known] == list(found.relations)
    assert [name("raw.visits"), name("raw.x_*")] == list(found.unread)
    assert all(reason.startswith(REASONS[way]) for reason in found.unread.values())
    assert all("ya29" not in reason for reason in found.unread.values())


@pytest.mark.parametrize("way", REASONS)
def test_a_table_that_fails_costs_itself(server: Server, way: Way) -> None:
    """One that the dataset does not show, and of which nothing is said either, is unread."""
    server.fail(way, "/tables/")
    found = impatient(server).read(needs("web.visits", "web.gone"))

    assert [name("web.visits")] == list(found.relations)
    assert found.unread[name("web.gone")].startswith(REASONS[way])


@pytest.mark.parametrize("way", WIDE)
def test_a_project_that_fails_stops_the_run(server: Server, way: Way) -> None:
    """If nothing can be asked, nothing is concluded: `unreachable-warehouse`."""
    server.fail(way)
    with pytest.raises(Fault) as caught:
        impatient(server).read(EVERYTHING)
    found = caught.value.diagnostic

    assert "unreachable-warehouse" == found.code
    assert REASONS[way] in found.message
    assert "ya29" not in str(found)


def test_a_region_that_is_silent_is_unread(server: Server) -> None:
    """It may answer tomorrow; until then all that it holds stays as published."""
    server.fail(Way.SILENT, "region-us")
    found = impatient(server, "&scope=region&location=US").read(EVERYTHING)

    assert {} == found.relations
    assert set(CATALOG) == set(found.unread)
    assert {"it does not answer in time"} == set(found.unread.values())


@pytest.mark.parametrize("way", [Way.RATE, Way.BUSY, Way.DROPPED])
def test_what_passes_is_asked_again(server: Server, way: Way) -> None:
    """The client backs off and tries again; the run notices nothing."""
    server.fail(way, times=1)
    found = opened(server).read(needs("web.visits"))

    assert [name("web.visits")] == list(found.relations)
    assert {way.name: 1, "jobs.query": 1} == server.calls


def test_a_hint_is_heeded(server: Server) -> None:
    """`Retry-After` says how long to wait."""
    server.fail(Way.BUSY, times=1, Retry_After="1")
    start = time.monotonic()
    opened(server).read(needs("web.visits"))

    assert time.monotonic() - start >= 1


def test_a_malformed_table_costs_itself(server: Server) -> None:
    """A type that is none makes one table unread."""
    bad = Column("a", DataType.INT64)
    force_setattr(bad, "type", "ARRAY<STRUCT<a INT64")
    server.warehouse.relations = (table("web.bad", columns=(bad,)), table("web.good"))
    found = opened(server).read(needs("web.bad", "web.good"))

    assert [name("web.good")] == list(found.relations)
    assert "a bracket is open" in found.unread[name("web.bad")]


def test_nobody_is_there() -> None:
    """A closed port is a fault, and says so."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    warehouse = BigQuery.at("bigquery:shop", "shop", {"api-endpoint": url})
    with pytest.raises(Fault) as caught:
        replace(warehouse, address=replace(warehouse.address, patience=0.5)).read(EVERYTHING)

    assert "unreachable-warehouse" == caught.value.diagnostic.code
    assert "refused or lost" in caught.value.diagnostic.message


def test_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without an endpoint of this machine, the default credentials must be there."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "secret.json"))
    with pytest.raises(Fault) as caught:
        open_warehouse("bigquery:shop").read(EVERYTHING)

    assert "credentials are missing" in caught.value.diagnostic.message
    assert "secret.json" not in str(caught.value)


def test_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that brings Google's client is named if it is not there."""
    for module in [one for one in sys.modules if one.startswith("generator.sources.bigquery_")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "google.cloud", None)
    with pytest.raises(Fault) as caught:
        open_warehouse("bigquery:shop").read(EVERYTHING)

    assert "the extra `bigquery` brings it" in caught.value.diagnostic.message


# the address


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("bigquery:`x`", "write the project's id"),
        ("bigquery:shop?location=`EU", "write a location"),
        ("bigquery:shop?scope=table", "write `dataset` or `region`"),
        ("bigquery:shop?scope=region", "name its `location` too"),
        ("bigquery:shop?deadline=soon", "write a number of seconds"),
        ("bigquery:shop?deadline=0", "write a number of seconds"),
        ("bigquery:shop?billing-project=a b", "write the project's id"),
        ("bigquery:shop?api-endpoint=http://example.org", "only to this machine"),
        ("bigquery:shop?api-endpoint=https://me:hunter2@example.org", "without a password"),
        ("bigquery:shop?api-endpoint=http://me:hunter2@localhost", "without a password"),
    ],
)
def test_addresses_that_say_what_cannot_be(url: str, hint: str) -> None:
    """Each option is checked before anything is asked; a password is not repeated."""
    with pytest.raises(Fault) as caught:
        open_warehouse(url)

    assert "bad-choice" == caught.value.diagnostic.code
    assert hint in caught.value.diagnostic.hint
    assert "hunter2" not in str(caught.value)


# types


def columns() -> st.SearchStrategy[Column]:
    """Columns of every type, records in records too; names as BigQuery allows them."""
    names = st.sampled_from(["a", "B_2", "end", "two words", "ARRAY", "é"])
    modes = st.sampled_from([Mode.NULLABLE, Mode.REPEATED])
    scalars = [one for one in DataType if one is not DataType.STRUCT]
    plain = st.builds(Column, names, st.sampled_from(scalars), modes)

    def record(inner: st.SearchStrategy[Column]) -> st.SearchStrategy[Column]:
        fields = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.builds(
            lambda title, mode, below: Column(title, DataType.STRUCT, mode, None, below),
            *(names, modes, fields),
        )

    return st.recursive(plain, record, max_leaves=8)


@given(columns())
def test_types_read_back(column: Column) -> None:
    """A type says what it was written from."""
    assert column == column_of(column.name, type_text(column))


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("NUMERIC(10, 2)", DataType.NUMERIC),
        ("STRING(5)", DataType.STRING),
        ("RANGE<DATE>", DataType.RANGE),
        ("NOVELTY", DataType.UNKNOWN),
    ],
)
def test_types_with_more_to_say(text: str, type_: DataType) -> None:
    """Lengths and ranges are no part of ours, also in a record; a new type is unknown."""
    record = column_of("r", f"ARRAY<STRUCT<a {text}, b ARRAY<{text}>>>")

    assert type_ == column_of("a", text).type
    assert [type_, type_] == [field.type for field in record.fields]
    assert [False, True] == [field.repeated for field in record.fields]


@pytest.mark.parametrize("text", ["ARRAY<INT64", "STRUCT<a INT64, b ARRAY<INT64>", "STRUCT<a (>"])
def test_types_that_are_none(text: str) -> None:
    """An open bracket is no type."""
    with pytest.raises(ValueError, match="a bracket is open"):
        column_of("a", text)
