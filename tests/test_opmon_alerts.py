"""The alerts of monitoring projects, run over statistics small enough to judge by hand.

In each case the statistics are rows, and the alerts that must come of them are written beside.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import permutations
from math import nan
from typing import Any

import duckdb
import pytest
import sqlglot
from msgspec import Struct
from msgspec.structs import replace

from generator.builders.dbt_alerts import alerts_sql
from generator.diagnostics import Location
from generator.facts.catalog import Column, DataType, RelationName
from generator.semantics.alerts import Alert, AlertKind
from generator.semantics.definitions import DataSource, Dimension, Platform
from generator.semantics.monitoring import (
    ALL,
    Branching,
    MonitoringProject,
    Population,
    Study,
    XAxis,
)
from tests.judge import Judge

AT = Location("opmon/toaster.toml", 1)
START = date(2030, 1, 1)


class Row(Struct, frozen=True):
    """A row of the long view of statistics; days are those of January 2030."""

    day: int = 1
    point: float | None = 100.0
    interval: tuple[float, float] | None = None
    branch: str | None = "treatment"
    metric: str = "cold_start_ms"
    statistic: str = "percentile"
    parameter: str | None = "50"
    os: str | None = ALL
    build: str | None = None

    def values(self) -> tuple[object, ...]:
        """Its columns."""
        number = self.parameter if (self.parameter or "x")[0].isdigit() else None
        return (
            date(2030, 1, self.day) if self.day > 0 else date(2029, 12, 31 + self.day),
            self.build,
            self.os,
            self.branch,
            self.metric,
            self.statistic,
            self.point,
            *(self.interval or (None, None)),
            number,
            self.parameter,
        )


def study(*alerts: Alert, x_axis: XAxis = XAxis.SUBMISSION_DATE) -> Study:
    """A project with one dimension and these alerts."""
    project = MonitoringProject(
        "toaster", "toaster", "Toaster", AT, RelationName("p", "d", "t"), x_axis=x_axis
    )
    source = DataSource("baseline", "toaster", AT, "toaster.baseline")
    return Study(
        namespace="operational_monitoring",
        project=project,
        platform=Platform("toaster", AT),
        population=Population(source, Branching.LISTED, ("control", "treatment")),
        metrics=(),
        statistics=(),
        start=START,
        dimensions=(Dimension("os", "toaster", AT, "baseline", "os"),),
        alerts=alerts,
    )


THRESHOLD = Alert("limit", AlertKind.THRESHOLD, AT, ("cold_start_ms",), label="Slow")
APART = Alert("apart", AlertKind.CI_OVERLAP, AT, ("cold_start_ms",), label="Apart")
CHANGE = Alert(
    "change",
    AlertKind.AVG_DIFF,
    AT,
    ("cold_start_ms",),
    window_size=2,
    max_relative_change=0.5,
    label="Jump",
)

COLUMNS = (
    "submission_date DATE, build_id VARCHAR, os VARCHAR, branch VARCHAR, metric VARCHAR,"
    " statistic VARCHAR, point DOUBLE, lower DOUBLE, upper DOUBLE, parameter DOUBLE,"
    " parameter_label VARCHAR"
)


def alerts_of(asked: Study, rows: Iterable[Row]) -> list[dict[str, object]]:
    """The alerts that DuckDB finds in these rows, in a fixed order."""
    sql = sqlglot.transpile(alerts_sql(asked, "statistics"), "bigquery", "duckdb")[0]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE statistics ({COLUMNS})")
        written = [row.values() for row in rows]
        connection.executemany("INSERT INTO statistics VALUES (?,?,?,?,?,?,?,?,?,?,?)", written)
        found = connection.execute(f"FROM ({sql}) ORDER BY ALL")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def brief(asked: Study, rows: Iterable[Row], *keys: str) -> list[tuple[object, ...]]:
    """Of each alert the values of some columns; of a date the day."""
    return [
        tuple(v.day if isinstance(v := alert[key], date) else v for key in keys)
        for alert in alerts_of(asked, rows)
    ]


def test_columns() -> None:
    """An alert has the columns that people query, in their order."""
    (found,) = alerts_of(study(replace(THRESHOLD, max=(900.0,))), [Row(point=901)])

    assert {
        "submission_date": START,
        "build_id": None,
        "metric": "cold_start_ms",
        "statistic": "percentile",
        "branch": "treatment",
        "os": ALL,
        "parameter": 50.0,
        "message": "Slow: above the limit of 900",
    } == found
    assert [
        "submission_date",
        "build_id",
        "metric",
        "statistic",
        "branch",
        "os",
        "parameter",
        "message",
    ] == list(found)


Case = tuple[Alert, list[Row], list[Any]]

HIGH = (900.0, 2500.0)
LIMITS: Mapping[str, Case] = {
    "at the limit": (replace(THRESHOLD, max=(900.0,)), [Row(point=900)], []),
    "the interval reaches the limit": (
        replace(THRESHOLD, max=(900.0,)),
        [Row(point=950, interval=(880, 990))],
        [],
    ),
    "the whole interval is above": (
        replace(THRESHOLD, max=(900.0,)),
        [Row(point=950, interval=(910, 990))],
        [("percentile", 50.0, "Slow: above the limit of 900")],
    ),
    "the whole interval is below": (
        replace(THRESHOLD, min=(10.5,)),
        [Row(point=8, interval=(7, 9)), Row(day=2, point=8, interval=(7, 11))],
        [("percentile", 50.0, "Slow: below the limit of 10.5")],
    ),
    "each parameter has its own limit": (
        replace(THRESHOLD, parameters=(50.0, 95.0), max=HIGH),
        [
            Row(point=1000),
            Row(parameter="95", point=1000),
            Row(day=2, point=800),
            Row(day=2, parameter="95", point=2600),
            Row(day=3, parameter="99", point=9000),
        ],
        [
            ("percentile", 50.0, "Slow: above the limit of 900"),
            ("percentile", 95.0, "Slow: above the limit of 2500"),
        ],
    ),
    "parameters are checked below, too": (
        replace(THRESHOLD, parameters=(50.0,), min=(10.0,)),
        [Row(point=5), Row(parameter="95", point=5), Row(parameter=None, statistic="sum", point=5)],
        [("percentile", 50.0, "Slow: below the limit of 10")],
    ),
    "parameters are numbers": (
        replace(THRESHOLD, parameters=(50.0,), max=(900.0,)),
        [Row(parameter="50.0", point=1000), Row(parameter="050", os="Mac", point=1000)],
        [
            ("percentile", 50.0, "Slow: above the limit of 900"),
            ("percentile", 50.0, "Slow: above the limit of 900"),
        ],
    ),
    "without parameters the limit is for all": (
        replace(THRESHOLD, max=(900.0,)),
        [Row(point=1000), Row(parameter="95", point=1000), Row(statistic="sum", parameter=None)],
        [
            ("percentile", 50.0, "Slow: above the limit of 900"),
            ("percentile", 95.0, "Slow: above the limit of 900"),
        ],
    ),
    "any of several statistics": (
        replace(THRESHOLD, statistics=("sum", "mean"), max=(900.0,)),
        [
            Row(point=1000),
            Row(statistic="sum", parameter=None, point=1000),
            Row(statistic="mean", parameter=None, point=1000),
        ],
        [
            ("mean", None, "Slow: above the limit of 900"),
            ("sum", None, "Slow: above the limit of 900"),
        ],
    ),
    "another metric": (
        replace(THRESHOLD, max=(900.0,)),
        [Row(metric="memory", point=1000)],
        [],
    ),
    "nothing and no number": (
        replace(THRESHOLD, max=(900.0,), min=(0.0,)),
        [Row(point=None), Row(day=2, point=nan, interval=(nan, nan))],
        [],
    ),
    "days before the start": (
        replace(THRESHOLD, max=(900.0,)),
        [Row(day=0, point=1000)],
        [],
    ),
}


@pytest.mark.parametrize("case", LIMITS)
def test_threshold(case: str) -> None:
    """Values outside the limits alert, and only with their whole interval."""
    alert, rows, expected = LIMITS[case]

    assert expected == brief(study(alert), rows, "statistic", "parameter", "message")


CONTROL = Row(branch="control", interval=(90, 110))
SAID = "Apart: significant difference from branch `control`"
INTERVALS: Mapping[str, Case] = {
    "intervals meet": (APART, [CONTROL, Row(interval=(110, 120))], []),
    "above": (APART, [CONTROL, Row(interval=(111, 120))], [("treatment", ALL, 50.0)]),
    "below": (APART, [CONTROL, Row(interval=(70, 89))], [("treatment", ALL, 50.0)]),
    "each other branch": (
        APART,
        [CONTROL, Row(interval=(111, 120)), Row(branch="other", interval=(1, 2))],
        [("other", ALL, 50.0), ("treatment", ALL, 50.0)],
    ),
    "not with another branch": (
        APART,
        [CONTROL, Row(interval=(90, 100)), Row(branch="other", interval=(101, 110))],
        [],
    ),
    "not with another value of a dimension": (
        APART,
        [
            replace(CONTROL, os="Mac"),
            replace(CONTROL, os="Windows", interval=(200, 220)),
            Row(os="Mac", interval=(90, 110)),
            Row(os="Windows", interval=(200, 220)),
        ],
        [],
    ),
    "no value of a dimension is one": (
        APART,
        [replace(CONTROL, os=None), Row(os=None, interval=(111, 120))],
        [("treatment", None, 50.0)],
    ),
    "all values of a dimension together": (
        APART,
        [
            CONTROL,
            replace(CONTROL, os="Mac"),
            Row(interval=(111, 120)),
            Row(os="Mac", interval=(100, 120)),
        ],
        [("treatment", ALL, 50.0)],
    ),
    "not with another day": (APART, [CONTROL, Row(day=2, interval=(111, 120))], []),
    "not with another build": (
        APART,
        [replace(CONTROL, build="20300101"), Row(build="20300102", interval=(111, 120))],
        [],
    ),
    "not with another parameter": (
        APART,
        [CONTROL, Row(parameter="95", interval=(111, 120))],
        [],
    ),
    "not with another denominator": (
        APART,
        [
            replace(CONTROL, parameter="visits"),
            Row(parameter="clients", interval=(111, 120)),
        ],
        [],
    ),
    "no parameter is one": (
        APART,
        [
            replace(CONTROL, statistic="mean", parameter=None),
            Row(statistic="mean", parameter=None, interval=(111, 120)),
        ],
        [("treatment", ALL, None)],
    ),
    "not with another statistic": (
        APART,
        [CONTROL, Row(statistic="other", interval=(111, 120))],
        [],
    ),
    "not with another metric": (
        replace(APART, metrics=("cold_start_ms", "memory")),
        [CONTROL, Row(metric="memory", interval=(111, 120))],
        [],
    ),
    "no interval": (APART, [replace(CONTROL, interval=None), Row(point=900)], []),
    "no interval of the reference": (
        APART,
        [replace(CONTROL, interval=None), Row(interval=(111, 120))],
        [],
    ),
    "no reference": (APART, [Row(interval=(111, 120))], []),
    "no branch": (APART, [CONTROL, Row(branch=None, interval=(111, 120))], []),
    "only the statistics that are named": (
        replace(APART, statistics=("mean",)),
        [CONTROL, Row(interval=(111, 120))],
        [],
    ),
    "any of the parameters that are named": (
        replace(APART, parameters=(50.0, 95.0)),
        [
            *(replace(CONTROL, parameter=parameter) for parameter in ("50", "95", "99")),
            *(Row(parameter=parameter, interval=(111, 120)) for parameter in ("50", "95", "99")),
        ],
        [("treatment", ALL, 50.0), ("treatment", ALL, 95.0)],
    ),
}


@pytest.mark.parametrize("case", INTERVALS)
def test_intervals(case: str) -> None:
    """A branch alerts if its interval and that of the same row of the reference do not meet."""
    alert, rows, expected = INTERVALS[case]

    found = brief(study(alert), rows, "branch", "os", "parameter", "message")
    assert [(*keys, SAID) for keys in expected] == found


ROW = Row()


def series(*points: float | None, since: int = 1, like: Row = ROW) -> list[Row]:
    """A row for each day."""
    return [replace(like, day=day, point=point) for day, point in enumerate(points, since)]


def two_series(like: Row) -> list[Row]:
    """Two series, each too short for a history; as one they would alert on the fourth day."""
    return [*series(100, 100), *series(900, 900, since=3, like=like)]


HISTORIES: Mapping[str, Case] = {
    "the windows do not overlap": (
        # With windows that overlap by a day it would be 110 against 100.
        CHANGE,
        series(100, 100, 100, 120, 200),
        [5],  # 160 against 100, where 50 % more are 150
    ),
    "as much as may be": (CHANGE, series(100, 100, 150, 150), []),
    "less than it was": (CHANGE, series(100, 100, 49, 49), [4]),
    "there must be two windows": (CHANGE, series(100, 900, 900), []),
    "and then there are": (CHANGE, series(100, 100, 900, 900), [4]),
    "days before the start are no history": (
        CHANGE,
        [Row(day=-1, point=100), Row(day=0, point=100), Row(day=1, point=900), Row(2, point=900)],
        [],
    ),
    "values below 0": (CHANGE, series(-100, -100, -100, -100, -160, -160), [6]),
    "from 0": (CHANGE, series(0, 0, 0, 0, 1), [5]),
    "0 as ever": (CHANGE, series(0, 0, 0, 0), []),
    "days without a value are no rows": (CHANGE, series(100, None, 100, nan, 160, 160), [6]),
    "days that are missing": (
        CHANGE,
        [Row(1), Row(7), Row(8, point=400), Row(20, point=400)],
        [20],
    ),
    "each value of a dimension for itself": (CHANGE, two_series(Row(os="Mac")), []),
    "no value of a dimension for itself": (CHANGE, two_series(Row(os=None)), []),
    "each branch for itself": (CHANGE, two_series(Row(branch="control")), []),
    "each parameter for itself": (CHANGE, two_series(Row(parameter="95")), []),
    "each denominator for itself": (
        CHANGE,
        [
            *series(1, 1, like=Row(parameter="visits")),
            *series(9, 9, since=3, like=Row(parameter="clients")),
        ],
        [],
    ),
    "each statistic for itself": (CHANGE, two_series(Row(statistic="mean")), []),
    "each metric for itself": (
        replace(CHANGE, metrics=("cold_start_ms", "memory")),
        two_series(Row(metric="memory")),
        [],
    ),
    "any other series": (CHANGE, two_series(Row()), [4]),
    "a parameter written anew": (
        CHANGE,
        two_series(Row(parameter="50.0")),
        [4],
    ),
    "only the parameters that are named": (
        replace(CHANGE, parameters=(95.0,)),
        series(100, 100, 900, 900),
        [],
    ),
    "only the statistics that are named": (
        replace(CHANGE, statistics=("mean",)),
        series(100, 100, 900, 900),
        [],
    ),
}


@pytest.mark.parametrize("case", HISTORIES)
def test_history(case: str) -> None:
    """A value alerts if the mean of a window is too far from that of the window before it."""
    alert, rows, expected = HISTORIES[case]

    said = "Jump: the mean of 2 values is more than 50% off that of the 2 before"
    found = brief(study(alert), rows, "submission_date", "message")
    assert [(day, said) for day in expected] == found


def test_builds_are_in_their_order() -> None:
    """In build mode history is that of builds, whichever day they are known of."""
    builds = [
        ("20300104", 9, 900),
        ("20300101", 20, 100),
        ("20300103", 9, 900),
        ("20300102", 5, 100),
    ]
    rows = [Row(day, point, build=build) for build, day, point in builds]
    asked = study(CHANGE, x_axis=XAxis.BUILD_ID)

    assert [("20300104", 9)] == brief(asked, rows, "build_id", "submission_date")


def test_alerts_together() -> None:
    """Several alerts of a project, of every kind and with two sizes of windows, do not mix."""
    alerts = (
        replace(THRESHOLD, max=(900.0,), label="It's \\ {{ slow }}\n\r"),
        APART,
        CHANGE,
        replace(CHANGE, slug="longer", window_size=3, label="Longer"),
    )
    steady = series(100, 100, 100, 100, 100, 100)
    control = [replace(row, branch="control", interval=(90, 110)) for row in steady]
    rows = [*control, *series(100, 100, 100, 100, 100, 1000)]

    assert [
        (6, "treatment", "It's \\ {{ slow }}\n\r: above the limit of 900"),
        (6, "treatment", "Jump: the mean of 2 values is more than 50% off that of the 2 before"),
        (6, "treatment", "Longer: the mean of 3 values is more than 50% off that of the 3 before"),
    ] == brief(study(*alerts), rows, "submission_date", "branch", "message")


def test_any_order() -> None:
    """Alerts follow from the statistics, in whatever order those came."""
    alerts = (replace(THRESHOLD, max=(150.0,)), CHANGE)
    rows = series(100, 100, 160, 160, 300)
    expected = alerts_of(study(*alerts), rows)

    assert expected
    for order in permutations(rows):
        assert expected == alerts_of(study(*alerts), order)


FLOATS = ("point", "lower", "upper", "parameter")
TEXTS = ("build_id", "os", "branch", "metric", "statistic", "parameter_label")


@pytest.mark.etl
def test_bigquery_takes_it() -> None:
    """Google's analyzer knows every name, type and function of the query."""
    pytest.importorskip("zetasql")
    table = RelationName("lantern", "operational_monitoring", "toaster_statistics")
    columns = (
        Column("submission_date", DataType.DATE),
        *(Column(name, DataType.STRING) for name in TEXTS),
        *(Column(name, DataType.FLOAT64) for name in FLOATS),
    )
    every = (replace(THRESHOLD, max=(900.0,)), APART, CHANGE, replace(CHANGE, window_size=3))
    asked = (study(*every), study(*every, x_axis=XAxis.BUILD_ID), *map(study, every))
    statements = [alerts_sql(each, f"`{table}`") for each in asked]

    wrong = statements[0].replace("measured.branch", "measured.twig")

    ((_, said),) = Judge().faults({table: columns}, [*statements, wrong])
    assert "Name twig not found" in said
