"""Laws of what makes reviews fast: no short cut tells anything but what the long way tells."""

import re
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot.errors import SqlglotError

from generator import lookml
from generator.lookml.reader import Block, MalformedError, Sql, read
from generator.lookml.syntax import print_document
from generator.review.canonical import canonical, is_same_sql
from generator.review.changes import changes
from generator.review.reviewed import review
from generator.review.trees import read_tree
from tests.laws.test_review_laws import documents
from tests.strategies import hostile

_PARTS = (
    *(
        "a: b ",
        "key:",
        "a:b",
        "l: [x, y: ",
        "]",
        "[",
        "}",
        "{",
        "name ",
        '"t"',
        '"',
        "\\",
        ",",
        "#",
    ),
    *(
        "# c\n",
        "\n",
        " ",
        "sql: ",
        "sql_on : x",
        "sql_: ",
        "html:",
        ";;",
        ";",
        "$",
        "v: n { a: b }",
    ),
    *('filters: [a.b: "-1"] ', "\u00a0", "é: ü ", "expression_x$: 1 "),
)
texts = st.lists(hostile | st.sampled_from(_PARTS), max_size=12).map("".join)


def said(block: Block) -> list[tuple[object, ...]]:
    """All that a block says, with kinds and lines."""
    return [
        (entry.key, entry.line, isinstance(value, Sql), value.name, said(value))
        if isinstance(value := entry.value, Block)
        else (entry.key, entry.line, isinstance(value, Sql), value)
        for entry in block.entries
    ]


def outcome(text: str) -> Any:
    """What a text says, or why it says nothing."""
    try:
        return said(read(text))
    except MalformedError as error:
        return str(error), error.line


@given(texts)
def test_a_block_that_waits_says_what_it_said(text: str) -> None:
    """One that holds no other is read later, with one at its end at once: to the same effect."""
    later, now = outcome(f"v: n {{{text}\n}}"), outcome(f"v: n {{{text}\nlast: {{}} }}")

    if isinstance(now, list) and [entry[0] for entry in now] == ["v"]:
        *inner, last = now[0][-1]
        assert [(*now[0][:-1], inner)] == later
        assert last[0] == "last"
    else:
        assert isinstance(later, tuple) or len(later) > 1


_NAMES = st.sampled_from(
    (
        *(
            "a",
            "b",
            "A",
            "aB",
            "order",
            "value",
            "Key",
            "date",
            "sum",
            "count",
            "if",
            "any",
            "null",
        ),
        *("r", "offset", "current_date", "week", "int64", "é", "_x", "next", "case", "at", "table"),
    )
)
_PATHS = st.builds(
    lambda mark, names: ".".join((mark, *names)),
    st.sampled_from(("${TABLE}", "${x}", "${ v.y }", "{% parameter z %}")),
    st.lists(_NAMES, max_size=3),
)
_FORMS = """
{0} ~ ({0}) ~ sum({0}) ~ SUM( {0} ) ~ {0} + {1} ~ IF({0} > 1, {1}, NULL) ~ -{0} ~ +{0} ~ {0}.*
{0}.f({1}) ~ {0}(1) ~ {0} LIKE '%{1}%' ~ r'a' || {0} ~ {0}'a' ~ {0} AS a ~ /* {0} */ {1} ~ {0}[1]
`{0}` ~ {0}.`a` ~ {0} . a ~ {0} :: int ~ {0}; {1} ~ SELECT a FROM {0}, {1} ~ {0} {1} ~ @{0}
FROM {0} |> WHERE {1} ~ LEFT JOIN UNNEST({0}) AS a ~ EXTRACT(DAY FROM {0}) ~ CAST({0} AS INTEGER)
CASE WHEN {0} THEN {1} END ~ x -> {0} ~ SAFE.{0}({1}) ~ STRUCT({0} AS b, {1}) ~ IFNULL({0}, {1})
{0} <> {1} ~ INTERVAL {0} DAY ~ {0} AT TIME ZONE {1} ~ {1} -- {0} ~ {0}[OFFSET({1})]
"""
sqls = st.builds(
    str.format,
    st.sampled_from(re.split(" ~ |\n", _FORMS.strip())),
    _PATHS,
    _PATHS,
)
_WRAPPED = ("SELECT CAST({} AS STRING)", "{}", "SELECT 1 FROM {}", "SELECT 1 FROM x {}")


def parsed(sql: str) -> str | None:
    """The long way: as a parser prints it, with a name for each reference and no other changed."""
    text, marks = sql, ("${TABLE}", "${x}", "${ v.y }", "{% parameter z %}")
    for number, mark in enumerate(marks):
        text = text.replace(mark, f"mark_{number}_")
    for form in _WRAPPED:
        try:
            tree = sqlglot.parse_one(form.format(text), dialect="bigquery")
            printed = tree.sql("bigquery", comments=False, normalize_functions="upper")
        except (SqlglotError, ValueError, TypeError, AttributeError, LookupError):
            continue
        for number, mark in enumerate(marks):
            printed = printed.replace(f"mark_{number}_", mark).replace(f"MARK_{number}_", mark)
        return printed
    return None


@given(sqls)
def test_other_names_are_parsed_alike(sql: str) -> None:
    """The form of SQL does not depend on which columns were parsed before."""
    assert parsed(sql) == canonical(sql)


@given(sqls, sqls)
def test_same_sql_is_same_form(one: str, other: str) -> None:
    """SQL that a parser prints alike is the same, and SQL is the same as itself in other blanks."""
    if parsed(one) is not None and parsed(one) == parsed(other):
        assert is_same_sql(one, other)
    assert is_same_sql(one, f" {one}\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x LIKE '%${a}%'", "x LIKE '%${b}%'"),
        ("r'a' || x", "r'A' || x"),
        ("SAFE.${a}(1)", "SAFE.${b}(1)"),
        ("${x}{% if a %} + 1 {% endif %}", "${x}{% if b %} + 1 {% endif %}"),
        ("FROM ${x} |> WHERE a AT TIME ZONE b", "FROM ${y} |> WHERE a AT TIME ZONE b"),
    ],
)
def test_what_is_not_the_same(one: str, other: str) -> None:
    """A name within a literal, a literal that is raw, a function, Liquid without blanks."""
    assert is_same_sql(one, one)
    assert not is_same_sql(one, other)


@given(documents, documents, st.data())
def test_what_is_skipped_has_not_changed(
    document: lookml.Document, other: lookml.Document, data: st.DataObject
) -> None:
    """Files that are alike, and blocks that say the same, are as if read and compared."""
    made = {
        f"{name}/a.lkml": print_document(d, "-")
        for name, d in zip("ab", (document, other), strict=True)
    }
    edits = data.draw(
        st.lists(st.sampled_from(("  ", "\n", ", ", "yes", "no", "{", "x")), min_size=2, max_size=2)
    )
    after = {
        path: text.replace(edit, data.draw(st.sampled_from((edit, edit + " ", "y"))), 1)
        for (path, text), edit in zip(made.items(), edits, strict=True)
    }
    one, two = read_tree(made), read_tree(after)
    if not (one.noticed or two.noticed):
        assert changes(one.tree, two.tree) == review(made, after, {}).changes
