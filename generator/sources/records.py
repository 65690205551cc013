"""One relation as JSON: the record that a snapshot holds per line, and its way in and out."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from generator.facts.catalog import Column, DataType, Kind, Mode, Partitioning, Relation
from generator.facts.catalog import RelationName as Name
from generator.sources.warehouse import Unread

Scalar = str | int | float | bool | None


class Head(msgspec.Struct, gc=False):
    """The names of a record; decoding them skips the rest unseen, whatever is wrong with it."""

    table: str
    aliases: tuple[str, ...] = ()


class Field(msgspec.Struct, omit_defaults=True, gc=False):
    """A column as written. The fields below it stay bytes, so that equal ones are made once."""

    name: str
    type: str
    mode: str | None = None
    description: Scalar = None
    fields: tuple[msgspec.Raw, ...] | None = None
    top_values: tuple[tuple[Scalar, int], ...] | None = None


class Record(msgspec.Struct, omit_defaults=True):
    """A relation as written, in the order in which it is written; unknown keys are ignored."""

    table: str
    kind: str | None = None
    unread: str | None = None
    description: Scalar = None
    aliases: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    partitioning: Partitioning | None = None
    clustering: tuple[str, ...] = ()
    primary_key: tuple[str, ...] = ()
    labels: dict[str, object] = {}
    owners: tuple[str, ...] = ()
    bytes: int | None = None
    last_modified: str | None = None
    rows: int | None = None
    fields: tuple[msgspec.Raw, ...] | None = None


MALFORMED = (msgspec.MsgspecError, ValueError, RecursionError)
_ENCODER = msgspec.json.Encoder()
_HEAD = msgspec.json.Decoder(Head)
_RECORD = msgspec.json.Decoder(Record)
_FIELD = msgspec.json.Decoder(Field)
# A quote inside a JSON string is escaped, so this finds keys only.
_TABLE = re.compile(rb'"table"\s*:\s*"([^"\\]+)"')


def decoded(line: bytes) -> Record:
    """A record, its columns as written. Raises one of MALFORMED."""
    return _RECORD.decode(line)


def guess_head(line: bytes) -> Head | None:
    """The names of a record that does not decode, if they can still be told.

    >>> guess_head(b'{"table": "shop.web.visits", "aliases": ["web.visits"], "kind": 3}')
    Head(table='shop.web.visits', aliases=('web.visits',))
    >>> guess_head(b'{"table": "shop.web.visits", "kind": "VI')
    Head(table='shop.web.visits', aliases=())
    """
    try:
        return _HEAD.decode(line)
    except MALFORMED:
        name = _guessed(line)
        return Head(name) if name else None


def _guessed(line: bytes) -> str | None:
    for found in _TABLE.finditer(line):
        text = found[1].decode(errors="replace")
        if _name(text):
            return text
    return None


class Reader:
    """Decodes records. Equal columns are made once: in a real hub, nine in ten are equal."""

    def __init__(self) -> None:
        self._columns: dict[bytes, Column] = {}

    def read(self, record: Record) -> Relation | Unread:
        """The relation of a record, or why it was unread when recorded. Raises one of MALFORMED."""
        if record.unread is not None:
            return Unread(record.unread)
        return Relation(
            name=Name.parse(record.table),
            kind=Kind(record.kind) if record.kind else Kind.TABLE,
            columns=self._all(record.fields),
            description=text_of(record.description),
            partitioning=record.partitioning,
            clustering=record.clustering,
            reads_from=tuple(names_of(record.references)),
            primary_key=record.primary_key,
            labels={key: label_of(value) for key, value in record.labels.items()},
            owners=record.owners,
            aliases=tuple(names_of(record.aliases)),
            bytes=record.bytes,
            last_modified=record.last_modified,
            rows=record.rows,
        )

    def _all(self, fields: Iterable[msgspec.Raw] | None) -> tuple[Column, ...]:
        return tuple([self._column(bytes(raw)) for raw in fields or ()])

    def _column(self, raw: bytes) -> Column:
        known = self._columns.get(raw)
        if known is not None:
            return known
        field = _FIELD.decode(raw)
        column = self._columns[raw] = Column(
            field.name,
            _type_of(field.type),
            _mode_of(field.mode),
            text_of(field.description),
            self._all(field.fields),
            field.top_values,
        )
        return column


@lru_cache(maxsize=1024)
def _type_of(text: str) -> DataType:
    return DataType(text)


@lru_cache(maxsize=16)
def _mode_of(text: str | None) -> Mode:
    return Mode(text.upper()) if text else Mode.NULLABLE


def write_relation(relation: Relation) -> bytes:
    """The record of a relation: keys in the order of `Record`, what is unsaid left out."""
    return _ENCODER.encode(
        Record(
            table=str(relation.name),
            kind=relation.kind,
            description=relation.description,
            aliases=tuple(map(str, relation.aliases)),
            references=tuple(map(str, relation.reads_from)),
            partitioning=relation.partitioning,
            clustering=relation.clustering,
            primary_key=relation.primary_key,
            labels=dict(sorted(relation.labels.items())),
            owners=relation.owners,
            bytes=relation.bytes,
            last_modified=relation.last_modified,
            rows=relation.rows,
            fields=_write_columns(relation.columns) or None,
        )
    )


def write_unread(name: Name, reason: str) -> bytes:
    """The record of a relation that could not be read."""
    return _ENCODER.encode(Record(table=str(name), unread=reason))


def _write_columns(columns: Iterable[Column]) -> tuple[msgspec.Raw, ...]:
    return tuple(msgspec.Raw(_ENCODER.encode(_field_of(column))) for column in columns)


def _field_of(column: Column) -> Field:
    return Field(
        column.name,
        column.type,
        None if column.mode is Mode.NULLABLE else column.mode,
        column.description,
        _write_columns(column.fields) or None,
        column.top_values,
    )


def text_of(value: Scalar) -> str | None:
    """A text, even where someone wrote a bare number."""
    return value if value is None or isinstance(value, str) else str(value)


def label_of(value: object) -> str:
    """A label's value as BigQuery holds it: a string.

    >>> [label_of(value) for value in (True, 3, ["a", "b"], None)]
    ['true', '3', 'a,b', '']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(label_of, value))
    return "" if value is None else str(value)


def names_of(texts: Iterable[str]) -> Iterator[Name]:
    """The texts that name a relation; queries also read functions and `INFORMATION_SCHEMA`."""
    return (name for text in texts if (name := _name(text)))


def _name(text: str) -> Name | None:
    try:
        return Name.parse(text)
    except ValueError:
        return None
