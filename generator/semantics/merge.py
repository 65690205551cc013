"""Merges files of one platform: what overrides comes after what it overrides."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import reduce
from itertools import chain
from typing import Any, TypeVar

from msgspec.structs import replace

from generator.diagnostics import Diagnostic, diagnostic
from generator.facts.metric_hub import (
    DataSourceSpec,
    Definitions,
    DimensionSpec,
    FunctionSpec,
    MetricSpec,
    ParameterSpec,
    SegmentSourceSpec,
    SegmentSpec,
    Text,
    Texts,
    Written,
)

Spec = TypeVar(
    "Spec",
    MetricSpec,
    DataSourceSpec,
    SegmentSpec,
    SegmentSourceSpec,
    DimensionSpec,
    ParameterSpec,
    FunctionSpec,
)

_SLUG = re.compile(r"\w+", re.ASCII)
_WILD = frozenset("*?[")
_SELF = frozenset({"slug", "at"})


def is_slug(text: str) -> bool:
    """Whether a text can name something: letters, digits and `_`."""
    return _SLUG.fullmatch(text) is not None


def merge(files: Iterable[Definitions]) -> tuple[Definitions, tuple[Diagnostic, ...]]:
    """The files of a platform as one, later ones over earlier ones, and what is wrong with them."""
    first, *others = files
    empty = Definitions(first.name, first.kind, first.at, first.platform)
    noticed: list[Diagnostic] = []
    merged = reduce(lambda base, over: _merge_two(base, over, noticed), (first, *others), empty)
    return merged, tuple(noticed)


def _merge_two(base: Definitions, over: Definitions, noticed: list[Diagnostic]) -> Definitions:
    def wild(what: str, base: tuple[Spec, ...], over: tuple[Spec, ...]) -> tuple[Spec, ...]:
        return _override(f"{base_name}.{what}", base, over, noticed)

    base_name = base.name
    return replace(
        base,
        metrics=wild("metrics", base.metrics, over.metrics),
        data_sources=wild("data_sources", base.data_sources, over.data_sources),
        segments=by_slug(base.segments, over.segments),
        segment_sources=by_slug(base.segment_sources, over.segment_sources),
        dimensions=by_slug(base.dimensions, over.dimensions, overlay),
        parameters=by_slug(base.parameters, over.parameters, merge_parameter),
        alerts={**base.alerts, **over.alerts},
        periods=_periods(base.periods, over.periods),
    )


def overlay(base: Spec, over: Spec) -> Spec:
    """The base with each key that the other sets; a key that says false or nothing is set."""
    names = (name for name in over.__struct_fields__ if name not in _SELF)
    given: dict[str, Any] = {name: getattr(over, name) for name in names}
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def merge_parameter(base: ParameterSpec, over: ParameterSpec) -> ParameterSpec:
    """The same; values by branch merge branch by branch."""
    merged = overlay(base, over)
    return replace(
        merged,
        value=_branches(base.value, over.value) or merged.value,
        default=_branches(base.default, over.default) or merged.default,
    )


def _branches(
    base: Written[Any] | None, over: Written[Any] | None
) -> Written[tuple[tuple[str, str], ...]] | None:
    if base is None or over is None or isinstance(base.value, str) or isinstance(over.value, str):
        return None
    return Written(tuple({**dict(base.value), **dict(over.value)}.items()), over.at)


def by_slug(
    base: Iterable[Spec],
    over: Iterable[Spec],
    both: Callable[[Spec, Spec], Spec] = lambda _, over: over,
) -> tuple[Spec, ...]:
    """Entries by slug, those of the base first; `both` makes one of two with the same slug."""
    found: dict[str, Spec] = {spec.slug: spec for spec in base}
    for spec in over:
        found[spec.slug] = both(found[spec.slug], spec) if spec.slug in found else spec
    return tuple(found.values())


def _override(
    subject: str, base: tuple[Spec, ...], over: tuple[Spec, ...], noticed: list[Diagnostic]
) -> tuple[Spec, ...]:
    """Entries of the base with those of the other over them; a wildcard stands for many.

    A wildcard means what the base has, not what the other file adds.
    """
    found: dict[str, Spec] = {spec.slug: spec for spec in base}
    added: dict[str, Spec] = {}
    for spec in over:
        slugs = _matches(spec.slug, found)
        for slug in slugs:
            noticed.extend(_drift(f"{subject}.{slug}", found[slug], spec))
            found[slug] = overlay(found[slug], spec)
        if not slugs and is_slug(spec.slug):
            added[spec.slug] = spec
        elif not slugs:
            noticed.append(_stray(subject, spec))
    return tuple(chain(found.values(), added.values()))


def _matches(slug: str, known: Mapping[str, object]) -> tuple[str, ...]:
    if is_slug(slug):
        return (slug,) if slug in known else ()
    return tuple(name for name in known if fnmatchcase(name, slug))


def _stray(subject: str, spec: Spec) -> Diagnostic:
    """What to say of a slug that is none, and matches nothing."""
    what = subject.rpartition(".")[2].replace("_", " ").removesuffix("s")
    subject = f"{subject}.{spec.slug}"
    if _WILD.isdisjoint(spec.slug):
        return diagnostic("bad-slug", spec.at, subject, slug=spec.slug, what=f"a {what}")
    return diagnostic("unmatched-wildcard", spec.at, subject, slug=spec.slug, what=what)


def _drift(subject: str, base: Spec, over: Spec) -> Iterator[Diagnostic]:
    """A metric must not mean one thing here and another there."""
    before: Text | None = getattr(base, "select_expression", None)
    after: Text | None = getattr(over, "select_expression", None)
    if before and after and before.value.split() != after.value.split():
        yield diagnostic("changed-expression", after.at, subject, place=before.at)


def _periods(base: Mapping[str, Texts], over: Mapping[str, Texts]) -> Mapping[str, Texts]:
    """The lists of both, those of the other first."""
    found = dict(base)
    for name, texts in over.items():
        before = found[name].value if name in found else ()
        found[name] = Written((*texts.value, *before), texts.at)
    return found
