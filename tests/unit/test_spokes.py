"""What a change of the hub breaks in projects that people write on top of it."""

from collections.abc import Mapping

import pytest

from generator.review.changes import changes
from generator.review.spokes import Broken, Hubs, broken
from generator.review.trees import compared

VIEW = """view: orders {
  dimension: id { sql: ${TABLE}.id ;; }
  dimension: city { sql: ${TABLE}.city ;; }
  dimension_group: day { type: time timeframes: [date, week] sql: ${TABLE}.day ;; }
  measure: total { type: sum sql: ${TABLE}.amount ;; }
  set: detail { fields: [id, city] }
}
"""
EXPLORE = """include: "/shop/views/orders.view.lkml"
include: "/shop/views/cities.view.lkml"
explore: orders { join: cities { sql_on: ${orders.city} = ${cities.name} ;; } }
"""
CITIES = "view: cities { dimension: name { sql: ${TABLE}.name ;; } }\n"
BOARD = "- dashboard: sales\n  title: Sales\n"
HUB = {
    "shop/views/orders.view.lkml": VIEW,
    "shop/views/cities.view.lkml": CITIES,
    "shop/explores/orders.explore.lkml": EXPLORE,
    "shop/datagroups/daily.datagroup.lkml": 'datagroup: daily { interval_trigger: "1 day" }\n',
    "shop/dashboards/sales.dashboard.lookml": BOARD,
    "web/views/visits.view.lkml": "view: visits { dimension: id { sql: ${TABLE}.id ;; } }\n",
}
MANIFEST = 'project_name: "spoke"\nlocal_dependency: { project: "hub" }\n'
MODEL = """connection: "lantern"
include: "//hub/shop/explores/*"
include: "//hub/shop/datagroups/*"
include: "//hub/**/*.dashboard"
include: "views/*"
include: "/shop/**/*.dashboard"
"""
MORE = """view: +orders {
  dimension: town { sql: UPPER(${city}) ;; }
  measure: share { type: number sql: ${total} / {{ orders.total._value }} ;;
    drill_fields: [town, day_date, detail*] }
}
view: big_orders { extends: [orders] dimension: size { sql: ${city} ;; } }
explore: +orders { persist_with: daily always_filter: { filters: [orders.city: "Ulm"] } }
explore: sales {
  view_name: orders
  join: others {
    from: orders
    sql_on: ${orders.city} = ${others.city} ;;
    fields: [others.town, -others.id]
  }
}
"""
TILES = """- dashboard: mine
  extends: sales
  elements:
  - name: a
    explore: orders
    fields: [orders.city, calc, cities.name]
    sorts: [orders.total desc]
    dynamic_fields: [{table_calculation: calc}]
    filters:
      orders.day_week: ""
    listen: {City: orders.city}
  - name: b
    explore: sales
    fields:
    - others.total
"""
SPOKE = {
    "manifest.lkml": MANIFEST,
    "shop/shop.model.lkml": MODEL,
    "shop/views/more.view.lkml": MORE,
    "shop/mine.dashboard.lookml": TILES,
}


def review(after: Mapping[str, str], spoke: Mapping[str, str] = SPOKE) -> Broken:
    """What the change of the hub breaks."""
    old, new = compared(HUB, after)
    return broken({"spoke": spoke}, Hubs(HUB, after, changes(old.tree, new.tree)))


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """The hub with one text replaced, which is there."""
    path = next(path for path in HUB if file in path)
    assert old in HUB[path]
    return {**HUB, path: HUB[path].replace(old, new)}


def test_nothing_is_broken_but_what_was() -> None:
    """A spoke that fits its hub."""
    assert Broken() == review(HUB)


def test_a_renamed_field_is_told_at_each_place() -> None:
    """In refinements, in views that extend, through an alias, in filters and on dashboards."""
    after = edited("orders.view", "dimension: city", "dimension: cities")

    assert [
        "spoke/shop/views/more.view.lkml:2 field orders.city",
        "spoke/shop/views/more.view.lkml:6 field big_orders.city",
        "spoke/shop/views/more.view.lkml:7 field orders.city",
        "spoke/shop/views/more.view.lkml:12 field orders.city",
        "spoke/shop/views/more.view.lkml:12 field others.city",
        "spoke/shop/mine.dashboard.lookml:6 field orders.city",
    ] == [line.partition(" → ")[0] for line in map(str, review(after).new)]
    assert {"was removed (renamed to `cities`?)"} == {item.fate for item in review(after).new}


def test_a_timeframe_that_goes_is_a_field_that_goes() -> None:
    """Of a group, only what is named; a group under a new name tells the new field."""
    lost = review(edited("orders.view", "[date, week]", "[week]"))
    renamed = review(edited("orders.view", "dimension_group: day", "dimension_group: when"))

    assert ["orders.day_date"] == [item.label for item in lost.new]
    assert ["renamed to `when_date`", "renamed to `when_week`"] == [
        item.hint for item in renamed.new
    ]


def test_a_join_that_goes_takes_its_view_out_of_sight() -> None:
    """The view is still there, but no query of the explore has it."""
    after = edited("explore", EXPLORE.splitlines()[2], "explore: orders {}")

    assert ["spoke/shop/mine.dashboard.lookml:6 field cities.name → was removed"] == list(
        map(str, review(after).new)
    )


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ("datagroup", ["shop.model.lkml:3 include", "more.view.lkml:7 datagroup"]),
        ("sales", ["shop.model.lkml:4 include", "mine.dashboard.lookml:2 dashboard"]),
    ],
)
def test_a_file_that_goes(gone: str, expected: list[str]) -> None:
    """The include that found only it, and whatever names what it had."""
    after = {path: text for path, text in HUB.items() if gone not in path}
    found = [str(item).removeprefix("spoke/shop/") for item in review(after).new]

    assert expected == [" ".join(line.removeprefix("views/").split()[:2]) for line in found]


def test_a_view_that_moves() -> None:
    """It is seen no more where only its old folder is included."""
    path = "shop/views/orders.view.lkml"
    after = {name: text for name, text in HUB.items() if name != path}
    after["web/views/orders.view.lkml"] = VIEW

    found = review(after).new

    assert "moved to `web`" in {item.hint for item in found if item.kind == "view"}
    assert "orders.city" in {item.label for item in found}


def test_a_model_sees_what_it_includes() -> None:
    """What another model includes is no help; what no model includes may see everything."""
    lines = "view: mine { dimension: x { sql: ${visits.id} ;; } }\n"
    spoke = {**SPOKE, "shop/views/mine.view.lkml": lines}
    other = {**spoke, "web/web.model.lkml": 'include: "//hub/web/views/*"\n'}
    loose = {
        "manifest.lkml": MANIFEST,
        "a.lkml": 'include: "//hub/web/views/*"\n',
        "b.lkml": lines,
    }

    for hub_and_spoke in (spoke, other):
        assert ["visits.id"] == [item.label for item in review(HUB, hub_and_spoke).old]
    assert Broken() == review(HUB, loose)


def test_what_is_in_vain() -> None:
    """It was so before; if the spoke imports others too, they may have it."""
    model = {**SPOKE, "shop/shop.model.lkml": MODEL + 'include: "//hub/shop/lost.view"\n'}
    field = {**SPOKE, "shop/views/x.view.lkml": "view: x { measure: y { sql: ${nobody} ;; } }"}
    foreign = {
        **field,
        "manifest.lkml": MANIFEST + 'remote_dependency: block { url: "x" }\n',
        "shop/shop.model.lkml": MODEL + 'include: "//block/*"\n',
    }

    assert ["spoke/shop/shop.model.lkml:7 include //hub/shop/lost.view → is not there"] == list(
        map(str, review(HUB, model).old)
    )
    assert ["x.nobody"] == [item.label for item in review(HUB, field).old]
    assert Broken() == review(HUB, foreign)


def test_what_cannot_be_read_is_said() -> None:
    """The file and the line; the rest is looked at."""
    spoke = {**SPOKE, "shop/bad.lkml": "view: a {\n", "b.dashboard.lookml": "- a: [\n"}

    assert ["spoke/b.dashboard.lookml:2", "spoke/shop/bad.lkml:2"] == sorted(
        str(item.at) for item in review(HUB, spoke).noticed
    )
