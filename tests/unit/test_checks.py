"""The checks find what is broken: here it is broken on purpose."""

import pytest
from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact
from generator.checks import check, prove
from generator.checks.knowledge import Knowledge
from generator.diagnostics import CODES, Location
from generator.facts.catalog import Column, DataType, Kind, Mode, Relation, RelationName

VIEW = lookml.View(
    "orders",
    sql_table_name="`p.d.orders`",
    dimensions=(lookml.Dimension("id", type="number", sql="${TABLE}.id"),),
    dimension_groups=(
        lookml.DimensionGroup("day", type="time", timeframes=("raw", "date"), sql="${TABLE}.day"),
    ),
    measures=(lookml.Measure("total", type="sum", sql="${id}"),),
)
GROUP = lookml.Datagroup("orders_last_updated", sql_trigger="SELECT MAX(id) FROM `p.d.orders`")
EXPLORE = lookml.Explore(
    "orders",
    persist_with="orders_last_updated",
    sql_always_where="${orders.day_date} >= '2010-01-01'",
    always_filter=lookml.AlwaysFilter((("day_date", "28 days"),)),
    joins=(
        lookml.Join(
            "items", relationship="one_to_many", sql="LEFT JOIN UNNEST(${orders.id}) AS items"
        ),
    ),
)
ITEMS = lookml.View("items", dimensions=(lookml.Dimension("sku", sql="${TABLE}.sku"),))
INCLUDES = ("/shop/views/orders.view.lkml", "/shop/datagroups/orders.datagroup.lkml")


def artifact(path: str, document: lookml.Document, subject: str = "") -> Artifact:
    """A file of the namespace `shop`; its subject is its own unless said."""
    at = Location("namespaces.yaml", 7)
    return Artifact(f"shop/{path}", document, "kind", subject or f"shop.{path}", at)


def hub(
    view: lookml.View = VIEW,
    explore: lookml.Explore = EXPLORE,
    includes: tuple[str, ...] = INCLUDES,
) -> tuple[Artifact, ...]:
    """A small namespace; its parts can be broken one at a time."""
    return (
        artifact("views/orders.view.lkml", lookml.Document(views=(view, ITEMS))),
        artifact("datagroups/orders.datagroup.lkml", lookml.Document(datagroups=(GROUP,))),
        artifact(
            "explores/orders.explore.lkml", lookml.Document(includes=includes, explores=(explore,))
        ),
    )


def codes(artifacts: tuple[Artifact, ...]) -> set[str]:
    """The codes of the errors that are found."""
    return {item.code for item in check(artifacts) if CODES[item.code].severity == "error"}


def with_sql(sql: str) -> lookml.View:
    """The view with a measure of this SQL."""
    return replace(VIEW, measures=(lookml.Measure("total", type="sum", sql=sql),))


def with_measure(**values: object) -> lookml.View:
    """The view with a measure of these parameters."""
    return replace(VIEW, measures=(replace(VIEW.measures[0], **values),))


def test_sound() -> None:
    """Nothing is wrong with what is right, but its joins repeat rows and it has no key."""
    assert ["fan-out"] == [item.code for item in check(hub())]


@pytest.mark.parametrize(
    "name",
    ["id", "day_date", "total"],
)
def test_duplicate_field(name: str) -> None:
    """A field must not have the name of another, be it a timeframe's."""
    view = replace(VIEW, dimensions=(*VIEW.dimensions, lookml.Dimension(name)))

    assert {"duplicate-field"} == codes(hub(view))


@pytest.mark.parametrize(
    "document",
    [
        lookml.Document(views=(lookml.View("items"),)),
        lookml.Document(datagroups=(lookml.Datagroup("orders_last_updated"),)),
        lookml.Document(views=(lookml.View("twins"), lookml.View("twins"))),
    ],
    ids=["view", "datagroup", "same file"],
)
def test_duplicate_object(document: lookml.Document) -> None:
    """No two objects of a kind have one name, in one file or in two."""
    broken = (*hub(), artifact("views/z.view.lkml", document))

    assert {"duplicate-object"} == codes(broken)


def test_one_name_for_two_kinds() -> None:
    """A view, an explore and a datagroup may share a name."""
    same = artifact("views/z.view.lkml", lookml.Document(views=(lookml.View("only"),)))
    group = artifact("z.lkml", lookml.Document(datagroups=(lookml.Datagroup("only"),)))

    assert set() == codes((*hub(), same, group))


@pytest.mark.parametrize(
    "view",
    [
        with_sql("${amount}"),
        with_sql("${id} + ${items.price}"),
        with_sql("${users.id}"),
        with_sql("${day}"),
        with_sql("{% parameter channel %}"),
        with_sql("{% condition channel %} ${id} {% endcondition %}"),
        with_measure(filters=(("country", "DE"),)),
        with_measure(based_on="country"),
        with_measure(drill_fields=("country",)),
        replace(VIEW, sql_table_name="`{% parameter channel %}`"),
    ],
)
def test_dangling_field_in_view(view: lookml.View) -> None:
    """Whatever a view names exists: in SQL, Liquid, filters and lists."""
    assert {"dangling-field"} == codes(hub(view))


@pytest.mark.parametrize(
    "explore",
    [
        replace(EXPLORE, sql_always_where="${orders.day_time} >= '2010-01-01'"),
        replace(EXPLORE, always_filter=lookml.AlwaysFilter((("channel", "release"),))),
        replace(
            EXPLORE, joins=(replace(EXPLORE.joins[0], sql="LEFT JOIN UNNEST(${orders.lines})"),)
        ),
        replace(EXPLORE, joins=(replace(EXPLORE.joins[0], sql_on="${items.id} = ${orders.id}"),)),
    ],
)
def test_dangling_field_in_explore(explore: lookml.Explore) -> None:
    """Whatever an explore names exists in the view that it is taken from."""
    assert {"dangling-field"} == codes(hub(explore=explore))


def test_references_that_hold() -> None:
    """Fields of the same file, drill sets and the table itself are no dangling references."""
    view = with_measure(
        sql="${TABLE}.x + ${id} + ${orders.id} + ${items.sku}", drill_fields=("id", "details*")
    )

    assert set() == codes(hub(view))


@pytest.mark.parametrize(
    ("explore", "views"),
    [
        (replace(EXPLORE, view_name="order"), ()),
        (replace(EXPLORE, joins=(replace(EXPLORE.joins[0], name="lines"),)), ()),
        (EXPLORE, (lookml.View("more", extends=("orders_base",)),)),
    ],
    ids=["base", "join", "extends"],
)
def test_dangling_view(explore: lookml.Explore, views: tuple[lookml.View, ...]) -> None:
    """An explore, a join and an extending view have their view in sight."""
    broken = (*hub(explore=explore), artifact("views/z.view.lkml", lookml.Document(views=views)))

    assert "dangling-view" in codes(broken)


def test_view_out_of_sight() -> None:
    """A view that exists, but is not included, is not there."""
    assert "dangling-view" in codes(hub(includes=INCLUDES[1:]))


def test_dangling_include() -> None:
    """A file that is not generated cannot be included."""
    assert {"dangling-include"} == codes(hub(includes=(*INCLUDES, "/shop/views/gone.view.lkml")))


@pytest.mark.parametrize(
    ("explore", "includes"),
    [(replace(EXPLORE, persist_with="other"), INCLUDES), (EXPLORE, INCLUDES[:1])],
    ids=["unknown", "not included"],
)
def test_dangling_datagroup(explore: lookml.Explore, includes: tuple[str, ...]) -> None:
    """An explore persists with a datagroup that it includes."""
    assert {"dangling-datagroup"} == codes(hub(explore=explore, includes=includes))


@pytest.mark.parametrize(
    "artifacts",
    [
        hub(with_sql("SUM(${id}")),
        hub(with_sql("${id}) + (1")),
        hub(with_sql("SELECT FROM")),
        hub(with_sql("${id}; DROP TABLE x")),
        hub(replace(VIEW, sql_table_name="`p.d.orders` WHERE")),
        hub(explore=replace(EXPLORE, sql_always_where="${orders.id} >=")),
        hub(explore=replace(EXPLORE, joins=(replace(EXPLORE.joins[0], sql="LEFT UNNEST x"),))),
        hub(explore=replace(EXPLORE, joins=(replace(EXPLORE.joins[0], sql_on="1 = "),))),
        (
            artifact(
                "z.lkml",
                lookml.Document(datagroups=(lookml.Datagroup("z", sql_trigger="SELECT MAX("),)),
            ),
        ),
    ],
)
def test_unparsable_sql(artifacts: tuple[Artifact, ...]) -> None:
    """Every fragment is judged in the place where it will stand."""
    assert "unparsable-sql" in codes(artifacts)


def test_fan_out() -> None:
    """A primary key is all that such an explore wants."""
    keyed = replace(VIEW, dimensions=(replace(VIEW.dimensions[0], primary_key=True),))

    assert () == check(hub(keyed))


def test_finding_has_a_place() -> None:
    """A finding points at the entry that asked for the file."""
    (found,) = (item for item in check(hub(with_sql("${x}"))) if item.code == "dangling-field")

    assert ("namespaces.yaml:7", "shop.views/orders.view.lkml") == (str(found.at), found.subject)


def test_a_column_of_an_array_is_missing_in_the_array() -> None:
    """What a nested view reads is told by the path that people know, not by a name of ours."""
    sku = Column("sku", DataType.STRING)
    columns = (
        Column("id", DataType.INT64),
        Column("lines", DataType.STRUCT, Mode.REPEATED, fields=(sku,)),
    )
    name = RelationName("p", "d", "orders")
    orders = lookml.View(
        "orders",
        sql_table_name="`p.d.orders`",
        dimensions=(lookml.Dimension("lines", sql="${TABLE}.lines", hidden=True),),
    )
    lines = lookml.View("orders__lines", dimensions=(lookml.Dimension("x", sql="${TABLE}.skus"),))
    page = artifact("views/orders.view.lkml", lookml.Document(views=(orders, lines)))
    known = Knowledge({name: Relation(name, Kind.TABLE, columns)})

    (found,) = (item for item in check((page,), knowledge=known) if item.code == "missing-column")

    assert "p.d.orders.lines" in found.message
    assert "lookml_gen" not in str(found)


def test_prove_leaves_out_what_stood_on_it() -> None:
    """With a view goes its explore, then nothing is wrong any more; the rest stays."""
    sound, found = prove(hub(with_sql("${x}")))

    assert ["shop/datagroups/orders.datagroup.lkml"] == [item.path for item in sound]
    assert {"dangling-field", "dangling-include", "dangling-view"} <= {i.code for i in found}
    assert set() == codes(sound)


def test_prove_keeps_what_is_sound() -> None:
    """A warning costs nothing."""
    assert hub() == prove(hub())[0]
