"""Resolves metric-hub definitions for a tool: merged, filled in, every reference known.

What cannot stand costs itself, and what stands upon it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, split
from generator.facts.metric_hub import Collection, Definitions, FileKind, Folder, FunctionSpec
from generator.names import identifier, is_identifier
from generator.semantics.definitions import DataSource, Metric, Platform
from generator.semantics.merge import by_slug, is_slug, merge
from generator.semantics.references import Graph, Reference
from generator.semantics.resolve import Scope, data_source, dimension, metric, segment, source_of
from generator.semantics.templating import Templates, read_functions

Spec = TypeVar("Spec", bound=Any)
Made = TypeVar("Made", bound=Any)

FUNCTIONS = "functions"
"""The file of functions is no platform."""


def resolve(
    collections: Sequence[Collection], tool: str | None = None
) -> tuple[tuple[Platform, ...], tuple[Diagnostic, ...]]:
    """The platforms by name as the tool sees them, and what is wrong with other things.

    Collections come in their order, later ones over earlier ones; the tool's folder of each lies
    over its root. Without a tool, `definitions/` alone counts.
    """
    folders = tuple(folders_of(collections, tool))
    templates, noticed = templates_of(folders)
    platforms, found = split(_platforms(folders, templates, tool))
    return platforms, (*noticed, *found)


def folders_of(collections: Iterable[Collection], tool: str | None) -> Iterator[Folder]:
    """The folders that a tool sees, each over those before it."""
    for collection in collections:
        yield collection.root
        if tool and tool in collection.tools:
            yield collection.tools[tool]


def templates_of(folders: Iterable[Folder]) -> tuple[Templates, tuple[Diagnostic, ...]]:
    """The templates of expressions, and what is wrong with functions."""
    functions, noticed = split(read_functions(_functions(folders)))
    return Templates(dict(functions)), noticed


def _functions(folders: Iterable[Folder]) -> tuple[FunctionSpec, ...]:
    """The functions of all folders; of the same name, the last."""
    found: tuple[FunctionSpec, ...] = ()
    for folder in folders:
        for file in folder.of(FileKind.DEFINITIONS):
            found = by_slug(found, file.functions)
    return found


def _platforms(
    folders: Sequence[Folder], templates: Templates, tool: str | None
) -> Iterator[Platform | Diagnostic]:
    files: dict[str, list[Definitions]] = {}
    for folder in folders:
        for file in folder.of(FileKind.DEFINITIONS):
            files.setdefault(file.name, []).append(file)
    unread = {name for folder in folders for name in folder.unread}
    for name in sorted(files.keys() - {FUNCTIONS}):
        at = files[name][0].at
        if name in unread:
            yield diagnostic("unread-platform", at, name)
        elif not is_identifier(name):
            better = identifier(name)
            yield diagnostic("bad-name", at, name, name=name, what="a platform", better=better)
        else:
            merged, noticed = merge(files[name])
            yield from noticed
            yield from resolve_merged(merged, Scope(name, tool, templates))


def resolve_merged(merged: Definitions, scope: Scope) -> Iterator[Platform | Diagnostic]:
    """The platform of files that are one already; it comes at the end."""
    sources = _Entries.of("data_sources", merged.data_sources, data_source, scope)
    sources = sources.without(_graph(sources, scope, _joined))
    yield from sources.noticed
    metrics = _Entries.of("metrics", merged.metrics, metric, scope.upon(sources.made, sources.lost))
    metrics = metrics.without(_graph(metrics, scope, _upstream))
    yield from metrics.noticed
    segment_sources = _Entries.of("segment_sources", merged.segment_sources, source_of, scope)
    yield from segment_sources.noticed
    upon = scope.upon(segment_sources.made, segment_sources.lost)
    segments = _Entries.of("segments", merged.segments, segment, upon)
    yield from segments.noticed
    upon = scope.upon(sources.made, sources.lost)
    dimensions = _Entries.of("dimensions", merged.dimensions, dimension, upon)
    yield from dimensions.noticed
    yield Platform(
        scope.platform,
        merged.at,
        metrics.made,
        sources.made,
        segments.made,
        segment_sources.made,
        dimensions.made,
        merged.parameters,
        merged.alerts,
        merged.periods,
    )


class _Entries(Struct, frozen=True):
    """The entries of a table that stand, the slugs of those that do not, and why."""

    made: tuple[Any, ...]
    lost: frozenset[str]
    noticed: tuple[Diagnostic, ...]

    @classmethod
    def of(
        cls,
        name: str,
        specs: Iterable[Spec],
        make: Callable[[Spec, Scope], Iterator[Made | Diagnostic]],
        scope: Scope,
    ) -> "_Entries":
        """What `make` makes of each; a fault costs that one only."""
        specs = tuple(specs)
        made: tuple[Any, ...]
        made, noticed = split(_each(name, specs, make, scope))
        stand = {entry.slug for entry in made}
        lost = frozenset(spec.slug for spec in specs if spec.slug not in stand)
        return cls(made, lost, noticed)

    def without(self, graph: Graph) -> "_Entries":
        """Without those whose references do not hold."""
        broken = dict(graph.broken())
        return replace(
            self,
            made=tuple(entry for entry in self.made if entry.slug not in broken),
            lost=self.lost | broken.keys(),
            noticed=(*self.noticed, *broken.values()),
        )


def _each(
    name: str,
    specs: Iterable[Spec],
    make: Callable[[Spec, Scope], Iterator[Made | Diagnostic]],
    scope: Scope,
) -> Iterator[Made | Diagnostic]:
    first: dict[str, str] = {}
    for spec in specs:
        subject = f"{scope.platform}.{name}.{spec.slug}"
        try:
            _check_slug(spec, name, subject, first)
            yield from make(spec, scope)
        except Fault as found:
            yield found.diagnostic


def _check_slug(spec: Spec, name: str, subject: str, first: dict[str, str]) -> None:
    if not is_slug(spec.slug):
        what = f"a {name.replace('_', ' ').removesuffix('s')}"
        raise fault("bad-slug", spec.at, subject, slug=spec.slug, what=what)
    other = first.setdefault(spec.slug.lower(), spec.slug)
    if other != spec.slug:
        raise fault("alike-slugs", spec.at, subject, slug=spec.slug, other=other)


def _graph(entries: _Entries, scope: Scope, named: Callable[[Any], tuple[Reference, ...]]) -> Graph:
    kind, what = _KINDS[named]
    edges = {entry.slug: named(entry) for entry in entries.made}
    return Graph(f"{scope.platform}.{kind}", what, edges, entries.lost)


def _joined(source: DataSource) -> tuple[Reference, ...]:
    return tuple(Reference(join.source, join.at) for join in source.joins)


def _upstream(metric: Metric) -> tuple[Reference, ...]:
    at = metric.places.get("depends_on", metric.at)
    return tuple(Reference(slug, at) for slug in metric.depends_on)


_KINDS: dict[Callable[[Any], tuple[Reference, ...]], tuple[str, str]] = {
    _joined: ("data_sources", "data source"),
    _upstream: ("metrics", "metric"),
}
