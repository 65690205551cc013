"""Dashboards of monitoring projects, and the aggregate tables of their tiles."""

from collections.abc import Mapping
from datetime import date
from itertools import combinations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from generator.builders.dashboards import PALETTE
from generator.facts.conventions import Conventions
from generator.lookml.aggregates import covers
from generator.lookml.dashboards import Dashboard, Element, plain
from generator.lookml.queries import default_query, fields_of
from generator.semantics.monitoring import MetricGroup, MonitoringProject, XAxis
from tests.shown import Counted, Shown, project, show, statistics, summary, table
from tests.strategies import prose

SEVERAL = (
    summary("start_ms", "percentile", percentiles=("25", "50", "95")),
    summary("crashes", "sum", groups=("stability",)),
    summary("crashes", "mean", groups=("stability",)),
    summary("hangs", "sum", groups=("stability",)),
    summary("tabs", "mean"),
)
PATH = "operational_monitoring/dashboards/start.dashboard.lookml"
PROJECTS: Mapping[str, MonitoringProject] = {
    "plain": project(summaries=SEVERAL),
    "builds": project(summaries=SEVERAL, x_axis=XAxis.BUILD_ID, alerts=table("start_alerts")),
    "dimensions": project(summaries=SEVERAL, dimensions=("os", "country")),
    "rolled up": project(summaries=SEVERAL, dimensions=("os",), rolled_up=True),
    "split": project(summaries=SEVERAL, dimensions=("os", "country"), group_by="os"),
    "compact": project(summaries=SEVERAL, dimensions=("os",), compact=True),
    "alerts": project(summaries=SEVERAL[:1], dimensions=("os",), alerts=table("start_alerts")),
    "no branches": project(summaries=SEVERAL, branches=()),
    "ended": project(summaries=SEVERAL, start=date(2030, 1, 1), end=date(2030, 1, 31)),
    "no summaries": project(summaries=()),
}
COUNTED: Counted = {"os": [("Mac", 3), ('5", wide', 2)], "country": [("DE", 1)]}


def shown(wanted: MonitoringProject, **conventions: str) -> Shown:
    """What is shown of a project whose table is there."""
    counted = {item.name: COUNTED[item.name] for item in wanted.dimensions}
    settings = replace(Conventions(), **conventions)
    return show(wanted, relations=[statistics(wanted, counted)], conventions=settings)


def tile(board: Dashboard, name: str) -> Element:
    """A tile by name."""
    return next(element for element in board.elements if element.name == name)


def defaults(board: Dashboard) -> dict[str, str | None]:
    """What the filters start with."""
    return {item.name: item.default_value for item in board.filters}


@pytest.mark.parametrize("name", PROJECTS)
def test_every_tile_is_answered_from_an_aggregate_table(name: str) -> None:
    """And every aggregate table answers a tile."""
    for mode in ("default-view", "filters-as-dimensions"):
        found = shown(PROJECTS[name], aggregate_tables=mode)
        hit = set()
        for element in found.dashboard.elements:
            explore = found.explore(element.explore)
            fields = fields_of(explore, {explore.name: found.view(explore.name)})
            query = default_query(element, found.dashboard, explore, fields)
            answering = [t.name for t in explore.aggregate_tables if covers(t, query, fields)]
            assert answering, (mode, element.name)
            hit |= set(answering)

        held = {
            t.name
            for explore in {e.explore for e in found.dashboard.elements}
            for t in found.explore(explore).aggregate_tables
        }
        assert held == hit


def test_without_aggregate_tables() -> None:
    """They can be switched off."""
    found = shown(PROJECTS["builds"], aggregate_tables="none")

    assert () == found.explore("start").aggregate_tables
    assert () == found.explore("start_alerts").aggregate_tables


def test_an_aggregate_table_for_each_graph() -> None:
    """Its fields are those of the tile, its filters the defaults, escaped."""
    found = shown(project(summaries=SEVERAL[:2], dimensions=("os",)))
    first, second = found.explore("start").aggregate_tables

    assert ("rollup_start_ms_percentile", "rollup_stability_sum") == (first.name, second.name)
    assert first.query is not None
    assert ("submission_date", "branch") == first.query.dimensions
    assert ("upper", "lower", "point") == first.query.measures
    assert {
        "start.branch": "control,treatment",
        "start.metric": '"start_ms"',
        "start.statistic": "percentile",
        "start.parameter": "50",
        "start.os": "Mac",
    } == dict(first.query.filters)
    assert second.query is not None
    assert ("submission_date", "branch", "metric") == second.query.dimensions
    assert first.materialization is not None
    assert first.materialization.datagroup_trigger == "start_last_updated"


def test_aggregate_tables_for_every_choice() -> None:
    """What a person changes is a dimension, and no filter."""
    wanted = project(summaries=SEVERAL[:1], dimensions=("os",))
    (held,) = (
        shown(wanted, aggregate_tables="filters-as-dimensions").explore("start").aggregate_tables
    )

    assert held.query is not None
    assert ("submission_date", "branch", "parameter", "os") == held.query.dimensions
    assert {"start.branch", "start.metric", "start.statistic"} == set(dict(held.query.filters))


def test_tiles_that_ask_the_same_share_an_aggregate_table() -> None:
    """Two groups of the same metrics do; names that come out alike get a number."""
    wanted = project(
        summaries=(summary("a", groups=("one", "two")), summary("a_b"), summary("a-b"))
    )
    names = [held.name for held in shown(wanted).explore("start").aggregate_tables]

    assert ["rollup_one_mean", "rollup_a_b_mean", "rollup_a_b_mean_2"] == names
    assert 4 == len(shown(wanted).dashboard.elements)


@pytest.mark.parametrize("name", PROJECTS)
def test_dashboards_are_sound(name: str) -> None:
    """Names are unique, nothing overlaps, every filter that a tile hears is there and used."""
    board = shown(PROJECTS[name]).dashboard

    names = [element.name for element in board.elements]
    assert len(set(names)) == len(names)
    for one, other in combinations(board.elements, 2):
        apart = one.row + one.height <= other.row or one.col != other.col
        assert apart, (one.name, other.name)
    filters = [item.name for item in board.filters]
    assert len(set(filters)) == len(filters)
    heard = {filter_ for element in board.elements for filter_, _ in element.listen}
    assert heard == set(filters)
    for element in board.elements:
        assert element.model == "operational_monitoring"
        assert set(element.pivots) <= set(element.fields)
        assert {said.removesuffix(" desc") for said in element.sorts} <= set(element.fields)
    assert {item.model for item in board.filters} <= {"operational_monitoring"}


def test_groups() -> None:
    """A tile for each statistic of a group, where its first metric stands."""
    board = shown(PROJECTS["plain"]).dashboard

    assert [
        "Start_Ms_percentile",
        "Stability_sum",
        "Stability_mean",
        "Tabs_mean",
    ] == [element.name for element in board.elements]
    group = tile(board, "Stability_sum")
    assert ("start.branch", "start.metric") == group.pivots
    assert "crashes,hangs" == dict(group.filters)["start.metric"]
    assert [(0, 0), (0, 12), (10, 0), (10, 12)] == [(e.row, e.col) for e in board.elements]


def test_friendly_names() -> None:
    """A tile goes by the names of metric and group for people; those of one name are told apart."""
    wanted = project(
        summaries=(
            summary("a", label="Hours"),
            summary("b", label="Hours"),
            summary("c", groups=("g",)),
        ),
        groups=(MetricGroup("g", "My group"),),
    )
    board = shown(wanted).dashboard

    assert ["Hours", "Hours", "My group"] == [element.title for element in board.elements]
    assert ["Hours_mean", "Hours_mean (b)", "My group_mean"] == [e.name for e in board.elements]


def test_split_graphs_show_a_group_once() -> None:
    """Once for each statistic, by dimension and metric."""
    board = shown(PROJECTS["split"]).dashboard

    assert 4 == len(board.elements)
    group = tile(board, "Stability - By Os_sum")
    assert ("start.branch", "start.os", "start.metric") == group.pivots
    assert '"5"", wide",Mac' != defaults(board)["Os"]
    assert '5^"^, wide,Mac' == defaults(board)["Os"]
    assert "DE" == defaults(board)["Country"]


def test_intervals() -> None:
    """Three lines, or a chart that can draw them as one."""
    wanted = project(summaries=SEVERAL[:1])
    line = shown(wanted).dashboard.elements[0]
    chart = shown(wanted, interval_chart="ci-line-chart").dashboard.elements[0]

    measures = ("start.upper", "start.lower", "start.point")
    assert ("looker_line", measures) == (line.type, line.fields[2:])
    assert ("ci-line-chart", measures) == (chart.type, chart.fields[2:])
    assert "start.lower" == plain(chart)["ci_lower"]
    assert "options" not in plain(chart)
    assert () == line.options


def test_colours() -> None:
    """A branch has its colour by its place, the reference branch the first, whatever the tile."""
    branches = tuple(f"branch {number}" for number in range(20))
    board = shown(project(summaries=SEVERAL, branches=branches)).dashboard
    first, group, _, last = board.elements

    assert PALETTE[0] == dict(last.series_colors)["branch 0 - start.point"]
    assert PALETTE[1] == dict(last.series_colors)["branch 1 - start.point"]
    assert PALETTE[1] == dict(first.series_colors)["branch 1 - start.lower"]
    assert PALETTE[0] == dict(last.series_colors)[f"branch {len(PALETTE)} - start.point"]
    assert () == group.series_colors
    assert len(set(PALETTE)) == len(PALETTE) >= 12


def test_the_days_to_start_with() -> None:
    """The newest; of a project that ends all of its own, the last one too."""
    assert "28 days" == defaults(shown(PROJECTS["plain"]).dashboard)["Date"]
    assert "7 days" == defaults(shown(PROJECTS["plain"], window="7 days").dashboard)["Date"]
    ended = PROJECTS["ended"]
    assert "2030-01-01 to 2030-02-01" == defaults(shown(ended).dashboard)["Date"]
    assert "before 2030-02-01" == defaults(shown(replace(ended, start=None)).dashboard)["Date"]


@pytest.mark.parametrize(
    ("percentiles", "default"),
    [((), "50"), (("95", "50"), "50"), (("95", "5", "25"), "5"), (("99.9", "99"), "99")],
)
def test_the_percentile_to_start_with(percentiles: tuple[str, ...], default: str) -> None:
    """The median where it is computed, else the smallest."""
    wanted = project(summaries=(summary("a", "percentile", percentiles=percentiles),))

    assert default == defaults(shown(wanted).dashboard)["Percentile"]


def test_no_percentile_without_a_tile_that_listens() -> None:
    """A filter exists if a tile listens to it."""
    assert ["Date"] == list(defaults(shown(project(summaries=SEVERAL[1:])).dashboard))


def test_compact() -> None:
    """One tile, that shows any metric; statistics without parameter must not be filtered out."""
    board = shown(PROJECTS["compact"]).dashboard
    (only,) = board.elements

    assert ("Metric", (), None) == (only.title, only.filters, only.note_text)
    assert {
        "Date": "28 days",
        "Percentile": "50,NULL",
        "Metric": '"start_ms"',
        "Statistic": "percentile",
        "Os": "Mac",
    } == defaults(board)
    hears = {item.name: item.listens_to_filters for item in board.filters}
    assert ("Metric",) == hears["Statistic"]
    alike = replace(PROJECTS["compact"], summaries=SEVERAL[:1])
    assert "50" == defaults(shown(alike).dashboard)["Percentile"]


def test_dimensions_called_like_filters() -> None:
    """A dimension gets another filter than the days have."""
    wanted = project(dimensions=("date", "os"))
    counted: Counted = {"date": [("x", 1)], "os": [("Mac", 1)]}
    board = show(wanted, relations=[statistics(wanted, counted)]).dashboard

    assert ["Date", "Percentile", "Date (date)", "Os"] == [item.name for item in board.filters]
    assert ("Date (date)", "start.date") in board.elements[0].listen


def test_alerts_stand_below() -> None:
    """Under all rows of tiles, whether their number is odd or even."""
    for count, row in ((1, 10), (2, 10), (3, 20)):
        wanted = replace(PROJECTS["builds"], summaries=tuple(map(summary, "abc"[:count])))
        last = shown(wanted).dashboard.elements[-1]
        assert ("Alerts", row, 24, 6) == (last.title, last.row, last.width, last.height)


def test_a_new_metric_moves_nothing() -> None:
    """It adds a tile, and changes no file of another project."""
    other = project("other", summaries=SEVERAL)
    before = show(PROJECTS["plain"], other)
    longer = replace(PROJECTS["plain"], summaries=(*SEVERAL, summary("new", "sum")))
    after = show(longer, other)

    changed = {path for path in after.tree if after.tree[path] != before.tree[path]}
    assert {PATH, "operational_monitoring/explores/start.explore.lkml"} == changed
    assert before.dashboard.elements == after.dashboard.elements[:-1]
    assert before.dashboard.filters == after.dashboard.filters
    old = before.explore("start").aggregate_tables
    assert old == after.explore("start").aggregate_tables[:-1]


@given(prose, prose, prose, st.lists(prose, max_size=3))
def test_any_text(title: str, label: str, branch: str, options: list[str]) -> None:
    """Whatever people call things, the file says just that, to any reader of YAML."""
    wanted = project(
        title=title,
        branches=(branch, "yes"),
        dimensions=("os",),
        summaries=(summary("a", label=label), summary(label, "sum", groups=(title,))),
    )
    counted: Counted = {"os": [(value, 1) for value in options]}
    found = show(wanted, relations=[statistics(wanted, counted)])

    assert [plain(found.dashboard)] == yaml.safe_load(found.tree[PATH])
    assert title == found.dashboard.title


@pytest.mark.parametrize(
    "value", ["1,2", "1e3", "tRUE", ":on", "y", "0o7", "1_0", "~", "=", "2030-01-01"]
)
def test_what_other_readers_take_for_something_else(value: str) -> None:
    """Looker's reader knows more numbers and words than ours, so such a text stands in quotes."""
    found = shown(project(title=value))

    assert f"title: '{value}'\n" in found.tree[PATH]
