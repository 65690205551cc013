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
    "build": "building",
    "print": "printing",
    "publish": "publishing",
    "follow up": "following up",
    "etl": "computing",
}


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
        yield _plain


def _logged(stage: str, done: int, total: int) -> None:
    """A line when a stage begins, in the shape of a log."""
    if done == 0 and stage in _VERBS:
        journal().note(f"{_VERBS[stage]}{f' ({total})' if total else ''}", _STAGE)


def _plain(stage: str, done: int, total: int) -> None:
    """A line when a stage begins; on a log, a bar would be noise."""
    if done == 0 and stage in _VERBS:
        count = f" ({total})" if total else ""
        if total or stage not in ("build", "print", "etl"):
            print(f"{_VERBS[stage]}{count}", file=sys.stderr)  # noqa: T201 - this is the console


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
