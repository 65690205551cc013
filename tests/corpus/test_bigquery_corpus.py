"""A real hub's schemas behind BigQuery's protocol: how many calls a run takes."""

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from generator import settings
from generator.builders import KINDS
from generator.costs import Ledger
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Needs,
    Profiles,
    Relation,
    RelationName,
)
from generator.run import world_of
from generator.semantics.link import link
from generator.semantics.model import Linked
from generator.semantics.monitoring_views import profile_needs
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


# whole runs: the schemas, the definitions of metrics, and all monitoring projects

PROJECT = "moz-fx-data-shared-prod"
OPMON = CORPUS / "opmon"
WRITTEN, LATER = "2026-08-21T05:00:00+00:00", "2026-08-22T05:00:00+00:00"


@pytest.fixture(scope="module")
def statistics() -> list[Relation]:
    """The views of statistics, each over a table of its own, as the hub has them."""
    found = []
    for relation in _recorded(OPMON / "statistics.jsonl.gz"):
        name = relation.name
        below = RelationName(PROJECT, "operational_monitoring_derived", f"{name.table}_v1")
        table = replace(relation, name=below, kind=Kind.TABLE, last_modified=WRITTEN, aliases=())
        found += [replace(relation, name=name, reads_from=(below,), aliases=()), table]
    return [replace(one, owners=()) for one in found]


@pytest.fixture(scope="module")
def hub(
    known: dict[RelationName, Relation],
    statistics: list[Relation],
    linked: Linked,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """All of it, with a few rows of each of the statistics."""
    path = tmp_path_factory.mktemp("data") / f"{PROJECT}.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE SCHEMA operational_monitoring")
        for relation in (one for one in statistics if one.kind is Kind.VIEW):
            columns = (f"'v' || (i % 3) AS \"{one.name}\"" for one in relation.columns)
            made.execute(
                f'CREATE TABLE operational_monitoring."{relation.name.table}" AS'  # noqa: S608
                f" SELECT {', '.join(columns)} FROM range(9) AS r(i)"
            )
    others = _recorded(CORPUS / "schemas" / "tables_without_schema.jsonl.gz")
    held = {**{one.name: replace(one, columns=UNTOLD) for one in others}, **known}
    held |= {one.name: one for one in statistics}
    with Server(Warehouse(_whole(held, linked.needs), data=path)) as running:
        yield running


def _whole(held: dict[RelationName, Relation], needs: Needs) -> list[Relation]:
    """With all tables that are named and were not published, as the real warehouse has them."""
    named = {*needs.names, *(name for one in held.values() for name in one.reads_from)}
    lost = [one for one in named - held.keys() if not one.is_pattern]
    return [*held.values(), *(Relation(one, Kind.TABLE, UNTOLD) for one in lost)]


UNTOLD = (Column("untold", DataType.STRING),)
"""The columns of a table whose schema was not published."""


def _recorded(path: Path) -> list[Relation]:
    """Every relation of a recording, under each of its names."""
    with gzip.open(path) as file:
        rows = [json.loads(line) for line in file]
    names = [
        RelationName.parse(one) for row in rows for one in (row["table"], *row.get("aliases", ()))
    ]
    found = open_warehouse(f"snapshot:{path}").read(Needs.of(names)).relations
    return [_as_bigquery(name, found[name]) for name in names if name in found]


def linked_of(loaded: settings.Settings) -> Linked:
    """What the namespaces, the definitions and the monitoring projects ask for."""
    facts, _ = world_of(loaded).read()
    return link(facts, KINDS)[0]


def loaded(**given: object) -> settings.Settings:
    """The settings of the hub."""
    paths = {
        "namespaces": str(CORPUS / "namespaces.yaml"),
        "metric_hub": (str(CORPUS / "metric-hub"),),
        "opmon_projects": str(OPMON / "projects.json"),
    }
    made = settings.load(None, {**paths, **given})
    return replace(made, conventions=replace(made.conventions, monitoring_project=PROJECT))


@pytest.fixture(scope="module")
def linked() -> Linked:
    """The same for every run."""
    return linked_of(loaded())


def whole_run(
    hub: Server, linked: Linked, cache: Path, scope: str
) -> tuple[Catalog, Profiles, Ledger]:
    """The questions of a run; the server counts them."""
    hub.calls.clear()
    hub.bytes_billed = 0
    place = f"api-endpoint={hub.endpoint}&location=US&billing-project={PROJECT}"
    urls = tuple(f"bigquery:{one}?{place}" for one in (PROJECT, "mozdata"))
    ledger = Ledger("generate")
    world = world_of(loaded(warehouse=urls, cache=str(cache), catalog_scope=scope), ledger)
    start = time.process_time()
    catalog = world.catalog(linked.needs)
    profiles = world.profiles(profile_needs(linked.monitored, catalog))
    seconds = time.process_time() - start
    print(
        f"\n{scope}: {dict(hub.calls)}, {hub.bytes_billed / 1e9:.2f} GB, {len(catalog.relations)}"
    )
    print(
        f"{seconds:.1f} s of CPU with the server", Counter(one.job.purpose for one in ledger.spent)
    )
    return catalog, profiles, ledger


@pytest.mark.parametrize("scope", ["region", "dataset"])
def test_a_whole_run_cold_and_unchanged(
    hub: Server, linked: Linked, tmp_path: Path, scope: str
) -> None:
    """Cold: a statement for each place, one for each table of values, and hardly any other call.

    Unchanged: one statement, which need not tell again what it told, and nothing else. If a table
    changed, one more for its dataset.
    """
    catalog, profiles, ledger = whole_run(hub, linked, tmp_path, scope)
    cold, asked = Counter(hub.calls), Counter(one.job.purpose for one in ledger.spent)
    met = {name[:2] for name in catalog.relations}
    again = whole_run(hub, linked, tmp_path, scope)
    unchanged = dict(hub.calls)

    assert {} == profiles.unread
    assert asked["values"] == len(profiles.values) > 10
    assert asked["catalog"] == (1 if scope == "region" else len(met))
    assert cold["jobs.query"] == asked["catalog"] + asked["values"]
    assert cold["tables.get"] + cold["datasets.get"] <= cold["jobs.query"] / 100
    assert (catalog, profiles) == again[:2]
    assert {"jobs.query": 1} == unchanged

    before = hub.warehouse
    hub.warehouse = Warehouse(_one_changed(before.relations, linked.needs), data=before.data)
    changed, _, _ = whole_run(hub, linked, tmp_path, scope)
    assert (1 if scope == "region" else 2) == hub.calls["jobs.query"]
    assert 1 == sum(catalog.relations[one] != changed.relations[one] for one in catalog.relations)
    hub.warehouse = before


def _one_changed(relations: Iterable[Relation], needs: Needs) -> list[Relation]:
    """All, the first table that is wanted with one more column."""
    every = list(relations)
    wanted = set(needs.names)
    place = next(n for n, one in enumerate(every) if one.name in wanted and one.kind is Kind.TABLE)
    more = Column("column_of_today", DataType.STRING)
    every[place] = replace(every[place], columns=(*every[place].columns, more))
    return every
