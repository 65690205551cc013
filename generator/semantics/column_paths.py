"""Paths to columns, as SQL writes them, found among the columns of a relation."""

from collections.abc import Iterable, Sequence

from generator.facts.catalog import Column, DataType

_PSEUDO = frozenset({"_partitiontime", "_partitiondate", "_table_suffix", "_file_name"})
"""Columns that a table has without listing them."""


def is_missing(path: Sequence[str], columns: Iterable[Column]) -> bool:
    """Whether no column is at the end of a path, as far as the columns are known.

    A record steps into its fields; a list has none until it is unnested, JSON has any.

    >>> at = Column("at", DataType.STRUCT, fields=(Column("city", DataType.STRING),))
    >>> [is_missing(path, [at]) for path in (("at", "city"), ("at", "town"), ("AT",))]
    [False, True, False]
    """
    known = tuple(columns)
    if path[0].lower() in _PSEUDO:
        return False
    for step in path:
        column = find(known, step)
        if column is None:
            return True
        if column.type in {DataType.JSON, DataType.UNKNOWN, DataType.RANGE}:
            return False
        known = () if column.repeated else column.fields
    return False


def column_at(path: Sequence[str], columns: Iterable[Column]) -> Column | None:
    """The column at the end of a path, if all its steps are known."""
    known, column = tuple(columns), None
    for step in path:
        column = find(known, step)
        if column is None:
            return None
        known = column.fields
    return column


def names_at(path: Sequence[str], columns: Iterable[Column]) -> tuple[str, ...]:
    """The columns that the last step of a path could have named; those at the first wrong one."""
    known = tuple(columns)
    for step in path:
        column = find(known, step)
        if column is None or column.repeated:
            break
        known = column.fields
    return tuple(column.name for column in known)


def find(columns: Iterable[Column], name: str) -> Column | None:
    """The column of a name; upper and lower case are one."""
    wanted = name.lower()
    return next((column for column in columns if column.name.lower() == wanted), None)
