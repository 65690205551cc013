"""`check`: what is built, or a tree that somebody made, with all that is wrong with it."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from generator.artifact import Artifact, FileTree
from generator.checks import Further, bound
from generator.checks.ignoring import heed
from generator.checks.knowledge import Knowledge
from generator.checks.trees import LARGE_FILE, check_tree, tree_of
from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault
from generator.facts.conventions import Conventions
from generator.pipeline import generate
from generator.publish.locks import replace_text
from generator.run import world_of
from generator.settings import Settings
from generator.sources.folders import texts_of
from generator.sources.ignores import definition_files, read_ignores
from generator.stages import Stages

if TYPE_CHECKING:
    from generator.checks.analyzer import Analyzer, Relations

_PARTS = ("zetasql", "wasmtime", "liquid")
"""What the extra `check` brings."""


class Checked(Struct, frozen=True):
    """What was found, what of it comments ignore, and how many files were looked at."""

    findings: tuple[Diagnostic, ...]
    ignored: tuple[Diagnostic, ...] = ()
    files: int = 0


def check_folder(root: Path) -> Checked:
    """What is wrong with the LookML of a folder. Raises Fault if there is none."""
    if not root.is_dir():
        raise fault("unreadable-file", Location(str(root)), reason="there is no such folder")
    texts = texts_of(root)
    findings = tuple(_below(root, item) for item in check_tree(tree_of(texts)))
    ignores = read_ignores((str(root / path), root / path) for path in texts)
    kept, ignored = heed(findings, ignores)
    return Checked(kept, ignored, len(texts))


def _below(root: Path, item: Diagnostic) -> Diagnostic:
    """A finding whose place can be opened from here."""
    if item.at is None:
        return item
    at = Location(str(root / item.at.path), item.at.line)
    return Diagnostic(item.code, item.message, at, item.hint, item.subject)


def check_definitions(settings: Settings, stages: Stages, *, deep: bool) -> Checked:
    """What is wrong with what would be built, and with what it is built from."""
    world = world_of(settings, stages.ledger)
    with _further(settings.caches, deep=deep) as (further, noticed):
        built = generate(world, settings.only, stages, further=further)
    findings = (*built.diagnostics, *noticed, *_sizes(built.tree))
    hubs = settings.metric_hub
    named = (settings.namespaces, settings.exclusions, settings.monitoring_platforms)
    ignores = read_ignores(definition_files(named, hubs, settings.state / "clones"))
    kept, ignored = heed(findings, ignores)
    return Checked(kept, ignored, len(built.tree) + len(built.dbt))


def _sizes(tree: FileTree) -> Iterator[Diagnostic]:
    """The files that Looker would be slow with."""
    for path in tree:
        size = len(tree[path].encode()) if path.endswith(".lkml") else 0
        if size > LARGE_FILE:
            item = tree.artifacts[path]
            at = item.at if isinstance(item, Artifact) else None
            yield diagnostic("large-file", at, path=path, size=size, limit=LARGE_FILE)


@contextmanager
def _further(
    folder: Path | None, *, deep: bool
) -> Iterator[tuple[Further, tuple[Diagnostic, ...]]]:
    """What is checked beyond the proof, and what is not; verdicts are kept in a folder."""
    missing = [name for name in _PARTS if deep and find_spec(name) is None]
    if not deep or missing:
        reason = f"there is no {' and no '.join(f'`{name}`' for name in missing)}"
        yield bound, ((diagnostic("skipped-analysis", reason=reason),) if missing else ())
        return
    from generator.checks.deep import Court, refused  # noqa: PLC0415 - few have what it needs

    with _verdicts(folder) as verdicts:
        court = Court(_ask, verdicts)

        def further(
            artifacts: tuple[Artifact, ...], conventions: Conventions, known: Knowledge
        ) -> Iterable[Diagnostic]:
            found = refused(artifacts, conventions, known, court)
            return (*bound(artifacts, conventions, known), *found)

        yield further, ()


def _ask(relations: "Relations", statement: str) -> str | None:
    return _analyzer().fault(relations, statement)


@cache
def _analyzer() -> "Analyzer":
    """The analyzer, which is started once."""
    from generator.checks.analyzer import Analyzer  # noqa: PLC0415 - a second, and few have it

    return Analyzer()


@contextmanager
def _verdicts(folder: Path | None) -> Iterator[dict[str, str]]:
    """What earlier runs know, and what this one learns; a file that cannot be used is no matter."""
    found: dict[str, str] = {}
    if folder is None:
        yield found
        return
    file = folder / "verdicts.json"
    with suppress(OSError, ValueError):
        read = json.loads(file.read_text(encoding="utf-8"))
        found = {str(k): str(v) for k, v in read.items()} if isinstance(read, dict) else {}
    before = len(found)
    try:
        yield found
    finally:
        if len(found) > before:
            with suppress(Fault):
                replace_text(file, json.dumps(found, indent=0, sort_keys=True))
