"""Writes a tree into a folder: only what changed, each file atomically, the manifest last.

What is renamed into its place is on the disk before, so that not even a loss of power leaves a part
of it.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from errno import ELOOP
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from uuid import uuid4

from msgspec import Struct, field
from msgspec.structs import replace

from generator.artifact import MANIFEST, Artifact, FileTree, Manifest, Owned, Printed, blob_id
from generator.diagnostics import Diagnostic, Location, diagnostic, fault
from generator.files import drop_drafts, settle
from generator.publish.locks import alone, replace_text, stay_inside, writing
from generator.publish.tree import CHANGES, Fate, Standing, Terms, TreeDiff, diff, manifest_of
from generator.stages import Stages

_PENDING = MANIFEST + ".next"
_STAGING = ".lookml-gen/staging"

LARGE_FILE = 1_000_000
"""Bytes above which Looker gets slow."""


class Written(Struct, frozen=True):
    """What was done to a folder, what this run made for it, and how many bytes that has."""

    diff: TreeDiff
    made: Mapping[str, Owned]
    bytes: int
    diagnostics: tuple[Diagnostic, ...] = ()


class Press(Struct, frozen=True):
    """Prints files of a folder, each once. No text is kept: those that differ lie on the disk.

    `ids` are those of files that stand there, as far as they were looked at. A `dry` one writes
    nothing.
    """

    root: Path
    dry: bool = False
    ids: dict[str, str | None] = field(default_factory=dict)
    lock: int | None = None
    staging: str = field(default_factory=lambda: f"{_STAGING}/{uuid4().hex}")
    """A folder of our own: whatever a run that was killed still writes goes elsewhere."""

    def leave_lock(self) -> None:
        """Of a process that was forked: it must not keep what its parent holds."""
        if self.lock is not None:
            os.close(self.lock)

    def id_of(self, path: str) -> str | None:
        """The id of the file that stands at a path; None if there is none."""
        if path not in self.ids:
            self.ids[path] = _id(f"{self.root}/{path}")
        return self.ids[path]

    def stands(self, file: Printed) -> bool:
        """Whether the file is there as it was printed."""
        return self.id_of(file.path) == file.owned.id

    def print(self, artifact: Artifact, text: str) -> Printed:
        """The file of an artifact; its text lies ready for the rename, unless it stands already."""
        content = text.encode()
        needs = tuple(map(str, artifact.needs))
        owned = Owned(blob_id(content), artifact.kind, artifact.subject, needs)
        printed = Printed(artifact.path, owned, len(content), artifact.at)
        if self.dry or self.stands(printed):
            return printed
        return replace(printed, place=self._lay(content, artifact.path))

    def _lay(self, content: bytes, path: str) -> Path:
        """The content in a file of the same disk, so that a rename brings it to its place."""
        ready = self.root / self.staging / blake2b(path.encode(), digest_size=16).hexdigest()
        with writing(self.root):
            _write_anew(ready, content)
        return ready


def _write_anew(path: Path, content: bytes) -> None:
    """Write a file; its folder is made when it is missing, which is once."""
    try:
        path.write_bytes(content)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write(
    tree: FileTree, root: Path, terms: Terms, stages: Stages, press: Press | None = None
) -> Written:
    """Make the folder hold the tree; `press` is the one that printed files of it, if one did.

    Raises Fault if the folder cannot be written, or leads out of itself.
    """
    with nullcontext(press) if press else opened(root, dry=terms.dry) as used, writing(root):
        return _write(tree, used, terms, stages)


@contextmanager
def opened(root: Path, *, dry: bool = False) -> Iterator[Press]:
    """A press for a folder. No other run writes there, unless it is dry.

    Raises Fault if another run does, or the folder cannot be written.
    """
    with nullcontext() if dry else alone(root) as lock:
        try:
            yield Press(root, dry, lock=lock)
        finally:
            if not dry:
                shutil.rmtree(root / _STAGING, ignore_errors=True)
                with suppress(OSError):
                    drop_drafts(root / MANIFEST)


def _write(tree: FileTree, press: Press, terms: Terms, stages: Stages) -> Written:
    root = press.root
    standing = _standing(press, tree)
    files = {path: _printed(path, tree, press) for path in stages.each("print", tree)}
    made = {path: file.owned for path, file in files.items()}
    with stages.stage("write"):
        plan, noticed = diff(standing, made, terms)
        settled = plan.manifest == standing.manifest and not (root / _PENDING).exists()
        if not terms.dry and (plan.changes or not settled):
            _apply(plan, standing.manifest, files, root)
    size = sum(file.size for file in files.values())
    return Written(plan, made, size, (*_large(files.values()), *noticed))


def _printed(path: str, tree: FileTree, press: Press) -> Printed:
    known = tree.printed.get(path)
    return known or press.print(tree.artifacts[path], tree[path])


def _large(files: Iterable[Printed]) -> Iterator[Diagnostic]:
    for file in files:
        if file.size > LARGE_FILE:
            values = {"path": file.path, "size": file.size, "limit": LARGE_FILE}
            yield diagnostic("large-file", file.at, None, **values)


def _standing(press: Press, tree: FileTree) -> Standing:
    """What stands in the folder. What a stopped run had written before it was stopped is ours."""
    manifest, pending = read_manifest(press.root), _read_pending(press.root)
    paths = sorted({*manifest.files, *pending.files, *tree})
    present = {path: id_ for path in paths if (id_ := press.id_of(path)) is not None}
    written = {
        path: owned for path, owned in pending.files.items() if present.get(path) == owned.id
    }
    return Standing(Manifest({**manifest.files, **written}), present, str(press.root))


def _apply(plan: TreeDiff, ours: Manifest, files: Mapping[str, Printed], root: Path) -> None:
    """Do what the plan says. Stopped in the middle, the next run knows its own traces.

    So what an earlier stopped run had written is settled before anything else is done.
    """
    for folder in _folders(root, (*plan.of(*CHANGES), MANIFEST)):
        stay_inside(root, folder)
    if (root / _PENDING).exists():
        replace_text(root / MANIFEST, ours.to_json())
    new = {path: files[path].place for path in plan.of(Fate.ADDED, Fate.CHANGED)}
    settle([place for place in new.values() if place])
    replace_text(root / _PENDING, plan.manifest.to_json())
    for folder in _folders(root, new):
        folder.mkdir(parents=True, exist_ok=True)
    for path, place in new.items():
        if place:
            place.replace(root / path)
    for path in plan.of(Fate.REMOVED):
        (root / path).unlink(missing_ok=True)
        _remove_empty((root / path).parent, root)
    (root / _PENDING).replace(root / MANIFEST)


def _folders(root: Path, paths: Iterable[str]) -> Iterator[Path]:
    """The folders that hold paths, each once."""
    return (root / folder for folder in {path.rpartition("/")[0] for path in paths})


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
    found = ((path, _id(f"{root}/{path}")) for path in sorted(paths))
    return {path: id_ for path, id_ in found if id_ is not None}


def _id(path: str) -> str | None:
    """The id of a file; what else is in its place has another id than any file of ours."""
    try:
        with FileIO(path, opener=_unfollowed) as file:
            return blob_id(file.readall())
    except IsADirectoryError:
        return "a folder"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno != ELOOP:
            raise
        return "a link"


def _unfollowed(path: str, flags: int) -> int:
    """Open what is at a path itself, not what a link there leads to."""
    return os.open(path, flags | os.O_NOFOLLOW)


def is_intact(root: Path, files: Mapping[str, Owned]) -> bool:
    """Whether every file is there, unedited, and no run was stopped in the middle."""
    with suppress(OSError):
        stopped = (root / _PENDING).exists()
        return not stopped and ids_of(root, files) == {path: files[path].id for path in files}
    return False
