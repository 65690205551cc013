"""DuckDB, asked: an answer or the reason that it gives, and names as it writes them."""

from contextlib import closing
from typing import Any

import duckdb

from generator.sources.warehouse import Unread

Connection = duckdb.DuckDBPyConnection


def ask(connection: Connection, catalog: str, sql: str) -> list[tuple[Any, ...]] | Unread:
    """The rows of a statement, or why there are none.

    On a cursor of its own, as an error may leave a transaction that takes no more queries. There
    the file is the one in use: a view may name a table of `main` without its schema.
    """
    with closing(connection.cursor()) as cursor:
        try:
            cursor.execute(f"USE {quoted(catalog)}.main")
            return cursor.execute(sql).fetchall()
        except duckdb.Error as error:
            return Unread(reason_of(error))


def reason_of(error: Exception) -> str:
    """The first line of what DuckDB says; the rest are guesses and a picture of the place."""
    return str(error).partition("\n")[0]


def quoted(name: str) -> str:
    """A name as an identifier."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
