"""What is shown of monitoring projects when their tables are there, and when they are not."""

import yaml
from msgspec.structs import replace

from generator.facts.catalog import Catalog, Column, DataType, ProfileNeed
from generator.facts.monitoring import Choice
from generator.lookml.filters import matches
from generator.semantics.monitoring import ALL, Monitored, Segmentation, XAxis
from generator.semantics.monitoring_views import needs_of, profile_needs
from tests.shown import Shown, project, show, statistics, summary, table

VALUES = ('5" wide', "a, b", "100%", "-none", "A_B", "^", "null", "it's", " x", "yes", "a\nb", "🦊")
"""Values that mean something else in a filter, in YAML, or in both."""


def dropdown(shown: Shown, name: str = "Os") -> tuple[str | None, tuple[str, ...]]:
    """The default of a dropdown, and what it offers; (None, ()) if there is none."""
    for item in shown.dashboard.filters:
        if item.name == name:
            return item.default_value, item.ui_config.options if item.ui_config else ()
    return None, ()


def test_one_question_for_each_project() -> None:
    """All dimensions at once, of the newest day, and only what the table has."""
    wanted = project(dimensions=("os", "Country", "lost"))
    known = statistics(wanted, {"os": [], "country": []})
    bare, missing = project("bare"), project("missing", dimensions=("os",))
    catalog = Catalog({known.name: known, bare.statistics: statistics(bare, {})})

    need = ProfileNeed(known.name, ("os", "country"), "submission_date", 12)
    assert (need,) == profile_needs(Monitored((wanted, bare, missing)), catalog)


def test_values_count_by_clients() -> None:
    """Where the statistics say of how many clients a row is, and say it in whole numbers."""
    wanted = project(dimensions=("os",))
    known = statistics(wanted, {"os": []})
    for type_, weight in ((DataType.INT64, "Sample_Size"), (DataType.STRING, None)):
        column = Column("Sample_Size", type_)
        catalog = Catalog({known.name: replace(known, columns=(*known.columns, column))})

        need = ProfileNeed(known.name, ("os",), "submission_date", 12, weight)
        assert (need,) == profile_needs(Monitored((wanted,)), catalog)


def test_needs() -> None:
    """Statistics, and alerts where there are some."""
    alerting = project(alerts=table("start_alerts"))

    assert [alerting.statistics, alerting.alerts] == list(needs_of(Monitored((alerting,))))


def test_values() -> None:
    """The commonest value is the default; what is known of the table is all that is shown."""
    wanted = project(dimensions=("os",))
    shown = show(wanted, relations=[statistics(wanted, {"os": [("Mac", 3), ("Windows", 9)]})])

    assert ("Windows", ("Windows", "Mac")) == dropdown(shown)
    assert [] == shown.codes


def test_a_missing_table() -> None:
    """Its columns are as the ETL makes them; what the dropdowns offered is remembered."""
    wanted = project(dimensions=("os", "country"), alerts=table("start_alerts"))
    shown = show(wanted, remembered={"start": {"os": Choice("Mac", ("Mac", "Windows"))}})

    assert ("Mac", ("Mac", "Windows")) == dropdown(shown)
    assert (None, ()) == dropdown(shown, "Country")
    assert ["missing-results"] * 2 == shown.codes
    assert "dimension: country" in shown.tree["operational_monitoring/views/start.view.lkml"]
    assert "message" in shown.tree["operational_monitoring/views/start_alerts.view.lkml"]


def test_an_unread_table() -> None:
    """As a missing one, but the reason is said."""
    wanted = project(dimensions=("os",))
    shown = show(wanted, unread={wanted.statistics: "access denied"})

    assert (None, ()) == dropdown(shown)
    assert ["unread-results", "no-values"] == shown.codes
    assert "access denied" in shown.noticed[0].message


def test_a_table_without_columns() -> None:
    """Nobody knows its columns, so those of the project are taken for granted."""
    wanted = project(dimensions=("os",))
    shown = show(wanted, relations=[replace(statistics(wanted, {}), columns=())])

    assert ["unread-results", "no-values"] == shown.codes


def test_an_empty_table() -> None:
    """No value, no dropdown; with rows for all values there is that one."""
    wanted = project(dimensions=("os",))
    empty = statistics(wanted, {"os": []})
    shown = show(wanted, relations=[empty])

    assert (None, ()) == dropdown(shown)
    assert ["no-values"] == shown.codes
    rolled = show(replace(wanted, rolled_up=True), relations=[empty])
    assert (ALL, (ALL,)) == dropdown(rolled)


def test_a_missing_column() -> None:
    """The dashboard goes without a dimension that the table lacks."""
    wanted = project(dimensions=("os", "lost"), group_by="lost")
    shown = show(wanted, relations=[statistics(wanted, {"os": [("Mac", 1)]})])

    assert ["missing-dimension"] == shown.codes
    assert "lost" not in str(shown.dashboard)


def test_a_dimension_that_cannot_be_shown() -> None:
    """Neither one called like a field, nor one that LookML cannot hold, nor one twice."""
    wanted = project(dimensions=("os", "point", "a`b", "OS"))
    counted = {name: [("x", 1)] for name in ("os", "point", "a`b")}
    shown = show(wanted, relations=[statistics(wanted, counted)])

    assert ["unusable-dimension"] * 3 == shown.codes
    assert ("os",) == tuple(item.name for item in shown.views[0].dimensions)


def test_a_million_values() -> None:
    """Ten are offered, and the rest is mentioned."""
    wanted = project(dimensions=("os",))
    counts = [(f"version {number:07}", 1_000_000 - number) for number in range(1000)]
    shown = show(wanted, relations=[statistics(wanted, {"os": counts})])

    assert tuple(value for value, _ in counts[:10]) == dropdown(shown)[1]
    assert ["cut-values"] == shown.codes


def test_odd_values() -> None:
    """Each is offered as it is, and a filter that starts with it finds it and nothing else."""
    for value in VALUES:
        wanted = project(dimensions=("os",))
        counted = [(value, 2), (None, 9), ("other", 1), ("", 1)]
        shown = show(wanted, relations=[statistics(wanted, {"os": counted})])

        default, options = dropdown(shown)
        assert (value, "other") == options
        assert [value] == [
            v for v in (*VALUES, "", None, "5", "b", "none") if matches(default or "", v)
        ]
        assert ["blank-value"] == shown.codes
        path = "operational_monitoring/dashboards/start.dashboard.lookml"
        (read,) = yaml.safe_load(shown.tree[path])
        assert [value, "other"] == read["filters"][-1]["ui_config"]["options"]


def test_splitting_by_a_dimension() -> None:
    """All its values to start with, sorted; a line for all of them together would be none more."""
    wanted = project(dimensions=("os",), group_by="os", rolled_up=True)
    counted = {"os": [(ALL, 9), ("b", 3), ("a, c", 1)]}
    shown = show(wanted, relations=[statistics(wanted, counted)])

    assert ('"a, c",b', ("a, c", "b")) == dropdown(shown)
    assert ("start.branch", "start.os") == shown.dashboard.elements[0].pivots


def test_titles_are_unique() -> None:
    """The second of one title gets its slug behind it."""
    shown = show(project("a", title="Start"), project("b", title="start "))

    assert ["Start", "start  (b)"] == [board.title for board in shown.dashboards()]
    assert ["missing-results", "missing-results", "same-title"] == shown.codes
    assert '`a` is called "start ", too' in shown.noticed[-1].message


def test_the_columns_of_alerts() -> None:
    """A column of the alerts is a dimension; the day of the submission is a date, not a group."""
    wanted = project(alerts=table("start_alerts"), x_axis=XAxis.BUILD_ID, dimensions=("os",))
    known = {
        "submission_date": DataType.DATE,
        "build_id": DataType.STRING,
        "errors": DataType.INT64,
    }
    columns = tuple(
        Column(name, type_) for name, type_ in {**known, "seen_at": DataType.TIMESTAMP}.items()
    )
    alerts = replace(statistics(wanted, {}), name=table("start_alerts"), columns=columns)
    shown = show(wanted, relations=[statistics(wanted, {"os": [("Mac", 1)]}), alerts])

    names = set(shown.view("start_alerts").names())
    assert {"submission_date", "build_id_date", "build_id", "seen_at_time", "errors"} < names
    (tile,) = (e for e in shown.dashboard.elements if e.title == "Alerts")
    assert ("start_alerts.build_id", "start_alerts.errors") == tile.fields
    assert ("start_alerts.build_id desc",) == tile.sorts
    assert (("Date", "start_alerts.build_id_date"),) == tile.listen


def test_the_tables_beneath() -> None:
    """Where lineage says nothing, results change with the table that the ETL fills."""
    wanted = project(summaries=(summary("a"),))
    shown = show(wanted, relations=[statistics(wanted, {})])

    assert ["lantern-data.operational_monitoring_derived.start_statistics_v2"] == [
        str(name) for name in shown.views[0].base_tables
    ]


def test_a_name_that_is_no_identifier() -> None:
    """The field has a name of ours and a label of theirs."""
    wanted = replace(project(), dimensions=(Segmentation("2Faces", "Two faces"),))
    shown = show(wanted, relations=[statistics(wanted, {"2Faces": [("x", 1)]})])

    text = shown.tree["operational_monitoring/views/start.view.lkml"]
    assert "dimension: f_2faces" in text
    assert 'label: "Two faces"' in text
    assert "${TABLE}.`2Faces`" in text


def test_alerts_that_are_not_as_ours() -> None:
    """What the table does not have, or has as a time, is not in the tile."""
    wanted = project(alerts=table("start_alerts"), x_axis=XAxis.BUILD_ID, dimensions=("os",))
    types = {"metric": DataType.STRING, "message": DataType.TIMESTAMP, "os": DataType.DATE}
    columns = tuple(Column(name, type_) for name, type_ in types.items())
    alerts = replace(statistics(wanted, {}), name=table("start_alerts"), columns=columns)
    shown = show(wanted, relations=[statistics(wanted, {"os": [("Mac", 1)]}), alerts])

    (tile,) = (e for e in shown.dashboard.elements if e.title == "Alerts")
    assert {"submission_date", "metric", "errors"} == {n.rpartition(".")[2] for n in tile.fields}
    assert (("Date", "start_alerts.submission_date"),) == tile.listen
