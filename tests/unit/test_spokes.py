"""What a change of the hub breaks in projects that people write on top of it."""

import yaml

from generator.lookml.reader import read
from generator.review.items import Items, of_lookml
from generator.review.mentions import Mention, of_dashboards
from generator.review.mentions import of_lookml as mentions_of
from generator.review.spokes import Known, broken, known_of

HUB = """view: orders {
  dimension: id { sql: ${TABLE}.id ;; }
  dimension: city { sql: ${TABLE}.city ;; }
  dimension_group: day { type: time timeframes: [date, week] }
  measure: total { type: sum sql: ${TABLE}.amount ;; }
}
explore: orders {}
"""
SPOKE = """include: "//hub/shop/views/*"
include: "//hub/shop/views/lost.view.lkml"
view: +orders {
  dimension: town { sql: UPPER(${city}) ;; }
  measure: share { sql: ${total} / {{ orders.total._value }} ;; drill_fields: [town, day_date] }
}
view: big_orders { extends: [orders] dimension: size { sql: ${city} ;; } }
explore: +orders { always_filter: { filters: [orders.city: "Ulm"] } }
explore: sales {
  view_name: orders
  join: others {
    from: orders
    sql_on: ${sales.city} = ${others.city} ;;
    fields: [others.town, -others.id]
  }
}
"""
BOARD = """- dashboard: mine
  elements:
  - {name: a, explore: orders, fields: [orders.city, calc], sorts: [orders.total desc],
     dynamic_fields: [{table_calculation: calc}], filters: {orders.day_week: ""},
     listen: {City: orders.city}}
"""
FILES = ("shop/views/orders.view.lkml", "shop/explores/orders.explore.lkml")


def items(text: str, file: str = "shop/views/orders.view.lkml") -> Items:
    """The items of a file."""
    return Items(dict(of_lookml(read(text), "shop", file)))


def known(hub: str) -> Known:
    """What a hub and the spoke have."""
    return known_of(items(hub), items(SPOKE, "spoke/a.lkml"), FILES)


def mentions() -> tuple[Mention, ...]:
    """What the spoke refers to."""
    board = of_dashboards(yaml.safe_load(BOARD), "spoke/b.dashboard.lookml")
    return (*mentions_of(read(SPOKE), "spoke/a.lkml"), *board)


def test_nothing_is_broken_but_what_was() -> None:
    """An include of a file that is not there is told without any change."""
    new, old = broken(mentions(), known(HUB), known(HUB))

    assert () == new
    assert ["spoke/a.lkml:2 include `//hub/shop/views/lost.view.lkml` is gone"] == list(
        map(str, old)
    )


def test_a_renamed_field_is_told_at_each_place() -> None:
    """In refinements, in views that extend, through an alias, in filters and on dashboards."""
    new, _ = broken(
        mentions(), known(HUB), known(HUB.replace("dimension: city", "dimension: cities"))
    )

    assert [
        "spoke/a.lkml:4 field `orders.city` is gone (renamed to `cities`?)",
        "spoke/a.lkml:7 field `big_orders.city` is gone (renamed to `cities`?)",
        "spoke/a.lkml:8 field `orders.city` is gone (renamed to `cities`?)",
        "spoke/a.lkml:13 field `orders.city` is gone (renamed to `cities`?)",
        "spoke/b.dashboard.lookml field `orders.city` is gone (renamed to `cities`?)",
    ] == list(map(str, new))


def test_a_timeframe_that_goes_is_a_field_that_goes() -> None:
    """Of a group, only what is named."""
    new, _ = broken(mentions(), known(HUB), known(HUB.replace("[date, week]", "[week]")))

    assert ["orders.day_date"] == [f"{b.mention.view}.{b.mention.field}" for b in new]


def test_a_view_and_an_explore_that_go() -> None:
    """Told where they are refined, extended, joined and shown."""
    new, _ = broken(mentions(), known(HUB), known("view: xyz {}"))

    assert {
        "spoke/a.lkml:3 view `orders` is gone",
        "spoke/a.lkml:7 view `orders` is gone",
        "spoke/a.lkml:8 explore `orders` is gone",
        "spoke/a.lkml:9 view `orders` is gone",
        "spoke/a.lkml:11 view `orders` is gone",
        "spoke/b.dashboard.lookml explore `orders` is gone",
    } <= set(map(str, new))
