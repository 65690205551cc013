"""Explanations of small hubs, hostile names among them."""

import json
from pathlib import Path

import pytest
from sqlglot import exp

from generator import lookml
from generator.artifact import Artifact, Content
from generator.diagnostics import Fault, Location
from generator.emit import file_tree
from generator.explain.definitions import path_of
from generator.explain.explores import watched
from generator.explain.show import as_json, as_text
from generator.explain.things import Key, Kind, Known
from generator.explaining import Explained, Heard, built, explained, printed
from generator.facts.catalog import Needs, RelationName
from generator.lookml.dashboards import Dashboard, DashboardFilter, Element
from generator.semantics.definition_sql import parsed
from generator.semantics.model import Linked
from generator.stages import Stages
from tests import fakes

AT = Location("namespaces.yaml", 7)
ORDERS = RelationName("acme", "shop", "orders")
ODD = 'Say "hi": 50%. `x`\n{{ y }}'
VIEW = lookml.View(
    "orders",
    sql_table_name="`acme.shop.orders`",
    dimensions=(
        lookml.Dimension("id", sql="${TABLE}.id"),
        lookml.Dimension("country", sql="${TABLE}.geo.`country code`"),
        lookml.Dimension("lines", hidden=True, sql="${TABLE}.lines"),
    ),
    dimension_groups=(
        lookml.DimensionGroup(
            "made", type="time", timeframes=("date", "week"), sql="${TABLE}.made_at"
        ),
    ),
    measures=(
        lookml.Measure("count", type="count", drill_fields=("id",)),
        lookml.Measure("paid", type="sum", sql="${id}", filters=(("country", "NL"),)),
        lookml.Measure("rate", type="number", sql="${paid} / ${orders.count}"),
        lookml.Measure("again", type="number", sql="${again2} + ${made_week}"),
        lookml.Measure("again2", type="number", sql="${again}"),
    ),
)
LINES = lookml.View(
    "orders__lines",
    dimensions=(
        lookml.Dimension("sku", sql="${TABLE}.sku"),
        lookml.Dimension("value", sql="${TABLE}"),
    ),
)
BOARD = Dashboard(
    "watch",
    ODD,
    filters=(DashboardFilter("Day", ODD, "field_filter", field="orders.made_date"),),
    elements=(
        Element(
            ODD,
            "odd.name",
            "shop",
            "orders",
            "looker_line",
            ("orders.made_date", "orders.rate"),
            sorts=("orders.rate desc",),
            listen=(("Day", "orders.made_date"),),
        ),
    ),
)
EXPLORE = lookml.Explore(
    "orders",
    joins=(lookml.Join("orders__lines", sql="LEFT JOIN UNNEST(${orders.lines}) AS orders__lines"),),
    aggregate_tables=(
        lookml.AggregateTable(
            "by_week",
            lookml.AggregateQuery(("made_week",), ("count",), (("orders.country", "NL"),)),
        ),
    ),
)


@pytest.fixture
def known() -> Known:
    """A hub of one namespace."""
    files: dict[str, Content] = {
        "views/orders.view.lkml": lookml.Document(views=(VIEW, LINES)),
        "explores/orders.explore.lkml": lookml.Document(
            includes=("/shop/views/orders.view.lkml",), explores=(EXPLORE,)
        ),
        "dashboards/watch.dashboard.lookml": BOARD,
    }
    artifacts = [
        Artifact(f"shop/{path}", content, "kind", "shop.views.orders", AT, (ORDERS,))
        for path, content in files.items()
    ]
    return Known(file_tree(artifacts), file_tree(()), Linked((), Needs()))


def ties(found: Explained, name: str) -> dict[str, str]:
    """The last names of a list of an answer, with what for."""
    assert found.answer is not None, found.things
    mentions = getattr(found.answer, name)
    return {mention.thing.name.removeprefix("shop.views."): mention.how for mention in mentions}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders.country", {"acme.shop.orders.geo.country code": ""}),
        ("orders.made_week", {"acme.shop.orders.made_at": ""}),
        ("orders__lines.sku", {"acme.shop.orders.lines.sku": ""}),
        ("orders__lines.value", {"acme.shop.orders.lines": ""}),
        ("count", {"orders.id": "drill", "acme.shop.orders": "rows"}),
        ("paid", {"orders.id": "", "orders.country": "filter"}),
        ("rate", {"orders.count": "", "orders.paid": ""}),
        ("again", {"orders.again2": "", "orders.made": "made_week"}),
        (
            "by_week",
            {
                "orders.made": "dimension made_week",
                "orders.count": "measure",
                "orders.country": "filter",
                "shop.explores.orders": "explore",
            },
        ),
        (
            "shop.dashboards.watch.tiles.odd.name",
            {
                "orders.made": "field made_date; filter made_date",
                "orders.rate": "field; sort",
                "shop.explores.orders": "explore",
                "shop.dashboards.watch.filters.Day": "listens",
            },
        ),
    ],
)
def test_what_a_thing_stands_on(name: str, expected: dict[str, str], known: Known) -> None:
    """Columns down to the table, fields, and what for."""
    assert expected == ties(explained(name, known), "stands_on")


def test_who_uses_a_column(known: Known) -> None:
    """By itself, and through other fields; drilling leads nowhere."""
    found = explained("acme.shop.orders.id", known)

    assert {"orders.id": ""} == ties(found, "used_by")
    assert {
        "orders.paid",
        "orders.rate",
        "shop.dashboards.watch.tiles.odd.name",
    } == set(ties(found, "reaches"))


def test_fields_that_stand_on_each_other_are_no_trap(known: Known) -> None:
    """A circle is walked once."""
    assert {"acme.shop.orders.made_at", "acme.shop.orders", "orders.made"} >= set(
        ties(explained("orders.again", known), "rests_on")
    )


@pytest.mark.parametrize("name", ["odd.name", f"watch.{ODD}", ODD.upper(), "shop::watch"])
def test_odd_names_are_found(name: str, known: Known) -> None:
    """Titles with all that titles may have; capitals do not count."""
    found = explained(name, known)
    kinds = {thing.kind for thing in found.things}

    assert kinds <= {Kind.TILE, Kind.CONTROL, Kind.DASHBOARD}
    assert kinds


def test_nothing_reaches_the_terminal_as_it_is(known: Known) -> None:
    """One thing is one line, whatever its name."""
    found = explained("shop.dashboards.watch", known)
    assert found.answer
    lines = list(as_text(found.answer))

    assert not any(set("\n\x1b") & set(line) for line in lines)
    assert json.loads(as_json("x", found.things, found.answer))["answer"]["label"] == ODD


@pytest.mark.parametrize("name", ["", ".", "orders.", "nothing", "\x1b[31m{0}", "a" * 5000])
def test_what_nobody_is_called(name: str, known: Known) -> None:
    """It is said, with names that are nearly so; the name does no harm."""
    with pytest.raises(Fault) as caught:
        explained(name, known)

    assert caught.value.diagnostic.code == "unknown-thing"
    assert "\x1b" not in str(caught.value)


def test_the_nearest_are_named(known: Known) -> None:
    """A slip of the pen is mended."""
    with pytest.raises(Fault, match="did you mean `country`"):
        explained("orders.contry", known)


def test_a_name_of_several_lists_them(known: Known) -> None:
    """With full names, of which each means one thing."""
    found = explained("orders", known)

    assert found.answer is None
    assert [
        "view     shop.views.orders     namespaces.yaml:7",
        "explore  shop.explores.orders  namespaces.yaml:7",
    ] == printed(found, "text").splitlines()
    assert json.loads(printed(found, "json"))["answer"] is None


def test_triggers_of_several_projects() -> None:
    """Each table belongs to the project of its part."""
    sql = (
        "FROM `a`.`region-eu`.X WHERE (table_schema = 'd' AND table_name = 't')"
        " OR (table_schema = 'd' AND table_name = 'u') UNION ALL"
        " FROM `b`.`region-eu`.X WHERE (table_schema = 'e' AND table_name = 't')"
    )
    assert ["a.d.t", "a.d.u", "b.e.t"] == [str(name) for name in watched(sql)]


@pytest.mark.parametrize("path", ["a", "a.b", "a.b.c.d", "a.b.c.d.e.f"])
def test_paths_of_any_depth(path: str) -> None:
    """Beyond four steps the parser has another node."""
    expression = parsed(f"SUM({path})", "", None)
    (column,) = expression.find_all(exp.Column)
    assert tuple(path.split(".")) == path_of(column)


CATALOG = """
acme.web.visits:
  kind: VIEW
  reads_from: [acme.raw.visits]
  columns: {day: DATE, geo: {fields: {Country: STRING}}, unread: STRING}
acme.raw.visits: {columns: {day: DATE}, description: As they came}
"""
NAMESPACES = """
web:
  owners: [web@example.org]
  views:
    visits:
      type: table_view
      tables: [{table: acme.web.visits}]
      measures:
        days: {type: count_distinct, sql: "${day_date}"}
  explores:
    visits: {type: table_explore, views: {base_view: visits}}
"""


@pytest.fixture
def web(tmp_path: Path) -> Known:
    """A build, all the way."""
    (tmp_path / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "namespaces.yaml").write_text(NAMESPACES, encoding="utf-8")
    return built(Heard(fakes.folder(tmp_path)), (), Stages())


def test_a_column_that_nobody_reads(web: Known) -> None:
    """It is in the table: that is an answer. One that is not there is none."""
    found = explained("acme.raw.visits.day", web).answer

    assert found
    assert not found.used_by
    assert [Key(Kind.RELATION, "acme.raw.visits")] == [m.thing.key for m in found.stands_on]
    with pytest.raises(Fault):
        explained("acme.raw.visits.night", web)


def test_capitals_of_columns(web: Known) -> None:
    """The warehouse takes a name in whatever capitals, and so do we."""
    (thing,) = explained("web.visits.GEO.country", web).things
    assert "acme.web.visits.geo.Country" == thing.name


def test_a_table_below_a_view(web: Known) -> None:
    """What reads a view reads its tables."""
    found = explained("raw.visits", web).answer

    assert found
    assert "As they came" == found.thing.description
    assert {"web.views.visits", "web.views.visits.days", "web.explores.visits"} <= {
        mention.thing.name for mention in found.reaches
    }
