"""Writes a tree into a folder: only what changed, each file atomically, the manifest last."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EPERM
from pathlib import Path

from generator.artifact import MANIFEST, FileTree, Manifest, Owned, blob_id
from generator.diagnostics import Diagnostic, Location, diagnostic, fault
from generator.publish.tree import Fate, Standing, Terms, TreeDiff, diff
from generator.stages import Stages

_PENDING = MANIFEST + ".next"
_STAGING = ".lookml-gen/staging"

LARGE_FILE = 1_000_000
"""Bytes above which Looker gets slow."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was done to a folder, what this run made for it, and how many bytes that has."""

    diff: TreeDiff
    made: Mapping[str, Owned]
    bytes: int
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class _Stage:
    """Texts on their way: printed once, those that differ from the folder lie ready beside it."""

    root: Path
    made: dict[str, Owned] = field(default_factory=dict)
    ready: dict[str, Path] = field(default_factory=dict)
    bytes: int = 0
    large: list[Diagnostic] = field(default_factory=list)


def write(tree: FileTree, root: Path, terms: Terms, stages: Stages) -> Written:
    """Make the folder hold the tree.

    Raises Fault if the folder cannot be written, or leads out of itself.
    """
    try:
        return _write(tree, root, terms, stages)
    except OSError as error:
        place = Location(str(error.filename or root))
        raise fault("unwritable-output", place, reason=error.strerror) from None
    finally:
        shutil.rmtree(root / _STAGING, ignore_errors=True)


def _write(tree: FileTree, root: Path, terms: Terms, stages: Stages) -> Written:
    manifest, pending = read_manifest(root), _read_pending(root)
    present = ids_of(root, {*manifest.files, *tree})
    staged = _stage(tree, root, present, stages, dry=terms.dry)
    standing = Standing(manifest, present, str(root), pending)
    with stages.stage("write"):
        plan, noticed = diff(standing, staged.made, terms)
        if not terms.dry and (plan.changes or plan.manifest != manifest):
            _apply(plan, staged, root)
    return Written(plan, staged.made, staged.bytes, (*staged.large, *noticed))


def _stage(
    tree: FileTree, root: Path, present: Mapping[str, str], stages: Stages, *, dry: bool
) -> _Stage:
    """Print each file once, and lay those that differ ready for the rename."""
    staged = _Stage(root)
    if not dry:
        (root / _STAGING).mkdir(parents=True, exist_ok=True)
    for path in stages.each("print", tree):
        artifact = tree.artifacts[path]
        content = tree[path].encode()
        owned = Owned(
            blob_id(content), artifact.kind, artifact.subject, tuple(map(str, artifact.needs))
        )
        staged.made[path] = owned
        staged.bytes += len(content)
        if len(content) > LARGE_FILE:
            values = {"path": path, "size": len(content), "limit": LARGE_FILE}
            staged.large.append(diagnostic("large-file", artifact.at, None, **values))
        if present.get(path) != owned.id and not dry:
            ready = root / _STAGING / str(len(staged.ready))
            ready.write_bytes(content)
            staged.ready[path] = ready
    return staged


def _apply(plan: TreeDiff, staged: _Stage, root: Path) -> None:
    """Do what the plan says. Stopped in the middle, the next run knows its own traces."""
    pending = root / _PENDING
    pending.parent.mkdir(parents=True, exist_ok=True)
    pending.write_text(plan.manifest.to_json(), encoding="utf-8")
    for path in plan.of(Fate.ADDED, Fate.CHANGED):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _stay_inside(root, target.parent)
        staged.ready[path].replace(target)
    for path in plan.of(Fate.REMOVED):
        (root / path).unlink(missing_ok=True)
        _remove_empty((root / path).parent, root)
    pending.replace(root / MANIFEST)


def _stay_inside(root: Path, folder: Path) -> None:
    """A link must not lead what we write to another place."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise OSError(EPERM, "it leads out of the output folder", str(folder))


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        with suppress(OSError):
            folder.rmdir()
            folder = folder.parent
            continue
        return


def read_manifest(root: Path) -> Manifest:
    """The manifest of a folder; an empty one where there is none.

    Raises Fault if there is one that cannot be understood: without it nothing is known to be ours.
    """
    path = root / MANIFEST
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Manifest()
    except ValueError as error:
        raise fault("malformed-file", Location(str(path)), format="JSON", reason=error) from None


def _read_pending(root: Path) -> dict[str, str]:
    """Path and id of what a stopped run was about to write; nothing if none was stopped."""
    try:
        text = (root / _PENDING).read_text(encoding="utf-8")
        return {path: owned.id for path, owned in Manifest.from_json(text).files.items()}
    except (FileNotFoundError, ValueError):  # it was stopped before its first rename
        return {}


def ids_of(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """The ids of those files that are there."""
    return dict(_ids(root, sorted(paths)))


def _ids(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            yield path, blob_id((root / path).read_bytes())


def is_intact(root: Path, files: Mapping[str, Owned]) -> bool:
    """Whether every file is there, unedited."""
    return ids_of(root, files) == {path: owned.id for path, owned in files.items()}
