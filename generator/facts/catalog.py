"""The catalog: what a warehouse holds, in BigQuery's terms."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import force_setattr

from generator.diagnostics import Diagnostic


class DataType(StrEnum):
    """A BigQuery type. The API's names (`INTEGER`) and SQL's (`INT64`) are one."""

    STRING = "STRING"
    BYTES = "BYTES"
    INT64 = "INT64"
    FLOAT64 = "FLOAT64"
    NUMERIC = "NUMERIC"
    BIGNUMERIC = "BIGNUMERIC"
    BOOL = "BOOL"
    DATE = "DATE"
    DATETIME = "DATETIME"
    TIME = "TIME"
    TIMESTAMP = "TIMESTAMP"
    JSON = "JSON"
    GEOGRAPHY = "GEOGRAPHY"
    INTERVAL = "INTERVAL"
    RANGE = "RANGE"
    STRUCT = "STRUCT"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def _missing_(cls, value: object) -> "DataType":
        """Other spellings; a type that nobody has heard of is `UNKNOWN`, not an error."""
        text = str(value).upper().partition("(")[0].partition("<")[0].strip()
        return cls.__members__.get(_SYNONYMS.get(text, text), cls.UNKNOWN)


_SYNONYMS = {
    "INTEGER": "INT64",
    "INT": "INT64",
    "SMALLINT": "INT64",
    "BIGINT": "INT64",
    "TINYINT": "INT64",
    "BYTEINT": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "RECORD": "STRUCT",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}


class Mode(StrEnum):
    """How many values a column has in a row."""

    NULLABLE = "NULLABLE"
    REQUIRED = "REQUIRED"
    REPEATED = "REPEATED"


class Kind(StrEnum):
    """What a relation is. Only tables have a time of last change."""

    TABLE = "TABLE"
    VIEW = "VIEW"
    MATERIALIZED_VIEW = "MATERIALIZED_VIEW"
    EXTERNAL = "EXTERNAL"
    SNAPSHOT = "SNAPSHOT"


_PARTS = (
    re.compile(r"[A-Za-z][\w:.-]*", re.ASCII),
    re.compile(r"\w+", re.ASCII),
    re.compile(r"[\w$*-][\w $*-]*"),
)


class RelationName(NamedTuple):
    """The three parts of a relation's name; a `*` in the last makes it a pattern."""

    project: str
    dataset: str
    table: str

    @classmethod
    def parse(cls, text: str) -> "RelationName":
        """The name that `text` writes, back-ticks allowed.

        Raises ValueError with the reason if a part is missing or could not stand in SQL unharmed.

        >>> RelationName.parse("`acme-prod.kitchen.orders`")
        RelationName(project='acme-prod', dataset='kitchen', table='orders')
        """
        parts = text.strip("`").rsplit(".", len(_PARTS) - 1)
        if len(parts) != len(_PARTS):
            raise ValueError(f"it has {len(parts)} parts, not three")
        for part, pattern in zip(parts, _PARTS, strict=True):
            if pattern.fullmatch(part) is None:
                raise ValueError(f"`{part}` has a character that is not allowed there")
        return cls(*parts)

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for many relations."""
        return "*" in self.table

    def matches(self, other: "RelationName") -> bool:
        """Whether this pattern covers `other`."""
        return self[:2] == other[:2] and fnmatchcase(other.table, self.table)

    def __str__(self) -> str:
        return ".".join(self)


class Column(Struct, frozen=True, cache_hash=True):
    """A column, or a field of a record.

    `top_values` are its commonest values with their counts; None if nobody counted.
    """

    name: str
    type: DataType
    mode: Mode = Mode.NULLABLE
    description: str | None = None
    fields: tuple["Column", ...] = ()
    top_values: tuple[tuple[str | int | float | bool | None, int], ...] | None = None

    @property
    def repeated(self) -> bool:
        """Whether a row holds a list of it."""
        return self.mode is Mode.REPEATED


class Partitioning(Struct, frozen=True):
    """How a table is cut: by `time` (a `type` of day, hour, month, year) or by integer `range`."""

    field: str | None = None
    kind: str = "time"
    type: str | None = None
    require_partition_filter: bool | None = None
    expiration_days: float | None = None


class Relation(Struct, frozen=True):
    """A table or view, with the relations that its own query reads."""

    name: RelationName
    kind: Kind
    columns: tuple[Column, ...] = ()
    description: str | None = None
    partitioning: Partitioning | None = None
    clustering: tuple[str, ...] = ()
    reads_from: tuple[RelationName, ...] = ()
    primary_key: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    aliases: tuple[RelationName, ...] = ()
    bytes: int | None = None
    last_modified: str | None = None
    rows: int | None = None


class Needs(Struct, frozen=True):
    """The relations that a run wants to know: plain names and patterns, each sorted."""

    names: tuple[RelationName, ...] = ()
    patterns: tuple[RelationName, ...] = ()

    @classmethod
    def of(cls, wanted: Iterable[RelationName]) -> "Needs":
        """The needs for these names and patterns."""
        unique = sorted(set(wanted))
        return cls(
            tuple(name for name in unique if not name.is_pattern),
            tuple(name for name in unique if name.is_pattern),
        )


class Catalog(Struct, frozen=True):
    """What was read: relations by name (aliases too), and why others could not be read just now.

    It also holds, as far as they are known, the relations that those read from, to any depth.
    `noticed` is what was wrong with the reading itself, such as a record without a name.
    `aliases` has the first relation of each alias, `sizes` the bytes, as far as they are known;
    both follow from the relations unless they are given.
    """

    relations: Mapping[RelationName, Relation] = field(default_factory=dict)
    unread: Mapping[RelationName, str] = field(default_factory=dict)
    noticed: tuple[Diagnostic, ...] = ()
    aliases: Mapping[RelationName, RelationName] | None = None
    sizes: Mapping[RelationName, int] | None = None

    def __post_init__(self) -> None:
        if self.aliases is None:
            found: dict[RelationName, RelationName] = {}
            for name, relation in self.relations.items():
                for alias in relation.aliases:
                    found.setdefault(alias, name)
            force_setattr(self, "aliases", found)
        if self.sizes is None:
            known = {n: r.bytes for n, r in self.relations.items() if r.bytes is not None}
            force_setattr(self, "sizes", known)

    def of_alias(self, name: RelationName) -> Relation | None:
        """The relation that also goes by a name."""
        known = (self.aliases or {}).get(name)
        return self.relations.get(known) if known else None

    def size(self, name: RelationName) -> int | None:
        """The bytes of a relation; None where nobody knows."""
        return (self.sizes or {}).get(name)


Counts = tuple[tuple[str, int], ...]
"""The commonest values of a column with their counts, most first, equal counts by value."""


class ProfileNeed(Struct, frozen=True):
    """The columns of a relation whose commonest values a run wants to know.

    Values are counted as text, nulls not at all; `count` are wanted of each. With `newest`, a date
    column, only the rows of its greatest value count. With `weight`, a column of whole numbers, a
    row counts as often as it says. `namespace` is the one that wants them.
    """

    relation: RelationName
    columns: tuple[str, ...]
    newest: str | None = None
    count: int = 10
    weight: str | None = None
    namespace: str | None = None


class Profiles(Struct, frozen=True):
    """The values by relation and column, and why other relations could not be read just now."""

    values: Mapping[RelationName, Mapping[str, Counts]] = field(default_factory=dict)
    unread: Mapping[RelationName, str] = field(default_factory=dict)
    noticed: tuple[Diagnostic, ...] = ()
