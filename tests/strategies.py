"""What Hypothesis makes: LookML objects, catalogs, and namespaces files.

Names come from small pools on purpose: most examples clash somewhere.
"""

from typing import Any

from hypothesis import strategies as st

from generator.facts.catalog import (
    Column,
    DataType,
    Kind,
    Mode,
    Partitioning,
    Relation,
    RelationName,
)
from generator.facts.conventions import Conventions
from generator.lookml.dashboards import Control, Dashboard, DashboardFilter, Element
from generator.lookml.syntax import Form, parameters
from generator.sources.warehouse import Unread
from tests.reading import BLOCKS

COLUMN_NAMES = (
    *("a", "A", "a__a", "a_date", "a_time", "a_timestamp", "a_week", "a_raw", "a_date_date"),
    *("submission_date", "submission_timestamp", "event_id", "document_id", "client_id"),
    *("channel", "normalized_channel", "clients", "ping_count", "labeled_counter", "value"),
    *("select", "view", "2nd", "_x", "é", "a-a", "x`y", "per%cent", "", "a" * 150),
)
VIEW_NAMES = ("a", "a__a", "b", "a__value", "*", "t_*", "Bad Name")
TABLES = ("p.d.a", "p.d.A", "p.d.b", "p.e.a", "p.d.v", "q.d.a")
WANTED = (*TABLES, "p.d.missing", "p.d.*", "p.e.*")
FIELD_NAMES = ("a", "a_date", "total", "clients", "share", "a__a", "Bad Name")
SQL = (
    *("${a}", "${total} / ${clients}", "${a_date}", "${b.a}", "${a__a.a}", "${itself", "SUM(1"),
    *("${TABLE}.a", "a ;; b", "'it''s'", "{% if x %}1{% endif %}", "{% parameter channel %}", ""),
)

identifiers = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
words = st.from_regex(r"[-+]?[A-Za-z0-9_][A-Za-z0-9_.*-]{0,5}", fullmatch=True)
hostile = st.sampled_from(
    ['"', "\\", ";;", "}", "%}", "{{", "\n", "\u2028", "\r", "#", "]", "é", " ", "''", "a: "]
)
texts = st.lists(
    hostile | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4), max_size=5
)
prose = texts.map("".join)
# LookML ends an expression at `;;`, and the blanks around it are no part of it
expressions = (
    prose.map(lambda text: text.replace(";;", ";,").strip().rstrip(";").strip())
    .filter(bool)
    .filter(lambda text: not text.endswith(";"))
)
# `lkml` takes these for the beginning of SQL wherever they stand
pair_names = words.filter(lambda word: not word.startswith(("sql", "html", "expression")))

_VALUES: dict[Form, st.SearchStrategy[Any]] = {
    Form.WORD: words,
    Form.TEXT: prose,
    Form.EXPRESSION: expressions,
    Form.FLAG: st.booleans(),
    Form.WORDS: st.lists(words, max_size=3).map(tuple),
    Form.TEXTS: st.lists(prose, max_size=3).map(tuple),
    Form.EACH_TEXT: st.lists(prose, max_size=3).map(tuple),
    Form.PAIRS: st.dictionaries(pair_names, prose, max_size=3).map(lambda d: tuple(d.items())),
}


@st.composite
def objects(draw: st.DrawFn, cls: Any) -> Any:
    """An object of a class of LookML; few parameters are said, each in some examples."""
    values = {"name": draw(identifiers)} if "name" in cls.__struct_fields__ else {}
    known = parameters(cls)
    blocks = [key for key, (_, form) in known.items() if form in (Form.BLOCK, Form.BLOCKS)]
    plain = sorted(known.keys() - set(blocks))
    said = draw(st.sets(st.sampled_from(plain), max_size=6)) if plain else set()
    for keyword in (*sorted(said), *blocks):
        attribute, form = known[keyword]
        values[attribute] = draw(_value(keyword, form))
    return cls(**values)


def _value(keyword: str, form: Form) -> st.SearchStrategy[Any]:
    if form is Form.BLOCK:
        return st.none() | objects(BLOCKS[keyword])
    if form is Form.BLOCKS:
        return st.lists(objects(BLOCKS[keyword]), max_size=2).map(tuple)
    return _VALUES[form]


_pairs = st.dictionaries(prose, prose, min_size=1, max_size=3).map(lambda d: tuple(d.items()))
_listed = st.lists(prose, min_size=1, max_size=3).map(tuple)
_further = st.dictionaries(
    identifiers.map("ci_{}".format), prose | st.integers() | st.booleans(), max_size=3
).map(lambda found: tuple(found.items()))
dashboards = st.builds(
    Dashboard,
    dashboard=prose,
    title=prose,
    description=st.none() | prose,
    filters=st.lists(
        st.builds(
            DashboardFilter,
            name=prose,
            title=prose,
            type=words,
            default_value=st.none() | prose,
            allow_multiple_values=st.booleans(),
            ui_config=st.none()
            | st.builds(Control, type=words, display=words, options=st.just(()) | _listed),
            explore=st.none() | prose,
            listens_to_filters=st.none() | st.just(()) | _listed,
        ),
        max_size=3,
    ).map(tuple),
    elements=st.lists(
        st.builds(
            Element,
            title=prose,
            name=prose,
            model=prose,
            explore=prose,
            type=words,
            fields=_listed,
            pivots=st.just(()) | _listed,
            filters=st.just(()) | _pairs,
            listen=st.just(()) | _pairs,
            row=st.integers(min_value=0),
            series_colors=st.just(()) | _pairs,
            options=_further,
        ),
        max_size=3,
    ).map(tuple),
)
"""Dashboards with any text anywhere."""


def seldom(odd: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly the usual."""
    return st.sampled_from((usual,) * 7 + (odd,)).flatmap(lambda chosen: chosen)


def columns(depth: int = 3) -> st.SearchStrategy[tuple[Column, ...]]:
    """The columns of a relation or a record, no two of one name."""
    fields = columns(depth - 1) if depth > 1 else st.just(())
    column = st.builds(
        Column,
        name=st.sampled_from(COLUMN_NAMES),
        type=st.sampled_from(DataType),
        mode=st.sampled_from(Mode),
        description=st.none() | prose,
    )
    record = st.builds(
        Column,
        name=st.sampled_from(COLUMN_NAMES),
        type=st.just(DataType.STRUCT),
        mode=st.sampled_from(Mode),
        fields=fields,
    )
    return st.lists(
        column | column | record,
        min_size=1,
        max_size=7 if depth > 1 else 3,
        unique_by=lambda c: c.name,
    ).map(tuple)


names = st.sampled_from(TABLES).map(RelationName.parse)


def relations(name: RelationName) -> st.SearchStrategy[Relation | Unread]:
    """What a warehouse may say of a name."""
    relation = st.builds(
        Relation,
        name=st.just(name),
        kind=st.sampled_from(Kind),
        columns=columns(),
        partitioning=st.none()
        | st.builds(
            Partitioning,
            field=st.none() | st.sampled_from(COLUMN_NAMES),
            require_partition_filter=st.booleans(),
        ),
        reads_from=st.lists(names, max_size=2).map(tuple),
        primary_key=st.lists(st.sampled_from(COLUMN_NAMES), max_size=2).map(tuple),
    )
    return seldom(st.just(Unread("access denied")), relation)


catalogs = st.fixed_dictionaries(
    {name: relations(name) for name in map(RelationName.parse, TABLES[:4])},
    optional={name: relations(name) for name in map(RelationName.parse, TABLES[4:])},
)

_column_names = st.sampled_from(COLUMN_NAMES)
_parameters = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(("sum", "count", "number", "count distinct")),
        "sql": st.sampled_from(SQL),
        "label": prose,
        "hidden": st.booleans() | st.just("perhaps"),
        "filters": st.dictionaries(st.sampled_from(FIELD_NAMES), prose, max_size=2),
        "drill_fields": st.lists(st.sampled_from(FIELD_NAMES), max_size=2),
        "timeframes": st.lists(st.sampled_from(("date", "week", "raw")), max_size=2),
        "primary_key": st.booleans(),
        "nonsense": st.just(1),
    },
)
_fields = st.dictionaries(st.sampled_from(FIELD_NAMES), _parameters, max_size=3)
_channels = st.fixed_dictionaries(
    {"table": seldom(st.sampled_from(WANTED), st.sampled_from(TABLES[:4]))},
    optional={"channel": st.sampled_from(("release", "beta", 'x"y', "50%"))},
)
_patterns = st.fixed_dictionaries({"table": st.sampled_from(WANTED[-2:])})
_partitioned = st.fixed_dictionaries(
    {
        "table": st.sampled_from(TABLES[:4]),
        "time_partitioning_field": st.sampled_from(COLUMN_NAMES[:9]),
    }
)


def _view(tables: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {
            "type": st.sampled_from(("table_view", "table_view", "ping_view")),
            "tables": st.lists(tables, min_size=1, max_size=3),
        },
        optional={
            "measures": _fields,
            "dimensions": _fields,
            "primary_key": seldom(_column_names, st.none()),
        },
    )


_views = st.fixed_dictionaries(
    {"a": _view(_channels)},
    optional={
        "a__a": _view(_channels),
        "a__value": _view(_channels),
        "b": _view(_partitioned),
        "*": _view(_patterns),
        "t_*": _view(_patterns),
        "Bad Name": _view(_channels),
    },
)
_explores = st.fixed_dictionaries(
    {
        "type": st.sampled_from(("table_explore", "ping_explore")),
        "views": st.fixed_dictionaries(
            {"base_view": st.sampled_from(("a", "b", "a__a", *VIEW_NAMES))},
            optional={"joined_view": st.lists(st.sampled_from(VIEW_NAMES[:2]), max_size=2)},
        ),
    },
    optional={"hidden": st.booleans()},
)
namespaces = st.dictionaries(
    seldom(st.just("Bad"), st.sampled_from(("shop", "web"))),
    st.fixed_dictionaries(
        {
            "views": _views,
            "explores": st.dictionaries(
                st.sampled_from(VIEW_NAMES), _explores, min_size=1, max_size=4
            ),
        },
        optional={"owners": st.just(["shop@example.org"])},
    ),
    min_size=1,
    max_size=2,
)
"""A namespaces file as plain data."""

conventions = st.builds(
    Conventions,
    arrays=st.sampled_from(("views", "hidden")),
    json=st.sampled_from(("hidden", "text")),
    datagroups=st.sampled_from(("per-view", "shared")),
    datagroup_trigger=st.sampled_from(("storage", "interval:6 hours", "table:p.ops.changes")),
    datagroups_without_explore=st.booleans(),
)
