"""The projects of the example as a person would compute them, in DuckDB's SQL by hand."""

from collections.abc import Mapping
from datetime import date

from tests.opmon_oracle import Metric, Statistic, Watched, average, merged, total

DAILY = "SELECT client_id AS client, submission_date AS day, app_build[:8] AS build"
PING = """SELECT
  client_info.client_id AS client, submission_timestamp::DATE AS day,
  client_info.app_build[:8] AS build"""
CORE = """SELECT
  client_id AS client, submission_timestamp::DATE AS day,
  environment.build.build_id[:8] AS build"""


def _daily(column: str, dataset: str = "lantern_desktop") -> str:
    return f"{DAILY}, os AS grouped, {column} AS value FROM {dataset}.clients_daily"


def _histogram(dataset: str) -> str:
    value = """list_transform(
      metrics.timing_distribution.startup.values, lambda bucket: [bucket.key::BIGINT, bucket.value]
    )"""
    return f"{PING}, {value} AS value FROM {dataset}.metrics"


def _enrolled(slug: str, experiments: str) -> str:
    return f"list_filter({experiments}, lambda enrolment: enrolment.key = '{slug}')"


ACTIVE_HOURS = Metric(_daily("active_hours"), total, 0.0)
SEARCH_COUNT = Metric(_daily("search_count"), total, 0.0)
AD_CLICKS = Metric(_daily("ad_clicks"), total, 0.0)
URI_COUNT = Metric(_daily("uri_count"), total, 0.0)
CRASHES = Metric(_daily("crash_count"), total, 0.0)
STARTUP_MS = Metric(_daily("startup_ms"), average)
TABS_OPENED = Metric(
    f"{PING}, metrics.counter.tabs_opened AS value FROM lantern_desktop.baseline",
    total,
    0.0,
)
HISTOGRAM = Metric(_histogram("lantern_desktop"), merged)

MEANS = (Statistic("active_hours", "mean"), Statistic("search_count", "mean"))
STARTUP = Statistic("startup_ms", "percentile", (50, 90), remove_nulls=True)

_GLEAN = "ping_info.experiments"
_ROLLOUT = _enrolled("faster-first-paint-rollout", _GLEAN)
_LAYOUT = _enrolled("new-tab-layout", _GLEAN)
_GROUPS = _enrolled("tab-groups-rollout", _GLEAN)

PROJECTS: Mapping[str, Watched] = {
    "desktop_health": Watched(
        f"{DAILY}, os, country, 'active' AS branch FROM lantern_desktop.clients_daily",
        date(2026, 7, 3),
        {
            "active_hours": ACTIVE_HOURS,
            "search_count": SEARCH_COUNT,
            "crashes": CRASHES,
            "startup_ms": STARTUP_MS,
            "tabs_opened": TABS_OPENED,
        },
        (*MEANS, Statistic("crashes", "mean"), STARTUP, Statistic("tabs_opened", "mean")),
        dimensions=("os", "country"),
        rolled_up=True,
    ),
    "search_by_country": Watched(
        f"{DAILY}, country, 'active' AS branch FROM lantern_desktop.clients_daily",
        date(2026, 7, 3),
        {"search_count": SEARCH_COUNT},
        (Statistic("search_count", "mean"), Statistic("search_count", "sum")),
        dimensions=("country",),
    ),
    "default_browser": Watched(
        f"""{PING},
          if(metrics.boolean.is_default_browser, 'enabled', 'disabled') AS branch
        FROM lantern_desktop.baseline""",
        date(2026, 7, 3),
        {"active_hours": ACTIVE_HOURS, "search_count": SEARCH_COUNT, "ad_clicks": AD_CLICKS},
        (*MEANS, Statistic("ad_clicks", "total_ratio", denominator="search_count")),
        branches=("enabled", "disabled"),
    ),
    "faster_first_paint_rollout": Watched(
        f"{PING}, {_ROLLOUT}[1].value.branch AS branch FROM lantern_desktop.baseline",
        date(2026, 7, 3),
        {
            "active_hours": ACTIVE_HOURS,
            "search_count": SEARCH_COUNT,
            "startup_histogram": HISTOGRAM,
            "crashes": CRASHES,
        },
        (
            *MEANS,
            Statistic("startup_histogram", "percentile", (50, 90)),
            Statistic("crashes", "mean"),
        ),
        branches=("control", "treatment"),
    ),
    "new_tab_layout": Watched(
        f"{PING}, {_LAYOUT}[1].value.branch AS branch FROM lantern_desktop.baseline",
        date(2026, 7, 3),
        {
            "active_hours": ACTIVE_HOURS,
            "search_count": SEARCH_COUNT,
            "ad_clicks": AD_CLICKS,
            "uri_count": URI_COUNT,
        },
        (
            *MEANS,
            Statistic("ad_clicks", "mean"),
            Statistic("ad_clicks", "total_ratio", denominator="search_count"),
            Statistic("uri_count", "count"),
            Statistic("uri_count", "quantile", (19,), parts=20),
        ),
        branches=("control", "compact", "spacious"),
        end=date(2026, 7, 14),
    ),
    "tab_groups_rollout": Watched(
        f"""{PING}, if(len({_GROUPS}) > 0, 'enabled', 'disabled') AS branch
        FROM lantern_desktop.baseline""",
        date(2026, 7, 6),
        {"active_hours": ACTIVE_HOURS, "search_count": SEARCH_COUNT, "tabs_opened": TABS_OPENED},
        (*MEANS, Statistic("tabs_opened", "mean")),
        branches=("enabled", "disabled"),
    ),
    "mobile_health": Watched(
        f"""{CORE}, environment.system.os.name AS system, 'active' AS branch
        FROM lantern_mobile.core""",
        date(2026, 7, 3),
        {
            "search_count": Metric(
                """SELECT client_id AS client, submission_date AS day, search_count AS value
                FROM lantern_mobile.clients_daily""",
                total,
                0.0,
            ),
            "crashes": Metric(f"{CORE}, crash_count AS value FROM lantern_mobile.core", total, 0.0),
            "days_of_use": Metric(
                """SELECT client_id AS client, submission_date AS day, submission_date AS value
                FROM lantern_mobile.clients_daily""",
                lambda days: float(len(set(days))),
                0.0,
            ),
        },
        (
            Statistic("search_count", "mean"),
            Statistic("crashes", "mean"),
            Statistic("crashes", "sum"),
            Statistic("days_of_use", "count"),
        ),
        dimensions=("system",),
        rolled_up=True,
    ),
    "stability_by_build": Watched(
        f"{DAILY}, os, 'active' AS branch FROM lantern_desktop_beta.clients_daily",
        date(2026, 7, 3),
        {
            "crashes": Metric(_daily("crash_count", "lantern_desktop_beta"), total, 0.0),
            "startup_ms": Metric(_daily("startup_ms", "lantern_desktop_beta"), average),
        },
        (Statistic("crashes", "mean"), STARTUP),
        dimensions=("os",),
        rolled_up=True,
        by_build=True,
        group_by="os",
    ),
    "startup_by_build": Watched(
        f"{PING}, 'active' AS branch FROM lantern_desktop_nightly.metrics",
        date(2026, 7, 3),
        {"startup_histogram": Metric(_histogram("lantern_desktop_nightly"), merged)},
        (Statistic("startup_histogram", "percentile", (50, 90)),),
        by_build=True,
    ),
}
"""By the name of the project; what they say stands in examples/metric-hub/opmon."""
