"""What a name in a query can mean: the sources of its FROM, and the queries around it."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from generator.facts.catalog import Column, DataType, Mode
from generator.semantics.sql_types import UNKNOWN, Value, common, scalar

_PSEUDO = {
    "_table_suffix": DataType.STRING,
    "_file_name": DataType.STRING,
    "_partitiontime": DataType.TIMESTAMP,
    "_partitiondate": DataType.DATE,
}
"""Columns of any table that no star shows."""


class Source(Struct, frozen=True):
    """An item of a FROM: its alias and its columns.

    `whole` is what the alias itself means where that is no row, as for the element of an array.
    Of a source that is not `complete`, some columns are not known. A `shy` one has no alias of its
    own: in back-ticks, `acme.shop.visits` is one word, so that a column `visits` goes before it.
    """

    name: str
    columns: tuple[Column, ...]
    complete: bool = True
    whole: Value | None = None
    shy: bool = False

    def column(self, name: str) -> Value | None:
        """One of its columns; UNKNOWN where it might have one of that name."""
        found = find(self.columns, name)
        if found is not None:
            return Value(found)
        return None if self.complete else UNKNOWN

    @property
    def row(self) -> Value:
        """What its alias means as a value."""
        if self.whole is not None:
            return self.whole
        record = Column(self.name, DataType.STRUCT, fields=self.columns)
        return Value(record) if self.complete else UNKNOWN

    def nullable(self) -> "Source":
        """The same where a join may find no row for it."""
        return replace(self, columns=_nullable(self.columns))


class Item(Struct, frozen=True):
    """What a FROM, or a part of it, offers: sources by alias, and what `*` shows of them all."""

    sources: tuple[Source, ...] = ()
    star: tuple[Column, ...] = ()

    @classmethod
    def of(cls, *sources: Source) -> "Item":
        """The sources side by side."""
        return cls(sources, tuple(column for source in sources for column in source.columns))

    @property
    def complete(self) -> bool:
        """Whether all columns are known."""
        return all(source.complete for source in self.sources)

    def joined(self, other: "Item", side: str, using: Sequence[str]) -> "Item":
        """The join of both. Columns that it is USING come first, once."""
        left = self.nullable() if side in {"RIGHT", "FULL"} else self
        right = other.nullable() if side in {"LEFT", "FULL"} else other
        shared = tuple(_shared(name, left, right, side) for name in using)
        taken = {name.lower() for name in using}
        rest = (column for column in (*left.star, *right.star) if column.name.lower() not in taken)
        return Item((*left.sources, *right.sources), (*shared, *rest))

    def nullable(self) -> "Item":
        """The same where a join may find no row for it."""
        return Item(tuple(source.nullable() for source in self.sources), _nullable(self.star))


class Scope(Struct, frozen=True):
    """What is visible at a place in a query: its FROM so far, named queries, and what is around."""

    item: Item = field(default_factory=Item)
    named: Mapping[str, Source] = field(default_factory=dict)
    outer: "Scope | None" = None

    def inner(self) -> "Scope":
        """The scope that a query in this place starts with."""
        return Scope(Item(), self.named, self if self.item.sources else self.outer)

    def naming(self, source: Source) -> "Scope":
        """The same with one more named query."""
        return replace(self, named={**self.named, source.name.lower(): source})

    def source(self, name: str) -> Source | None:
        """The source with this alias, the nearest first."""
        wanted = name.lower()
        for source in self.item.sources:
            if source.name.lower() == wanted:
                return source
        return self.outer.source(name) if self.outer else None

    def path(self, parts: Sequence[str]) -> Value:
        """The value of a dotted name. An alias hides a column of the same name."""
        first, *rest = parts
        source = self.owner(first, rest)
        if source is not None:
            return _in_source(source, rest)
        found = find(self.item.star, first)
        if found is not None:
            return descend(Value(found), rest)
        if self.outer and (self.item.complete or self.outer.source(first)):
            return self.outer.path(parts)
        return descend(_pseudo(first), rest) if self.item.complete else UNKNOWN

    def owner(self, name: str, rest: Sequence[str] = ()) -> Source | None:
        """The source of this FROM that a name stands for, if no column goes before it."""
        source = Scope(self.item).source(name)
        if source is None or not source.shy:
            return source
        column = find(self.item.star, name)
        hides = column is not None and (not rest or descend(Value(column), rest[:1]) != UNKNOWN)
        return None if hides else source


def _in_source(source: Source, path: Sequence[str]) -> Value:
    if not path:
        return source.row
    if source.whole is not None:
        return descend(source.whole, path)
    return descend(source.column(path[0]) or _pseudo(path[0]), path[1:])


def _pseudo(name: str) -> Value:
    return scalar(_PSEUDO.get(name.lower(), DataType.UNKNOWN))


def find(columns: Iterable[Column], name: str) -> Column | None:
    """The column of this name; upper and lower case are one."""
    wanted = name.lower()
    return next((column for column in columns if column.name.lower() == wanted), None)


def descend(value: Value, parts: Iterable[str]) -> Value:
    """The field at the end of a path into a struct, or into JSON."""
    for part in parts:
        column = value.column
        if column.repeated:
            return UNKNOWN
        if column.type is DataType.JSON:
            return scalar(DataType.JSON)
        found = find(column.fields, part)
        if found is None:
            return UNKNOWN
        value = Value(found)
    return value


def _shared(name: str, left: Item, right: Item, side: str) -> Column:
    """The column that a join is USING: of the side that surely has a row, else of either."""
    sides = [Value(column) for item in (left, right) if (column := find(item.star, name))]
    if not sides:
        return Column(name, DataType.UNKNOWN)
    kept = {"RIGHT": sides[-1], "FULL": common(sides)}.get(side, sides[0])
    return kept.called(name).column


def _nullable(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    if all(column.mode is not Mode.REQUIRED for column in columns):
        return columns
    return tuple(
        replace(column, mode=Mode.NULLABLE) if column.mode is Mode.REQUIRED else column
        for column in columns
    )
