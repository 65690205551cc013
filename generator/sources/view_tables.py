"""What a view reads from, told from its text, in the dialect of its warehouse."""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

Parts = tuple[str, ...]


def tables_of(sql: str, dialect: str = "duckdb") -> list[Parts]:
    """The tables of a view, one to three parts each; none if sqlglot cannot read the text.

    >>> tables_of("CREATE VIEW v AS WITH web AS (SELECT * FROM web) SELECT * FROM web, shop.orders")
    [('shop', 'orders'), ('web',)]
    >>> tables_of("SELECT * FROM `acme-prod.web.visits` AS v, v.pages", "bigquery")
    [('acme-prod', 'web', 'visits')]
    >>> tables_of("SELECT * FROM web.web JOIN shop.orders USING (id)", "bigquery")
    [('shop', 'orders'), ('web', 'web')]
    """
    try:
        statement = sqlglot.parse_one(sql, dialect=dialect)
        query = statement.expression if isinstance(statement, exp.Create) else statement
        found = {*_qualified(query), *_in_scope(query)}
    except (SqlglotError, RecursionError):
        return []
    parts = {tuple(part.name for part in table.parts) for table in found}
    lists = _lists_of(query) if dialect == "bigquery" else set()
    return sorted(one for one in parts if one not in lists)


def _lists_of(query: exp.Expr) -> set[Parts]:
    """What looks like a table and is a list: in BigQuery, `v.pages` beside a table called `v`."""
    sources = [
        (source.alias_or_name.lower(), tuple(part.name for part in getattr(source, "parts", ())))
        for source in query.find_all(exp.Table, exp.Subquery, exp.CTE)
    ]
    return {
        parts
        for _, parts in sources
        if len(parts) > 1
        and any(name == parts[0].lower() and other != parts for name, other in sources)
    }


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
