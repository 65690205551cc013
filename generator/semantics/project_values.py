"""Tables of monitoring projects, key by key: each is read by the type that it takes."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from generator.diagnostics import Diagnostic, diagnostic, nearest
from generator.facts.metric_hub import Table, Written

Reader = Callable[[object], Any]
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Mismatch(Exception):  # noqa: N818 - the value is another than the key takes
    """A value of another type; the text says which one the key takes."""


def text(value: object) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise Mismatch("a text")
    return value


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Mismatch("true or false")
    return value


def texts(value: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise Mismatch("a list of texts")
    return tuple(value)


def number(value: object) -> float:
    """A number that is finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise Mismatch("a number")
    return float(value)


def numbers(value: object) -> tuple[float, ...]:
    """A list of numbers."""
    try:
        return tuple(map(number, value if isinstance(value, list) else [None]))
    except Mismatch:
        raise Mismatch("a list of numbers") from None


def count(value: object) -> int:
    """A whole number from 1."""
    if type(value) is not int or not 0 < value < _MANY:
        raise Mismatch("a whole number from 1")
    return value


def day(value: object) -> date:
    """A date, as a text or bare."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Mismatch("a date such as 2030-01-31")


def table(value: object) -> Mapping[str, object]:
    """A table."""
    if not isinstance(value, dict):
        raise Mismatch("a table")
    return value


def one_of(choices: type[StrEnum]) -> Reader:
    """A reader of one of some words."""
    known = [choice.value for choice in choices]

    def read(value: object) -> StrEnum:
        if value not in known:
            raise Mismatch(" or ".join(f"`{word}`" for word in known))
        return choices(str(value))

    return read


_MANY = 1_000_000


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all bounds
        return False


def read_keys(
    written: Table, readers: Mapping[str, Reader], subject: str | None
) -> Iterator[tuple[str, Written[Any]] | Diagnostic]:
    """The keys of a table that are known, and what is wrong with others."""
    for key, value in written.values.items():
        at = written.at(key)
        if key not in readers:
            yield diagnostic("ignored-key", at, subject, key=key, nearest=nearest(key, readers))
            continue
        try:
            yield key, Written(readers[key](value), at)
        except Mismatch as wrong:
            found = kind_of(value)
            yield diagnostic("wrong-definition", at, subject, key=key, expected=wrong, found=found)


def below(written: Table, key: str) -> Table:
    """The table at a key; an empty one if there is none."""
    values = written.values.get(key)
    held = values if isinstance(values, dict) else {}
    return Table(held, written.path, (*written.keys, key), written.lines)


def kind_of(value: object) -> str:
    """What to call a value that is not what it should be."""
    kinds = ((dict, "a table"), (list, "a list"))
    named = next((name for kind, name in kinds if isinstance(value, kind)), None)
    return named or f"`{_short(value)}`"


def _short(value: object) -> str:
    try:
        return " ".join(str(value).split())[:40]
    except ValueError:  # a whole number of thousands of digits
        return "a huge number"
