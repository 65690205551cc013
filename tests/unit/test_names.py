"""Names: what people and warehouses write becomes what LookML accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.names import LONGEST, identifier, is_identifier, nested, time_stem, title, titles


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("a", "a"),
        ("a", "A"),
        ("sessionid", "sessionId"),
        ("f_2fa", "2fa"),
        ("f_x", "_x"),
        ("f_x", "___x"),
        ("f_", ""),
        ("f_", "_"),
        ("a_b_c", "a b-c"),
        ("f_t_", "été"),
        ("stra_e", "Straße"),
        ("f_", "日本"),
        ("i_stanbul", "İstanbul"),  # its first small letter is two characters
        ("a" * LONGEST, "a" * (LONGEST + 1)),
    ],
)
def test_identifier(expected: str, text: str) -> None:
    """Small ASCII letters, digits and `_`, a letter first, not too long."""
    assert expected == identifier(text)


@given(st.text())
def test_identifier_is_one(text: str) -> None:
    """Whatever the text, the name is valid; and a valid name stays as it is."""
    assert is_identifier(identifier(text))
    assert identifier(text) == identifier(identifier(text))


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (True, "a"),
        (True, "a_1__b"),
        (True, "a" * LONGEST),
        (False, "a" * (LONGEST + 1)),
        (False, ""),
        (False, "A"),
        (False, "1a"),
        (False, "_a"),
        (False, "a-b"),
        (False, "é"),
        (False, "a\n"),
        (False, "a²"),
    ],
)
def test_is_identifier(expected: bool, text: str) -> None:  # noqa: FBT001 - a table
    """Only what LookML, Looker and we accept as it is."""
    assert expected is is_identifier(text)


@pytest.mark.parametrize(
    ("expected", "parts"),
    [("a__b", ["a", "b"]), ("a", ["a"]), ("a___b", ["a", "_b"]), ("f_2__b", ["2", "B"])],
)
def test_nested(expected: str, parts: list[str]) -> None:
    """The parts, joined by two underscores, as a name."""
    assert expected == nested(parts)


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("submission", "submission_timestamp"),
        ("submission", "submission_date"),
        ("end", "end_time"),
        ("a__b", "a__b_date"),
        ("first_run", "first_run"),
        ("update_date", "update_date_time"),  # one suffix goes, not two
        ("date", "date"),
        ("update", "update"),
        ("a__date", "a__date"),
        ("_date", "_date"),
        ("datetime", "datetime"),
        ("created_datetime", "created_datetime"),
    ],
)
def test_time_stem(expected: str, name: str) -> None:
    """A time loses one suffix, and never all of its last part."""
    assert expected == time_stem(name)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("OS Version", "os_version"),
        ("Client ID", "client__id_"),
        ("Osaka", "osaka"),
        ("", "_"),
        ("Sessionid", "sessionId"),
        ("Größe", "größe"),
    ],
)
def test_title(expected: str, text: str) -> None:
    """Single blanks, capitals first, acronyms all over."""
    assert expected == title(text)


def test_titles_with_own_acronyms() -> None:
    """The acronyms are whose they are."""
    assert "SEO: Os Name" == titles(["seo", "os_name"], frozenset({"SEO"}))
