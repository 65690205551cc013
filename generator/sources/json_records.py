"""JSON that holds records: a list of them, one alone, or one on each line."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault, split

MALFORMED = (msgspec.MsgspecError, ValueError, RecursionError)
Shape = TypeVar("Shape", bound=msgspec.Struct)
_LARGEST = 200_000_000


Record = tuple[object, Location]
Make = Callable[[object, Location], Iterator[Any]]
"""What a record comes to, and what is wrong with it. Raises Fault if it comes to nothing."""


def read_each(path: Path, what: str, maker: Callable[[tuple[Record, ...]], Make]) -> Iterator[Any]:
    """What each record of a file comes to; texts name what could not be read, below `what`.

    `maker` is shown all records first: they may have to do with each other.
    """
    try:
        records, noticed = split(read_records(path))
    except Fault as found:
        yield found.diagnostic
        yield what
        return
    yield from noticed
    yield from (f"{what}.?" for _ in noticed)
    make = maker(records)
    for record, at in records:
        try:
            yield from make(record, at)
        except Fault as found:
            yield found.diagnostic
            yield f"{what}.{slug_of(record) or '?'}"


def read_records(path: Path) -> Iterator[tuple[object, Location] | Diagnostic]:
    """The records, and the lines that are none. Raises Fault if the file is of no use."""
    at = Location(str(path))
    try:
        if path.stat().st_size > _LARGEST:
            raise fault("unreadable-file", at, reason="it is too large")
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise fault("unreadable-file", at, reason=error.strerror or error) from None
    try:
        whole = msgspec.json.decode(content)
    except MALFORMED as error:
        yield from _lines(content, at, error)
        return
    if not isinstance(whole, list | dict):
        raise fault("malformed-file", at, format="JSON", reason="it is no list of records")
    for record in whole if isinstance(whole, list) else [whole]:
        yield record, at


def _lines(
    content: bytes, at: Location, error: Exception
) -> Iterator[tuple[object, Location] | Diagnostic]:
    """A record on each line, unless the first is none: then it is no such file."""
    for number, line in enumerate(content.splitlines(), 1):
        place = Location(at.path, number)
        if not line.strip():
            continue
        try:
            yield msgspec.json.decode(line), place
        except MALFORMED as wrong:
            if not line.lstrip().startswith(b"{") or not line.rstrip().endswith(b"}"):
                raise fault("malformed-file", at, format="JSON", reason=error) from None
            yield diagnostic("bad-record", place, name=f"line {number}", reason=wrong)
    if not content.strip():
        raise fault("malformed-file", at, format="JSON", reason="it is empty")


def shaped(record: object, shape: type[Shape], at: Location) -> Shape:
    """The record in its shape. Raises Fault if it does not fit."""
    try:
        return msgspec.convert(record, shape, strict=False)
    except MALFORMED as error:
        raise bad_record(record, at, str(error)) from None


def bad_record(record: object, at: Location, reason: str) -> Fault:
    """The fault of a record that is left out, by its slug if it has one."""
    slug = slug_of(record)
    return fault("bad-record", at, name=slug or "a record without a slug", reason=reason)


def slug_of(record: object) -> str | None:
    """The slug of a record, whatever else is wrong with it."""
    slug = record.get("slug") if isinstance(record, dict) else None
    return slug if isinstance(slug, str) and slug.strip() else None


def day(text: str | None) -> date | None:
    """The day of a date or of a time. Raises ValueError for anything else.

    >>> day("2030-01-31T10:00:00Z"), day(None)
    (datetime.date(2030, 1, 31), None)
    """
    if not text:
        return None
    head, rest = text[: len("2030-01-31")], text[len("2030-01-31") :]
    if rest and rest[0] not in "T ":
        raise ValueError(f"`{text[:40]}` is no date")
    try:
        return date.fromisoformat(head)
    except ValueError:
        raise ValueError(f"`{text[:40]}` is no date") from None
