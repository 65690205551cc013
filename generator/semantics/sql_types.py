"""The types of SQL expressions: which one several share, and how sqlglot writes them."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from generator.facts.catalog import Column, DataType, Mode


class Value(Struct, frozen=True):
    """What an expression gives: a column under the name it suggests, or under none.

    A `constant` gives way to the type of its neighbours: `IF(x, day, "2030-01-01")` is a date.
    """

    column: Column
    constant: bool = False

    def called(self, name: str) -> "Value":
        """The same under a name."""
        column = self.column
        return self if column.name == name else replace(self, column=replace(column, name=name))

    @property
    def computed(self) -> "Value":
        """A value of this type that is no longer the column that it came from."""
        column = self.column
        mode = Mode.REPEATED if column.repeated else Mode.NULLABLE
        return Value(Column("", column.type, mode, fields=column.fields), self.constant)

    @property
    def repeated(self) -> "Value":
        """A list of such values. BigQuery has no list of lists."""
        if self.column.repeated:
            return UNKNOWN
        column = self.settled
        return Value(Column("", column.type, Mode.REPEATED, fields=column.fields))

    @property
    def element(self) -> "Value":
        """One of such a list; what is no list has no elements."""
        column = self.column
        return Value(replace(column, mode=Mode.NULLABLE)) if column.repeated else UNKNOWN

    @property
    def settled(self) -> Column:
        """The column itself; a `NULL` that no neighbour gave a type is an integer."""
        column = self.column
        return replace(column, type=DataType.INT64) if _is_null(self) else column


def scalar(kind: DataType) -> Value:
    """A value of a plain type."""
    return Value(Column("", kind))


def struct(fields: Iterable[Column]) -> Value:
    """A struct of these fields; those without a name get the one that BigQuery shows."""
    named = [
        field if field.name else replace(field, name=f"_field_{place}")
        for place, field in enumerate(fields, start=1)
    ]
    return Value(Column("", DataType.STRUCT, fields=tuple(named)))


UNKNOWN = scalar(DataType.UNKNOWN)
NULL = Value(Column("", DataType.UNKNOWN), constant=True)

# https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules#supertypes
_NUMBERS = (DataType.INT64, DataType.NUMERIC, DataType.BIGNUMERIC, DataType.FLOAT64)
_WIDER = {
    **{pair: max(pair, key=_NUMBERS.index) for a in _NUMBERS for b in _NUMBERS if (pair := (a, b))},
    (DataType.DATE, DataType.DATETIME): DataType.DATETIME,
    (DataType.DATETIME, DataType.DATE): DataType.DATETIME,
}
_FRACTIONS = frozenset({DataType.NUMERIC, DataType.BIGNUMERIC})
_GIVES_WAY = {
    DataType.STRING: frozenset(
        {DataType.DATE, DataType.DATETIME, DataType.TIME, DataType.TIMESTAMP, DataType.BYTES}
    ),
    DataType.INT64: _FRACTIONS | {DataType.FLOAT64},
    DataType.FLOAT64: _FRACTIONS,
}
_ALONE = frozenset({DataType.STRING, DataType.BOOL, DataType.BYTES, DataType.JSON, DataType.TIME})
"""Types that share a supertype with no other: beside one, what is not known must be the same."""


def common(values: Iterable[Value]) -> Value:
    """The type that all of them can have, as a `CASE` or a `UNION` chooses it."""
    said = [value.computed for value in values if not _is_null(value)]
    firm = [value for value in said if not value.constant]
    if not firm:
        return _all(said) if said else NULL
    shared = _all(firm)
    if shared.column.type is DataType.UNKNOWN:
        return shared
    return _all([shared, *(value for value in said if not _bends(value, shared))])


def _is_null(value: Value) -> bool:
    return value.constant and value.column.type is DataType.UNKNOWN


def _bends(value: Value, shared: Value) -> bool:
    """Whether it is a constant that becomes `shared`, or could if that were known."""
    ways = _GIVES_WAY.get(value.column.type, frozenset())
    return value.constant and shared.column.type in {value.column.type, *ways}


def _all(values: Sequence[Value]) -> Value:
    shared = values[0]
    for value in values[1:]:
        column = _both(shared.column, value.column)
        shared = Value(column, shared.constant and value.constant)
    return shared


def _both(one: Column, two: Column) -> Column:
    """The column that holds values of both, without a name."""
    if one is two or (one.type, one.mode, one.fields) == (two.type, two.mode, two.fields):
        return one
    if one.repeated != two.repeated:
        return UNKNOWN.column
    if one.type is DataType.STRUCT is two.type:
        return _both_structs(one, two)
    return replace(one, type=_wider(one.type, two.type), fields=())


def _both_structs(one: Column, two: Column) -> Column:
    """Struct beside struct, field by field; the names are those of the first."""
    if len(one.fields) != len(two.fields):
        return UNKNOWN.column
    pairs = zip(one.fields, two.fields, strict=True)
    return replace(one, fields=tuple(replace(_both(a, b), name=a.name) for a, b in pairs))


def _wider(one: DataType, two: DataType) -> DataType:
    if one is two:
        return one
    known = next((kind for kind in (one, two) if kind in _ALONE), DataType.UNKNOWN)
    if DataType.UNKNOWN in {one, two}:
        return known
    return _WIDER.get((one, two), DataType.UNKNOWN)


_FROM_SQLGLOT = {
    **dict.fromkeys(exp.DataType.TEXT_TYPES, DataType.STRING),
    **dict.fromkeys(exp.DataType.INTEGER_TYPES, DataType.INT64),
    exp.DType.BINARY: DataType.BYTES,
    exp.DType.VARBINARY: DataType.BYTES,
    exp.DType.FLOAT: DataType.FLOAT64,
    exp.DType.DOUBLE: DataType.FLOAT64,
    exp.DType.DECIMAL: DataType.NUMERIC,
    exp.DType.BIGDECIMAL: DataType.BIGNUMERIC,
    exp.DType.BOOLEAN: DataType.BOOL,
    exp.DType.DATE: DataType.DATE,
    exp.DType.DATETIME: DataType.DATETIME,
    exp.DType.TIMESTAMP: DataType.DATETIME,  # without a zone it is no instant
    exp.DType.TIMESTAMPTZ: DataType.TIMESTAMP,
    exp.DType.TIMESTAMPLTZ: DataType.TIMESTAMP,
    exp.DType.TIME: DataType.TIME,
    exp.DType.JSON: DataType.JSON,
    exp.DType.GEOGRAPHY: DataType.GEOGRAPHY,
    exp.DType.INTERVAL: DataType.INTERVAL,
    exp.DType.RANGE: DataType.RANGE,
}
_TO_SQLGLOT = {
    DataType.STRING: exp.DType.TEXT,
    DataType.INT64: exp.DType.BIGINT,
    DataType.BYTES: exp.DType.BINARY,
    DataType.FLOAT64: exp.DType.DOUBLE,
    DataType.NUMERIC: exp.DType.DECIMAL,
    DataType.BIGNUMERIC: exp.DType.BIGDECIMAL,
    DataType.BOOL: exp.DType.BOOLEAN,
    DataType.DATE: exp.DType.DATE,
    DataType.DATETIME: exp.DType.DATETIME,
    DataType.TIME: exp.DType.TIME,
    DataType.TIMESTAMP: exp.DType.TIMESTAMPTZ,
    DataType.JSON: exp.DType.JSON,
    DataType.GEOGRAPHY: exp.DType.GEOGRAPHY,
    DataType.INTERVAL: exp.DType.INTERVAL,
    DataType.RANGE: exp.DType.RANGE,
}


def from_sqlglot(written: exp.DataType) -> Value:
    """The value of a type as sqlglot has it."""
    if written.this is exp.DType.ARRAY:
        inner = written.expressions
        return from_sqlglot(inner[0]).repeated if inner else UNKNOWN
    if written.this is exp.DType.STRUCT:
        return struct(map(_field, written.expressions)) if written.expressions else UNKNOWN
    return scalar(_FROM_SQLGLOT.get(written.this, DataType.UNKNOWN))


def _field(written: exp.Expr) -> Column:
    if isinstance(written, exp.ColumnDef) and isinstance(written.kind, exp.DataType):
        return from_sqlglot(written.kind).called(written.name).column
    return (from_sqlglot(written) if isinstance(written, exp.DataType) else UNKNOWN).column


def to_sqlglot(column: Column) -> exp.DataType:
    """The type of a column as sqlglot has it. A struct is opaque: no function looks inside."""
    plain = exp.DataType(this=_TO_SQLGLOT.get(column.type, exp.DType.UNKNOWN))
    if column.type is DataType.STRUCT:
        plain = exp.DataType(this=exp.DType.STRUCT, nested=True)
    if not column.repeated:
        return plain
    return exp.DataType(this=exp.DType.ARRAY, expressions=[plain], nested=True)
