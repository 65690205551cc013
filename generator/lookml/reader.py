r"""Reads LookML that anybody wrote: blocks, entries, and the line of each.

Faster than a parser that keeps comments and blanks, for a hub of fifty megabytes is read at once.
It knows the form of LookML and none of its words: what an entry means is for others to say.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from generator.lookml.syntax import unescape

# atomic, so that no text is tried in two ways: a hostile one costs no more than another
_BLANK = r"(?>(?:[\s,]+|\#[^\n]*)*)"
_STRING = r'"(?>(?:[^"\\]+|\\.)*)"'
_WORD = r"(?>[^\s{}\[\]\",#]+)"
_CODE = r"(?:sql|sql_\w+|html|expression|expression_\w+)\s*:"
_ENTRY = re.compile(
    rf"""{_BLANK}(?:
      (?P<end>\}}|\Z)
    | (?P<code>(?={_CODE})\w+)\s*:(?P<sql>.*?);;
    | (?!{_CODE})(?P<key>[\w$-]+)\s*:{_BLANK}(?:
        (?P<text>{_STRING})
      | (?P<list>\[)
      | (?P<name>{_WORD})?{_BLANK}(?P<block>\{{)
      | (?P<word>{_WORD})
      )
    )""",
    re.DOTALL | re.VERBOSE,
)
_ITEM = re.compile(
    rf"""{_BLANK}(?:
      (?P<end>\])
    | (?P<key>[\w.+-]+)\s*:{_BLANK}(?:(?P<value>{_STRING})|(?P<plain>{_WORD}))
    | (?P<text>{_STRING})
    | (?P<word>{_WORD})
    )""",
    re.DOTALL | re.VERBOSE,
)
DEEPEST = 50
"""Blocks within each other; LookML itself has six."""

Item: TypeAlias = "str | tuple[str, str]"
Value: TypeAlias = "str | Sql | Block | tuple[Item, ...]"


class Sql(str):
    """A text up to `;;`, without the blanks around it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """`key: value`, and the line where it begins."""

    key: str
    value: Value
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between braces, with its name if it has one."""

    name: str | None
    entries: tuple[Entry, ...] = field(default_factory=tuple)

    def of(self, key: str) -> Iterator[Entry]:
        """The entries of a key."""
        return (entry for entry in self.entries if entry.key == key)


class MalformedError(ValueError):
    """Why a text is no LookML, and in which line."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def read(text: str) -> Block:
    """The entries of a file. Raises MalformedError.

    >>> read('view: orders { dimension: id { sql: ${TABLE}.id ;; hidden: yes } }').entries[0].key
    'view'
    """
    return _Reader(text).file()


class _Reader:
    """A place in a text, which only moves on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]

    def file(self) -> Block:
        """The whole text."""
        entries = tuple(self._entries())
        if self._at < len(self._text):
            raise self._malformed("a brace closes nothing")
        return Block(None, entries)

    def _entries(self, *, inside: bool = False) -> Iterator[Entry]:
        """The entries up to the brace that closes them, or to the end of the text."""
        while True:
            found = _ENTRY.match(self._text, self._at)
            if found is None:
                raise self._malformed("this is no `key: value`, or it never ends")
            kind = found.lastgroup
            if kind == "end":
                yield from self._end(found, inside=inside)
                return
            self._at = found.end()
            yield self._entry(found, kind)

    def _end(self, found: re.Match[str], *, inside: bool) -> Iterator[Entry]:
        closes = found["end"] == "}"
        if closes != inside:
            self._at = found.start("end")
            raise self._malformed("a brace is not closed" if inside else "a brace closes nothing")
        self._at = found.end()
        yield from ()

    def _entry(self, found: re.Match[str], kind: str | None) -> Entry:
        if kind == "sql":
            line = self._line(found.start("code"))
            return Entry(found["code"], Sql(found["sql"].strip()), line)
        line, key = self._line(found.start("key")), found["key"]
        if kind == "text":
            return Entry(key, unescape(found["text"][1:-1]), line)
        if kind == "block":
            return Entry(key, self._block(found["name"]), line)
        if kind == "list":
            return Entry(key, tuple(self._items()), line)
        return Entry(key, found["word"], line)

    def _block(self, name: str | None) -> Block:
        if self._depth == DEEPEST:
            raise self._malformed("blocks are nested too deeply")
        self._depth += 1
        block = Block(name, tuple(self._entries(inside=True)))
        self._depth -= 1
        return block

    def _items(self) -> Iterator[Item]:
        while True:
            found = _ITEM.match(self._text, self._at)
            if found is None:
                raise self._malformed("a bracket is not closed")
            self._at = found.end()
            match found.lastgroup:
                case "end":
                    return
                case "value":
                    yield found["key"], unescape(found["value"][1:-1])
                case "plain":
                    yield found["key"], found["plain"]
                case "text":
                    yield unescape(found["text"][1:-1])
                case _:
                    yield found["word"]

    def _line(self, place: int) -> int:
        return bisect_right(self._breaks, place) + 1

    def _malformed(self, reason: str) -> MalformedError:
        return MalformedError(reason, self._line(self._at))
