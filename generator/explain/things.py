"""Things that can be explained, and the ties between them."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field

from generator.artifact import FileTree
from generator.diagnostics import Location
from generator.facts.catalog import Catalog
from generator.semantics.model import Linked


class Kind(StrEnum):
    """What a thing is, in the order in which people read lists of them."""

    NAMESPACE = "namespace"
    VIEW = "view"
    DIMENSION = "dimension"
    GROUP = "dimension group"
    MEASURE = "measure"
    FILTER = "filter"
    PARAMETER = "parameter"
    EXPLORE = "explore"
    AGGREGATE = "aggregate table"
    DATAGROUP = "datagroup"
    DASHBOARD = "dashboard"
    CONTROL = "dashboard filter"
    TILE = "tile"
    PROJECT = "monitoring project"
    METRIC = "metric"
    SOURCE = "data source"
    MODEL = "dbt model"
    SEMANTIC = "semantic model"
    NUMBER = "dbt metric"
    RELATION = "relation"
    COLUMN = "column"
    FILE = "file"


FIELDS = frozenset({Kind.DIMENSION, Kind.GROUP, Kind.MEASURE, Kind.FILTER, Kind.PARAMETER})
"""The kinds of fields of a view."""


class Key(NamedTuple):
    """A kind and a full name: no two things have both."""

    kind: Kind
    name: str


class Thing(Struct, frozen=True):
    """A thing by its full name.

    `called` are names of which a last part is enough to ask for it: `view.field` for a field.
    `within` is what it is a part of, up to its file. `facts` are for people to read.
    """

    key: Key
    called: tuple[str, ...] = ()
    at: Location | None = None
    namespace: str | None = None
    within: Key | None = None
    label: str | None = None
    description: str | None = None
    owners: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.key.kind

    @property
    def name(self) -> str:
        """Its full name."""
        return self.key.name


class Tie(NamedTuple):
    """One thing stands on another; `how` says what for.

    What it `leads` to is what the user stands on as well. It does not where the base is seen
    otherwise by others: whom a data source reads depends on the dataset that is put into it.
    """

    user: Key
    base: Key
    how: str = ""
    leads: bool = True


Found: TypeAlias = Iterator[Thing | Tie]
"""What is found out about one corner."""


class Scope(Struct, frozen=True):
    """How much of a run an index is of: all of it, unless something is said.

    Of LookML, what stands in these `files`. With names of fields, in small letters, there are only
    those fields, and nothing is tied: it is `bare`. Definitions are read for columns and tables
    where one of `words` is in them.
    """

    files: frozenset[str] | None = None
    fields: frozenset[str] | None = None
    words: tuple[str, ...] | None = None

    @property
    def bare(self) -> bool:
        """Whether things are named and not tied."""
        return self.fields is not None

    def has(self, path: str) -> bool:
        """Whether a LookML file is in it."""
        return self.files is None or path in self.files

    def reads(self, *texts: str) -> bool:
        """Whether a definition with these texts is to be read."""
        if self.bare or self.words is None:
            return not self.bare
        return any(word in text.casefold() for word in self.words for text in texts)


ALL = Scope()


class Known(Struct, frozen=True):
    """A full build, and what it was made of."""

    lookml: FileTree
    dbt: FileTree
    linked: Linked
    catalog: Catalog = field(default_factory=Catalog)


def facts(**said: object) -> tuple[tuple[str, str], ...]:
    """Facts without those that are not known; `_` is a blank.

    >>> facts(type="sum", primary_key=None, made_as="table_view")
    (('type', 'sum'), ('made as', 'table_view'))
    """
    return tuple((key.replace("_", " "), str(value)) for key, value in said.items() if value)


def shown(text: str) -> str:
    r"""A text that does nothing to a terminal.

    >>> shown("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
