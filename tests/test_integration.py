"""Google's own service, for who has a project there: `make integration`.

`LOOKML_GEN_TEST_PROJECT` names the project that pays, some cents at most; credentials are the
default ones. Read are public samples, and nothing is written.
"""

import os

import pytest

from generator.facts.catalog import DataType, Needs, ProfileNeed, RelationName
from generator.sources.warehouse import Warehouse
from generator.sources.warehouses import open_warehouse

PAYS = os.environ.get("LOOKML_GEN_TEST_PROJECT")
OPTIONS = os.environ.get("LOOKML_GEN_TEST_OPTIONS", "location=US")
PUBLIC = "bigquery-public-data"
SHAKESPEARE = RelationName(PUBLIC, "samples", "shakespeare")
pytestmark = pytest.mark.skipif(
    PAYS is None, reason="LOOKML_GEN_TEST_PROJECT names no project of BigQuery that pays"
)


@pytest.fixture(scope="module")
def public() -> Warehouse:
    """The public samples, at the cost of a project of one's own."""
    return open_warehouse(f"bigquery:{PUBLIC}?billing-project={PAYS}&{OPTIONS}")


def test_a_table_is_read(public: Warehouse) -> None:
    """With its columns; a table that is not there is missing, and nothing is unread."""
    absent = SHAKESPEARE._replace(table="no_such_table")
    found = public.read(Needs.of((SHAKESPEARE, absent)))

    assert {} == found.unread
    assert [SHAKESPEARE] == list(found.relations)
    columns = {column.name: column.type for column in found.relations[SHAKESPEARE].columns}
    assert {"word": DataType.STRING, "word_count": DataType.INT64} == {
        name: columns[name] for name in ("word", "word_count")
    }
    assert all(column.description for column in found.relations[SHAKESPEARE].columns)


def test_values_are_counted(public: Warehouse) -> None:
    """The commonest values of a column, most first."""
    found = public.profile([ProfileNeed(SHAKESPEARE, ("corpus",), None, 3, "word_count")])

    assert {} == found.unread
    counts = [count for _, count in found.values[SHAKESPEARE]["corpus"]]
    assert counts == sorted(counts, reverse=True)
    assert 3 == len(counts)


def test_a_dataset_that_is_not_there(public: Warehouse) -> None:
    """It is missing, not unread."""
    found = public.read(Needs.of((RelationName(PUBLIC, "no_such_dataset", "a"),)))

    assert ({}, {}) == (found.relations, found.unread)
