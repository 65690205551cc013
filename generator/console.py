"""How a person watches a run: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from generator.logs import Where, journal
from generator.stages import Watcher, nobody

_VERBS = {
    "read": "reading definitions",
    "catalog": "reading the catalog",
    "derive": "deriving models",
    "parts": "building",
    "print": "printing",
    "publish": "publishing",
    "follow up": "following up",
    "etl": "computing",
}


_COUNTED = frozenset({"parts", "print", "etl"})
"""Stages that are worth a line only where they are of so many things."""

_STAGE = Where("stages.py", "stage")


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watcher]:
    """A watcher for the stages of a run."""
    if journal().as_json:
        yield _logged
    elif quiet:
        yield nobody
    elif sys.stderr.isatty():
        with _bar() as watcher:
            yield watcher
    else:
        yield _plain()


def _logged(stage: str, done: int, total: int) -> None:
    """A line when a stage begins, in the shape of a log."""
    if done == 0 and stage in _VERBS:
        journal().note(f"{_VERBS[stage]}{f' ({total})' if total else ''}", _STAGE)


def _plain() -> Watcher:
    """A line when a stage first begins; on a log, a bar would be noise."""
    said: set[str] = set()

    def watch(stage: str, done: int, total: int) -> None:
        count = f" ({total})" if total else ""
        line = f"{_VERBS.get(stage, stage)}{count}"
        known = stage in _VERBS and (total or stage not in _COUNTED)
        if done == 0 and known and line not in said:
            said.add(line)
            print(line, file=sys.stderr)  # noqa: T201 - this is the console

    return watch


@contextmanager
def _bar() -> Iterator[Watcher]:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def watch(stage: str, done: int, total: int) -> None:
            if stage in _VERBS:
                progress.update(
                    task, description=_VERBS[stage], completed=done, total=total or None
                )

        yield watch
