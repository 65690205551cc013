"""BigQuery's types as its catalog writes them: `ARRAY<STRUCT<day DATE, hits INT64>>`."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec.structs import replace

from generator.facts.catalog import Column, DataType, Mode

_MARKS = re.compile(r"`[^`]*`|[<(,)>]")
_DEPTH = {"<": 1, "(": 1, ")": -1, ">": -1}
# A name may hold blanks; the type is the last word before its brackets.
_FIELD = re.compile(r"(?:`([^`]*)`|(.*?))\s+([A-Z][A-Z0-9]*\s*(?:[<(].*)?)", re.DOTALL)


@lru_cache(maxsize=65536)
def column_of(name: str, text: str, mode: Mode = Mode.NULLABLE) -> Column:
    """The column of a type, with the fields below it. Raises ValueError if it is no type.

    >>> column_of("hits", "ARRAY<INT64>").mode
    <Mode.REPEATED: 'REPEATED'>
    >>> [field.name for field in column_of("geo", "STRUCT<city STRING, `end` DATE>").fields]
    ['city', 'end']
    """
    head, opened, rest = text.strip().partition("<")
    if not opened:
        return Column(name, DataType(head), mode)
    if not rest.endswith(">"):
        raise ValueError(f"`{text}` is no type: a bracket is open")
    if head == "ARRAY":
        return replace(column_of(name, rest[:-1]), mode=Mode.REPEATED)
    if head == "STRUCT":
        return Column(name, DataType.STRUCT, mode, fields=_fields(rest[:-1]))
    return Column(name, DataType(head), mode)


def _fields(text: str) -> tuple[Column, ...]:
    return tuple(_field(part.strip(), place) for place, part in enumerate(_parts(text), start=1))


def _field(text: str, place: int) -> Column:
    found = _FIELD.fullmatch(text)
    if found is None:
        return column_of(f"_field_{place}", text)  # BigQuery's name of what has none
    quoted, plain, written = found.groups()
    return column_of(quoted or plain, written)


def _parts(text: str) -> Iterator[str]:
    """The text, cut at the commas that are in no bracket."""
    depth = start = 0
    for mark in _MARKS.finditer(text):
        depth += _DEPTH.get(mark[0], 0)
        if mark[0] == "," and depth == 0:
            yield text[start : mark.start()]
            start = mark.end()
    if depth:
        raise ValueError(f"`{text}` is no list of fields: a bracket is open")
    yield text[start:]


def described(column: Column, said: Mapping[str, str], above: str = "") -> Column:
    """The column with the descriptions that `said` has by the paths of it and its fields."""
    path = f"{above}{column.name}"
    fields = tuple([described(field, said, f"{path}.") for field in column.fields])
    return Column(column.name, column.type, column.mode, said.get(path), fields)
