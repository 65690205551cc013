"""Definitions are read once: whoever asks for one has the same tree, so nobody may change it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlglot import exp

from generator.facts.conventions import Conventions
from generator.run import build
from generator.semantics import data_source_sql, definition_sql, infer
from generator.settings import Settings, load
from generator.sql_trees import BIGQUERY
from generator.stages import Stages
from tests.corpus.conftest import CORPUS

ROOT = Path(__file__).parents[1]
SHARED = (
    (definition_sql, "_parse"),
    (definition_sql, "_qualified"),
    (data_source_sql, "_select"),
    (infer, "_parse"),
)
"""Where trees are remembered."""

Seen = dict[int, tuple[exp.Expr, object, str]]


@pytest.fixture(name="seen")
def watched(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Each tree that is shared, what it hung in and what it said when it was first asked for."""
    seen: Seen = {}
    for module, name in SHARED:
        monkeypatch.setattr(module, name, noting(seen, getattr(module, name)))
    return seen


def noting(seen: Seen, read: Any) -> Callable[..., Any]:
    """Reads as before, from nothing, and notes what it gives."""
    read.cache_clear()

    def noted(*arguments: Any) -> Any:
        given = read(*arguments)
        for tree in given if isinstance(given, tuple) else (given,):
            seen.setdefault(id(tree), (tree, tree.parent, tree.sql(BIGQUERY)))
        return given

    return noted


def is_as_it_was(tree: exp.Expr, parent: object, sql: str) -> bool:
    """Whether nobody changed a tree, or took it away."""
    return tree.parent is parent and tree.sql(BIGQUERY) == sql


def test_nobody_changes_them(seen: Seen, lantern_data: Path, tmp_path: Path) -> None:
    """In the example, which has joins, statistics, histograms and monitoring projects."""
    example = load(ROOT / "pyproject.toml", {})
    build(replace(example, warehouse=(f"duckdb:{lantern_data}",), output=str(tmp_path)), Stages())

    assert len(seen) > 50
    assert [] == [sql for tree, parent, sql in seen.values() if not is_as_it_was(tree, parent, sql)]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout")
def test_nobody_changes_real_ones(seen: Seen, tmp_path: Path) -> None:
    """In a real hub, with all that its definitions say."""
    snapshots = ("opmon/statistics", "schemas/tables", "schemas/tables_derived")
    settings = Settings(
        namespaces=str(CORPUS / "namespaces.yaml"),
        warehouse=tuple(f"snapshot:{CORPUS / name}.jsonl.gz" for name in snapshots),
        metric_hub=(str(CORPUS / "metric-hub"),),
        opmon_projects=str(CORPUS / "opmon" / "projects.json"),
        output=str(tmp_path),
        conventions=Conventions(monitoring_project="moz-fx-data-shared-prod"),
    )
    build(settings, Stages())

    assert len(seen) > 1000
    assert [] == [sql for tree, parent, sql in seen.values() if not is_as_it_was(tree, parent, sql)]
