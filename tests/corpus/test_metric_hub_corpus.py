"""A real metric-hub: every file loads, the counts are those of the format's description."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields

from generator.diagnostics import Diagnostic, Severity, split
from generator.facts.metric_hub import Collection, FileKind, Folder, Written
from generator.metrics import Hub, load
from generator.semantics.definition_checks import check_definitions
from generator.sources.metric_hub import FUNCTIONS, Repository, read_metric_hubs

pytestmark = pytest.mark.corpus

Read = tuple[Collection, tuple[Diagnostic, ...]]


@pytest.fixture(scope="module")
def read(metric_hub: Path) -> Read:
    """The whole repository, and what was noticed."""
    (collection,), noticed = split(read_metric_hubs([Repository(str(metric_hub))]))
    return collection, noticed


@pytest.fixture(scope="module")
def looker(metric_hub: Path) -> Hub:
    """As Looker sees it."""
    return load(metric_hub, tool="looker")


def definitions(folder: Folder) -> dict[str, Counter[str]]:
    """How often each key is set, by table."""
    found: dict[str, Counter[str]] = {}
    for file in folder.of(FileKind.DEFINITIONS):
        tables: dict[str, Iterable[Any]] = {
            "metrics": file.metrics,
            "data_sources": file.data_sources,
            "segments": file.segments,
            "segment_sources": file.segment_sources,
            "dimensions": file.dimensions,
        }
        for name, specs in tables.items():
            counter = found.setdefault(name, Counter())
            for spec in specs:
                counter["all"] += 1
                keys = (key.name for key in fields(spec) if key.name not in ("slug", "at"))
                counter.update(key for key in keys if getattr(spec, key) is not None)
    return found


def test_every_file_loads(read: Read, metric_hub: Path) -> None:
    """All files are read, none twice."""
    collection, _ = read
    files = (collection.root, *collection.tools.values())

    assert 634 == len(list(metric_hub.rglob("*.toml")))
    assert 634 == sum(len(folder.files) for folder in files)
    assert () == tuple(name for folder in files for name in folder.unread)


def test_unknown_keys(read: Read) -> None:
    """The only thing that reading finds are keys that nothing reads."""
    _, noticed = read
    keys = Counter(item.message.split("`")[1] for item in noticed)

    assert {"unknown-key"} == {item.code for item in noticed}
    assert all(item.at and item.at.line for item in noticed)
    assert {
        "window_start": 171,
        "window_end": 167,
        "exposure_basis": 21,
        "friendly_name": 11,
        "deprecated": 9,
        "description": 9,
        "experiments_column_type": 6,
        "name": 2,
        "descriptionn": 2,
        "descriptions": 1,
        "build_id_column": 1,
    } == keys


def test_counts_of_definitions(read: Read) -> None:
    """Section 14, first column."""
    root = read[0].root
    found = definitions(root)
    metrics, sources = found["metrics"], found["data_sources"]
    files = root.of(FileKind.DEFINITIONS)
    specs = [metric for file in files for metric in file.metrics]
    types = Counter(metric.type.value for metric in specs if metric.type)
    expressions = [metric.select_expression.value for metric in specs if metric.select_expression]

    assert 10 == sum(file.name != FUNCTIONS for file in files)
    assert (404, 398, 6) == (
        metrics["all"],
        metrics["select_expression"],
        metrics["depends_on"],
    )
    assert {"scalar": 196, "histogram": 61} == types
    assert (394, 376, 170, 143, 10, 9) == tuple(
        metrics[key]
        for key in (
            "friendly_name",
            "description",
            "category",
            "owner",
            "level",
            "bigger_is_better",
        )
    )
    assert 22 == sum(bool(metric.deprecated and metric.deprecated.value) for metric in specs)
    assert 74 == sum("{{" in expression for expression in expressions)
    assert (103, 19, 1) == (sources["all"], sources["columns_as_dimensions"], sources["joins"])
    assert (76, 6, 17) == tuple(
        found[table]["all"] for table in ("segments", "segment_sources", "dimensions")
    )


def test_counts_of_data_sources(read: Read) -> None:
    """Section 14: subqueries, sources without client, sources with a dataset."""
    for folder, expected in (
        (read[0].root, (81, 29, 25)),
        (read[0].tools["looker"], (None, 15, 0)),
    ):
        sources = [s for file in folder.of(FileKind.DEFINITIONS) for s in file.data_sources]
        texts = [s.from_expression.value.strip() for s in sources if s.from_expression]
        found = (
            sum(text.startswith("(") for text in texts),
            sum(bool(s.client_id_column and s.client_id_column.value == "NULL") for s in sources),
            sum("{dataset}" in text for text in texts),
        )

        assert expected[1:] == found[1:]
        assert expected[0] in (None, found[0])


def test_counts_of_looker(read: Read) -> None:
    """Section 14, second column."""
    folder = read[0].tools["looker"]
    found = definitions(folder)
    specs = [metric for file in folder.files for metric in file.metrics]
    statistics = Counter(
        statistic.name
        for metric in specs
        for statistic in (metric.statistics.value if metric.statistics else ())
    )
    joins = [source.joins for file in folder.files for source in file.data_sources if source.joins]

    assert 8 == len(folder.files)
    assert (110, 84, 106) == tuple(
        found["metrics"][key] for key in ("all", "select_expression", "statistics")
    )
    assert (31, 25, 13) == tuple(
        found["data_sources"][key] for key in ("all", "columns_as_dimensions", "joins")
    )
    assert {"sum": 91, "ratio": 48, "average": 11, "rolling_average": 10, "client_count": 9} == (
        statistics
    )
    relationships = Counter(_relationship(written) for written in joins)
    assert {"none": 4, "one_to_many": 7, "one_to_one": 1, "empty": 1} == relationships


def _relationship(written: Written[tuple[object, ...]]) -> str:
    if not written.value:
        return "empty"
    relationship = getattr(written.value[0], "relationship", None)
    return relationship.value if relationship else "none"


def test_merged_for_looker(looker: Hub) -> None:
    """Section 14, last line: one metric less, for it depends on one that is not there."""
    sources = [source for platform in looker.platforms for source in platform.data_sources]
    metrics = [metric for platform in looker.platforms for metric in platform.metrics]

    assert 12 == len(looker.platforms)
    assert 490 - 1 == len(metrics)
    assert 124 == len(sources)
    assert 47 == sum(source.columns_as_dimensions for source in sources)
    assert 70 == sum(bool(source.joins) for source in sources)
    assert 58 == sum(bool(source.effective_joins) for source in sources)


@pytest.mark.parametrize(
    ("tool", "codes"),
    [
        ("looker", {"skipped-join": 12, "bad-statistic": 1, "unknown-reference": 1}),
        ("opmon", {"unknown-reference": 1}),
        ("jetstream", {"unknown-reference": 1, "no-expression": 4}),
    ],
)
def test_findings(metric_hub: Path, tool: str, codes: dict[str, int]) -> None:
    """What resolving finds, beside unknown keys."""
    hub = load(metric_hub, tool=tool)

    assert codes == Counter(d.code for d in hub.diagnostics if d.code != "unknown-key")


def test_checks(looker: Hub, read: Read) -> None:
    """All SQL parses and adds something up; the rest is worth knowing.

    Of 16 data sources without a metric, experiments name all but one.
    """
    collection, _ = read
    found = tuple(check_definitions(looker.platforms, collection.mentioned))

    assert {"unused-source": 1, "undescribed-metrics": 13, "same-label": 2} == Counter(
        item.code for item in found
    )
    apart = Counter(item.code for item in check_definitions(looker.platforms))
    assert 16 == apart["unused-source"]
    assert Severity.ERROR not in {item.severity for item in found}


@cache
def lines(path: str) -> list[str]:
    """The lines of a file."""
    return Path(path).read_text(encoding="utf-8").splitlines()


def test_provenance(looker: Hub, metric_hub: Path) -> None:
    """Each key of a resolved entry names the line that sets it."""
    for platform in looker.platforms:
        for metric in platform.metrics:
            for key, at in metric.places.items():
                line = lines(at.path)[(at.line or 0) - 1]

                assert key in line.lower() or metric.slug in line, (metric.subject, key)
                assert at.path.startswith(str(metric_hub))
