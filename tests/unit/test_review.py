"""What a change of LookML means for its users: nothing where only its form changed."""

import json
import re
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from generator.diagnostics import Location
from generator.lookml.reader import MalformedError, read
from generator.review.changes import Change
from generator.review.machine import as_json
from generator.review.markdown import LONGEST, as_markdown
from generator.review.reviewed import Review, review
from generator.review.rules import BREAKING, COSMETIC, VISIBLE, Severity, severities
from generator.review.spokes import Break, Broken
from generator.review.text import as_text

VIEW = """view: orders {
  sql_table_name: `acme.shop.orders` ;;
  parameter: channel { type: unquoted allowed_value: { value: "a" } allowed_value: { value: "b" } }
  dimension: id { type: number hidden: yes primary_key: yes sql: ${TABLE}.id ;; }
  dimension: city { type: string sql: ${TABLE}.city ;; label: "City" group_label: "Place"
    description: "Where to" suggestions: ["Ulm", "Bonn"] tags: ["geo"] html: <b>{{ value }}</b> ;;
    drill_fields: [id, day_date] }
  dimension_group: day { type: time timeframes: [date, week] sql: ${TABLE}.day ;; }
  measure: total { type: sum sql: ${TABLE}.amount + 1 ;; filters: [city: "Ulm"]
    value_format_name: decimal_1 }
  measure: orders { type: count }
  set: detail { fields: [id, city] }
}
view: cities { derived_table: { sql: SELECT 1 AS name ;; } dimension: name {} }
"""
EXPLORE = """include: "/shop/views/orders.view.lkml"
datagroup: daily { sql_trigger: SELECT 1 ;; max_cache_age: "1 day" }
explore: orders {
  label: "Orders"
  persist_with: daily
  sql_always_where: ${id} > 0 ;;
  always_filter: { filters: [day_date: "28 days"] }
  join: cities { relationship: many_to_one sql_on: ${orders.city} = ${cities.name} ;; }
  aggregate_table: roll { query: { dimensions: [city] measures: [total] }
    materialization: { datagroup_trigger: daily } }
}
"""
BOARD = """- dashboard: sales
  title: Sales
  filters:
  - {name: City, title: City, type: field_filter, default_value: Ulm, explore: orders,
     field: orders.city, ui_config: {type: tag_list, options: [Ulm, Bonn]}}
  elements:
  - {title: Total, name: total, explore: orders, type: looker_line, fields: [orders.total],
     row: 0, col: 0, listen: {City: orders.city}}
"""
EXPLORES = "shop/explores/orders.explore.lkml"
TREE = {
    "shop/views/orders.view.lkml": VIEW,
    EXPLORES: EXPLORE,
    "shop/dashboards/sales.dashboard.lookml": BOARD,
    "web/views/x.view.lkml": "view: x {}\n",
}


def compared(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes from one tree to another; both are understood."""
    found = review(old, new, {})
    assert () == found.unreadable
    return found.changes


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """The tree with one text replaced, which is there once."""
    path = next(path for path in TREE if file in path)
    assert 1 == TREE[path].count(old)
    return {**TREE, path: TREE[path].replace(old, new)}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        # views
        ("view", "view: cities {", "view: more {} view: cities {", "visible added view more"),
        ("view", "view: cities", "view: towns", "breaking renamed view cities"),
        ("view", VIEW[VIEW.index("view: cities") :], "", "breaking removed view cities"),
        ("view", "shop.orders`", "shop.sales`", "visible table view orders"),
        ("view", "SELECT 1 AS name", "SELECT 2 AS name", "visible table view cities"),
        ("view", "view: orders {", "view: orders { extends: [x]", "breaking extends view orders"),
        # fields
        ("view", "dimension: name {}", "dimension: name {} dimension: x {}",
         "visible added dimension x"),
        ("view", "measure: orders { type: count }", "", "breaking removed measure orders"),
        ("view", "dimension: city", "dimension: town", "breaking renamed dimension city"),
        ("view", "measure: orders { type: count }", "dimension: orders {}",
         "breaking kind dimension orders"),
        ("view", "type: sum", "type: max", "breaking type measure total"),
        ("view", "amount + 1", "amount + 2", "visible sql-meaning measure total"),
        ("view", "amount + 1", "amount+1", "cosmetic sql-form measure total"),
        ("view", '"City"', '"Town"', "visible label dimension city"),
        ("view", '"Place"', '"Places"', "visible label dimension city"),
        ("view", '"Where to"', '"Whereto"', "cosmetic description dimension city"),
        ("view", "hidden: yes", "", "visible hidden dimension id"),
        ("view", "primary_key: yes", "", "visible primary-key dimension id"),
        ("view", "[date, week]", "[date]", "breaking timeframes dimension_group day"),
        ("view", "week]", "week, raw]", "visible timeframes dimension_group day"),
        ("view", 'allowed_value: { value: "b" }', "", "breaking allowed-values parameter channel"),
        ("view", '"b" }', '"b" } allowed_value: { value: "c" }',
         "visible allowed-values parameter channel"),
        ("view", '"Ulm", "Bonn"]', '"Ulm"]', "cosmetic suggestions dimension city"),
        ("view", '"Ulm", "Bonn"]', '"Bonn", "Ulm"]', "cosmetic order dimension city"),
        ("view", '"geo"', '"place"', "cosmetic tags dimension city"),
        ("view", "<b>", "<i>", "visible looks dimension city"),
        ("view", "[id, day_date]", "[id]", "visible drilling dimension city"),
        ("view", '[city: "Ulm"]', '[city: "Bonn"]', "visible filters measure total"),
        ("view", "decimal_1", "decimal_2", "visible format measure total"),
        ("view", "fields: [id, city]", "fields: [id]", "visible fields set detail"),
        # explores
        ("explore", "28 days", "7 days", "visible filter-default explore orders"),
        ("explore", "orders {", "orders { hidden: yes ", "visible hidden explore orders"),
        ("explore", "orders {", "orders { view_name: cities ", "breaking base-view explore orders"),
        ("explore", "orders {", "orders { fields: [total] ", "breaking fields explore orders"),
        ("explore", "persist_with: daily", "", "cosmetic caching explore orders"),
        ("explore", "${id} > 0", "${id} > 1", "visible filters explore orders"),
        ("explore", "many_to_one", "one_to_one", "visible join join cities"),
        ("explore", "${orders.city} =", "${orders.id} =", "visible join join cities"),
        ("explore", "  join: cities", "  join: x {} join: cities", "visible added join x"),
        ("explore", "[city]", "[id]", "cosmetic aggregate-table aggregate_table roll"),
        ("explore", "SELECT 1", "SELECT 2", "cosmetic caching datagroup daily"),
        ("explore", "orders.view", "*.view", f"cosmetic includes file {EXPLORES}"),
        # dashboards
        ("sales", "title: Sales", "title: Shop", "visible label dashboard sales"),
        ("sales", "default_value: Ulm", "default_value: Bonn",
         "visible filter-default dashboard_filter City"),
        ("sales", "[Ulm, Bonn]", "[Ulm]", "cosmetic filter-options dashboard_filter City"),
        ("sales", "type: field_filter", "type: string_filter",
         "visible filter-kind dashboard_filter City"),
        ("sales", "row: 0, col: 0", "row: 10, col: 12", "cosmetic moved tile total"),
        ("sales", "looker_line", "looker_area", "visible looks tile total"),
        ("sales", "[orders.total]", "[orders.id]", "visible query tile total"),
        ("sales", "name: total", "name: sum", "visible renamed tile total"),
        ("sales", BOARD[BOARD.index("  elements") :], "", "visible removed tile total"),
    ],
)  # fmt: skip
def test_one_edit_is_one_change(file: str, old: str, new: str, expected: str) -> None:
    """Of the right kind and severity, of the right thing."""
    found = compared(TREE, edited(file, old, new))

    assert [expected] == [f"{c.severity} {c.code} {c.kind} {c.name}" for c in found]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("view", "amount + 1", "amount\n   +  1"),
        ("view", "[date, week]", "[week, date]"),
        ("view", "dimension: name {}", "dimension: name { hidden: no }"),
        ("view", "tags: [", "# a comment\ntags: ["),
        ("view", '[city: "Ulm"]', '{ field: city value: "Ulm" }'),
        ("view", 'suggestions: ["Ulm", "Bonn"] tags: ["geo"]',
         'tags: ["geo"] suggestions: ["Ulm","Bonn",]'),
        ("sales", "title: Total, name: total,", '"name": "total", title: ' + "'Total',"),
        ("sales", "  elements:\n  - {title: Total,",
         "  elements:\n  - {width: 1, name: new, title: T}\n  - {title: Total,"),
    ],
)  # fmt: skip
def test_form_is_no_change(file: str, old: str, new: str) -> None:
    """Blanks, order, quotes, comments, what is so anyway; a tile that comes moves no other."""
    found = [change for change in compared(TREE, edited(file, old, new)) if change.name != "new"]

    assert [] == found


@pytest.mark.parametrize(
    ("old", "new"),
    [("'a b'", "'a  b'"), ("1 -- x\n+ 2", "1 -- x + 2"), ("'''a\n b'''", "'''a b'''")],
)
def test_blanks_that_count(old: str, new: str) -> None:
    """In a literal, and at the end of a comment."""
    one, other = (
        {"shop/a.lkml": f"view: v {{ dimension: d {{ sql: {sql} ;; }} }}"} for sql in (old, new)
    )

    assert ["sql-meaning"] == [change.code for change in compared(one, other)]


def test_what_goes_is_told_once() -> None:
    """A view that goes takes its fields along; a namespace that comes brings all that it has."""
    rest = {path: text for path, text in TREE.items() if "shop/views" not in path}
    gone = compared(TREE, rest)
    (come,) = compared({"web/views/x.view.lkml": TREE["web/views/x.view.lkml"]}, TREE)

    assert [("removed", "cities"), ("removed", "orders")] == [(c.code, c.name) for c in gone]
    assert ("dimension", 2) in gone[1].contents
    assert ("added", "namespace", "shop") == (come.code, come.kind, come.name)
    assert ("explore", 1) in come.contents


def test_what_moves_is_told_as_such() -> None:
    """Into another namespace, with what changed on the way; into another file, nothing."""
    path = "shop/views/orders.view.lkml"
    rest = {name: text for name, text in TREE.items() if name != path}
    away = compared(TREE, {**rest, "web/views/orders.view.lkml": VIEW.replace("City", "Town")})
    near = compared(TREE, {**rest, "shop/orders.view.lkml": VIEW})

    assert [
        ("namespace", ("web", "view cities"), "shop"),
        ("namespace", ("web", "view orders"), "shop"),
        ("label", ("web", "view orders", "dimension city"), "City"),
    ] == [(change.code, change.path, change.before) for change in away]
    assert () == near


def test_a_view_under_a_new_name() -> None:
    """Its fields are not told, unless they changed."""
    after = edited("view", "view: orders {", "view: sales {")
    changed = {path: text.replace("type: sum", "type: max") for path, text in after.items()}

    assert ["renamed"] == [change.code for change in compared(TREE, after)]
    assert ["renamed", "type"] == [change.code for change in compared(TREE, changed)]


def test_two_that_are_alike_are_not_guessed() -> None:
    """Which of them was renamed nobody can say."""
    old = {"a/a.lkml": "view: v { measure: a { type: count } measure: b { type: count } }"}
    new = {"a/a.lkml": "view: v { measure: c { type: count } measure: d { type: count } }"}

    assert ["removed", "removed", "added", "added"] == [c.code for c in compared(old, new)]


def test_objects_of_one_name_are_not_lost() -> None:
    """Refinements of one view in several files, and a field that stands twice."""
    old = {
        "a/a.lkml": 'view: +v { label: "1" }',
        "a/b.lkml": "view: +v { dimension: x {} dimension: x { sql: 1 ;; } }",
    }
    new = {**old, "a/b.lkml": "view: +v { dimension: x {} dimension: x { sql: 2 ;; } }"}

    assert ["sql-meaning"] == [change.code for change in compared(old, new)]
    assert ["label"] == [
        change.code for change in compared(old, {**old, "a/a.lkml": 'view: +v { label: "2" }'})
    ]


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


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("shop/views/orders.view.lkml", "view: orders {"),
        ("shop/dashboards/sales.dashboard.lookml", "- dashboard: [sales"),
        ("shop/dashboards/sales.dashboard.lookml", "- " * 400_000 + "a"),
        (
            "shop/dashboards/sales.dashboard.lookml",
            "- dashboard: a\n  b: " + "[" * 400_000,
        ),
        (
            "shop/dashboards/sales.dashboard.lookml",
            "a0: &a0 [x]\n"
            + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
        ),
    ],
)
def test_what_cannot_be_read_is_not_gone(file: str, text: str) -> None:
    """It is named, and compared in neither tree."""
    found = review(TREE, {**TREE, file: text}, {})

    assert () == found.changes
    assert [file] == [item.at.path for item in found.unreadable if item.at]


def made(count: int, severity: Severity = BREAKING) -> tuple[Change, ...]:
    """So many changes."""
    at = Location("shop/a.lkml", 1)
    return tuple(
        Change("type", severity, ("shop", f"view v{n}"), "view", f"v{n:06}", at, "a", "b")
        for n in range(count)
    )


@pytest.mark.parametrize("count", [3, 500, 5_000])
@pytest.mark.parametrize("longest", [LONGEST, 2_000])
def test_a_comment_is_never_too_long(count: int, longest: int) -> None:
    """What breaks comes first; what has no room is counted."""
    breaks = tuple(Break(Location("spoke/x", n), "view", f"v{n:06}") for n in range(count))
    whole = Review((*made(count), *made(count, VISIBLE)), Broken(breaks, breaks))

    text = as_markdown(whole, longest)
    told = len(re.findall("^- ", text, re.MULTILINE))

    assert len(text) <= longest
    assert "v000000" in text
    lost = 3 * count - told
    assert (f"_and {lost:,} more_" in text) == bool(lost)


def test_a_table_is_never_too_long() -> None:
    """The namespaces with the worst are named."""
    found = tuple(
        replace(
            change, path=(f"n{n:03}", *change.path[1:]), severity=BREAKING if n > 90 else COSMETIC
        )
        for n, change in enumerate(made(100))
    )
    text = as_markdown(Review(found))

    assert "| `n099` | 1 |" in text
    assert "| 60 more |" in text


@pytest.mark.parametrize(
    "name",
    [
        "`a`b``c`",
        "</details>",
        "a|b",
        "[x](http://y)",
        "@all",
        "a\nb",
        "\x1b[31m",
        "\u202e",
        "``",
        "",
    ],
)
def test_names_do_nothing(name: str) -> None:
    """Whatever a name has in it stands in code; on a terminal, as text."""
    at = Location(f"{name}/a.lkml", 1)
    change = Change("type", BREAKING, (name, f"view {name}"), "view", name, at, name, name)
    found = Review(
        (change, replace(change, severity=VISIBLE)),
        Broken((Break(at, "view", name, f"renamed to `{name}`"),)),
    )

    text = as_markdown(found)
    bare = re.sub(r"<summary>.*?</summary>", "", text)
    bare = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", bare)
    for sign in ("</details>\n</details>", "[x]", "@", "\x1b", "\u202e", "`"):
        assert sign not in bare
    assert all(line.isprintable() for line in as_text(found))


def test_text_is_coloured_on_request() -> None:
    """The severity alone."""
    found = Review(made(1))

    assert "  breaking  view `v000000`: type `a` → `b`" == list(as_text(found))[1]
    assert "  \x1b[31mbreaking\x1b[0m  view" in list(as_text(found, colour=True))[1]
    assert "1 breaking" == list(as_text(found))[-1]


def test_what_comes_together_is_told_together() -> None:
    """Twenty columns are one line; twelve are named."""
    fields = " ".join(f"dimension: c{n:02} {{}}" for n in range(20))
    found = review(TREE, edited("view", "dimension: name {}", f"dimension: name {{}} {fields}"), {})

    (line,) = [text for text in as_text(found) if "added" in text]
    assert line.startswith("  visible   20 dimensions added to view `cities`: `c00`, `c01`")
    assert line.endswith("`c11` and 8 more")


def test_json_says_everything() -> None:
    """Each change once, with its severity and place."""
    found = json.loads(as_json(review(TREE, edited("view", "type: sum", "type: max"), {})))
    (row,) = found["changes"]

    assert (True, 1) == (found["breaking"], found["summary"]["breaking"])
    assert ("type", "sum", "max", 9) == (row["code"], row["before"], row["after"], row["line"])


def test_every_code_has_its_severities() -> None:
    """A code that is always cosmetic, and one that depends."""
    known = dict(severities())

    assert (COSMETIC,) == known["description"]
    assert (BREAKING, VISIBLE) == known["timeframes"]
