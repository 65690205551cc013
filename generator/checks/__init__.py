"""Checks: pure rules over what was built. They only look; `prove` acts on what they find."""

from collections.abc import Callable, Iterable, Iterator

from generator.artifact import Artifact
from generator.checks import (
    aggregates,
    binding,
    columns,
    dashboards,
    fanout,
    labels,
    names,
    partitions,
    references,
    sql,
)
from generator.checks.knowledge import Knowledge
from generator.checks.scope import Scope, scope_of
from generator.diagnostics import Diagnostic, Severity
from generator.facts.conventions import Conventions

CHECKS: tuple[Callable[[Scope], Iterator[Diagnostic]], ...] = (
    names.check_fields,
    names.check_objects,
    references.check_includes,
    references.check_unjoined,
    references.check_views,
    references.check_extends,
    references.check_fields,
    references.check_sets,
    references.check_suggestions,
    references.check_datagroups,
    sql.check_sql,
    columns.check_columns,
    partitions.check_partitions,
    fanout.check_fan_out,
    dashboards.check_explores,
    dashboards.check_fields,
    dashboards.check_shown,
    dashboards.check_filters,
    dashboards.check_defaults,
    dashboards.check_models,
    dashboards.check_names,
    dashboards.check_grid,
    aggregates.check_columns,
    aggregates.check_tiles,
    labels.check_labels,
    labels.check_dashboards,
)
"""All that is checked, over the artifacts of one namespace."""


_HOUSE = Conventions()

Further = Callable[[tuple[Artifact, ...], Conventions, Knowledge], Iterable[Diagnostic]]
"""Checks of the sound artifacts of a namespace, beyond those that prove them."""


def no_further(_: tuple[Artifact, ...], __: Conventions, ___: Knowledge) -> Iterable[Diagnostic]:
    """None."""
    return ()


def bound(
    artifacts: tuple[Artifact, ...], conventions: Conventions, knowledge: Knowledge
) -> Iterable[Diagnostic]:
    """What an engine says of the SQL: slower than a proof, and of another dialect."""
    return tuple(binding.check_bound(scope_of(artifacts, conventions, knowledge)))


def check(
    artifacts: Iterable[Artifact],
    conventions: Conventions = _HOUSE,
    knowledge: Knowledge | None = None,
) -> tuple[Diagnostic, ...]:
    """What is wrong with the artifacts of one namespace."""
    scope = scope_of(artifacts, conventions, knowledge)
    return tuple(found for rule in CHECKS for found in rule(scope))


def prove(
    artifacts: Iterable[Artifact],
    conventions: Conventions = _HOUSE,
    knowledge: Knowledge | None = None,
) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
    """The artifacts of a namespace that are right, and what was found.

    What is wrong is left out, and then what no longer holds without it.
    """
    sound = tuple(artifacts)
    findings: list[Diagnostic] = []
    while True:
        found = check(sound, conventions, knowledge)
        broken = {item.subject for item in found if item.severity is Severity.ERROR}
        if not broken:
            return sound, (*findings, *found)
        findings.extend(item for item in found if item.severity is Severity.ERROR)
        sound = tuple(artifact for artifact in sound if artifact.subject not in broken)
