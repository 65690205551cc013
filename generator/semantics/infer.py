"""The columns of a query, told from the catalog alone: nothing is run, and nobody is asked."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct
from sqlglot import exp

from generator.facts.catalog import Catalog, Column, DataType, RelationName
from generator.semantics.sql_scope import Scope
from generator.semantics.sql_select import Queries, relation_of
from generator.semantics.sql_values import STUMBLES
from generator.sql_trees import parse


class Inferred(Struct, frozen=True):
    """What a query gives, as far as the catalog tells.

    A column that is a column of a relation, under whatever name, has all that is said of that.
    `missing` are the relations, as written, that the catalog has no columns of; with a `*` over
    one of those, `columns` is not `complete`. `unknown` are the paths of columns without a type.
    `reason` says why nothing is known at all.
    """

    columns: tuple[Column, ...] = ()
    reads_from: tuple[RelationName, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    complete: bool = True
    reason: str | None = None


def infer(query: str | exp.Query, catalog: Catalog, dialect: str = "bigquery") -> Inferred:
    """The columns of a query, as text or as a tree, or the reason why it has none."""
    try:
        tree = _parse(query, dialect) if isinstance(query, str) else query
        rows = Queries(catalog, dialect).rows(tree, Scope())
    except _UnreadableError as error:
        return Inferred(complete=False, reason=str(error))
    except RecursionError:
        return Inferred(complete=False, reason="it is nested too deeply")
    names = _relations(tree, catalog)
    return Inferred(
        columns=rows.columns,
        reads_from=tuple(RelationName(*parts) for name in names if (parts := _three(name))),
        missing=tuple(name for name in names if relation_of(catalog, name) is None),
        unknown=tuple(_unknown(rows.columns)),
        complete=rows.complete,
    )


class _UnreadableError(Exception):
    """Why a text is no query."""


@lru_cache(maxsize=64)  # definitions are asked for more than once; a tree is only looked at
def _parse(query: str, dialect: str) -> exp.Expr:
    """The query that a text is: itself, of a view, or at the end of a script."""
    try:
        statements = [tree for tree in parse(query, dialect) if tree]
    except STUMBLES as error:
        found = getattr(error, "errors", None)
        said = found[0]["description"] if found else str(error).partition("\n")[0]
        raise _UnreadableError(said or "it cannot be read") from None
    last = statements[-1] if statements else None
    if isinstance(last, exp.Create):
        last = last.expression
    if not isinstance(last, exp.Query):
        raise _UnreadableError("it is not a query")
    return last


def _relations(tree: exp.Expr, catalog: Catalog) -> list[str]:
    """The relations that a query names, as written, sorted; not its own WITH or arrays of rows."""
    tables = list(tree.find_all(exp.Table))
    named = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    aliases = {table.alias_or_name.lower() for table in tables} | {
        query.alias.lower() for query in tree.find_all(exp.Subquery)
    }
    found = set()
    for table in tables:
        parts = [part.name for part in table.parts]
        text = ".".join(parts)
        is_path = len(parts) > 1 and parts[0].lower() in aliases
        if len(parts) == 1 and text.lower() in named:
            continue
        if not is_path or relation_of(catalog, text):
            found.add(text)
    return sorted(found)


def _three(name: str) -> list[str] | None:
    parts = name.split(".")
    return parts if len(parts) == len(RelationName._fields) else None


def _unknown(columns: Iterable[Column], above: tuple[str, ...] = ()) -> Iterator[str]:
    for column in columns:
        path = (*above, column.name)
        if column.type is DataType.UNKNOWN:
            yield ".".join(path)
        elif column.fields:
            yield from _unknown(column.fields, path)
