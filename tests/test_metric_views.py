"""Metric views, run: each statistic is what somebody else computes from the same rows.

The SQL that Looker would send is written by `tests/looker.py`, translated to DuckDB and run on the
example warehouse; `tests/metric_oracle.py` knows what should come out, from the queries here.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from generator import lookml
from generator.facts.conventions import Conventions
from generator.pipeline import Build, generate
from generator.sources.metric_hub import Repository
from generator.sources.outside import World
from generator.sources.warehouses import open_warehouse
from tests.looker import Query, sql_of, to_duckdb
from tests.metric_oracle import (
    DAYS,
    Asked,
    Expected,
    Source,
    Statistics,
    agree,
    ask,
    compare,
    counted,
    is_window,
    series,
    statistics_of,
)

ROOT = Path(__file__).parents[1]
HUB = ROOT / "examples" / "metric-hub"
CATALOG = "lantern-data"
PERIODS = ("day", "week", "month", "quarter", "year", "overall")
UNIT = {"day": "date", "overall": None}


def with_base(rows: str) -> str:
    """Rows of clients with what the client is like on that day."""
    base = "client_id AS c, submission_date AS d, sample_id, normalized_channel, country, os"
    daily = f"(SELECT {base} FROM lantern_desktop.clients_daily)"  # noqa: S608 - ours
    return f"SELECT * FROM ({rows}) JOIN {daily} ON c = client AND d = day"  # noqa: S608


SOURCES: Mapping[str, Source] = {
    "business.campaign_spend": Source(
        "SELECT NULL AS client, spend_date AS day, spend, clicks, network, campaign_name"
        " FROM business.campaign_spend JOIN business.campaigns USING (campaign_id)",
        {"campaign_spend": "sum(spend)", "campaign_clicks": "sum(clicks)"},
        ("network", "campaign_name"),
    ),
    "business.subscriptions": Source(
        "SELECT client_id AS client, created_date AS day, * FROM business.subscriptions",
        {"new_subscriptions": "count(DISTINCT subscription_id)"},
    ),
    "lantern_desktop.clients_daily": Source(
        "SELECT client_id AS client, submission_date AS day, d.*, continent"
        " FROM lantern_desktop.clients_daily d LEFT JOIN business.countries c"
        " ON c.country = d.country",
        {
            "days_of_use": "count(DISTINCT submission_date)",
            "active_hours": "coalesce(sum(active_hours), 0)",
            "search_count": "coalesce(sum(search_count), 0)",
            "ad_clicks": "coalesce(sum(ad_clicks), 0)",
            "is_default_browser": "coalesce(bool_or(is_default_browser), false)",
            "crashes": "coalesce(sum(crash_count), 0)",
            "startup_ms": "avg(startup_ms)",
            "uri_count": "coalesce(sum(uri_count), 0)",
        },
        ("os", "continent", "normalized_channel"),
        sample="sample_id",
    ),
    "lantern_desktop.baseline": Source(
        with_base(
            "SELECT client_info.client_id AS client,"
            " CAST(submission_timestamp AS DATE) AS day, metrics FROM lantern_desktop.baseline"
        ),
        {"uri_count_v1": "coalesce(sum(metrics.counter.uri_count), 0)"},
        ("os", "country"),
        sample="sample_id",
    ),
    "lantern_desktop.metrics": Source(
        with_base(
            "SELECT client_info.client_id AS client,"
            " CAST(submission_timestamp AS DATE) AS day, metrics FROM lantern_desktop.metrics"
        ),
        {
            "startup_mean_ms": "sum(metrics.timing_distribution.startup.sum)"
            " / sum(list_sum([b.value for b in metrics.timing_distribution.startup.values]))",
            "startup_histogram": "list(metrics.timing_distribution.startup)",
        },
        ("os", "normalized_channel"),
        sample="sample_id",
    ),
    "lantern_desktop.events": Source(
        "SELECT client_info.client_id AS client, CAST(submission_timestamp AS DATE) AS day,"
        " event_category FROM lantern_desktop.events"
        " WHERE NOT regexp_matches(event_name, '^test_[a-z]{2,}$')",
        {"bookmarks_made": "count_if(event_category = 'bookmarks')"},
    ),
    "lantern_desktop.active_users": Source(
        "SELECT NULL AS client, submission_date AS day, u.*, continent"
        " FROM lantern_desktop.active_users u LEFT JOIN business.countries c"
        " ON u.country = c.country",
        {"daily_users": "sum(daily_users)", "new_users": "sum(new_users)"},
        ("os", "continent"),
    ),
    "lantern_desktop.crash_reports": Source(
        with_base(
            "SELECT client_info.client_id AS client, submission_date AS day,"
            " document_id FROM lantern_desktop.crash"
        ),
        {"crash_reports": "count(DISTINCT document_id)"},
        ("os", "normalized_channel"),
        sample="sample_id",
    ),
    "lantern_mobile.clients_daily": Source(
        "SELECT client_id AS client, submission_date AS day, * FROM lantern_mobile.clients_daily",
        {
            "days_of_use": "count(DISTINCT submission_date)",
            "search_count": "coalesce(sum(search_count), 0)",
        },
        ("os", "is_default_browser"),
        sample="sample_id",
    ),
    "lantern_mobile.core": Source(
        "SELECT client_id AS client, CAST(submission_timestamp AS DATE) AS day, crash_count"
        " FROM lantern_mobile.core",
        {"crashes": "coalesce(sum(crash_count), 0)"},
    ),
    "lantern_mobile.new_clients": Source(
        "SELECT n.client_id AS client, n.submission_date AS day, n.client_id, d.os, d.sample_id,"
        " d.locale FROM lantern_mobile.new_clients n JOIN lantern_mobile.clients_daily d"
        " ON n.client_id = d.client_id AND n.submission_date = d.submission_date",
        {"new_clients": "count(DISTINCT client_id)"},
        ("os", "locale"),
        sample="sample_id",
    ),
}


# the warehouse


@pytest.fixture(scope="session")
def warehouse(lantern_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example warehouse, with a small table that has gaps over three years."""
    path = tmp_path_factory.mktemp("warehouse") / f"{CATALOG}.duckdb"
    shutil.copy(lantern_data, path)
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE SCHEMA gaps")
        connection.execute(
            "CREATE TABLE gaps.visits (client_id VARCHAR, submission_date DATE, shop VARCHAR,"
            " visits BIGINT, ordered BOOLEAN)"
        )
        with connection.cursor() as cursor:  # a row by itself would be settled on the disk
            cursor.begin()
            cursor.executemany("INSERT INTO gaps.visits VALUES (?, ?, ?, ?, ?)", list(_gappy()))
            cursor.commit()
        connection.execute(
            "CREATE TABLE gaps.moods AS SELECT shop, submission_date::TIMESTAMPTZ AS at,"
            " if(day(submission_date) < 9, 'sunny', 'gloomy') AS mood FROM gaps.visits"
            " WHERE month(submission_date) < 8 GROUP BY ALL"
        )
    return path


def _gappy() -> Iterator[tuple[str, date, str | None, int, bool]]:
    """Visits of two shops, and some of none: days, weeks, months and a quarter are missing."""
    for number in range(0, 1000, 3):
        day = date(2024, 1, 30) + timedelta(number)
        if day.month in (5, 11) or day.isocalendar().week % 5 == 0 or 400 < number < 500:
            continue
        for place, shop in enumerate(("north", "south", None)):
            if (number + place) % 4:
                yield f"c{number % 7}", day, shop, number % 11 + place, number % 2 == 0
    yield "c1", date(2025, 3, 3), "north,", 5, True


@pytest.fixture(scope="session")
def connection(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, to be asked; its catalog is the project."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def build_of(warehouse: Path, hub: Path, folder: Path, conventions: Conventions) -> Build:
    """All that the definitions of a hub give."""
    namespaces = folder / "namespaces.yaml"
    namespaces.write_text("{}\n")
    url = f"duckdb:{warehouse}"
    metrics = shutil.copytree(hub, folder / "hub", ignore=shutil.ignore_patterns("opmon"))
    repository = Repository(str(metrics))
    return generate(
        World(namespaces, [open_warehouse(url)], conventions, metric_hubs=(repository,))
    )


def views_of(build: Build) -> dict[str, lookml.View]:
    """The metric views, by platform and data source."""
    found = {}
    for path, artifact in build.tree.artifacts.items():
        content = artifact.content
        if isinstance(content, lookml.Document):
            for view in content.views:
                platform = path.partition("/")[0]
                found[f"{platform}.{view.name.removeprefix('metric_definitions_')}"] = view
    return found


@pytest.fixture(scope="session")
def views(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, lookml.View]:
    """The views of the example."""
    build = build_of(warehouse, HUB, tmp_path_factory.mktemp("example"), Conventions())

    assert [] == [str(item) for item in build.diagnostics if item.severity == "error"]
    return views_of(build)


# the example


@cache
def written(platform: str) -> Statistics:
    """The statistics of the metrics of a platform, as its file says."""
    return statistics_of(HUB / "looker" / "definitions" / f"{platform}.toml")


def test_every_view_is_proved(views: Mapping[str, lookml.View]) -> None:
    """Each generated view has its query here, each visible measure is one that is expected."""
    assert SOURCES.keys() == views.keys()
    for name, source in SOURCES.items():
        named = written(name.partition(".")[0])
        shown = {measure.name for measure in views[name].measures if not measure.hidden}
        expected = set(Expected(1, 7, "date").every(named, source.metrics))
        percentiles = {m for m in shown if m.startswith("startup_histogram_p")}

        assert expected == shown - percentiles
        assert (4 if name == "lantern_desktop.metrics" else 0) == len(percentiles)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", SOURCES)
def test_statistics(
    views: Mapping[str, lookml.View],
    connection: duckdb.DuckDBPyConnection,
    name: str,
    period: str,
) -> None:
    """Every statistic, by every period, however the dates are chosen, whole and of a sample."""
    source, named = SOURCES[name], written(name.partition(".")[0])
    unit = UNIT.get(period, period)
    one, other = source.dims[:1], source.dims[-1:]
    check = partial(compare, connection, views[name], source, named)

    check(Asked(period, unit))
    check(Asked(period, unit, by_filter=True, lookback=9, dims=one))
    check(Asked(period, unit, by_filter=True, sample=30, custom=28, dims=other))
    check(Asked(period, unit, start=None, end=None))
    check(Asked(period, unit, start="2026-07-25", end=None, by_filter=True))


@pytest.mark.parametrize("unit", DAYS)
def test_days_may_be_shown_in_longer_periods(
    views: Mapping[str, lookml.View], connection: duckdb.DuckDBPyConnection, unit: str
) -> None:
    """The rows of the view are days, those of the query weeks, months, quarters or years."""
    name = "lantern_desktop.clients_daily"
    asked = Asked("day", unit, "2026-06-01", "2026-08-01", by_filter=True, dims=("os",))

    assert compare(connection, views[name], SOURCES[name], written("lantern_desktop"), asked) > 20


@pytest.mark.parametrize("sample", [2, 9])
def test_percentiles(
    views: Mapping[str, lookml.View], connection: duckdb.DuckDBPyConnection, sample: int
) -> None:
    """A percentile is the bucket in which that part of all counts is reached."""
    name = "lantern_desktop.metrics"
    view, source = views[name], SOURCES[name]
    names = [f"startup_histogram_p{part}" for part in (25, 50, 75, 95)]
    asked = Asked("week", "week", by_filter=True, dims=("os",), sample=sample)
    actual = ask(connection, view, asked.query([*names, "startup_mean_ms_average"], windows=False))
    checked = 0
    for key, cells, place in series(counted(connection, source, asked), asked):
        merged: dict[float, int] = {}
        for row in cells[place]:
            for histogram in row["startup_histogram"]:
                for bucket in histogram["values"]:
                    low = float(bucket["key"])
                    merged[low] = merged.get(low, 0) + bucket["value"]
        for part in (25, 50, 75, 95):
            assert reached(merged, part) == actual[key][f"startup_histogram_p{part}"]
            checked += 1

    assert checked >= 4 * 4


def reached(merged: Mapping[float, int], part: int) -> float | None:
    """The lowest bucket up to which there is that part of the counts."""
    below = 0
    for bucket in sorted(merged):
        below += merged[bucket]
        if below * 100 >= part * sum(merged.values()):
            return bucket
    return None


@pytest.mark.parametrize("name", [name for name, source in SOURCES.items() if source.dims])
def test_base_fields_that_are_not_asked_for(
    views: Mapping[str, lookml.View], connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    """Rows are not grouped by them: the view has a row for each client and date, no more.

    A field that is only filtered by is grouped by, and changes no sum.
    """
    view, source = views[name], SOURCES[name]
    sums = [m.name for m in view.measures if m.type in ("sum", "average") and not m.hidden]
    if not sums:
        assert name == "lantern_desktop.baseline"
        return
    plain = Query(sums, {}, {"analysis_period": ("2026-06-20", "2026-07-20")})
    rows = replace_fields(plain, ["client_id", "submission_date"])
    broken = replace_fields(plain, ["client_id", "submission_date", source.dims[0]])
    filtered = Query(plain.fields, {}, plain.dates, filters=source.dims)
    inner, with_field = (to_duckdb(sql_of(view, query)) for query in (plain, filtered))

    assert source.dims[0] not in inner.rpartition("GROUP BY")[2]
    assert source.dims[0] in with_field.rpartition("GROUP BY")[2]
    whole, again = (ask(connection, view, query)[()] for query in (plain, filtered))
    assert all(agree(whole[name], again[name]) for name in sums)
    assert len(ask(connection, view, rows)) <= len(ask(connection, view, broken))


def replace_fields(query: Query, names: Sequence[str]) -> Query:
    """The query, by these dimensions."""
    return Query((*names, *query.fields), query.parameters, query.dates)


def test_a_measure_over_dates_needs_a_date(
    views: Mapping[str, lookml.View], connection: duckdb.DuckDBPyConnection
) -> None:
    """Without a date among the fields the database says what to do."""
    dates = {"analysis_period": ("2026-07-01", "2026-07-02")}
    checked = 0
    for view in views.values():
        for measure in view.measures:
            if is_window(measure.name):
                with pytest.raises(duckdb.Error, match="Select a submission date"):
                    ask(connection, view, Query(["client_id", measure.name], dates=dates))
                checked += 1

    assert checked > 15


def test_no_frame_is_negative(views: Mapping[str, lookml.View]) -> None:
    """A frame begins at or before its end, and neither lies ahead of the current row."""
    frames = 0
    for view in views.values():
        windows = [p.allowed_values for p in view.parameters if p.name.startswith("rolling")]
        sizes = [value.value for allowed in windows for value in allowed]
        names = [measure.name for measure in view.measures if is_window(measure.name)]
        for unit in DAYS:
            for size in sizes or ["7"]:
                parameters = {"rolling_average_window_size": size or "7"} if windows else {}
                query = Query((f"submission_{unit}", *names), parameters)
                for frame in sql_of(view, query).split("ROWS BETWEEN ")[1:]:
                    first, last = frame.partition(")")[0].split(" AND ")
                    begin = int(first.removesuffix(" PRECEDING"))
                    end = 0 if last == "CURRENT ROW" else int(last.removesuffix(" PRECEDING"))
                    assert begin >= end >= 0
                    frames += 1

    assert frames > 90


# dates with gaps, longer periods, groups with odd names

GAPS_HUB = """
[metrics.visits]
data_source = "visits"
select_expression = "SUM(visits)"

[metrics.ordered]
data_source = "visits"
select_expression = "LOGICAL_OR(ordered)"

[metrics.visits.statistics.sum.period_over_period]
periods = [1, 7, 28, 30, 91, 365, 730]
kinds = ["difference", "previous", "relative_change"]

[metrics.visits.statistics.max.period_over_period]
periods = [30]

[metrics.visits.statistics.median]
[metrics.visits.statistics.min]

[metrics.visits.statistics.rolling_average]
aggregations = ["sum", "max", "client_count"]
window_sizes = [1, 2, 7, 28]

[metrics.visits.statistics.rolling_average.period_over_period]
periods = [7, 90, 365]
kinds = ["relative_change", "previous", "difference"]

[metrics.visits.statistics.client_count.period_over_period]
periods = [30]
kinds = ["relative_change"]

[metrics.visits.statistics.dau_proportion]
numerator = "visits.client_count"

[metrics.ordered.statistics]
sum = {}
average = {}
max = {}
min = {}
median = {}
client_count = {}
ratio = {numerator = "ordered.client_count", denominator = "visits.sum"}

[metrics.per_visit.statistics.ratio]
numerator = "visits.max"
denominator = "visits.average"
period_over_period = {periods = [30, 365], kinds = ["difference"]}

[metrics.visited]
data_source = "moody"
select_expression = "SUM(visits)"
statistics = {sum = {}, client_count = {}}

[metrics.sunny]
data_source = "moods"
select_expression = "COUNTIF(mood = 'sunny')"
statistics = {sum = {}}

[data_sources.visits]
from_expression = "lantern-data.gaps.visits"
columns_as_dimensions = true

[data_sources.moody]
from_expression = "lantern-data.gaps.visits"

[data_sources.moody.joins.moods]
relationship = "one_to_many"
on_expression = "moody.shop = moods.shop AND moody.submission_date = DATE(moods.at)"

[data_sources.moods]
from_expression = "lantern-data.gaps.moods"
client_id_column = "NULL"
submission_date_column = "at"
columns_as_dimensions = true
"""
GAPS = Source(
    "SELECT client_id AS client, submission_date AS day, * FROM gaps.visits",
    {"visits": "sum(visits)", "ordered": "bool_or(ordered)"},
    ("shop",),
)
MOODY = Source(
    "SELECT client_id AS client, submission_date AS day, v.*, mood FROM gaps.visits v"
    " LEFT JOIN gaps.moods m ON v.shop = m.shop AND submission_date = CAST(m.at AS DATE)",
    {"visited": "sum(visits)"},
    ("mood",),
)
MOODS = Source(
    "SELECT NULL AS client, CAST(m.at AS DATE) AS day, * FROM gaps.moods m",
    {"sunny": "count_if(mood = 'sunny')"},
    ("shop",),
)


@pytest.fixture(scope="session")
def gappy(
    warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Mapping[str, lookml.View], Statistics]:
    """The views over visits with gaps, and their statistics."""
    hub = tmp_path_factory.mktemp("gaps")
    path = hub / "looker" / "definitions" / "shop.toml"
    path.parent.mkdir(parents=True)
    path.write_text(GAPS_HUB)
    (hub / "definitions").mkdir()
    (hub / "definitions" / "shop.toml").write_text("")
    build = build_of(warehouse, hub, hub, Conventions())

    assert [] == [str(item) for item in build.diagnostics if item.severity == "error"]
    return views_of(build), statistics_of(path)


def asked_of_gaps() -> Iterator[Asked]:
    """Every period, each shown in each timeframe that is as long or longer."""
    units = tuple(DAYS)
    for place, period in enumerate(PERIODS[:-1]):
        for unit in units[place:]:
            for number, dims in enumerate(((), ("shop",))):
                custom = (2, 7, 1, 28)[(place + number) % 4]
                asked = Asked(period, unit, "2024-01-01", "2027-01-01", by_filter=True)
                yield replace(asked, dims=dims, custom=custom)


@pytest.mark.parametrize(
    "asked", list(asked_of_gaps()), ids=lambda a: f"{a.period}-{a.unit}-{len(a.dims)}"
)
def test_windows_over_dates_with_gaps(
    gappy: tuple[Mapping[str, lookml.View], Statistics],
    connection: duckdb.DuckDBPyConnection,
    asked: Asked,
) -> None:
    """Windows count the rows of the result, whatever the granularity, and stay in their group."""
    views, named = gappy
    view = views["shop.visits"]
    shown = {measure.name for measure in view.measures if not measure.hidden}

    assert shown == set(Expected(1, 7, "date").every(named, GAPS.metrics))
    assert compare(connection, view, GAPS, named, asked) >= 2 * len(shown)


@pytest.mark.parametrize("period", ["day", "month", "overall"])
@pytest.mark.parametrize("dims", [0, 1])
def test_a_left_join_keeps_rows_without_a_match(
    gappy: tuple[Mapping[str, lookml.View], Statistics],
    connection: duckdb.DuckDBPyConnection,
    period: str,
    dims: int,
) -> None:
    """What is joined is limited to the same dates, and takes no rows away; a time is a date."""
    views, named = gappy
    asked = Asked(period, UNIT.get(period, period), "2024-02-01", "2025-11-15", by_filter=True)
    for name, source in (("moody", MOODY), ("moods", MOODS)):
        broken = replace(asked, dims=source.dims[:dims])

        assert compare(connection, views[f"shop.{name}"], source, named, broken) >= 1


def test_there_are_gaps(connection: duckdb.DuckDBPyConnection) -> None:
    """Days, weeks and months are missing, shops are missing from days, and one has no name."""
    for unit, whole in (("day", 950), ("week", 140), ("month", 33)):
        query = f"SELECT count(DISTINCT date_trunc('{unit}', submission_date)) FROM gaps.visits"  # noqa: S608
        (found,) = connection.execute(query).fetchone() or (0,)
        assert 10 < found < whole
    assert [(4,)] == connection.execute(
        "SELECT count(*) FROM (SELECT DISTINCT shop FROM gaps.visits)"
    ).fetchall()
