"""SQL of fields before an engine: what is no mistake in BigQuery is no finding."""

import pytest
from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact
from generator.checks import bound
from generator.checks.knowledge import Knowledge
from generator.checks.liquid import LiquidError, rendered
from generator.diagnostics import Diagnostic
from generator.facts.catalog import Column, DataType, Kind, Mode, Relation, RelationName
from generator.facts.conventions import Conventions

NAME = RelationName("acme", "shop", "orders")
COLUMNS = (
    Column("id", DataType.STRING),
    Column("amount", DataType.NUMERIC),
    Column("at", DataType.TIMESTAMP),
    Column("day", DataType.DATE),
    Column("place", DataType.GEOGRAPHY),
    Column("extra", DataType.JSON),
    Column("tags", DataType.STRING, Mode.REPEATED),
    Column("geo", DataType.STRUCT, fields=(Column("city", DataType.STRING),)),
)


OWN = tuple(lookml.Dimension(c.name, sql=f"${{TABLE}}.{c.name}") for c in COLUMNS)
VIEW = lookml.View("orders", sql_table_name=f"`{NAME}`", dimensions=OWN)


def said(document: lookml.Document) -> list[Diagnostic]:
    """What is said of a file."""
    artifact = Artifact("shop/views/orders.view.lkml", document, "table_view", "shop.views.orders")
    known = Knowledge({NAME: Relation(NAME, Kind.TABLE, COLUMNS)})
    return list(bound((artifact,), Conventions(), known))


def findings(item: lookml.Dimension | lookml.Measure) -> list[str]:
    """What is said of a view with one field besides its columns."""
    if isinstance(item, lookml.Measure):
        view = replace(VIEW, measures=(item,))
    else:
        view = replace(VIEW, dimensions=(*OWN, item))
    return [found.code for found in said(lookml.Document(views=(view,)))]


@pytest.mark.parametrize(
    "sql",
    [
        "mozfun.norm.os(${id})",
        "acme.udf.rare(${amount}, ${TABLE}.geo.city)",
        "NET.HOST(${id})",
        "ST_X(${place}) + 1",
        "JSON_VALUE(${extra}, '$.a.b')",
        "${TABLE}.extra.a.b",
        "DATE_DIFF(${day}, CURRENT_DATE(), DAY)",
        "TIMESTAMP_TRUNC(${at}, MONTH)",
        "ARRAY_LENGTH(${tags})",
        "(SELECT MAX(tag) FROM UNNEST(${tags}) AS tag)",
        "IF(${amount} > 1, 'a', NULL)",
        "SAFE_CAST(${id} AS INT64) + 1",
        "FORMAT('%t', ${geo})",
        "REGEXP_EXTRACT(${id}, r'(\\d+)')",
        "{% if orders.id._is_selected %}${id}{% else %}NOTHING({% endif %}",
    ],
)
def test_what_is_no_mistake(sql: str) -> None:
    """Functions that only BigQuery has, types that DuckDB lacks, and plain SQL."""
    assert [] == findings(lookml.Dimension("field", sql=sql))


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("sum", "${id}"),
        ("average", "UPPER(${id})"),
        ("number", "${amount}"),
        ("number", "SUM(SUM(${amount}))"),
        ("number", "SUM(${geo}.town)"),
        ("sum", "${amount} + ${id}"),
        ("max", "${TABLE}.geo.city - 1"),
    ],
)
def test_mistakes(kind: str, sql: str) -> None:
    """Types, aggregates of aggregates, what is not aggregated, fields that a record lacks."""
    assert ["unbound-sql"] == findings(lookml.Measure("field", type=kind, sql=sql))


@pytest.mark.parametrize(
    ("where", "on", "trigger", "wrong"),
    [
        (
            "${orders.amount} > 1",
            "${orders.id} = ${lines.id}",
            "SELECT MAX(at) FROM `acme.shop.orders`",
            [],
        ),
        ("${orders.amount} + ${orders.id} > 1", None, None, ["explore `orders`"]),
        ("SUM(${orders.id}) > 1", None, None, ["explore `orders`"]),
        (None, "${orders.amount} - ${lines.id} = 0", None, ["join `orders.lines`"]),
        (None, None, "SELECT MAX(att) FROM `acme.shop.orders`", ["datagroup `orders_new`"]),
        (None, None, "SELECT MAX(x) FROM `acme.shop`.INFORMATION_SCHEMA.TABLES", []),
        ("${orders.id} = '{{ _user_attributes['x'] }}'", "${TABLE}.id = 1", None, []),
    ],
)
def test_conditions_and_triggers(
    where: str | None, on: str | None, trigger: str | None, wrong: list[str]
) -> None:
    """What explores, joins and datagroups say is bound like the SQL of fields."""
    lines = replace(VIEW, name="lines")
    join = lookml.Join("lines", relationship="many_to_one", sql_on=on)
    explore = lookml.Explore("orders", sql_always_where=where, joins=(join,))
    group = lookml.Datagroup("orders_new", sql_trigger=trigger)
    document = lookml.Document(views=(VIEW, lines), explores=(explore,), datagroups=(group,))

    found = said(document)

    assert {"unbound-sql"} >= {item.code for item in found}
    assert wrong == [what for what in wrong for item in found if what in item.message]
    assert len(wrong) == len(found)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a {% if x %}b{% elsif y %}c{% else %}d{% endif %}", "a b"),
        ("{% unless x %}b{% endunless %}", "b"),
        ("{% case x %}{% when 1 %}b{% when 2 %}c{% else %}d{% endcase %}", "b"),
        (
            (
                "{% if x %}{% if y %}b{% else %}c{% endif %}{% else %}{% if z %}d{% endif %}"
                "{% endif %}"
            ),
            "b",
        ),
        ("{% condition v.x %} y {% endcondition %}", "( y  IS NOT NULL)"),
        ("{%- parameter v.unit -%}", "day"),
        ("{% date_start v.at %}", "TIMESTAMP('2020-01-01 00:00:00')"),
    ],
)
def test_liquid(text: str, plain: str) -> None:
    """The first branch of each choice is taken."""
    assert plain == rendered(text, {"unit": "day"})


@pytest.mark.parametrize(
    "text", ["{% if x %}a", "a{% endif %}", "{{ value }}", "{% include 'x' %}", "{% else %}"]
)
def test_liquid_that_cannot_be_rendered(text: str) -> None:
    """What depends on the query, or is no Liquid, is not judged."""
    with pytest.raises(LiquidError):
        rendered(text, {})
