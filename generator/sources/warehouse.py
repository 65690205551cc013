"""Warehouses: who can say what a relation is made of."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from generator.facts.catalog import (
    Catalog,
    Needs,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)


class Warehouse(Protocol):
    """The catalog of one warehouse. Each reader fills this, embedded or distributed."""

    @property
    def url(self) -> str:
        """The address as the user wrote it, for messages; it never holds a credential."""

    def read(self, needs: Needs) -> Catalog:
        """The relations among `needs` that it knows, and what they read from, to any depth.

        Asked once for all names and patterns. A relation that it does not know is simply absent;
        one that exists but cannot be read just now is in `unread` with the reason.
        Raises Fault if the warehouse as a whole cannot be opened.
        """

    def profile(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The commonest values of columns, with at most one statement for each need.

        A relation that it does not know, or of which it knows no values, is simply absent; one
        whose values cannot be counted just now is in `unread` with the reason.
        """

    def fingerprint(self) -> str | None:
        """A digest that changes when an answer could, or None if only asking tells."""


class Unread(NamedTuple):
    """Why a relation that exists could not be read."""

    reason: str


Look = Callable[[RelationName], Relation | Unread | None]


def gather(roots: Iterable[RelationName], look: Look) -> Catalog:
    """What `look` says of the roots and of all that they read from; None is for what nobody knows.

    Each name is looked at once, so a table that is built from itself does no harm.
    """
    relations: dict[RelationName, Relation] = {}
    unread: dict[RelationName, str] = {}
    todo = list(roots)
    seen = set(todo)
    while todo:
        name = todo.pop()
        found = look(name)
        if isinstance(found, Unread):
            unread[name] = found.reason
        elif found is not None:
            relations[name] = found
            new = [below for below in found.reads_from if below not in seen]
            seen.update(new)
            todo.extend(new)
    return Catalog(dict(sorted(relations.items())), dict(sorted(unread.items())))
