"""`snapshot:PATH`: a catalog recorded to a file, one relation per line, for offline runs."""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from hashlib import blake2b
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault
from generator.facts.catalog import (
    Catalog,
    Needs,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.files import replace_file
from generator.sources import records
from generator.sources.profiles import gathered, recorded
from generator.sources.records import MALFORMED, Record
from generator.sources.warehouse import Unread, gather

_BROKEN_FILE = (OSError, EOFError, zlib.error)
_BITE = 1 << 18
_GZIP_MAGIC = b"\x1f\x8b"


class Line(NamedTuple):
    """A line of the file, from 1, and what is wrong with it."""

    number: int
    fault: str | None = None


class Index(NamedTuple):
    """The lines by each name they are found under, and those whose name cannot be told.

    `records` are those of lines by number that were not asked for yet: whoever reads one takes it.
    """

    lines: Mapping[str, Line]
    nameless: tuple[Line, ...]
    records: dict[int, Record]


class Snapshot(Struct, frozen=True, dict=True):
    """A recorded catalog. The file is read once, at the first question."""

    url: str
    path: Path

    def read(self, needs: Needs) -> Catalog:
        """The recorded relations among `needs`, and what they read from, to any depth.

        A broken line without a name might be any relation: as long as there is one, a name that
        is asked for and not found counts as unread, never as gone.
        """
        # what reads knows the text of each column, which is let go with it
        look = partial(self._look, records.Reader())
        found = gather((*needs.names, *_matches(self._index, needs)), look)
        unread = {**found.unread, **self._doubtful(needs, found)}
        return Catalog(found.relations, unread, tuple(map(self._notice, self._index.nameless)))

    def profile(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The recorded values, of what rows they ever were."""
        return gathered(
            (need, counts)
            for need in needs
            if (found := self._look(records.Reader(), need.relation))
            and (counts := found if isinstance(found, Unread) else recorded(need, found))
        )

    def fingerprint(self) -> str:
        """A digest of the file as it is stored."""
        try:
            return blake2b(self.path.read_bytes(), digest_size=20).hexdigest()
        except OSError as error:
            raise self._unreadable(error) from None

    @cached_property
    def _index(self) -> Index:
        try:
            return _index_of(self.path)
        except _BROKEN_FILE as error:
            raise self._unreadable(error) from None

    @cached_property
    def _made(self) -> dict[int, Relation | Unread]:
        """What each line that was asked for says; it is decoded once, whoever asks again."""
        return {}

    def _look(self, reader: records.Reader, name: RelationName) -> Relation | Unread | None:
        """What the file says of a name."""
        line = self._index.lines.get(str(name))
        if line is None:
            return None
        if line.number not in self._made:
            record = self._index.records.pop(line.number, None)
            self._made[line.number] = self._read_line(line, record, reader)
        return self._made[line.number]

    def _read_line(
        self, line: Line, record: Record | None, reader: records.Reader
    ) -> Relation | Unread:
        try:
            return reader.read(record) if record else Unread(self._blame(line))
        except MALFORMED as error:
            return Unread(self._blame(line._replace(fault=str(error))))

    def _blame(self, line: Line) -> str:
        return f"line {line.number} of {self.path.name}: {line.fault}"

    def _doubtful(self, needs: Needs, found: Catalog) -> dict[RelationName, str]:
        if not self._index.nameless:
            return {}
        reason = f"{self._blame(self._index.nameless[0])}; that line may be it"
        asked = (*needs.names, *needs.patterns)
        known = found.relations.keys() | found.unread.keys()
        return {name: reason for name in asked if name not in known}

    def _notice(self, line: Line) -> Diagnostic:
        place = Location(str(self.path), line.number)
        return diagnostic("ignored-record", place, reason=line.fault)

    def _unreadable(self, error: Exception) -> Fault:
        reason = getattr(error, "strerror", None) or str(error)
        return fault("unreadable-file", Location(str(self.path)), reason=reason)


def write_snapshot(path: Path, catalog: Catalog) -> None:
    """Record a catalog so that reading gives the same; the file appears whole or not at all.

    Compressed when the name ends in `.gz`, without a date: the same catalog gives the same bytes.
    """
    text = b"".join(line + b"\n" for line in _record(catalog))
    if path.suffix == ".gz":
        text = gzip.compress(text, mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text)


def _record(catalog: Catalog) -> Iterator[bytes]:
    """The lines, by name; a relation that the catalog has under several names is written once."""
    relations = {relation.name: relation for relation in catalog.relations.values()}
    for name in sorted({*relations, *catalog.unread}):
        relation = relations.get(name)
        if relation is not None:
            yield records.write_relation(relation)
        elif not name.is_pattern:
            yield records.write_unread(name, catalog.unread[name])


def _index_of(path: Path) -> Index:
    """Where each name is. Of two lines the first counts, and a name before another's alias."""
    names: dict[str, Line] = {}
    aliases: dict[str, Line] = {}
    nameless: list[Line] = []
    found: dict[int, Record] = {}
    for number, text in _lines(path):
        line, head = _line(number, text)
        if head is None:
            nameless.append(line)
            continue
        if isinstance(head, Record):
            found[number] = head
        names.setdefault(head.table, line)
        for alias in head.aliases:
            aliases.setdefault(alias, line)
    return Index({**aliases, **names}, tuple(nameless), found)


def _line(number: int, text: bytes) -> tuple[Line, Record | records.Head | None]:
    """A line, and its record; of a broken one the names, if they can still be told."""
    try:
        return Line(number), records.decoded(text)
    except MALFORMED as error:
        return Line(number, str(error)), records.guess_head(text)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    with gzip.open(path) if packed else path.open("rb") as lines:
        # in large bites: what `gzip` hands out by itself is a few lines at a time
        for number, text in enumerate(BufferedReader(lines, _BITE), start=1):
            if not text.isspace():
                yield number, text


def _matches(index: Index, needs: Needs) -> Iterable[RelationName]:
    """The names in the file that a pattern covers."""
    if not needs.patterns:
        return ()
    known = records.names_of(index.lines)
    return sorted(
        name for name in known if any(pattern.matches(name) for pattern in needs.patterns)
    )
