"""What an aggregation is over no rows: counts are 0, all else is NULL."""

from sqlglot import exp

_COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct)
_AROUND = (exp.IgnoreNulls, exp.RespectNulls, exp.Filter, exp.WithinGroup)
_DECIDING = (exp.Is, exp.Connector, exp.Not, exp.Case, exp.Array, exp.Struct, exp.Anonymous)
"""What may be more than NULL though a part of it is."""


def over_nothing(sql: exp.Expression) -> exp.Expression | None:
    """The value of a metric for a client that its data source has no row of; None if it is NULL.

    None, too, if it cannot be told, as with functions of the warehouse.

    >>> import sqlglot
    >>> for text in ("COUNTIF(a > 1) + 1", "COALESCE(SUM(a), 0) * 2", "SUM(a) > 1", "SUM(a)"):
    ...     value = over_nothing(sqlglot.parse_one(text, read="bigquery"))
    ...     print(value and value.sql("bigquery"))
    0 + 1
    0 * 2
    None
    None
    """
    folded = exp.select(sql.transform(_aggregated))
    for node in reversed(list(folded.expressions[0].walk())):
        node.replace(_reduced(node))
    value: exp.Expression = folded.expressions[0]
    return None if _is_open(value) else value


def _aggregated(node: exp.Expression) -> exp.Expression:
    """An aggregation as what it is over nothing."""
    if isinstance(node, (*_COUNTS, *_AROUND, exp.AggFunc)):
        inner = list(node.walk())
        if any(isinstance(item, _COUNTS) for item in inner):
            return exp.Literal.number(0)
        return exp.null() if any(isinstance(item, exp.AggFunc) for item in inner) else node
    return node


def _reduced(node: exp.Expression) -> exp.Expression:
    """A node whose parts are reduced already, without the NULL that decides it."""
    match node:
        case exp.Coalesce():
            kept = [item for item in (node.this, *node.expressions) if not _is_null(item)]
            if len(kept) > 1:
                return exp.Coalesce(this=kept[0], expressions=kept[1:])
            return kept[0] if kept else exp.null()
        case exp.If(this=exp.Null()) if not isinstance(node.parent, exp.Case):
            return node.args.get("false") or exp.null()
        case exp.If():
            return node
        case exp.Func() | exp.Binary() | exp.Unary() | exp.Bracket() if not isinstance(
            node, _DECIDING
        ):
            return exp.null() if any(map(_is_null, node.iter_expressions())) else node
        case _:
            return node


def _is_null(node: exp.Expression) -> bool:
    return isinstance(node, exp.Null)


def _is_open(value: exp.Expression) -> bool:
    """Whether it still needs a row, or is NULL plainly."""
    open_ones = (exp.Column, exp.Star, exp.Subquery, exp.Anonymous)
    return _is_null(value) or any(isinstance(node, open_ones) for node in value.walk())
