"""PIVOT and UNPIVOT: values become columns, and columns become values."""

from collections.abc import Callable, Iterable, Iterator

from sqlglot import exp

from generator.facts.catalog import Column, DataType
from generator.semantics.sql_scope import Item, Scope, Source, find
from generator.semantics.sql_types import UNKNOWN, Value, common

Judge = Callable[[exp.Expr, Scope], Value]
"""Gives the value of an expression in a scope."""


def pivoted(item: Item, pivot: exp.Expr, judge: Judge) -> Item:
    """An item of a FROM after its PIVOT or UNPIVOT: one source, under the alias of that."""
    columns = _unpivot(item, pivot) if pivot.args.get("unpivot") else _pivot(item, pivot, judge)
    used = {node.name.lower() for node in pivot.find_all(exp.Column)}
    kept = (column for column in item.star if column.name.lower() not in used)
    name = pivot.alias or (item.sources[0].name if item.sources else "")
    return Item.of(Source(name, (*kept, *columns), item.complete))


def _pivot(item: Item, pivot: exp.Expr, judge: Judge) -> Iterator[Column]:
    """A column for each value and each aggregate, named as BigQuery names it."""
    aggregates = [judge(node.unalias(), Scope(item)) for node in pivot.expressions]
    for place, name in enumerate(pivot.args.get("columns") or ()):
        value = aggregates[place % len(aggregates)]
        text = name.name
        yield value.computed.called(f"_{text}" if text[:1].isdigit() else text).settled


def _unpivot(item: Item, pivot: exp.Expr) -> Iterator[Column]:
    """The columns of values, and the one that says which column each came from."""
    field = pivot.args["fields"][0]
    rows = [_columns(item, node) for node in field.expressions]
    names = list(_names(pivot.expressions))
    for place, name in enumerate(names):
        values = [row[place] if place < len(row) else UNKNOWN for row in rows]
        yield common(values).called(name).settled
    yield Column(field.this.name, DataType.STRING)


def _columns(item: Item, node: exp.Expr) -> list[Value]:
    inner = node.this if isinstance(node, exp.PivotAlias) else node
    found = [find(item.star, name) for name in _names([inner])]
    return [Value(column) if column else UNKNOWN for column in found]


def _names(nodes: Iterable[exp.Expr]) -> Iterator[str]:
    """The names in a list, where several may stand in parentheses."""
    for node in nodes:
        if isinstance(node, exp.Tuple | exp.Paren):
            yield from _names(node.expressions or [node.this])
        else:
            yield node.name
