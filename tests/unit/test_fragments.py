"""SQL inside LookML: what it refers to, and whether it parses where it stands."""

import pytest

from generator.lookml.fragments import Place, parse_error, references


@pytest.mark.parametrize(
    ("expected", "fragment"),
    [
        ((), ""),
        ((), "${TABLE}.a"),
        ((), "${orders.SQL_TABLE_NAME}"),
        (("a",), "${a}"),
        (("a",), "${ a }"),
        (("a", "v.b"), "${a} + ${v.b} + ${a}"),
        (("channel",), "{% parameter channel %}"),
        (("v.channel",), "{%- parameter v.channel -%}"),
        (("a", "day"), "{% condition day %} ${a} {% endcondition %}"),
        ((), "{% condition %} ${TABLE}.x {% endcondition %}"),
        ((), "$a {a} ${"),
    ],
)
def test_references(expected: tuple[str, ...], fragment: str) -> None:
    """Fields in `${}` and in Liquid tags, each once; the table is none."""
    assert expected == references(fragment)


@pytest.mark.parametrize(
    "fragment",
    [
        "${TABLE}.a.`order`.b",
        "${a} / NULLIF(${b}, 0)",
        "SAFE_DIVIDE(${a}, ${v.b})",
        "COUNT(DISTINCT IF(${a}, ${b}, NULL))",
        "'it\\'s (not) closed'",
        '"("',
        "r'\\d+'",
        "SUM(${a}) OVER (ORDER BY ${b} ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)",
        "{% condition day %} ${a} {% endcondition %}",
        "{% if anything._is_filtered %} goes {% endif %}",
        "(SELECT MAX(x) FROM UNNEST(${a}) AS x)",
        "CASE WHEN ${a} THEN 1 END",
        "${a} IN ('a', 'b')",
        "`a`[OFFSET(0)]",
        "DATE '2024-01-01'",
    ],
)
def test_sql(fragment: str) -> None:
    """BigQuery SQL with LookML in it."""
    assert parse_error(fragment) is None


@pytest.mark.parametrize(
    "fragment",
    [
        "'it''s'",
        "SUM(${a}",
        "${a})",
        ") + (",
        "a; b",
        "SELECT FROM",
        "CASE WHEN ${a} THEN 1",
        "${a} ${b} ${c}",
        "'open",
        "a, b)",
        "a, b",
        "a -- the rest, and what follows",
        "SELECT 1",
    ],
)
def test_no_sql(fragment: str) -> None:
    """What would break the query around it, or end it."""
    assert parse_error(fragment) is not None


@pytest.mark.parametrize(
    ("place", "fragment"),
    [
        (Place.RELATION, "`p.d.t`"),
        (Place.RELATION, "`{% parameter channel %}`"),
        (Place.JOIN, "LEFT JOIN UNNEST(${v.a}) AS v__a"),
        (Place.QUERY, "SELECT MAX(x) FROM (SELECT 1 AS x UNION ALL SELECT 2)"),
    ],
)
def test_places(place: Place, fragment: str) -> None:
    """A fragment is right in its own place and wrong in another."""
    assert parse_error(fragment, place) is None


@pytest.mark.parametrize(
    ("place", "fragment"),
    [
        (Place.RELATION, "`p.d.t` WHERE"),
        (Place.JOIN, "UNNEST(${v.a}) AS"),
        (Place.QUERY, "SELECT 1; SELECT 2"),
        (Place.QUERY, "SELECT 'a"),
    ],
)
def test_wrong_in_its_place(place: Place, fragment: str) -> None:
    """Each place has its own mistakes."""
    assert parse_error(fragment, place) is not None
