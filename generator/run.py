"""One run of a command: open the outside, build, write, publish, and say what happened."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from generator.artifact import Holds, Manifest, Owned
from generator.builders.worth import Estimate
from generator.costs import Ledger
from generator.desk import Desk
from generator.diagnostics import Diagnostic, Fault, Severity
from generator.keeping.past import NOTHING, Past
from generator.keeping.remembered import past_of
from generator.lookml.fragments import trust, verdicts
from generator.memory import recall, remember
from generator.pipeline import Build, Told, generate, tell
from generator.processes import cores
from generator.publish.delivery import Target
from generator.publish.disk import Press, Written, is_intact, opened, read_manifest, write
from generator.publish.intact import intact
from generator.publish.limit import Limit
from generator.publish.repository import find
from generator.publish.tree import Fate, Terms, TreeDiff
from generator.settings import Settings
from generator.sources.cache import Cache
from generator.sources.means import Means
from generator.sources.metric_hub import Repository
from generator.sources.monitoring import Watched
from generator.sources.outside import World
from generator.sources.remembered import Memory
from generator.sources.warehouses import open_warehouse
from generator.stages import Stages
from generator.state import (
    Made,
    State,
    code_digest,
    facts_digest,
    fingerprint,
    forget,
    read_state,
    write_made,
    write_state,
)

_TOLD, _PARTS, _VERDICTS = "told.bin", "parts.bin", "verdicts.bin"
"""What earlier runs understood of the declarations, what they made, and what SQL they judged."""

_JOBS = 4
"""More processes have less and less to do: the largest namespace is made by one."""


class Outcome(Struct, frozen=True):
    """What a run made, what became of its files, and what it noticed.

    `made` and `diff` are of the LookML project, `dbt` is the diff of the other.
    """

    diagnostics: tuple[Diagnostic, ...]
    holds: Holds
    made: Mapping[str, Owned]
    diff: TreeDiff
    dbt: TreeDiff = field(default_factory=TreeDiff)
    bytes: int = 0
    skipped: bool = False
    estimates: tuple[Estimate, ...] = ()
    reused: tuple[str, ...] = ()
    """The namespaces that were taken as they stood, for nothing that they follow from changed."""

    @property
    def changes(self) -> bool:
        """Whether a file of either project is to be written or deleted."""
        return self.diff.changes or self.dbt.changes


def failed(diagnostics: Iterable[Diagnostic], settings: Settings) -> bool:
    """Whether errors were reported, and count."""
    errors = any(item.severity is Severity.ERROR for item in diagnostics)
    return errors and settings.fail_on == "error"


def world_of(settings: Settings, ledger: Ledger | None = None) -> World:
    """The outside that the settings point at. Raises Fault if a warehouse address is none."""
    means = Means(Cache(settings.caches), ledger or Ledger(), settings.catalog_scope)
    return World(
        Path(settings.namespaces),
        tuple(open_warehouse(url, means) for url in settings.warehouse),
        settings.conventions,
        Path(settings.exclusions) if settings.exclusions else None,
        Path(settings.descriptions) if settings.descriptions else None,
        tuple(map(Repository, settings.metric_hub)),
        settings.state / "clones",
        _memory(settings),
        _watched(settings),
    )


def _memory(settings: Settings) -> Memory:
    """Where the dropdowns of the last run are: in its output, else where that was published."""
    address, clones = settings.repository or str(settings.lookml), settings.state / "clones"
    return Memory(settings.lookml, lambda: find(address, clones), settings.publish_branch)


def _watched(settings: Settings) -> Watched:
    """What is said of monitoring beside the project files."""
    named = (settings.monitoring_platforms, settings.experiments, settings.opmon_projects)
    return Watched(*(Path(name) if name else None for name in named))


def build(settings: Settings, stages: Stages, today: date | None = None) -> Build:
    """Build and check, write nothing. Where it is no day, nothing of the past is kept."""
    past = read_past(settings, today)
    return generate(world_of(settings, stages.ledger), settings.only, stages, past=past)


def read_past(settings: Settings, today: date | None) -> Past:
    """What stands of earlier runs, if any is to be kept. Raises Fault if it cannot be read."""
    if not settings.keep_removed or today is None:
        return NOTHING
    standing = intact(settings.lookml, target_of(settings), settings.state / "clones")
    return past_of(standing, settings.keep_removed, today)


def write_output(
    settings: Settings, stages: Stages, *, dry: bool = False, today: date | None = None
) -> Outcome:
    """Build, check and write; if nothing changed since the last run, only see that it is so.

    Where it is no day, nothing of the past is kept.
    """
    world = world_of(settings, stages.ledger)
    with stages.stage("fingerprint"):
        facts = facts_digest(settings, world)
        known = fingerprint(facts, world)
        last = _unchanged(settings, known, today)
    if last is not None:
        return last
    told = _told(settings, world, facts, stages, dry=dry)
    past = read_past(settings, today)
    with _desk(settings, told, stages, dry=dry) as desk:
        built = generate(world, settings.only, stages, desk, told, past=past)
        terms = Terms(built.holds, settings.overwrite_edited, dry=dry)
        lookml = write(desk.listed(built.tree), settings.lookml, terms, stages, desk.lookml)
        dbt = _write_dbt(built, settings, terms, stages, desk.dbt)
    diagnostics = (*built.diagnostics, *lookml.diagnostics, *dbt.diagnostics)
    if not dry:
        write_made(settings.state, Made(lookml.made, built.holds))
        _remember(settings, known, built, (lookml, dbt), diagnostics)
        _remember_parts(settings, desk)
    total = lookml.bytes + dbt.bytes
    return Outcome(
        diagnostics,
        built.holds,
        lookml.made,
        lookml.diff,
        dbt.diff,
        total,
        estimates=built.estimates,
        reused=tuple(sorted(desk.reused)),
    )


def _told(
    settings: Settings, world: World, facts: bytes | None, stages: Stages, *, dry: bool
) -> Told:
    """What people declare: as an earlier run understood it, if they declare the same `facts`."""
    wanted, place = frozenset(settings.only), settings.state / _TOLD
    with stages.stage("read"):
        remembered, forgotten = world.memory.read() if world.memory else ({}, ())
        key = None if forgotten else facts
        known = recall(place, key) if key else None
    if isinstance(known, Told):
        return replace(known, remembered=remembered)
    told = tell(world, wanted, stages)
    if key and not dry:
        with suppress(Fault):  # what cannot be remembered is read again
            remember(place, key, told)
    return told


@contextmanager
def _desk(settings: Settings, told: Told, stages: Stages, *, dry: bool) -> Iterator[Desk]:
    """A desk with presses for both projects; without a dbt project, there is not even its folder.

    Of a run that is only about some namespaces, nothing is known before or after.
    """
    models = told.linked.platforms or told.linked.monitored.computed
    with ExitStack() as stack:
        lookml = stack.enter_context(opened(settings.lookml, dry=dry))
        dbt = Press(settings.dbt, dry=True)
        if models or read_manifest(settings.dbt).files:
            dbt = stack.enter_context(opened(settings.dbt, dry=dry))
        known = None if settings.only else recall(settings.state / _PARTS, code_digest())
        judged = recall(settings.state / _VERDICTS, code_digest())
        trust(judged if isinstance(judged, dict) else {})
        jobs = settings.jobs or min(_JOBS, cores())
        desk = Desk(lookml, dbt, stages, known if isinstance(known, dict) else {}, jobs)
        stack.callback(desk.end)
        yield desk


def _remember_parts(settings: Settings, desk: Desk) -> None:
    if not settings.only:
        remember(settings.state / _PARTS, code_digest(), desk.made)
        remember(settings.state / _VERDICTS, code_digest(), verdicts())


def _write_dbt(
    built: Build, settings: Settings, terms: Terms, stages: Stages, press: Press
) -> Written:
    """Write the dbt project; without one, now or before, there is not even its folder."""
    if not built.dbt and not read_manifest(settings.dbt).files:
        return Written(TreeDiff(), {}, 0)
    return write(built.dbt, settings.dbt, terms, stages, press)


def _unchanged(settings: Settings, known: str | None, today: date | None) -> Outcome | None:
    """The outcome of the last run, if it had the same input and its output still stands."""
    last = read_state(settings.state)
    if known is None or last is None or last.fingerprint != known or not last.holds_on(today):
        return None
    lookml = _standing(settings.lookml, last.made, last.holds)
    dbt = _standing(settings.dbt, last.dbt, last.holds)
    if lookml is None or dbt is None:
        return None
    files = lookml.manifest.files
    made = {path: files[path] for path in last.made}
    return Outcome(
        last.diagnostics, last.holds, made, lookml, dbt, skipped=True, estimates=last.estimates
    )


def _standing(root: Path, paths: Iterable[str], holds: Holds) -> TreeDiff | None:
    """What stands in a folder as the last run left it; None if it does not."""
    files, made = read_manifest(root).files, set(paths)
    if not files.keys() >= made or not is_intact(root, files):
        return None
    fates = {
        path: Fate.UNCHANGED if path in made or holds.is_outside(owned) else Fate.HELD
        for path, owned in files.items()
    }
    return TreeDiff(fates, Manifest(files), {path: owned.kind for path, owned in files.items()})


def _remember(
    settings: Settings,
    known: str | None,
    built: Build,
    written: tuple[Written, Written],
    diagnostics: tuple[Diagnostic, ...],
) -> None:
    """Leave a state, unless something could not be read: that is asked again."""
    refused = any(project.diff.of(Fate.REFUSED) for project in written)
    if known is None or built.unread or refused:
        forget(settings.state)
    else:
        lookml, dbt = (tuple(_placed(project)) for project in written)
        told = tuple(item for item in diagnostics if item not in built.passing)
        state = State(known, told, built.holds, lookml, dbt, built.estimates, built.until)
        write_state(settings.state, state)


def _placed(project: Written) -> Iterator[str]:
    """The paths that stand as they were made; what is held stands as it was."""
    return (path for path in project.made if project.diff.fates.get(path) is not Fate.HELD)


def target_of(settings: Settings) -> Target:
    """Where the settings say to publish."""
    return Target(
        settings.repository,
        settings.publish_branch,
        settings.source_branch,
        Limit.parse(settings.max_deletions),
        settings.author_name,
        settings.author_email,
    )
