"""SQL inside LookML: what it refers to, and whether it parses where it stands."""

import subprocess
import sys

import pytest

from generator.lookml.fragments import Place, parse_error, references, trust, verdicts


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


def test_what_is_trusted_is_not_parsed_again() -> None:
    """A verdict of an earlier run does for all SQL of that shape, and no parser is imported."""
    code = (
        "import sys; from generator.lookml.fragments import Place, parse_error, trust\n"
        "trust({('SUM(x__x) + 1', Place.EXPRESSION): None})\n"
        "print(parse_error('SUM(${hits}) + 1'), 'sqlglot' in sys.modules)\n"
        "print(parse_error('SUM(${hits}) +'), 'sqlglot' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = run.stdout.splitlines()

    assert "None False" == first
    assert second.endswith(" True")
    assert not second.startswith("None")


def test_verdicts_are_those_that_were_given() -> None:
    """They can be trusted as they are."""
    parse_error("MAX(${a}) - 7")
    parse_error("MAX(${a}) - (")
    known = verdicts()
    trust(known)

    assert known[("MAX(x__x) - 7", Place.EXPRESSION)] is None
    assert known[("MAX(x__x) - (", Place.EXPRESSION)] is not None
    assert known == verdicts()
