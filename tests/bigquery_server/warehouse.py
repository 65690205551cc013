"""What the server holds: a catalog, the data of a DuckDB file, and an engine for both."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Any, NamedTuple

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from generator.facts.catalog import Column, Relation, RelationName
from generator.sources.duckdb_types import column_of
from tests.bigquery_server import schemas
from tests.bigquery_server.failures import Refusal

_INFORMATION = "INFORMATION_SCHEMA."
_SIZES = "__TABLES__"
_REGION = "region-"
MINIMUM = 10 * 1024 * 1024
"""The bytes that each table costs at least."""


class Result(NamedTuple):
    """What a statement gives; of a dry run, without rows."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    bytes: int
    billed: int
    statement: str = "SELECT"
    destination: RelationName | None = None
    affected: int | None = None


@dataclass
class Warehouse:
    """Relations by project and dataset; `data` is a DuckDB file with their rows.

    `views` has the SQL of views, in BigQuery's words; `locations` where a dataset lies, if not in
    `location`. What is in `hidden` is in no INFORMATION_SCHEMA, as for one who may see only some.
    """

    relations: Iterable[Relation]
    views: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None
    location: str = "US"
    locations: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @cached_property
    def datasets(self) -> dict[tuple[str, str], dict[str, Relation]]:
        """The relations of each dataset by name."""
        found: dict[tuple[str, str], dict[str, Relation]] = {}
        for relation in self.relations:
            found.setdefault(relation.name[:2], {})[relation.name.table] = relation
        return found

    @cached_property
    def _engine(self) -> duckdb.DuckDBPyConnection:
        engine = duckdb.connect(":memory:")
        engine.execute("SET TimeZone = 'UTC'")
        if self.data:
            engine.execute(f"ATTACH '{self.data}' AS \"{self.data.stem}\" (READ_ONLY)")
        return engine

    @cached_property
    def _lock(self) -> Lock:
        return Lock()

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """The INFORMATION_SCHEMAs that were made so far, and their bytes."""
        return {}

    def place_of(self, dataset: str) -> str:
        """Where a dataset lies."""
        return self.locations.get(dataset, self.location)

    def relation(self, project: str, dataset: str, table: str) -> Relation:
        """A table. Raises Refusal if there is none."""
        found = self.dataset(project, dataset).get(table)
        if found is None:
            raise Refusal(404, "notFound", f"Not found: Table {project}:{dataset}.{table}")
        return found

    def dataset(
        self, project: str, dataset: str, location: str | None = None
    ) -> dict[str, Relation]:
        """The tables of a dataset. Raises Refusal if it is not there, or lies elsewhere."""
        found = self.datasets.get((project, dataset))
        if found is None or (location or self.place_of(dataset)) != self.place_of(dataset):
            where = f" was not found in location {location}" if location else ""
            raise Refusal(404, "notFound", f"Not found: Dataset {project}:{dataset}{where}")
        return found

    def run(
        self,
        sql: str,
        location: str | None = None,
        *,
        dry: bool = False,
        most: int | None = None,
        known: Mapping[str, list[str]] | None = None,
    ) -> Result:
        """Run a statement of BigQuery, at most for so many bytes. Raises Refusal, as it would."""
        try:
            tree = sqlglot.parse_one(sql, dialect="bigquery")
            _substitute(tree, known or {})
            sizes = [self._resolve(table, location) for table in list(tree.find_all(exp.Table))]
            billed = sum(max(size, MINIMUM) for size in sizes if size is not None)
            limited(billed, None if dry else most)
            text = tree.sql(dialect="duckdb")
            with self._lock:
                cursor = self._engine.cursor()
            cursor.execute(f"SELECT * FROM ({text}) LIMIT 0" if dry else text)  # noqa: S608
            described = cursor.description or []
            columns = tuple(column_of(name, type_) for name, type_, *_ in described)
            return Result(columns, cursor.fetchall(), sum(map(int, filter(None, sizes))), billed)
        except (SqlglotError, duckdb.Error) as error:
            raise Refusal(400, "invalidQuery", str(error).partition("\n")[0]) from None

    def _resolve(self, table: exp.Table, location: str | None) -> int | None:
        """Point a table at what the engine has for it; how many bytes that is, if it is one."""
        if table.name.startswith(_INFORMATION) or table.name == _SIZES:
            view = table.name.removeprefix(_INFORMATION)
            name = self._information(table.catalog, table.db, view, location)
            for key, value in (("this", exp.to_identifier(name, quoted=True)), ("db", None)):
                table.set(key, value)
            table.set("catalog", None)
            return self._sizes[name]
        if table.db:
            relation = self.relation(table.catalog, table.db, table.name)
            return 8 * len(relation.columns) * self._count(relation.name)
        return None

    def _count(self, name: RelationName) -> int:
        place = ".".join(f'"{part}"' for part in name)
        (counted,) = self._engine.cursor().execute(f"SELECT count(*) FROM {place}").fetchall()  # noqa: S608
        return int(counted[0])

    def _information(self, project: str, place: str, view: str, location: str | None) -> str:
        """The name of the engine's table for a view of INFORMATION_SCHEMA, made if need be."""
        if view not in schemas.VIEWS:
            raise Refusal(400, "invalidQuery", f"Unrecognized name: INFORMATION_SCHEMA.{view}")
        name = f"{project}.{place}.{view}"
        relations = [
            relation
            for relation in self._covered(project, place, location)
            if str(relation.name) not in self.hidden
        ]
        with self._lock:
            if name not in self._sizes:
                self._sizes[name] = self._load(name, view, relations)
        return name

    def _covered(self, project: str, place: str, location: str | None) -> list[Relation]:
        if not place.startswith(_REGION):
            return list(self.dataset(project, place, location).values())
        region = place.removeprefix(_REGION)
        if location and location.lower() != region:
            raise Refusal(400, "invalidQuery", f"the job runs in {location}, not in {region}")
        return [
            relation
            for (owner, dataset), tables in self.datasets.items()
            if owner == project and self.place_of(dataset).lower() == region
            for relation in tables.values()
        ]

    def _load(self, name: str, view: str, relations: Iterable[Relation]) -> int:
        """Make a table of JSON lines: a thousand times faster than INSERT."""
        names = (*schemas.NAMES, *schemas.VIEWS[view][1])
        types = {one: schemas.TYPES_OF.get(one, "VARCHAR") for one in names}
        with NamedTemporaryFile("w", suffix=".json") as file:
            for row in schemas.rows(view, relations, self.views):
                file.write(json.dumps(row) + "\n")
            file.flush()
            size = file.tell()
            self._engine.execute(
                f"CREATE TABLE \"{name}\" AS FROM read_json(?, format = 'newline_delimited',"
                f" columns = {types})",
                [file.name],
            )
        return size


def limited(billed: int, most: int | None) -> None:
    """Raises Refusal if a statement would cost too much; then it costs nothing."""
    if most is not None and billed > most:
        message = f"Query exceeded limit for bytes billed: {most}. {billed} or higher required."
        raise Refusal(400, "bytesBilledLimitExceeded", message)


def _substitute(tree: exp.Expr, known: Mapping[str, list[str]]) -> None:
    """Write the values of parameters where their names are."""
    for parameter in list(tree.find_all(exp.Parameter)):
        values = [exp.Literal.string(value) for value in known[parameter.name]]
        parameter.replace(exp.cast(exp.Array(expressions=values), "ARRAY<STRING>"))
