"""Prose from outside becomes one clean line."""

import pytest
from hypothesis import given

from generator.prose import LONGEST, prose
from tests import strategies


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (None, None),
        (None, ""),
        (None, " \n\t "),
        (None, '"'),
        (None, '""'),
        (None, "\x00"),
        ("a b", "a\r\n b"),
        ("a b", "a\u2028b"),
        ("a b", "a\u00a0\u00a0b"),
        ("a", '"a'),
        ("a", "'a'"),
        ("a", "`a`"),
        ('a"', 'a"'),
        ('"a" and "b"', '"a" and "b"'),
        ("'tis the client's", "'tis the client's"),
        ('5" wide', '5" wide'),
        ("{ { x }}", "{{ x }}"),
        ("{ % if %}", "{% if %}"),
        ("{ { {", "{{{"),
        ("}}}", "}}}"),
        ("a { b } %", "a { b } %"),
        ("${field} ;;", "${field} ;;"),
    ],
)
def test_prose(expected: str | None, text: str | None) -> None:
    """Blanks are single, stray quotes gone, Liquid asleep, and nothing else is touched."""
    assert expected == prose(text)


def test_cut_at_a_sentence() -> None:
    """What is too long ends with the last sentence that fits."""
    assert "One. Two!" == prose("One. Two! " + "x" * LONGEST)


def test_cut_at_a_word() -> None:
    """Without a sentence it ends at a word; without a word, anywhere."""
    assert "word…" == prose("word " + "x" * LONGEST)
    assert "x" * (LONGEST - 1) + "…" == prose("x" * 2 * LONGEST)


def test_just_short_enough() -> None:
    """The longest description stays whole."""
    assert "x" * LONGEST == prose("x" * LONGEST)


@given(strategies.prose)
def test_prose_is_clean(text: str) -> None:
    """Whatever comes in: one line, not too long, no Liquid; and clean prose stays as it is."""
    line = prose(text) or ""

    assert line == " ".join(line.split())
    assert len(line) <= LONGEST
    assert not any(mark in line for mark in ("{{", "{%"))
