"""TOML whose every value knows its file and line."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from generator.diagnostics import Fault, Location, fault
from generator.facts.metric_hub import Lines, Table, place

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_PATH = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADS = re.compile(
    rf"""
    "{{3}}(?:[^"\\]|\\.|"(?!""))*"{{3}}      # texts of several lines hold no keys
    |'{{3}}(?:[^']|'(?!''))*'{{3}}
    |\#[^\n]*
    |^[ \t]*\[\[?[ \t]*(?P<table>{_PATH})[ \t]*\]\]?[ \t]*(?=\#|$)
    |^[ \t]*(?P<key>{_PATH})[ \t]*=
    """,
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_PART = re.compile(_KEY)
_LINE = re.compile(r" ?\(at line (\d+), column \d+\)")
_LARGEST = 4_000_000
"""Bytes of a file; the largest of a real hub has a tenth of a million."""


class Source(Struct, frozen=True):
    """A file: its path as people know it, the name its entries go by, and the line of each key."""

    path: str
    name: str
    lines: Lines


class Toml(Struct, frozen=True):
    """A value of a TOML file, and the key path that leads to it."""

    value: object
    source: Source
    keys: tuple[str, ...] = ()

    @property
    def at(self) -> Location:
        """The place of its key, or of the nearest key above."""
        return place(self.source.path, self.source.lines, self.keys)

    @property
    def subject(self) -> str:
        """The name of the file and the key path, with dots."""
        return ".".join((self.source.name, *self.keys))

    def entries(self) -> Iterator[tuple[str, "Toml"]]:
        """Key and value of each key of a table. Raises Fault if it is anything else."""
        if not isinstance(self.value, dict):
            raise self.wrong("a table")
        for key, value in self.value.items():
            yield key, Toml(value, self.source, (*self.keys, key))

    def text(self) -> str:
        """A text. Raises Fault for anything else."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def flag(self) -> bool:
        """True or false. Raises Fault for anything else."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def number(self) -> int:
        """A whole number. Raises Fault for anything else."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.wrong("a whole number")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """A list of texts. Raises Fault for anything else."""
        if not isinstance(self.value, list) or not all(isinstance(v, str) for v in self.value):
            raise self.wrong("a list of texts")
        return tuple(self.value)

    def table(self) -> Table:
        """A table as it is. Raises Fault for anything else."""
        if not isinstance(self.value, dict):
            raise self.wrong("a table")
        return Table(self.value, self.source.path, self.keys, self.source.lines)

    def wrong(self, expected: str) -> Fault:
        """The fault of having another type than expected."""
        return fault(
            "wrong-definition",
            self.at,
            self.subject,
            key=self.keys[-1] if self.keys else self.source.path,
            expected=expected,
            found=_kind(self.value),
        )


def read_toml(path: Path, name: str | None = None) -> Toml:
    """The file as a table; `name` is its path as people know it.

    Raises Fault if it cannot be read or is not TOML.
    """
    shown = name or str(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise fault("unreadable-file", Location(shown), path.stem, reason="it is too large")
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise fault("unreadable-file", Location(shown), path.stem, reason=reason) from None
    return parse_toml(text, shown, path.stem)


def parse_toml(text: str, path: str, name: str) -> Toml:
    """The text as a table. Raises Fault if it is not TOML."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        line = _LINE.search(str(error))
        at = Location(path, int(line[1]) if line else None)
        reason = _LINE.sub("", str(error))
        raise fault("malformed-file", at, name, format="TOML", reason=reason) from None
    return Toml(data, Source(path, name, lines_of(text, data)))


def lines_of(text: str, data: object) -> dict[tuple[str, ...], int]:
    r"""The line of each table and key of a TOML text that `data` holds, tables within lines apart.

    >>> lines_of('[a."b.c"]\nd = 1\n[a.e]', {"a": {"b.c": {"d": 1}, "e": {}}})
    {('a',): 1, ('a', 'b.c'): 1, ('a', 'b.c', 'd'): 2, ('a', 'e'): 3}
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    line, counted = 1, 0
    for head in _HEADS.finditer(text):
        kind = head.lastgroup
        if kind is None:
            continue
        start = head.start(kind)
        line, counted = line + text.count("\n", counted, start), start
        keys = _parts(head[kind])
        if kind == "table":
            if not _holds(data, keys):  # the last line of a list of lists looks like a table
                continue
            table = path = keys
        else:
            path = (*table, *keys)
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], line)
    return lines


def _parts(path: str) -> tuple[str, ...]:
    """The parts of a dotted key, without their quotes."""
    if '"' not in path and "'" not in path:
        return tuple(map(str.strip, path.split(".")))
    return tuple(part.strip("\"'") for part in _PART.findall(path))


def _holds(data: object, keys: tuple[str, ...]) -> bool:
    """Whether the key path leads to something; within a list nothing is known."""
    for key in keys:
        if isinstance(data, list):
            return True
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True


def _kind(value: object) -> str:
    kinds = ((dict, "a table"), (list, "a list"), (str, "a text"))
    return next((name for kind, name in kinds if isinstance(value, kind)), f"`{value}`"[:40])
