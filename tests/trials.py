"""A trial: a run of the small hub that meets failures, and what holds of it whatever they were."""

import random
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bigquery_server import Schedule, Server, Warehouse
from tests.small_hub import PROJECT, STATISTICS, Data, Hub, dropped, widened

SHORT = "&deadline=0.3"
SUMS = ("namespaces.yaml", ".lookml-gen/dropdowns.json")
"""The files that are about several tables, so that there is one for each mixture of those."""

Files = Mapping[str, str]


def _hidden(data: Data) -> Warehouse:
    warehouse = data.warehouse()
    warehouse.hidden = frozenset({"acme.web.pages_b", "acme.sales.orders"})
    return warehouse


CHANGES: Mapping[str, Callable[[Data], Warehouse]] = {
    "nothing": Data.warehouse,
    "a table is dropped": lambda data: data.warehouse(dropped("web.visits")(data.relations)),
    "one of a pattern is dropped": lambda d: d.warehouse(dropped("web.pages_b")(d.relations)),
    "a table is wider": lambda data: data.warehouse(widened("sales.orders")(data.relations)),
    "one of a pattern is wider": lambda d: d.warehouse(widened("web.pages_a")(d.relations)),
    "statistics are dropped": lambda data: data.warehouse(dropped(STATISTICS)(data.relations)),
    "tables are hidden from lists": _hidden,
}
"""What may happen to the warehouse between two runs."""


@dataclass(frozen=True)
class State:
    """What a good run leaves after a change: its exit code and its files."""

    code: int
    files: Files


@dataclass(frozen=True)
class Bench:
    """What trials start from: the warehouse, a hub after a good run, the state of each change."""

    data: Data
    hub: Path
    states: Mapping[str, State]

    @classmethod
    def made(cls, folder: Path, names: Iterable[str] = tuple(CHANGES)) -> "Bench":
        """A warehouse, and a run after each of these changes."""
        data, states = Data.written(folder), {}
        with Server(data.warehouse()) as server, pytest.MonkeyPatch.context() as patch:
            hub = Hub.written(folder / "hub", server)
            patch.setenv("XDG_CACHE_HOME", str(folder / "caches"))
            assert 0 == hub.run()
            for name in names:
                changed = Hub(folder / name, server.endpoint)
                shutil.copytree(hub.folder, changed.folder)
                patch.setenv("XDG_CACHE_HOME", str(folder / f"{name}, caches"))
                server.warehouse = CHANGES[name](data)
                code = changed.run()
                assert changed.files() == changed.published()
                states[name] = State(code, changed.files())
        return cls(data, hub.folder, states)


def tried(bench: Bench, folder: Path, seeds: range) -> None:
    """Trials with these schedules, each followed by a good run that makes all well."""
    with Server(bench.data.warehouse()) as server, pytest.MonkeyPatch.context() as patch:
        for seed in seeds:
            patch.setenv("XDG_CACHE_HOME", str(folder / f"{seed} caches"))
            hub = Hub(folder / str(seed), server.endpoint)
            shutil.copytree(bench.hub, hub.folder)
            name = random.Random(seed).choice(list(CHANGES))  # noqa: S311 - no secret
            old, new = bench.states["nothing"], bench.states[name]
            server.warehouse, server.schedule = CHANGES[name](bench.data), Schedule(seed)
            trial = Trial.of(hub, old, new, server.schedule)
            server.schedule = None
            trial.judge()

            assert new.code == hub.run(), seed
            assert new.files == hub.files() == hub.published(), seed


@dataclass(frozen=True)
class Trial:
    """A run that met failures: what was there before it, and what is there now."""

    hub: Hub
    old: State
    new: State
    schedule: Schedule
    needs: Mapping[str, tuple[str, ...]]
    said: Any
    tip: str
    code: int

    @classmethod
    def of(cls, hub: Hub, old: State, new: State, schedule: Schedule) -> "Trial":
        """The run, just done."""
        assert old.files == hub.files() == hub.published()
        needs, said, tip = hub.needs(), hub.report, hub.tip()
        return cls(hub, old, new, schedule, needs, said, tip, hub.run(SHORT))

    def judge(self) -> None:
        """All that holds of it."""
        output, published = self.hub.files(), self.hub.published()
        assert output == self.hub.owned(), self.schedule
        for files in (output, published):
            self.is_old_or_new(files)
            self.lost_nothing(files)
        self.tells_the_truth(output, published)

    def is_old_or_new(self, files: Files) -> None:
        """Each file is what it was, or what it is to be; of what is said to be gone, neither."""
        known = {*self.old.files.items(), *self.new.files.items()}
        odd = [path for path, _ in files.items() - known if path not in SUMS]
        assert [] == [path for path in sorted(odd) if not self.is_said_gone(path)], self.schedule

    def lost_nothing(self, files: Files) -> None:
        """What is gone stood on what is gone, or was said to be."""
        lost = (self.old.files.keys() & self.new.files.keys()) - files.keys()
        assert [] == [path for path in sorted(lost) if not self.is_said_gone(path)], self.schedule

    def is_said_gone(self, path: str) -> bool:
        """Whether an answer said that something beneath a file is not there."""
        for table in self.needs.get(path, ()):
            _, dataset, name = table.split(".")
            place = f"{PROJECT}/datasets/{dataset}"
            if {place, f"{place}/tables/{name}"} & self.schedule.gone:
                return True
        return False

    def tells_the_truth(self, output: Files, published: Files) -> None:
        """Exit code and report say what happened."""
        if self.code == 2:
            assert (self.said, self.tip) == (self.hub.report, self.hub.tip()), self.schedule
            assert self.old.files == output == published, self.schedule
            return
        said = self.hub.report
        severities = {item["severity"] for item in said["diagnostics"]}
        assert ("error" in severities) == (self.code == 1), self.schedule
        assert changes(self.old.files, output) == {
            fate: said["changes"][fate] for fate in ("added", "changed", "removed")
        }, self.schedule
        tip = self.hub.tip()
        assert said["published"]["commit"] == (tip if tip != self.tip else None), self.schedule
        unread = {"unread-relation", "unread-results", "unread-bases"} & codes(said)
        if not unread and not self.schedule.gone:  # nothing is wrong, so all is well
            assert self.new.files == output == published, self.schedule
            assert self.new.code == self.code, self.schedule


def changes(old: Files, new: Files) -> dict[str, list[str]]:
    """How files became others."""
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(path for path in new.keys() & old.keys() if new[path] != old[path]),
        "removed": sorted(old.keys() - new.keys()),
    }


def codes(report: Any) -> set[str]:
    """The codes of what a run noticed."""
    return {item["code"] for item in report["diagnostics"]}
