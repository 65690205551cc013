"""The real outside: files of definitions, and the warehouses of the settings."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, fault, split
from generator.facts import Facts
from generator.facts.catalog import Catalog, Needs, ProfileNeed, Profiles
from generator.facts.conventions import Conventions
from generator.facts.metric_hub import LOOKER, OPMON
from generator.sources.metric_hub import Repository, read_metric_hubs
from generator.sources.metric_hub_git import is_address
from generator.sources.monitoring import Watched
from generator.sources.namespaces import read_dictionary, read_exclusions, read_namespaces
from generator.sources.remembered import Memory
from generator.sources.warehouse import Warehouse
from generator.sources.warehouses import read_catalog, read_profiles


class World(Struct, frozen=True):
    """What the settings point at."""

    namespaces: Path
    warehouses: Sequence[Warehouse]
    conventions: Conventions
    exclusions: Path | None = None
    descriptions: Path | None = None
    metric_hubs: tuple[Repository, ...] = ()
    clones: Path | None = None
    memory: Memory | None = None
    watched: Watched = field(default_factory=Watched)

    @property
    def files(self) -> tuple[Path, ...] | None:
        """The files that people write; None where only asking a repository can tell."""
        if any(is_address(hub.address) for hub in self.metric_hubs):
            return None
        named = (self.namespaces, self.exclusions, self.descriptions, *self.watched.files)
        folders = (Path(hub.address) for hub in self.metric_hubs)
        defined = (path for folder in folders for path in sorted(folder.rglob("*.toml")))
        return (*(path for path in named if path is not None), *defined)

    def read(self) -> tuple[Facts, tuple[Diagnostic, ...]]:
        """What people declare, and what could not be read of it."""
        namespaces, bad_namespaces = split(read_namespaces(self.namespaces))
        exclusions, bad_exclusions = split(
            read_exclusions(self.exclusions) if self.exclusions else ()
        )
        described, bad_descriptions = split(
            read_dictionary(self.descriptions) if self.descriptions else ()
        )
        definitions, misread = split(
            read_metric_hubs(self.metric_hubs, (LOOKER, OPMON), self.clones)
        )
        remembered, forgotten = self.memory.read() if self.memory else ({}, ())
        monitoring, unwatched = self.watched.read(remembered)
        known = namespaces, exclusions, dict(described), self.conventions, definitions
        noticed = (*bad_namespaces, *bad_exclusions, *bad_descriptions, *misread, *unwatched)
        return Facts(*known, monitoring), (*noticed, *forgotten)

    def catalog(self, needs: Needs) -> Catalog:
        """What the warehouses hold, of what is needed.

        Raises Fault if there is none to ask: then all would look as if it had vanished.
        """
        if not self.warehouses and needs != Needs():
            raise fault("no-warehouse")
        return read_catalog(self.warehouses, self._with_known(needs))

    def _with_known(self, needs: Needs) -> Needs:
        """With the tables that a pattern stood for last time.

        A list may hide some today. Only what is asked for by its name is proved to be gone.
        """
        if not self.memory or not needs.patterns:
            return needs
        known = self.memory.relations()
        matched = (name for name in known if any(one.matches(name) for one in needs.patterns))
        return Needs.of((*needs.names, *needs.patterns, *matched))

    def profiles(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The commonest values of columns, as far as they can be read just now."""
        namespace = self.conventions.monitoring_namespace
        return read_profiles(self.warehouses, [replace(n, namespace=namespace) for n in needs])
