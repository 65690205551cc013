"""What BigQuery lately said is not there: it is asked again when something near it changes.

A table that a list does not show may be hidden from it, so one question each proves that it is
gone. As long as the list is the same, the proof is good for a week.
"""

import time
from collections.abc import Iterable
from hashlib import blake2b

import msgspec
from msgspec import Struct, field

from generator.sources.cache import Cache

_WEEK = 7 * 86_400


def listing(items: Iterable[str]) -> str:
    """A digest of a list, whatever its order."""
    return blake2b("\n".join(sorted(items)).encode(), digest_size=10).hexdigest()


class Absent(Struct):
    """The names that are not there, each with the digest of the list that lacks it, and when."""

    cache: Cache
    key: str
    held: dict[str, tuple[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, cache: Cache, project: str) -> "Absent":
        """What the cache holds of a project."""
        key = f"absent {project}"
        text = cache.get(key)
        try:
            kind = dict[str, tuple[str, float]]
            held = msgspec.msgpack.decode(text, type=kind) if text else {}
        except msgspec.MsgspecError:
            held = {}
        now = time.time()
        return cls(cache, key, {n: said for n, said in held.items() if 0 <= now - said[1] < _WEEK})

    def has(self, name: str, lacks_it: str) -> bool:
        """Whether it is proved that a name, which the list of this digest lacks, is not there."""
        return name in self.held and self.held[name][0] == lacks_it

    def keep(self, names: Iterable[tuple[str, str]]) -> None:
        """Remember further names, each with the digest of the list that lacks it."""
        now = time.time()
        found = {name: (lacks_it, now) for name, lacks_it in names}
        if found:
            self.held.update(found)
            self.cache.put(self.key, msgspec.msgpack.encode(self.held))
