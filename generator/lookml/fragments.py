"""SQL inside LookML: what a fragment refers to, and whether it is BigQuery SQL."""

import re
from enum import StrEnum
from typing import TypeAlias

_REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_TAG = re.compile(r"\{%-?\s*(parameter|condition)(?:\s+([\w.]+))?\s*-?%\}")
_BOUND = re.compile(r"\{%-?\s*date_(?:start|end)\s+([\w.]+)\s*-?%\}")
_END_CONDITION = re.compile(r"\{%-?\s*endcondition\s*-?%\}")
_LIQUID = re.compile(r"\{[%{].*?[%}]\}", re.DOTALL)
_COLUMN = re.compile(r"\$\{TABLE\}(?:\.(?:[A-Za-z_]\w*|`[^`\\]+`))*", re.ASCII)
_NESTED_NAME = re.compile(r"\b\w*[A-Za-z]\w*__\w+\b", re.ASCII)
_STRING = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"")
_BACK_TICKS = re.compile(r"`[^`]*`")
_WITH = re.compile(r"\bWITH\((\w+) AS ", re.ASCII)
"""`WITH(name AS value, result)`: an expression that sqlglot does not know; it reads a STRUCT."""
_PATH = re.compile(r"\$\{TABLE\}((?:\s*\.\s*(?:[A-Za-z_]\w*|`[^`\\]+`))+)", re.ASCII)
_STEP = re.compile(r"`([^`]+)`|(\w+)")
_OF_FIELD = re.compile(
    r"(?<![\w.$\['\"])([a-z]\w*(?:\.[a-z]\w*)?)\._(?:value|rendered_value|filterable_value|link"
    r"|linked_value|in_query|is_selected|is_filtered|parameter_value|sql|name)\b"
)
_ROW = "${TABLE}"
_SPECIAL = ("TABLE", "SQL_TABLE_NAME")
Path = tuple[str, ...]
"""The steps to a column."""
_NAME = "x__x"
"""Stands for any name: what differs only in names and literals parses alike, and once."""


class Place(StrEnum):
    """Where a fragment stands in a query; the text around it."""

    EXPRESSION = "SELECT CAST({} AS STRING)"  # a comment at its end would swallow what follows
    RELATION = "SELECT 1 FROM {}"
    JOIN = "SELECT 1 FROM x {}"
    QUERY = "{}"


_BY_FORM = {Place.EXPRESSION: _COLUMN, Place.RELATION: re.compile(r"`[^`\\]+`")}
"""What is SQL by its form: the path of a column, a name in back-ticks. Most of a hub is."""


def is_column(fragment: str) -> bool:
    """Whether a fragment is no more than a column of its own table, or the row: most of a hub is.

    >>> is_column("${TABLE}.geo.country"), is_column("${TABLE}.a + ${TABLE}.b")
    (True, False)
    """
    return _COLUMN.fullmatch(fragment) is not None


def references(fragment: str) -> tuple[str, ...]:
    """The fields, as `field` or `view.field`, that a fragment names; each once, in order.

    >>> references("${clicks} / ${ads.views} + ${TABLE}.x {% parameter channel %}")
    ('clicks', 'ads.views', 'channel')
    """
    found = dict.fromkeys(_REFERENCE.findall(fragment))
    if "{%" in fragment:
        found.update(dict.fromkeys(name for _, name in _TAG.findall(fragment) if name))
        found.update(dict.fromkeys(_BOUND.findall(fragment)))
    return tuple(name for name in found if name.rpartition(".")[2] not in _SPECIAL)


def plain_path(fragment: str) -> Path | None:
    """The path of the one column of its own table that a fragment is, without quotes or blanks.

    >>> plain_path("${TABLE}.geo.country"), plain_path("UPPER(${TABLE}.geo.country)")
    (('geo', 'country'), None)
    """
    first, *path = fragment.split(".")
    if first == _ROW and fragment.isascii() and all(map(str.isidentifier, path)):
        return tuple(path) or None
    return None


def column_paths(fragment: str) -> tuple[Path, ...]:
    """The columns of its own table that a fragment reads, each as the steps of its path.

    >>> column_paths("${TABLE}.geo.country || ${TABLE}.`order`")
    (('geo', 'country'), ('order',))
    """
    plain = plain_path(fragment)
    if plain:
        return (plain,)
    found = (_STEP.findall(path) for path in _PATH.findall(fragment))
    return tuple(dict.fromkeys(tuple(quoted or plain for quoted, plain in path) for path in found))


def liquid_references(fragment: str) -> tuple[str, ...]:
    """The fields, as `field` or `view.field`, whose value or use Liquid asks for.

    >>> liquid_references("{{ orders.id._value }} {% if size._parameter_value == 'x' %}")
    ('orders.id', 'size')
    """
    found = (name for tag in _LIQUID.findall(fragment) for name in _OF_FIELD.findall(tag))
    return tuple(dict.fromkeys(found))


def parse_error(fragment: str, place: Place = Place.EXPRESSION) -> str | None:
    """Why a fragment is not BigQuery SQL, or None if it is.

    LookML references and the Liquid of parameters and conditions stand for names; a fragment with
    other Liquid is not judged, for what it becomes depends on the reader's query.

    >>> parse_error("SUM(${amount}"), parse_error("SAFE_DIVIDE(${a}, ${b})")
    ('a parenthesis is not closed', None)
    """
    form = _BY_FORM.get(place)
    if form and form.fullmatch(fragment):
        return None
    text = _REFERENCE.sub(_NAME, _COLUMN.sub(_NAME, _without_tags(fragment)))
    if _LIQUID.search(text):
        return None
    shape = _NESTED_NAME.sub(_NAME, _BACK_TICKS.sub(f"`{_NAME}`", _STRING.sub("''", text)))
    return _shape_error(shape, place)


def _without_tags(fragment: str) -> str:
    """With names for parameters, and a plain condition for each templated one."""
    text = _TAG.sub(lambda tag: "(" if tag[1] == "condition" else _NAME, fragment)
    return _END_CONDITION.sub(" IS NOT NULL)", text)


Verdicts: TypeAlias = dict[tuple[str, Place], str | None]
"""Why a shape is no SQL in its place; None where it is."""

_verdicts: Verdicts = {}


def verdicts() -> Verdicts:
    """What was judged so far: a whole hub has a few dozen shapes."""
    return dict(_verdicts)


def trust(known: Verdicts) -> None:
    """Take what was judged before, by the same parser: then it need not be imported."""
    _verdicts.update(known)


def _shape_error(shape: str, place: Place) -> str | None:
    if (shape, place) not in _verdicts:
        _verdicts[shape, place] = _judged(shape, place)
    return _verdicts[shape, place]


def _judged(shape: str, place: Place) -> str | None:
    unbalanced = _unbalanced(shape)
    if unbalanced:
        return unbalanced
    import sqlglot  # noqa: PLC0415 - a tenth of a second, and most runs need no parser
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        text = _WITH.sub(r"STRUCT(\1 = ", place.value.format(shape))
        statements = sqlglot.parse(text, dialect="bigquery")
    except SqlglotError as error:
        found = getattr(error, "errors", None)
        return str(found[0]["description"]) if found else str(error).partition("\n")[0]
    return None if len(statements) == 1 and statements[0] else "it is not one statement"


def _unbalanced(shape: str) -> str | None:
    """A fragment must not close what its surroundings opened."""
    depth = 0
    for character in shape:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return "a parenthesis is closed that was never opened"
    return "a parenthesis is not closed" if depth else None
