"""dbt in its process: a hand-made project over a real DuckDB file, without anything generated."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from generator.diagnostics import Fault
from generator.etl.calls import Places
from generator.etl.plan import Span, Watched, plan
from generator.etl.run import Computed, Work, build
from generator.etl.runner import alone, running
from generator.etl.target import target_of, write_profile
from generator.settings import Settings
from generator.stages import Stages

pytest.importorskip("dbt.cli.main")
pytestmark = pytest.mark.etl

NAMESPACE = "opmon"
START = date(2026, 6, 1)
JUNE = Span(START, date(2026, 6, 20))
METRICS = """
    {{{{ config(
      materialized='incremental', incremental_strategy='delete+insert',
      unique_key='submission_date', schema='derived') }}}}
    SELECT day AS submission_date, {column} AS clients FROM "lantern-data".web.visits
    WHERE day BETWEEN DATE '{{{{ var("start") }}}}' AND DATE '{{{{ var("end") }}}}'
"""
VIEW = """
    {{{{ config(schema='shown') }}}}
    SELECT * FROM {{{{ ref('{name}_v1') }}}}
"""
SLOW = """
    {{ config(materialized='table', schema='derived') }}
    SELECT count(*) AS n FROM range(1000000) a(x), range(10000000) b(y) WHERE x * y % 7 = 3
"""


@dataclass
class Hand:
    """A dbt project written by hand, in a folder of its own, and its warehouse."""

    folder: Path
    models: dict[str, str] = field(default_factory=dict)

    @property
    def warehouse(self) -> Path:
        """The file with the visits of June and July."""
        return self.folder / "lantern-data.duckdb"

    @property
    def settings(self) -> Settings:
        """As if somebody had written them."""
        return Settings(warehouse=(f"duckdb:{self.warehouse}",), output=str(self.folder / "out"))

    def write(self) -> None:
        """The warehouse, and the project without any model."""
        with duckdb.connect(self.warehouse) as connection:
            connection.execute(
                "CREATE SCHEMA web; CREATE TABLE web.visits AS SELECT d::DATE AS day, 5 AS clients"
                " FROM range(DATE '2026-06-01', DATE '2026-08-01', INTERVAL 1 DAY) t(d)"
            )
        project = {
            "dbt_project.yml": "name: lookml_gen\nconfig-version: 2\nprofile: lookml_gen\n",
            "macros/names.sql": "{% macro generate_schema_name(name, node) %}"
            "{{ name or target.schema }}{% endmacro %}",
        }
        for path, text in project.items():
            self.file(path, text)

    def file(self, path: str, text: str) -> None:
        """A file of the project."""
        target = self.settings.dbt / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))

    def project(self, name: str, column: str = "clients") -> None:
        """A table by days, and a view over it, in a folder of their own."""
        self.file(f"models/{NAMESPACE}/{name}/{name}_v1.sql", METRICS.format(column=column))
        self.file(f"models/{NAMESPACE}/{name}/{name}_shown.sql", VIEW.format(name=name))

    def run(self, *names: str, span: Span = JUNE, days: int = 7, **more: Any) -> Computed:
        """Have dbt compute these projects."""
        with ExitStack() as stack:
            return build(self.work(stack, *names, span=span, days=days, **more))

    def work(self, stack: ExitStack, *names: str, span: Span, days: int, **more: Any) -> Work:
        """All that is ready when dbt is to be called."""
        settings, work = self.settings, self.settings.state / "dbt"
        target = replace(target_of(settings, None), **more)
        runner = stack.enter_context(running(work, stack.enter_context(alone(settings.state))))
        write_profile(target, work)
        projects = tuple(Watched(name.replace("_", "-"), name, START) for name in names)
        paths = [str(path.relative_to(settings.dbt)) for path in settings.dbt.rglob("*.sql")]
        places = Places.of(settings.dbt, work, target.type, NAMESPACE, paths)
        steps = plan(projects, span, days)
        return Work(runner, places, target, projects, steps, Stages(), (), NAMESPACE)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the warehouse says."""
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    """A project without models."""
    made = Hand(tmp_path)
    made.write()
    return made


def test_a_failing_project_leaves_the_others_complete(hand: Hand) -> None:
    """All days of the others are there; the message has model, days, reason and SQL."""
    for name, column in {"tab_health": "clients", "broken": "nothing", "pins": "1"}.items():
        hand.project(name, column)

    computed = hand.run("tab_health", "broken", "pins", days=10)

    health, broken, pins = computed.projects
    assert ["done", "failed", "done"] == [one.status for one in (health, broken, pins)]
    assert [(20, 100)] == hand.rows("SELECT count(*), sum(clients) FROM shown.tab_health_shown")
    assert [(20,)] == hand.rows("SELECT count(DISTINCT submission_date) FROM shown.pins_shown")
    (said,) = computed.diagnostics
    assert "failed-model" == said.code
    assert said.message.startswith(
        "opmon.projects.broken: `broken_v1` failed for 2026-06-01 to 2026-06-10:"
        ' Binder Error: Referenced column "nothing" not found'
    )
    (failure,) = broken.failures
    assert "nothing AS clients" in Path(failure.sql or "").read_text()
    assert {"broken_v1": "error", "broken_shown": "skipped"} == {
        model.name: model.status for model in broken.models
    }
    assert computed.stopped is None


def test_twice_is_as_once_and_order_does_not_matter(hand: Hand) -> None:
    """The runner adds nothing to what the models say: days are rewritten, not doubled."""
    hand.project("tab_health")
    hand.run("tab_health", days=20)
    first = hand.rows("FROM shown.tab_health_shown ORDER BY ALL")

    hand.run("tab_health", days=11)
    hand.run("tab_health", span=Span(date(2026, 6, 4), date(2026, 6, 4)))

    assert first == hand.rows("FROM shown.tab_health_shown ORDER BY ALL")


def test_only_what_is_asked_for_is_built_in_parallel(hand: Hand) -> None:
    """By dbt's own threads; a project whose name begins like another's is another."""
    for name in ("one", "two", "three", "four", "one_more"):
        hand.project(name)

    hand.run("one", "two", "three", "four", days=20)

    log = (hand.settings.state / "dbt/logs/dbt.log").read_text()
    assert len(set(re.findall(r"\[(Thread-\d+) ", log))) > 1
    query = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'derived' ORDER BY ALL"
    assert [("four_v1",), ("one_v1",), ("three_v1",), ("two_v1",)] == hand.rows(query)


def test_nothing_is_left_to_the_environment(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of dbt that somebody has set change nothing; nothing is written elsewhere."""
    hand.project("tab_health")
    hand.run("tab_health", days=20)
    for name, text in {
        "DBT_FULL_REFRESH": "1",
        "DBT_TARGET": "elsewhere",
        "DBT_PROFILES_DIR": "/nowhere",
        "DBT_FAIL_FAST": "1",
    }.items():
        monkeypatch.setenv(name, text)

    computed = hand.run("tab_health", span=Span(date(2026, 7, 1), date(2026, 7, 2)))

    assert computed.stopped is None
    assert [(22,)] == hand.rows("SELECT count(*) FROM shown.tab_health_shown")
    assert {"dbt_project.yml", "macros", "models"} == {
        path.name for path in hand.settings.dbt.iterdir()
    }
    work = hand.settings.state / "dbt"
    assert {"etl.log", "logs", "profiles.yml", "target"} == {path.name for path in work.iterdir()}
    assert "enabled" not in (work / "etl.log").read_text()


def test_dbt_that_cannot_work_stops_the_run(hand: Hand) -> None:
    """What its process says of it is passed on; what was done before is not lost."""
    hand.project("tab_health")
    hand.file(f"models/{NAMESPACE}/tab_health/odd.yml", "models: {not: [a list}")

    computed = hand.run("tab_health")

    assert computed.stopped is not None
    assert "failed-dbt" == computed.stopped.code
    assert "odd.yml" in computed.stopped.message
    assert computed.stopped in computed.diagnostics


def test_a_file_that_somebody_else_writes_to(hand: Hand) -> None:
    """The reason is DuckDB's."""
    hand.project("tab_health")
    with duckdb.connect(hand.warehouse):
        computed = hand.run("tab_health")

    assert computed.stopped is not None
    assert "lock" in computed.stopped.message.lower()


def test_a_process_that_dies_is_told(hand: Hand) -> None:
    """With the last that it wrote."""
    hand.project("tab_health")
    with ExitStack() as stack:
        work = hand.work(stack, "tab_health", span=JUNE, days=7)
        work.runner.process.kill()
        work.runner.process.wait()
        computed = build(work)

    assert computed.stopped is not None
    assert "its process ended" in computed.stopped.message


def test_two_runs_do_not_meet(hand: Hand) -> None:
    """The second is told which process is at work; the file that is left behind locks nothing."""
    state = hand.settings.state
    with alone(state), pytest.raises(Fault, match=f"process {os.getpid()}") as caught, alone(state):
        pass

    assert "unwritable-output" == caught.value.diagnostic.code
    assert (state / "etl.lock").exists()
    with alone(state):
        pass


PROGRAM = """
    import sys
    from contextlib import ExitStack
    from pathlib import Path
    from generator.etl.run import build
    from tests.test_etl import JUNE, Hand

    with ExitStack() as stack:
        work = Hand(Path(sys.argv[1])).work(stack, "slow", span=JUNE, days=28)
        print(work.runner.process.pid, flush=True)
        build(work)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_dbt_ends_with_us(hand: Hand, how: signal.Signals) -> None:
    """However we end, it does not stay at work; nobody else begins before it has stopped."""
    hand.file(f"models/{NAMESPACE}/slow/slow.sql", SLOW)
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(hand.folder)]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as ours:
        assert ours.stdout
        child = int(ours.stdout.readline())
        log = hand.settings.state / "dbt/logs/dbt.log"
        until(lambda: log.exists() and "range(10000000)" in log.read_text())
        ours.send_signal(how)
    until(lambda: not Path(f"/proc/{child}").exists())

    with alone(hand.settings.state):
        pass


@pytest.mark.parametrize("work", ["fail()", "t = Thread(target=fail); t.start(); t.join()"])
def test_a_traceback_has_no_secrets(work: str) -> None:
    """Whatever ends the process that runs dbt stands in its log, where anybody may look."""
    code = (
        "from threading import Thread; from generator.etl.child import tell_failures\n"
        "def fail(): raise ValueError('jo.planted@shop.example: Bearer planted-0123456789')\n"
        f"tell_failures(); {work}"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "planted" not in run.stderr
    assert "Traceback" in run.stderr
    assert "ValueError: …: …" in run.stderr


def until(holds: Callable[[], bool]) -> None:
    """Wait for something, half a minute at most."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
