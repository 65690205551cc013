"""bigquery-etl folders: what the two files say, and what must not be followed."""

import os
from pathlib import Path

import pytest

from generator.diagnostics import Fault
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Mode,
    Needs,
    Partitioning,
    Relation,
    RelationName,
)
from generator.sources.bigquery_etl import BigQueryETL
from generator.sources.snapshot import Snapshot

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "schemas"

SCHEMA = """
fields:
- {name: day, type: DATE, mode: REQUIRED, description: 2024}
- name: geo
  type: RECORD
  mode: repeated
  description:
  fields:
  - {name: country, type: STRING, description: ISO code}
"""
METADATA = """
friendly_name: Daily
owners: [web@shop.example]
labels: {gold: true, level: 3, tags: [a, b], empty: }
deprecated: false
bigquery:
  time_partitioning: {type: day, field: day, require_partition_filter: true, expiration_days: 775}
  clustering: {fields: [geo]}
references:
  query.sql: [shop.web.daily, shop.web.visits, "EXTERNAL_QUERY('a.b')"]
"""


def tree(root: Path, **files: str) -> BigQueryETL:
    """A checkout; the key `web__daily__schema_yaml` is the file `shop/web/daily/schema.yaml`."""
    for key, text in files.items():
        dataset, table, file = key.split("__")
        stem, _, ending = file.rpartition("_")
        path = root / "sql" / "shop" / dataset / table / f"{stem}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return BigQueryETL(f"bigquery-etl:{root}", root)


def read(warehouse: BigQueryETL, *names: str) -> Catalog:
    """What it says of some names."""
    return warehouse.read(Needs.of(map(RelationName.parse, names)))


def test_both_files(tmp_path: Path) -> None:
    """The two files make one relation; a table that is built from itself is read once."""
    warehouse = tree(
        tmp_path,
        web__daily__schema_yaml=SCHEMA,
        web__daily__metadata_yaml=METADATA,
        web__visits__view_sql="SELECT 1",
    )
    daily, visits = (RelationName("shop", "web", name) for name in ("daily", "visits"))
    expected = Relation(
        daily,
        Kind.TABLE,
        (
            Column("day", DataType.DATE, Mode.REQUIRED, "2024"),
            Column(
                "geo",
                DataType.STRUCT,
                Mode.REPEATED,
                fields=(Column("country", DataType.STRING, description="ISO code"),),
            ),
        ),
        description="Daily",
        partitioning=Partitioning(
            "day", "time", "day", require_partition_filter=True, expiration_days=775
        ),
        clustering=("geo",),
        reads_from=(daily, visits),
        labels={"gold": "true", "level": "3", "tags": "a,b", "empty": ""},
        owners=("web@shop.example",),
    )

    assert Catalog({daily: expected, visits: Relation(visits, Kind.VIEW)}) == read(
        warehouse, "shop.web.daily"
    )
    assert read(warehouse, "shop.web.*") == read(
        BigQueryETL("bigquery-etl:", tmp_path / "sql"), "shop.web.da*"
    )
    assert Catalog() == read(warehouse, "shop.web.none", "shop.none.*")


def test_kinds_and_ranges(tmp_path: Path) -> None:
    """The kind is told by a file or by the references; a range partition is one of its own kind."""
    warehouse = tree(
        tmp_path,
        web__a__metadata_yaml="references: {view.sql: []}",
        web__b__materialized_view_sql="SELECT 1",
        web__c__metadata_yaml="bigquery: {range_partitioning: {field: id, range: {start: 0}}}",
        web__d__schema_yaml="- {name: id, type: INT64}",
        web__e__query_sql="SELECT 1",
        web__f__README_md="no relation",
    )
    found = {str(name)[-1]: one for name, one in read(warehouse, "shop.web.*").relations.items()}

    assert {"a": "VIEW", "b": "MATERIALIZED_VIEW", "c": "TABLE", "d": "TABLE", "e": "TABLE"} == {
        name: one.kind for name, one in found.items()
    }
    assert Partitioning("id", "range") == found["c"].partitioning
    assert (Column("id", DataType.INT64),) == found["d"].columns


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("schema_yaml", "fields: [", "schema.yaml: while parsing"),
        (
            "schema_yaml",
            "fields: [{type: DATE}]",
            "schema.yaml: Object missing required field `name`",
        ),
        (
            "schema_yaml",
            "fields: [{name: a, type: DATE, mode: MANY}]",
            "'MANY' is not a valid Mode",
        ),
        ("metadata_yaml", "just a text", "metadata.yaml: Expected `object`"),
        ("metadata_yaml", "references: {view.sql: 3}", "$.references"),
        ("metadata_yaml", "labels: &a {b: *a}\nfriendly_name: &c [*c]", "friendly_name"),
        ("metadata_yaml", "\x00", "metadata.yaml"),
    ],
)
def test_malformed_yaml_is_unread(tmp_path: Path, file: str, text: str, reason: str) -> None:
    """A file that is not what it should be makes its relation unread, on one line, and no other."""
    files = {f"web__bad__{file}": text, "web__good__schema_yaml": SCHEMA}
    catalog = read(tree(tmp_path, **files), "shop.web.*")

    assert ["shop.web.good"] == list(map(str, catalog.relations))
    why = catalog.unread[RelationName("shop", "web", "bad")]
    assert reason in why
    assert "\n" not in why


def test_links_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    """A folder or file that is a link to elsewhere is unread; its content is told nowhere."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "schema.yaml").write_text("the secret")
    warehouse = tree(tmp_path / "etl", web__good__schema_yaml=SCHEMA, web__file__query_sql="")
    web = tmp_path / "etl" / "sql" / "shop" / "web"
    (web / "folder").symlink_to(secret)
    (web / "file" / "schema.yaml").symlink_to(secret / "schema.yaml")
    catalog = read(warehouse, "shop.web.*")

    assert ["shop.web.good"] == list(map(str, catalog.relations))
    assert ["shop.web.file", "shop.web.folder"] == list(map(str, catalog.unread))
    assert not any("the secret" in why for why in catalog.unread.values())


def test_no_folder_is_a_fault(tmp_path: Path) -> None:
    """A tree that is not there is told as such, not as missing relations."""
    with pytest.raises(Fault) as caught:
        read(BigQueryETL("bigquery-etl:", tmp_path / "none"), "a.b.c")
    assert "unreadable-file" == caught.value.diagnostic.code


def test_fingerprint(tmp_path: Path) -> None:
    """The fingerprint follows the files that are read, and only those."""
    warehouse = tree(tmp_path, web__daily__schema_yaml=SCHEMA)
    before = warehouse.fingerprint()
    tree(tmp_path, web__daily__README_md="not read")

    assert before == warehouse.fingerprint()
    schema = tmp_path / "sql" / "shop" / "web" / "daily" / "schema.yaml"
    os.utime(schema, ns=(0, 0))
    assert before != warehouse.fingerprint()


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_the_corpus_reads_the_same_both_ways() -> None:
    """A real table is the same whether its YAML or its record in the snapshot is read."""
    asked = Needs.of(
        RelationName("moz-fx-data-shared-prod", dataset, "*")
        for dataset in ("fenix", "telemetry", "telemetry_derived", "firefox_desktop")
    )
    path = CORPUS / "tables.jsonl.gz"
    written = BigQueryETL("bigquery-etl:", CORPUS).read(asked).relations
    recorded = Snapshot("snapshot:", path).read(Needs.of(written)).relations
    both = [name for name in written if written[name].columns and name in recorded]

    assert len(both) > 5
    for name in both:
        assert recorded[name].columns == written[name].columns
        assert recorded[name].partitioning == written[name].partitioning
        assert recorded[name].kind == written[name].kind


def test_a_name_too_long_for_a_file_is_unread(tmp_path: Path) -> None:
    """What the file system refuses costs only the relation that was asked for."""
    long = f"shop.web.{'x' * 999}"
    catalog = read(tree(tmp_path, web__good__schema_yaml=SCHEMA), long, "shop.web.good")

    assert ["shop.web.good"] == list(map(str, catalog.relations))
    assert [long] == list(map(str, catalog.unread))
