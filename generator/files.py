"""Writes a file whole or not at all, whoever else writes it at the same moment."""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

_MANY = 64
"""Files above which one call that settles all of them is faster than one for each."""


def replace_file(path: Path, content: bytes, *, settled: bool = True) -> None:
    """Put content in the place of a file, whose folder is there. Raises OSError.

    Readers see the old content or the new; if it is settled first, after a loss of power too.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            if settled:
                os.fsync(draft.fileno())
            os.fchmod(draft.fileno(), 0o644)
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def drop_drafts(path: Path) -> None:
    """Remove what killed processes left half written for a file, and for those that begin as it.

    Nobody else may be writing it.
    """
    for draft in path.parent.glob(f".{path.name}*"):
        draft.unlink(missing_ok=True)


def settle(paths: Iterable[Path]) -> None:
    """See that files are on the disk: a few one by one, many by settling all that is written."""
    settled = tuple(paths)
    if len(settled) > _MANY:
        os.sync()
        return
    for path in settled:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
