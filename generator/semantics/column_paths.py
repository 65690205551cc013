"""Paths to columns, as SQL writes them, found among the columns of a relation."""

from collections.abc import Iterable, Sequence

from generator.facts.catalog import Column, DataType

_PSEUDO = frozenset({"_partitiontime", "_partitiondate", "_table_suffix", "_file_name"})
"""Columns that a table has without listing them."""
_ANYTHING = frozenset({DataType.JSON, DataType.UNKNOWN, DataType.RANGE})
"""Types of whose fields nothing is known."""


class Columns:
    """Columns by name, upper and lower case being one; looked into only where somebody asks."""

    __slots__ = ("_below", "_named", "known")

    def __init__(self, columns: Iterable[Column]) -> None:
        self.known = tuple(columns)
        self._named: dict[str, Column] | None = None
        self._below: dict[str, Columns] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(column.name for column in self.known)

    def get(self, name: str) -> Column | None:
        """The column of a name."""
        if self._named is None:
            self._named = {column.name.lower(): column for column in self.known}
        return self._named.get(name.lower())

    def below(self, name: str) -> "Columns":
        """The fields of the record of a name; of a list there are none until it is unnested."""
        found = self._below.get(name)
        if found is None:
            column = self.get(name)
            fields = column.fields if column and not column.repeated else ()
            found = self._below[name] = Columns(fields)
        return found

    def is_missing(self, path: Sequence[str]) -> bool:
        """Whether nothing is at the end of a path, as far as the columns are known.

        >>> at = Column("at", DataType.STRUCT, fields=(Column("city", DataType.STRING),))
        >>> [Columns([at]).is_missing(path) for path in (("at", "city"), ("at", "town"), ("AT",))]
        [False, True, False]
        """
        return self._lacks(path) and path[0].lower() not in _PSEUDO

    def _lacks(self, path: Sequence[str]) -> bool:
        here = self
        *above, last = path
        for step in above:
            column = here.get(step)
            if column is None:
                return True
            if column.type in _ANYTHING:
                return False
            here = here.below(step)
        return here.get(last) is None

    def at(self, path: Sequence[str]) -> Column | None:
        """The column at the end of a path."""
        here, column = self, None
        for step in path:
            column = here.get(step)
            here = here.below(step)
        return column

    def beside(self, path: Sequence[str]) -> tuple[str, ...]:
        """The names that the first wrong step of a path could have had."""
        here = self
        for step in path:
            if here.get(step) is None:
                break
            here = here.below(step)
        return here.names
