"""The dbt project on BigQuery: judged by Google's own analyzer, and run through dbt's adapter.

The adapter speaks to a server of ours, which runs the statements on DuckDB.
"""

import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator import commands, dbt
from generator.artifact import FileTree
from generator.facts.catalog import Catalog, Column, Needs, Relation, RelationName
from generator.pipeline import generate
from generator.run import world_of
from generator.settings import Settings
from generator.sources.warehouses import open_warehouse
from tests.bigquery_server import Server
from tests.bigquery_server.writing import WritableWarehouse

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.etl


def test_it_knows_every_name_and_type(lantern_data: Path) -> None:
    """Every column, function and type of the models of the example is one that BigQuery has."""
    pytest.importorskip("zetasql")
    from zetasql import types  # noqa: PLC0415 - it compiles for half a minute
    from zetasql.api import Analyzer, CatalogBuilder  # noqa: PLC0415

    language = types.LanguageOptions.maximum_features()
    language.product_mode = types.ProductMode.PRODUCT_EXTERNAL
    functions = types.ZetaSQLBuiltinFunctionOptions(language_options=language)
    known = CatalogBuilder("warehouse").with_builtin_functions(functions).build()
    analyzer = Analyzer(types.AnalyzerOptions(language_options=language), known)

    for sql in statements(lantern_data):
        assert analyzer.analyze_statement(sql).output_column_list


def statements(file: Path) -> Iterator[str]:
    """The SQL of each model, with rows of nothing but types in place of its tables."""
    settings = Settings(
        namespaces=str(ROOT / "namespaces.yaml"),
        warehouse=(f"duckdb:{file}",),
        metric_hub=(str(ROOT / "examples" / "metric-hub"),),
    )
    world = world_of(settings)
    tree = generate(world).dbt
    tables = dict(named(tree))
    catalog = world.catalog(Needs.of(tables.values()))
    for artifact in tree.artifacts.values():
        if isinstance(artifact.content, dbt.Model):
            yield typed(artifact.content, tables, catalog)


def named(tree: FileTree) -> Iterator[tuple[str, RelationName]]:
    """How models call each table, and its name."""
    for artifact in tree.artifacts.values():
        if isinstance(artifact.content, dbt.Properties):
            for source in artifact.content.sources:
                for table in source.tables:
                    name = RelationName(source.database or "", source.schema, table.name)
                    yield dbt.source(source.name, table.name), name


def typed(model: dbt.Model, tables: dict[str, RelationName], catalog: Catalog) -> str:
    """The SQL of a model with a SELECT of nothing for each table, that has its types."""
    sql = model.sql["bigquery"]
    for mark, call in model.sources.items():
        columns = catalog.relations[tables[call]].columns
        listed = ", ".join(f"CAST(NULL AS {type_of(c)}) AS `{c.name}`" for c in columns)
        sql = re.sub(rf"\b{mark}\b", f"(SELECT {listed})", sql)
    return sql


def type_of(column: Column) -> str:
    """The type of a column, as BigQuery writes it."""
    inner = ", ".join(f"`{field.name}` {type_of(field)}" for field in column.fields)
    type_ = f"STRUCT<{inner}>" if inner else str(column.type)
    return f"ARRAY<{type_}>" if column.repeated else type_


# through the adapter

Row = tuple[str, list[float]]
"""What a row says beside its numbers, and those."""

PROJECTS = ("desktop-health", "faster-first-paint-rollout", "startup-by-build", "new-tab-layout")
"""By day and by build, with branches, dimensions, histograms, ratios and alerts."""
SPANS = (("2026-07-05", "2026-07-06"), ("2026-07-06", "2026-07-07"))
"""The second day is computed twice, so that its partition is overwritten."""


def test_the_adapter_computes_what_duckdb_computes(
    lantern_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Table by table and row by row, but for the last digits of numbers.

    Quantiles are approximate on BigQuery: of them, only that they are near.
    """
    if find_spec("dbt") is None or find_spec("dbt.adapters.bigquery") is None:
        pytest.skip("dbt's adapter for BigQuery is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    files = [tmp_path / name / "lantern-data.duckdb" for name in ("direct", "served")]
    for file in files:
        file.parent.mkdir()
        shutil.copy(lantern_data, file)

    compute(f"duckdb:{files[0]}", tmp_path / "direct")
    warehouse = WritableWarehouse(known(files[1]), data=files[1])
    with Server(warehouse) as server:
        compute(f"bigquery:lantern-data?api-endpoint={server.endpoint}", tmp_path / "served")
    warehouse.close()
    direct, served = map(made, files)

    assert direct.keys() == served.keys()
    assert [] == [name for name in direct if not alike(direct[name], served[name])]
    assert any(name.endswith("_alerts") and rows for name, rows in served.items())
    assert 4 == sum(name.endswith("_statistics") and len(rows) > 5 for name, rows in served.items())
    assert {"tables.delete", "tables.list", "jobs.insert"} <= server.calls.keys()


def compute(url: str, folder: Path) -> None:
    """Two runs of the etl command."""
    given = {"warehouse": (url,), "output": str(folder / "output")}
    for first, last in SPANS:
        errand = {"date": None, "first": first, "last": last, "slugs": PROJECTS, "rest": False}
        more = {"target": None, "estimate": False, "quiet": True}
        assert 0 == commands.etl(ROOT / "pyproject.toml", given, {**errand, **more})


def known(file: Path) -> list[Relation]:
    """What the example's warehouse has."""
    with duckdb.connect(file, read_only=True) as connection:
        rows = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() UNION ALL"
            " SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
    names = (RelationName("lantern-data", *row) for row in rows if row[0] != "lookml_gen")
    return list(open_warehouse(f"duckdb:{file}").read(Needs.of(names)).relations.values())


def made(file: Path) -> dict[str, list[Row]]:
    """The rows of each table and view that was computed, by its name, in one order."""
    found: dict[str, list[Row]] = {}
    with duckdb.connect(file, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        places = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema LIKE 'operational_monitoring%'"
        ).fetchall()
        for schema, name in places:
            columns = sorted(
                row[0] for row in connection.execute(f'DESCRIBE "{schema}"."{name}"').fetchall()
            )
            listed = ", ".join(f'"{column}"' for column in columns)
            rows = connection.execute(f'SELECT {listed} FROM "{schema}"."{name}"').fetchall()  # noqa: S608
            found[name] = sorted(parted(row) for row in rows)
    return found


def parted(row: tuple[Any, ...]) -> Row:
    """What a row says beside its numbers, and the numbers."""
    numbers: list[float] = []

    def said(value: Any) -> Any:
        if isinstance(value, float):
            numbers.append(value)
            return "number"
        if isinstance(value, list | tuple):
            return [said(item) for item in value]
        if isinstance(value, dict):
            return {key: said(item) for key, item in value.items()}
        return value

    return repr(said(row)), numbers


def alike(some: list[Row], others: list[Row]) -> bool:
    """Whether rows say the same."""
    if [row for row, _ in some] != [row for row, _ in others]:
        return False
    return all(
        len(ours) == len(theirs)
        and all(
            isclose(*pair, rel_tol=0.2 if "quantile" in said else 1e-9)
            for pair in zip(ours, theirs, strict=True)
        )
        for (said, ours), (_, theirs) in zip(some, others, strict=True)
    )
