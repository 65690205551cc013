"""What the diff says of fields that will go, that went as announced, or that stay after all."""

import pytest

from generator.review.reviewed import Review, review
from generator.review.text import as_text

ENDS = "goes away after 2030-01-31."
OLD = """view: orders {
  dimension: city { label: "City" sql: ${TABLE}.city ;; primary_key: yes drill_fields: [id] }
  dimension: id { sql: ${TABLE}.id ;; }
  dimension_group: made { type: time timeframes: [date, week, month] sql: ${TABLE}.made ;; }
  measure: customers { type: count_distinct sql: ${id} ;; value_format: "0" }
}
"""
CITY = (
    f'dimension: city {{ hidden: yes description: "Deprecated; {ENDS}" sql: ${{TABLE}}.city ;; }}'
)
ALIAS = f"""measure: customers {{
  hidden: yes type: number description: "Deprecated: use `clients`; {ENDS}" sql: ${{clients}} ;;
}}
measure: clients {{ type: count_distinct sql: ${{id}} ;; value_format: "0" }}"""
WEEK = f"""dimension: made_week {{
  hidden: yes type: date_week description: "Deprecated; {ENDS}" sql: ${{TABLE}}.made ;;
}}"""


def changed(before: str, after: str) -> Review:
    """The review of a view."""
    path = "shop/views/orders.view.lkml"
    return review({path: before}, {path: after}, {})


def told(found: Review) -> list[tuple[str, str, str]]:
    """Severity, code and name of each change."""
    return [(item.severity.value, item.code, item.name) for item in found.changes]


def swapped(line: str, other: str) -> str:
    """The view with another field in the place of one."""
    (old,) = (one for one in OLD.splitlines() if line in one)
    return OLD.replace(old, other)


KEPT = swapped("city {", CITY)
RENAMED = swapped("customers", ALIAS)
PARTED = OLD.replace("date, week, month", "date, month").replace("  measure", f"{WEEK}\n  measure")


def test_a_field_that_will_go() -> None:
    """One change, whatever it lost with it."""
    found = changed(OLD, KEPT)

    assert [("visible", "deprecated", "city")] == told(found)
    assert f"Deprecated; {ENDS}" == found.changes[0].after
    assert not found.breaks


def test_a_field_of_another_name() -> None:
    """That the new one came is told, too."""
    found = changed(OLD, RENAMED)

    assert [("visible", "added", "clients"), ("visible", "deprecated", "customers")] == told(found)
    assert "use `clients`" in " ".join(as_text(found, colour=False))


def test_a_timeframe_on_its_own() -> None:
    """The group has lost nothing; what it lost besides is told."""
    found = changed(OLD, PARTED)
    both = changed(OLD, PARTED.replace("date, month", "date"))

    assert [("visible", "deprecated", "made_week")] == told(found)
    assert [("visible", "deprecated", "made_week"), ("breaking", "timeframes", "made")] == told(
        both
    )
    assert ("date, month", "date") == (both.changes[-1].before, both.changes[-1].after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (KEPT, OLD, [("visible", "hidden", "city")]),
        (RENAMED, OLD, [("breaking", "removed", "clients"), ("visible", "hidden", "customers")]),
        (PARTED, OLD, [("visible", "timeframes", "made")]),
    ],
    ids=["kept", "renamed", "parted"],
)
def test_a_field_that_is_back(before: str, after: str, expected: list[object]) -> None:
    """It breaks nothing that it is what it was."""
    assert expected == told(changed(before, after))


@pytest.mark.parametrize("before", [KEPT, RENAMED, PARTED], ids=["kept", "renamed", "parted"])
def test_a_field_that_went_as_announced(before: str) -> None:
    """It is breaking all the same."""
    after = before
    for field in (CITY, ALIAS.partition("\nmeasure")[0], WEEK):
        after = after.replace(field, "")
    found = changed(before, after)

    ((severity, code, _),) = told(found)
    assert ("breaking", "removed") == (severity, code)
    assert "as announced" in " ".join(as_text(found, colour=False))
    assert ENDS in (found.changes[0].before or "")


def test_another_day() -> None:
    """Is another description, and no more."""
    assert [("cosmetic", "description", "city")] == told(
        changed(KEPT, KEPT.replace("2030-01-31", "2030-03-01"))
    )


@pytest.mark.parametrize(
    "said",
    [
        CITY.replace("hidden: yes ", ""),
        CITY.replace("2030-01-31", "2030-01-32"),
        CITY.replace("Deprecated;", "deprecated;"),
        CITY.replace("31.", "31. Or later."),
    ],
)
def test_other_words_mean_nothing(said: str) -> None:
    """A person may write what they like: what changes is told as ever."""
    assert "deprecated" not in {item.code for item in changed(OLD, swapped("city {", said)).changes}


def test_several_are_one_line() -> None:
    """Of one end and one new name."""
    both = KEPT.replace("date, week, month", "date, month").replace(
        "  measure", f"{WEEK}\n  measure"
    )

    lines = "\n".join(as_text(changed(OLD, both), colour=False))
    assert "2 dimensions deprecated in view `orders`, goes away after 2030-01-31: " in lines
    assert "`city`, `made_week`" in lines
