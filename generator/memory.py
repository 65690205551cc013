"""What runs remember of the parts they made, so that the next makes only what changed.

A memory that is missing, broken or foreign is none: then everything is made.
"""

import io
import pickle
from collections.abc import Mapping
from datetime import date
from enum import Enum
from hashlib import blake2b
from pathlib import Path
from typing import Any

from msgspec import Struct

from generator.answers import Question
from generator.parts import Made
from generator.publish.locks import writing

_SIZE = 20
_OWN = "generator."


class Record(Struct, frozen=True):
    """A part as it was made: from what, from which answers of the catalog, and what became of it.

    Its files stand where they belong, so none has a place.
    """

    key: bytes
    asked: tuple[tuple[Question, bytes], ...]
    made: Made


Records = Mapping[str, Record]


def remember(path: Path, key: bytes, value: object) -> None:
    """Write a value down, to be found by the same key. Raises Fault if that cannot be."""
    content = key + pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pending = path.with_name(f"{path.name}.next")
    with writing(pending):
        path.parent.mkdir(parents=True, exist_ok=True)
        pending.write_bytes(_sum(content) + content)
        pending.replace(path)


def recall(path: Path, key: bytes) -> Any | None:
    """The value that was written down with a key; None if there is none to trust."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    total, content = content[:_SIZE], content[_SIZE:]
    if total != _sum(content) or not content.startswith(key):
        return None
    try:
        return _Reader(io.BytesIO(content[len(key) :])).load()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not ours
        return None


def _sum(content: bytes) -> bytes:
    return blake2b(content, digest_size=_SIZE).digest()


class _Reader(pickle.Unpickler):
    """Reads plain data of our own classes. Nothing that a file names is ever called but those."""

    def find_class(self, module: str, name: str) -> type:
        """The class of that name, if it is one of ours that only holds data."""
        found = super().find_class(module, name) if module.startswith(_OWN) else _PLAIN.get(name)
        if not isinstance(found, type) or not _is_data(found):
            raise pickle.UnpicklingError(f"{module}.{name} is no data")
        return found


_PLAIN = {"date": date, "frozenset": frozenset}


def _is_data(found: type) -> bool:
    if found in _PLAIN.values():
        return True
    named = issubclass(found, tuple) and hasattr(found, "_fields")
    return issubclass(found, Struct) or issubclass(found, Enum) or named
