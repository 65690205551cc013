"""The example of docs/dashboards.md is what its project gives."""

import re
from pathlib import Path
from textwrap import indent

from generator.builders.dashboards import PALETTE
from generator.diagnostics import CODES
from generator.facts.conventions import Conventions
from generator.semantics.choices import TOP
from tests.shown import Shown, project, show, statistics, summary

PAGE = (Path(__file__).parents[1] / "docs" / "dashboards.md").read_text(encoding="utf-8")
ROOM = "operational_monitoring"
_CODE = re.compile(r"\| `([a-z-]+)` \|$", re.MULTILINE)


def shown() -> Shown:
    """What is shown of the project of the page."""
    wanted = project(
        "cold_start",
        title="Cold start",
        branches=("disabled", "enabled"),
        dimensions=("os",),
        summaries=(
            summary("cold_start_ms", "percentile", label="Cold start", percentiles=("50", "95")),
        ),
    )
    return show(wanted, relations=[statistics(wanted, {"os": [("Windows", 9), ("Mac", 3)]})])


def example(language: str) -> str:
    """The example of the page in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_dashboard() -> None:
    """It is the whole file but for the comment above."""
    text = shown().tree[f"{ROOM}/dashboards/cold_start.dashboard.lookml"]

    assert re.sub(r"^#.*\n", "", text, flags=re.MULTILINE) == example("yaml")


def test_the_aggregate_table() -> None:
    """It is that of the tile."""
    text = shown().tree[f"{ROOM}/explores/cold_start.explore.lkml"]

    assert indent(example("lookml"), "  ") in text


def test_numbers_and_codes() -> None:
    """What the page counts and names is so."""
    assert f"a palette of {len(PALETTE)}" in PAGE
    assert ("offers the ten most common values" in PAGE) == (TOP == 10)
    assert "28 days" == Conventions().window
    assert set(_CODE.findall(PAGE)) <= CODES.keys()
    assert len(_CODE.findall(PAGE)) == 6
