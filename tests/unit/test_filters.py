"""Filter expressions: what is written finds exactly what was meant."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.lookml.filters import any_of, escape, matches, values_of

_ODD = ("", "-", "-a", "--", "a,b", "100%", "a_b", "^", "^^", '"', 'a"', "\\", "\\,", "'", "a'b")
_BLANK = (" ", "  ", " a", "a ", "a  ", "^ ", " ^ ", '" ', "a\t", "\n", ' " ', "\\ ", "'\\ ")
_NAMED = ("NULL", "null", "EMPTY", "Empty", "-NULL", "enabled", "All", "é", "a b", "a-b")
VALUES = (*_ODD, *_BLANK, *_NAMED)
values = st.sampled_from(VALUES) | st.text("ab,%_^\"-\\ '\tNUL", max_size=6) | st.text(max_size=6)


@given(st.lists(values, min_size=1, max_size=5), values)
@example(list(VALUES), "ab")
def test_finds_what_was_meant(meant: list[str], other: str) -> None:
    """Any list of values matches each of them, and another value only if it is among them."""
    expression = any_of(meant)

    assert all(matches(expression, value) for value in meant)
    assert (other in meant) == matches(expression, other)
    assert tuple(meant) == values_of(expression)


@pytest.mark.parametrize("value", VALUES)
def test_each_apart(value: str) -> None:
    """No odd value is taken for another odd value."""
    assert [value] == [other for other in VALUES if matches(escape(value), other)]


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ("release", "release"),
        ("en_US", '"en_US"'),
        ("Santa Cruz, CA", '"Santa Cruz, CA"'),
        ("-1", '"-1"'),
        ("a-1", "a-1"),
        (" a", '" a"'),
        ("null", '"null"'),
        ('5" wide', '5^" wide'),
        ('-5" 1_0%', '^-5^" 1^_0^%'),
        ("^", "^^"),
        ("^ ", "^^^ ^ "),
        ('" ', '^"^ '),
        ("", "EMPTY"),
    ],
)
def test_writes(value: str, expression: str) -> None:
    """Plain values stay plain; odd ones stand in quotes, or behind carets."""
    assert expression == escape(value)


@pytest.mark.parametrize(
    ("expression", "found", "not_found"),
    [
        ("FOO", ["FOO"], ["foo", "FOOD", None]),
        ("FOO,BAR", ["FOO", "BAR"], ["FOO,BAR"]),
        ("FOO, BAR", ["FOO", "BAR"], [" BAR"]),
        ("%FOO%", ["FOO", "aFOOd"], ["fO"]),
        ("FOO%", ["FOOD"], ["buFOO"]),
        ("%FOO", ["buFOO"], ["FOOD"]),
        ("F%OD", ["Fast FOOD", "FOD"], ["F"]),
        ("EMPTY", ["", None], [" ", "EMPTY"]),
        ("NULL", [None], ["", "NULL"]),
        ("-FOO", ["pizza", "", None], ["FOO"]),
        ("-FOO,-BAR", ["pizza"], ["FOO", "BAR"]),
        ("-%FOO%", ["pizza"], ["aFOOd"]),
        ("-EMPTY", ["a"], ["", None]),
        ("-NULL", ["", "a"], [None]),
        ("FOO%,BAR", ["FOOD", "BAR"], ["BARFOOD"]),
        ("FOO%,-FOOD", ["FOOL"], ["FOOD"]),
        ("_UF", ["bUF"], ["UF", "bbUF"]),
        ("Santa Cruz^, CA", ["Santa Cruz, CA"], ["Santa Cruz"]),
        ("100^%^_^^", ["100%_^"], ["100a"]),
        ('"quoted_underscore"', ["quoted_underscore"], ["quotedaunderscore"]),
        (r'"new \"style\", 100%"', ['new "style", 100%'], ["new"]),
        ("hello^ ^ ", ["hello "], ["hello", "hello  "]),
        ("hello  ", ["hello"], ["hello  "]),
        ("", ["", "a", None], []),
        ("a,,b,", ["a", "b"], [""]),
    ],
)
def test_reads(expression: str, found: list[str | None], not_found: list[str | None]) -> None:
    """The documented examples mean what is documented."""
    assert [] == [value for value in found if not matches(expression, value)]
    assert [] == [value for value in not_found if matches(expression, value)]


@pytest.mark.parametrize("expression", ["a%", "-a", "NULL", "a,_"])
def test_no_list(expression: str) -> None:
    """An expression with a wildcard, an exclusion or NULL is no list of values."""
    assert values_of(expression) is None


def test_of_nothing() -> None:
    """No values, no filter."""
    assert any_of([]) == ""
    assert values_of("") == ()
