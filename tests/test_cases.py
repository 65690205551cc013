"""Whole runs: each folder of `cases/` holds its inputs, the tree they give and what is said.

Below `dbt/` the files of the dbt project are in `expected-dbt/`.
`make snapshots` writes them and `diagnostics.txt` anew; `git diff` is the review.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_snapshot.plugin import Snapshot  # type: ignore[import-untyped]

from generator.diagnostics import Diagnostic
from generator.pipeline import generate
from tests import fakes
from tests.reading import reads_back

CASES = Path(__file__).parent / "cases"


def cases() -> list[Path]:
    """The folders of all cases, `<subject>/<case>`."""
    return sorted(path.parent for path in CASES.glob("*/*/namespaces.yaml"))


def title(case: Path) -> str:
    """Subject and case."""
    return case.relative_to(CASES).as_posix()


@pytest.mark.parametrize("case", cases(), ids=title)
def test_case(case: Path, snapshot: Snapshot) -> None:
    """The whole run gives the expected tree and says the expected things."""
    build = generate(fakes.folder(case))

    snapshot.snapshot_dir = case
    snapshot.assert_match_dir(_folders(build.tree), "expected")
    if case.parent.name == "dbt":
        snapshot.assert_match_dir(_folders(build.dbt), "expected-dbt")
    snapshot.assert_match(_said(build.diagnostics, case), "diagnostics.txt")


@pytest.mark.parametrize("case", cases(), ids=title)
def test_reads_back(case: Path) -> None:
    """What was printed reads back as what was meant."""
    build = generate(fakes.folder(case))

    for tree in (build.tree, build.dbt):
        assert [] == [path for path in tree if not reads_back(tree.artifacts[path], tree[path])]


@pytest.mark.parametrize("case", cases(), ids=title)
def test_says_what_to_look_at(case: Path) -> None:
    """Every case opens with a comment that tells the reader what to look at."""
    assert (case / "namespaces.yaml").read_text(encoding="utf-8").startswith("# ")


def test_no_leftovers() -> None:
    """Every folder of expected output belongs to a case."""
    found = {
        path.parent
        for name in ("expected", "expected-dbt", "diagnostics.txt")
        for path in CASES.rglob(name)
    }

    assert set() == found - set(cases())


def _folders(tree: Mapping[str, str]) -> dict[str, Any]:
    """A tree as nested folders."""
    root: dict[str, Any] = {}
    for path, text in tree.items():
        *parents, name = path.split("/")
        folder = root
        for parent in parents:
            folder = folder.setdefault(parent, {})
        folder[name] = text
    return root


def _said(diagnostics: tuple[Diagnostic, ...], case: Path) -> str:
    """Everything that was said, with paths as seen from the case."""
    return "".join(f"{item}\n" for item in diagnostics).replace(f"{case}/", "")
