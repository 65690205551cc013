"""Real monitoring projects: every file resolves, and the counts are those of the description."""

import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from generator.diagnostics import Location, Severity
from generator.facts import Facts
from generator.facts.monitoring import Experiment, Monitoring
from generator.semantics.alerts import AlertKind
from generator.semantics.definitions import MetricType
from generator.semantics.monitoring import Branching, Study, XAxis
from generator.semantics.projects import monitored_of
from generator.sources.monitoring import Watched
from tests.corpus.conftest import CORPUS
from tests.monitoring import Found, conclude, read

pytestmark = pytest.mark.corpus

APPS = """
[firefox_desktop]
[fenix]
is_glean_app = true
app_id.release = "org.mozilla.firefox"
app_id.beta = "org.mozilla.firefox_beta"
app_id.nightly = "org.mozilla.fenix"
[firefox_ios]
is_glean_app = true
app_id.release = "org.mozilla.ios.Firefox"
app_id.beta = "org.mozilla.ios.FirefoxBeta"
app_id.nightly = "org.mozilla.ios.Fennec"
[focus_android]
is_glean_app = true
app_id.release = "org.mozilla.focus"
app_id.beta = "org.mozilla.focus.beta"
app_id.nightly = "org.mozilla.focus.nightly"
[focus_ios]
is_glean_app = true
app_id = "org.mozilla.ios.Focus"
[klar_ios]
is_glean_app = true
app_id = "org.mozilla.ios.Klar"
[klar_android]
is_glean_app = true
app_id = "org.mozilla.klar"
[monitor_cirrus]
is_glean_app = true
app_id = "monitor.cirrus"
"""

UNDATED = {
    "android-add-ons-extension-process": "fenix",
    "android-add-ons-extension-process-beta": "fenix",
    "android-add-ons-extension-process-release-rollout": "fenix",
    "bug-1660366-pref-ongoing-fission-nightly-experiment-nightly-83-100": None,
    "bug-1732206-rollout-fission-release-rollout-release-94-95": None,
    "fr-billboard-rollout": None,
}
"""Projects that leave their start to their experiment; the real list of those is not at hand."""

ROLLOUTS = 284
"""So that there are as many projects as were published: 319."""


def experiments(count: int = 0) -> tuple[Experiment, ...]:
    """The experiments of the projects without a date, and so many rollouts without a file."""
    apps = ("firefox_desktop", "fenix", "firefox_ios", "focus_ios")
    made = {f"rollout-{number}": apps[number % len(apps)] for number in range(count)}
    at, start = Location("experiments.json"), date(2030, 1, 1)
    return tuple(
        Experiment(slug, at, app=app, start_date=start, is_rollout=True)
        for slug, app in (*UNDATED.items(), *made.items())
    )


Item = TypeVar("Item")


@pytest.fixture(scope="module")
def facts(metric_hub: Path, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The project files, the apps, the rows, and rollouts."""
    apps = tmp_path_factory.mktemp("apps") / "apps.toml"
    apps.write_text(APPS, encoding="utf-8")
    rows = CORPUS / "opmon" / "projects.json"
    found, misread = read(metric_hub, Watched(apps=apps, rows=rows))
    assert {"unknown-key"} >= {item.code for item in misread}
    assert 198 == len(found.monitoring.rows)
    return replace(found, monitoring=replace(found.monitoring, experiments=experiments()))


@pytest.fixture(scope="module")
def found(facts: Facts) -> Found:
    """What the project files come to."""
    return conclude((replace(facts, monitoring=replace(facts.monitoring, rows=())), ()))


@pytest.fixture(scope="module")
def studies(found: Found) -> tuple[Study, ...]:
    """The active projects."""
    return found.monitored.studies


def test_every_file_resolves(found: Found, metric_hub: Path) -> None:
    """Fifty files: fifteen are skipped, all others are projects.

    The only errors are three files of defaults that name another platform than their own.
    """
    files = {
        path.stem: path.read_text(encoding="utf-8") for path in metric_hub.glob("opmon/*.toml")
    }
    skipped = {slug for slug, text in files.items() if "skip = true" in text}
    errors = [item for item in found.diagnostics if item.severity is Severity.ERROR]

    assert (50, 15) == (len(files), len(skipped))
    assert files.keys() - skipped == {study.project.slug for study in found.monitored.studies}
    assert ["misplaced-defaults"] * 3 == [item.code for item in errors]


def test_what_is_noticed(found: Found) -> None:
    """Nothing but this: what the description says of real files is seen."""
    assert {
        "changed-expression": 10,
        "unlisted-statistic": 10,
        "ineffective-key": 3,
        "misplaced-defaults": 3,
        "renamed-key": 2,
        "doubled-metric": 1,
    } == Counter(found.codes)


def test_axes_and_branches(studies: tuple[Study, ...]) -> None:
    """Over days and builds; 24 watch the entire population, of whom 3 list branches as well."""
    axes = Counter(study.project.x_axis for study in studies)
    branching = Counter(study.population.branching for study in studies)

    assert {XAxis.SUBMISSION_DATE: 27, XAxis.BUILD_ID: 8} == axes
    assert {
        Branching.ENTIRE: 24 - 3,
        Branching.LISTED: 5 + 3,
        Branching.PREFERENCE: 2,
        Branching.ROLLOUT: 4,
    } == branching


def test_dimensions(studies: tuple[Study, ...]) -> None:
    """21 projects have some; two are grouped by one."""
    assert {0: 14, 1: 9, 2: 10, 3: 2} == Counter(len(study.dimensions) for study in studies)
    assert 2 == sum(study.project.group_by is not None for study in studies)
    assert 21 == sum(study.project.rolled_up for study in studies)


def test_groups_and_alerts(studies: tuple[Study, ...]) -> None:
    """Five have groups, one is compact, four have alerts."""
    kinds = Counter(alert.kind for study in studies for alert in study.alerts)

    assert 5 == sum(bool(study.project.groups) for study in studies)
    assert 1 == sum(study.project.compact for study in studies)
    assert 4 == sum(study.project.alerts is not None for study in studies)
    assert {AlertKind.THRESHOLD: 4, AlertKind.AVG_DIFF: 2} == kinds


def test_summaries(studies: tuple[Study, ...]) -> None:
    """By statistic and by type of metric; from one to fifty for each project."""
    every = [item for study in studies for item in study.statistics]
    sizes = [len(study.statistics) for study in studies]

    assert {"percentile": 273, "sum": 155, "mean": 116, "total_ratio": 39} == Counter(
        item.statistic for item in every
    )
    assert {MetricType.SCALAR: 358, MetricType.HISTOGRAM: 225} == Counter(
        item.metric.type for item in every
    )
    assert (1, 50) == (min(sizes), max(sizes))
    assert all(len(study.project.summaries) == len(study.statistics) for study in studies)
    assert all(len(item.percentiles) > 0 for item in every if item.statistic == "percentile")


def test_datasets(studies: tuple[Study, ...]) -> None:
    """The app of the channel, where there is one."""
    known = {study.project.slug: study.dataset for study in studies if study.dataset}

    assert {
        "android-add-ons-extension-process": "org_mozilla_fenix",
        "android-add-ons-extension-process-beta": "org_mozilla_firefox_beta",
        "android-add-ons-extension-process-release-rollout": "org_mozilla_firefox",
        "firefox-ios-health": "org_mozilla_ios_firefox",
        "performance-fenix-build-by-build-beta": "org_mozilla_firefox_beta",
        "performance-review-kenya": "org_mozilla_firefox",
        "performance-review-kenya-2": "org_mozilla_firefox",
    } == known


def test_rows(facts: Facts) -> None:
    """198 rows; of 27 there is a file, which says more. Seven of those are skipped."""
    alone = conclude((Facts(monitoring=Monitoring(rows=facts.monitoring.rows)), ()))
    both = conclude((facts, ()))
    rows = len(both.monitored.projects) - len(both.monitored.studies)

    assert (198, ()) == (len(alone.monitored.projects), alone.diagnostics)
    assert (35, 198 - 27) == (len(both.monitored.studies), rows)
    assert 7 == Counter(both.codes)["outlived-project"]


def test_order_does_not_matter(facts: Facts) -> None:
    """Files, experiments and rows come in any order: ten times shuffled, all is equal."""
    monitoring = replace(facts.monitoring, experiments=experiments(40))
    expected = monitored_of(replace(facts, monitoring=monitoring))
    chance = random.Random(4)  # noqa: S311 - the same orders each time
    for _ in range(10):
        assert expected == monitored_of(_shuffled(replace(facts, monitoring=monitoring), chance))


def _shuffled(facts: Facts, chance: random.Random) -> Facts:
    def mixed(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(chance.sample(items, len(items)))

    (collection,) = facts.definitions
    folders = {n: replace(f, files=mixed(f.files)) for n, f in collection.tools.items()}
    root = replace(collection.root, files=mixed(collection.root.files))
    monitoring = replace(
        facts.monitoring,
        apps=mixed(facts.monitoring.apps),
        experiments=mixed(facts.monitoring.experiments),
        rows=mixed(facts.monitoring.rows),
    )
    mixture = (replace(collection, root=root, tools=folders),)
    return replace(facts, definitions=mixture, monitoring=monitoring)


def test_as_many_as_are_published(facts: Facts) -> None:
    """As many projects as are published all resolve."""
    listed = replace(facts.monitoring, rows=(), experiments=experiments(ROLLOUTS))
    monitored, _ = monitored_of(replace(facts, monitoring=listed))

    assert 319 == len(monitored.projects)
