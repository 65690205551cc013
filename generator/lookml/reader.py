r"""Reads LookML that anybody wrote: blocks, entries, and the line of each.

Faster than a parser that keeps comments and blanks, for a hub of fifty megabytes is read at once.
It knows the form of LookML and none of its words: what an entry means is for others to say.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from generator.lookml.syntax import unescape

# possessive or atomic, so that no text is tried in two ways: a hostile one costs no more than
# another. Groups are never possessive: https://github.com/python/cpython/issues/106052
_BLANK = r"[\s,]*+(?>(?:\#[^\n]*+[\s,]*+)*)"
_INNER = r'[^"\\]*+(?>(?:\\.[^"\\]*+)*)'
_WORD = r"[^\s{}\[\]\",#]++"
_CODE = r"(?:(?>(?:sql|expression)(?:_\w++)?)|html)(?=\s*:)"
_SQL = r"[^;]*+(?>(?:;(?!;)[^;]*+)*)"
_LISTED = rf"""{_BLANK}(?:[\w.+-]++\s*+:{_BLANK}(?:"{_INNER}"|{_WORD})|"{_INNER}"|{_WORD})"""
_LEAF = rf"""(?>(?:{_BLANK}(?:
      {_CODE}\s*+:{_SQL};;
    | (?!{_CODE})[\w$-]++\s*+:{_BLANK}(?:
        "{_INNER}"
      | {_WORD}(?!{_BLANK}\{{)
      | \[(?>(?:{_LISTED})*){_BLANK}\]
      )
    ))*){_BLANK}"""
_ENTRY = re.compile(
    rf"""{_BLANK}(?:
      (?P<code>{_CODE})\s*+:(?P<sql>{_SQL});;
    | (?!{_CODE})(?P<key>[\w$-]++)\s*+:{_BLANK}(?:
        "(?P<text>{_INNER})"
      | (?P<word>{_WORD})(?:{_BLANK}(?P<block>\{{)(?:(?P<leaf>{_LEAF})\}})?)?
      | (?P<list>\[)
      | (?P<bare>\{{)
      )
    | (?P<end>\}}|\Z)
    )""",
    re.DOTALL | re.VERBOSE,
)
_ITEM = re.compile(
    rf"""{_BLANK}(?:
      (?P<key>[\w.+-]++)\s*+:{_BLANK}(?:"(?P<value>{_INNER})"|(?P<plain>{_WORD}))
    | "(?P<text>{_INNER})"
    | (?P<word>{_WORD})
    | (?P<end>\])
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


class Entry(NamedTuple):
    """`key: value`, and the line where it begins."""

    key: str
    value: Value
    line: int


class Block:
    """What stands between braces, with its name if it has one.

    Most blocks hold no other. Of such a one `text` is what stands there: it is known to be well
    formed, and not taken apart before somebody asks.
    """

    __slots__ = ("_entries", "_line", "name", "text")

    def __init__(self, name: str | None, entries: tuple[Entry, ...]) -> None:
        self.name = name
        self.text: str | None = None
        self._line = 1
        self._entries: tuple[Entry, ...] | None = entries

    @classmethod
    def leaf(cls, name: str, text: str, line: int) -> "Block":
        """A block without others, whose text begins in a line."""
        block = cls(name, ())
        block.text, block._line, block._entries = text, line, None
        return block

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What it says, in the order in which it is written."""
        if self._entries is None:
            self._entries = _Reader(self.text or "", self._line).file().entries
        return self._entries

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


def _text(found: re.Match[str]) -> str:
    return _plain(found["text"])


def _plain(text: str) -> str:
    """What stands between quotes; few texts need more than a look."""
    return unescape(text) if "\\" in text else text


_VALUES: Mapping[str, Callable[[re.Match[str]], Value]] = {
    "sql": lambda found: Sql(found["sql"].strip()),
    "text": _text,
    "word": lambda found: found["word"],
}
_ITEMS: Mapping[str, Callable[[re.Match[str]], Item]] = {
    "value": lambda found: (found["key"], _plain(found["value"])),
    "plain": lambda found: (found["key"], found["plain"]),
    "text": _text,
    "word": lambda found: found["word"],
}


class _Reader:
    """A place in a text, which only moves on."""

    def __init__(self, text: str, line: int = 1) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._first = line
        self._passed = 0, line

    def file(self) -> Block:
        """The whole text."""
        return Block(None, tuple(self._entries(inside=False)))

    def _entries(self, *, inside: bool) -> Iterator[Entry]:
        """The entries up to the brace that closes them, or to the end of the text."""
        match, text = _ENTRY.match, self._text
        while found := match(text, self._at):
            kind = found.lastgroup or ""
            if kind == "end":
                self._end(found, inside=inside)
                return
            self._at = found.end()
            line = self._line(found.start("code" if kind == "sql" else "key"))
            made = _VALUES.get(kind)
            value = made(found) if made else self._longer(found, kind)
            yield Entry(found["code"] or found["key"], value, line)
        raise self._malformed("this is no `key: value`, or it never ends")

    def _end(self, found: re.Match[str], *, inside: bool) -> None:
        closes = found["end"] == "}"
        if closes != inside:
            self._at = found.start("end")
            raise self._malformed("a brace is not closed" if inside else "a brace closes nothing")
        self._at = found.end()

    def _longer(self, found: re.Match[str], kind: str) -> Value:
        """A list or a block."""
        if kind == "list":
            return tuple(self._items())
        if self._depth == DEEPEST:
            self._at = found.end("block" if found["block"] else "bare")
            raise self._malformed("blocks are nested too deeply")
        name = found["word"]
        if kind == "leaf":
            return Block.leaf(name, found["leaf"], self._line(found.start("leaf")))
        self._depth += 1
        block = Block(name, tuple(self._entries(inside=True)))
        self._depth -= 1
        return block

    def _items(self) -> Iterator[Item]:
        match, text = _ITEM.match, self._text
        while found := match(text, self._at):
            self._at = found.end()
            kind = found.lastgroup or ""
            if kind == "end":
                return
            yield _ITEMS[kind](found)
        raise self._malformed("a bracket is not closed")

    def _line(self, place: int) -> int:
        """The line of a place, which is none before the last."""
        at, line = self._passed
        line += self._text.count("\n", at, place)
        self._passed = place, line
        return line

    def _malformed(self, reason: str) -> MalformedError:
        line = self._first + self._text.count("\n", 0, self._at + 1)
        return MalformedError(reason, line)
