"""SQL of LookML in one form: whether two texts differ in meaning, or in how they are written."""

import re
from functools import lru_cache

from generator.lookml.fragments import Place

_MARKS = re.compile(r"\$\{[^{}]*\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_FORMS = (Place.EXPRESSION, Place.QUERY, Place.RELATION, Place.JOIN)
LONGEST = 20_000
"""Characters of SQL that are parsed; of more, only the words are compared."""


def is_same_sql(one: str, other: str) -> bool:
    """Whether two texts are the same SQL, written in another way.

    >>> is_same_sql("sum( ${x} )", "SUM(${x})"), is_same_sql("SUM(${x})", "SUM(${y})")
    (True, False)
    """
    left, right = canonical(one), canonical(other)
    if left is not None and left == right:
        return True
    words = _words(one)
    return words is not None and words == _words(other)


@lru_cache(maxsize=4096)
def canonical(sql: str) -> str | None:
    """The SQL as a parser prints it, references and Liquid kept; None if it is no SQL."""
    import sqlglot  # noqa: PLC0415 - half a second, and most changes are none of SQL
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    if len(sql) > LONGEST:
        return None
    marks: dict[str, str] = {}
    text = _marked(sql, marks)
    for form in _FORMS:
        try:
            statement = sqlglot.parse_one(form.value.format(text), dialect="bigquery")
            printed = statement.sql("bigquery", comments=False, normalize_functions="upper")
        except (SqlglotError, RecursionError, ValueError):
            continue
        for mark, name in marks.items():
            printed = printed.replace(name, mark)
        return printed
    return None


def _marked(sql: str, marks: dict[str, str]) -> str:
    """The SQL with a name for each reference and each piece of Liquid."""

    def name(found: re.Match[str]) -> str:
        text = re.sub(r"\s+", " ", found[0])
        return marks.setdefault(text, f"lookml_mark_{len(marks)}_")

    return _MARKS.sub(name, sql)


def _words(sql: str) -> tuple[tuple[object, str], ...] | None:
    """The SQL word by word, keywords in capitals; None if it cannot be taken apart."""
    from sqlglot.dialects.bigquery import BigQuery  # noqa: PLC0415 - likewise
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    marks: dict[str, str] = {}
    try:
        tokens = BigQuery().tokenize(_marked(sql, marks))
    except (SqlglotError, ValueError):
        return None
    known = {name: mark for mark, name in marks.items()}
    names = {"VAR", "IDENTIFIER", "STRING"}
    return tuple(
        (t.token_type, known.get(t.text, t.text if t.token_type.name in names else t.text.upper()))
        for t in tokens
    )
