"""What becomes of a hub while BigQuery fails: 200 schedules of failure, and each way by itself.

Each schedule begins after a good run. Then the warehouse changes, perhaps, and a run meets the
failures. Whatever they were, the output and the repository are whole, nothing is gone that was not
read as gone, and the run says what is true. The next good run makes all well.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from tests.bigquery_server import Server, Way
from tests.small_hub import Hub, dropped
from tests.trials import CHANGES, Bench, Files, codes, tried

SCHEDULES, CHUNK, WORKERS = 200, 10, 4
FIRSTS = range(0, SCHEDULES, CHUNK)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """What trials start from."""
    return Bench.made(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def trials(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, "Future[None]"]]:
    """All schedules, by the first of their chunk: mostly they wait, so several run at once."""
    folder = tmp_path_factory.mktemp("trials")
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        yield {
            first: pool.submit(tried, bench, folder, range(first, first + CHUNK))
            for first in FIRSTS
        }


@pytest.mark.parametrize("first", FIRSTS)
def test_schedules(trials: dict[int, "Future[None]"], first: int) -> None:
    """Whatever fails, and however: the hub is old or new, nothing is lost, all is told."""
    trials[first].result()


# each way by itself

REASONS = {
    Way.DENIED: "Access Denied: Dataset shop:x: Permission denied",
    Way.NO_JOBS: "Access Denied: Project shop: no bigquery.jobs.create",
    Way.NO_PROJECT: "Not found: Project shop",
    Way.QUOTA: "the quota is used up: Quota exceeded: too many bytes scanned",
    Way.RATE: "the quota is used up: Exceeded rate limits: too many api requests",
    Way.TOO_MANY: "the quota is used up: Too many requests",
    Way.FAULT: "the service has a fault of its own: An internal error occurred",
    Way.BUSY: "the service has a fault of its own: Error encountered during execution",
    Way.GATEWAY: "the service has a fault of its own: HTTP status 502",
    Way.EXPIRED: "the credentials are missing, expired or refused",
    Way.GARBAGE: "its answer is malformed",
    Way.ODD: "its answer is malformed",
    Way.SHORT: "its answer is malformed: it has ",
    Way.NULLS: "its answer is malformed",
    Way.CUT: "the connection is refused or lost",
    Way.DROPPED: "the connection is refused or lost",
    Way.SILENT: "it does not answer in time",
}
"""What is said of a way that keeps a question from being answered."""
WIDE = (Way.NO_JOBS, Way.NO_PROJECT, Way.EXPIRED, Way.CUT, Way.DROPPED)
"""The ways that any question would meet."""
DEADLINE = "&deadline=1"


@pytest.fixture(scope="module")
def server(bench: Bench) -> Iterator[Server]:
    """A server that was asked everything once, so that only a failure takes long."""
    with Server(bench.data.warehouse()) as running:
        yield running


@pytest.fixture
def hub(
    bench: Bench, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:
    """The small hub after a good run, which did not know of an earlier one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    made = Hub(tmp_path / "hub", server.endpoint)
    shutil.copytree(bench.hub, made.folder)
    server.warehouse = bench.data.warehouse()
    assert 0 == made.run()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other caches"))
    yield made
    server.troubles.clear()


def said(hub: Hub, code: str) -> list[Any]:
    """The diagnostics with a code that the last run reported."""
    return [item for item in hub.report["diagnostics"] if item["code"] == code]


@pytest.mark.parametrize("way", REASONS)
def test_a_dataset_that_fails_is_held(hub: Hub, server: Server, way: Way) -> None:
    """Its files stay, and those of views over it; the run says why, and that is no error."""
    before, tip = hub.files(), hub.tip()
    server.fail(way, "`sales`")

    assert 0 == hub.run(DEADLINE)
    assert before == hub.files() == hub.published()
    assert tip == hub.tip()
    about = said(hub, "unread-relation")
    assert ["sales.views.customers", "sales.views.orders"] == [item["subject"] for item in about]
    assert all(f"could not be read just now: {REASONS[way]}" in item["message"] for item in about)
    assert all(item["hint"] for item in about)
    assert held(hub) >= {
        "sales/views/orders.view.lkml",
        "web/datagroups/daily_last_updated.datagroup.lkml",
    }


def held(hub: Hub) -> set[str]:
    """The files that the last run held."""
    return set(hub.report["changes"]["held"])


@pytest.mark.parametrize("way", REASONS)
def test_values_that_cannot_be_counted_are_kept(hub: Hub, server: Server, way: Way) -> None:
    """Dropdowns offer what they offered."""
    before = hub.files()
    server.fail(way, r"`cold_start_statistics`")

    assert 0 == hub.run(DEADLINE)
    assert before == hub.files() == hub.published()
    (about,) = said(hub, "unread-results")
    assert f"could not be read just now: {REASONS[way]}" in about["message"]
    assert "keeps the values of the last run" in about["hint"]


@pytest.mark.parametrize("way", REASONS)
def test_everything_fails(
    hub: Hub, server: Server, way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run stops where any question would fail; else all is held. Nothing changes either way."""
    before, tip, report = hub.files(), hub.tip(), hub.report
    server.fail(way)
    code = hub.run(DEADLINE)
    told = capsys.readouterr().err

    assert (2 if way in WIDE else 0) == code
    assert before == hub.files() == hub.published()
    assert tip == hub.tip()
    if way in WIDE:
        assert report == hub.report
        assert "error [unreachable-warehouse]" in told
        assert REASONS[way] in told
    else:
        assert said(hub, "unread-relation")
    assert "ya29" not in told + str(hub.report)


@pytest.mark.parametrize("way", [Way.EMPTY, Way.OTHER])
def test_a_list_that_says_nothing_proves_nothing(hub: Hub, server: Server, way: Way) -> None:
    """Every table is asked for by its name, also those that a pattern stood for."""
    before = hub.files()
    server.calls.clear()
    server.fail(way, "`web`")

    assert 0 == hub.run(DEADLINE)
    assert before == hub.files() == hub.published()
    assert 4 == server.calls["tables.get"]
    assert [] == said(hub, "unread-relation")


def test_a_list_that_hides_tables_proves_nothing(bench: Bench) -> None:
    """Nor do their files go, whether an entry names them or a pattern stands for them."""
    assert bench.states["nothing"] == bench.states["tables are hidden from lists"]


def test_a_list_that_hides_what_cannot_be_read(hub: Hub, bench: Bench, server: Server) -> None:
    """A table of a pattern that is neither shown nor told of stays."""
    before = hub.files()
    server.warehouse = CHANGES["tables are hidden from lists"](bench.data)
    server.fail(Way.DENIED, "/tables/")

    assert 0 == hub.run(DEADLINE)
    assert before == hub.files() == hub.published()
    subjects = {item["subject"] for item in said(hub, "unread-relation")}
    assert {"sales.views.orders", "web.views.pages_b"} <= {
        one.replace("*", "b") for one in subjects
    }


def test_bases_of_a_view_that_are_denied(hub: Hub, server: Server) -> None:
    """`unread-bases`: the view is known, and stays as it was when all below it was known."""
    text = (hub.lookml / "web/datagroups/daily_last_updated.datagroup.lkml").read_text("utf-8")
    server.fail(Way.DENIED, "`sales`")
    hub.run(DEADLINE)
    (about,) = said(hub, "unread-bases")

    assert "table_name = 'orders'" in text
    assert "of `acme.sales`, 1 that views read could not be read just now" in about["message"]


def test_bases_that_were_never_read_hold_nothing(
    bench: Bench, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was made without them is made anew without them: else it would stay for ever."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    server.warehouse = bench.data.warehouse()
    hub = Hub.written(tmp_path / "hub", server)
    server.fail(Way.DENIED, "`sales`")
    assert 0 == hub.run()
    entries = hub.folder / "namespaces.yaml"
    text = entries.read_text(encoding="utf-8")
    keyed = text.replace("    daily:\n", "    daily:\n      primary_key: visits\n", 1)
    entries.write_text(keyed, encoding="utf-8")
    first: Files = hub.files()
    assert 0 == hub.run()
    server.troubles.clear()

    assert first["web/views/daily.view.lkml"] != hub.files()["web/views/daily.view.lkml"]


def test_what_is_gone_goes(hub: Hub, bench: Bench, server: Server) -> None:
    """A table that BigQuery says is not there: its files go, and the run says so with 1."""
    server.warehouse = bench.data.warehouse(dropped("web.visits")(bench.data.relations))

    assert 1 == hub.run(DEADLINE)
    assert "missing-relation" in codes(hub.report)
    assert hub.files() == hub.published() == bench.states["a table is dropped"].files
    assert "web/views/visits.view.lkml" in hub.report["changes"]["removed"]


def test_a_service_that_denies_all_that_there_is_publishes_nothing(
    hub: Hub, server: Server
) -> None:
    """If it finds nothing, half the hub would be deleted: `too-many-deletions`."""
    before, tip = hub.published(), hub.tip()
    server.fail(Way.ABSENT)

    assert 1 == hub.run(DEADLINE)
    assert (before, tip) == (hub.published(), hub.tip())
    (about,) = said(hub, "too-many-deletions")
    assert "--max-deletions 100%" in about["hint"]
    server.troubles.clear()
    assert 0 == hub.run()
    assert before == hub.files() == hub.published()


def test_a_service_that_contradicts_itself(hub: Hub, server: Server) -> None:
    """A statement does not find a dataset that is there: what the run says sends nobody astray."""
    before = hub.files()
    server.fail(Way.ABSENT, r"(?s)/queries .*`sales`")

    assert 0 == hub.run(f"{DEADLINE}&location=US")
    assert before == hub.files()
    (about, *_) = said(hub, "unread-relation")
    assert "was not found in location US; but it is there, in US" in about["message"]
