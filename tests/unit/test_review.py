"""What a change of LookML means for its users: nothing where only its form changed."""

import json
from collections.abc import Mapping

import pytest

from generator.lookml.reader import MalformedError, read
from generator.review.changes import Change, changes
from generator.review.show import LONGEST, as_json, as_markdown, as_text
from generator.review.trees import differing, items_of

VIEW = """view: orders {
  sql_table_name: `acme.shop.orders` ;;
  dimension: id { type: number hidden: yes sql: ${TABLE}.id ;; }
  dimension: city { type: string sql: ${TABLE}.city ;; label: "City" }
  dimension_group: day { type: time timeframes: [date, week] sql: ${TABLE}.day ;; }
  measure: total { type: sum sql: ${TABLE}.amount + 1 ;; }
}
"""
EXPLORE = """include: "/shop/views/orders.view.lkml"
explore: orders { always_filter: { filters: [day_date: "28 days"] } }
"""
BOARD = """- dashboard: sales
  title: Sales
  elements:
  - {title: Total, name: total, explore: orders, fields: [orders.total], row: 0, col: 0}
"""
TREE = {
    "shop/views/orders.view.lkml": VIEW,
    "shop/explores/orders.explore.lkml": EXPLORE,
    "shop/dashboards/sales.dashboard.lookml": BOARD,
}


def compared(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes from one tree to another; both are understood."""
    (before, bad), (after, worse) = map(items_of, differing(old, new))
    assert () == (*bad, *worse)
    return changes(before, after)


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """The tree with one text replaced, which is there."""
    path = next(path for path in TREE if file in path)
    assert old in TREE[path]
    return {**TREE, path: TREE[path].replace(old, new)}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("view", '"City"', '"Town"', "visible label shop dimension city"),
        ("view", "type: sum", "type: max", "breaking type shop measure total"),
        ("view", "hidden: yes", "hidden: no", "visible hidden shop dimension id"),
        ("view", "amount + 1", "amount  +  1", None),
        ("view", "amount + 1", "amount+1", "cosmetic sql-form shop measure total"),
        ("view", "amount + 1", "amount + 2", "visible sql-meaning shop measure total"),
        ("view", "[date, week]", "[week, date]", None),
        ("view", "[date, week]", "[date]", "breaking timeframes shop dimension_group day"),
        ("view", "week]", "week, raw]", "visible timeframes shop dimension_group day"),
        ("view", "dimension: city", "dimension: town", "breaking renamed shop dimension city"),
        ("view", "shop.orders`", "shop.sales`", "visible table shop view orders"),
        ("explore", "28 days", "7 days", "visible filter-default shop explore orders"),
        ("explore", "orders {", "orders { hidden: yes ", "visible hidden shop explore orders"),
        ("sales", "row: 0", "row: 10", "cosmetic moved shop tile total"),
        ("sales", "title: Sales", "title: Shop", "visible label shop dashboard sales"),
        ("sales", "fields: [orders.total]", "fields: [orders.id]", "visible query shop tile total"),
        ("sales", "{title: Total, name: total,", "{name: \"total\", title: 'Total',", None),
    ],
)  # fmt: skip
def test_one_edit_is_one_change(file: str, old: str, new: str, expected: str | None) -> None:
    """Of the right kind; none for an edit that changes only the form."""
    found = compared(TREE, edited(file, old, new))

    said = [f"{c.severity} {c.code} {c.namespace} {c.item.kind} {c.item.name}" for c in found]
    assert ([expected] if expected else []) == said


def test_what_goes_is_told_once() -> None:
    """A view that goes takes its fields along; one that comes brings them."""
    (gone,) = compared(TREE, {path: text for path, text in TREE.items() if "view" not in path})
    (come,) = compared({}, {path: text for path, text in TREE.items() if "view" in path})

    assert ("removed", "view") == (gone.code, gone.item.kind)
    assert ("added", "view") == (come.code, come.item.kind)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("view: a {", "a brace is not closed", 1),
        ("view: a {}\n}", "a brace closes nothing", 2),
        ("view: a {\n sql: x }", "it never ends", 2),
        ("a: [b, c", "a bracket is not closed", 1),
        ("a: {" * 60, "nested too deeply", 1),
        ("# " * 20_000 + "\n}", "a brace closes nothing", 2),
    ],
)
def test_what_is_no_lookml_says_where(text: str, reason: str, line: int) -> None:
    """The reason, and the line."""
    with pytest.raises(MalformedError, match=reason) as caught:
        read(text)

    assert line == caught.value.line


def test_a_comment_is_never_too_long() -> None:
    """What breaks comes first; what has no room is counted."""
    views = "".join(f"view: v{n:04} {{ sql_table_name: t{n} ;; }}\n" for n in range(5000))
    found = compared({}, {"shop/views/many.view.lkml": views})

    text = as_markdown(found)

    assert len(text) <= LONGEST
    told = text.count("\n- ")
    assert f"_and {5000 - told:,} more_" in text
    assert "**5000 visible**" in text


def test_text_and_json_say_the_same() -> None:
    """Each change once, with its severity."""
    found = compared(TREE, edited("view", "type: sum", "type: max"))

    lines = list(as_text(found))
    (row,) = json.loads(as_json(found))["changes"]

    assert "  breaking  measure `total` in view orders: type `sum` → `max`" == lines[1]
    assert "1 breaking" == lines[-1]
    assert ("type", "sum", "max") == (row["code"], row["before"], row["after"])
