"""DuckDB's types as BigQuery's; DuckDB's own parser reads them."""

from typing import Any

from msgspec.structs import replace

from generator.facts.catalog import Column, DataType, Mode

_PLAIN = {
    "BIGNUM": DataType.BIGNUMERIC,
    "HUGEINT": DataType.BIGNUMERIC,
    "UHUGEINT": DataType.BIGNUMERIC,
    "UBIGINT": DataType.NUMERIC,
    "UINTEGER": DataType.INT64,
    "USMALLINT": DataType.INT64,
    "UTINYINT": DataType.INT64,
    "DOUBLE": DataType.FLOAT64,
    "VARCHAR": DataType.STRING,
    "ENUM": DataType.STRING,
    "UUID": DataType.STRING,
    "BLOB": DataType.BYTES,
    "TIMESTAMP": DataType.DATETIME,  # without a zone it is no instant
    "TIMESTAMP_S": DataType.DATETIME,
    "TIMESTAMP_MS": DataType.DATETIME,
    "TIMESTAMP_NS": DataType.DATETIME,
    "TIMESTAMP WITH TIME ZONE": DataType.TIMESTAMP,
    "TIME WITH TIME ZONE": DataType.TIME,
    "TIME_NS": DataType.TIME,
    "VARIANT": DataType.JSON,
    "GEOMETRY": DataType.GEOGRAPHY,
}
_LISTS = ("list", "array")
# NUMERIC holds so many digits before and after the point.
_WHOLE, _FRACTION = 29, 9


def named_type(text: str) -> DataType:
    """A scalar type by its name in BigQuery, else by its name in DuckDB."""
    known = DataType(text)
    return known if known is not DataType.UNKNOWN else _PLAIN.get(text.upper(), known)


def column_of(name: str, written: Any, mode: Mode = Mode.NULLABLE) -> Column:
    """The column of a type that DuckDB has parsed.

    A list of lists (or of maps, which are lists of pairs) cannot be in BigQuery. It becomes a
    repeated column of unknown type: said to be there, and left alone.
    """
    if written.id in _LISTS:
        inner = column_of(name, dict(written.children)["child"])
        if inner.repeated:
            return Column(name, DataType.UNKNOWN, Mode.REPEATED)
        return replace(inner, mode=Mode.REPEATED)
    if written.id == "map":
        return Column(name, DataType.STRUCT, Mode.REPEATED, fields=_fields(written))
    if written.id == "struct":
        return Column(name, DataType.STRUCT, mode, fields=_fields(written))
    return Column(name, _scalar(written), mode)


def _fields(written: Any) -> tuple[Column, ...]:
    return tuple(column_of(name, below) for name, below in written.children)


def _scalar(written: Any) -> DataType:
    if written.id == "decimal":
        size = dict(written.children)
        fits = size["scale"] <= _FRACTION and size["precision"] - size["scale"] <= _WHOLE
        return DataType.NUMERIC if fits else DataType.BIGNUMERIC
    # The names differ from the ids for JSON, which DuckDB stores as text.
    text = "ENUM" if written.id == "enum" else str(written).partition("(")[0]
    return _PLAIN[text] if text in _PLAIN else DataType(text)
