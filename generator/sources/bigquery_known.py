"""What earlier runs learned of BigQuery's tables: their details, by the digest of them."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from generator.sources.bigquery_rows import Row
from generator.sources.cache import Cache

_FAST = 1


@dataclass(frozen=True, slots=True)
class Known:
    """The details of the tables of a place, packed one by one: few of them are looked at."""

    cache: Cache
    key: str
    packed: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, cache: Cache, key: str) -> "Known":
        """What the cache holds of a place."""
        held = cache.get(key)
        try:
            packed = msgspec.msgpack.decode(held, type=dict[str, bytes]) if held else {}
        except msgspec.MsgspecError:
            packed = {}
        return cls(cache, key, packed)

    @property
    def digests(self) -> list[str]:
        """What need not be told again."""
        return sorted(self.packed)

    def filled(self, rows: Iterable[Row]) -> list[Row]:
        """The rows with the details that were known. Raises ValueError if some are nowhere."""
        return [row if row.details is not None else self._filled(row) for row in rows]

    def _filled(self, row: Row) -> Row:
        if row.digest not in self.packed:
            raise ValueError("a table has no details")
        return row._replace(details=self.packed[row.digest])

    def keep(self, rows: Iterable[Row]) -> None:
        """Remember these rows and no others."""
        found = {row.digest: _packed(row.details) for row in rows if row.details}
        if found.keys() != self.packed.keys():
            self.cache.put(self.key, msgspec.msgpack.encode(found))


def _packed(details: str | bytes) -> bytes:
    return details if isinstance(details, bytes) else zlib.compress(details.encode(), _FAST)
