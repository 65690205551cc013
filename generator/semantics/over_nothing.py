"""What an aggregation is over no rows: counts are 0, all else is NULL."""

from sqlglot import exp

_COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct)
_AROUND = (exp.IgnoreNulls, exp.RespectNulls, exp.Filter, exp.WithinGroup)


def over_nothing(sql: exp.Expression) -> exp.Expression | None:
    """The value of a metric for a client that its data source has no row of; None if it is NULL.

    None, too, if it cannot be told, as with functions of the warehouse.

    >>> import sqlglot
    >>> for text in ("COUNTIF(a > 1) + 1", "IF(COALESCE(COUNT(a), 0) > 0, 1, 0)", "SUM(a)"):
    ...     value = over_nothing(sqlglot.parse_one(text, read="bigquery"))
    ...     print(value and value.sql("bigquery"))
    0 + 1
    IF(COALESCE(0, 0) > 0, 1, 0)
    None
    """
    folded = sql.copy().transform(_folded)
    if not any(isinstance(node, (*_COUNTS, exp.Coalesce, exp.If, exp.Case)) for node in sql.walk()):
        return None
    return None if _is_open(folded) else folded


def _folded(node: exp.Expression) -> exp.Expression:
    if isinstance(node, _COUNTS):
        return exp.Literal.number(0)
    if isinstance(node, _AROUND) and any(isinstance(n, exp.AggFunc) for n in node.walk()):
        counts = any(isinstance(inner, _COUNTS) for inner in node.walk())
        return exp.Literal.number(0) if counts else exp.null()
    return exp.null() if isinstance(node, exp.AggFunc) else node


def _is_open(folded: exp.Expression) -> bool:
    """Whether it still needs a row, or is NULL plainly."""
    return isinstance(folded, exp.Null) or any(
        isinstance(node, (exp.Column, exp.Star, exp.Subquery)) for node in folded.walk()
    )
