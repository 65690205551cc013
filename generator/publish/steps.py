"""The steps of publishing, one after the other; the first that fails is the last."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from generator.diagnostics import Diagnostic, Fault, diagnostic


class Fate(StrEnum):
    """What became of a step."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Step(Struct, frozen=True):
    """Something to do: it yields what it has done, and what people may want to know.

    Raises Fault if it cannot be done.
    """

    name: str
    run: Callable[[], Iterator[str | Diagnostic]]


class Taken(Struct, frozen=True):
    """What became of a step, and what it did."""

    name: str
    fate: Fate
    did: tuple[str, ...] = ()


def take(
    steps: Iterable[Step], *, stopped: bool = False
) -> tuple[tuple[Taken, ...], tuple[Diagnostic, ...]]:
    """Do the steps in their order. After one that fails, the others are not done, and that is said.

    If `stopped`, one before them has failed. What is as it should be already is left alone by each
    of them, so that all can be done again.
    """
    taken: list[Taken] = []
    noticed: list[Diagnostic] = []
    for step in steps:
        if stopped or any(earlier.fate is not Fate.DONE for earlier in taken):
            taken.append(Taken(step.name, Fate.SKIPPED))
            continue
        done, found = _take(step)
        taken.append(done)
        noticed.extend(found)
    skipped = [step.name for step in taken if step.fate is Fate.SKIPPED]
    if skipped:
        noticed.append(diagnostic("skipped-steps", steps=", ".join(skipped)))
    return tuple(taken), tuple(noticed)


def _take(step: Step) -> tuple[Taken, list[Diagnostic]]:
    did: list[str] = []
    noticed: list[Diagnostic] = []
    try:
        for item in step.run():
            if isinstance(item, Diagnostic):
                noticed.append(item)
            else:
                did.append(item)
    except Fault as stopped:
        return Taken(step.name, Fate.FAILED, tuple(did)), [*noticed, stopped.diagnostic]
    return Taken(step.name, Fate.DONE, tuple(did)), noticed
