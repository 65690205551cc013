"""Work in another process of this machine: forked, so that what it reads need not be sent."""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from ctypes import CDLL
from typing import Any

from msgspec import Struct

_DEATH_SIGNAL = 1
"""https://man7.org/linux/man-pages/man2/prctl.2.html, PR_SET_PDEATHSIG"""

AVAILABLE = sys.platform == "linux"
"""Whether a fork is safe here."""


class Errand(Struct):
    """A process that works on its own, and tells what it made when it is asked.

    One that dies tells nothing, so whoever sent it has to do the work.
    """

    pid: int
    pipe: int | None
    made: Any = None

    @classmethod
    def of(cls, work: Callable[[], object]) -> "Errand":
        """Send a process to do some work. It ends with the work, or with us if we are killed."""
        ours, theirs = os.pipe()
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            _do(work, theirs, parent)
        os.close(theirs)
        return cls(pid, ours)

    def result(self) -> Any:
        """What was made, once it is; None if the process died of it."""
        if self.pipe is not None:
            with open(self.pipe, "rb") as stream:  # noqa: PTH123 - it has no path
                text = stream.read()
            self.pipe = None
            _, status = os.waitpid(self.pid, 0)
            self.made = pickle.loads(text) if status == 0 else None  # noqa: S301 - our own process
        return self.made

    def abandon(self) -> None:
        """End the process, if nobody asked it yet."""
        if self.pipe is not None:
            os.close(self.pipe)
            self.pipe = None
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def _end_with(parent: int) -> None:
    """Die with the parent: what it had locked is to be free, what it wrote is nobody's any more."""
    CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it was killed before it could be told
        os._exit(1)


def _do(work: Callable[[], object], pipe: int, parent: int) -> None:
    """Do the work and end: nothing that the parent would do at its end is done twice."""
    code = 1
    try:
        _end_with(parent)
        text = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with open(pipe, "wb") as stream:
            stream.write(text)
        code = 0
    finally:
        os._exit(code)


def cores() -> int:
    """The cores that we may use."""
    return len(os.sched_getaffinity(0)) if AVAILABLE else 1


def shares(weights: Iterable[int], loads: Iterable[int]) -> list[list[int]]:
    """The places of the weights, dealt to workers that have loads already: heaviest first.

    >>> shares([1, 5, 4, 3], [6, 0])
    [[3, 0], [1, 2]]
    """
    known = list(weights)
    total = list(loads)
    dealt: list[list[int]] = [[] for _ in total]
    for place in sorted(range(len(known)), key=lambda place: (-known[place], place)):
        worker = total.index(min(total))
        dealt[worker].append(place)
        total[worker] += known[place]
    return dealt
