"""A small hub in which nothing is wrong, and what is found once something is planted in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from generator.checks import bound
from generator.checks.trees import check_tree, tree_of
from generator.diagnostics import Diagnostic
from generator.pipeline import generate
from generator.review.reviewed import review
from tests import fakes

NAMESPACES = """shop:
  views:
    orders:
      type: table_view
      primary_key: order_id
      tables:
        - {table: acme.shop.orders, time_partitioning_field: day}
      dimensions:
        is_large: {type: yesno, sql: "${amount} > 100"}
        country:
          link: {label: Map, url: "https://maps.example.org/{{ value }}"}
        waited: {type: number, sql: "${is_large}"}
      measures:
        revenue: {type: sum, sql: "${amount}"}
        share:
          type: number
          sql: SAFE_DIVIDE(${revenue}, COUNT(*))
        orders: {type: count, drill_fields: [order_id]}
    visits:
      type: ping_view
      tables:
        - {channel: release, table: acme.shop.visits}
        - {channel: beta, table: acme.shop.visits_beta}
  explores:
    orders: {type: table_explore, views: {base_view: orders}}
    visits: {type: ping_explore, views: {base_view: visits}}
"""
CATALOG = """acme.shop.orders:
  partitioning: {field: day, require_partition_filter: true}
  columns:
    order_id: STRING
    day: DATE
    amount: NUMERIC
    country: STRING
    geo:
      fields: {city: STRING}
    lines:
      mode: REPEATED
      fields: {sku: STRING}
acme.shop.visits: &visits
  columns:
    document_id: STRING
    client_id: STRING
    normalized_channel: STRING
    submission_timestamp: TIMESTAMP
acme.shop.visits_beta: *visits
acme.shop.days:
  columns:
    client_id: STRING
    submission_date: DATE
    visits: INT64
    pages: INT64
    city: STRING
"""
METRICS = """[metrics.visits]
data_source = "days"
select_expression = "SUM(visits)"
friendly_name = "Visits"
description = "Visits of one client."
owner = "web@example.org"

[metrics.pages]
data_source = "days"
select_expression = "SUM(pages)"
friendly_name = "Pages"
description = "Pages of one client."
owner = "web@example.org"

[data_sources.days]
from_expression = "acme.shop.days"
friendly_name = "Days"
"""
LOOKER = """[metrics.visits.statistics.sum]

[metrics.pages.statistics.sum]
"""
HUB: Mapping[str, str] = {
    "namespaces.yaml": NAMESPACES,
    "catalog.yaml": CATALOG,
    "metric-hub/definitions/web.toml": METRICS,
    "metric-hub/looker/definitions/web.toml": LOOKER,
}

VIEW = """view: orders {
  sql_table_name: `acme.shop.orders` ;;
  parameter: unit { type: unquoted default_value: "day" }
  dimension: id { primary_key: yes type: string sql: ${TABLE}.id ;; }
  dimension: city {
    type: string
    sql: ${TABLE}.city ;;
  }
  dimension_group: day { type: time timeframes: [date, week] sql: ${TABLE}.day ;; }
  measure: total {
    type: sum
    sql: ${TABLE}.amount ;;
    drill_fields: [detail*]
  }
  measure: rate {
    type: number
    sql: {% if orders.unit._parameter_value == "day" %}${total}{% else %}1{% endif %} ;;
  }
  set: detail { fields: [id, city] }
}
view: lines { dimension: sku { sql: ${TABLE}.sku ;; } }
"""
GROUP = """datagroup: orders_last_updated {
  sql_trigger: SELECT MAX(day) FROM `acme.shop.orders` ;;
}
"""
EXPLORE = """include: "/shop/views/orders.view.lkml"
include: "/shop/datagroups/orders.datagroup.lkml"
explore: orders {
  persist_with: orders_last_updated
  sql_always_where: ${orders.day_date} >= '2010-01-01' ;;
  join: lines { relationship: one_to_many sql: LEFT JOIN UNNEST(${orders.id}) AS lines ;; }
  aggregate_table: by_day {
    query: { dimensions: [day_date] measures: [total] filters: [orders.city: "Ulm"] }
    materialization: { datagroup_trigger: orders_last_updated }
  }
}
"""
BOARD = """- dashboard: orders
  title: Orders
  filters:
  - {name: Day, title: Day, type: field_filter, model: shop, explore: orders,
     field: orders.day_date}
  - {name: City, title: City, type: string_filter, default_value: Ulm, model: shop,
     ui_config: {type: dropdown_menu, display: inline, options: [Ulm, Bonn]}}
  elements:
  - title: Total
    name: total
    model: shop
    explore: orders
    type: looker_line
    fields: [orders.day_date, orders.total]
    sorts: [orders.day_date]
    listen: {Day: orders.day_date, City: orders.city}
    row: 0
    col: 0
    width: 12
    height: 8
"""
TREE: Mapping[str, str] = {
    "shop/views/orders.view.lkml": VIEW,
    "shop/datagroups/orders.datagroup.lkml": GROUP,
    "shop/explores/orders.explore.lkml": EXPLORE,
    "shop/dashboards/orders.dashboard.lookml": BOARD,
}
SPOKE = """include: "//hub/shop/views/orders.view"
include: "//hub/shop/explores/orders.explore"
view: +orders {
  dimension: town { sql: UPPER(${city}) ;; }
  measure: average { type: number sql: ${total} / 2 ;; }
}
explore: +orders {
  always_filter: { filters: [orders.day_date: "7 days"] }
}
"""


class Finding(NamedTuple):
    """A code, and the file and line that it is found at."""

    code: str
    path: str
    line: int | None


def planted(files: Mapping[str, str], path: str, old: str, new: str) -> dict[str, str]:
    """The files with one of them changed in one place."""
    assert files[path].count(old) == 1, f"{old!r} stands {files[path].count(old)} times in {path}"
    return {**files, path: files[path].replace(old, new)}


def line_of(text: str, anchor: str) -> int:
    """The line in which a text begins that stands there once, or at first."""
    assert anchor in text, anchor
    return text[: text.index(anchor)].count("\n") + 1


def of_definitions(files: Mapping[str, str], folder: Path) -> set[Finding]:
    """What `check` finds in definitions and schemas."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    build = generate(fakes.folder(folder), further=bound)
    return {_finding(item, folder) for item in build.diagnostics}


def _finding(item: Diagnostic, folder: Path) -> Finding:
    path = item.at.path.removeprefix(f"{folder}/") if item.at else ""
    return Finding(item.code, path, item.at.line if item.at else None)


def of_tree(files: Mapping[str, str]) -> set[Finding]:
    """What `check --tree` finds."""
    return {_finding(item, Path()) for item in check_tree(tree_of(files))}


def of_spoke(files: Mapping[str, str]) -> set[tuple[str, int | None]]:
    """The places of the spoke that break when the tree becomes what these files say."""
    found = review(TREE, files, {"spoke": {"orders.lkml": SPOKE}}).spokes.new
    return {(item.label, item.at.line) for item in found}
