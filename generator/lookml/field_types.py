"""The types that fields can have.

Source: https://cloud.google.com/looker/docs/reference/param-dimension-filter-parameter-types and
https://cloud.google.com/looker/docs/reference/param-measure-types
"""

import re
from collections.abc import Mapping

from generator.lookml.objects import Dimension, DimensionGroup, Measure

TIMEFRAMES = frozenset(
    """raw time time_of_day hour hour_of_day minute second millisecond microsecond date
    day_of_week day_of_week_index day_of_month day_of_year week week_of_year month month_num
    month_name fiscal_month_num quarter quarter_of_year fiscal_quarter fiscal_quarter_of_year year
    fiscal_year yesno""".split()  # noqa: SIM905 - words read better without quotes
)
_SLICE = re.compile(r"(hour|minute|second|millisecond)\d+")
INTERVALS = frozenset(("second", "minute", "hour", "day", "week", "month", "quarter", "year"))
AGGREGATES = frozenset(
    """average average_distinct count_distinct list max median median_distinct min percentile
    percentile_distinct sum sum_distinct""".split()  # noqa: SIM905
)
"""The types of measures that add up rows; their SQL is of one row."""

_CALCULATED = frozenset(
    """count date int number percent_of_previous percent_of_total period_over_period running_total
    string time yesno""".split()  # noqa: SIM905
)
_SPOKEN = frozenset(f"date_{name}" for name in TIMEFRAMES) | {f"duration_{i}" for i in INTERVALS}
TYPES: Mapping[str, frozenset[str]] = {
    "dimension": _SPOKEN
    | frozenset(
        """bin date date_time distance duration int location number string tier time unquoted yesno
        zipcode""".split()  # noqa: SIM905
    ),
    "dimension_group": frozenset(("time", "duration")),
    "measure": AGGREGATES | _CALCULATED,
}
"""The types of each kind of field."""

_OF_ITSELF = frozenset(("count", "period_over_period", "location", "distance"))
"""Types that are made of something else than `sql`."""


def is_timeframe(name: str) -> bool:
    """Whether a time can be shown so.

    >>> is_timeframe("week"), is_timeframe("hour6"), is_timeframe("fortnight")
    (True, True, False)
    """
    return name in TIMEFRAMES or _SLICE.fullmatch(name) is not None


def needs_sql(field: Dimension | DimensionGroup | Measure) -> bool:
    """Whether it lacks what it is made of."""
    if isinstance(field, DimensionGroup) and field.type == "duration":
        return field.sql_start is None or field.sql_end is None
    if isinstance(field, Dimension) and field.case:
        return False
    return field.sql is None and field.type not in _OF_ITSELF
