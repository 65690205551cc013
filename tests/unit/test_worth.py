"""What aggregate tables cost and save, and which are kept for it."""

import doctest
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact, Holds
from generator.builders.operational_monitoring import build
from generator.builders.rollups import estimates_of
from generator.builders.worth import Estimate
from generator.facts.catalog import Catalog, Column, DataType, Kind
from generator.facts.conventions import Conventions
from generator.facts.monitoring import Choice
from generator.facts.namespaces import NamespaceSpec
from generator.publish.tree import TreeDiff
from generator.report import report_of, summary_lines
from generator.run import Outcome
from generator.semantics.model import Namespace, Project
from generator.semantics.monitoring import MonitoringProject, MonitoringView, Segmentation, XAxis
from generator.settings import Settings
from generator.stages import Stages
from tests.shown import AT, project, show, statistics, summary, table

PAGE = Path(__file__).parents[2] / "docs/aggregate-tables.md"
GIGABYTE = 10**9
MIB = 1024**2
SUMMARIES = (
    summary("start_ms", "percentile", percentiles=("25", "50", "95")),
    summary("crashes", "sum", groups=("stability",)),
    summary("hangs", "sum", groups=("stability",)),
)
BUILDS = project(summaries=SUMMARIES, x_axis=XAxis.BUILD_ID)
BY_DAY = project(summaries=SUMMARIES)
ENDED = project(summaries=SUMMARIES, start=date(2030, 1, 1), end=date(2030, 1, 31))
ALERTS = project(summaries=SUMMARIES[:1], x_axis=XAxis.BUILD_ID, alerts=table("start_alerts"))


def view(wanted: MonitoringProject, size: int | None = GIGABYTE, **others: Any) -> MonitoringView:
    """A request over tables of a size."""
    return MonitoringView("monitoring", wanted, bytes=size, alert_bytes=size, **others)


def estimated(request: MonitoringView, mode: str, **settings: Any) -> dict[str, Estimate]:
    """The estimates by name of the aggregate table."""
    conventions = Conventions(aggregate_tables=mode, **settings)
    spec = Namespace(NamespaceSpec("monitoring", AT), (request,))
    made = [item for item in build(request, conventions) if isinstance(item, Artifact)]
    found = estimates_of(Project((spec,), Catalog(), conventions), made)
    return {estimate.table: estimate for estimate in found}


def kept(request: MonitoringView, mode: str, **settings: Any) -> list[str]:
    """The aggregate tables that are there."""
    conventions = Conventions(aggregate_tables=mode, **settings)
    return [held.name for explore in _explores(request, conventions) for held in explore]


def _explores(
    request: MonitoringView, conventions: Conventions
) -> Iterator[tuple[lookml.AggregateTable, ...]]:
    for item in build(request, conventions):
        if isinstance(item, Artifact) and isinstance(item.content, lookml.Document):
            yield from (explore.aggregate_tables for explore in item.content.explores)


def test_the_examples_of_the_page() -> None:
    """The page computes what it says."""
    result = doctest.testfile(str(PAGE), module_relative=False)

    assert result.attempted > 0
    assert result.failed == 0


def test_an_estimate() -> None:
    """A year of two branches, with a group of two metrics, and all of the base each time."""
    found = estimated(view(BUILDS), "default-view")

    saved = 4 * (GIGABYTE - 10 * MIB)
    assert [
        Estimate("start", "rollup_start_ms_percentile", 365 * 2, GIGABYTE, saved),
        Estimate("start", "rollup_stability_sum", 365 * 2 * 2, GIGABYTE, saved),
    ] == list(found.values())


@pytest.mark.parametrize(
    ("request_", "settings", "built", "saved"),
    [
        (view(BUILDS, 2 * MIB), {}, 10 * MIB, 0),
        (view(BUILDS, None), {}, None, None),
        (view(BY_DAY), {}, GIGABYTE, round(4 * (GIGABYTE * 28 / 365 - 10 * MIB))),
        (
            view(BY_DAY),
            {"window": "100 days"},
            GIGABYTE,
            round(4 * (GIGABYTE * 100 / 365 - 10 * MIB)),
        ),
        (view(BY_DAY), {"window": "always"}, GIGABYTE, 4 * (GIGABYTE - 10 * MIB)),
        (view(ENDED), {}, GIGABYTE, 4 * (GIGABYTE - 10 * MIB)),
        (
            view(BUILDS),
            {"datagroup_trigger": "interval:6 hours"},
            4 * GIGABYTE,
            4 * (GIGABYTE - 10 * MIB),
        ),
    ],
    ids=["small", "unknown", "days", "more days", "all days", "ended", "every six hours"],
)
def test_what_it_is_made_of(
    request_: MonitoringView, settings: dict[str, Any], built: int | None, saved: int | None
) -> None:
    """The size, the x-axis, the days that are shown, and how often it is built."""
    found = estimated(request_, "default-view", **settings)["rollup_start_ms_percentile"]

    assert (built, saved) == (found.built, found.saved)
    assert found.is_worthwhile == (built is not None and saved is not None and saved > built)


@pytest.mark.parametrize("size", [7, None])
def test_the_size_comes_from_the_catalog(size: int | None) -> None:
    """It is that of the tables below; if one is not known, nothing is."""
    results = statistics(ALERTS, {})
    below = [
        replace(results, name=table("one"), kind=Kind.TABLE, bytes=3),
        replace(results, name=table("two"), kind=Kind.TABLE, bytes=size),
    ]
    feeding = replace(results, reads_from=tuple(item.name for item in below))
    (found,) = show(ALERTS, relations=[feeding, *below]).views

    assert (size + 3 if size else None) == found.bytes
    assert found.alert_bytes is None


def test_rows() -> None:
    """What is a dimension counts with its values: percentiles and options, too."""
    wanted = replace(BUILDS, dimensions=(Segmentation("OS", "OS"),))
    request = view(wanted, choices={"OS": Choice("a", ("a", "b", "c"))})
    days = replace(BY_DAY, start=date(2030, 1, 1), end=date(2030, 1, 10))

    shown = ("default-view", "filters-as-dimensions")
    for several, mode in zip((1, 3 * 3), shown, strict=True):
        found = estimated(replace(request, dimensions=wanted.dimensions), mode)
        assert 365 * 2 * several == found["rollup_start_ms_percentile"].rows
    assert 10 * 2 == estimated(view(days), shown[0])["rollup_start_ms_percentile"].rows


def test_no_more_than_there_is() -> None:
    """An aggregate table of many dimensions is no larger than the tables below."""
    names = ("branch", "metric", "statistic", "parameter", "message")
    columns = tuple(Column(name, DataType.STRING) for name in names)
    request = view(ALERTS, 12 * MIB, alert_columns=columns)
    found = estimated(request, "default-view")["rollup_alerts"]

    assert 365 * 2 * 1 * 10 * 3 * 10 == found.rows
    assert (12 * MIB, 0) == (found.built, found.saved)


def test_modes() -> None:
    """What is worthwhile is kept, or everything, or nothing; all are judged in each mode."""
    both = ["rollup_start_ms_percentile", "rollup_stability_sum"]

    assert both == kept(view(BUILDS), "default-view")
    assert both == kept(view(BUILDS), "worthwhile")
    assert [] == kept(view(BUILDS), "none")
    assert [] == kept(view(BY_DAY), "worthwhile")
    assert [] == kept(view(BUILDS, None), "worthwhile")
    expected = estimated(view(BUILDS), "default-view")
    assert expected == estimated(view(BUILDS), "worthwhile")
    assert expected == estimated(view(BUILDS), "none")


def test_some_are_worthwhile() -> None:
    """In one project, some may be and others not."""
    request = replace(view(ALERTS), alert_bytes=MIB)

    assert ["rollup_start_ms_percentile"] == kept(request, "worthwhile")
    assert ["rollup_start_ms_percentile", "rollup_alerts"] == kept(request, "default-view")


def test_report() -> None:
    """Each is in the report; one line at the end says it of all."""
    rows = (
        Estimate("start", "one", 730, GIGABYTE, 3 * GIGABYTE),
        Estimate("start", "two", 730, GIGABYTE, 0),
        Estimate("stop", "three", 730),
    )
    outcome = Outcome((), Holds(), {}, TreeDiff(), estimates=rows)
    report = report_of(outcome, None, Stages())

    assert [True, False, False] == [row["worthwhile"] for row in report["aggregate_tables"]]
    assert {
        "explore": "stop",
        "table": "three",
        "rows": 730,
        "built": None,
        "saved": None,
        "worthwhile": False,
    } == report["aggregate_tables"][2]
    assert (
        "aggregate tables: 1 of 3 worthwhile, 1 unknown; reading 2.0 GB a day to save 3.0 GB"
        in summary_lines(Settings(), outcome, dry=False)
    )


def test_report_of_the_unknown() -> None:
    """Where no size is known, no number is said."""
    outcome = Outcome((), Holds(), {}, TreeDiff(), estimates=(Estimate("start", "one", 730),))

    assert "aggregate tables: 1; nobody knows how large is what they read" in summary_lines(
        Settings(), outcome, dry=False
    )


def test_no_line_without_aggregate_tables() -> None:
    """A hub without monitoring hears nothing of them."""
    outcome = Outcome((), Holds(), {}, TreeDiff())

    assert not any("aggregate" in line for line in summary_lines(Settings(), outcome, dry=False))
