"""One look at a view: the columns that its fields read, and the fields that say more than one.

Nearly all fields of a hub are a column and no more. So the rules go through the others only.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct

from generator import lookml
from generator.lookml.fragments import Path, column_paths, plain_path

_SQL: Mapping[type[lookml.Field], tuple[str, ...]] = {
    lookml.Parameter: (),
    lookml.Filter: ("sql",),
    lookml.Dimension: ("sql",),
    lookml.DimensionGroup: ("sql", "sql_start", "sql_end"),
    lookml.Measure: ("sql", "sql_distinct_key"),
}
"""Where a field of a kind has SQL, but for its cases."""

_SAID: Mapping[type[lookml.Field], Callable[[Any], tuple[Any, ...]]] = {
    lookml.Dimension: attrgetter(
        "sql", "html", "case", "links", "suggest_explore", "suggest_dimension", "drill_fields"
    ),
    lookml.DimensionGroup: attrgetter("sql", "sql_start", "sql_end", "drill_fields"),
}
"""The SQL of fields that may be a column and no more, and all else in them that is checked."""


class Look(Struct, frozen=True):
    """A view, the columns that its fields read in SQL, and those fields that say more."""

    view: lookml.View
    columns: tuple[tuple[lookml.Field, Path], ...]
    telling: tuple[lookml.Field, ...]


def look_at(view: lookml.View) -> Look:
    """The look at a view, all in the order of its fields."""
    columns: list[tuple[lookml.Field, Path]] = []
    telling: list[lookml.Field] = []
    for item in view.fields:
        path = _column_alone(item)
        if path:
            columns.append((item, path))
        else:
            telling.append(item)
            columns.extend((item, path) for sql in sql_of(item) for path in column_paths(sql))
    return Look(view, tuple(columns), tuple(telling))


def _column_alone(item: lookml.Field) -> Path | None:
    """The path of the column that a field is, if it says nothing else that is to be checked."""
    said = _SAID.get(type(item))
    if said is None:
        return None
    sql, *further = said(item)
    return None if sql is None or any(further) else plain_path(sql)


def sql_of(item: lookml.Field) -> Iterator[str]:
    """The SQL that a field says, but for its cases."""
    for key in _SQL[type(item)]:
        said: str | None = getattr(item, key)
        if said:
            yield said
