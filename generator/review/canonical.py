"""SQL of LookML in one form: whether two texts differ in meaning, or in how they are written.

A parser is slow, and a hub has the same few forms of SQL thousands of times. What differs only in
the names of columns is therefore parsed once, with other names in their place.
"""

import re
from functools import cache, lru_cache
from typing import Any, NamedTuple

from generator.lookml.fragments import Place

_MARKS = re.compile(
    r"""(\$\{[^{}]*\}|\{%.*?%\}|\{\{.*?\}\})
    ((?>(?:\.[A-Za-z]\w*+)+)(?!['"`]|\s*\())?""",
    re.DOTALL | re.VERBOSE,
)
"""A reference or a piece of Liquid, and the path behind it: a function, or a text with a prefix,
is none."""
_COLUMN = re.compile(r"(\$\{TABLE\})\.([A-Za-z]\w*+)")
_STEP = re.compile(r"\w+")
_QUERY = re.compile(r"\b(?:select|join|unnest)\b|\|>|\A\s*from\b", re.IGNORECASE)
"""Where a name may say which of several tables is meant."""
_FORMS = (Place.EXPRESSION, Place.QUERY, Place.RELATION, Place.JOIN)
_STUMBLES = (RecursionError, ValueError, TypeError, AttributeError, LookupError)
"""What a parser raises over a text that its authors did not think of."""
_MARK = "lookml_mark_"
_LOUD = _MARK.upper()
"""A mark that a printer took for the name of a function."""
LONGEST = 20_000
"""Characters of SQL that are parsed; of more, only the words are compared."""


def _mark(number: int) -> str:
    return f"{_MARK}{number}_"


_OF_COLUMN = f"{_mark(0)}.{_mark(1)}"


class _Shape(NamedTuple):
    """SQL with marks in place of names, and the names by the number of their mark."""

    text: str
    names: tuple[str, ...]

    def filled(self, text: str) -> str:
        """A text with the names in place of their marks."""
        for number, name in enumerate(self.names):
            text = text.replace(_mark(number), name)
        if _LOUD in text:
            for number, name in enumerate(self.names):
                text = text.replace(_mark(number).upper(), name)
        return text


def is_same_sql(one: str, other: str) -> bool:
    """Whether two texts are the same SQL, written in another way.

    >>> is_same_sql("sum( ${x} )", "SUM(${x})"), is_same_sql("SUM(${x})", "SUM(${y})")
    (True, False)
    """
    return _is_same(one, other)


@lru_cache(maxsize=16_384)
def _is_same(one: str, other: str) -> bool:
    if _has_same_words(_shape(one), _shape(other)):
        return True
    left = canonical(one)
    return left is not None and left == canonical(other)


def canonical(sql: str) -> str | None:
    """The SQL as a parser prints it, references and Liquid kept; None if it is no SQL."""
    if len(sql) > LONGEST:
        return None
    shape = _shape(sql)
    printed = _printed(shape.text)
    return None if printed is None else shape.filled(printed)


@lru_cache(maxsize=4096)
def _printed(text: str) -> str | None:
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - half a second, and seldom needed

    for form in _FORMS:
        try:
            tree = _tree(form.value.format(text))
            return str(
                tree.sql("bigquery", comments=False, normalize_functions="upper", copy=False)
            )
        except (SqlglotError, *_STUMBLES):
            continue
    return None


def _tree(text: str) -> Any:
    """What a parser makes of a text; of several statements, or none, whatever it makes of those."""
    import sqlglot  # noqa: PLC0415 - likewise

    from generator.sql_trees import parse  # noqa: PLC0415 - it needs the parser

    trees = parse(text)
    return trees[0] if len(trees) == 1 and trees[0] else sqlglot.parse_one(text, dialect="bigquery")


@lru_cache(maxsize=4096)
def _shape(sql: str) -> _Shape:
    """The SQL with a mark for each reference, each piece of Liquid, and each column of a table."""
    if (path := _COLUMN.fullmatch(sql)) and _is_plain(path[2]):
        return _Shape(_OF_COLUMN, (path[1], path[2]))
    marks: dict[str, str] = {}
    steps = _QUERY.search(sql) is None

    def marked(name: str) -> str:
        return marks.setdefault(name, _mark(len(marks)))

    def step(found: re.Match[str]) -> str:
        return marked(found[0]) if _is_plain(found[0]) else found[0]

    def name(found: re.Match[str]) -> str:
        path = found[2] or ""
        return marked(" ".join(found[1].split())) + (_STEP.sub(step, path) if steps else path)

    return _Shape(_MARKS.sub(name, sql), tuple(marks))


def _is_plain(name: str) -> bool:
    """Whether a name is none that SQL knows, and so as good as any other."""
    return name.isascii() and name.upper() not in _words_of_sql()


@cache
def _words_of_sql() -> frozenset[str]:
    from sqlglot.dialects.bigquery import BigQuery  # noqa: PLC0415 - likewise

    parser, generator = BigQuery.parser_class, BigQuery.generator_class
    known = (
        *BigQuery.tokenizer_class.KEYWORDS,
        *parser.NO_PAREN_FUNCTION_PARSERS,
        *generator.RESERVED_KEYWORDS,
    )
    return frozenset(word for text in known for word in _STEP.findall(text.upper()))


def _has_same_words(one: _Shape, other: _Shape) -> bool:
    left, right = _words(one.text), _words(other.text)
    if left is None or right is None or left[0] != right[0]:
        return False
    return one.filled(left[1]) == other.filled(right[1])


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[tuple[object, ...], str] | None:
    """The kinds of the words and the words, keywords in capitals; None if they cannot be told."""
    from sqlglot.dialects.bigquery import BigQuery  # noqa: PLC0415 - likewise
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        tokens = BigQuery().tokenize(text)
    except (SqlglotError, ValueError):
        return None
    kinds = tuple(token.token_type for token in tokens)
    kept = _kept()
    return kinds, "\0".join(t.text if t.token_type in kept else t.text.upper() for t in tokens)


@cache
def _kept() -> frozenset[object]:
    """The kinds of words that are written as they are meant."""
    from sqlglot.tokenizer_core import TokenType  # noqa: PLC0415 - likewise

    kinds = {TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING}
    return frozenset({*kinds, *(kind for kind in TokenType if kind.name.endswith("_STRING"))})
