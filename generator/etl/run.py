"""A run of the ETL: write the dbt project, then have dbt compute, call by call."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Fault
from generator.etl.bills import spent_of
from generator.etl.calls import Places, arguments
from generator.etl.estimate import Estimate, check_affordable, estimator
from generator.etl.outcome import Ledger, ProjectOutcome, diagnostics_of
from generator.etl.plan import Asked, Step, Watched, chosen, plan, span_of
from generator.etl.protocol import Done, Result
from generator.etl.runner import Runner, alone, running
from generator.etl.target import Target, check_installed, target_of, write_profile
from generator.pipeline import models
from generator.publish.disk import write
from generator.publish.tree import Terms
from generator.run import world_of
from generator.settings import Settings
from generator.stages import Stages


class Computed(Struct, frozen=True):
    """What a run came to: each project, and what was noticed on the way.

    `stopped` says why dbt could not go on, if it could not; the projects are as far as they got.
    """

    target: str
    steps: tuple[Step, ...]
    projects: tuple[ProjectOutcome, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    stopped: Diagnostic | None = None


class Work(Struct, frozen=True):
    """All that is ready when dbt is to be called."""

    runner: Runner
    places: Places
    target: Target
    projects: tuple[Watched, ...]
    steps: tuple[Step, ...]
    stages: Stages
    noticed: tuple[Diagnostic, ...]
    namespace: str


def compute(
    settings: Settings, asked: Asked, wanted: str | None, today: date, stages: Stages
) -> Computed:
    """Write the dbt project and run it. Raises Fault if nothing can be computed at all.

    With a limit to what it may cost, all of it is estimated first.
    """
    with ready(settings, asked, wanted, today, stages) as work:
        place = work.target.bigquery
        if place is not None and stages.ledger.limit is not None:
            estimates = weigh(work).estimates
            check_affordable(estimates, stages.ledger, f"bigquery:{place.project}")
        return build(work)


def estimate(
    settings: Settings, asked: Asked, wanted: str | None, today: date, stages: Stages
) -> Computed:
    """Write the dbt project and ask what each statement would read. Nothing is computed.

    Raises Fault if the engine cannot tell.
    """
    with ready(settings, asked, wanted, today, stages) as work:
        return weigh(work)


def build(work: Work) -> Computed:
    """Have dbt compute, as far as it gets."""
    ledger, stopped = _ledger(work), None
    try:
        for step, done in _calls(work, "build", ledger):
            ledger.note(step, done.results)
            _note_costs(work, done.results, ledger)
    except Fault as fault:
        stopped = fault.diagnostic
    outcomes = ledger.outcomes()
    failed = tuple(diagnostics_of(outcomes, work.namespace))
    noticed = (*work.noticed, *failed, *((stopped,) if stopped else ()))
    return Computed(work.target.type, work.steps, outcomes, (), noticed, stopped)


def weigh(work: Work) -> Computed:
    """Have dbt write each statement, and ask the engine what it would read."""
    ask = estimator(work.target, work.stages.ledger)
    estimates = tuple(
        ask(step.span, result)
        for step, done in _calls(work, "compile", _ledger(work))
        for result in done.results
        if result.costs
    )
    return Computed(work.target.type, work.steps, (), estimates, work.noticed)


def _note_costs(work: Work, results: Iterable[Result], ledger: Ledger) -> None:
    """Note what BigQuery says that a call took. The next may cost what is left then."""
    if work.target.bigquery is not None:
        for spent in spent_of(results, ledger, work.namespace):
            work.stages.ledger.call("dbt")
            work.stages.ledger.note(spent)
        write_profile(work.target.limited(work.stages.ledger.left), work.places.work)


def _ledger(work: Work) -> Ledger:
    return Ledger(work.places.models, {project.name: project for project in work.projects})


@contextmanager
def ready(
    settings: Settings, asked: Asked, wanted: str | None, today: date, stages: Stages
) -> Iterator[Work]:
    """Write what dbt needs, while its process starts; nobody else works here meanwhile."""
    span = span_of(asked, today)
    target = target_of(settings, wanted)
    check_installed(target.type)
    folder = settings.state / "dbt"
    namespace = settings.conventions.monitoring_namespace
    with alone(settings.state) as lock, running(folder, lock) as runner:
        write_profile(target.limited(stages.ledger.left), folder)
        made = models(world_of(settings, stages.ledger), settings.only, stages)
        projects = chosen(map(Watched.of, made.monitored.computed), asked.slugs)
        written = write(made.tree, settings.dbt, Terms(made.holds), stages)
        steps = plan(projects, span, settings.etl_days, rest=asked.rest)
        places = Places.of(settings.dbt, folder, target.type, namespace, made.tree)
        noticed = (*made.diagnostics, *written.diagnostics)
        yield Work(runner, places, target, projects, steps, stages, noticed, namespace)


def _calls(work: Work, command: str, ledger: Ledger) -> Iterator[tuple[Step, Done]]:
    """The calls, one after the other. A project that failed is not computed any further.

    Its later days might stand on those that it lacks.
    """
    with work.stages.stage("etl"):
        for place, step in enumerate(work.steps, 1):
            going = tuple(p for p in step.projects if p.slug not in ledger.failed)
            if going or step.rest:
                left = replace(step, projects=going)
                last = place == sum(not one.rest for one in work.steps)
                words = arguments(command, left, work.places, last=last)
                yield left, work.runner.call(words, work.stages.watcher)
