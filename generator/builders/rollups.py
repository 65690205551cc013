"""The estimates of all aggregate tables of monitoring, whichever mode keeps them."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact
from generator.builders import operational_monitoring
from generator.builders.worth import WORTHWHILE, Estimate, estimates
from generator.facts.conventions import Conventions
from generator.semantics.model import Project
from generator.semantics.monitoring import MonitoringView

_LEFT_OUT = frozenset({WORTHWHILE, "none"})
"""The modes that leave out tables; those are judged as the default would make them."""


def estimates_of(project: Project, artifacts: Iterable[Artifact]) -> Iterator[Estimate]:
    """An estimate for each aggregate table, those that are left out included."""
    made = {explore.name: explore for explore in _explores(artifacts)}
    for namespace in project.namespaces:
        for request in namespace.requests:
            if isinstance(request, MonitoringView):
                for explore in _candidates(request, made, project.conventions):
                    yield from estimates(explore, request, project.conventions)


def _candidates(
    request: MonitoringView, made: dict[str, lookml.Explore], conventions: Conventions
) -> Iterable[lookml.Explore]:
    if conventions.aggregate_tables in _LEFT_OUT:
        everything = replace(conventions, aggregate_tables="default-view")
        return _explores(operational_monitoring.build(request, everything))
    names = (request.name, f"{request.name}_alerts")
    return (made[name] for name in names if name in made)


def _explores(items: Iterable[object]) -> Iterator[lookml.Explore]:
    for item in items:
        if isinstance(item, Artifact) and isinstance(item.content, lookml.Document):
            yield from item.content.explores
