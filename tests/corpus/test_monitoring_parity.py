"""Our monitoring projects beside the published ones: what differs is listed here, nothing else."""

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from generator import lookml
from generator.diagnostics import Diagnostic, split
from generator.facts import Facts
from generator.facts.catalog import Catalog, Needs, ProfileNeed, Profiles
from generator.facts.conventions import Conventions
from generator.facts.monitoring import Monitoring, ProjectRow
from generator.lookml.aggregates import covers
from generator.lookml.dashboards import Dashboard
from generator.lookml.queries import default_query, fields_of
from generator.pipeline import Build, generate
from generator.sources.outside import World
from generator.sources.project_rows import read_rows
from generator.sources.warehouses import open_warehouse
from tests.test_corpus import CORPUS, SHARED

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout"),
]

OPMON = CORPUS / "opmon"
# the chart that is published
CONVENTIONS = Conventions(interval_chart="ci-line-chart")
DIGITS = re.compile(r"p_(?=4)")
"""Two names begin with a digit, which LookML does not take: without our prefix they compare."""
PREFIX = "operational_monitoring_"
VIEWS, EXPLORES = (f"{PREFIX}view", f"{PREFIX}explore")
DASHBOARDS = f"{PREFIX}dashboard"
ALERTS = (f"{PREFIX}alerting_view", f"{PREFIX}alerting_explore")
KINDS = (VIEWS, EXPLORES, DASHBOARDS, *ALERTS)

OURS = {
    "extra measure:row_count": "tells how many statistics a sum has added up",
    "extra aggregate_table:": "one for each graph of the default view, and one for the alerts",
}
"""What the specification asks for, and the published project does not have."""
SPLIT = "mozilla_vpn"
"""Its tiles are titled `- By app`, ours with the title of the dimension: `- By App`."""
ATTRIBUTES: Mapping[tuple[str, str, str], tuple[str, int]] = {
    (DASHBOARDS, "element", "note_text"): ("`Total Ratio`, not `Total_Ratio`", 32),
    (DASHBOARDS, "filter", "default_value"): ("odd values in quotes; NULL, too, if compact", 2),
    (DASHBOARDS, "filter", "allow_multiple_values"): ("the percentile if compact", 1),
    (ALERTS[0], "measure", "type"): ("`count`, which aggregate tables can hold", 3),
    (ALERTS[0], "measure", "sql"): ("likewise", 3),
}
"""Attributes that differ, why, and how often."""


@dataclass(frozen=True)
class Rows:
    """The world, with rows of the projects table."""

    world: World
    rows: tuple[ProjectRow, ...]

    def read(self) -> tuple[Facts, tuple[Diagnostic, ...]]:
        """Nothing but the rows."""
        facts, noticed = self.world.read()
        return replace(facts, monitoring=Monitoring(rows=self.rows)), noticed

    def catalog(self, needs: Needs) -> Catalog:
        """What the snapshot has."""
        known = self.world.catalog(needs).relations
        return Catalog({name: known[name] for name in needs.names})

    def profiles(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The values that the snapshot has."""
        return self.world.profiles(needs)


def rows() -> tuple[ProjectRow, ...]:
    """The published projects."""
    found, noticed = split(read_rows(OPMON / "projects.json"))
    assert noticed == ()
    return tuple(row for row in found if isinstance(row, ProjectRow))


def world(folder: Path) -> World:
    """The snapshot of the statistics, and no namespaces."""
    namespaces = folder / "namespaces.yaml"
    namespaces.write_text("{}\n")
    statistics = open_warehouse(f"snapshot:{OPMON / 'statistics.jsonl.gz'}")
    return World(namespaces, (statistics,), CONVENTIONS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """All of it."""
    return generate(Rows(world(tmp_path_factory.mktemp("inputs")), rows()))


@pytest.fixture(scope="module")
def scores(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what the comparison says, as JSON and as text."""
    output = tmp_path_factory.mktemp("monitoring")
    for path, text in built.tree.items():
        target = output / "lookml" / DIGITS.sub("", path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(DIGITS.sub("", text), encoding="utf-8")
    command = (
        *(sys.executable, str(SHARED / "tools" / "parity.py")),
        *("--expected", str(CORPUS / "expected"), "--actual", str(output / "lookml")),
        *("--json", str(output / "scores.json"), "--diff", "--kind", *KINDS),
    )
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (output / "diff.txt").write_text(done.stdout)
    return output


@dataclass(frozen=True)
class Difference:
    """A line of the comparison: the case it is of, and an item or an attribute of one."""

    kind: str
    name: str
    said: str
    item: str
    attribute: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether the specification asks for it."""
        return any(f"{self.said} {self.item}".startswith(mark) for mark in OURS)


def differences(scores: Path) -> list[Difference]:
    """All of them."""
    found: list[Difference] = []
    kind = name = ""
    for line in (scores / "diff.txt").read_text().splitlines():
        if line.endswith("]") and not line.startswith(" ") and "  [" in line:
            path, _, rest = line.partition("  [")
            kind, name = rest.removesuffix("]"), path.rpartition("/")[2]
        elif line.startswith("  ") and not line.startswith("   "):
            said, _, place = line.strip().partition(": ")
            item, _, attribute = place.partition("/")[2].rpartition(" ")
            is_item = said.endswith(" item")
            whole = place.partition("/")[2]
            word = said.partition(" ")[0]
            found.append(
                Difference(kind, name, word, whole)
                if is_item
                else Difference(kind, name, word, item, attribute)
            )
    return found


def f1(kind: str, scores: Path) -> float:
    """The mean over the cases of a kind, without what is ours."""
    (file,) = (CORPUS / "expected").glob(f"{kind}.json.gz")
    with gzip.open(file, "rt") as stream:
        cases = json.load(stream)["cases"]
    wrong = Counter(
        (d.name, d.said)
        for d in differences(scores)
        if d.kind == kind and not d.attribute and not d.is_ours
    )
    total = 0.0
    for case in cases:
        expected = len(set(case["items"]) - set(case.get("optional", ())))
        both = expected - wrong[case["name"], "missing"]
        total += 2 * both / (expected + both + wrong[case["name"], "extra"])
    return total / len(cases)


def test_every_case_is_found(scores: Path) -> None:
    """198 projects, three of them with alerts."""
    cases = json.loads((scores / "scores.json").read_text())["cases"]

    assert 3 * 198 + 2 * 3 == len(cases)
    assert all(case["found"] for case in cases)


def test_parity(scores: Path) -> None:
    """Views and explores are alike, and dashboards but for the titles of one."""
    shares = {kind: f1(kind, scores) for kind in KINDS}

    assert [1.0] * 4 == [shares[kind] for kind in KINDS if kind != DASHBOARDS]
    assert shares[DASHBOARDS] >= 0.995


def test_nothing_else_differs(scores: Path) -> None:
    """What is ours, one title, and the attributes that are listed."""
    rest = [item for item in differences(scores) if not item.is_ours]
    items = [item for item in rest if not item.attribute]

    assert {SPLIT} == {item.name for item in items}
    assert 10 == sum(item.said == "missing" for item in items)
    assert all(" - By " in item.item for item in items)
    counted = Counter((d.kind, d.item.partition(":")[0], d.attribute) for d in rest if d.attribute)
    assert {key: count for key, (_, count) in ATTRIBUTES.items()} == counted


def test_dashboards_are_whole(built: Build) -> None:
    """Each is YAML, each field that it names exists, each tile has its aggregate table."""
    documents = [a.content for a in built.tree.artifacts.values()]
    plain = [document for document in documents if isinstance(document, lookml.Document)]
    views = {view.name: view for document in plain for view in document.views}
    explores = {explore.name: explore for document in plain for explore in document.explores}
    tiles = 0
    for path, artifact in built.tree.artifacts.items():
        if not isinstance(board := artifact.content, Dashboard):
            continue
        assert [board.dashboard] == [item["dashboard"] for item in yaml.safe_load(built.tree[path])]
        for element in board.elements:
            explore = explores[element.explore]
            fields = fields_of(explore, views)
            named = (*element.fields, *element.pivots, *dict(element.filters))
            assert set(named) | set(dict(element.listen).values()) <= fields.named.keys()
            query = default_query(element, board, explore, fields)
            assert any(covers(held, query, fields) for held in explore.aggregate_tables)
            tiles += 1

    assert tiles == 1618


def test_nothing_is_wrong(built: Build) -> None:
    """Nothing but how much there is: a hundred dashboards in one model, three with many tiles."""
    found = Counter(item.code for item in built.diagnostics)

    assert {"many-dashboards": 1, "many-tiles": 3} == found
