"""Pieces of SQL that people write in definitions, as syntax trees.

Trees of definitions are frozen: each text is read once, and all who ask share its tree. Who
changes one, or hangs it into a tree of his own, takes a copy. That holds of what is made here and
in `data_source_sql`. Of sqlglot, `sql`, `alias_` and a `select` upon a query take one themselves.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError

from generator.diagnostics import Fault, Location, fault
from generator.sql import RESERVED
from generator.sql_trees import parse

_PARTS = ("this", "table", "db", "catalog")
_PLACE = ("line", "col", "start", "end")
_ROWS = (exp.From, exp.Unnest, exp.Join, exp.Lateral)


class _UnfitError(Exception):
    """Why a text is not what it should be."""


def parsed(text: str, subject: str, at: Location | None) -> exp.Expression:
    """One expression, without a name. Raises Fault if it is anything else."""
    try:
        return _expression(text)
    except _UnfitError as error:
        raise _bad(subject, at, str(error)) from None


def parsed_from(text: str, subject: str, at: Location | None) -> exp.Select:
    """`SELECT *` of a table or subquery. Raises Fault if it is anything else."""
    try:
        return _select(text, "SELECT * FROM ")
    except _UnfitError as error:
        raise _bad(subject, at, str(error)) from None


def _expression(text: str) -> exp.Expression:
    select = _select(text, "SELECT ")
    given = {name for name, value in select.args.items() if value}
    if given != {"expressions"} or len(select.expressions) != 1:
        raise _UnfitError("it is more than one expression")
    expression: exp.Expression = select.expressions[0]
    if isinstance(expression, exp.Alias):
        raise _UnfitError(f"it ends in a name, `{expression.alias}`")
    return expression


def _select(text: str, before: str) -> exp.Select:
    try:
        statements = _parse(before + text)
    except (SqlglotError, RecursionError, ValueError) as error:
        raise _UnfitError(_first_line(error)) from None
    statement = statements[0] if len(statements) == 1 else None
    if not isinstance(statement, exp.Select):
        raise _UnfitError("it does not end where it should")
    return statement


@lru_cache(maxsize=2048)
def _parse(text: str) -> tuple[object, ...]:
    statements = parse(text)
    for statement in statements:
        for node in statement.walk() if statement else ():
            _forget_place(node)
            # BigQuery takes `my-project.shop.visits` bare, no other does
            if isinstance(node, exp.Identifier) and "-" in node.name:
                node.set("quoted", True)  # noqa: FBT003 - the value of an argument by name
    return tuple(statements)


def _forget_place(node: exp.Expr) -> None:
    """A tree without the places of its words is copied in half the time."""
    for key in _PLACE:
        node.meta.pop(key, None)
    if not node.meta:
        node._meta = None  # noqa: SLF001 - an empty one is copied, too


def qualified(
    text: str, slug: str, aliases: Collection[str], subject: str, at: Location | None
) -> exp.Expression:
    """An expression whose plain columns are those of a data source, by its slug.

    Columns that name one of the aliases stay, and those of a SELECT within. Without aliases only
    a column that is called like the slug needs it.

    >>> qualified("DATE(sent.day)", "visits", ["days"], "", None).sql("bigquery")
    'DATE(visits.sent.day)'
    >>> qualified("SUM(metrics.counter.tabs)", "metrics", (), "", None).sql("bigquery")
    'SUM(metrics.metrics.counter.tabs)'
    """
    try:
        return _qualified(text, slug, tuple(aliases))
    except _UnfitError as error:
        raise _bad(subject, at, str(error)) from None


@lru_cache(maxsize=4096)
def _qualified(text: str, slug: str, aliases: tuple[str, ...]) -> exp.Expression:
    expression = _expression(text)
    holder = expression.parent_select
    if holder is None or not any(_meant(holder, slug, aliases)):
        return expression
    holder = holder.copy()
    for column in tuple(_meant(holder, slug, aliases)):
        _prefix(column, alias_name(slug))
    qualified: exp.Expression = holder.expressions[0]
    return qualified


def _meant(holder: exp.Select, slug: str, aliases: Collection[str]) -> Iterator[exp.Column]:
    """The columns that would mean something else without the slug before them."""
    for column in holder.find_all(exp.Column):
        if not isinstance(column.this, exp.Identifier):
            continue  # a star, or a routine by its path
        root = column.parts[0].name
        is_meant = root == slug or (aliases and root not in aliases)
        if is_meant and not _is_inner(column, holder):
            yield column


def _is_inner(column: exp.Column, holder: exp.Select) -> bool:
    """Whether a column belongs to a SELECT within, not to what that one reads."""
    node: exp.Expr | None = column
    reads = False
    while node is not None and node is not holder:
        if isinstance(node, exp.Select) and not reads:
            return True
        reads = isinstance(node, _ROWS) or (reads and not isinstance(node, exp.Select))
        node = node.parent
    return False


def _prefix(column: exp.Column, alias: exp.Identifier) -> None:
    """Set the alias before a path of any length, as the parser would have made it."""
    parts = column.parts
    if len(parts) < len(_PARTS):
        column.set(_PARTS[len(parts)], alias)
    else:
        first = [alias, *(part.copy() for part in parts[: len(_PARTS) - 1])]
        start = exp.Column(**dict(zip(reversed(_PARTS), first, strict=True)))
        rest = [part.copy() for part in parts[len(_PARTS) - 1 :]]
        column.replace(exp.Dot.build([start, *rest]))


def alias_name(name: str) -> exp.Identifier:
    """A name as an identifier, quoted where it must be."""
    return exp.to_identifier(name, quoted=True if name.upper() in RESERVED else None)


def has_aggregation(expression: exp.Expression, functions: Iterable[str] = ()) -> bool:
    """Whether it adds rows up; `functions` are names of more functions that do."""
    names = frozenset(functions)
    return any(
        isinstance(node, exp.AggFunc) or (isinstance(node, exp.Anonymous) and node.name in names)
        for node in expression.walk()
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _bad(subject: str, at: Location | None, reason: str) -> Fault:
    return fault("unparsable-definition", at, subject, reason=reason)
