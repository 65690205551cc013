"""The values of SQL expressions: structure is followed here, functions are judged by sqlglot."""

from collections.abc import Callable, Mapping
from functools import cache

from msgspec import Struct
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.schema import MappingSchema

from generator.facts.catalog import Column, DataType
from generator.semantics.sql_functions import FUNCTIONS, routine
from generator.semantics.sql_routines import result_of
from generator.semantics.sql_scope import Scope, descend
from generator.semantics.sql_types import (
    NULL,
    UNKNOWN,
    Value,
    common,
    from_sqlglot,
    scalar,
    struct,
    to_sqlglot,
)

STUMBLES = (SqlglotError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What sqlglot raises on odd SQL: not all of it is an error of its own."""


class Expressions(Struct, frozen=True):
    """The expressions of one place in a query; `row` is what a query inside of one gives."""

    scope: Scope
    dialect: str
    row: Callable[[exp.Expr, Scope], tuple[Column, ...] | None]

    def value(self, node: exp.Expr | None) -> Value:
        """What an expression gives."""
        if node is None:
            return UNKNOWN
        rule = RULES.get(type(node))
        if rule is not None:
            return rule(self, node)
        function = FUNCTIONS.get(type(node))
        return function(self.value, node) if function else self.judged(node)

    def judged(self, node: exp.Expr) -> Value:
        """What sqlglot says, given the types of the parts that have a rule of their own."""
        try:
            root = node.copy()
            typed = root.transform(
                lambda part: part if part is root else self._stand_in(part), copy=False
            )
            annotate_types(typed, schema=_schema(self.dialect))
        except STUMBLES:
            return UNKNOWN
        value = UNKNOWN if typed.type is None else from_sqlglot(typed.type)
        if value == UNKNOWN and isinstance(node, exp.Func):
            return result_of(node.sql_name())
        return value

    def _stand_in(self, node: exp.Expr) -> exp.Expr:
        """A cast to the type of a part that has a rule: sqlglot need not know where it is from."""
        if type(node) not in _RULED or isinstance(node, _AS_WRITTEN):
            return node
        return exp.Cast(this=exp.Null(), to=to_sqlglot(self.value(node).column))


@cache
def _schema(dialect: str) -> MappingSchema:
    return MappingSchema(dialect=dialect)


Rule = Callable[[Expressions, exp.Expr], Value]


def _path(here: Expressions, node: exp.Expr) -> Value:
    parts = [part.name for part in node.parts] if isinstance(node, exp.Column) else []
    if isinstance(node.this, exp.Func):  # so a routine is read before IGNORE NULLS
        return routine(here.value, ".".join(parts), node.this)
    return here.scope.path(parts).called(node.name)


def _dot(here: Expressions, node: exp.Expr) -> Value:
    inner = node.expression
    if isinstance(inner, exp.Func):
        return routine(here.value, _dotted(node), inner)
    return descend(here.value(node.this), [inner.name]).called(inner.name)


def _dotted(node: exp.Expr) -> str:
    if isinstance(node, exp.Dot):
        return f"{_dotted(node.this)}.{node.expression.name}"
    return node.name


def _item(here: Expressions, node: exp.Expr) -> Value:
    """An element of an array, by its place; a member of JSON."""
    whole = here.value(node.this)
    return scalar(DataType.JSON) if whole.column.type is DataType.JSON else whole.element.computed


def _literal(_: Expressions, node: exp.Expr) -> Value:
    if node.is_string:
        kind = DataType.STRING
    else:
        kind = DataType.INT64 if node.is_int else DataType.FLOAT64
    return Value(Column("", kind), constant=True)


def _inside(here: Expressions, node: exp.Expr) -> Value:
    return here.value(node.this)


def _made(here: Expressions, node: exp.Expr) -> Value:
    return here.value(node.this).computed


def _renamed(here: Expressions, node: exp.Expr) -> Value:
    return here.value(node.this).called(node.alias)


def _struct(here: Expressions, node: exp.Expr) -> Value:
    return struct(_member(here, part) for part in node.expressions)


def _member(here: Expressions, node: exp.Expr) -> Column:
    if isinstance(node, exp.PropertyEQ):
        return here.value(node.expression).called(node.name).settled
    return here.value(node).settled


def _array(here: Expressions, node: exp.Expr) -> Value:
    """A list as written, or `ARRAY(SELECT …)`; an empty list fits to any other."""
    items = node.expressions
    if not items:
        return NULL
    return common(here.value(item) for item in items).repeated


def _query(here: Expressions, node: exp.Expr) -> Value:
    """A query as a value: a struct if it is `SELECT AS STRUCT`, else its only column."""
    row = here.row(node, here.scope.inner())
    if row is None:
        return UNKNOWN
    query = node
    while isinstance(query, exp.Subquery | exp.SetOperation):
        query = query.this
    if isinstance(query, exp.Select) and query.args.get("kind") == "STRUCT":
        return struct(row)
    return Value(row[0]).computed if len(row) == 1 else UNKNOWN


def _unknown(_: Expressions, __: exp.Expr) -> Value:
    return UNKNOWN


def _null(_: Expressions, __: exp.Expr) -> Value:
    return NULL


_AS_WRITTEN = (exp.Literal, exp.Null)
"""Functions look at constants, as `DATE_ADD` at the text of a date."""


RULES: Mapping[type[exp.Expr], Rule] = {
    exp.Column: _path,
    exp.Dot: _dot,
    exp.Bracket: _item,
    exp.Literal: _literal,
    exp.Null: _null,
    exp.Neg: _made,
    exp.Paren: _inside,
    exp.SafeFunc: _made,
    exp.Alias: _renamed,
    exp.Struct: _struct,
    exp.Tuple: _struct,
    exp.Array: _array,
    exp.Select: _query,
    exp.Union: _query,
    exp.Intersect: _query,
    exp.Except: _query,
    exp.Subquery: _query,
    exp.Parameter: _unknown,
    exp.Placeholder: _unknown,
}

_RULED = frozenset({*RULES, *FUNCTIONS})
