"""How LookML is written, and what is refused rather than written wrong."""

import pytest

from generator import lookml
from generator.lookml.syntax import Form, escape, parameters, print_document, unescape


def printed(view: lookml.View) -> str:
    """The lines of a view below the header."""
    return print_document(lookml.Document(views=(view,)), "head").partition("\n\n")[2]


@pytest.mark.parametrize(
    ("expected", "text"),
    [("", ""), (r"\"", '"'), (r"\\", "\\"), (r"\\\"", '\\"'), ("a\nb", "a\nb"), (";;", ";;")],
)
def test_escape(expected: str, text: str) -> None:
    """Quotes and backslashes are escaped, and come back."""
    assert expected == escape(text)
    assert text == unescape(expected)


def test_print_order() -> None:
    """Parameters stand in the order of the class, objects of a view apart."""
    view = lookml.View(
        "v",
        label="L",
        dimensions=(
            lookml.Dimension("a", tags=("x", "y"), hidden=False, sql="${TABLE}.a"),
            lookml.Dimension("b"),
        ),
    )

    assert (
        'view: v {\n  label: "L"\n\n'
        "  dimension: a {\n    hidden: no\n    sql: ${TABLE}.a ;;\n"
        '    tags: ["x", "y"]\n  }\n\n'
        "  dimension: b {\n  }\n}\n"
    ) == printed(view)


def test_long_expression_keeps_its_lines() -> None:
    """An expression of several lines is not indented: a string in it could change."""
    view = lookml.View("v", dimensions=(lookml.Dimension("a", sql="'a\n  b'"),))

    assert "    sql:\n'a\n  b'\n    ;;\n" in printed(view)


def test_nothing_said() -> None:
    """None and no items are unsaid; false is said."""
    assert "view: v {\n}\n" == printed(lookml.View("v", label=None, dimensions=()))


@pytest.mark.parametrize("sql", ["a ;; b", "a;", ";;", "a ;;;"])
def test_no_early_end(sql: str) -> None:
    """An expression that would end its block early is our bug, not a file."""
    with pytest.raises(ValueError, match="early"):
        printed(lookml.View("v", sql_table_name=sql))


@pytest.mark.parametrize("name", ["", "a b", 'a"', "a{", "é", "a\n", "a:b"])
def test_no_odd_words(name: str) -> None:
    """What needs quotes does not stand without them."""
    with pytest.raises(ValueError, match="without quotes"):
        printed(lookml.View(name))


def test_parameters() -> None:
    """The class says which parameters it has, by their LookML names, in print order."""
    known = parameters(lookml.Parameter)

    assert ("allowed_values", Form.BLOCKS) == known["allowed_value"]
    assert ["hidden", "type"] == list(known)[:2]
    assert "name" not in known


def test_field_names() -> None:
    """A group has a name per timeframe, or per interval; everything else its own."""
    times = lookml.DimensionGroup("a", timeframes=("raw", "date"))
    spans = lookml.DimensionGroup("b", intervals=("day",))

    assert ("a_raw", "a_date") == lookml.field_names(times)
    assert ("b_day",) == lookml.field_names(spans)
    assert ("c",) == lookml.field_names(lookml.Measure("c"))
