"""The results of functions that depend on their arguments, where sqlglot is silent or wrong.

Those that give an argument back are here too: sqlglot would have to carry whole structs around.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from sqlglot import exp

from generator.facts.catalog import Column, DataType
from generator.semantics.sql_routines import LOOKUPS, result_of
from generator.semantics.sql_scope import descend
from generator.semantics.sql_types import Value, common, scalar, struct

Ask = Callable[[exp.Expr], Value]
"""Gives the value of an argument."""
Function = Callable[[Ask, exp.Expr], Value]


def routine(ask: Ask, name: str, call: exp.Expr) -> Value:
    """The result of a function that sqlglot does not know."""
    if name.lower() in LOOKUPS and call.expressions:
        return descend(ask(call.expressions[0]).element, ["value"]).computed
    return result_of(name)


def _call(ask: Ask, node: exp.Expr) -> Value:
    return routine(ask, node.name, node)


def _net(ask: Ask, node: exp.Expr) -> Value:
    inner = node.this
    if isinstance(inner, exp.Anonymous):
        return routine(ask, f"net.{inner.name}", inner)
    return ask(inner)


def _real(ask: Ask, node: exp.Expr) -> Value:
    """The result of a function such as `POW`: of integers a float, else the widest argument."""
    value = common(map(ask, _arguments(node, ("this", "expression"))))
    return scalar(DataType.FLOAT64) if value.column.type is DataType.INT64 else value.computed


_TIMES = frozenset({DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP, DataType.TIME})
_PARTS = {kind.value: kind for kind in (DataType.DATE, DataType.DATETIME, DataType.TIME)}
_WITH_INTERVAL = {DataType.DATE: DataType.DATETIME}


def _sum(ask: Ask, node: exp.Expr) -> Value:
    """A sum or difference, of times also; with an interval a date becomes a datetime."""
    values = [ask(node.this), ask(node.expression)]
    kinds = [value.column.type for value in values]
    times = [kind for kind in kinds if kind in _TIMES]
    if DataType.INTERVAL in kinds:
        return scalar(_WITH_INTERVAL.get(times[0], times[0]) if times else kinds[0])
    if times:
        return scalar(DataType.INTERVAL if len(times) > 1 else times[0])
    return Value(common(values).settled)


def _extract(_: Ask, node: exp.Expr) -> Value:
    return scalar(_PARTS.get(node.this.name.upper(), DataType.INT64))


def _datetime(_: Ask, __: exp.Expr) -> Value:
    return scalar(DataType.DATETIME)


def _element(ask: Ask, node: exp.Expr) -> Value:
    return ask(node.this).element.computed


def _arms(*names: str) -> Function:
    """The function that gives one of its arguments, whichever."""

    def result(ask: Ask, node: exp.Expr) -> Value:
        return common(map(ask, _arguments(node, names))).computed

    return result


def _arguments(node: exp.Expr, names: Iterable[str]) -> Iterable[exp.Expr]:
    said = (node.args.get(name) for name in names)
    return chain.from_iterable(
        value if isinstance(value, list) else [value] for value in said if value is not None
    )


def _case(ask: Ask, node: exp.Expr) -> Value:
    arms = [arm.args.get("true") for arm in node.args.get("ifs", ())]
    default = node.args.get("default")
    return common(map(ask, [*arms, default] if default else arms)).computed


def _same(ask: Ask, node: exp.Expr) -> Value:
    return _argument(ask, node.this).computed


def _list(ask: Ask, node: exp.Expr) -> Value:
    return _argument(ask, node.this).repeated


def _top(weight: str) -> Function:
    """The result of `APPROX_TOP_COUNT` and the like: the top values, each with its weight."""

    def result(ask: Ask, node: exp.Expr) -> Value:
        value = _argument(ask, node.this).computed.called("value").settled
        kind = DataType.INT64
        if weight == "sum":
            kind = ask(node.expression).column.type
        return struct([value, Column(weight, kind)]).repeated

    return result


_AROUND_ARGUMENT = (exp.Distinct, exp.Order, exp.Limit, exp.IgnoreNulls, exp.RespectNulls)


def _argument(ask: Ask, node: exp.Expr) -> Value:
    """The argument of an aggregate, however it is sorted, limited or filtered."""
    while isinstance(node, _AROUND_ARGUMENT):
        node = node.expressions[0] if isinstance(node, exp.Distinct) else node.this
    return ask(node)


FUNCTIONS: Mapping[type[exp.Expr], Function] = {
    exp.Case: _case,
    exp.Coalesce: _arms("this", "expressions"),
    exp.If: _arms("true", "false"),
    exp.Greatest: _arms("this", "expressions"),
    exp.Least: _arms("this", "expressions"),
    exp.DPipe: _arms("this", "expression"),
    exp.ArrayConcat: _arms("this", "expressions"),
    exp.Lag: _arms("this", "default"),
    exp.Lead: _arms("this", "default"),
    **dict.fromkeys(
        (
            exp.AnyValue,
            exp.ArgMax,
            exp.ArgMin,
            exp.ArrayConcatAgg,
            exp.ArrayReverse,
            exp.ArraySlice,
            exp.Filter,
            exp.FirstValue,
            exp.HavingMax,
            exp.IgnoreNulls,
            exp.LastValue,
            exp.Max,
            exp.Min,
            exp.NthValue,
            exp.Nullif,
            exp.PercentileDisc,
            exp.RespectNulls,
            exp.Window,
        ),
        _same,
    ),
    exp.ArrayAgg: _list,
    exp.ApproxQuantiles: _list,
    exp.ApproxTopK: _top("count"),
    exp.ApproxTopSum: _top("sum"),
    exp.ArrayFirst: _element,
    exp.ArrayLast: _element,
    exp.Anonymous: _call,
    exp.NetFunc: _net,
    exp.Add: _sum,
    exp.Sub: _sum,
    exp.Pow: _real,
    exp.Log: _real,
    exp.Trunc: _real,
    exp.Extract: _extract,
    exp.TsOrDsToDatetime: _datetime,
}
