"""`duckdb:PATH`: the embedded warehouse. One file is one catalog; its name is the project."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Fault, Location, fault
from generator.facts.catalog import (
    Catalog,
    Column,
    Kind,
    Mode,
    Needs,
    Partitioning,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.sources.duckdb_profiles import profiles_of
from generator.sources.duckdb_sql import Connection, ask, quoted, reason_of
from generator.sources.duckdb_types import column_of, named_type
from generator.sources.records import label_of, names_of
from generator.sources.view_tables import tables_of
from generator.sources.warehouse import Unread, gather

OURS = "lookml_gen"
# Nothing is downloaded while reading, whatever a view's text asks for.
_OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}

_KEY = "PRIMARY KEY"

Key = tuple[str, str]


class RelationRow(msgspec.Struct):
    """A row of `lookml_gen.relations`: what BigQuery knows of a table and DuckDB does not."""

    table_schema: str
    table_name: str
    description: str | None = None
    partition_kind: str | None = None
    partition_field: str | None = None
    partition_type: str | None = None
    require_partition_filter: bool | None = None
    clustering: tuple[str, ...] | None = None
    labels: dict[str, str | None] | None = None
    owners: tuple[str, ...] | None = None

    @property
    def partitioning(self) -> Partitioning | None:
        """How the table would be cut."""
        if not (self.partition_kind or self.partition_field or self.partition_type):
            return None
        kind = self.partition_kind or "time"
        return Partitioning(
            self.partition_field, kind, self.partition_type, self.require_partition_filter
        )


class FieldRow(msgspec.Struct):
    """A row of `lookml_gen.fields`; the path of a field in a record has dots."""

    table_schema: str
    table_name: str
    field_path: str
    description: str | None = None
    data_type: str | None = None


Row = TypeVar("Row", RelationRow, FieldRow)


class Entry(NamedTuple):
    """A table or view as DuckDB lists it; `sql` is the text of a view."""

    key: Key
    comment: str | None
    sql: str | None = None


class Contents(NamedTuple):
    """All that the file says of itself, by schema and name; `cased` has keys in small letters."""

    entries: Mapping[Key, Entry]
    columns: Mapping[Key, tuple[Column, ...]]
    primary_keys: Mapping[Key, tuple[str, ...]]
    rows: Mapping[Key, RelationRow]
    cased: Mapping[Key, Key]


class DuckDB(Struct, frozen=True):
    """A database file, opened for reading; nothing is kept open between two questions."""

    url: str
    path: Path
    catalog: str

    @classmethod
    def at(cls, url: str, place: str, catalog: str | None) -> "DuckDB":
        """The file at `place`; its catalog is called as DuckDB calls it, if not otherwise."""
        path = Path(place)
        return cls(url, path, catalog or path.stem)

    def read(self, needs: Needs) -> Catalog:
        """The tables and views among `needs`, and what they read from, to any depth."""
        with closing(self._connect()) as connection:
            contents = self._fetch(connection)

            def look(name: RelationName) -> Relation | Unread | None:
                entry = contents.entries.get((name.dataset, name.table))
                if entry is None or name.project != self.catalog:
                    return None
                broken = entry.sql and _why_unbound(connection, name)
                return Unread(broken) if broken else _relation(name, entry, contents)

            return gather((*needs.names, *self._matches(contents, needs)), look)

    def profile(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The commonest values of columns of those tables and views that the file has."""
        with closing(self._connect()) as connection:
            return profiles_of(connection, self.catalog, needs)

    def fingerprint(self) -> str:
        """A digest of the file, of its log, if there is one, and of the name of its catalog."""
        digest = blake2b(self.catalog.encode(), digest_size=20)
        log = self.path.with_name(f"{self.path.name}.wal")
        try:
            for path in (self.path, *([log] if log.exists() else [])):
                with path.open("rb") as file:
                    digest.update(file_digest(file, blake2b).digest())
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from None
        return digest.hexdigest()

    def _connect(self) -> Connection:
        """An empty database with the file attached: so the catalog may have any name."""
        if not self.path.is_file():
            missing = not self.path.exists()
            raise self._unreadable("there is no such file" if missing else "it is no file")
        place = str(self.path.resolve()).replace("'", "''")
        connection = duckdb.connect(":memory:", config=dict(_OFFLINE))
        try:
            connection.execute(
                f"ATTACH '{place}' AS {quoted(self.catalog)} (READ_ONLY, TYPE duckdb)"
            )
        except duckdb.Error as error:
            connection.close()
            raise self._unreadable(reason_of(error)) from None
        return connection

    def _fetch(self, connection: Connection) -> Contents:
        try:
            return _fetch(connection, self.catalog)
        except (duckdb.Error, msgspec.ValidationError) as error:
            raise self._unreadable(reason_of(error)) from None

    def _matches(self, contents: Contents, needs: Needs) -> list[RelationName]:
        names = names_of(f"{self.catalog}.{'.'.join(key)}" for key in sorted(contents.entries))
        return [name for name in names if any(some.matches(name) for some in needs.patterns)]

    def _unreadable(self, reason: str) -> Fault:
        return fault("unreadable-file", Location(str(self.path)), reason=reason)


def _fetch(connection: Connection, catalog: str) -> Contents:
    """The file's catalog: one query for each of DuckDB's lists and for each table of ours."""

    def rows(columns: str, source: str) -> list[tuple[Any, ...]]:
        query = f"SELECT {columns} FROM {source} WHERE database_name = ? ORDER BY ALL"  # noqa: S608
        return connection.execute(query, [catalog]).fetchall()

    tables = rows("schema_name, table_name, comment", "duckdb_tables()")
    views = rows("schema_name, view_name, comment, sql", "duckdb_views()")
    columns = rows(
        "schema_name, table_name, column_index, column_name, data_type, is_nullable, comment",
        "duckdb_columns()",
    )
    constraints = rows(
        "schema_name, table_name, constraint_type, constraint_column_names", "duckdb_constraints()"
    )
    listed = [Entry((schema, name), *rest) for schema, name, *rest in (*tables, *views)]
    ours = {entry.key[1] for entry in listed if entry.key[0] == OURS}
    entries = {entry.key: entry for entry in listed if entry.key[0] != OURS}
    return Contents(
        entries,
        _columns(connection, columns, _ours(connection, catalog, "fields", ours, FieldRow)),
        {(schema, name): tuple(keys) for schema, name, what, keys in constraints if what == _KEY},
        {
            (row.table_schema, row.table_name): row
            for row in _ours(connection, catalog, "relations", ours, RelationRow)
        },
        {_fold(key): key for key in entries},
    )


def _ours(
    connection: Connection, catalog: str, table: str, present: Container[str], row: type[Row]
) -> list[Row]:
    """The rows of one of our tables, by the names of its columns; some may be left out."""
    if table not in present:
        return []
    place = ".".join(map(quoted, (catalog, OURS, table)))
    cursor = connection.execute(f"SELECT * FROM {place}")  # noqa: S608 - all quoted
    names = [column[0] for column in cursor.description or ()]
    written = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    return msgspec.convert(written, list[row])  # type: ignore[valid-type]


def _columns(
    connection: Connection, rows: Iterable[tuple[Any, ...]], said: Iterable[FieldRow]
) -> dict[Key, tuple[Column, ...]]:
    ours = {(row.table_schema, row.table_name, row.field_path): row for row in said}
    parsed = cache(connection.sqltype)
    columns: dict[Key, list[Column]] = {}
    for schema, table, _, name, written, nullable, comment in rows:
        mode = Mode.NULLABLE if nullable else Mode.REQUIRED
        column = replace(column_of(name, parsed(written), mode), description=comment)
        if ours:
            column = _told(column, (schema, table, name), ours)
        columns.setdefault((schema, table), []).append(column)
    return {key: tuple(made) for key, made in columns.items()}


def _told(
    column: Column, place: tuple[str, str, str], ours: Mapping[tuple[str, str, str], FieldRow]
) -> Column:
    """The column with what `lookml_gen.fields` says of it and of the fields below it."""
    schema, table, path = place
    row = ours.get(place)
    below = (_told(one, (schema, table, f"{path}.{one.name}"), ours) for one in column.fields)
    return replace(
        column,
        type=named_type(row.data_type) if row and row.data_type else column.type,
        description=(row.description if row else None) or column.description,
        fields=tuple(below),
    )


def _relation(name: RelationName, entry: Entry, contents: Contents) -> Relation:
    row = contents.rows.get(entry.key) or RelationRow(*entry.key)
    return Relation(
        name=name,
        kind=Kind.TABLE if entry.sql is None else Kind.VIEW,
        columns=contents.columns.get(entry.key, ()),
        description=row.description or entry.comment,
        partitioning=row.partitioning,
        clustering=row.clustering or (),
        reads_from=tuple(_references(name, entry, contents)),
        primary_key=contents.primary_keys.get(entry.key, ()),
        labels={label: label_of(value) for label, value in (row.labels or {}).items()},
        owners=row.owners or (),
    )


def _references(name: RelationName, entry: Entry, contents: Contents) -> Iterator[RelationName]:
    """The tables of a view, in full and spelt as they were made: DuckDB minds no capitals."""
    for parts in tables_of(entry.sql) if entry.sql else ():
        *above, table = parts
        schema = above[-1] if above else name.dataset
        project = above[0] if len(above) > 1 else name.project
        near, far = _fold((schema, table)), _fold(("main", table))
        key = contents.cased.get(near) or (None if above else contents.cased.get(far))
        if key and project.lower() == name.project.lower():
            yield from names_of([".".join((name.project, *key))])
        else:
            yield from names_of([f"{project}.{schema}.{table}"])


def _why_unbound(connection: Connection, name: RelationName) -> str | None:
    """Why DuckDB cannot answer a query of this view, whose old columns it lists all the same."""
    place = ".".join(map(quoted, name))
    found = ask(connection, name.project, f"DESCRIBE SELECT * FROM {place}")  # noqa: S608
    return found.reason if isinstance(found, Unread) else None


def _fold(key: Key) -> Key:
    return key[0].lower(), key[1].lower()
