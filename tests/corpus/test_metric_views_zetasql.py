"""Every metric view of a real metric-hub, judged by Google's own analyzer against real schemas.

All queries are judged where `LOOKML_GEN_JUDGE_ALL` is set, which takes minutes; else two of each
view, the same each time. What was found right before is remembered by its content.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

import pytest

from generator import lookml
from generator.artifact import Artifact
from generator.diagnostics import Diagnostic, split
from generator.facts import Facts
from generator.facts.catalog import Catalog, Column, Needs, ProfileNeed, Profiles, RelationName
from generator.pipeline import Build, generate
from generator.sources.metric_hub import Repository, read_metric_hubs
from generator.sources.warehouses import open_warehouse, read_catalog
from tests.judge import Judge
from tests.looker import Query, sql_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SCHEMAS = CORPUS / "schemas"
PERIODS = {
    "day": "date",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "overall": None,
}
DATES = ("2026-06-01", "2026-07-01")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout"),
]
VERSION = pytest.importorskip("zetasql", reason="Google's analyzer is not installed").__version__

DEFECTS: Mapping[str, str] = {
    "firefox_desktop.newtab_clients_daily": "its join with `countries` reads `country_code`, which"
    " the table does not have: it is left out, and told of as `unknown-column`",
}
"""Definitions of the corpus that cannot run as they are, and what we make of them."""
SOME = 2


@dataclass(frozen=True)
class Case:
    """A view with all that it reads."""

    name: str
    view: lookml.View
    relations: Mapping[RelationName, tuple[Column, ...]]


@dataclass
class _Corpus:
    """The definitions and the schemas, and nothing else; it remembers what was read."""

    known: Catalog = field(default_factory=Catalog)

    def read(self) -> tuple[Facts, tuple[Diagnostic, ...]]:
        """The definitions."""
        definitions, misread = split(
            read_metric_hubs([Repository(str(CORPUS / "metric-hub"))], ("looker",))
        )
        return Facts((), definitions=definitions), misread

    def catalog(self, needs: Needs) -> Catalog:
        """The schemas."""
        names = ("tables.jsonl.gz", "tables_derived.jsonl.gz")
        warehouses = [open_warehouse(f"snapshot:{SCHEMAS / name}") for name in names]
        self.known = read_catalog(warehouses, needs)
        return self.known

    def profiles(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """None are needed."""
        del needs
        return Profiles()


@cache
def _build() -> tuple[Build, Catalog]:
    corpus = _Corpus()
    return generate(corpus), corpus.known


def noticed() -> tuple[Diagnostic, ...]:
    """What was said."""
    return _build()[0].diagnostics


@cache
def cases() -> tuple[Case, ...]:
    """The views whose relations are all known."""
    build, known = _build()
    found = (_case(path, artifact, known) for path, artifact in build.tree.artifacts.items())
    return tuple(case for case in found if case is not None)


def _case(path: str, artifact: Artifact, catalog: Catalog) -> Case | None:
    """The case of a file, if it holds a view whose relations are known."""
    known = {name: catalog.relations.get(name) for name in artifact.needs}
    relations = {name: found.columns for name, found in known.items() if found and found.columns}
    if not path.endswith(".view.lkml") or len(relations) < len(known):
        return None
    assert isinstance(artifact.content, lookml.Document)
    (view,) = artifact.content.views
    return Case(f"{path.partition('/')[0]}.{view.name}", view, relations)


def statements(view: lookml.View) -> Iterator[str]:
    """Queries by every period, plain and by every field, with every measure, and filtered."""
    plain = [measure.name for measure in view.measures if not _needs_date(measure)]
    every = [measure.name for measure in view.measures]
    own = {"client_id", "submission"}
    dimensions = [d.name for d in view.dimensions]
    groups = [f"{g.name}_{g.timeframes[-1]}" for g in view.dimension_groups if g.name not in own]
    hidden = {d.name for d in view.dimensions if d.hidden and d.type is None}
    broken = [name for name in (*dimensions, *groups) if name not in hidden]
    for period, unit in PERIODS.items():
        date = [f"submission_{unit}"] if unit else []
        parameters = {"aggregate_metrics_by": period}
        measures = every if unit else plain
        yield sql_of(view, Query([*date, "client_id", *measures], parameters))
        dates = {"analysis_period": DATES} if period == "week" else {"submission_date": DATES}
        yield sql_of(view, Query([*date, *broken, *measures], parameters, dates))


def _needs_date(measure: lookml.Measure) -> bool:
    return "rolling_average" in measure.name or "period_over_period" in measure.name


def sample(case: Case) -> list[str]:
    """The queries to judge: all of them, or a few that differ from view to view."""
    texts = [text.replace("MEDIAN(", "AVG(") for text in statements(case.view)]
    if os.environ.get("LOOKML_GEN_JUDGE_ALL"):
        return texts
    first = int.from_bytes(digest(case.name), "big")
    return [texts[(first + place * 5) % len(texts)] for place in range(SOME)]


def digest(*parts: object) -> bytes:
    """What tells contents apart."""
    return blake2b("\0".join(map(str, parts)).encode(), digest_size=16).digest()


@cache
def judge() -> Judge:
    """The analyzer: it starts when it is first needed."""
    return Judge()


@pytest.mark.parametrize("case", cases() if CORPUS.is_dir() else (), ids=lambda case: case.name)
def test_it_would_run(case: Case, pytestconfig: pytest.Config) -> None:
    """BigQuery would take every query."""
    folder = pytestconfig.cache.mkdir("metric-views-judged") if pytestconfig.cache else None
    relations = sorted(case.relations.items())
    texts = {
        text: folder and folder / digest(VERSION, relations, text).hex() for text in sample(case)
    }
    new = [text for text, known in texts.items() if not (known and known.exists())]

    assert [] == [said for _, said in judge().faults(case.relations, new)]
    for known in texts.values():
        if known:
            known.touch()


def test_enough_is_judged() -> None:
    """Of a hundred views, those are judged whose tables have a published schema."""
    assert len(cases()) >= 60


def test_known_defects() -> None:
    """What the corpus has wrong is told of."""
    told = {item.subject for item in noticed() if item.code == "unknown-column"}

    assert {name.replace(".", ".data_sources.") for name in DEFECTS} == told


def test_it_can_refuse() -> None:
    """The analyzer sees a column that is not there, and one that is not grouped by."""
    case = cases()[0]
    (name,) = tuple(case.relations)[:1]
    columns = case.relations[name]
    texts = [
        f"SELECT no_such_column FROM `{name}`",  # noqa: S608 - it is never run
        f"SELECT {columns[0].name}, COUNT(*) FROM `{name}`",  # noqa: S608
    ]

    assert 2 == len(list(judge().faults(case.relations, texts)))
