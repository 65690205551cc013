"""A run that is killed, at 50 random moments: what it leaves is old or new, and the next one ends.

The process is forked from one that has everything imported, so that most moments lie in the run.
Every second time its children die with it, git among them.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from generator.artifact import MANIFEST
from generator.diagnostics import Fault
from generator.processes import Errand
from generator.publish.disk import read_manifest
from generator.publish.locks import sole
from generator.publish.tree import manifest_of
from generator.state import read_state
from tests.bigquery_server import Server
from tests.small_hub import Data, Hub, ids_of, widened
from tests.trials import Bench

KILLS = 50
CHANGED = ("web.visits", "web.pages_a", "sales.customers")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A hub after a good run."""
    return Bench.made(tmp_path_factory.mktemp("bench"), ("nothing",))


@pytest.fixture(scope="module")
def nursery() -> ForkServerContext:
    """Where processes come from."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.small_hub", "generator.sources.bigquery_reading", "git"])
    return context


@pytest.fixture
def server(bench: Bench) -> Iterator[Server]:
    """The server that the runs ask."""
    with Server(bench.data.warehouse()) as running:
        yield running


def run(hub: Hub) -> None:
    """The run that is killed, in a group of its own."""
    os.setsid()
    hub.run()


def wider(data: Data) -> Data:
    """The warehouse with three tables changed."""
    relations = data.relations
    for table in CHANGED:
        relations = widened(table)(relations)
    return Data(data.file, relations)


def test_kills(
    bench: Bench,
    nursery: ForkServerContext,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Output, state, cache and repository are whole whenever it ends; then all is made well."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    hub = Hub(tmp_path / "hub", server.endpoint)
    shutil.copytree(bench.hub, hub.folder)
    warehouses = [bench.data.warehouse(), wider(bench.data).warehouse()]
    states, took = [], []
    for warehouse in (*warehouses, *warehouses):
        server.warehouse = warehouse
        took.append(_timed(lambda: _whole(nursery, hub)))
        states.append(hub.files())
    assert states[:2] == states[2:]
    assert states[0] != states[1]
    longest = max(took[1:])  # the first one starts the nursery

    chance, interrupted = random.Random(0), 0  # noqa: S311 - no secret
    for number in range(KILLS):
        server.warehouse = warehouses[number % 2]
        tip = hub.tip()
        interrupted += _killed(nursery, hub, chance.uniform(0, longest), group=number % 2 == 0)
        old, new = states[(number + 1) % 2], states[number % 2]
        _is_sound(hub, old, new, tip)

        assert 0 == hub.run(), number
        assert new == hub.files() == hub.owned() == hub.published(), number
        assert [] == _traces(hub), number
    assert interrupted > KILLS / 3


def _timed(work: Callable[[], None]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def _whole(nursery: ForkServerContext, hub: Hub) -> None:
    process = nursery.Process(target=run, args=(hub,))
    process.start()
    process.join()
    assert process.exitcode == 0


def _killed(nursery: ForkServerContext, hub: Hub, after: float, *, group: bool) -> bool:
    """Kill a run after some seconds; whether it was still running."""
    process = nursery.Process(target=run, args=(hub,))
    process.start()
    assert process.pid
    process.join(after)
    alive = process.is_alive()
    with suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.kill()
    process.join()
    return alive


def _is_sound(hub: Hub, old: dict[str, str], new: dict[str, str], tip: str) -> None:
    """Nothing that is there is a part of something."""
    known = {*old.items(), *new.items()}
    hub.git("fsck", "--strict", "--no-dangling")
    assert hub.published() in (old, new)
    assert hub.tip() == tip or hub.git("rev-parse", "main^") == tip
    files = hub.files()
    standing = {path: id_ for path, id_ in files.items() if not path.startswith(".lookml-gen/")}
    assert set() == standing.items() - known
    assert standing.keys() | old.keys() == old.keys() | new.keys()
    pending = hub.lookml / f"{MANIFEST}.next"
    owned = dict(ids_of(read_manifest(hub.lookml)).items())
    coming = ids_of(manifest_of(pending.read_text("utf-8"))) if pending.exists() else {}
    for path, id_ in standing.items():
        assert id_ in (owned.get(path), coming.get(path)), path
    assert hub.report
    state = hub.folder / "output" / ".lookml-gen" / "state.json"
    assert not state.exists() or read_state(state.parent) is not None


def _traces(hub: Hub) -> list[str]:
    """What is left of a run that was killed."""
    found = (hub.folder / "output").rglob("*")
    marks = (".next", ".draft", "staging")
    return [str(path) for path in found if path.name.endswith(marks)]


def test_two_runs_on_one_output(bench: Bench, server: Server, tmp_path: Path) -> None:
    """The second stops, says which process is at work, and changes nothing."""
    hub = Hub(tmp_path / "hub", server.endpoint)
    shutil.copytree(bench.hub, hub.folder)
    before = hub.files()
    server.warehouse = wider(bench.data).warehouse()
    with sole(hub.folder / "output" / ".lookml-gen", "generate.lock", "run"):
        assert 2 == hub.run()
        assert before == hub.files() == hub.published()
    assert 0 == hub.run()
    assert before != hub.files()


def test_the_lock_of_a_dead_process_locks_nothing(tmp_path: Path) -> None:
    """The number of a process that is no more may stand in the file."""
    (tmp_path / "generate.lock").write_text("1\n", encoding="utf-8")
    with sole(tmp_path, "generate.lock", "run"):
        said = rf"another run works here, process {os.getpid()}"
        with pytest.raises(Fault, match=said), sole(tmp_path, "generate.lock", "run"):
            pass


def test_a_process_that_we_sent_locks_nothing(tmp_path: Path) -> None:
    """It may live a moment longer than we do, when the next run is there already."""
    sent = tmp_path / "sent"

    def linger() -> None:
        sent.touch()
        time.sleep(60)

    with sole(tmp_path, "generate.lock", "run"):
        errand = Errand.of(linger)
    while not sent.exists():
        time.sleep(0.01)
    with sole(tmp_path, "generate.lock", "run"):
        os.kill(errand.pid, 0)
    errand.abandon()


def test_a_run_that_nobody_listens_to(bench: Bench, server: Server, tmp_path: Path) -> None:
    """Whoever read us is gone: what was done is reported all the same."""
    hub = Hub(tmp_path / "hub", server.endpoint)
    shutil.copytree(bench.hub, hub.folder)
    server.warehouse = wider(bench.data).warehouse()
    (hub.folder / "output/report.json").unlink()
    options = hub.given()
    words = [
        f"--{name.replace('_', '-')}={text}" for name, text in options.items() if name[0] != "w"
    ]
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "generator", "generate", "--publish", *words]
    run = subprocess.run(
        [*command, "--warehouse", options["warehouse"][0]],
        stdout=theirs,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "caches")},
        check=False,
    )
    os.close(theirs)

    assert run.returncode
    assert hub.tip() == hub.report["published"]["commit"]
    assert hub.files() == hub.published()


def test_a_lock_that_a_killed_git_left(bench: Bench, server: Server, tmp_path: Path) -> None:
    """If we were about to move the branch, it is ours, and goes; any other stays, and is told."""
    hub = Hub(tmp_path / "hub", server.endpoint)
    shutil.copytree(bench.hub, hub.folder)
    server.warehouse = wider(bench.data).warehouse()
    lock = hub.folder / "hub.git/refs/heads/main.lock"
    lock.touch()
    tip = hub.tip()

    assert 2 == hub.run()
    assert lock.exists()
    (hub.folder / "hub.git/lookml-gen.moving").write_text("refs/heads/main", encoding="utf-8")
    assert 0 == hub.run()
    assert not lock.exists()
    assert tip != hub.tip()
    assert hub.files() == hub.published()


def test_a_draft_that_a_killed_run_left(bench: Bench, server: Server, tmp_path: Path) -> None:
    """It is no file of the project, and goes."""
    hub = Hub(tmp_path / "hub", server.endpoint)
    shutil.copytree(bench.hub, hub.folder)
    draft = hub.lookml / ".lookml-gen/.manifest.json.next.abcd1234"
    draft.write_text("{", encoding="utf-8")

    assert 0 == hub.run()
    assert not draft.exists()
    assert hub.files() == hub.owned()
