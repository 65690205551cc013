"""Warehouses: who can say what a relation is made of."""

from typing import Protocol

from generator.facts.catalog import Catalog, Needs


class Warehouse(Protocol):
    """The catalog of one warehouse. Each reader fills this, the embedded and the distributed ones."""

    @property
    def url(self) -> str:
        """The address as the user wrote it, for messages; it never holds a credential."""

    def read(self, needs: Needs) -> Catalog:
        """The relations among `needs` that this warehouse knows, and what they read from, to any depth.

        Asked once for all names and patterns. A relation that it does not know is simply absent;
        one that exists but cannot be read just now is in `unread` with the reason.
        Raises Fault if the warehouse as a whole cannot be opened.
        """

    def fingerprint(self) -> str | None:
        """A digest that changes whenever an answer of `read` could, or None if only asking tells."""
