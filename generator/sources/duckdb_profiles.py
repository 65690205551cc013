"""The commonest values of columns in a DuckDB file: a statement for each relation."""

from collections.abc import Mapping, Sequence

from generator.facts.catalog import Counts, ProfileNeed, Profiles
from generator.sources.duckdb_sql import Connection, ask, quoted
from generator.sources.profile_sql import answered, statement
from generator.sources.profiles import gathered
from generator.sources.warehouse import Unread

_LISTED = """
SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $catalog
UNION ALL
SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $catalog
"""


def profiles_of(connection: Connection, catalog: str, needs: Sequence[ProfileNeed]) -> Profiles:
    """The values of those relations that the file has."""
    held = {(catalog, *row) for row in connection.execute(_LISTED, {"catalog": catalog}).fetchall()}

    def count(need: ProfileNeed) -> Mapping[str, Counts] | Unread:
        rows = ask(connection, catalog, statement(need, quoted))
        return rows if isinstance(rows, Unread) else answered(need, rows)

    return gathered((need, count(need)) for need in needs if need.relation in held)
