"""How git is called: on the repository that it is given, and waiting for nobody."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

_ELSEWHERE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
)
"""Variables that point git at another repository; a hook that calls us has some of them set."""

_UNATTENDED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1",  # bytes a second
    "GIT_HTTP_LOW_SPEED_TIME": "120",  # seconds, after which git gives up
}
"""How git behaves where nobody watches, unless the caller says otherwise."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Git works on the repository that it is given, and waits for nobody."""
    before = dict(os.environ)
    for name in _ELSEWHERE:
        os.environ.pop(name, None)
    try:
        os.environ.update({**_UNATTENDED, **os.environ})
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def moving(folder: Path, ref: str) -> Iterator[None]:
    """A reference of a git folder is about to move; of ours, only one moves there at a time.

    A file says which, until it is done. If a run was killed with its git in between, the locks that
    git left are known to be ours, and go; nobody else's ever do.
    """
    handle = os.open(folder / _MOVING, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        flock(handle, LOCK_EX)
        if os.pread(handle, len(ref.encode()) + 1, 0) == ref.encode():
            _release(folder / f"{name}.lock" for name in (ref, "HEAD"))
        os.ftruncate(handle, 0)
        os.pwrite(handle, ref.encode(), 0)
        yield
    finally:
        os.ftruncate(handle, 0)  # not reached by one that is killed
        os.close(handle)


_MOVING = "lookml-gen.moving"
_GRACE, _STEP = 5.0, 0.05


def _release(locks: Iterable[Path]) -> None:
    """Remove locks, once a git that outlived us has had the time to."""
    left = list(locks)
    for _ in range(int(_GRACE / _STEP)):
        if not any(lock.exists() for lock in left):
            return
        time.sleep(_STEP)
    for lock in left:
        lock.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path, below: str = "") -> Iterator[None]:
    """No other run of ours works in a clone of ours, whose own files lie `below`: it is waited for.

    So a lock of git's that lies there is of a process that was killed, and goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        flock(handle, LOCK_EX)
        own = folder / below
        for stale in (*own.glob("*.lock"), *(own / "refs").rglob("*.lock")):
            stale.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)
