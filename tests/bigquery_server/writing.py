"""A warehouse that can be written to: what dbt's adapter says beside SELECT, on DuckDB.

Datasets, tables and views are made, replaced, merged and dropped in a copy of the DuckDB file. How
a table is cut and clustered is noted for `tables.get`, and means nothing to the engine.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeGuard

import duckdb
import sqlglot
from msgspec.structs import replace
from sqlglot import exp
from sqlglot.errors import SqlglotError

from generator.facts.catalog import Kind, Partitioning, Relation, RelationName
from generator.sources.duckdb_types import column_of
from tests.bigquery_server.failures import Refusal
from tests.bigquery_server.warehouse import MINIMUM, Result, Warehouse, limited


class WritableWarehouse(Warehouse):
    """A warehouse whose `data` is written to."""

    @cached_property
    def _engine(self) -> duckdb.DuckDBPyConnection:
        engine = duckdb.connect(":memory:")
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(f"ATTACH '{self.data}' AS \"{self.data.stem if self.data else ''}\"")
        return engine

    def run(
        self,
        sql: str,
        location: str | None = None,
        *,
        dry: bool = False,
        most: int | None = None,
        known: Mapping[str, list[str]] | None = None,
    ) -> Result:
        """Run a statement, or several in a row. Raises Refusal, as BigQuery would."""
        try:
            trees = [tree for tree in sqlglot.parse(sql, dialect="bigquery") if _says(tree)]
        except SqlglotError as error:
            raise Refusal(400, "invalidQuery", str(error).partition("\n")[0]) from None
        if len(trees) == 1 and isinstance(trees[0], exp.Query):
            return super().run(sql, location, dry=dry, most=most, known=known)
        sizes = [size for tree in trees for size in self._read_by(tree)]
        billed = sum(max(size, MINIMUM) for size in sizes)
        limited(billed, None if dry else most)
        try:
            with self._lock:  # one writes at a time
                done = [self._write(tree) for tree in trees]
        except (SqlglotError, duckdb.Error) as error:
            raise Refusal(400, "invalidQuery", str(error).partition("\n")[0]) from None
        result = done[0] if len(done) == 1 else _done("SCRIPT")
        return result._replace(bytes=sum(sizes), billed=billed)

    def _read_by(self, tree: exp.Expr) -> list[int]:
        """The bytes of the tables that a statement reads; the one that it makes is not there."""
        if isinstance(tree, exp.Drop) or (isinstance(tree, exp.Create) and tree.kind == "VIEW"):
            return []
        found = [
            self.datasets.get((table.catalog, table.db), {}).get(table.name)
            for table in tree.find_all(exp.Table)
        ]
        return [8 * len(one.columns) * self._count(one.name) for one in found if one]

    def close(self) -> None:
        """All that was written is in the file, which others may open."""
        self._engine.close()

    def drop(self, project: str, dataset: str, table: str) -> None:
        """`tables.delete`. Raises Refusal if there is none."""
        relation = self.relation(project, dataset, table)
        what = "VIEW" if relation.kind is Kind.VIEW else "TABLE"
        self._engine.cursor().execute(f"DROP {what} {_quoted(relation.name)}")
        del self.datasets[project, dataset][table]

    def _write(self, tree: exp.Expr) -> Result:
        act = next((act for kind, act in _ACTS.items() if isinstance(tree, kind)), None)
        if act is None:
            raise Refusal(400, "invalidQuery", f"the server knows no {type(tree).__name__}")
        return act(self, tree)

    def create(self, tree: exp.Create) -> Result:
        """CREATE SCHEMA, TABLE or VIEW."""
        table = tree.find(exp.Table)
        assert table
        if tree.kind == "SCHEMA":
            self._engine.cursor().execute(
                f'CREATE SCHEMA IF NOT EXISTS "{table.catalog}"."{table.db}"'
            )
            self.datasets.setdefault((table.catalog, table.db), {})
            return _done("CREATE_SCHEMA")
        name = RelationName(table.catalog, table.db, table.name)
        cut, clusters = _partitioning(tree), _clusters(tree)
        tree.set("properties", None)
        before = self.datasets.get(name[:2], {}).get(name.table)
        if before and tree.args.get("replace"):
            kind = "VIEW" if before.kind is Kind.VIEW else "TABLE"
            self._engine.cursor().execute(f"DROP {kind} {_quoted(name)}")
        self._engine.cursor().execute(tree.sql(dialect="duckdb"))
        kind = Kind.VIEW if tree.kind == "VIEW" else Kind.TABLE
        self._note(Relation(name, kind, partitioning=cut, clustering=clusters))
        suffix = "_AS_SELECT" if kind is Kind.TABLE and tree.expression else ""
        return replace_destination(_done(f"CREATE_{tree.kind}{suffix}"), name)

    def change(self, tree: exp.Expr) -> Result:
        """MERGE, INSERT, DELETE, ALTER, TRUNCATE."""
        cursor = self._engine.cursor().execute(tree.sql(dialect="duckdb"))
        counted = cursor.fetchall()
        table = tree.find(exp.Table)
        assert table
        name = RelationName(table.catalog, table.db, table.name)
        self._note(self.relation(*name))
        result = _done(type(tree).__name__.upper())
        affected = counted[0][0] if counted and isinstance(counted[0][0], int) else 0
        return replace_destination(result._replace(affected=affected), name)

    def erase(self, tree: exp.Drop) -> Result:
        """DROP."""
        table = tree.find(exp.Table)
        assert table
        name = RelationName(table.catalog, table.db, table.name)
        if name.table in self.datasets.get(name[:2], {}):
            self.drop(*name)
        return _done(f"DROP_{tree.kind}")

    def _note(self, relation: Relation) -> None:
        """The columns that a table has by now; what INFORMATION_SCHEMA said is true no more."""
        place = _quoted(relation.name)
        found = self._engine.cursor().execute(f"SELECT * FROM {place} LIMIT 0")  # noqa: S608
        columns = tuple(column_of(name, type_) for name, type_, *_ in found.description or ())
        held = self.datasets.setdefault(relation.name[:2], {})
        held[relation.name.table] = replace(relation, columns=columns)
        for stale in [one for one in self._sizes if one.startswith(relation.name.project)]:
            self._engine.cursor().execute(f'DROP TABLE "{stale}"')
            del self._sizes[stale]


_ACTS: Mapping[type[exp.Expr], Callable[[WritableWarehouse, Any], Result]] = {
    exp.Create: WritableWarehouse.create,
    exp.Drop: WritableWarehouse.erase,
    exp.Merge: WritableWarehouse.change,
    exp.Insert: WritableWarehouse.change,
    exp.Delete: WritableWarehouse.change,
    exp.Alter: WritableWarehouse.change,
    exp.TruncateTable: WritableWarehouse.change,
}


def _says(tree: exp.Expr | None) -> TypeGuard[exp.Expr]:
    """Whether a part of a script is a statement, not only a comment."""
    return tree is not None and not isinstance(tree, exp.Semicolon)


def _quoted(name: RelationName) -> str:
    return ".".join(f'"{part}"' for part in name)


def _done(statement: str) -> Result:
    return Result((), [], 0, 0, statement)


def replace_destination(result: Result, name: RelationName) -> Result:
    """The result, of a statement that wrote to a table."""
    return result._replace(destination=name)


def _partitioning(tree: exp.Create) -> Partitioning | None:
    cut = tree.find(exp.PartitionedByProperty)
    column = cut.find(exp.Column) if cut else None
    if cut is None:
        return None
    named = column.name if column else cut.this.name
    return Partitioning(named, "time", "day", require_partition_filter=False)


def _clusters(tree: exp.Create) -> tuple[str, ...]:
    found = tree.find(exp.Cluster) or tree.find(exp.ClusteredByProperty)
    return tuple(one.name for one in found.expressions) if found else ()
