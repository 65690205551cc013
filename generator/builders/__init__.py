"""Builders: a request becomes artifacts. Pure; one module per view kind, all listed here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from generator.artifact import Artifact
from generator.builders import (
    classic_monitoring,
    explores,
    metric_definitions,
    operational_monitoring,
    ping,
    table,
)
from generator.diagnostics import Diagnostic, Fault, diagnostic, fault
from generator.facts.conventions import Conventions
from generator.facts.namespaces import METRIC_KINDS, MONITORING_KINDS
from generator.lookml import Document
from generator.semantics.model import MetricView, Namespace, Request
from generator.semantics.monitoring import ClassicProject, MonitoringView

Builder = Callable[[Any, Conventions], Iterator[Artifact | Diagnostic]]
"""Its request is that of its kind: a `Request` for a relation, a `MetricView` for metrics."""

BUILDERS: Mapping[str, Builder] = {
    "table_view": table.build,
    "ping_view": ping.build,
    "metric_definitions_view": metric_definitions.build,
    "operational_monitoring_view": operational_monitoring.build,
    "classic_monitoring_view": classic_monitoring.build,
}
"""Kind of view → the function that yields all its artifacts."""

KINDS = frozenset(BUILDERS) - METRIC_KINDS - MONITORING_KINDS | explores.KINDS
"""The kinds of view and explore that a namespaces file may ask for; metrics ask for themselves."""


def build(namespace: Namespace, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The artifacts of a namespace, and what could not be built.

    A request that fails costs itself, and the explores that stand on its view or join it.
    """
    owners: dict[str, str] = {}
    made: dict[str, Artifact] = {}
    lost: set[str] = set()
    for request in namespace.requests:
        try:
            items = _built(request, conventions, owners)
        except Fault as stopped:
            yield stopped.diagnostic
            lost.add(request.name)
            continue
        for item in items:
            if isinstance(item, Diagnostic):
                yield item
            else:
                made.setdefault(item.path, item)
    orphans = dict(_orphans(namespace, lost))
    yield from orphans.values()
    kept = [artifact for artifact in made.values() if artifact.subject not in orphans]
    used = set(_persisted(kept))
    for artifact in kept:
        if used.issuperset(_unasked(artifact, conventions)):
            yield artifact


def _built(
    request: Request | MetricView | MonitoringView | ClassicProject,
    conventions: Conventions,
    owners: dict[str, str],
) -> list[Artifact | Diagnostic]:
    """What a request gives; `owners` learns its views. Raises Fault if one is another's."""
    items = list(BUILDERS[request.kind](request, conventions))
    views = sorted(_views(items))
    taken = next((view for view in views if view in owners), None)
    if taken is not None:
        at, subject = request.at, request.subject
        raise fault("taken-view", at, subject, view=taken, other=owners[taken])
    owners.update(dict.fromkeys(views, request.subject))
    return items


def _views(items: list[Artifact | Diagnostic]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Artifact) and isinstance(item.content, Document):
            yield from (view.name for view in item.content.views)


def _persisted(artifacts: Iterable[Artifact]) -> Iterator[str]:
    """The datagroups with which explores persist."""
    for artifact in artifacts:
        if isinstance(artifact.content, Document):
            yield from (e.persist_with for e in artifact.content.explores if e.persist_with)


def _unasked(artifact: Artifact, conventions: Conventions) -> Iterator[str]:
    """The datagroups of a file that an explore has to use: each costs a query every few minutes."""
    if isinstance(artifact.content, Document) and not conventions.datagroups_without_explore:
        yield from (group.name for group in artifact.content.datagroups)


def _orphans(namespace: Namespace, lost: set[str]) -> Iterator[tuple[str, Diagnostic]]:
    """The explores over views that were not built."""
    over_relations = (r for r in namespace.requests if isinstance(r, Request))
    for explore in (explore for request in over_relations for explore in request.explores):
        missing = next((v for v in (explore.base_view, *explore.others) if v in lost), None)
        if missing is not None:
            said = diagnostic("view-left-out", explore.at, explore.subject, view=missing)
            yield explore.subject, said
