"""A cache on this disk: answers of a warehouse by a key that changes when they could.

To find nothing is no fault: a file that is broken, of another make or of something else is as good
as none, and is replaced. A file appears whole or not at all, so any number of processes may share
the folder.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct

from generator.files import replace_file

_MAGIC = b"lookml-gen cache 1\n"
_DIGEST = 20
_LARGEST = 500_000_000
"""Bytes that all files together may have."""
_SUFFIX = ".cache"


def default_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """The folder in which this platform's users keep caches; None if nobody knows.

    >>> default_folder({"XDG_CACHE_HOME": "/var/caches"}, "linux").as_posix()
    '/var/caches/lookml-gen'
    """
    name, below = _PLATFORMS.get(platform, ("XDG_CACHE_HOME", ".cache"))
    said = environment.get(name, "") if name else ""
    if said and Path(said).is_absolute():
        return Path(said) / "lookml-gen"
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return Path(home) / below / "lookml-gen" if home else None


_PLATFORMS = {
    "darwin": ("", "Library/Caches"),
    "win32": ("LOCALAPPDATA", "AppData/Local"),
}


class Cache(Struct, frozen=True):
    """A folder of answers; without a folder it holds nothing and keeps nothing."""

    folder: Path | None = None
    largest: int = _LARGEST

    def get(self, key: str) -> bytes | None:
        """What was last put under a key; None if there is nothing that can be trusted."""
        if self.folder is None:
            return None
        path = self._path(key)
        try:
            found = _unpacked(key, path.read_bytes())
            os.utime(path)  # the file that was not used for the longest time goes first
        except OSError:
            return None
        return found

    def put(self, key: str, value: bytes) -> None:
        """Keep a value. What cannot be written is not kept."""
        if self.folder is None:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(self._path(key), _packed(key, value), settled=False)
            self._bound()

    def _path(self, key: str) -> Path:
        name = blake2b(key.encode(), digest_size=_DIGEST).hexdigest()
        return (self.folder or Path()) / f"{name}{_SUFFIX}"

    def _bound(self) -> None:
        """Drop the files that were not used for the longest time, if there are too many bytes."""
        kept = 0
        for _, size, path in sorted(map(_age, _files(self.folder)), reverse=True):
            kept += size
            if kept > self.largest:
                path.unlink(missing_ok=True)


def _files(folder: Path | None) -> list[Path]:
    """Our files, those included that a killed process left half written."""
    return [path for path in folder.iterdir() if _SUFFIX in path.name] if folder else []


def _age(path: Path) -> tuple[float, int, Path]:
    """When it was last used, and its size; of one that another process just dropped, nothing."""
    try:
        said = path.stat()
    except OSError:
        return 0.0, 0, path
    return said.st_mtime, said.st_size, path


def _packed(key: str, value: bytes) -> bytes:
    body = key.encode() + b"\n" + value
    return _MAGIC + blake2b(body, digest_size=_DIGEST).digest() + body


def _unpacked(key: str, packed: bytes) -> bytes | None:
    head, body = packed[: len(_MAGIC) + _DIGEST], packed[len(_MAGIC) + _DIGEST :]
    if head != _MAGIC + blake2b(body, digest_size=_DIGEST).digest():
        return None
    said, _, value = body.partition(b"\n")
    return value if said == key.encode() else None
