"""Fields that stay for a while: what is gone, what stands in for it, and what is written down."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from generator import lookml
from generator.artifact import MANIFEST, REMOVED, Artifact, Holds, Manifest, Owned, blob_id
from generator.checks.knowledge import Knowledge
from generator.facts.catalog import Column, DataType, Kind, Relation, RelationName
from generator.facts.conventions import Conventions
from generator.facts.deprecation import Deprecation, deprecation_of
from generator.facts.removals import Removal, Removals
from generator.keeping.keep import Keeping, keep
from generator.keeping.lost import Kept, Taken, lost
from generator.keeping.past import Past
from generator.keeping.remembered import past_of, removed_of
from generator.keeping.stand_ins import stand_in
from generator.keeping.texts import field_of, kept_fields, named_in, text_of
from generator.lookml.syntax import print_document
from generator.publish.intact import Intact

PATH = "shop/views/orders.view.lkml"
TABLE = RelationName("acme", "shop", "orders")
DAY = date(2030, 1, 1)
GROUP = lookml.DimensionGroup(
    "made", type="time", timeframes=("date", "week"), sql="${TABLE}.made_at", datatype="timestamp"
)
CITY = lookml.Dimension("city", type="string", label="Town", sql="${TABLE}.city")
ID = lookml.Dimension("id", primary_key=True, sql="${TABLE}.id", drill_fields=("city",))
COUNT = lookml.Measure("customers", type="count_distinct", sql="${id}", value_format="0")
VIEW = lookml.View(
    "orders",
    sql_table_name="`acme.shop.orders`",
    dimensions=(CITY, ID),
    dimension_groups=(GROUP,),
    measures=(COUNT,),
)


def without(*names: str, **more: tuple[Kept, ...]) -> lookml.View:
    """The view without some fields, and with others."""
    kept = [field for field in kept_fields(VIEW) if field.name not in names]
    return view((*kept, *(field for fields in more.values() for field in fields)))


def view(fields: tuple[Kept, ...]) -> lookml.View:
    """The view with these fields."""
    return lookml.View(
        "orders",
        sql_table_name="`acme.shop.orders`",
        dimensions=tuple(f for f in fields if isinstance(f, lookml.Dimension)),
        dimension_groups=tuple(f for f in fields if isinstance(f, lookml.DimensionGroup)),
        measures=tuple(f for f in fields if isinstance(f, lookml.Measure)),
    )


def artifact(made: lookml.View) -> Artifact:
    """The file of a view."""
    return Artifact(PATH, lookml.Document(views=(made,)), "table_view", "shop.views.orders")


def past(
    texts: Mapping[str, str], today: date = DAY, days: int = 30, rows: tuple[Removal, ...] = ()
) -> Past:
    """A past with files that stand as we wrote them."""
    files = {
        path: Owned(blob_id(text.encode()), "", "shop.views.orders") for path, text in texts.items()
    }
    return Past(days, today, rows, files, texts.get)


def text(made: lookml.View) -> str:
    """The file of a view as it was printed."""
    return print_document(lookml.Document(views=(made,)), "Ours.")


def kept(now: lookml.View, known: Past, *columns: str) -> Keeping:
    """What is kept of the past; the table has some columns."""
    names = columns or ("city", "id", "made_at")
    types = {"made_at": DataType.TIMESTAMP}
    relation = Relation(
        TABLE, Kind.TABLE, tuple(Column(name, types.get(name, DataType.STRING)) for name in names)
    )
    return keep((artifact(now),), known, Conventions(), Knowledge({TABLE: relation}))


def fields(keeping: Keeping) -> dict[str, Kept]:
    """The fields that are kept, by name."""
    (document,) = (item.content for item in keeping.artifacts)
    assert isinstance(document, lookml.Document)
    return {field.name: field for field in kept_fields(document.views[0])
            if deprecation_of(field.description, hidden=bool(field.hidden))}  # fmt: skip


def ended(keeping: Keeping) -> dict[str, str | None]:
    """What the kept fields say of themselves."""
    return {name: field.description for name, field in fields(keeping).items()}


UNTIL = "goes away after 2030-01-31."


# what is gone


def test_a_field_of_another_name_is_gone() -> None:
    """Whatever kind it has; nothing is gone of one whose name is there, whoever has it."""
    assert [CITY] == list(lost(CITY, Taken.of(without("city"))))
    assert [] == list(lost(CITY, Taken.of(VIEW)))
    assert [] == list(
        lost(CITY, Taken.of(without("city", more=(lookml.Measure("city", type="count"),))))
    )


def test_timeframes_that_are_gone() -> None:
    """A group stays a group, unless another has its name: then each of its fields stands alone."""
    lesser = lookml.DimensionGroup(
        "made", type="time", timeframes=("date",), sql="${TABLE}.made_at"
    )
    (alone,) = lost(GROUP, Taken.of(without("made", more=(lesser,))))

    assert [GROUP] == list(lost(GROUP, Taken.of(without("made"))))
    assert (
        lookml.Dimension(
            "made_week",
            type="date_week",
            label="Made Week",
            datatype="timestamp",
            sql="${TABLE}.made_at",
        )
        == alone
    )
    taken = lookml.Dimension("made_week", type="string", sql="${TABLE}.made_at")
    (rest,) = lost(GROUP, Taken.of(without("made", more=(taken,))))
    assert ("date",) == getattr(rest, "timeframes", None)


# what stands in for it


def test_what_stands_in() -> None:
    """As it was but for keys and drills; of another name, an alias that computes nothing twice."""
    plain, named = Deprecation(DAY), Deprecation(DAY, "other")

    assert lookml.Dimension(
        "id", hidden=True, description=str(plain), sql="${TABLE}.id"
    ) == stand_in(ID, plain)
    assert "${other}" == stand_in(CITY, named).sql
    measure = stand_in(COUNT, named)
    assert ("number", "${other}", "0") == (
        measure.type,
        measure.sql,
        getattr(measure, "value_format", ""),
    )
    day = lookml.Dimension("day", type="date", sql="${TABLE}.made_at")
    assert day.sql == stand_in(day, named).sql
    latest = lookml.Measure("latest", type="date", sql="MAX(${TABLE}.made_at)")
    assert latest.sql == stand_in(latest, named).sql
    assert GROUP.sql == stand_in(GROUP, named).sql


words = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
sql = texts.map(lambda said: f"${{TABLE}}.x || '{said}'").filter(lambda said: ";;" not in said)


@given(
    st.one_of(
        st.builds(lookml.Dimension, words, label=texts, sql=sql, tags=st.tuples(texts)),
        st.builds(
            lookml.DimensionGroup, words, description=texts, timeframes=st.tuples(words), sql=sql
        ),
        st.builds(lookml.Measure, words, sql=sql, filters=st.tuples(st.tuples(words, texts))),
    )
)
def test_a_field_is_remembered_whole(field: Kept) -> None:
    """Whatever it says."""
    assert field == field_of(text_of(field))


hostile = st.text('a\n {}[]:,;"\\#', max_size=9)
lines = st.sampled_from(
    ["\n  }\n  dimension_group: x {\n", "\n    timeframes: [a]\n", "\nview: b {\n", "\n"]
)


@given(
    st.lists(st.builds(lookml.Dimension, words, label=hostile | lines, sql=st.just("1"))),
    st.lists(
        st.builds(
            lookml.DimensionGroup,
            words,
            description=hostile | lines,
            timeframes=st.lists(words, max_size=2).map(tuple),
            intervals=st.lists(words, max_size=2).map(tuple),
        )
    ),
    st.lists(st.builds(lookml.Measure, words, description=hostile | lines, sql=st.just("1"))),
)
def test_at_a_glance_nothing_is_missed(
    dimensions: list[lookml.Dimension],
    groups: list[lookml.DimensionGroup],
    measures: list[lookml.Measure],
) -> None:
    """Or it is known that nothing is certain, whatever texts say."""
    some = lookml.View("v", dimensions=tuple(dimensions), dimension_groups=tuple(groups))
    made = replace(some, measures=tuple(measures))
    seen = set(named_in(text(made)))

    assert ("", "") in seen or {("v", name) for name in made.names()} <= seen


def test_at_a_glance() -> None:
    """Of a file without odd texts each name, with its view, and no other."""
    assert {("orders", name) for name in VIEW.names()} == set(named_in(text(VIEW)))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "dimension: a {",
        "dimension: a {\n} } view: b {",
        "dimension: a {\n}\ndimension: b {\n}",
        "dimension: a { sql: x ;; }",
        "dimension: a {\n  sql: x ;;\n}\nset: s {\n  fields: [a]\n}",
        "explore: a {\n}",
        "parameter: a {\n}",
        "measure: a {\n  type: a b\n}",
    ],
)
def test_what_is_no_field_of_ours(said: str) -> None:
    """Nothing else gets into a view by way of what is written down."""
    assert field_of(said) is None


# together


def test_a_field_stays_for_its_days() -> None:
    """With the day that it went, however late one looks; after the last it is forgotten."""
    first = kept(without("city"), past({PATH: text(VIEW)}))
    (row,) = first.removals

    assert {"city": f"Deprecated; {UNTIL}"} == ended(first)
    assert (DAY, "city", text_of(CITY)) == (row.since, row.name, row.text)
    (document,) = (item.content for item in first.artifacts)
    assert isinstance(document, lookml.Document)
    standing = print_document(document, "Ours.")
    for day in (2, 31):
        later = kept(without("city"), past({PATH: standing}, date(2030, 1, day), rows=(row,)))
        assert (first.artifacts, first.removals) == (later.artifacts, later.removals)
    gone = kept(without("city"), past({PATH: standing}, date(2030, 2, 1), rows=(row,)))
    assert ({}, ()) == (ended(gone), gone.removals)


def test_a_field_of_a_new_name() -> None:
    """It is found by its SQL, on the day it went and on no other."""
    new = lookml.Dimension("town", type="string", sql="${TABLE}.city")
    found = kept(without("city", more=(new,)), past({PATH: text(VIEW)}))

    assert {"city": f"Deprecated: use `town`; {UNTIL}"} == ended(found)
    assert "${town}" == fields(found)["city"].sql
    (row,) = found.removals
    assert "town" == row.to
    late = Removal(PATH, "orders", "city", DAY, text_of(CITY))
    same = kept(without("city", more=(new,)), past({PATH: text(without("city"))}, rows=(late,)))
    assert {"city": f"Deprecated; {UNTIL}"} == ended(same)


def test_a_field_of_two_new_names_in_turn() -> None:
    """It is an alias of the last one, and each goes at its own time."""
    old = Removal(
        PATH,
        "orders",
        "place",
        date(2029, 12, 30),
        text_of(lookml.Dimension("place", type="string", sql="${TABLE}.city")),
        "city",
    )
    new = lookml.Dimension("town", type="string", sql="${TABLE}.city")
    found = kept(without("city", more=(new,)), past({PATH: text(VIEW)}, rows=(old,)))

    assert {
        "city": f"Deprecated: use `town`; {UNTIL}",
        "place": "Deprecated: use `town`; goes away after 2030-01-29.",
    } == ended(found)
    assert {"${town}"} == {field.sql for field in fields(found).values()}


def test_a_new_name_that_means_something_else_by_now() -> None:
    """Then it is no alias of it: it says what it said."""
    row = Removal(PATH, "orders", "city", DAY, text_of(CITY), "town")
    other = lookml.Dimension("town", type="string", sql="UPPER(${TABLE}.id)")
    found = kept(without("city", more=(other,)), past({}, rows=(row,)))

    assert {"city": f"Deprecated; {UNTIL}"} == ended(found)
    assert CITY.sql == fields(found)["city"].sql


@pytest.mark.parametrize(
    "now", [VIEW, without("city", more=(lookml.Measure("city", type="count"),))]
)
def test_a_name_that_is_there_again(now: lookml.View) -> None:
    """Its own field, or another: nothing is kept, nothing is said."""
    row = Removal(PATH, "orders", "city", DAY, text_of(CITY))
    found = kept(now, past({PATH: text(VIEW)}, rows=(row,)))

    assert ((artifact(now),), (), ()) == (found.artifacts, found.removals, found.unkept)


@pytest.mark.parametrize(
    ("field", "columns", "reason"),
    [
        (CITY, ("id", "made_at"), "no column `city`"),
        (COUNT, ("city",), "refers to `id`"),
        (lookml.Measure("sum", type="number", sql="SUM(price)"), ("id",), "no column `price`"),
        (lookml.Dimension("lines", html="{{ lines.sku._value }}", sql="1"), ("id",), "lines.sku"),
        (lookml.Measure("m", type="sum", sql="1", filters=(("city", "x"),)), ("id",), "`city`"),
    ],
)
def test_what_stands_on_nothing_is_not_kept(
    field: Kept, columns: tuple[str, ...], reason: str
) -> None:
    """Each reason by its name; what does not need it stays."""
    had = view((field, lookml.Measure("rows", type="count")))
    found = kept(view(()), past({PATH: text(had)}), *columns)

    assert ["rows"] == [row.name for row in found.removals]
    (said,) = found.unkept
    assert ("unkept-field", "shop.views.orders") == (said.code, said.subject)
    assert reason in said.message


def test_what_needs_what_cannot_be_kept_goes_too() -> None:
    """Of a chain nothing stays without its foundation; the rest does."""
    total = lookml.Measure("total", type="sum", sql="${city}")
    share = lookml.Measure("share", type="number", sql="${total} / ${customers}")
    had = without("nothing", more=(total, share))
    found = kept(without("city"), past({PATH: text(had)}), "id", "made_at")

    assert ["city", "share", "total"] == sorted(
        item.message.split("`")[1].removeprefix("orders.") for item in found.unkept
    )
    assert () == found.removals


def test_a_derived_table_has_the_columns_that_others_read() -> None:
    """For nobody lists them."""
    table = lookml.DerivedTable("SELECT 1 AS x")
    x = lookml.Dimension("x", sql="${TABLE}.x")
    sums = tuple(lookml.Measure(f"of_{n}", type="sum", sql=f"${{TABLE}}.{n}") for n in ("x", "y"))
    had = lookml.View("orders", derived_table=table, dimensions=(x,), measures=sums)
    found = kept(
        lookml.View("orders", derived_table=table, dimensions=(x,)), past({PATH: text(had)})
    )

    assert ["of_x"] == list(fields(found))
    assert ["unkept-field"] == [item.code for item in found.unkept]


def test_only_what_we_wrote_is_kept() -> None:
    """A file that somebody edited has no text for us; what is written down counts."""
    row = Removal(PATH, "orders", "id", DAY, text_of(ID))
    found = kept(without("city", "id", "customers"), past({}, rows=(row,)))

    assert ["id"] == list(fields(found))


def test_fields_say_themselves_until_when() -> None:
    """If what was written down is lost: neither a day more nor a day less."""
    said = stand_in(CITY, Deprecation(date(2030, 1, 9)))
    had = text(without("city", more=(said,)))
    for today, there in ((DAY, True), (date(2030, 1, 9), True), (date(2030, 1, 10), False)):
        found = kept(without("city"), past({PATH: had}, today))
        expected = {"city": "Deprecated; goes away after 2030-01-09."} if there else {}
        assert expected == ended(found)
    assert [date(2029, 12, 10)] == [
        row.since for row in kept(without("city"), past({PATH: had})).removals
    ]


def test_fewer_days_and_more() -> None:
    """Both count from the day it went; what is written down goes before what a field says."""
    row = Removal(PATH, "orders", "city", date(2029, 12, 20), text_of(CITY))
    had = text(without("city", more=(stand_in(CITY, Deprecation(date(2030, 1, 19))),)))
    said = {
        days: ended(kept(without("city"), past({PATH: had}, DAY, days, (row,))))
        for days in (0, 11, 12, 40, 3650)
    }

    assert {0: {}, 11: {}} == {days: said[days] for days in (0, 11)}
    assert "Deprecated; goes away after 2030-01-01." == said[12]["city"]
    assert "Deprecated; goes away after 2030-01-29." == said[40]["city"]
    assert "Deprecated; goes away after 2039-12-18." == said[3650]["city"]


# what is written down


def test_what_is_written_reads_back() -> None:
    """A line for each, in one order; of two of one name, the older."""
    rows = (
        Removal("b", "v", "x", DAY, 'dimension: x {\n  label: "ä"\n}'),
        Removal("a", "v", "x", DAY, "", "y"),
        Removal("a", "v", "x", date(2029, 1, 1), ""),
    )
    written = Removals(rows[:2]).to_json()

    assert written == Removals(rows[1::-1]).to_json()
    assert (rows[1], rows[0]) == Removals.from_json(written).rows
    assert 4 == len(written.splitlines())
    assert (rows[2], rows[0]) == Removals.from_json(Removals(rows).to_json()).rows


def stand(folder: Path, said: str, id_: str | None = None) -> Intact:
    """A folder that has such a file of removals."""
    (folder / ".lookml-gen").mkdir()
    (folder / REMOVED).write_text(said)
    owned = Owned(id_ or blob_id(said.encode()), "removed", "lookml-gen.removed")
    (folder / MANIFEST).write_text(Manifest({REMOVED: owned}).to_json())
    return Intact(str(folder), Manifest({REMOVED: owned}), folder)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{}",
        "[1]",
        '[{"path": "a"}]',
        '[{"path": "a", "view": "v", "name": "x", "since": "2030-02-31", "text": ""}]',
        "[" * 9999,
    ],
)
def test_what_is_written_down_may_be_lost(tmp_path: Path, said: str) -> None:
    """Then nothing is known, and that is said with its place."""
    found = past_of(stand(tmp_path, said), 30, DAY)

    assert () == found.removals
    (told,) = found.noticed
    assert ("forgotten-removals", str(tmp_path / REMOVED)) == (told.code, told.at and told.at.path)


def test_what_somebody_wrote_down_is_not_known(tmp_path: Path) -> None:
    """Only what we wrote; and nothing is said where there was nothing."""
    row = Removal(PATH, "orders", "city", DAY, text_of(CITY))
    edited = past_of(stand(tmp_path, Removals((row,)).to_json(), "0" * 40), 30, DAY)

    assert ((), ["forgotten-removals"]) == (edited.removals, [item.code for item in edited.noticed])
    assert () == past_of(Intact("nowhere"), 30, DAY).noticed


def test_what_goes_tomorrow_went_today(tmp_path: Path) -> None:
    """A clock that was wrong keeps nothing for ever."""
    row = Removal(PATH, "orders", "city", date(9999, 12, 31), text_of(CITY))
    found = past_of(stand(tmp_path, Removals((row,)).to_json()), 30, DAY)

    assert [DAY] == [row.since for row in found.removals]
    assert date(2030, 1, 31) == found.last_day(found.removals)


@pytest.mark.parametrize(
    ("holds", "is_made", "known"),
    [
        (Holds(), False, False),
        (Holds(subjects=frozenset({"shop.views.orders"})), False, True),
        (Holds(outside=frozenset({"web"})), False, True),
        (Holds(), True, False),
        (Holds(subjects=frozenset({"shop.views.orders"})), True, True),
    ],
)
def test_of_what_stays_as_it_was_nothing_is_forgotten(
    holds: Holds, *, is_made: bool, known: bool
) -> None:
    """Held, of another namespace, or made in part; what is made anew is known anew."""
    row = Removal(PATH, "orders", "city", DAY, text_of(CITY))
    files = (artifact(VIEW),) if is_made else ()
    (*found,) = removed_of((), files, past({PATH: ""}, rows=(row,)), holds, holds.outside)

    rows = [item.content.rows for item in found if isinstance(item.content, Removals)]
    assert ([(row,)] if known else []) == rows
