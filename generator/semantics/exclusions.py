"""Exclusions: what the list names is left out, before and after patterns are written out."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from msgspec.structs import replace

from generator.diagnostics import Diagnostic, diagnostic
from generator.facts.namespaces import Exclusion, NamespaceSpec


def exclude(
    specs: Iterable[NamespaceSpec], exclusions: Iterable[Exclusion]
) -> Iterator[NamespaceSpec | Diagnostic]:
    """The namespaces without what the exclusion list names, in the order of the list."""
    remaining = list(specs)
    for exclusion in exclusions:
        kept = [_without(spec, exclusion) for spec in remaining]
        if kept == remaining and not any(_may_match(spec, exclusion) for spec in remaining):
            yield diagnostic("unmatched-exclusion", exclusion.at, pattern=exclusion.namespaces)
        remaining = [spec for spec in kept if spec is not None]
    before = {spec.name: spec for spec in specs}
    for spec in remaining:
        yield from _without_orphans(spec, before[spec.name])


def without_excluded(
    spec: NamespaceSpec, exclusions: Iterable[Exclusion]
) -> Iterator[NamespaceSpec | Diagnostic]:
    """The namespace, patterns expanded, without the views and explores that the list names."""
    kept: NamespaceSpec | None = spec
    for exclusion in exclusions:
        kept = kept and _without(kept, exclusion)
    if kept:
        yield from _without_orphans(kept, spec)


def is_excluded(namespace: str, view: str, exclusions: Iterable[Exclusion]) -> bool:
    """Whether the list names a view, or its whole namespace."""
    named = (e for e in exclusions if fnmatchcase(namespace, e.namespaces))
    return any(e.whole or matches(view, e.views) for e in named)


def _may_match(spec: NamespaceSpec, exclusion: Exclusion) -> bool:
    """Whether a pattern of the namespace may come to stand for something excluded."""
    patterns = any("*" in view.name for view in spec.views)
    return patterns and fnmatchcase(spec.name, exclusion.namespaces)


def _without(spec: NamespaceSpec, exclusion: Exclusion) -> NamespaceSpec | None:
    if not fnmatchcase(spec.name, exclusion.namespaces):
        return spec
    if exclusion.whole:
        return None
    return replace(
        spec,
        views=tuple(v for v in spec.views if not matches(v.name, exclusion.views)),
        explores=tuple(e for e in spec.explores if not matches(e.name, exclusion.explores)),
    )


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns stands for a name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _without_orphans(
    spec: NamespaceSpec, before: NamespaceSpec
) -> Iterator[NamespaceSpec | Diagnostic]:
    """Without the explores whose view is excluded: they would include a file that is not there."""
    excluded = {view.name for view in before.views} - {view.name for view in spec.views}
    kept = []
    for explore in spec.explores:
        lost = sorted({explore.base_view, *explore.others} & excluded)
        if lost:
            yield diagnostic("excluded-view", explore.at, explore.subject, view=lost[0])
        else:
            kept.append(explore)
    yield replace(spec, explores=tuple(kept))
