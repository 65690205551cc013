"""The clients that a project watches, and how they come to their branches."""

import re
from collections.abc import Iterator

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault
from generator.facts.monitoring import App, Experiment
from generator.semantics.definitions import DataSource
from generator.semantics.monitoring import Branching, Population
from generator.semantics.project_definitions import Sight
from generator.semantics.project_spec import ProjectSpec

CONTROL = "control"
"""The branch that others are compared with, where nobody says which."""

ENTIRE = ("active",)
SWITCH = ("enabled", "disabled")
_MOST = 12
_ODD = re.compile(r"[^a-z0-9_]")


def population(
    spec: ProjectSpec,
    sight: Sight,
    app: App | None,
    experiment: Experiment | None,
    subject: str,
) -> Iterator[Population | Diagnostic]:
    """The population of a project. Raises Fault if there can be none."""
    own = spec.population
    source = _source(spec, sight, subject)
    branching, branches = _branches(spec, experiment)
    entire = own.monitor_entire_population
    if entire and entire.value and branching is not Branching.ENTIRE:
        reason = "branches are told apart all the same; clients of none are kept, too"
        key = "monitor_entire_population"
        yield diagnostic("ineffective-key", entire.at, subject, key=key, reason=reason)
    if len(branches) > _MOST:
        at = own.branches.at if own.branches else spec.at
        yield diagnostic("many-branches", at, subject, count=len(branches), most=_MOST)
    yield Population(
        source,
        branching,
        _reference_first(branches, reference_of(spec, experiment)),
        is_glean=app is not None and app.is_glean,
        channel=own.channel.value.value if own.channel else None,
        preference=own.boolean_pref.value.strip()
        if own.boolean_pref and branching is Branching.PREFERENCE
        else None,
        unfiltered=bool(entire and entire.value),
    )


def _source(spec: ProjectSpec, sight: Sight, subject: str) -> DataSource:
    """Where the clients come from. Raises Fault if that is not said, or not known."""
    named = spec.population.data_source
    if named is None:
        raise fault("incomplete-definition", spec.at, subject, key="population.data_source")
    for found in sight.find("data_sources", (named,), subject):
        if isinstance(found, DataSource):
            return found
        raise Fault(found)
    what = "the data source"
    raise fault("lost-reference", named.at, subject, what=what, name=named.value)


def check_branching(spec: ProjectSpec, subject: str) -> None:
    """Raises Fault if one file says both who is in which branch and how to tell."""
    own = spec.population
    if own.branches and own.branches.value and own.boolean_pref:
        raise fault("several-branchings", own.boolean_pref.at, subject)


def _branches(
    spec: ProjectSpec, experiment: Experiment | None
) -> tuple[Branching, tuple[str, ...]]:
    """How clients are told apart: by a list, else by a preference, else not at all."""
    own = spec.population
    if own.branches and own.branches.value:
        return Branching.LISTED, tuple(dict.fromkeys(own.branches.value))
    if own.boolean_pref:
        return Branching.PREFERENCE, SWITCH
    if own.monitor_entire_population and own.monitor_entire_population.value:
        return Branching.ENTIRE, ENTIRE
    if (
        own.branches is None
        and experiment
        and experiment.branches
        and not is_rollout(spec, experiment)
    ):
        return Branching.LISTED, tuple(dict.fromkeys(experiment.branches))
    return Branching.ROLLOUT, SWITCH


def is_rollout(spec: ProjectSpec, experiment: Experiment | None) -> bool:
    """Whether everybody who takes part gets the same."""
    said = spec.is_rollout
    return said.value if said else experiment is not None and experiment.is_rollout


def reference_of(spec: ProjectSpec, experiment: Experiment | None) -> str:
    """The branch that others are compared with."""
    if spec.reference_branch:
        return spec.reference_branch.value
    return (experiment.reference_branch if experiment else None) or CONTROL


def _reference_first(branches: tuple[str, ...], reference: str) -> tuple[str, ...]:
    return tuple(sorted(branches, key=lambda branch: branch != reference))


def dataset_of(app: App | None, spec: ProjectSpec) -> str | None:
    """What stands for `{dataset}`; None where each data source has its own default.

    >>> from generator.diagnostics import Location
    >>> from generator.facts.metric_hub import Written
    >>> from generator.semantics.project_spec import AppChannel, PopulationSpec
    >>> app = App("web", Location("apps.toml"), ids={"beta": "org.example.Web-Beta"})
    >>> beta = Written(AppChannel.BETA, app.at)
    >>> dataset_of(app, ProjectSpec(app.at, population=PopulationSpec(channel=beta)))
    'org_example_web_beta'
    """
    channel = spec.population.channel
    known = app.ids.get(channel.value) if app and channel else None
    return _ODD.sub("_", known.lower()) if known else None
