"""SQL as BigQuery writes it: identifiers and paths."""

import re
from collections.abc import Iterable
from functools import cache
from math import isfinite

RESERVED = frozenset(
    """ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE
    CROSS CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS
    EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER
    INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO NOT NULL
    NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT RIGHT
    ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST USING
    WHEN WHERE WINDOW WITH WITHIN""".split()  # noqa: SIM905 - words read better without quotes
)
"""https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords"""

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# No escape helps these: they end the back-ticks, the LookML block, or wake LookML or Liquid.
_UNUSABLE = re.compile(r"[`\\{};\x00-\x1f\x7f]")


def is_usable(name: str) -> bool:
    """Whether a column of this name can be written in LookML at all."""
    return name != "" and _UNUSABLE.search(name) is None


@cache
def quoted(name: str) -> str:
    """A name as an identifier, in back-ticks where BigQuery needs them.

    >>> quoted("country"), quoted("order"), quoted("2fa")
    ('country', '`order`', '`2fa`')
    """
    if _PLAIN.fullmatch(name) and name.upper() not in RESERVED:
        return name
    return f"`{name}`"


def dotted(parts: Iterable[str]) -> str:
    """A path of identifiers."""
    return ".".join(map(quoted, parts))


def literal(text: str) -> str:
    r"""A string literal.

    >>> print(literal("it's"))
    'it\'s'
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"


def value(item: str | float | None) -> str:
    """A literal of a text or number, or none.

    >>> value("it"), value(2.5), value(3), value(float("-inf")), value(None)
    ("'it'", '2.5', '3', "CAST('-inf' AS FLOAT64)", 'NULL')
    """
    if item is None:
        return "NULL"
    if isinstance(item, str):
        return literal(item)
    return repr(item) if isfinite(item) else f"CAST('{item}' AS FLOAT64)"
