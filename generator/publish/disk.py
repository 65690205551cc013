"""Writes a tree into a folder: only what changed, each file atomically, the manifest last."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from errno import EBUSY, EPERM
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from generator.artifact import MANIFEST, FileTree, Manifest, Owned, blob_id
from generator.diagnostics import Diagnostic, Location, diagnostic, fault
from generator.publish.tree import CHANGES, Fate, Standing, Terms, TreeDiff, diff, manifest_of
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
    with writing(root), nullcontext() if terms.dry else _alone(root):
        try:
            return _write(tree, root, terms, stages)
        finally:
            if not terms.dry:
                shutil.rmtree(root / _STAGING, ignore_errors=True)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """What the system refuses is a fault of the place, not ours."""
    try:
        yield
    except OSError as error:
        at = Location(str(error.filename or place))
        raise fault("unwritable-output", at, reason=error.strerror or error) from None


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """No other run writes here; the lock ends with the process, however that ends."""
    folder = (root / MANIFEST).parent
    _stay_inside(root, folder)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        flock(handle, LOCK_EX | LOCK_NB)
        yield
    except BlockingIOError:
        raise OSError(EBUSY, "another run is writing here", str(root)) from None
    finally:
        os.close(handle)


def _write(tree: FileTree, root: Path, terms: Terms, stages: Stages) -> Written:
    standing = _standing(root, tree)
    staged = _stage(tree, root, standing.present, stages, dry=terms.dry)
    with stages.stage("write"):
        plan, noticed = diff(standing, staged.made, terms)
        settled = plan.manifest == read_manifest(root) and not (root / _PENDING).exists()
        if not terms.dry and (plan.changes or not settled):
            _apply(plan, standing.manifest, staged, root)
    return Written(plan, staged.made, staged.bytes, (*staged.large, *noticed))


def _standing(root: Path, tree: FileTree) -> Standing:
    """What stands in the folder. What a stopped run had written before it was stopped is ours."""
    manifest, pending = read_manifest(root), _read_pending(root)
    present = ids_of(root, {*manifest.files, *pending.files, *tree})
    written = {
        path: owned for path, owned in pending.files.items() if present.get(path) == owned.id
    }
    return Standing(Manifest({**manifest.files, **written}), present, str(root))


def _stage(
    tree: FileTree, root: Path, present: Mapping[str, str], stages: Stages, *, dry: bool
) -> _Stage:
    """Print each file once, and lay those that differ ready for the rename."""
    staged = _Stage(root)
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
            staged.ready[path] = _lay(content, root, str(len(staged.ready)))
    return staged


def _lay(content: bytes, root: Path, name: str) -> Path:
    """The content in a file of the same disk, so that a rename brings it to its place."""
    ready = root / _STAGING / name
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.write_bytes(content)
    return ready


def _apply(plan: TreeDiff, ours: Manifest, staged: _Stage, root: Path) -> None:
    """Do what the plan says. Stopped in the middle, the next run knows its own traces.

    So what an earlier stopped run had written is settled before anything else is done.
    """
    for path in (*plan.of(*CHANGES), MANIFEST):
        _stay_inside(root, (root / path).parent)
    if (root / _PENDING).exists():
        _save(ours, root / MANIFEST)
    _save(plan.manifest, root / _PENDING)
    for path in plan.of(Fate.ADDED, Fate.CHANGED):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.ready[path].replace(target)
    for path in plan.of(Fate.REMOVED):
        (root / path).unlink(missing_ok=True)
        _remove_empty((root / path).parent, root)
    (root / _PENDING).replace(root / MANIFEST)


def _save(manifest: Manifest, path: Path) -> None:
    draft = path.with_name(path.name + ".draft")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(manifest.to_json(), encoding="utf-8")
    draft.replace(path)


def _stay_inside(root: Path, folder: Path) -> None:
    """A link must not lead what we write or delete to another place."""
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
        return manifest_of(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise fault("unreadable-file", Location(str(path)), reason=error.strerror) from None
    except ValueError as error:
        raise fault("malformed-file", Location(str(path)), format="JSON", reason=error) from None


def _read_pending(root: Path) -> Manifest:
    """What a stopped run was about to leave; nothing if none was stopped."""
    try:
        return manifest_of((root / _PENDING).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # a part of it means: stopped before the first rename
        return Manifest()


def ids_of(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """The ids of those files that are there."""
    found = ((path, _id(root / path)) for path in sorted(paths))
    return {path: id_ for path, id_ in found if id_ is not None}


def _id(path: Path) -> str | None:
    """The id of a file; what else is in its place has another id than any file of ours."""
    if path.is_symlink():
        return "a link"
    try:
        return blob_id(path.read_bytes())
    except IsADirectoryError:
        return "a folder"
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_intact(root: Path, files: Mapping[str, Owned]) -> bool:
    """Whether every file is there, unedited, and no run was stopped in the middle."""
    with suppress(OSError):
        stopped = (root / _PENDING).exists()
        return not stopped and ids_of(root, files) == {path: files[path].id for path in files}
    return False
