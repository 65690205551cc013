"""What earlier runs learned of BigQuery's tables: their details, by the digest of them.

With it stands the mark of each table, from which a later run may tell that nothing changed.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct, field

from generator.sources.bigquery_party import Tables
from generator.sources.bigquery_rows import Marked, Row
from generator.sources.cache import Cache

_FAST = 1


class Held(msgspec.Struct):
    """What is kept of a place: details by digest, and by table its mark and its digest."""

    packed: dict[str, bytes]
    marks: dict[str, tuple[str, str]] | None = None


class Known(Struct, frozen=True):
    """The details of the tables of a place, packed one by one: few of them are looked at."""

    cache: Cache
    key: str
    packed: Mapping[str, bytes] = field(default_factory=dict)
    marks: Mapping[str, tuple[str, str]] | None = None

    @classmethod
    def of(cls, cache: Cache, project: str, location: str | None, place: str) -> "Known":
        """What the cache holds of a dataset, or of a region of a project."""
        key = f"tables {project} {location or ''} {place}".lower()
        text = cache.get(key)
        try:
            held = msgspec.msgpack.decode(text, type=Held) if text else Held({})
        except msgspec.MsgspecError:
            held = Held({})
        return cls(cache, key, held.packed, held.marks)

    @property
    def digests(self) -> list[str]:
        """What need not be told again."""
        return sorted(self.packed)

    def confirmed(self, said: Iterable[Marked]) -> list[Row] | None:
        """The rows of a dataset in which nothing changed; None if its marks do not tell that."""
        found = {row.table: row for row in said}
        known = self.marks
        if known is None or {one: mark for one, (mark, _) in known.items()} != {
            one: row.mark for one, row in found.items()
        }:
            return None
        rows = [self._confirmed(row, *known[one]) for one, row in found.items()]
        return rows if all(row.details for row in rows) else None

    def _confirmed(self, row: Marked, mark: str, digest: str) -> Row:
        sizes = row.rows, row.size, row.changed
        return Row(row.dataset, row.table, digest, mark, *sizes, self.packed.get(digest))

    def by_dataset(
        self, said: Iterable[Sequence[object]], packed: Mapping[str, bytes] | None = None
    ) -> Mapping[str, Tables] | None:
        """The tables of each dataset, remembered from now on; None if the answer is malformed.

        `packed` are the details that were known, if those are more than these.
        """
        datasets: dict[str, dict[str, Row]] = {}
        try:
            rows = list(map(Row._make, said))
            filled = [_filled(row, self.packed if packed is None else packed) for row in rows]
        except (TypeError, ValueError):
            return None
        for row in filled:
            datasets.setdefault(row.dataset, {})[row.table] = row
        self._keep(filled)
        return datasets

    def _keep(self, every: Sequence[Row]) -> None:
        """Remember these rows and no others; all of their marks, or none."""
        found = {row.digest: _packed(row.details) for row in every if row.details}
        marks = {row.table: (row.mark, row.digest) for row in every if row.mark}
        kept = marks if len(marks) == len(every) else None
        if found.keys() != self.packed.keys() or kept != self.marks:
            self.cache.put(self.key, msgspec.msgpack.encode(Held(found, kept)))


def _packed(details: str | bytes) -> bytes:
    return details if isinstance(details, bytes) else zlib.compress(details.encode(), _FAST)


def _filled(row: Row, packed: Mapping[str, bytes]) -> Row:
    """The row with its details. Raises ValueError if they are nowhere."""
    if row.details is not None:
        return row
    if row.digest not in packed:
        raise ValueError("a table has no details")
    return row._replace(details=packed[row.digest])
