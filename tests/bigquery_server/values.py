"""Values and columns as the REST API writes them."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from generator.facts.catalog import Column, DataType
from tests.bigquery_server.schemas import API_TYPES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def field(column: Column) -> dict[str, Any]:
    """A column of a result."""
    below = [field(one) for one in column.fields]
    said: dict[str, Any] = {
        "name": column.name,
        "type": API_TYPES.get(column.type, column.type.value),
        "mode": column.mode.value,
    }
    return {**said, "fields": below} if below else said


def row(columns: Sequence[Column], values: Sequence[Any]) -> dict[str, Any]:
    """A row, or a record."""
    cells = (cell(column, value) for column, value in zip(columns, values, strict=True))
    return {"f": [{"v": value} for value in cells]}


def cell(column: Column, value: Any) -> Any:
    """The value of a column: everything is a text but null, a list and a record."""
    if column.repeated:
        return [{"v": _single(column, item)} for item in value or ()]
    return None if value is None else _single(column, value)


def _single(column: Column, value: Any) -> Any:
    if column.type is DataType.STRUCT:
        return row(column.fields, [value[one.name] for one in column.fields])
    return _TEXTS.get(column.type, str)(value)


def _moment(value: datetime) -> str:
    """Microseconds since 1970."""
    delta = value.astimezone(UTC) - _EPOCH
    return str((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds)


def _interval(value: timedelta) -> str:
    """Years and months, days, hours: DuckDB's Python knows days only."""
    return f"0-0 {value.days} {timedelta(seconds=value.seconds, microseconds=value.microseconds)}"


def _iso(value: date | time) -> str:
    return value.isoformat()


_TEXTS: Mapping[DataType, Callable[[Any], str]] = {
    DataType.BOOL: lambda value: str(value).lower(),
    DataType.BYTES: lambda value: base64.b64encode(value).decode(),
    DataType.TIMESTAMP: _moment,
    DataType.DATE: _iso,
    DataType.DATETIME: _iso,
    DataType.TIME: _iso,
    DataType.FLOAT64: repr,
    DataType.NUMERIC: lambda value: format(Decimal(value), "f"),
    DataType.INTERVAL: _interval,
    DataType.JSON: lambda value: value if isinstance(value, str) else json.dumps(value),
}
