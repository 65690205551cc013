"""The real outside: files of definitions, and the warehouses of the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.diagnostics import Diagnostic, fault, split
from generator.facts import Facts
from generator.facts.catalog import Catalog, Needs
from generator.facts.conventions import Conventions
from generator.sources.namespaces import read_dictionary, read_exclusions, read_namespaces
from generator.sources.warehouse import Warehouse, read_catalog


@dataclass(frozen=True, slots=True)
class World:
    """What the settings point at."""

    namespaces: Path
    warehouses: Sequence[Warehouse]
    conventions: Conventions
    exclusions: Path | None = None
    descriptions: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that people write."""
        named = (self.namespaces, self.exclusions, self.descriptions)
        return tuple(path for path in named if path is not None)

    def read(self) -> tuple[Facts, tuple[Diagnostic, ...]]:
        """What people declare, and what could not be read of it."""
        namespaces, bad_namespaces = split(read_namespaces(self.namespaces))
        exclusions, bad_exclusions = split(
            read_exclusions(self.exclusions) if self.exclusions else ()
        )
        described, bad_descriptions = split(
            read_dictionary(self.descriptions) if self.descriptions else ()
        )
        facts = Facts(namespaces, exclusions, dict(described), self.conventions)
        return facts, (*bad_namespaces, *bad_exclusions, *bad_descriptions)

    def catalog(self, needs: Needs) -> Catalog:
        """What the warehouses hold, of what is needed.

        Raises Fault if there is none to ask: then all would look as if it had vanished.
        """
        if not self.warehouses and needs != Needs():
            raise fault("no-warehouse")
        return read_catalog(self.warehouses, needs)
