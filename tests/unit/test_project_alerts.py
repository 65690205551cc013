"""Alerts of monitoring projects: what each kind takes."""

from pathlib import Path

import pytest

from generator.semantics.alerts import AlertKind
from tests.monitoring import PROJECT, Found, monitor

LISTED = PROJECT.replace("[project.pop", 'alerts = ["slow"]\n[project.pop').replace(
    '["visits"]', '["visits", "pages", "load_ms"]'
)
METRICS = 'metrics = ["load_ms"]\n'


def alert(root: Path, keys: str) -> Found:
    """A project with one alert."""
    return monitor(root, f"{LISTED}branches = ['control', 'new']\n[alerts.slow]\n{keys}")


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (AlertKind.CI_OVERLAP, ""),
        (AlertKind.CI_OVERLAP, "statistics = ['percentile']\nparameters = [50]"),
        (AlertKind.THRESHOLD, "min = [0]"),
        (AlertKind.THRESHOLD, "max = [1.5]\nmin = [-1]"),
        (AlertKind.THRESHOLD, "parameters = [50, 99]\nmax = [10, 20]"),
        (AlertKind.AVG_DIFF, "window_size = 7\nmax_relative_change = 0.25"),
    ],
)
def test_each_kind(tmp_path: Path, kind: AlertKind, keys: str) -> None:
    """With as little, and as much, as it takes."""
    found = alert(tmp_path, f"type = '{kind}'\n{METRICS}{keys}")
    (made,) = found.study.alerts

    assert () == found.diagnostics
    assert (kind, "slow", ("load_ms",), "Slow") == (made.kind, made.slug, made.metrics, made.label)
    assert found.project.alerts is not None


@pytest.mark.parametrize(
    ("code", "keys"),
    [
        pytest.param("incomplete-definition", METRICS, id="no type"),
        pytest.param("wrong-definition", f"type = 'spike'\n{METRICS}", id="another type"),
        pytest.param("incomplete-definition", "type = 'ci_overlap'", id="no metrics"),
        pytest.param("bad-alert", "type = 'ci_overlap'\nmetrics = []", id="empty metrics"),
        pytest.param("bad-alert", "type = 'ci_overlap'\nmetrics = ['load']", id="unknown metric"),
        pytest.param(
            "bad-alert", "type = 'ci_overlap'\nmetrics = ['pages_per_visit']", id="unlisted metric"
        ),
        pytest.param(
            "bad-alert", f"type = 'ci_overlap'\n{METRICS}min = [1]", id="limits of an overlap"
        ),
        pytest.param(
            "bad-alert", f"type = 'ci_overlap'\n{METRICS}window_size = 1", id="window of an overlap"
        ),
        pytest.param(
            "bad-alert",
            f"type = 'threshold'\n{METRICS}min=[1]\nwindow_size=1",
            id="window of a threshold",
        ),
        pytest.param("bad-alert", f"type = 'threshold'\n{METRICS}", id="no limit"),
        pytest.param("bad-alert", f"type = 'threshold'\n{METRICS}min = []", id="empty limit"),
        pytest.param(
            "bad-alert",
            f"type = 'threshold'\n{METRICS}parameters=[50, 99]\nmin=[1]",
            id="a limit for many",
        ),
        pytest.param("bad-alert", f"type = 'threshold'\n{METRICS}max = [1, 2]", id="many limits"),
        pytest.param(
            "incomplete-definition",
            f"type='avg_diff'\n{METRICS}max_relative_change=0.5",
            id="no window",
        ),
        pytest.param(
            "incomplete-definition", f"type = 'avg_diff'\n{METRICS}window_size = 7", id="no change"
        ),
        pytest.param(
            "bad-alert",
            f"type = 'avg_diff'\n{METRICS}window_size = 7\nmax_relative_change = 0.5\nmax = [1]",
            id="limits of a change",
        ),
        pytest.param(
            "bad-alert",
            f"type = 'avg_diff'\n{METRICS}window_size = 7\nmax_relative_change = 0",
            id="a change of nothing",
        ),
        pytest.param(
            "wrong-definition",
            f"type = 'avg_diff'\n{METRICS}window_size = 0\nmax_relative_change = 0.5",
            id="a window of nothing",
        ),
        pytest.param(
            "bad-alert",
            f"type = 'ci_overlap'\n{METRICS}statistics = ['median']",
            id="unknown statistic",
        ),
        pytest.param(
            "bad-alert",
            f"type = 'ci_overlap'\n{METRICS}statistics = ['sum']",
            id="another's statistic",
        ),
        pytest.param(
            "bad-alert", f"type = 'ci_overlap'\n{METRICS}parameters = [51]", id="unknown parameter"
        ),
        pytest.param(
            "wrong-definition", f"type = 'threshold'\n{METRICS}min = [nan]", id="no number"
        ),
    ],
)
def test_what_is_wrong(tmp_path: Path, code: str, keys: str) -> None:
    """It is said once, and costs the alert: the project is made, with no table of alerts."""
    found = alert(tmp_path, keys)

    assert code == found.only.code
    assert found.only.at is not None
    assert found.only.at.line is not None
    assert ((), None) == (found.study.alerts, found.project.alerts)


def test_the_old_name_of_parameters(tmp_path: Path) -> None:
    """It is read, and told."""
    found = alert(tmp_path, f"type = 'ci_overlap'\n{METRICS}percentiles = [50, 90]")

    assert "renamed-key" == found.only.code
    assert (50.0, 90.0) == found.study.alerts[0].parameters


def test_there_must_be_a_branch_to_compare_with(tmp_path: Path) -> None:
    """A rollout has no `control`; one of its two branches can be named."""
    keys = f"[alerts.slow]\ntype = 'ci_overlap'\n{METRICS}"
    named = LISTED.replace("[project.pop", 'reference_branch = "disabled"\n[project.pop')

    assert "bad-alert" == monitor(tmp_path, LISTED + keys).only.code
    assert 1 == len(monitor(tmp_path, named + keys).study.alerts)


def test_an_alert_that_is_no_table(tmp_path: Path) -> None:
    """It is said where it stands, and the project goes on without it."""
    found = monitor(tmp_path, LISTED + "[alerts]\nslow = 3")

    assert ["wrong-definition"] == [d.code for d in found.misread]
    assert ["lost-part"] == found.codes
    assert ((), 4) == (found.study.alerts, len(found.study.statistics))


def test_only_listed_alerts_count(tmp_path: Path) -> None:
    """One that nobody lists may say anything."""
    found = monitor(tmp_path, PROJECT + "[alerts.slow]\ntype = 'spike'")

    assert ((), ()) == (found.diagnostics, found.study.alerts)
