"""A project over few clients, every one of them odd, whose statistics can be told by hand."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

ROWS = 150
"""Who sends more in a day is no person."""

_TABLE = """
CREATE SCHEMA odd;
CREATE TABLE odd.pings AS
SELECT DATE '2026-07-06' AS submission_date, * FROM (
  SELECT 'often' AS client_id, 'US' AS country, 10 AS ms, 10 AS bucket FROM range(100)
  UNION ALL SELECT 'once', 'DE', 30, 20
  UNION ALL SELECT 'traveller', 'US', 50, NULL
  UNION ALL SELECT 'traveller', 'DE', 70, NULL
  UNION ALL SELECT 'called', 'All', 0, NULL
  UNION ALL SELECT 'nowhere', NULL, NULL, NULL
  UNION ALL SELECT NULL, 'US', 1000, NULL
  UNION ALL SELECT 'robot', 'US', 5, 5 FROM range(151)
);
CREATE TABLE odd.events AS
SELECT DATE '2026-07-06' AS submission_date, 'once' AS client_id FROM range(2);
"""

_DEFINITIONS = """
[metrics.ms]
data_source = "pings"
select_expression = "AVG(ms)"

[metrics.pings]
data_source = "pings"
select_expression = "COUNT(*)"

[metrics.events]
data_source = "events"
select_expression = "COUNT(*)"

[metrics.load]
data_source = "pings"
select_expression = '''ARRAY_AGG(
  IF(bucket IS NULL, NULL, STRUCT([STRUCT(CAST(bucket AS STRING) AS key, 1 AS value)] AS values))
  IGNORE NULLS
)'''
type = "histogram"

[data_sources.pings]
from_expression = "lantern-data.odd.pings"

[data_sources.events]
from_expression = "lantern-data.odd.events"

[dimensions.country]
data_source = "pings"
select_expression = "country"

# a word of SQL
[dimensions.order]
data_source = "pings"
select_expression = "country"
"""

_PROJECT = """
[project]
name = "Odd clients"
platform = "toaster"
start_date = "2026-07-06"
metrics = ["ms", "pings", "events", "load"]

[project.population]
data_source = "pings"
monitor_entire_population = true
dimensions = ["country"]

[metrics.ms.statistics]
count = {}
mean = {}
percentile = {percentiles = [50]}

[metrics.pings.statistics]
sum = {}

[metrics.events.statistics]
sum = {}
mean = {}

[metrics.load.statistics]
percentile = {percentiles = [50]}
"""

MANY = 41
"""Metrics of a project, one more than a statement may have."""

_NAMES = [f"plus_{number}" for number in range(MANY)]

_MANY = f"""
[project]
name = "Many metrics"
platform = "toaster"
start_date = "2026-07-06"
metrics = {_NAMES}

[project.population]
data_source = "pings"
monitor_entire_population = true
dimensions = ["order"]
""" + "".join(
    f"""
[metrics.{name}]
data_source = "pings"
select_expression = "AVG(ms) + {number}"
[metrics.{name}.statistics.mean]
"""
    for number, name in enumerate(_NAMES)
)

_FILES = {
    "definitions/toaster.toml": _DEFINITIONS,
    "opmon/odd.toml": _PROJECT,
    "opmon/many.toml": _MANY,
    "opmon/later.toml": _PROJECT.replace("Odd", "Later").replace("07-06", "07-07"),
}

_EDGE = 10 * 6**0.62
"""Values go from 10 to 60, so a bucket is 6 ** 0.01 wide: 30 lies between the 61st and the 62nd."""

Values = Mapping[tuple[str | None, str, str], tuple[float | None, float | None, float | None]]

EXPECTED: Values = {
    # for all countries: a traveller is one client, a robot none; who has no id is nobody's average
    ("All", "ms", "count"): (4, None, None),
    ("All", "ms", "mean"): ((10 + 30 + 60 + 0) / 4, None, None),
    ("All", "pings", "sum"): (100 + 1 + 2 + 1 + 1, None, None),
    ("All", "events", "sum"): (2, None, None),
    ("All", "events", "mean"): (2 / 5, None, None),
    # of six, three are not above 0 or unknown; positions of Binomial(6, 1/2): 1, 3 and 5
    ("All", "ms", "percentile"): ((0 + 10) / 2, 0, _EDGE),
    # the hundred histograms of one client and the one of another weigh the same: 0, 1 and 2 of 2
    ("All", "load", "percentile"): ((10 + 20) / 2, 10, 20),
    ("US", "ms", "count"): (2, None, None),
    ("US", "ms", "mean"): ((10 + 60) / 2, None, None),
    ("US", "pings", "sum"): (100 + 2, None, None),
    ("US", "events", "sum"): (0, None, None),
    ("US", "events", "mean"): (0, None, None),
    # 10, 60 and one unknown; positions of Binomial(3, 1/2): 0, 1 and 3
    ("US", "ms", "percentile"): (5, 0, 60),
    ("US", "load", "percentile"): (15, 10, 20),
    ("DE", "ms", "count"): (2, None, None),
    ("DE", "ms", "mean"): ((30 + 60) / 2, None, None),
    ("DE", "pings", "sum"): (1 + 2, None, None),
    ("DE", "events", "sum"): (2, None, None),
    ("DE", "events", "mean"): (1, None, None),
    # 30 and 60; positions of Binomial(2, 1/2): 0, 1 and 2
    ("DE", "ms", "percentile"): (10 * (6**0.61 + 6**0.62) / 2, 10 * 6**0.61, 60),
    # the last bucket ends where it begins
    ("DE", "load", "percentile"): (20, 20, 20),
    # a country that is called All
    ("All*", "ms", "count"): (1, None, None),
    ("All*", "ms", "mean"): (0, None, None),
    ("All*", "pings", "sum"): (1, None, None),
    ("All*", "events", "sum"): (0, None, None),
    ("All*", "events", "mean"): (0, None, None),
    ("All*", "ms", "percentile"): (5, 0, 10),
    # no country is no roll-up
    (None, "ms", "count"): (0, None, None),
    (None, "ms", "mean"): (None, None, None),
    (None, "pings", "sum"): (1, None, None),
    (None, "events", "sum"): (0, None, None),
    (None, "events", "mean"): (0, None, None),
    (None, "ms", "percentile"): (5, 0, 10),
}
"""By country, metric and statistic: the point, its lower and its upper bound."""


def write_odd(folder: Path, warehouse: Path) -> Path:
    """The tables are in the warehouse; the hub that defines what is made of them."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(_TABLE)
    for name, text in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
