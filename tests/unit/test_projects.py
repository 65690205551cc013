"""Monitoring projects: how files merge, what they come to, and what wrong ones cost."""

from datetime import date
from pathlib import Path

import pytest

from generator.artifact import Holds, Owned
from generator.diagnostics import CODES, Diagnostic
from generator.facts.catalog import RelationName
from generator.facts.conventions import Conventions
from generator.semantics.monitoring import (
    Branching,
    Computed,
    MetricGroup,
    Segmentation,
    Summary,
    XAxis,
)
from tests.monitoring import HUB, PROJECT, Found, monitor

SUBJECT = "operational_monitoring.projects.cold_start"


def with_keys(*lines: str, population: str = "") -> str:
    """The project with more keys."""
    head, table, tail = PROJECT.partition("[project.population]\n")
    return "".join((head, *(f"{line}\n" for line in lines), table, tail, population))


def instead(old: str, new: str) -> str:
    """The project with another line."""
    assert old in PROJECT
    return PROJECT.replace(old, new)


def is_held(diagnostic: Diagnostic, subject: str = SUBJECT) -> bool:
    """Whether it keeps the published files of a project."""
    holds = CODES[diagnostic.code].holds and diagnostic.subject is not None
    subjects = frozenset({str(diagnostic.subject)} if holds else ())
    return Holds(subjects=subjects).keeps(Owned("x", "view", subject))


def computed(found: Found) -> list[tuple[str, str]]:
    """Metric and statistic of all that is computed."""
    return [(item.metric.slug, item.statistic) for item in found.study.statistics]


# what a project comes to


def test_a_small_project(tmp_path: Path) -> None:
    """What is not said has its default."""
    found = monitor(tmp_path)
    project, study = found.project, found.study

    assert () == (*found.misread, *found.diagnostics)
    assert ("cold-start", "cold_start", "Cold start") == (project.slug, project.name, project.title)
    assert RelationName("acme", "operational_monitoring", "cold_start_statistics") == (
        project.statistics
    )
    assert (None, XAxis.SUBMISSION_DATE) == (project.alerts, project.x_axis)
    assert ("enabled", "disabled") == project.branches
    assert (Summary("visits", "sum", "Visits"),) == project.summaries
    assert (date(2030, 1, 1), None) == (project.start, project.end)
    assert ("visits@example.org", "web@example.org") == project.owners
    assert project is study.project
    assert (SUBJECT, "control", None) == (study.subject, study.reference_branch, study.dataset)
    assert (Branching.ROLLOUT, None) == (study.population.branching, study.population.channel)
    assert "days" == study.population.source.slug


def test_a_full_project(tmp_path: Path) -> None:
    """Every key does what it says."""
    text = with_keys(
        'xaxis = "build_id"',
        "end_date = 2030-03-01",
        'reference_branch = "old"',
        "compact_visualization = true",
        'alerts = ["Slow"]',
        population='channel = "beta"\nbranches = ["new", "old", "new"]\n'
        'dimensions = ["os", "country", "OS"]\ngroup_by_dimension = "country"\n'
        '[project.metric_groups.traffic]\nfriendly_name = "All  traffic"\n'
        'metrics = ["pages", "visits"]\n'
        '[alerts.slow]\ntype = "threshold"\nmetrics = ["load_ms"]\n'
        "parameters = [50, 99]\nmax = [900, 2500]\n",
    ).replace('["visits"]', '["load_ms", "visits", "pages"]')
    found = monitor(
        tmp_path, text.replace('group_by_dimension = "country"', "group_by_dimension = 'country'")
    )
    project, study = found.project, found.study

    assert [] == found.codes
    assert (XAxis.BUILD_ID, date(2030, 3, 1), True) == (
        project.x_axis,
        project.end,
        project.compact,
    )
    assert ("old", "new") == project.branches
    assert (Branching.LISTED, "beta") == (study.population.branching, study.population.channel)
    assert (Segmentation("os", "OS"), Segmentation("country", "Country")) == project.dimensions
    assert ["os", "country"] == [dimension.slug for dimension in study.dimensions]
    assert ("country", True) == (project.group_by, project.rolled_up)
    assert (MetricGroup("traffic", "All traffic"),) == project.groups
    assert (
        Summary("load_ms", "percentile", "Load Ms", (), ("50", "90", "99")),
        Summary("visits", "sum", "Visits", ("traffic",)),
        Summary("pages", "mean", "Pages seen", ("traffic",)),
        Summary("pages", "total_ratio", "Pages seen", ("traffic",)),
    ) == project.summaries
    assert RelationName("acme", "operational_monitoring", "cold_start_alerts") == project.alerts
    (alert,) = study.alerts
    assert ("slow", (50.0, 99.0), (900.0, 2500.0)) == (alert.slug, alert.parameters, alert.max)
    assert "old" == study.reference_branch


def test_only_what_is_needed_is_resolved(tmp_path: Path) -> None:
    """A definition that nobody needs costs nobody anything."""
    broken = HUB["definitions/web.toml"] + '[metrics.broken]\nselect_expression = "{{no()}}"\n'
    found = monitor(tmp_path, definitions__web=broken)

    assert [] == found.codes
    assert ["visits"] == [metric.slug for metric in found.study.platform.metrics]
    assert ["days"] == [source.slug for source in found.study.platform.data_sources]


def test_defaults_lie_below(tmp_path: Path) -> None:
    """Lists are strung together, what is said twice is the project's, false is said."""
    defaults = """
[project]
platform = "web"
metrics = ["pages", "visits"]
compact_visualization = true
xaxis = "build_id"
[project.population]
data_source = "loads"
dimensions = ["country"]
branches = ["a", "b"]
[project.metric_groups.traffic]
friendly_name = "Traffic"
metrics = ["visits"]
[metrics.visits.statistics.count]
"""
    text = with_keys(
        'xaxis = "submission_date"',
        "compact_visualization = false",
        population="dimensions = ['os']\nbranches = ['c', 'd']\n"
        "[project.metric_groups.traffic]\ndescription = 'All of it.'\n",
    ).replace('["visits"]', '["load_ms", "pages"]')
    found = monitor(tmp_path, text, opmon__defaults__web=defaults)
    project = found.project

    assert [] == found.codes
    assert ["pages", "visits", "load_ms"] == [metric.slug for metric in found.study.metrics]
    assert ("visits", "count") in computed(found)
    assert ["country", "os"] == [dimension.name for dimension in project.dimensions]
    assert (("c", "d"), XAxis.SUBMISSION_DATE) == (project.branches, project.x_axis)
    assert (False, "days") == (project.compact, found.study.population.source.slug)
    assert (MetricGroup("traffic", "Traffic", "All of it."),) == project.groups

    bare = monitor(
        tmp_path, with_keys("skip_default_metrics = true"), opmon__defaults__web=defaults
    )

    assert [("visits", "sum")] == computed(bare)


def test_defaults_are_of_the_platform_of_their_name(tmp_path: Path) -> None:
    """What they say of themselves is an error, and counts for nothing."""
    for named, codes in (("web", []), ("mobile", ["misplaced-defaults"])):
        text = f"[project]\nplatform = '{named}'\nmetrics = ['pages']\n"
        found = monitor(tmp_path, opmon__defaults__web=text)

        assert codes == found.codes
        assert ["pages", "visits"] == [metric.slug for metric in found.study.metrics]


@pytest.mark.parametrize(
    ("population", "project", "branching", "branches"),
    [
        ("branches = ['a', 'b']", "", Branching.LISTED, ("a", "b")),
        ("branches = []", "", Branching.ROLLOUT, ("enabled", "disabled")),
        ("boolean_pref = ' dark '", "", Branching.PREFERENCE, ("enabled", "disabled")),
        ("monitor_entire_population = true", "", Branching.ENTIRE, ("active",)),
        ("monitor_entire_population = false", "", Branching.ROLLOUT, ("enabled", "disabled")),
        ("", "reference_branch = 'disabled'", Branching.ROLLOUT, ("disabled", "enabled")),
    ],
)
def test_branches(
    tmp_path: Path, population: str, project: str, branching: Branching, branches: tuple[str, ...]
) -> None:
    """In each of the four ways; the reference comes first, if it is named."""
    found = monitor(tmp_path, with_keys(project, population=population))

    assert [] == found.codes
    assert (branching, branches) == (found.study.population.branching, found.project.branches)
    assert found.project.branches == found.study.population.branches
    assert (branching is Branching.PREFERENCE) == (found.study.population.preference == "dark")


def test_a_list_of_branches_counts_more_than_all(tmp_path: Path) -> None:
    """Who watches everybody, and says who is in which branch, gets branches; all are kept."""
    population = "branches = ['a', 'b']\nmonitor_entire_population = true\n"
    found = monitor(tmp_path, with_keys(population=population))

    assert ["ineffective-key"] == found.codes
    assert Branching.LISTED is found.study.population.branching
    assert found.study.population.unfiltered


def test_roll_ups_can_be_switched_off(tmp_path: Path) -> None:
    """For all, and for one; without dimensions there is nothing to roll up."""
    sliced = "dimensions = ['os']\n"
    for conventions, key, population, expected in (
        (True, "", sliced, True),
        (True, "", "", False),
        (True, "roll_ups = false", sliced, False),
        (False, "", sliced, False),
        (False, "roll_ups = true", sliced, True),
    ):
        chosen = Conventions(monitoring_project="acme", roll_ups=conventions)
        found = monitor(tmp_path, with_keys(key, population=population), conventions=chosen)

        assert expected == found.project.rolled_up


@pytest.mark.parametrize(
    ("statistics", "expected"),
    [
        ("count = {}", {}),
        ("quantile = {}", {"quantile": 50, "number_of_quantiles": 100}),
        (
            "quantile.quantile = 3\nquantile.number_of_quantiles = 4",
            {"quantile": 3, "number_of_quantiles": 4},
        ),
        ("percentile = {}", {"percentiles": (50.0, 90.0, 99.0), "remove_nulls": False}),
        (
            "percentile = {percentiles = [5, 99.9, 5], remove_nulls = true}",
            {"percentiles": (5.0, 99.9), "remove_nulls": True},
        ),
        ("total_ratio.denominator_metric = 'pages'", {"denominator": "pages"}),
    ],
)
def test_parameters_have_types_and_defaults(
    tmp_path: Path, statistics: str, expected: dict[str, object]
) -> None:
    """An empty table is a statistic with all its defaults."""
    text = (
        instead('["visits"]', '["visits", "pages"]')
        + f"[metrics.visits.statistics]\n{statistics}\n"
    )
    found = monitor(tmp_path, text)
    made = found.study.statistics[0]
    name = statistics.partition(" ")[0].partition(".")[0]

    assert [] == found.codes
    assert Computed(made.metric, name, **expected) == made  # type: ignore[arg-type]
    assert (
        tuple(f"{value:g}" for value in made.percentiles) == found.project.summaries[0].percentiles
    )


def test_a_wildcard_gives_statistics_to_many(tmp_path: Path) -> None:
    """To those that the definitions have."""
    text = instead('["visits"]', '["visits", "pages"]') + '[metrics."*s".statistics.count]\n'

    assert [("visits", "count"), ("pages", "count")] == computed(monitor(tmp_path, text))


def test_a_skipped_project_is_none(tmp_path: Path) -> None:
    """It need not even say of which platform it is."""
    found = monitor(tmp_path, "[project]\nskip = true\n")

    assert ((), ()) == (found.monitored.projects, found.diagnostics)


def test_glean_apps_have_a_dataset_for_each_channel(tmp_path: Path) -> None:
    """Where channel or id are not known, each data source has its own default."""
    apps = '[web]\nis_glean_app = true\napp_id = { beta = "org.example.Web-Beta" }\n'
    for channel, dataset in (("beta", "org_example_web_beta"), ("release", None)):
        text = with_keys(population=f"channel = '{channel}'")
        found = monitor(tmp_path, text, apps=apps)

        assert (True, dataset) == (found.study.population.is_glean, found.study.dataset)


# what is wrong


def listing(*slugs: str, more: str = "") -> str:
    """The project with these metrics, and definitions of its own."""
    return instead('["visits"]', str(["visits", *slugs])) + more


def counted(text: str) -> str:
    """The project with another statistic of its metric."""
    return f"{PROJECT}[metrics.visits.statistics]\nsum = {{}}\n{text}"


def sliced(slug: str) -> str:
    """The project with a dimension of its own."""
    own = f"[dimensions.{slug}]\ndata_source = 'days'\nselect_expression = 'x'\n"
    return with_keys(population=f"dimensions = ['{slug}']\n{own}")


def grouped(keys: str) -> str:
    """The project with a group of metrics."""
    return with_keys(population=f"[project.metric_groups.a]\n{keys}\n")


OWN = "[metrics.{}]\ndata_source = 'days'\nselect_expression = 'SUM(v)'\n"
START = 'start_date = "2030-01-01"'


def said_once(found: Found, code: str) -> Diagnostic:
    """What is said with a code: once, with its line; an error keeps what is published."""
    (said,) = (item for item in found.diagnostics if item.code == code)
    assert getattr(said.at, "line", None) is not None
    assert (said.severity == "error") == is_held(said)
    return said


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("wrong-definition", instead(START, 'start_date = "1.1.2030"')),
        ("wrong-definition", instead(START, 'start_date = "2030-02-30"')),
        ("wrong-definition", with_keys('xaxis = "day"')),
        ("wrong-definition", with_keys(population='channel = "esr"')),
        ("wrong-definition", "project = 3"),
        ("unknown-platform", instead('"web"', '"wep"')),
        ("no-platform", instead('platform = "web"', "")),
        ("no-start-date", instead(START, "")),
        ("reversed-dates", with_keys('end_date = "2029-12-31"')),
        ("incomplete-definition", instead('data_source = "days"', "")),
        ("unknown-reference", instead('data_source = "days"', 'data_source = "dais"')),
        ("several-branchings", with_keys(population="branches = ['a']\nboolean_pref = 'b'")),
        ("unlisted-dimension", with_keys(population="group_by_dimension = 'os'")),
    ],
)
def test_what_costs_a_project(tmp_path: Path, code: str, text: str) -> None:
    """It is said once, and the project is held."""
    found = monitor(tmp_path, text)

    assert said_once(found, code)
    assert [code] == found.codes
    assert ((), ()) == (found.monitored.projects, found.monitored.studies)


def test_builds_in_the_usual_column(tmp_path: Path) -> None:
    """It is only noted that they are read there: nothing is wrong with it."""
    text = listing("load_ms").replace(START, f'{START}\nxaxis = "build_id"')
    found = monitor(tmp_path, text)

    assert "application.build_id" in said_once(found, "no-build-id").message
    assert [] == found.codes


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("unknown-reference", listing("visit")),
        ("unmonitored-metric", listing("pages_per_visit")),
        ("no-statistic", listing("v", more=OWN.format("v"))),
        ("reserved-name", listing("branch", more=OWN.format("branch") + "statistics.sum = {}")),
        ("unknown-statistic", counted("deciles = {}")),
        ("bad-statistic", counted("percentile.percent = [5]")),
        ("bad-statistic", counted("percentile.percentiles = [101]")),
        ("bad-statistic", counted("percentile.percentiles = []")),
        ("bad-statistic", counted("percentile.percentiles = 50")),
        ("bad-statistic", counted("percentile.remove_nulls = 'no'")),
        ("bad-statistic", counted("quantile.quantile = 101")),
        ("bad-statistic", counted("quantile.number_of_quantiles = 0")),
        ("bad-statistic", counted("total_ratio = {}")),
        ("bad-statistic", counted("total_ratio.denominator_metric = 'pages'")),
        ("bad-statistic", listing("load_ms", more="[metrics.load_ms.statistics.sum]")),
        ("unknown-reference", with_keys(population="dimensions = ['so']")),
        ("reserved-name", sliced("visits_sum")),
        ("reserved-name", sliced("visits")),
        ("reserved-name", sliced("point")),
        ("unknown-member", grouped("metrics = ['visits', 'pages']")),
        ("incomplete-definition", grouped("friendly_name = 'A'")),
        ("wrong-definition", with_keys("alerts = ['slow']", population="[alerts.slow]\ntype = 3")),
        ("unknown-reference", with_keys("alerts = ['slow']")),
        ("ignored-key", with_keys("skipp = true")),
        ("ignored-key", with_keys(population="branch = 'x'")),
        ("ignored-key", grouped("metrics = ['visits']\ntitle = 'x'")),
        ("ignored-key", "experiment = {}\n" + PROJECT),
        ("doubled-metric", listing("visits")),
        ("unlisted-statistic", PROJECT + "[metrics.pages.statistics.sum]"),
        ("many-branches", with_keys(population=f"branches = {[f'b{i}' for i in range(13)]}")),
    ],
)
def test_what_costs_a_part(tmp_path: Path, code: str, text: str) -> None:
    """It is said once; the project is made without the part, which replaces nothing."""
    found = monitor(tmp_path, text)

    assert said_once(found, code)
    assert [code] == found.codes
    assert "visits" in found.study.platform.metric


def test_the_last_part_costs_the_project(tmp_path: Path) -> None:
    """A project without anything to compute is none."""
    found = monitor(tmp_path, instead('["visits"]', '["nothing"]'))

    assert ["unknown-reference", "empty-project"] == found.codes
    assert () == found.monitored.projects


def test_what_cannot_be_grouped_by(tmp_path: Path) -> None:
    """A project grouped by a dimension that cannot stand is none."""
    text = with_keys(population="dimensions = ['so']\ngroup_by_dimension = 'so'")
    found = monitor(tmp_path, text)

    assert ["unknown-reference", "lost-reference"] == found.codes
    assert () == found.monitored.projects


def test_nobody_says_where_the_tables_are(tmp_path: Path) -> None:
    """One message for all, and everything published stays."""
    found = monitor(tmp_path, conventions=Conventions(), opmon__other=PROJECT)

    assert "no-monitoring-project" == found.only.code
    assert () == found.monitored.projects
    assert is_held(found.only)
