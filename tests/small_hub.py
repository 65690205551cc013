"""A small hub, whole: a warehouse behind BigQuery's protocol, definitions, a monitoring project.

Eight tables and views in three datasets; a pattern, a view over a view elsewhere, and dropdowns
whose values are counted. Everything is real but the service.
"""

import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from msgspec.structs import replace

from generator import commands
from generator.artifact import MANIFEST, Manifest, blob_id
from generator.facts.catalog import Column, DataType, Needs, Relation, RelationName
from generator.publish.disk import read_manifest
from generator.publish.tree import manifest_of
from generator.sources.warehouses import open_warehouse
from tests.bigquery_server import Server, Warehouse

PROJECT = "acme"
TABLES = """
CREATE SCHEMA web; CREATE SCHEMA sales; CREATE SCHEMA operational_monitoring;
CREATE TABLE web.visits (submission_date DATE, client_id VARCHAR, country VARCHAR, pages BIGINT);
CREATE TABLE web.pages_a (submission_date DATE, path VARCHAR, hits BIGINT);
CREATE TABLE web.pages_b (submission_date DATE, path VARCHAR, hits BIGINT);
CREATE TABLE sales.orders (ordered_at TIMESTAMPTZ, customer_id BIGINT, price DOUBLE);
CREATE TABLE sales.customers (customer_id BIGINT, name VARCHAR, tags VARCHAR[]);
CREATE VIEW sales.paid AS SELECT * FROM sales.orders WHERE price > 0;
CREATE VIEW web.daily AS
  SELECT submission_date, COUNT(*) AS visits, (SELECT COUNT(*) FROM sales.paid) AS orders
  FROM web.visits GROUP BY 1;
CREATE TABLE operational_monitoring.cold_start_statistics (
  submission_date DATE, build_id VARCHAR, os VARCHAR, country VARCHAR, branch VARCHAR,
  metric VARCHAR, statistic VARCHAR, point DOUBLE, lower DOUBLE, upper DOUBLE, parameter DOUBLE
);
INSERT INTO operational_monitoring.cold_start_statistics
  SELECT '2030-01-02', NULL, os, country, 'control', 'crashes', 'sum', 1, 1, 1, NULL
  FROM (VALUES ('Windows', 'US'), ('Windows', 'DE'), ('Mac', 'US')) AS kinds (os, country);
"""
NAMESPACES = """
web:
  pretty_name: Web
  views:
    visits:
      type: table_view
      tables: [{table: acme.web.visits, time_partitioning_field: submission_date}]
    daily:
      type: table_view
      tables: [{table: acme.web.daily}]
    "pages_*":
      type: table_view
      tables: [{table: acme.web.pages_*}]
  explores:
    visits: {type: table_explore, views: {base_view: visits}}
    daily: {type: table_explore, views: {base_view: daily}}
    "pages_*": {type: table_explore, views: {base_view: "pages_*"}}
sales:
  pretty_name: Sales
  views:
    orders:
      type: table_view
      tables: [{table: acme.sales.orders}]
    customers:
      type: table_view
      tables: [{table: acme.sales.customers}]
  explores:
    orders: {type: table_explore, views: {base_view: orders}}
    customers: {type: table_explore, views: {base_view: customers}}
"""
PROJECTS = [
    {
        "slug": "Cold-Start",
        "name": "Cold start",
        "xaxis": "submission_date",
        "branches": ["control", "treatment"],
        "dimensions": ["os", "country"],
        "summaries": [{"metric": "crashes", "statistic": "sum", "metric_groups": []}],
        "start_date": "2030-01-01",
        "end_date": "2030-01-31",
        "statistics_table": "acme.operational_monitoring.cold_start_statistics",
    }
]
STATISTICS = "operational_monitoring.cold_start_statistics"
NEW_COLUMN = Column("added", DataType.STRING)


def name(text: str) -> RelationName:
    """A table of the project."""
    return RelationName(PROJECT, *text.split("."))


EVERYTHING = Needs.of(
    name(text)
    for text in (
        "web.visits",
        "web.daily",
        "web.pages_a",
        "web.pages_b",
        "sales.orders",
        "sales.customers",
        "sales.paid",
        STATISTICS,
    )
)


@dataclass(frozen=True)
class Data:
    """The warehouse on this disk, and what its catalog says."""

    file: Path
    relations: tuple[Relation, ...]

    @classmethod
    def written(cls, folder: Path) -> "Data":
        """A warehouse with the tables above."""
        file = folder / f"{PROJECT}.duckdb"
        with duckdb.connect(file) as connection:
            connection.execute(TABLES)
        said = open_warehouse(f"duckdb:{file}").read(EVERYTHING).relations
        return cls(file, tuple(replace(one, last_modified=None) for one in said.values()))

    def warehouse(self, relations: Iterable[Relation] | None = None) -> Warehouse:
        """What the server holds."""
        held = self.relations if relations is None else tuple(relations)
        return Warehouse(held, data=self.file)


Change = Callable[[tuple[Relation, ...]], tuple[Relation, ...]]


def dropped(text: str) -> Change:
    """A table is gone."""
    return lambda known: tuple(one for one in known if one.name != name(text))


def widened(text: str) -> Change:
    """A table has a column more."""

    def change(known: tuple[Relation, ...]) -> tuple[Relation, ...]:
        return tuple(
            replace(one, columns=(*one.columns, NEW_COLUMN)) if one.name == name(text) else one
            for one in known
        )

    return change


@dataclass(frozen=True)
class Hub:
    """A folder with definitions, an output folder and a repository; runs of it are real runs."""

    folder: Path
    endpoint: str

    @classmethod
    def written(cls, folder: Path, server: Server) -> "Hub":
        """A hub whose definitions are there, and that never ran."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "namespaces.yaml").write_text(NAMESPACES, encoding="utf-8")
        (folder / "projects.json").write_text(json.dumps(PROJECTS), encoding="utf-8")
        subprocess.run(
            ["git", "init", "-q", "--bare", "-b", "main", folder / "hub.git"], check=True
        )
        return cls(folder, server.endpoint)

    def given(self, options: str = "") -> dict[str, Any]:
        """The options of a command; those of the warehouse's address are added to it."""
        return {
            "namespaces": str(self.folder / "namespaces.yaml"),
            "opmon_projects": str(self.folder / "projects.json"),
            "warehouse": (f"bigquery:{PROJECT}?api-endpoint={self.endpoint}{options}",),
            "output": str(self.folder / "output"),
            "repository": str(self.folder / "hub.git"),
        }

    @property
    def lookml(self) -> Path:
        """The LookML project."""
        return self.folder / "output" / "lookml"

    @property
    def report(self) -> dict[str, Any]:
        """What the last run wrote of itself."""
        text = (self.folder / "output" / "report.json").read_text(encoding="utf-8")
        said: dict[str, Any] = json.loads(text)
        return said

    def run(self, options: str = "", **more: Any) -> int:
        """`generate --publish`, and its exit code."""
        wish = commands.Wish(quiet=True, commit=True)
        return commands.generate(None, {**self.given(options), **more}, wish)

    def files(self) -> dict[str, str]:
        """What stands in the output folder: the id of each file, but for the manifest."""
        found = (path for path in self.lookml.rglob("*") if path.is_file())
        named = {path.relative_to(self.lookml).as_posix(): path for path in found}
        return {
            path: blob_id(place.read_bytes())
            for path, place in sorted(named.items())
            if path != MANIFEST
        }

    def owned(self) -> dict[str, str]:
        """What the manifest says."""
        return ids_of(read_manifest(self.lookml))

    def needs(self) -> dict[str, tuple[str, ...]]:
        """What each file stands on."""
        return {path: owned.needs for path, owned in read_manifest(self.lookml).files.items()}

    def published(self) -> dict[str, str]:
        """What the repository has, but for the manifest, which says the same."""
        rows = self.git("ls-tree", "-r", "-z", "main").split("\0") if self.tip() else []
        found = {path: meta.split()[2] for meta, _, path in (r.partition("\t") for r in rows if r)}
        if found:
            manifest = manifest_of(self.git("cat-file", "blob", found.pop(MANIFEST)))
            assert ids_of(manifest) == found
        return found

    def tip(self) -> str:
        """The last commit; empty if there is none."""
        return self.git("for-each-ref", "--format=%(objectname)", "refs/heads/main")

    def git(self, *words: str) -> str:
        """What git says in the repository."""
        command = ["git", "-C", str(self.folder / "hub.git"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def ids_of(manifest: Manifest) -> dict[str, str]:
    """The id of each file that a manifest lists."""
    return {path: manifest.files[path].id for path in sorted(manifest.files)}
