"""What the dropdowns of the dashboards offer, written down: the next run keeps to it."""

from collections.abc import Collection, Iterator, Mapping

from generator.artifact import DROPDOWNS, Artifact, Dropdowns
from generator.facts.monitoring import Choice, Choices
from generator.semantics.model import Project
from generator.semantics.monitoring import MonitoringView

_KIND = "dropdowns"


def dropdowns_of(
    project: Project, made: Choices, remembered: Choices, only: frozenset[str], *, whole: bool
) -> Iterator[Artifact]:
    """The file, if there is anything to remember; `made` is what this run chose.

    What a project or dimension was remembered for stays as long as it is asked for. Where the input
    is not `whole`, or the run was `only` about some namespaces, nothing is forgotten at all.
    """
    asked = {
        item.name: {dimension.name for dimension in item.dimensions}
        for item in project.monitored.projects
    }
    choices: dict[str, Mapping[str, Choice]] = {}
    for name in sorted(remembered.keys() | made.keys()):
        before = remembered.get(name, {})
        kept = {
            dimension: choice
            for dimension, choice in before.items()
            if only or not whole or dimension in asked.get(name, ())
        }
        merged = {**kept, **made.get(name, {})}
        if merged:
            choices[name] = merged
    if choices:
        subject = f"{project.conventions.monitoring_namespace}.{_KIND}"
        yield Artifact(DROPDOWNS, Dropdowns(choices), _KIND, subject)


def choices_of(project: Project, only: Collection[str] = ()) -> Choices:
    """What was chosen for the projects that are shown, or of them those in some namespaces."""
    return {
        request.project.name: request.choices
        for namespace in project.namespaces
        for request in namespace.requests
        if isinstance(request, MonitoringView) and (not only or namespace.spec.name in only)
    }
