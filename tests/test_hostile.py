"""Schemas that nobody would write: each generates, reads back, and checks clean."""

from collections.abc import Iterable
from functools import reduce

import pytest
from lkml.keys import EXPR_BLOCK_KEYS, PLURAL_KEYS, QUOTED_LITERAL_KEYS

from generator.diagnostics import Location
from generator.facts import Facts
from generator.facts.catalog import Column, DataType, Kind, Mode, Relation, RelationName
from generator.facts.conventions import Conventions
from generator.facts.namespaces import ExploreSpec, NamespaceSpec, TableSpec, ViewSpec
from generator.lookml import Document
from generator.pipeline import Build, generate
from generator.sql import RESERVED
from tests.fakes import Recited
from tests.reading import reads_back

AT = Location("namespaces.yaml", 1)
NAME = RelationName("p", "d", "t")
VIEW = "shop/views/t.view.lkml"
LOOKML_WORDS = (
    *(*EXPR_BLOCK_KEYS, *PLURAL_KEYS, *QUOTED_LITERAL_KEYS),
    *("yes", "no", "type", "hidden", "sql", "html", "table", "sql_table_name", "name", "fields"),
)
DEEP = 12


def build_of(columns: Iterable[Column], conventions: Conventions | None = None) -> Build:
    """A view, and an explore over it, on a table of these columns."""
    view = ViewSpec("shop", "t", "table_view", AT, (TableSpec(NAME),))
    explore = ExploreSpec("shop", "t", "table_explore", AT, "t")
    namespace = NamespaceSpec("shop", AT, views=(view,), explores=(explore,))
    relation = Relation(NAME, Kind.TABLE, tuple(columns))
    facts = Facts((namespace,), conventions=conventions or Conventions())
    return generate(Recited(facts, {NAME: relation}))


def view_of(build: Build) -> Document:
    """The document of the view."""
    content = build.tree.artifacts[VIEW].content
    assert isinstance(content, Document)
    return content


def is_sound(build: Build) -> bool:
    """Whether everything was generated, without an error, and reads back."""
    errors = [item for item in build.diagnostics if item.severity == "error"]
    every = all(reads_back(build.tree.artifacts[path], build.tree[path]) for path in build.tree)
    return not errors and every and VIEW in build.tree


@pytest.mark.parametrize("type_", [DataType.STRING, DataType.TIMESTAMP, DataType.JSON])
def test_keywords_as_columns(type_: DataType) -> None:
    """Every keyword of SQL and LookML can be the name of a column."""
    words = sorted({*(word.lower() for word in RESERVED), *LOOKML_WORDS})

    build = build_of(Column(word, type_) for word in words)

    assert is_sound(build)
    fields = [field for view in view_of(build).views for field in view.fields]
    assert len(words) == len(fields)


def test_keywords_as_records() -> None:
    """Every keyword can be the name of a record, and of a repeated one."""
    words = sorted({*(word.lower() for word in RESERVED), *LOOKML_WORDS})
    inner = (Column("select", DataType.STRING), Column("at", DataType.DATE))

    build = build_of(
        Column(word, DataType.STRUCT, mode, fields=inner)
        for word, mode in zip(words, [Mode.NULLABLE, Mode.REPEATED] * len(words), strict=False)
    )

    assert is_sound(build)


@pytest.mark.parametrize("arrays", ["views", "hidden"])
@pytest.mark.parametrize("name", ["a", "with_a_name_of_thirty_characters"])
def test_deep_nesting(name: str, arrays: str) -> None:
    """Repeated records within repeated records, to any depth, each a view joined to the last."""

    def around(inner: Iterable[Column], _: int) -> Iterable[Column]:
        return (
            Column("scalars", DataType.INT64, Mode.REPEATED),
            Column(name, DataType.STRUCT, fields=(Column("x", DataType.DATE),)),
            Column(f"{name}s", DataType.STRUCT, Mode.REPEATED, fields=tuple(inner)),
        )

    deepest: Iterable[Column] = (Column("x", DataType.STRING),)
    build = build_of(reduce(around, range(DEEP), deepest), Conventions(arrays=arrays))

    assert is_sound(build)
    explore = build.tree.artifacts["shop/explores/t.explore.lkml"].content
    assert isinstance(explore, Document)
    scalars = DEEP if arrays == "views" else 0
    assert DEEP + scalars == len(explore.explores[0].joins)
    assert DEEP + scalars + 1 == len(view_of(build).views)


HOSTILE = (
    *('"', '""', "\\", '\\"', "\\\\", ";;", ";", "}", "{", "%}", "{%", "{{", "}}", "${x}", "#"),
    *("\n", "\r\n", "\r", "\t", "\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\ufeff", "\u202e"),
    *("\x00", "\x1f", "]", "[", "`", "'", "-- ", "/*", "*/", "dimension: x {", "🦊", "\u0301"),
)


def test_hostile_descriptions() -> None:
    """A description of anything stays a description, on one line, and wakes no Liquid."""
    texts = [*HOSTILE, *(f"a{one}b{two}" for one in HOSTILE for two in HOSTILE)]

    build = build_of(
        Column(f"c{number}", DataType.STRING, description=text) for number, text in enumerate(texts)
    )

    assert is_sound(build)
    told = [field.description or "" for field in view_of(build).views[0].dimensions]
    assert len(texts) == len(told)
    assert [] == [text for text in told if "{{" in text or "{%" in text or "\n" in text]


def test_hostile_names() -> None:
    """A column may be called anything: it is written, or told to be unusable."""
    build = build_of(Column(f"a{text}b", DataType.STRING) for text in HOSTILE)

    assert is_sound(build)
    codes = [item.code for item in build.diagnostics]
    fields = list(view_of(build).views[0].names())
    assert len(HOSTILE) == len(fields) + codes.count("unusable-column")


def test_very_long_names() -> None:
    """Names that are alike for their first thousand characters are told apart."""
    build = build_of(Column("a" * 1000 + tail, DataType.DATE) for tail in "bcd")

    assert is_sound(build)


def test_wide() -> None:
    """Two thousand columns are nothing special."""
    build = build_of(Column(f"c{number}", DataType.INT64) for number in range(2000))

    assert is_sound(build)
    assert 2000 == len(list(view_of(build).views[0].names()))
