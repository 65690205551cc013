"""Stages: how long each took, and a word to whoever watches."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter, process_time
from typing import TypeVar

from msgspec import Struct, field

from generator.costs import Ledger

Item = TypeVar("Item")

Watcher = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and of how much."""


def nobody(_stage: str, _done: int, _total: int) -> None:
    """Watches nothing."""


class Stages(Struct):
    """The stages of a run: seconds of wall clock and of CPU by name, in their order.

    `ledger` is what it asks of warehouses.
    """

    watcher: Watcher = nobody
    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """One stage; entered again, its times add up."""
        self.watcher(name, 0, 0)
        wall, cpu = perf_counter(), process_time()
        try:
            yield
        finally:
            before = self.seconds.get(name, (0.0, 0.0))
            self.seconds[name] = (
                before[0] + perf_counter() - wall,
                before[1] + process_time() - cpu,
            )

    def add(self, seconds: Mapping[str, tuple[float, float]]) -> None:
        """Add the times of stages that ran elsewhere."""
        for name, (wall, cpu) in seconds.items():
            before = self.seconds.get(name, (0.0, 0.0))
            self.seconds[name] = (before[0] + wall, before[1] + cpu)

    def each(self, name: str, items: Collection[Item]) -> Iterator[Item]:
        """The items, one by one, as a stage."""
        total = len(items)
        with self.stage(name):
            for done, item in enumerate(items):
                self.watcher(name, done, total)
                yield item
            self.watcher(name, total, total)
