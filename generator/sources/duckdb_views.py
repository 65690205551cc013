"""What a DuckDB view reads from, told from its text."""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope


def tables_of(sql: str) -> list[tuple[str, ...]]:
    """The tables of a `CREATE VIEW`, one to three parts each; none if sqlglot cannot read the text.

    >>> tables_of("CREATE VIEW v AS WITH web AS (SELECT * FROM web) SELECT * FROM web, shop.orders")
    [('shop', 'orders'), ('web',)]
    """
    try:
        statement = sqlglot.parse_one(sql, dialect="duckdb")
        query = statement.expression if isinstance(statement, exp.Create) else statement
        found = {*_qualified(query), *_in_scope(query)}
    except SqlglotError:
        return []
    return sorted({tuple(part.name for part in table.parts) for table in found})


def _qualified(query: exp.Expr) -> Iterator[exp.Table]:
    """The tables that cannot be a CTE; also those in a PIVOT, which has no scope of its own."""
    ctes = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if table.db or table.name.lower() not in ctes:
            yield from _plain(table)


def _in_scope(query: exp.Expr) -> Iterator[exp.Table]:
    """The tables that sqlglot takes for tables: a CTE may read the table whose name it takes."""
    for scope in traverse_scope(query):
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                yield from _plain(source)


def _plain(table: exp.Table) -> Iterator[exp.Table]:
    """The table, if it has a name and is not a call such as `range(3)`."""
    if isinstance(table.this, exp.Identifier):
        yield table
