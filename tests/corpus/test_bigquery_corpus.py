"""A real hub's schemas behind BigQuery's protocol: how many calls a cold read takes."""

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generator import settings
from generator.builders import KINDS
from generator.facts.catalog import Catalog, Kind, Needs, Relation, RelationName
from generator.run import world_of
from generator.semantics.link import link
from generator.sources.warehouse import gather
from generator.sources.warehouses import open_warehouse, read_catalog
from tests.bigquery_server import Server, Warehouse

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
TABLES = CORPUS / "schemas" / "tables.jsonl.gz"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout"),
]

REGION = "&scope=region&location=US"


@pytest.fixture(scope="module")
def known() -> dict[RelationName, Relation]:
    """What BigQuery could say of the schemas: under each name, without lineage of tables."""
    with gzip.open(TABLES) as file:
        names = [RelationName.parse(json.loads(line)["table"]) for line in file]
    catalog = open_warehouse(f"snapshot:{TABLES}").read(Needs.of(names))
    return {name: _as_bigquery(name, one) for name, one in catalog.relations.items()}


def _as_bigquery(name: RelationName, relation: Relation) -> Relation:
    reads = relation.reads_from if relation.kind is not Kind.TABLE else ()
    return replace(relation, name=name, aliases=(), owners=(), reads_from=tuple(sorted(reads)))


@pytest.fixture(scope="module")
def needs() -> Needs:
    """What the namespaces of the hub want."""
    paths = {
        "namespaces": str(CORPUS / "namespaces.yaml"),
        "warehouse": (f"snapshot:{TABLES}",),
    }
    facts, _ = world_of(settings.load(None, paths)).read()
    linked, _ = link(facts, KINDS)
    return linked.needs


@pytest.fixture(scope="module")
def server(known: dict[RelationName, Relation]) -> Iterator[Server]:
    """All of it, served."""
    with Server(Warehouse(known.values())) as running:
        yield running


def read(server: Server, projects: set[str], needs: Needs, options: str = "") -> Catalog:
    """A cold read of every project, as several warehouses of one run; its numbers are printed."""
    server.calls.clear()
    server.seen.clear()
    server.bytes_billed = 0
    urls = [f"bigquery:{one}?api-endpoint={server.endpoint}{options}" for one in sorted(projects)]
    start = time.monotonic()
    catalog = read_catalog([open_warehouse(url) for url in urls], needs)
    seconds = time.monotonic() - start
    billed = server.bytes_billed / 1e9
    print(f"\n{len(catalog.relations)} relations, {seconds:.1f} s with the server, {billed:.1f} GB")
    print(dict(server.calls))
    return catalog


def test_a_statement_per_dataset(
    server: Server, known: dict[RelationName, Relation], needs: Needs
) -> None:
    """Exactly one for each dataset that is named or that a view leads to; nothing twice."""
    found = read(server, {name.project for name in known}, needs)
    wanted = gather(needs.names, known.get).relations
    below = {name for relation in found.relations.values() for name in relation.reads_from}
    projects = {name.project for name in known}
    mentioned = {name for name in {*needs.names, *below} if name.project in projects}

    assert len({name[:2] for name in mentioned}) == server.calls["jobs.query"]
    assert len(server.queries) == len(set(server.queries))
    assert server.calls["tables.get"] + server.calls["datasets.get"] <= len(mentioned - set(known))
    assert {} == found.unread
    assert wanted.keys() == found.relations.keys()
    assert [] == [name for name in wanted if _said(wanted[name]) != _said(found.relations[name])]


def _said(relation: Relation) -> Relation:
    """Without what BigQuery says in another way: a filter that is not required, no description."""
    cut = relation.partitioning
    cut = replace(cut, require_partition_filter=bool(cut.require_partition_filter)) if cut else None
    return replace(relation, partitioning=cut, description=relation.description or None)


def test_a_statement_per_region(
    server: Server, known: dict[RelationName, Relation], needs: Needs
) -> None:
    """One for each project, and the same catalog."""
    projects = {name.project for name in needs.names}
    whole = read(server, projects, needs)
    region = read(server, projects, needs, REGION)

    assert len(projects) == server.calls["jobs.query"]
    assert whole == region
    assert region.relations.keys() <= known.keys()
