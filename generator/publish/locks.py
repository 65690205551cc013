"""Writes where others might: one process at a time, whole, inside, and refusals are said."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EBUSY, EPERM
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from generator.artifact import MANIFEST
from generator.diagnostics import Location, fault
from generator.files import replace_file


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """What the system refuses is a fault of the place, not ours."""
    try:
        yield
    except OSError as error:
        at = Location(str(error.filename or place))
        raise fault("unwritable-output", at, reason=error.strerror or error) from None


@contextmanager
def alone(root: Path) -> Iterator[int]:
    """No other run writes here; the lock ends with the process, however that ends."""
    with writing(root):
        handle = _locked(root)
    try:
        yield handle
    finally:
        os.close(handle)


def _locked(root: Path) -> int:
    folder = (root / MANIFEST).parent
    stay_inside(root, folder)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise OSError(EBUSY, "another run is writing here", str(root)) from None
    return handle


@contextmanager
def sole(folder: Path, name: str, what: str) -> Iterator[int]:
    """No other process does `what` with this folder; the file that says so may be handed on.

    The lock is the system's: it ends with the processes that hold the file, however they end, so
    the number in it never keeps anybody out. Raises Fault if another process has it.
    """
    path = folder / name
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        number = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        reason = f"another {what} works here, process {number}"
        raise fault("unwritable-output", Location(str(folder)), reason=reason) from None
    _HELD.add(handle)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield handle
    finally:
        _HELD.discard(handle)
        os.close(handle)


_HELD: set[int] = set()
"""The handles of the locks that this process holds."""


def _leave() -> None:
    """Of a process that was forked: it may live a moment longer than the one that holds them."""
    while _HELD:
        os.close(_HELD.pop())


os.register_at_fork(after_in_child=_leave)


def replace_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises Fault if the system refuses."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())


def stay_inside(root: Path, folder: Path) -> None:
    """A link must not lead what we write or delete to another place."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise OSError(EPERM, "it leads out of the output folder", str(folder))
