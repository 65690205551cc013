"""Data written as YAML: any reader reads the same, whatever it holds."""

from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.yaml_text import written

_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x85\ufeff"),
    max_size=40,
)
_SINGLE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.dates(), _TEXTS
)
_DATA = st.recursive(
    _SINGLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(_DATA, st.sampled_from([40, 100, 1_000_000]))
def test_reads_as_it_was(value: object, width: int) -> None:
    """Nothing is taken for something else, and nothing is broken where it must not be."""
    assert value == yaml.safe_load(written(value, width=width))


@given(_DATA)
def test_as_the_library_writes_it(value: object) -> None:
    """The short way gives what the long way does."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper = type("NoAliases", (dumper,), {"ignore_aliases": lambda *_: True})
    said = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    assert said == written(value, width=100)


def test_one_list_in_two_places_has_no_name() -> None:
    """A reader sees it twice."""
    fields = ["a", "b"]

    assert "x:\n- a\n- b\ny:\n- a\n- b\n" == written({"x": fields, "y": fields}, width=100)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a b", "a b\n"), ("1,2", "'1,2'\n"), (date(2026, 7, 1), "2026-07-01\n")],
)
def test_quotes_what_is_not_plain(value: object, text: str) -> None:
    """Whoever says what is plain is asked about texts only."""
    assert text == written(value, width=100, is_plain=lambda said: "," not in said)
