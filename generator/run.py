"""One run of a command: open the outside, build, write, publish, and say what happened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.artifact import Holds, Manifest, Owned
from generator.diagnostics import Diagnostic, Severity
from generator.pipeline import Build, generate
from generator.publish.disk import Written, is_intact, read_manifest, write
from generator.publish.git import Offer, Published, Target, publish
from generator.publish.tree import Fate, Terms, TreeDiff
from generator.settings import Settings
from generator.sources.metric_hub import Repository
from generator.sources.outside import World
from generator.sources.warehouses import open_warehouse
from generator.stages import Stages
from generator.state import State, fingerprint, forget, read_state, write_state


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made, what became of its files, and what it noticed."""

    diagnostics: tuple[Diagnostic, ...]
    holds: Holds
    made: Mapping[str, Owned]
    diff: TreeDiff
    bytes: int = 0
    skipped: bool = False


def failed(diagnostics: Iterable[Diagnostic], settings: Settings) -> bool:
    """Whether errors were reported, and count."""
    errors = any(item.severity is Severity.ERROR for item in diagnostics)
    return errors and settings.fail_on == "error"


def world_of(settings: Settings) -> World:
    """The outside that the settings point at. Raises Fault if a warehouse address is none."""
    return World(
        Path(settings.namespaces),
        tuple(map(open_warehouse, settings.warehouse)),
        settings.conventions,
        Path(settings.exclusions) if settings.exclusions else None,
        Path(settings.descriptions) if settings.descriptions else None,
        tuple(map(Repository, settings.metric_hub)),
        settings.state / "clones",
    )


def build(settings: Settings, stages: Stages) -> Build:
    """Build and check, write nothing."""
    return generate(world_of(settings), settings.only, stages)


def write_output(settings: Settings, stages: Stages, *, dry: bool = False) -> Outcome:
    """Build, check and write; if nothing changed since the last run, only see that it is so."""
    world = world_of(settings)
    with stages.stage("fingerprint"):
        known = fingerprint(settings, world)
        last = _unchanged(settings, known)
    if last is not None:
        return last
    built = generate(world, settings.only, stages)
    terms = Terms(built.holds, settings.overwrite_edited, dry=dry)
    written = write(built.tree, settings.lookml, terms, stages)
    diagnostics = (*built.diagnostics, *written.diagnostics)
    if not dry:
        _remember(settings, known, built, written, diagnostics)
    return Outcome(diagnostics, built.holds, written.made, written.diff, written.bytes)


def _unchanged(settings: Settings, known: str | None) -> Outcome | None:
    """The outcome of the last run, if it had the same input and its output still stands."""
    last = read_state(settings.state)
    if known is None or last is None or last.fingerprint != known:
        return None
    files = read_manifest(settings.lookml).files
    if not files.keys() >= set(last.made) or not is_intact(settings.lookml, files):
        return None
    made = {path: files[path] for path in last.made}
    kinds = {path: owned.kind for path, owned in files.items()}
    fates = {
        path: Fate.UNCHANGED if path in made or last.holds.is_outside(owned) else Fate.HELD
        for path, owned in files.items()
    }
    diff = TreeDiff(fates, Manifest(files), kinds)
    return Outcome(last.diagnostics, last.holds, made, diff, skipped=True)


def _remember(
    settings: Settings,
    known: str | None,
    built: Build,
    written: Written,
    diagnostics: tuple[Diagnostic, ...],
) -> None:
    """Leave a state, unless something could not be read: that is asked again."""
    if known is None or built.holds.relations or written.diff.of(Fate.REFUSED):
        forget(settings.state)
    else:
        write_state(settings.state, State(known, diagnostics, built.holds, tuple(written.made)))


def publish_output(
    settings: Settings, outcome: Outcome, stages: Stages, *, push: bool
) -> Published:
    """Commit what the output folder holds of this run. Raises Fault if that cannot be."""
    target = Target(
        settings.repository,
        settings.publish_branch,
        settings.source_branch,
        settings.author_name,
        settings.author_email,
    )
    with stages.stage("publish"):
        withheld = frozenset(outcome.diff.of(Fate.REFUSED))  # what stands there is not what we made
        terms = Terms(outcome.holds, settings.overwrite_edited, withheld)
        offer = Offer(settings.lookml, outcome.made, terms)
        return publish(offer, target, settings.state / "clones", push=push)
