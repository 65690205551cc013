"""What a catalog is asked while something is made, so that it is known what that follows from.

Nobody lists what a part depends on: it is given a catalog that writes down each question. The same
part and the same answers give the same files, since nothing else is looked at.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from generator.facts.catalog import Catalog, Column, Relation, RelationName

Answer = TypeVar("Answer")

_KNOWN = 20_000
"""Columns to remember: a real hub has half as many that differ."""


class Question(NamedTuple):
    """What was asked, of a mapping of the catalog: a name, or with None which names there are."""

    of: str
    name: RelationName | None


class _Watched(Mapping[RelationName, Answer]):
    """A mapping that writes down what it is asked."""

    def __init__(
        self, of: str, known: Mapping[RelationName, Answer], asked: dict[Question, None]
    ) -> None:
        self._of, self._known, self._asked = of, known, asked

    def __getitem__(self, name: RelationName) -> Answer:
        self._asked[Question(self._of, name)] = None
        return self._known[name]

    def __iter__(self) -> Iterator[RelationName]:
        self._asked[Question(self._of, None)] = None
        return iter(self._known)

    def __len__(self) -> int:
        self._asked[Question(self._of, None)] = None
        return len(self._known)


class Answers(Struct, frozen=True):
    """The answers of a catalog, and a digest of each.

    What changes with every load of a table is no part of its relation here: when it changed last,
    its rows, its bytes, the values of its columns. Bytes are asked for on their own.
    """

    known: Mapping[str, Mapping[RelationName, object]]
    digests: dict[Question, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, catalog: Catalog) -> "Answers":
        """The answers of a catalog."""
        relations = {name: _lasting(found) for name, found in catalog.relations.items()}
        return cls(
            {
                "relations": relations,
                "unread": catalog.unread,
                "aliases": catalog.aliases or {},
                "sizes": catalog.sizes or {},
            }
        )

    def watched(self, asked: dict[Question, None]) -> Catalog:
        """The catalog; `asked` learns what it is asked."""
        mappings = {of: _Watched(of, known, asked) for of, known in self.known.items()}
        return Catalog(**mappings)  # type: ignore[arg-type]

    def digest(self, question: Question) -> bytes:
        """A digest of the answer to a question; of none, if there is no answer."""
        if question not in self.digests:
            self.digests[question] = self._digest(question)
        return self.digests[question]

    def _digest(self, question: Question) -> bytes:
        known = self.known[question.of]
        if question.name is None:
            return digest(tuple(known))
        return digest(_brief(known[question.name])) if question.name in known else b""


def _lasting(relation: Relation) -> Relation:
    columns = relation.columns
    if any(column.top_values is not None for column in columns):
        columns = tuple(replace(column, top_values=None) for column in columns)
    return replace(relation, columns=columns, bytes=None, rows=None, last_modified=None)


def _brief(answer: object) -> object:
    """The answer, with digests in the place of columns: most of them stand in several relations."""
    if not isinstance(answer, Relation):
        return answer
    return replace(answer, columns=()), tuple(map(_column_digest, answer.columns))


@lru_cache(maxsize=_KNOWN)
def _column_digest(column: Column) -> bytes:
    return digest(column)


def digest(value: object) -> bytes:
    """A digest of plain data: tuples, mappings in their order, and frozen classes of such."""
    return blake2b(msgspec.msgpack.encode(value), digest_size=16).digest()
