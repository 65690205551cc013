"""What stands beside project files: apps, experiments, rows of the projects table."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from generator.artifact import Holds, Owned
from generator.diagnostics import CODES
from generator.facts.catalog import RelationName
from generator.facts.conventions import Conventions
from generator.semantics.monitoring import (
    Branching,
    MetricGroup,
    Segmentation,
    Summary,
    XAxis,
)
from generator.sources.apps import read_apps
from generator.sources.monitoring import Watched
from tests.monitoring import CONVENTIONS, PROJECT, Found, conclude, monitor, read

DEFAULTS = """
[project]
metrics = ["visits"]
[project.population]
data_source = "days"
"""
ROLLOUT = {"slug": "new-bar", "app": "web", "start_date": "2030-02-01", "is_rollout": True}
ROW: dict[str, Any] = {
    "slug": "cold-start",
    "name": "Cold start",
    "xaxis": "build_id",
    "branches": ["on", "off", "on"],
    "dimensions": ["os", "country"],
    "summaries": [
        {"metric": "load_ms", "statistic": "percentile", "metric_groups": ["speed"]},
        {"metric": "visits", "statistic": "sum", "metric_groups": []},
    ],
    "start_date": "2030-01-01",
    "end_date": None,
    "group_by_dimension": "os",
    "alerting": True,
    "compact_visualization": False,
}


def held(found: Found, name: str) -> bool:
    """Whether the published files of a project stay."""
    every = (*found.misread, *found.diagnostics)
    holding = (d.subject for d in every if CODES[d.code].holds and d.subject is not None)
    subject = f"operational_monitoring.projects.{name}"
    return Holds(subjects=frozenset(holding)).keeps(Owned("x", "view", subject))


# experiments


def test_a_rollout_without_a_file(tmp_path: Path) -> None:
    """It is what the defaults of its platform are, from its start."""
    experiments = json.dumps([ROLLOUT, {**ROLLOUT, "slug": "ab-test", "is_rollout": False}])
    found = monitor(tmp_path, None, experiments=experiments, opmon__defaults__web=DEFAULTS)
    project = found.project

    assert () == found.diagnostics
    assert ("new-bar", "new_bar", "new-bar") == (project.slug, project.name, project.title)
    assert (date(2030, 2, 1), ("enabled", "disabled")) == (project.start, project.branches)
    assert Branching.ROLLOUT is found.study.population.branching


def test_rollouts_share_what_is_the_same(tmp_path: Path) -> None:
    """Of a hundred, all but the names; and each is told what is wrong with the defaults."""
    experiments = json.dumps([{**ROLLOUT, "slug": f"r{i}"} for i in range(100)])
    broken = DEFAULTS.replace('["visits"]', '["visits", "visit"]')
    found = monitor(tmp_path, None, experiments=experiments, opmon__defaults__web=broken)
    first, *others = found.monitored.studies

    assert 100 == len(found.diagnostics)
    assert all(held(found, f"r{i}") for i in range(100))
    assert all(study.platform is first.platform for study in others)


def test_a_file_is_filled_in_from_its_experiment(tmp_path: Path) -> None:
    """What the file does not say: platform, name, dates, reference branch, branches."""
    experiment = {
        "slug": "cold-start",
        "appName": "web",
        "branches": [{"slug": "a", "ratio": 1}, {"slug": "b"}],
        "referenceBranch": "b",
        "startDate": "2030-02-01T10:00:00Z",
        "endDate": None,
        "userFacingName": "Something",
    }
    text = PROJECT.replace('name = "Cold start"\nplatform = "web"\nstart_date = "2030-01-01"', "")
    found = monitor(tmp_path, text, experiments=json.dumps({**experiment, "extra": {"a": 1}}))
    project = found.project

    assert () == found.diagnostics
    assert ("Something", date(2030, 2, 1), None) == (project.title, project.start, project.end)
    assert (("b", "a"), "b") == (project.branches, found.study.reference_branch)
    assert Branching.LISTED is found.study.population.branching


def test_a_file_says_more_than_its_experiment(tmp_path: Path) -> None:
    """What it says itself counts; a rollout gives it no branches."""
    for rollout, population in (
        (True, ""),
        (False, "boolean_pref = 'x'"),
        (False, "branches = []"),
    ):
        experiment = {**ROLLOUT, "slug": "cold-start", "branches": ["a"], "is_rollout": rollout}
        found = monitor(tmp_path, PROJECT + population, experiments=json.dumps([experiment]))

        assert ("Cold start", date(2030, 1, 1)) == (found.project.title, found.project.start)
        assert ("enabled", "disabled") == found.project.branches


def test_defaults_of_rollouts(tmp_path: Path) -> None:
    """They lie over those of the platform that has them, and are used for rollouts only."""
    desktop = {
        "definitions__firefox_desktop": "[data_sources.days]\nfrom_expression = 'acme.web.days'\n"
        "[metrics.visits]\nselect_expression = 'SUM(v)'\ndata_source = 'days'\nstatistics.sum = {}",
        "opmon__defaults__firefox_desktop": DEFAULTS,
        "opmon__defaults__rollout": "[project]\nmetrics = ['memory']\n"
        "[metrics.memory]\nselect_expression = 'SUM(m)'\ndata_source = 'days'\nstatistics.sum = {}",
    }
    listed = [{**ROLLOUT, "slug": "a", "app": None}, {**ROLLOUT, "slug": "b", "is_rollout": False}]
    file = "[project]\nplatform = 'firefox_desktop'"
    found = monitor(tmp_path, None, experiments=json.dumps(listed), opmon__b=file, named=desktop)
    metrics = {s.project.slug: [m.slug for m in s.metrics] for s in found.monitored.studies}

    assert () == found.diagnostics
    assert {"a": ["visits", "memory"], "b": ["visits"]} == metrics


def test_rollouts_that_are_no_projects(tmp_path: Path) -> None:
    """They are counted, for each reason."""
    listed = [
        {**ROLLOUT, "slug": "a", "app": "tv"},
        {**ROLLOUT, "slug": "b", "app": "tv"},
        {**ROLLOUT, "slug": "c", "start_date": None},
        {**ROLLOUT, "slug": "d"},
    ]
    found = monitor(tmp_path, None, experiments=json.dumps(listed))

    assert ["unmonitored-rollouts"] * 3 == [d.code for d in found.diagnostics]
    assert "2 rollouts" in found.diagnostics[0].message
    assert () == found.monitored.projects


@pytest.mark.parametrize(
    "experiment",
    [
        {"slug": "new-bar", "app": 3},
        {"slug": "new-bar", "branches": [3]},
        {"slug": "new-bar", "branches": "a"},
        {"slug": "new-bar", "start_date": "soon"},
        {"slug": "new-bar", "start_date": "2030-02-01!"},
        {"slug": "new-bar", "is_rollout": "maybe"},
    ],
)
def test_an_experiment_that_means_nothing(tmp_path: Path, experiment: dict[str, Any]) -> None:
    """It costs itself; what was made of it stays."""
    listed = json.dumps([experiment, {**ROLLOUT, "slug": "other"}])
    found = monitor(tmp_path, None, experiments=listed, opmon__defaults__web=DEFAULTS)

    assert ["bad-record"] == [d.code for d in found.misread]
    assert ["unread-project"] == found.codes
    assert held(found, "new_bar")
    assert not held(found, "elsewhere")
    assert "other" == found.project.slug


def test_an_experiment_that_is_there_twice(tmp_path: Path) -> None:
    """Which one counts must not depend on their order."""
    found = monitor(
        tmp_path,
        PROJECT,
        experiments=json.dumps([{**ROLLOUT, "slug": "cold-start"}] * 2),
        opmon__defaults__web=DEFAULTS,
    )

    assert ["bad-record"] * 2 == [d.code for d in found.misread]
    assert () == found.monitored.projects
    assert held(found, "cold_start")


@pytest.mark.parametrize("text", ["", "{", "3", "[1, 2]", '{"slug": "a"}\nx', "[" * 99_999, "\x00"])
def test_a_list_of_experiments_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """Nobody knows what it says of any project: all stay as they are."""
    row = json.dumps([{**ROW, "statistics_table": "a.b.c"}])
    found = monitor(tmp_path, experiments=text, rows=row)

    assert {"malformed-file", "bad-record"} >= {d.code for d in found.misread} != set()
    assert "unread-projects" in found.codes
    assert held(found, "cold_start")
    assert held(found, "anything")


# apps


def test_apps_limit_the_platforms(tmp_path: Path) -> None:
    """With the file, what it does not have is no platform."""
    assert "unknown-platform" == monitor(tmp_path, apps="[mobile]").only.code
    assert "web" == monitor(tmp_path, apps="[web]").study.platform.name


def test_an_app_with_one_id(tmp_path: Path) -> None:
    """It is that of every channel."""
    path = tmp_path / "apps.toml"
    path.write_text("[web]\napp_id = 'org.example.web'\nis_glean_app = true\ncolour = 'red'")
    noticed, app = read_apps(path)

    assert "ignored-key" == getattr(noticed, "code", None)
    assert {"org.example.web"} == set(getattr(app, "ids", {}).values())
    assert ["release", "beta", "nightly"] == list(getattr(app, "ids", {}))


@pytest.mark.parametrize(
    ("apps", "code"),
    [
        ("[web]\nis_glean_app = 'yes'", "wrong-definition"),
        ("[web]\napp_id = 3", "wrong-definition"),
        ("[web.app_id]\nbeta = 3", "wrong-definition"),
        ("web = 3", "wrong-definition"),
        ("[web", "malformed-file"),
    ],
)
def test_apps_that_cannot_be_read(tmp_path: Path, apps: str, code: str) -> None:
    """Their projects stay as they are, with a file and without."""
    files = {"experiments": json.dumps([ROLLOUT]), "opmon__defaults__web": DEFAULTS}
    found = monitor(tmp_path, apps=f"{apps}\n", named=files)

    assert [code] == [d.code for d in found.misread]
    assert () == found.monitored.projects
    assert held(found, "cold_start")
    assert held(found, "new_bar")


def test_the_name_of_an_app(tmp_path: Path) -> None:
    """It must be one that a platform can have."""
    found = monitor(tmp_path, apps="['a b']\n[web]")

    assert ["bad-name"] == [d.code for d in found.misread]
    assert 1 == len(found.monitored.projects)


# rows


def test_a_row(tmp_path: Path) -> None:
    """It says what is shown, not how it is computed."""
    found = monitor(tmp_path, None, rows=json.dumps([ROW]))
    project = found.project

    assert ((), ()) == (found.misread, found.diagnostics)
    assert () == found.monitored.studies
    assert ("cold-start", "cold_start", "Cold start") == (project.slug, project.name, project.title)
    assert (XAxis.BUILD_ID, ("on", "off")) == (project.x_axis, project.branches)
    assert (Segmentation("os", "OS"), Segmentation("country", "Country")) == project.dimensions
    assert (
        Summary("load_ms", "percentile", "Load Ms", ("speed",)),
        Summary("visits", "sum", "Visits"),
    ) == project.summaries
    assert (MetricGroup("speed", "Speed"),) == project.groups
    assert ("os", False, False) == (project.group_by, project.compact, project.rolled_up)
    assert (date(2030, 1, 1), None) == (project.start, project.end)
    dataset = ("acme", "operational_monitoring")
    assert RelationName(*dataset, "cold_start_statistics") == project.statistics
    assert RelationName(*dataset, "cold_start_alerts") == project.alerts


def test_a_row_may_name_its_tables(tmp_path: Path) -> None:
    """Then nobody need say where tables are; texts and nulls of an export are read."""
    row: dict[str, Any] = {
        "slug": "4th-tile",
        "statistics_table": "a-b.c.d",
        "alerts_table": "a-b.c.e",
        "alerting": "false",
        "dimension_values": {},
        "branches": None,
    }
    found = monitor(tmp_path, None, conventions=Conventions(), rows=json.dumps(row))
    project = found.project

    assert ((), ()) == (found.misread, found.diagnostics)
    assert (RelationName("a-b", "c", "d"), None) == (project.statistics, project.alerts)
    assert ("p_4th_tile", "4th-tile") == (project.name, project.title)

    nameless = monitor(tmp_path, None, conventions=Conventions(), rows=json.dumps(ROW))
    assert "no-monitoring-project" == nameless.only.code


def test_a_row_on_each_line(tmp_path: Path) -> None:
    """As a warehouse exports them; a line that is none costs itself, and holds."""
    rows = [json.dumps({**ROW, "slug": slug}) for slug in ("b", "a")]
    found = monitor(tmp_path, None, rows="\n".join((*rows, "", "{nothing}\n")))

    assert ["bad-record"] == [d.code for d in found.misread]
    assert 4 == getattr(found.misread[0].at, "line", None)
    assert ["a", "b"] == [project.slug for project in found.monitored.projects]
    assert ["unread-projects"] == found.codes
    assert held(found, "c")


def test_a_file_says_more_than_a_row(tmp_path: Path) -> None:
    """However the slug is written; and one message tells how many rows are not read."""
    rows = json.dumps([{**ROW, "slug": "cold_start"}, {**ROW, "slug": "other"}])
    found = monitor(tmp_path, rows=rows)

    assert ["replaced-rows"] == [d.code for d in found.diagnostics]
    assert ["cold-start", "other"] == [project.slug for project in found.monitored.projects]
    assert ["cold-start"] == [study.project.slug for study in found.monitored.studies]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[project]\nskip = true", True),
        (PROJECT.replace("[project.", "end_date = '2030-02-01'\n[project."), True),
        (PROJECT, False),
    ],
)
def test_what_is_over_is_still_published(tmp_path: Path, text: str, *, expected: bool) -> None:
    """The table says that it runs, the file that it does not."""
    found = monitor(tmp_path, text, rows=json.dumps([ROW]))

    assert expected == ("outlived-project" in found.codes)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("xaxis", "day"),
        ("name", 3),
        ("branches", "on"),
        ("dimensions", ["a b"]),
        ("dimensions", ["os`; DROP"]),
        ("summaries", [{"metric": "a"}]),
        ("summaries", {}),
        ("start_date", "1.1.2030"),
        ("start_date", ["2030-01-01"]),
        ("group_by_dimension", "city"),
        ("alerting", "perhaps"),
        ("statistics_table", "a.b"),
        ("statistics_table", "a.b.c*"),
        ("statistics_table", "a.b.`c`d"),
        ("slug", "u" * 300),
    ],
)
def test_a_row_that_means_nothing(tmp_path: Path, key: str, value: object) -> None:
    """It costs itself, and what was made of it stays."""
    row = {**ROW, key: value}
    found = monitor(tmp_path, None, rows=json.dumps([row, {**ROW, "slug": "other"}]))

    assert ["other"] == [project.slug for project in found.monitored.projects]
    assert 1 == sum(d.severity == "error" for d in (*found.misread, *found.diagnostics))
    assert key == "slug" or held(found, "cold_start")
    assert not held(found, "other")


@pytest.mark.parametrize("slug", [None, 3, "", " ", ["a"]])
def test_a_row_without_a_slug(tmp_path: Path, slug: object) -> None:
    """Nobody knows whose it was, so everything stays that is not made."""
    found = monitor(tmp_path, None, rows=json.dumps([{**ROW, "slug": slug}]))

    assert ["bad-record"] == [d.code for d in found.misread]
    assert ["unread-projects"] == found.codes


def test_a_key_that_nobody_reads(tmp_path: Path) -> None:
    """It is told, and costs nothing."""
    found = monitor(tmp_path, None, rows=json.dumps([{**ROW, "colour": "red"}]))

    assert "ignored-key" == found.only.code
    assert 1 == len(found.monitored.projects)


def test_rows_that_cannot_be_read(tmp_path: Path) -> None:
    """Projects with a file are made, all others stay."""
    for text in ("", "nonsense", "null", "\ufeff["):
        found = monitor(tmp_path, rows=text)

        assert ["malformed-file"] == [d.code for d in found.misread]
        assert ["unread-projects"] == found.codes
        assert "cold-start" == found.project.slug
        assert held(found, "other")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is as one that cannot be read."""
    (tmp_path / "rows").mkdir()
    found = conclude(read(tmp_path, Watched(rows=tmp_path / "rows")))

    assert "unreadable-file" in {d.code for d in found.misread}
    assert held(found, "other")


# names


def test_names_that_clash(tmp_path: Path) -> None:
    """Two projects that would write the same are none, in whatever order they come."""
    found = monitor(tmp_path, named={"opmon__Cold:start": PROJECT, "opmon__other": PROJECT})

    assert ["clashing-projects"] * 2 == found.codes
    assert ["other"] == [project.slug for project in found.monitored.projects]
    assert held(found, "cold_start")


def test_tables_that_clash(tmp_path: Path) -> None:
    """A project called like the table of another, or like the list of all."""
    other = monitor(tmp_path, named={"opmon__cold-start_statistics": PROJECT})
    rows = monitor(tmp_path, None, rows=json.dumps([ROW, {**ROW, "name": "x"}]))

    assert ["clashing-projects"] * 2 == other.codes
    assert ["clashing-projects"] * 2 == rows.codes
    assert "`cold-start`" in rows.diagnostics[0].message

    (tmp_path / "hub/opmon/cold-start_statistics.toml").unlink()
    listing = monitor(tmp_path, None, opmon__projects=PROJECT)
    assert "clashing-projects" in listing.codes


def test_a_leading_digit(tmp_path: Path) -> None:
    """The prefix is for Looker; tables keep their name."""
    chosen = replace(CONVENTIONS, monitoring_prefix="project_")
    found = monitor(tmp_path, None, conventions=chosen, named={"opmon__1-click": PROJECT})

    assert "project_1_click" == found.project.name
    assert "1_click_statistics" == found.project.statistics.table


# what cannot be read of a hub


@pytest.mark.parametrize(
    "path", ["opmon/cold-start", "opmon/definitions/web", "definitions/web", "opmon/defaults/web"]
)
def test_an_unreadable_file_holds_its_projects(tmp_path: Path, path: str) -> None:
    """That of a project, and those that it stands on."""
    project = None if path == "opmon/cold-start" else PROJECT
    found = monitor(tmp_path, project, {path.replace("/", "__"): "[project"})

    assert "unread-project" in found.codes
    assert () == found.monitored.projects
    assert held(found, "cold_start")


def test_wrong_defaults_hold_their_projects(tmp_path: Path) -> None:
    """Those that start from them, and no others."""
    bare = PROJECT.replace("[project.", "skip_default_metrics = true\n[project.")
    found = monitor(tmp_path, opmon__defaults__web="[project]\nmetrics = 3", opmon__bare=bare)

    assert ["wrong-definition", "unread-project"] == found.codes
    assert "bare" == found.project.slug
    assert held(found, "cold_start")
    assert not held(found, "bare")


def test_an_entry_that_cannot_be_read(tmp_path: Path) -> None:
    """It is not taken from the file below: that would be another number."""
    text = PROJECT.replace('["visits"]', '["visits", "pages"]') + "[metrics.visits]\ntype = 3\n"
    found = monitor(tmp_path, text)

    assert ["wrong-definition"] == [d.code for d in found.misread]
    assert ["lost-part", "bad-statistic"] == found.codes
    assert [("pages", "mean")] == [(s.metric.slug, s.statistic) for s in found.study.statistics]
    assert held(found, "cold_start")
