"""The ETL of every real monitoring project, judged by Google's own analyzer against real schemas.

A statement holds all that it reads: the long view has the statistics in it, and those the metrics.
What was found right before is remembered by its content.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from generator.facts.catalog import Column, DataType, Needs, RelationName
from generator.facts.conventions import Conventions
from generator.pipeline import Models, models
from generator.sources.metric_hub import Repository
from generator.sources.monitoring import Watched
from generator.sources.outside import World
from generator.sources.warehouses import open_warehouse
from tests.corpus.conftest import CORPUS
from tests.corpus.test_metric_views_zetasql import digest, judge
from tests.corpus.test_opmon_corpus import APPS, UNDATED
from tests.opmon_sql import Compiled

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout"),
]
VERSION = pytest.importorskip("zetasql", reason="Google's analyzer is not installed").__version__

SCHEMAS = ("tables.jsonl.gz", "tables_derived.jsonl.gz")
PROJECT = "moz-fx-data-shared-prod"
STAND_INS: Mapping[str, str] = {
    "main": f"{PROJECT}.telemetry_stable.main_v5",
    "main_1pct": f"{PROJECT}.telemetry_stable.main_v5",
    "main_1pct_v1": f"{PROJECT}.telemetry_stable.main_v5",
    "main_nightly": f"{PROJECT}.telemetry_stable.main_v5",
    "search_clients_engines_sources_daily": f"{PROJECT}.search_derived.search_clients_daily_v8",
    "mobile_search_clients_engines_sources_daily": f"{PROJECT}.search_derived"
    ".mobile_search_clients_daily_historical_pre202408",
}
"""Tables without a published schema, and those whose columns they have, or nearly so."""

LATER = (Column("normalized_app_name_os", DataType.STRING),)
"""Columns that a stand-in has not, being older."""

UNKNOWN: Mapping[str, tuple[Column, ...]] = {
    "default_browser": (
        Column("submission_timestamp", DataType.TIMESTAMP),
        *(
            Column(name, DataType.STRING)
            for name in (
                "document_id",
                "default_browser",
                "previous_default_browser",
                "os_version",
                "build_channel",
            )
        ),
    ),
}
"""Tables whose columns are published nowhere: those that are read of them."""


DEFECTS = {"bug_1660366_pref_ongoing_fission_nightly_experiment_nightly_83_100": "application"}
"""Projects that cannot run, and the name that a data source of theirs does not have.

Two of its tables have rows by client and day and no build, but its x-axis has builds.
"""


@dataclass(frozen=True)
class Etl:
    """The dbt project, and the columns of all tables that it reads."""

    made: Models
    relations: Mapping[RelationName, tuple[Column, ...]]

    def known(self, text: str) -> Mapping[RelationName, tuple[Column, ...]]:
        """The relations that a statement names."""
        return {name: found for name, found in self.relations.items() if f"`{name.table}`" in text}


@cache
def world(folder: Path) -> World:
    """The definitions and schemas of the corpus, and what is not in it."""
    files = {"apps.toml": APPS, "namespaces.yaml": "{}\n", "experiments.json": _experiments()}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return World(
        folder / "namespaces.yaml",
        [open_warehouse(f"snapshot:{CORPUS / 'schemas' / name}") for name in SCHEMAS],
        Conventions(monitoring_project=PROJECT),
        metric_hubs=(Repository(str(CORPUS / "metric-hub")),),
        watched=Watched(apps=folder / "apps.toml", experiments=folder / "experiments.json"),
    )


def _experiments() -> str:
    rows = (
        f'{{"slug": "{slug}", "appName": "{app or "firefox_desktop"}", "startDate": "2030-01-01"}}'
        for slug, app in UNDATED.items()
    )
    return f"[{', '.join(rows)}]"


@pytest.fixture(scope="module")
def etl(tmp_path_factory: pytest.TempPathFactory) -> Etl:
    """The ETL of every project."""
    outside = world(tmp_path_factory.mktemp("world"))
    made = models(outside)
    own = f"models/{Conventions().monitoring_namespace}/"
    artifacts = (item for path, item in made.tree.artifacts.items() if path.startswith(own))
    needed = {name for artifact in artifacts for name in artifact.needs}
    stand_ins = {RelationName.parse(name) for name in STAND_INS.values()}
    found = outside.catalog(Needs.of((*needed, *stand_ins))).relations
    relations = {name: relation.columns for name, relation in found.items() if relation.columns}
    for name in needed - set(relations):
        stand_in = STAND_INS.get(name.table)
        columns = relations[RelationName.parse(stand_in)] if stand_in else UNKNOWN[name.table]
        relations[name] = (*columns, *LATER)
    return Etl(made, relations)


def test_every_project_is_computed(etl: Etl) -> None:
    """Of all that are active none is left out; DuckDB lacks what BigQuery alone has."""
    told = {item.code for item in etl.made.diagnostics}

    assert 35 == len(etl.made.monitored.studies)
    assert {"undated-source", "unenrolled-source", "unparsable-definition"}.isdisjoint(told)
    for study in etl.made.monitored.studies:
        stem = study.project.statistics.table
        assert any(path.endswith(f"/{stem}.sql") for path in etl.made.tree), stem


def test_it_would_run(etl: Etl, pytestconfig: pytest.Config) -> None:
    """BigQuery would take every statement."""
    compiled = Compiled(etl.made.tree)
    folder = pytestconfig.cache.mkdir("opmon-judged") if pytestconfig.cache else None
    faults: dict[str, list[str]] = {}
    for name, text in compiled.statements():
        if not re.search(r"_v\d(_part_\d+)?$", name):  # those are within the views
            relations = etl.known(text)
            known = folder and folder / digest(VERSION, sorted(relations.items()), text).hex()
            if not (known and known.exists()):
                faults[name] = [said for _, said in judge().faults(relations, [text])]
            if known and not faults.get(name):
                known.touch()

    defects = {stem + end: name for stem, name in DEFECTS.items() for end in ("", "_statistics")}
    wrong = {name: said[0].rpartition(" ")[2] for name, said in faults.items() if said}
    assert defects == wrong
