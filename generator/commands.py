"""What the commands do, behind their options: a result is an exit code and lines for a person."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click
from msgspec import Struct
from msgspec.structs import replace

from generator.builders import KINDS
from generator.console import watching
from generator.costs import Ledger
from generator.diagnostics import Diagnostic, Fault
from generator.files import drop_drafts
from generator.logs import Where, journal, journal_of
from generator.publish.git import Offer, Published
from generator.publish.locks import sole, writing
from generator.report import (
    published_lines,
    summary_lines,
    write_publish_report,
    write_report,
)
from generator.run import Outcome, failed, world_of, write_output
from generator.semantics.monitoring_views import profile_needs
from generator.settings import Settings, load
from generator.spending import spending_lines, write_costs
from generator.stages import Stages, Watcher, nobody
from generator.state import left_in

DONE, FAILED, USAGE, CHANGED = 0, 1, 2, 3
Parameters = ParamSpec("Parameters")


class Wish(Struct, frozen=True):
    """What `generate` does besides: write nothing, commit, push or propose; how much it says."""

    quiet: bool = False
    dry: bool = False
    commit: bool = False
    push: bool = False
    ask: bool = False


def _guarded(command: Callable[Parameters, int]) -> Callable[Parameters, int]:
    """A fault that nobody caught costs the whole run: settings, a warehouse, the repository.

    So does an error of ours, which shows its traceback.
    """

    @wraps(command)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> int:
        given = next((one for one in args if isinstance(one, Mapping)), {})
        with journal_of(command.__name__, given.get("log_format")) as told:
            try:
                return command(*args, **kwargs)
            except Fault as stopped:
                told.stop(stopped.diagnostic)
            except BrokenPipeError:
                raise  # whoever read us has heard enough
            except Exception as error:  # noqa: BLE001 - our bug, told without what is secret
                told.crash(error)
            return USAGE

    return guarded


@_guarded
def generate(config: Path | None, given: Mapping[str, Any], wish: Wish) -> int:
    """Read, build, check and write, and what else is wished."""
    settings = _settings(config, given)
    quiet, dry = wish.quiet, wish.dry
    published: Published | None = None
    stopped: tuple[Diagnostic, ...] = ()
    publishing = _publishing(settings, wish)
    with watching(quiet=quiet) as watcher, _alone(settings, dry=dry):
        stages = _stages(watcher, settings)
        outcome = write_output(settings, stages, dry=dry, today=today())
        broken = _broken(settings, lambda: _offer(settings, outcome), required=wish.commit)
        outcome = replace(outcome, diagnostics=(*outcome.diagnostics, *broken))
        if publishing and not _refused(broken):
            published, stopped = publishing(outcome, stages)
        told = published.diagnostics if published else stopped
        outcome = replace(outcome, diagnostics=(*outcome.diagnostics, *told))
        report = None if dry else _reported(settings, outcome, published, stages)
    journal().tell(outcome.diagnostics, quiet=quiet)
    if not quiet:
        _say(summary_lines(settings, outcome, dry=dry))
        _say(spending_lines(stages.ledger))
    for said in published_lines(settings, published) if published else ():
        journal().note(said, Where("commands.py", "generate"))
        _say((said,) if not quiet else ())
    _say((f"report: {report}",) if report and not quiet else ())
    return USAGE if stopped else _exit_code(settings, outcome, dry=dry)


def _reported(
    settings: Settings, outcome: Outcome, published: Published | None, stages: Stages
) -> Path:
    """The report and the rows of costs, written before anything is said.

    Nobody may be there to hear it; and while the lock is held, so that an older run never
    overwrites what a newer one reports.
    """
    report = write_report(settings, outcome, published, stages)
    write_costs(settings.output, stages.ledger)
    return report


@contextmanager
def _alone(settings: Settings, *, dry: bool = False) -> Iterator[None]:
    """No other run writes to the output or publishes it; one that writes nothing minds nobody.

    What killed runs left half written goes.
    """
    if dry:
        yield
        return
    with sole(settings.state, "generate.lock", "run"):
        for file in (Path(settings.output, "report.json"), *left_in(settings.state)):
            with suppress(OSError):
                drop_drafts(file)
        yield


Publishing = Callable[[Outcome, Stages], tuple[Published | None, tuple[Diagnostic, ...]]]
"""What comes of publishing: the commit, or why there can be none, which is no end of the run."""


def _publishing(settings: Settings, wish: Wish) -> Publishing | None:
    """How to publish, if that is wished.

    Raises Fault if something is missing that can be known before anything is done.
    """
    if not wish.commit or wish.dry:
        return None
    from generator import publication  # noqa: PLC0415 - only to publish

    plan = publication.plan_of(settings, push=wish.push, ask=wish.ask)

    def publishing(
        outcome: Outcome, stages: Stages
    ) -> tuple[Published | None, tuple[Diagnostic, ...]]:
        offer = publication.offer_of(settings, outcome)
        try:
            return publication.publish(settings, offer, plan, stages), ()
        except Fault as fault:
            return None, (fault.diagnostic,)

    return publishing


def _offer(settings: Settings, outcome: Outcome) -> Offer:
    from generator.publication import offer_of  # noqa: PLC0415 - only to publish

    return offer_of(settings, outcome)


def _broken(
    settings: Settings, offer: Callable[[], Offer], *, required: bool
) -> tuple[Diagnostic, ...]:
    """What it would break in the spokes of the settings to publish what is on offer."""
    if not settings.spokes:
        return ()
    from generator.reviewing import broken_by, complaints  # noqa: PLC0415 - only with spokes

    required = required and settings.require_intact_spokes
    return complaints(broken_by(settings, offer()), required=required)


def _refused(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether spokes are to stay intact, and would not."""
    return any(item.code == "spokes-not-intact" for item in diagnostics)


def _exit_code(settings: Settings, outcome: Outcome, *, dry: bool) -> int:
    if dry and outcome.changes:
        return CHANGED
    return FAILED if failed(outcome.diagnostics, settings) else DONE


@_guarded
def check(config: Path | None, given: Mapping[str, Any], errand: Mapping[str, Any]) -> int:
    """Build and check, or look at a tree, and say what is wrong."""
    from generator.checking import check_definitions, check_folder  # noqa: PLC0415 - only here
    from generator.findings import FORMATS, summary  # noqa: PLC0415

    settings, quiet, form = _settings(config, given), bool(errand["quiet"]), errand["form"]
    with watching(quiet=quiet or form != "text") as watcher:
        if errand["tree"]:
            checked = check_folder(errand["tree"])
        else:
            stages = _stages(watcher, settings)
            checked = check_definitions(settings, stages, deep=errand["deep"])
    if form != "text":
        _say(FORMATS[form](checked.findings, checked.ignored))
    else:
        journal().tell(checked.findings, quiet=quiet)
        if not quiet:
            _say((f"{checked.files} files: {summary(checked.findings, checked.ignored)}",))
    return FAILED if failed(checked.findings, settings) else DONE


@_guarded
def diff(config: Path | None, given: Mapping[str, Any], errand: Mapping[str, Any]) -> int:
    """Say what would change for users, and what that breaks."""
    from generator.reviewing import compare, printed, write_review  # noqa: PLC0415 - only here

    settings, quiet = _settings(config, given), bool(errand["quiet"])
    with watching(quiet=quiet) as watcher:
        stages = _stages(watcher, settings)
        compared = compare(settings, errand["old"], errand["new"], stages, today())
    journal().tell(compared.diagnostics, quiet=quiet)
    for file in errand["files"]:
        write_review(compared.review, file)
    _say((printed(compared.review, errand["form"]),))
    breaks = errand["strict"] and compared.review.breaks
    return FAILED if breaks or failed(compared.diagnostics, settings) else DONE


@_guarded
def publish(config: Path | None, given: Mapping[str, Any], wish: Wish) -> int:
    """Commit what the last run wrote, and what else is wished."""
    from generator import publication  # noqa: PLC0415 - only to publish

    settings, quiet = _settings(config, given), wish.quiet
    plan = publication.plan_of(settings, push=wish.push, ask=wish.ask)
    offer, noticed = publication.offer_of_last_run(settings)
    broken = _broken(settings, lambda: offer, required=True)
    if _refused(broken):
        journal().tell((*noticed, *broken), quiet=quiet)
        return FAILED
    with watching(quiet=quiet) as watcher, _alone(settings):
        stages = _stages(watcher, settings)
        published = publication.publish(settings, offer, plan, stages)
        diagnostics = (*noticed, *broken, *published.diagnostics)
        report = write_publish_report(settings, published, diagnostics, stages)
    journal().tell(diagnostics, quiet=quiet)
    if not quiet:
        _say((*published_lines(settings, published), f"report: {report}"))
    return FAILED if failed(diagnostics, settings) else DONE


@_guarded
def explain(
    config: Path | None, given: Mapping[str, Any], asked: tuple[str, str], *, quiet: bool
) -> int:
    """Say what a name means, in a format; what is wrong elsewhere is not asked."""
    from generator.explaining import explain as explained  # noqa: PLC0415 - only here
    from generator.explaining import printed as explanation  # noqa: PLC0415

    name, form = asked
    settings = _settings(config, given)
    with watching(quiet=quiet) as watcher:
        found = explained(settings, name, _stages(watcher, settings), today())
    _say((explanation(found, form),))
    return DONE


@_guarded
def snapshot(config: Path | None, given: Mapping[str, Any], file: Path, *, quiet: bool) -> int:
    """Record the catalog that the namespaces need, and the values that dashboards offer."""
    from generator.semantics.link import link  # noqa: PLC0415 - only here
    from generator.sources.profiles import with_values  # noqa: PLC0415
    from generator.sources.snapshot import write_snapshot  # noqa: PLC0415

    settings = _settings(config, given)
    world = world_of(settings, _stages(nobody, settings).ledger)
    facts, misread = world.read()
    linked, unlinked = link(facts, KINDS)
    catalog = world.catalog(linked.needs)
    profiles = world.profiles(profile_needs(linked.monitored, catalog))
    noticed = (*misread, *unlinked, *catalog.noticed, *profiles.noticed)
    with writing(file):
        write_snapshot(file, with_values(catalog, profiles))
    journal().tell(noticed, quiet=quiet)
    if not quiet:
        unread = f", {len(catalog.unread)} could not be read" if catalog.unread else ""
        uncounted = f", {len(profiles.unread)} without values" if profiles.unread else ""
        _say((f"{len(catalog.relations)} relations in {file}{unread}{uncounted}",))
    return FAILED if failed(noticed, settings) else DONE


@_guarded
def etl(config: Path | None, given: Mapping[str, Any], errand: Mapping[str, Any]) -> int:
    """Write the dbt project and have dbt compute what is asked for, or estimate it."""
    from generator.etl.plan import Asked, yesterday  # noqa: PLC0415 - only here
    from generator.etl.report import summary_lines as etl_lines  # noqa: PLC0415
    from generator.etl.report import write_report as write_etl_report  # noqa: PLC0415
    from generator.etl.run import compute, estimate  # noqa: PLC0415

    settings, told = _settings(config, given), dict(errand)
    quiet, target = told.pop("quiet"), told.pop("target")
    run = estimate if told.pop("estimate") else compute
    with watching(quiet=quiet) as watcher:
        stages = _stages(watcher, settings)
        computed = run(settings, Asked(**told), target, yesterday(), stages)
    report = write_etl_report(settings.output, computed, stages)
    journal().tell(computed.diagnostics, quiet=quiet)
    if not quiet:
        _say((*etl_lines(computed), f"report: {report}"))
    if computed.stopped:
        return USAGE
    return FAILED if failed(computed.diagnostics, settings) else DONE


@_guarded
def sql(config: Path | None, given: Mapping[str, Any], question: Mapping[str, Any]) -> int:
    """Print the SQL of metrics; what is wrong with other definitions is not asked."""
    from generator.metrics import load as load_metrics  # noqa: PLC0415 - only here
    from generator.metrics import metrics_sql  # noqa: PLC0415

    settings = _settings(config, given)
    asked = dict(question)
    clones = settings.state / "clones"
    hub = load_metrics(*settings.metric_hub, tool=asked.pop("tool"), cache=clones)
    _say((metrics_sql(hub, asked.pop("metrics"), asked.pop("platform"), **asked),))
    return DONE


@_guarded
def demo(file: Path, *, quiet: bool) -> int:
    """Create the example warehouse."""
    from generator.demo import write_demo  # noqa: PLC0415 - only here

    with writing(file):
        made = write_demo(file)
    if not quiet:
        size = f"{made.bytes / 1e6:.0f} MB"
        _say((f"{made.tables} tables, {made.rows:,} rows, {size} in {file}",))
    return DONE


def today() -> date:
    """The day in UTC, or that of `SOURCE_DATE_EPOCH`, if a build is to be as it was.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    is_one = re.fullmatch(r"\d{1,11}", said, re.ASCII)
    return (datetime.fromtimestamp(int(said), UTC) if is_one else datetime.now(UTC)).date()


def _settings(config: Path | None, given: Mapping[str, Any]) -> Settings:
    """The settings; from here on the journal is written as they say."""
    settings = load(config, given)
    journal().as_json = settings.log_format == "json"
    return settings


def _stages(watcher: Watcher, settings: Settings) -> Stages:
    """The stages of a command, and the ledger of what it asks for."""
    return Stages(watcher, ledger=Ledger(journal().source, settings.limit))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
