"""Aggregate awareness: the cases of Looker's page, each with its answer and the reason.

The page is https://cloud.google.com/looker/docs/aggregate_awareness; the shop is that of its
examples.
"""

import pytest
from msgspec.structs import replace

from generator.lookml import (
    AggregateQuery,
    AggregateTable,
    AlwaysFilter,
    Dimension,
    DimensionGroup,
    Explore,
    Join,
    Measure,
    View,
)
from generator.lookml.aggregates import covers, obstacle, rolls_up
from generator.lookml.dashboards import Dashboard, DashboardFilter, Element
from generator.lookml.queries import Query, default_query, fields_of, query_of

TIMEFRAMES = (
    *("raw", "time", "hour", "hour_of_day", "date", "day_of_week", "day_of_month", "week"),
    *("week_of_year", "month", "month_name", "quarter", "quarter_of_year", "year", "fiscal_year"),
)
ORDERS = View(
    "orders",
    dimensions=(
        Dimension("id", primary_key=True, type="number"),
        Dimension("product", type="string"),
        Dimension("country", type="string"),
        Dimension("price", type="number", sql="${TABLE}.price"),
    ),
    dimension_groups=(DimensionGroup("created", type="time", timeframes=TIMEFRAMES),),
    measures=(
        Measure("total", type="sum", sql="${price}"),
        Measure("count", type="count"),
        Measure("largest", type="max", sql="${TABLE}.price"),
        Measure("mean", type="average", sql="${price}"),
        Measure("clients", type="count_distinct", sql="${TABLE}.client_id"),
        Measure("middle", type="median", sql="${price}"),
        Measure("share", type="number", sql="${total} / ${orders.count}"),
        Measure("last", type="date", sql="MAX(${created_raw})"),
        Measure("sum_in_sql", type="number", sql="SUM(${price})"),
        Measure("of_column", type="number", sql="MAX(${TABLE}.price) * 0.6"),
        Measure("per_client", type="number", sql="${total} / ${clients}"),
        Measure("circle", type="number", sql="${circle} + ${total}"),
        Measure("constant", type="number", sql="1"),
    ),
)
EXPLORE = Explore("shop", view_name="orders")
FIELDS = fields_of(EXPLORE, {"orders": ORDERS})


def asked(
    dimensions: str = "", measures: str = "total", filters: tuple[tuple[str, str], ...] = ()
) -> Query:
    """A query to the shop."""
    table = AggregateQuery(tuple(dimensions.split()), tuple(measures.split()), filters)
    return query_of(AggregateTable("t", table), FIELDS)


DAILY = asked("created_date country", "total count")
IN_DE = (("country", "DE"),)
YES = [
    (DAILY, DAILY),
    (DAILY, asked("created_date")),
    (DAILY, asked("country", "count total")),
    (DAILY, asked("created_week")),
    (DAILY, asked("created_month")),
    (DAILY, asked("created_year")),
    (DAILY, asked("created_day_of_month country")),
    (DAILY, asked("created_week_of_year")),
    (DAILY, asked("created_month_name")),
    (asked("created_month"), asked("created_quarter_of_year")),
    (asked("created_time"), asked("created_hour_of_day")),
    (DAILY, asked("created_date", filters=IN_DE)),
    (DAILY, asked("country", filters=(("created_month", "2 months"),))),
    (asked("created_date", filters=IN_DE), asked("created_week", filters=IN_DE)),
    (
        asked("created_date", filters=(("created_date", "3 months"),)),
        asked("created_week", filters=(("created_date", "2 months"),)),
    ),
    (asked("created_date", "mean"), asked("created_month", "mean")),
    (asked("created_date", "largest"), asked("created_month", "largest")),
    (asked("created_date", "share"), asked("created_month", "share")),
    (asked("created_date", "last"), asked("created_month", "last")),
    (asked("created_date", "clients", IN_DE), asked("created_date", "clients", IN_DE)),
    (asked("product country", "middle"), asked("country product", "middle")),
    (asked("id"), asked("id")),
]
NO = [
    (DAILY, asked("product"), "it does not have these fields of the query: orders.product"),
    (
        DAILY,
        asked("created_date", "total mean"),
        "it does not have these fields of the query: orders.mean",
    ),
    (
        DAILY,
        asked("created_hour"),
        "it does not have these fields of the query: orders.created_hour",
    ),
    (
        asked("created_week"),
        asked("created_month"),
        "it does not have these fields of the query: orders.created_month",
    ),
    (
        asked("created_year"),
        asked("created_date"),
        "it does not have these fields of the query: orders.created_date",
    ),
    (
        asked("created_month"),
        asked("created_day_of_week"),
        "it does not have these fields of the query: orders.created_day_of_week",
    ),
    (
        DAILY,
        asked("created_fiscal_year"),
        "it does not have these fields of the query: orders.created_fiscal_year",
    ),
    (
        asked("created_date"),
        asked("created_date", filters=IN_DE),
        "it has other values of what the query filters by, and not the field: orders.country",
    ),
    (
        asked("created_date", filters=(("country", "AU"),)),
        asked("created_date", filters=IN_DE),
        "it has other values of what the query filters by, and not the field: orders.country",
    ),
    (
        asked("created_week"),
        asked("created_week", filters=(("created_date", "2 days"),)),
        "it has other values of what the query filters by, and not the field: orders.created_date",
    ),
    (
        asked("created_date country", filters=IN_DE),
        asked("created_date"),
        "it is filtered by what the query is not: orders.country",
    ),
    (
        asked("created_date country", filters=IN_DE),
        asked("created_date", filters=(("country", "AU"),)),
        "it is filtered by what the query is not: orders.country",
    ),
    (
        asked("created_date", filters=(("created_date", "2 months"),)),
        asked("created_week", filters=(("created_date", "3 months"),)),
        "it is filtered by what the query is not: orders.created_date",
    ),
    (
        asked("id country"),
        asked("id"),
        "the query is not grouped, because it asks for the primary key: orders.id",
    ),
    *(
        (
            asked("created_date country", name),
            asked("created_date", name),
            f"these measures cannot be rolled up: orders.{name}",
        )
        for name in (
            *("clients", "middle", "sum_in_sql", "of_column", "per_client", "circle", "constant"),
        )
    ),
    (
        replace(DAILY, explore="other"),
        DAILY,
        "it belongs to another explore: other",
    ),
]


@pytest.mark.parametrize(("held", "wanted"), YES)
def test_used(held: Query, wanted: Query) -> None:
    """The table answers the query."""
    assert obstacle(held, wanted, FIELDS) is None


@pytest.mark.parametrize(("held", "wanted", "reason"), NO)
def test_not_used(held: Query, wanted: Query, reason: str) -> None:
    """The table does not answer the query, and the reason names the fields."""
    assert reason == obstacle(held, wanted, FIELDS)


def test_covers() -> None:
    """An aggregate table as it stands in an explore; its fields may go without their view."""
    table = AggregateTable("t", AggregateQuery(("created_date",), ("orders.total",)))

    assert covers(table, asked("created_year"), FIELDS)
    assert not covers(table, asked("country"), FIELDS)
    assert not covers(AggregateTable("empty"), asked("country"), FIELDS)


@pytest.mark.parametrize(
    ("relationship", "orders", "clients"),
    [
        (None, True, False),
        ("many_to_one", True, False),
        ("one_to_many", False, True),
        ("many_to_many", False, False),
        ("one_to_one", True, True),
    ],
)
def test_joins_that_repeat_rows(relationship: str | None, orders: bool, clients: bool) -> None:  # noqa: FBT001
    """Sums over repeated rows are made distinct, and those cannot be rolled up; extremes can."""
    other = View("clients", measures=(Measure("count", type="count"), Measure("max", type="max")))
    explore = Explore(
        "shop", view_name="orders", joins=(Join("clients", relationship=relationship),)
    )
    fields = fields_of(explore, {"orders": ORDERS, "clients": other})

    assert orders == rolls_up("orders.total", fields)
    assert clients == rolls_up("clients.count", fields)
    assert rolls_up("clients.max", fields)


TILE = Element(
    title="Sales",
    name="sales",
    model="m",
    explore="shop",
    type="looker_line",
    fields=("orders.created_date", "orders.total"),
    pivots=("orders.product",),
    filters=(("orders.product", "cup"), ("orders.price", "5")),
    listen=(("Country", "orders.country"), ("Date", "orders.created_date"), ("Gone", "orders.id")),
)
BOARD = Dashboard(
    "shop",
    "Shop",
    filters=(
        DashboardFilter("Country", "Country", "string_filter", default_value="DE"),
        DashboardFilter("Date", "Date", "field_filter"),
        DashboardFilter("Unheard", "Unheard", "string_filter", default_value="x"),
    ),
)


def test_default_query() -> None:
    """Dashboard over tile over explore; what has no default filters nothing."""
    always = AlwaysFilter((("product", "cup,pot"), ("orders.price", "1"), ("country", "FR")))

    assert Query(
        "shop",
        ("orders.created_date", "orders.product"),
        ("orders.total",),
        (("orders.product", "cup"), ("orders.price", "5"), ("orders.country", "DE")),
    ) == default_query(TILE, BOARD, replace(EXPLORE, always_filter=always), FIELDS)


def test_a_filter_set_to_anything() -> None:
    """A filter of the dashboard stands over the tile's own, even when it lets all pass."""
    board = Dashboard("b", "B", filters=(DashboardFilter("Product", "Product", "string_filter"),))
    tile = replace(TILE, listen=(("Product", "orders.product"),))

    assert (("orders.price", "5"),) == default_query(tile, board, EXPLORE, FIELDS).filters
