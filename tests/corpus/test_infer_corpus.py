"""Inference against what is known of real views and data sources."""

import gzip
import json
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generator.facts.catalog import Catalog, Column, DataType, Mode, Needs, Relation, RelationName
from generator.semantics.infer import Inferred, infer
from generator.sources.warehouses import open_warehouse

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SCHEMAS = CORPUS / "schemas"
FILES = ("tables.jsonl.gz", "tables_derived.jsonl.gz")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout"),
]

STAR = "SELECT * FROM {}"
WRONG: dict[tuple[str, str], str] = {}
"""Data source and column whose type is not the known one, and why. There is none."""
LEAST = 0.97


def lines(name: str) -> list[dict[str, Any]]:
    """The objects of a corpus file."""
    with gzip.open(SCHEMAS / name) as file:
        return [json.loads(line) for line in file]


@cache
def catalog() -> Catalog:
    """All that is published of relations, and what follows from it."""
    relations: dict[RelationName, Relation] = {}
    for name in reversed(FILES):
        wanted = Needs.of(RelationName.parse(line["table"]) for line in lines(name))
        relations |= open_warehouse(f"snapshot:{SCHEMAS / name}").read(wanted).relations
    return Catalog(relations)


def column_of(field: dict[str, Any]) -> Column:
    """A column as the corpus writes it, without what it says."""
    mode = Mode(field.get("mode", "NULLABLE"))
    below = tuple(map(column_of, field.get("fields", ())))
    return Column(field["name"], DataType(field["type"]), mode, fields=below)


def flat(columns: tuple[Column, ...], above: str = "") -> Iterator[tuple[str, str]]:
    """The columns and all fields below, each with its type."""
    for column in columns:
        yield above + column.name, column.type.value + "[]" * column.repeated
        yield from flat(column.fields, f"{above}{column.name}.")


def expression_of(platform: str, source: str) -> str:
    """The `from_expression` of a data source; what Looker is told comes first."""
    for folder in ("looker/definitions", "definitions"):
        path = CORPUS / "metric-hub" / folder / f"{platform}.toml"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = tomllib.loads(text).get("data_sources", {}).get(source, {})
        if "from_expression" in found:
            return str(found["from_expression"]).replace("{dataset}", platform)
    raise LookupError(source)


@cache
def data_sources() -> dict[str, tuple[tuple[Column, ...], Inferred]]:
    """Each data source: the columns that are known, and those inferred."""
    found = {}
    for line in lines("data_sources.jsonl.gz"):
        query = STAR.format(expression_of(line["namespace"], line["data_source"]))
        inferred = infer(query, catalog())
        known = tuple(map(column_of, line["fields"]))
        found[f"{line['namespace']}.{line['data_source']}"] = (known, inferred)
    return found


def test_the_columns_of_data_sources() -> None:
    """All relations are known, all names are right, and no type is wrong unless it is listed."""
    right = total = 0
    for name, (known, inferred) in data_sources().items():
        expected, actual = list(flat(known)), list(flat(inferred.columns))
        assert inferred.missing == ()
        assert [path for path, _ in expected] == [path for path, _ in actual], name
        differing = {a[0]: a[1] for e, a in zip(expected, actual, strict=True) if e != a}
        wrong = {path for path, kind in differing.items() if kind != DataType.UNKNOWN}
        assert {(name, path) for path in wrong} <= WRONG.keys()
        total += len(expected)
        right += len(expected) - len(differing)

    assert right >= LEAST * total
    assert len(data_sources()) == 33


def test_a_star_over_one_table() -> None:
    """A view that is `SELECT * FROM one table` has exactly the columns of that table.

    Of six views the table itself is not published.
    """
    unpublished = 0
    for line in lines("tables_derived.jsonl.gz"):
        if line["schema_source"] != "select_star":
            continue
        inferred = infer(STAR.format(f"`{line['derived_from'][0]}`"), catalog())
        if inferred.missing:
            unpublished += 1
            continue
        expected = tuple(map(column_of, line["fields"]))
        assert list(flat(expected)) == list(flat(inferred.columns)), line["table"]
        assert inferred.unknown == ()

    assert unpublished == 6


def test_every_data_source_gives_an_answer() -> None:
    """No data source that anybody defines is refused; at most relations are missing."""
    for path in sorted((CORPUS / "metric-hub").rglob("*.toml")):
        sources = tomllib.loads(path.read_text(encoding="utf-8")).get("data_sources", {})
        for name, source in sources.items():
            expression = source.get("from_expression", "")
            if not expression or "{{" in expression:
                continue
            query = STAR.format(expression.replace("{dataset}", path.stem.replace("-", "_")))
            inferred = infer(query, catalog())
            assert inferred.reason is None, (path.name, name)
            assert inferred.complete or inferred.missing, (path.name, name)
