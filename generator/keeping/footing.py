"""Whether what a kept field reads is still there, as far as the checks do not know it already."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from generator import lookml
from generator.artifact import Artifact
from generator.checks.columns import Tables
from generator.keeping.lost import Kept
from generator.keeping.texts import kept_fields
from generator.lookml.field_types import needs_sql
from generator.lookml.fragments import column_paths

_MARKS = re.compile(
    r"\$\{[^{}]*\}(?:\s*\.\s*(?:\w+|`[^`]*`))*|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL | re.ASCII
)
_MARK = "lookml_mark"
_QUERY = re.compile(r"\bselect\b", re.IGNORECASE)


class Footing(Struct, frozen=True):
    """The views of a file, and the tables of a namespace below them."""

    views: Mapping[str, lookml.View]
    tables: Tables

    @classmethod
    def of(cls, artifact: Artifact, tables: Tables) -> "Footing":
        """What the views of a file stand on."""
        document = artifact.content
        views = document.views if isinstance(document, lookml.Document) else ()
        return cls({view.name: view for view in views}, tables)

    def missing(self, field: Kept, view: str) -> str | None:
        """Why a field cannot be in a view; None if nothing is known against it."""
        if needs_sql(field):
            return "it is a part of a group that is there without it"
        here = self.views[view]
        table = self.tables.of(here, self.views)
        known = frozenset(name for name, _ in _read(here)) if table is None else frozenset()
        for name, path in _read_by(field):
            if table is not None and table.columns.is_missing(path):
                return f"there is no column `{name}` any more"
            if table is None and name not in known:
                return f"nothing else in the view says that there is a column `{name}`"
        return None


def _read(view: lookml.View) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns that the fields of a view read: those are there."""
    for field in kept_fields(view):
        yield from _read_by(field)


def _read_by(field: Kept) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns that a field reads, `${TABLE}` before them or not, as text and as steps."""
    for text in _texts(field):
        for path in (*column_paths(text), *bare_columns(text)):
            yield ".".join(path), path


def _texts(field: Kept) -> Iterator[str]:
    for key in ("sql", "sql_start", "sql_end", "sql_distinct_key"):
        text = getattr(field, key, None)
        if text:
            yield text
    case = field.case if isinstance(field, lookml.Dimension) else None
    yield from (when.sql for when in (case.whens if case else ()) if when.sql)


def bare_columns(text: str) -> tuple[tuple[str, ...], ...]:
    """The columns that SQL names without a table. What a query within it calls so is its own.

    >>> bare_columns("SUM(price) + ${TABLE}.x + ${shop.y} {% parameter z %}")
    (('price',),)
    """
    plain = _MARKS.sub(f" {_MARK} ", text)
    if plain.strip() == _MARK or _QUERY.search(plain):
        return ()
    import sqlglot  # noqa: PLC0415 - half a second, and few runs keep anything
    from sqlglot import exp  # noqa: PLC0415
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        tree = sqlglot.parse_one(f"SELECT {plain}", dialect="bigquery")
    except (SqlglotError, RecursionError):
        return ()  # the checks say what is wrong with it
    named = (column.parts[0].name for column in tree.find_all(exp.Column))
    return tuple(dict.fromkeys((name,) for name in named if name != _MARK))
