"""The ETL of monitoring projects in the dbt project: per client, statistics, alerts."""

from collections.abc import Iterator

from generator.artifact import Artifact
from generator.diagnostics import Diagnostic
from generator.semantics.model import Project


def build(project: Project) -> Iterator[Artifact | Diagnostic]:
    """The models of each study, and what cannot be computed."""
    del project
    yield from ()
