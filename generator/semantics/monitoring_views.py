"""Monitoring projects as they can be shown: with the columns and values that their tables have."""

from collections.abc import Iterator

from generator.diagnostics import Diagnostic
from generator.facts.catalog import Catalog, ProfileNeed, Profiles, RelationName
from generator.facts.monitoring import Choices
from generator.semantics.monitoring import Monitored, MonitoringView


def needs_of(monitored: Monitored) -> Iterator[RelationName]:
    """The relations that the projects are shown from."""
    for project in monitored.projects:
        yield project.statistics
        if project.alerts:
            yield project.alerts


def profile_needs(monitored: Monitored, catalog: Catalog) -> tuple[ProfileNeed, ...]:
    """The dimensions whose values a dropdown offers: one question for each project at most."""
    del monitored, catalog
    return ()


def derive_monitoring(
    monitored: Monitored, catalog: Catalog, profiles: Profiles, remembered: Choices
) -> Iterator[MonitoringView | Diagnostic]:
    """The projects with what their tables have, and what those lack."""
    del monitored, catalog, profiles, remembered
    yield from ()
