"""The dbt project's SQL for BigQuery, judged by Google's own analyzer; nothing is run."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import dbt
from generator.artifact import FileTree
from generator.demo import write_demo
from generator.facts.catalog import Catalog, Column, Needs, RelationName
from generator.pipeline import generate
from generator.run import world_of
from generator.settings import Settings

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.etl


def test_it_knows_every_name_and_type(tmp_path: Path) -> None:
    """Every column, function and type of the models of the example is one that BigQuery has."""
    pytest.importorskip("zetasql")
    from zetasql import types  # noqa: PLC0415 - it compiles for half a minute
    from zetasql.api import Analyzer, CatalogBuilder  # noqa: PLC0415

    language = types.LanguageOptions.maximum_features()
    language.product_mode = types.ProductMode.PRODUCT_EXTERNAL
    functions = types.ZetaSQLBuiltinFunctionOptions(language_options=language)
    known = CatalogBuilder("warehouse").with_builtin_functions(functions).build()
    analyzer = Analyzer(types.AnalyzerOptions(language_options=language), known)

    for sql in statements(tmp_path / "lantern-data.duckdb"):
        assert analyzer.analyze_statement(sql).output_column_list


def statements(file: Path) -> Iterator[str]:
    """The SQL of each model, with rows of nothing but types in place of its tables."""
    write_demo(file)
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
