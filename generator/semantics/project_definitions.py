"""The definitions that a monitoring project sees: those of its platform, its defaults, its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Location, Severity, diagnostic, nearest, split
from generator.facts.metric_hub import (
    OPMON,
    Collection,
    DataSourceSpec,
    Definitions,
    FileKind,
    Folder,
    MetricSpec,
    Text,
)
from generator.semantics.definitions import Platform
from generator.semantics.merge import is_slug, merge
from generator.semantics.metric_hub import FUNCTIONS, folders_of, resolve_merged, templates_of
from generator.semantics.project_spec import ProjectSpec, Words, overlay, read_spec
from generator.semantics.resolve import Scope
from generator.semantics.templating import Templates

ROLLOUT = "rollout"
"""The defaults of rollouts, over those of the platform that has them."""

DESKTOP = "firefox_desktop"
"""The platform of an experiment that names none, and the one whose rollouts have defaults."""


class Start(NamedTuple):
    """What a project starts from: a platform, its defaults if wanted, and those of rollouts."""

    platform: str
    defaults: bool = True
    rollout: bool = False


class Basis(Struct, frozen=True):
    """What projects with the same start share. `unread` says which file of it was not."""

    definitions: Definitions
    spec: ProjectSpec
    lost: frozenset[tuple[str, str]] = frozenset()
    unread: str | None = None


class Shelf(Struct, frozen=True):
    """The files of all collections as monitoring sees them, those that override last."""

    folders: tuple[Folder, ...]
    templates: Templates

    @classmethod
    def of(cls, collections: Iterable[Collection]) -> "Shelf":
        """The shelf. What is wrong with functions is told by whoever resolves all definitions."""
        folders = tuple(folders_of(collections, OPMON))
        templates, _ = templates_of(folders)
        return cls(folders, templates)

    def files(self, kind: FileKind, name: str) -> tuple[Definitions, ...]:
        """The files of a kind and name, those that override last."""
        return tuple(
            file for folder in self.folders for file in folder.of(kind) if file.name == name
        )

    @property
    def platforms(self) -> frozenset[str]:
        """The platforms that have definitions, were they unread."""
        files = (f.name for folder in self.folders for f in folder.of(FileKind.DEFINITIONS))
        unread = (name for folder in self.folders for name in folder.unread)
        return frozenset((*files, *unread)) - {FUNCTIONS}

    @property
    def projects(self) -> Mapping[str, Definitions]:
        """The project files by slug; of several, the last."""
        return {f.name: f for folder in self.folders for f in folder.of(FileKind.PROJECT)}

    @property
    def unread_projects(self) -> tuple[str, ...]:
        """The slugs of the project files that could not be read."""
        lacking = (lack for folder in self.folders for lack in folder.lacks)
        return tuple(sorted({name for kind, name in lacking if kind is FileKind.PROJECT}))

    def unread(self, start: Start) -> str | None:
        """The file that could not be read, of those that a project starts from."""
        wanted = self._defaults(start)
        for folder in self.folders:
            if start.platform in folder.unread:
                return f"definitions/{start.platform}.toml"
            for kind, name in folder.lacks:
                if kind is FileKind.DEFAULTS and name in wanted:
                    return f"defaults/{name}.toml"
        return None

    def has_defaults(self, start: Start) -> bool:
        """Whether there are defaults to start from, were they unread."""
        return bool(self.files(FileKind.DEFAULTS, start.platform)) or self.unread(start) is not None

    def _defaults(self, start: Start) -> tuple[str, ...]:
        names = (start.platform, ROLLOUT) if start.rollout else (start.platform,)
        return names if start.defaults else ()

    def check_defaults(self) -> Iterator[Diagnostic]:
        """What is wrong with defaults, whether or not a project starts from them."""
        for folder in self.folders:
            for file in sorted(folder.of(FileKind.DEFAULTS), key=lambda file: file.name):
                (said,), wrong = split(read_spec(file, None))
                yield from (*wrong, *_of_platform(file, said), *unlisted(file, said, None))

    def basis(self, start: Start) -> Iterator[Basis | Diagnostic]:
        """What the projects of a start share."""
        name, at = start.platform, _NOWHERE.at
        empty = Definitions(name, FileKind.DEFINITIONS, at, name)
        defaults = [f for n in self._defaults(start) for f in self.files(FileKind.DEFAULTS, n)]
        files = (empty, *self.files(FileKind.DEFINITIONS, name), *defaults)
        merged, noticed = merge(files)
        yield from (replace(item, subject=None) for item in noticed)
        spec, unread = _NOWHERE, self.unread(start)
        for file in defaults:
            said, wrong = split(read_spec(file, None))
            spec = overlay(spec, said[0])
            if any(item.severity is Severity.ERROR for item in wrong):
                unread = unread or file.at.path
        yield Basis(merged, spec, frozenset().union(*(file.lost for file in files)), unread)


_NOWHERE = ProjectSpec(Location("defaults"))


def _of_platform(file: Definitions, said: ProjectSpec) -> Iterator[Diagnostic]:
    """Defaults are of the platform that their file is named after, whatever they say."""
    named = said.platform
    if named and file.name not in (named.value, ROLLOUT):
        values = {"name": file.name, "platform": named.value}
        yield diagnostic("misplaced-defaults", named.at, None, **values)


def unlisted(file: Definitions, spec: ProjectSpec, subject: str | None) -> Iterator[Diagnostic]:
    """The statistics that a file gives to metrics which nobody lists."""
    listed = {name.value for name in spec.metrics}
    for metric in file.metrics:
        if metric.statistics and is_slug(metric.slug) and metric.slug not in listed:
            at = metric.statistics.at
            yield diagnostic("unlisted-statistic", at, subject, name=metric.slug)


class Sight(Struct, frozen=True):
    """The definitions that a project sees: all of them merged, and those it needs resolved."""

    merged: Definitions
    platform: Platform
    lost: frozenset[tuple[str, str]]

    def find(self, table: str, words: Words, subject: str) -> Iterator[Any]:
        """The entries of a table that a list names, each once, and those that are not there.

        Of one that cannot stand it is said already why.
        """
        made, known = self._tables[table]
        what = table.removesuffix("s").replace("_", " ")
        for slug, name in first_of(words).items():
            if any(table == lost and fnmatchcase(slug, entry) for lost, entry in self.lost):
                yield diagnostic("lost-part", name.at, subject, what=f"the {what}", name=slug)
            elif slug in made:
                yield made[slug]
            elif slug not in known:
                yield self._unknown(what, name, known, subject)

    @property
    def _tables(self) -> Mapping[str, tuple[Mapping[str, Any], set[str]]]:
        """What stands of each table, and what was written."""
        merged, dimensions = self.merged, {d.slug: d for d in self.platform.dimensions}
        return {
            "metrics": (self.platform.metric, {metric.slug for metric in merged.metrics}),
            "dimensions": (dimensions, {dimension.slug for dimension in merged.dimensions}),
            "data_sources": (self.platform.data_source, {s.slug for s in merged.data_sources}),
            "alerts": (merged.alerts, set(merged.alerts)),
        }

    def _unknown(self, what: str, name: Text, known: set[str], subject: str) -> Diagnostic:
        values = {"what": what, "name": name.value, "nearest": nearest(name.value, known)}
        platform = f"`{self.platform.name}`"
        return diagnostic("unknown-reference", name.at, subject, platform=platform, **values)


def first_of(words: Words) -> dict[str, Text]:
    """The words of a list, each where it stands first."""
    found: dict[str, Text] = {}
    for word in words:
        found.setdefault(word.value, word)
    return found


def see(
    basis: Basis, file: Definitions | None, spec: ProjectSpec, templates: Templates
) -> Iterator[Sight | Diagnostic]:
    """What a project sees; only what it needs is resolved."""
    lost = basis.lost | file.lost if file else basis.lost
    merged, noticed = merge((basis.definitions, file)) if file else (basis.definitions, ())
    yield from noticed
    scope = Scope(basis.definitions.name, OPMON, templates)
    (platform,), wrong = split(resolve_merged(_needed(merged, spec), scope))
    yield from wrong
    yield Sight(merged, platform, lost)


def _needed(merged: Definitions, spec: ProjectSpec) -> Definitions:
    """The definitions without what the project does not stand on."""
    by_slug = {metric.slug: metric for metric in merged.metrics}
    metrics = _closed((name.value for name in spec.metrics), by_slug, _upstream)
    wanted = {name.value for name in spec.population.dimensions}
    dimensions = tuple(entry for entry in merged.dimensions if entry.slug in wanted)
    named = [spec.population.data_source, *(metric.data_source for metric in metrics)]
    named += [dimension.data_source for dimension in dimensions]
    sources = {source.slug: source for source in merged.data_sources}
    return replace(
        merged,
        metrics=metrics,
        data_sources=_closed((text.value for text in named if text), sources, _joined),
        dimensions=dimensions,
        segments=(),
        segment_sources=(),
        periods={},
    )


Spec = TypeVar("Spec", MetricSpec, DataSourceSpec)


def _closed(
    slugs: Iterable[str], known: Mapping[str, Spec], more: Callable[[Spec], Iterable[str]]
) -> tuple[Spec, ...]:
    """The entries of these slugs, and those that they name, in the order in which they are met."""
    found: dict[str, Spec] = {}
    todo = list(slugs)
    while todo:
        slug = todo.pop(0)
        if slug in known and slug not in found:
            found[slug] = known[slug]
            todo.extend(more(known[slug]))
    return tuple(found.values())


def _upstream(metric: MetricSpec) -> Iterable[str]:
    return metric.depends_on.value if metric.depends_on else ()


def _joined(source: DataSourceSpec) -> Iterable[str]:
    return (join.slug for join in source.joins.value) if source.joins else ()
