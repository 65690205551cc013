"""The columns of a query, told from the catalog alone: nothing is run, and nobody is asked."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct
from sqlglot import exp

from generator.facts.catalog import Catalog, Column, DataType, RelationName
from generator.semantics.sql_scope import Scope
from generator.semantics.sql_select import Queries, Rows, relation_of
from generator.semantics.sql_values import STUMBLES
from generator.sql_trees import BIGQUERY, parse


class Inferred(Struct, frozen=True):
    """What a query gives, as far as the catalog tells.

    A column that is a column of a relation, under whatever name, has all that is said of that.
    `missing` are the relations, as written, that the catalog has no columns of; with a `*` over
    one of those, `columns` is not `complete`. `reason` says why nothing is known at all.
    """

    columns: tuple[Column, ...] = ()
    reads_from: tuple[RelationName, ...] = ()
    missing: tuple[str, ...] = ()
    complete: bool = True
    reason: str | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        """The paths of columns without a type."""
        return tuple(_unknown(self.columns))


def infer(query: str | exp.Query, catalog: Catalog, dialect: str = "bigquery") -> Inferred:
    """The columns of a query, as text or as a tree, or the reason why it has none."""
    try:
        tree = _parse(query, dialect) if isinstance(query, str) else query
        rows = Queries(catalog, dialect).rows(tree, Scope())
    except _UnreadableError as error:
        return Inferred(complete=False, reason=str(error))
    except RecursionError:
        return Inferred(complete=False, reason=_TOO_DEEP)
    names = relations_in(tree, catalog)
    return Inferred(
        columns=rows.columns,
        reads_from=three_part(names),
        missing=tuple(name for name in names if relation_of(catalog, name) is None),
        complete=rows.complete,
    )


class Ground(Struct, frozen=True):
    """The rows of a query, for what is asked over them; without a scope, nothing is known."""

    queries: Queries
    scope: Scope | None

    def give(self, *items: exp.Expr) -> Rows:
        """What items of a SELECT give in place of those that the query has."""
        try:
            return self.queries.of(items, self.scope) if self.scope else _NOTHING
        except RecursionError:
            return _NOTHING

    def is_moment(self, item: exp.Expr) -> bool:
        """Whether an item is a time, which is more than a day; where nothing tells, it is none."""
        found = self.give(item).columns
        return bool(found) and found[0].type in _MOMENTS


_NOTHING = Rows((), complete=False)
_MOMENTS = (DataType.TIMESTAMP, DataType.DATETIME)


def ground_of(rows: exp.Select, catalog: Catalog) -> Ground:
    """What a query offers to those that ask over its rows. No tree is changed."""
    queries = Queries(catalog, BIGQUERY)
    try:
        return Ground(queries, queries.ground(rows, Scope()))
    except RecursionError:
        return Ground(queries, None)


_TOO_DEEP = "it is nested too deeply"


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
    except RecursionError:
        raise _UnreadableError(_TOO_DEEP) from None
    last = statements[-1] if statements else None
    if isinstance(last, exp.Create):
        last = last.expression
    if not isinstance(last, exp.Query):
        raise _UnreadableError("it is not a query")
    return last


def relations_in(tree: exp.Expr, catalog: Catalog | None = None) -> tuple[str, ...]:
    """The relations that SQL names, as written, sorted; not its own WITH or arrays of rows.

    What may be either, an array or a relation, is the latter if the catalog knows it.
    """
    tables, named, aliases = _names(tree)
    found = set()
    for table in tables:
        parts = [part.name for part in table.parts]
        text = ".".join(parts)
        is_path = len(parts) > 1 and parts[0].lower() in aliases
        if len(parts) == 1 and text.lower() in named:
            continue
        if not is_path or (catalog and relation_of(catalog, text)):
            found.add(text)
    return tuple(sorted(found))


def _names(tree: exp.Expr) -> tuple[list[exp.Table], set[str], set[str]]:
    """The tables that a tree names, what its WITH has, and what rows are called in it."""
    tables: list[exp.Table] = []
    named, aliases = set(), set()
    for node in tree.find_all(exp.Table, exp.CTE, exp.Subquery):
        if isinstance(node, exp.CTE):
            named.add(node.alias.lower())
        else:
            aliases.add(node.alias_or_name.lower())
        if isinstance(node, exp.Table):
            tables.append(node)
    return tables, named, aliases


def three_part(names: Iterable[str]) -> tuple[RelationName, ...]:
    """Those of dotted names that say project, dataset and table."""
    parts = (name.split(".") for name in names)
    return tuple(RelationName(*found) for found in parts if len(found) == len(RelationName._fields))


def _unknown(columns: Iterable[Column], above: tuple[str, ...] = ()) -> Iterator[str]:
    for column in columns:
        path = (*above, column.name)
        if column.type is DataType.UNKNOWN:
            yield ".".join(path)
        elif column.fields:
            yield from _unknown(column.fields, path)
