"""SQL as BigQuery writes it."""

import pytest

from generator.sql import RESERVED, dotted, is_usable, literal, quoted


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("country", "country"),
        ("_x", "_x"),
        ("`order`", "order"),
        ("`OrDeR`", "OrDeR"),
        ("`2fa`", "2fa"),
        ("`a-b`", "a-b"),
        ("`a b`", "a b"),
        ("`é`", "é"),
        ("``", ""),
        ("date", "date"),
        ("timestamp", "timestamp"),
    ],
)
def test_quoted(expected: str, name: str) -> None:
    """Back-ticks where BigQuery needs them, and nowhere else."""
    assert expected == quoted(name)


def test_reserved_words_are_quoted() -> None:
    """No reserved word stands bare."""
    assert [] == [word for word in RESERVED if quoted(word.lower()) == word.lower()]


@pytest.mark.parametrize("name", ["", "a`b", "a\\b", "a{b", "a}b", "a;b", "a\nb", "a\x00b"])
def test_unusable(name: str) -> None:
    """What would end the back-ticks or the LookML block cannot be written."""
    assert not is_usable(name)


@pytest.mark.parametrize("name", ["a", "a b", "a'b", 'a"b', "a%b", "$a", "#", "é", "🦊", "a.b"])
def test_usable(name: str) -> None:
    """Back-ticks hold everything else."""
    assert is_usable(name)


def test_dotted() -> None:
    """Each part for itself."""
    assert "a.`order`.`2`" == dotted(["a", "order", "2"])


@pytest.mark.parametrize(
    ("expected", "text"),
    [("''", ""), (r"'it\'s'", "it's"), (r"'a\\b'", r"a\b"), (r"'a\nb'", "a\nb"), ("'\"'", '"')],
)
def test_literal(expected: str, text: str) -> None:
    """Between single quotes, escaped."""
    assert expected == literal(text)
