"""What dropdowns offer, and what they start with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.facts.catalog import Counts
from generator.facts.monitoring import Choice
from generator.semantics.choices import TOP, choice_of
from generator.semantics.monitoring import ALL

values = st.sampled_from(["", ALL, "a", "b", "c", "-d", "e,f", *"ghijklmnop"])
counted = st.dictionaries(values, st.integers(1, 50)).map(lambda found: tuple(found.items()))
choices = st.none() | st.lists(values.filter(bool), min_size=1, unique=True).map(
    lambda options: Choice(options[0], tuple(options))
)
margins = st.sampled_from([0.0, 0.1, 0.5])


def of(counts: Counts, before: Choice | None = None, margin: float = 0.1) -> Choice | None:
    """The choice without roll-ups."""
    return choice_of(counts, before, margin, rolled_up=False)


def test_the_commonest_stands_first() -> None:
    """Most first, equal counts by value, ten of them."""
    counts = tuple((f"v{number:02}", 5) for number in range(20, 0, -1))

    assert Choice("z", ("z", *(f"v{n:02}" for n in range(1, 10)))) == of((("z", 9), *counts))


@pytest.mark.parametrize(
    ("lead", "default"),
    [(100, "old"), (109, "old"), (110, "old"), (111, "new"), (99, "old")],
)
def test_yesterdays_default_stays_until_another_leads_by_the_margin(
    lead: int, default: str
) -> None:
    """A tenth more is not enough; the options stand as they stood."""
    found = of((("new", lead), ("old", 100)), Choice("old", ("old", "new")))

    assert found is not None
    assert default == found.default
    assert ("old", "new") == found.options


def test_the_options_stay_until_another_leads_by_the_margin() -> None:
    """The tenth is replaced by the eleventh only if that is clearly more common."""
    old = tuple(f"v{n}" for n in range(10))
    before = Choice("v0", old)
    counts = tuple((value, 100) for value in old)

    assert before == of((*counts[:9], ("v9", 90), ("new", 95)), before)
    assert before == of((("v1", 105), ("v0", 100), *counts[2:]), before)
    found = of((*counts[:9], ("v9", 80), ("new", 95)), before)

    assert found is not None
    assert (*old[:9], "new") == found.options


def test_a_default_that_is_gone_is_no_default() -> None:
    """Nobody opens a dashboard on a value that has no rows."""
    assert Choice("a", ("a",)) == of((("a", 1),), Choice("gone", ("gone", "a")))


def test_without_values_it_is_as_yesterday() -> None:
    """And without a yesterday there is no choice."""
    yesterday = Choice("b", ("a", "b"))

    assert yesterday == of((), yesterday)
    assert of(()) is None
    assert of((("", 9),)) is None


def test_all_values_together() -> None:
    """Where there are rows for all values, those come first, with nothing known of the others."""
    assert Choice(ALL, (ALL, "b", "a")) == choice_of(
        ((ALL, 99), ("b", 2), ("a", 1)), Choice("a", ("a",)), 0.1, rolled_up=True
    )
    assert Choice(ALL, (ALL,)) == choice_of((), None, 0.1, rolled_up=True)
    assert Choice(ALL, (ALL, "a")) == choice_of((), Choice(ALL, (ALL, "a")), 0.1, rolled_up=True)


@given(counted, choices, margins, st.booleans())
def test_laws(
    counts: Counts,
    before: Choice | None,
    margin: float,
    rolled_up: bool,  # noqa: FBT001
) -> None:
    """The default is offered, nothing twice, nothing blank, and the same again tomorrow."""
    found = choice_of(counts, before, margin, rolled_up=rolled_up)
    if found is None:
        return

    assert found.default in found.options
    assert len(set(found.options)) == len(found.options)
    assert "" not in found.options
    assert rolled_up == (found.default == ALL and rolled_up)
    assert len(found.options) <= TOP + rolled_up or not any(value for value, _ in counts)
    assert found == choice_of(tuple(reversed(counts)), before, margin, rolled_up=rolled_up)
    assert found == choice_of(counts, found, margin, rolled_up=rolled_up)
