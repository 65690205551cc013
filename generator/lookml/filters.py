r"""Filter expressions for strings: how values are written in them, and which values they match.

Documented at https://cloud.google.com/looker/docs/filter-expressions#string: a comma separates
alternatives, `%` and `_` are wildcards, `^` takes its meaning from a character, a leading `-`
excludes, EMPTY and NULL are words. Looker itself writes an odd value in double quotes, between
which only the quote and `\` are special; quotes keep blanks at both ends, too.

Whatever `any_of` is given, `matches` finds, and nothing else.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

_WORDS = frozenset({"EMPTY", "NULL"})
_CARET = frozenset('"^\\')
"""Values with one of these are written with `^`: between quotes their meaning is not documented."""
_ODD = re.compile(r"[,%_']|\A[\s-]|\s\Z")
_SPECIAL = re.compile(r'[",%_^]|\A-|\A\s+|\s+\Z')
_TERM = re.compile(r'\s*(-?)(?:"((?:\\.|[^"\\])*)"\s*|((?:\^.|[^,^]|\^\Z)*))(?:,|\Z)', re.DOTALL)
_PART = re.compile(r"\^(.)|(.)", re.DOTALL)
_KEPT_TWICE = re.compile(r"\^(\s)\^ \Z")


def escape(value: str) -> str:
    r"""The expression that matches a value; the empty text matches NULL as well.

    >>> print(escape("release"), escape("en_US"), escape('5" ^ wide'), escape("null"))
    release "en_US" 5^" ^^ wide "null"
    """
    if not value:
        return "EMPTY"
    if not _CARET.isdisjoint(value):
        return _with_carets(value)
    return f'"{value}"' if _ODD.search(value) or value.upper() in _WORDS else value


def _with_carets(value: str) -> str:
    """Looker cuts the last blank, but not where there are quotes: then it is said twice."""
    found = _SPECIAL.sub(lambda odd: "".join(f"^{item}" for item in odd[0]), value)
    cut = value[-1].isspace() and not re.search("[\"']", value)
    return f"{found}^ " if cut else found


def any_of(values: Iterable[str]) -> str:
    """The expression that matches each of the values; of none, the one that matches anything.

    >>> any_of(["enabled", "dis,abled"]), any_of([])
    ('enabled,"dis,abled"', '')
    """
    return ",".join(map(escape, values))


class Term(Struct, frozen=True):
    """One alternative of an expression: a word, or a pattern; `value` is all that it matches."""

    excludes: bool = False
    word: str | None = None
    pattern: re.Pattern[str] | None = None
    value: str | None = None

    def finds(self, value: str | None) -> bool:
        """Whether it is about a value; None is NULL."""
        if self.pattern is not None:
            return value is not None and self.pattern.fullmatch(value) is not None
        return value is None or (self.word == "EMPTY" and not value)


@cache
def read(expression: str) -> tuple[Term, ...]:
    """The alternatives of an expression, in order."""
    return tuple(_terms(expression))


def _terms(expression: str) -> Iterator[Term]:
    for found in _TERM.finditer(expression):
        excluding, quoted, bare = found.groups()
        if quoted is not None:
            yield _exactly(bool(excluding), re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
        elif bare.strip():
            yield _bare(bool(excluding), bare)


def _bare(excludes: bool, text: str) -> Term:  # noqa: FBT001 - as it was read
    stripped = _trimmed(text)
    if stripped.upper() in _WORDS:
        return Term(excludes, word=stripped.upper())
    if not re.search("[\"']", stripped):
        stripped = _KEPT_TWICE.sub(r"^\1", stripped)
    parts = _PART.findall(stripped)
    if not any(plain in {"%", "_"} for _, plain in parts):
        return _exactly(excludes, "".join(kept or plain for kept, plain in parts))
    wild = {"%": ".*", "_": "."}
    pattern = "".join(wild.get(plain) or re.escape(kept or plain) for kept, plain in parts)
    return Term(excludes, pattern=re.compile(pattern, re.DOTALL))


def _trimmed(text: str) -> str:
    """Without the blanks after it, unless `^` keeps them."""
    stripped = text.rstrip()
    carets = len(stripped) - len(stripped.rstrip("^"))
    return text[: len(stripped) + 1] if carets % 2 else stripped


def _exactly(excludes: bool, value: str) -> Term:  # noqa: FBT001 - as it was read
    return Term(excludes, pattern=re.compile(re.escape(value)), value=value)


def matches(expression: str, value: str | None) -> bool:
    """Whether a column's value passes an expression; no expression lets everything pass.

    >>> matches("a%,-ab", "ac"), matches("a%,-ab", "ab"), matches("EMPTY", None)
    (True, False, True)
    """
    terms = read(expression)
    wanted = [term for term in terms if not term.excludes]
    if wanted and not any(term.finds(value) for term in wanted):
        return False
    return not any(term.finds(value) for term in terms if term.excludes)


def values_of(expression: str) -> tuple[str, ...] | None:
    """The values that an expression lists, or None if it says more than a list of values."""
    found: list[str] = []
    for term in read(expression):
        value = "" if term.word == "EMPTY" else term.value
        if term.excludes or value is None:
            return None
        found.append(value)
    return tuple(found)
