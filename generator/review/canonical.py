"""SQL of LookML in one form: whether two texts differ in meaning, or in how they are written."""

import re
from functools import lru_cache

import sqlglot
from sqlglot.errors import SqlglotError

from generator.lookml.fragments import Place

_MARKS = re.compile(r"\$\{[^{}]*\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_FORMS = (Place.EXPRESSION, Place.QUERY, Place.RELATION, Place.JOIN)


def is_same_sql(one: str, other: str) -> bool:
    """Whether two texts are the same SQL, written in another way.

    >>> is_same_sql("sum( ${x} )", "SUM(${x})"), is_same_sql("SUM(${x})", "SUM(${y})")
    (True, False)
    """
    left, right = canonical(one), canonical(other)
    return left is not None and left == right


@lru_cache(maxsize=4096)
def canonical(sql: str) -> str | None:
    """The SQL as a parser prints it, references and Liquid kept; None if it is no SQL."""
    marks: dict[str, str] = {}

    def marked(found: re.Match[str]) -> str:
        text = re.sub(r"\s+", " ", found[0])
        return marks.setdefault(text, f"lookml_mark_{len(marks)}_")

    text = _MARKS.sub(marked, sql)
    for form in _FORMS:
        try:
            printed = sqlglot.parse_one(form.value.format(text), dialect="bigquery").sql("bigquery")
        except (SqlglotError, RecursionError, ValueError):
            continue
        for mark, name in marks.items():
            printed = printed.replace(name, mark)
        return printed
    return None
