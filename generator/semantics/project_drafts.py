"""Which monitoring projects are asked for: by files, and by rollouts that have none."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from generator.diagnostics import Diagnostic, Fault, Severity, diagnostic, fault, nearest, split
from generator.facts import Facts
from generator.facts.metric_hub import Definitions
from generator.facts.monitoring import Experiment
from generator.semantics.classic_files import is_classic
from generator.semantics.project_definitions import DESKTOP, Shelf, Start
from generator.semantics.project_names import listed, name_of, subject_of
from generator.semantics.project_population import check_branching
from generator.semantics.project_spec import ProjectSpec, read_spec


class Draft(Struct, frozen=True):
    """A project as it is asked for: by a file, or by a rollout that has none."""

    slug: str
    subject: str
    spec: ProjectSpec
    start: Start
    file: Definitions | None = None
    experiment: Experiment | None = None


class Skipped(Struct, frozen=True):
    """A project whose file says that it is none for now."""

    slug: str
    spec: ProjectSpec


def drafts_of(facts: Facts, shelf: Shelf) -> Iterator[Draft | Skipped | Diagnostic]:
    """The projects of files, then those of rollouts, by slug; and what is wrong with others."""
    experiments = {experiment.slug: experiment for experiment in facts.monitoring.experiments}
    yield from _not_read(facts, shelf)
    for slug, file in sorted(shelf.projects.items()):
        if is_classic(file):
            continue
        try:
            yield from _of_file(slug, file, experiments.get(slug), facts, shelf)
        except Fault as found:
            yield found.diagnostic
    yield from _of_rollouts(facts, shelf)


_FILES = {
    "apps": "the file of apps",
    "experiments": "the list of experiments",
    "rows": "the table of projects",
}


def _not_read(facts: Facts, shelf: Shelf) -> Iterator[Diagnostic]:
    """What stays as it is, because what says something of it could not be read."""
    unread = sorted(facts.monitoring.unread)
    for kind, what in _FILES.items():
        if not {kind, f"{kind}.?"}.isdisjoint(unread):
            subject = f"{facts.conventions.monitoring_namespace}.projects"
            yield diagnostic("unread-projects", None, subject, what=what)
    lost = dict.fromkeys(shelf.unread_projects, "its file")
    for entry in unread:
        kind, _, slug = entry.partition(".")
        if kind in _SOLE and slug not in ("", "?", *shelf.projects):
            lost.setdefault(slug, _SOLE[kind])
    for slug, what in lost.items():
        yield _unread(slug, None, subject_of(slug, facts.conventions), what)


_SOLE = {"experiments": "its experiment", "rows": "its row"}
"""What a project without a file stands on."""


def _unread(slug: str, spec: ProjectSpec | None, subject: str, what: str) -> Diagnostic:
    return diagnostic("unread-project", spec.at if spec else None, subject, slug=slug, what=what)


def _of_file(
    slug: str, file: Definitions, experiment: Experiment | None, facts: Facts, shelf: Shelf
) -> Iterator[Draft | Skipped | Diagnostic]:
    subject = subject_of(slug, facts.conventions)
    specs, noticed = split(read_spec(file, subject))
    yield from noticed
    if any(item.severity is Severity.ERROR for item in noticed):
        return
    spec = specs[0]
    if spec.skip and spec.skip.value:
        yield Skipped(slug, spec)
        return
    if f"experiments.{slug}" in facts.monitoring.unread:
        yield _unread(slug, spec, subject, "its experiment")
        return
    check_branching(spec, subject)
    platform = _platform(slug, spec, experiment, subject)
    if f"apps.{platform}" in facts.monitoring.unread:
        yield _unread(slug, spec, subject, "its app")
        return
    _check_platform(platform, spec, facts, shelf, subject)
    bare = spec.skip_default_metrics is not None and spec.skip_default_metrics.value
    rollout = experiment is not None and experiment.is_rollout and platform == DESKTOP
    start = Start(platform, not bare, rollout and not bare)
    yield Draft(slug, subject, spec, start, file, experiment)


def _platform(slug: str, spec: ProjectSpec, experiment: Experiment | None, subject: str) -> str:
    """The platform of a project. Raises Fault if neither file nor experiment tells."""
    if spec.platform:
        return spec.platform.value
    if experiment is None:
        raise fault("no-platform", spec.at, subject, slug=slug)
    return experiment.app or DESKTOP


def known_platforms(facts: Facts, shelf: Shelf) -> frozenset[str]:
    """The platforms of the file of apps; without one, those that have definitions."""
    return frozenset(app.platform for app in facts.monitoring.apps) or shelf.platforms


def _check_platform(
    platform: str, spec: ProjectSpec, facts: Facts, shelf: Shelf, subject: str
) -> None:
    known = known_platforms(facts, shelf)
    if platform not in known:
        at = spec.platform.at if spec.platform else spec.at
        hint = nearest(platform, known)
        raise fault("unknown-platform", at, subject, name=platform, nearest=hint)


def _of_rollouts(facts: Facts, shelf: Shelf) -> Iterator[Draft | Diagnostic]:
    """A project for each rollout that no file speaks of; one note for each reason against it."""
    conventions, known = facts.conventions, known_platforms(facts, shelf)
    files = {name_of(slug, conventions) for slug in (*shelf.projects, *shelf.unread_projects)}
    left_out: dict[str, list[Experiment]] = {}
    for experiment in sorted(facts.monitoring.experiments, key=lambda e: e.slug):
        if not experiment.is_rollout or name_of(experiment.slug, conventions) in files:
            continue
        start = Start(experiment.app or DESKTOP, rollout=(experiment.app or DESKTOP) == DESKTOP)
        subject = subject_of(experiment.slug, conventions)
        reason = _against(experiment, start, known, shelf)
        if f"apps.{start.platform}" in facts.monitoring.unread:
            yield _unread(experiment.slug, None, subject, "its app")
        elif reason:
            left_out.setdefault(reason, []).append(experiment)
        else:
            spec = ProjectSpec(experiment.at)
            yield Draft(experiment.slug, subject, spec, start, None, experiment)
    for reason, experiments in left_out.items():
        names = listed([experiment.slug for experiment in experiments])
        values = {"count": len(experiments), "reason": reason, "names": names}
        yield diagnostic("unmonitored-rollouts", experiments[0].at, None, **values)


def _against(
    experiment: Experiment, start: Start, known: Iterable[str], shelf: Shelf
) -> str | None:
    """Why a rollout has no project, if it has none."""
    if start.platform not in known:
        return f"the platform `{start.platform}` is not known"
    if experiment.start_date is None:
        return "they have no start date"
    return None if shelf.has_defaults(start) else f"`{start.platform}` has no defaults"
