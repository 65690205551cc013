"""The difference between the files that stand somewhere and those that a run made. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import partial

from msgspec import Struct, field

from generator.artifact import Holds, Manifest, Owned
from generator.diagnostics import Diagnostic, Location, diagnostic


class Fate(StrEnum):
    """What becomes of a file."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    HELD = "held"
    REFUSED = "refused"


CHANGES = (Fate.ADDED, Fate.CHANGED, Fate.REMOVED)


class TreeDiff(Struct, frozen=True):
    """The fate of each file, by path, and the manifest of what is ours afterwards."""

    fates: Mapping[str, Fate] = field(default_factory=dict)
    manifest: Manifest = field(default_factory=Manifest)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def of(self, *fates: Fate) -> tuple[str, ...]:
        """The paths with one of these fates, sorted."""
        return tuple(path for path in sorted(self.fates) if self.fates[path] in fates)

    @property
    def changes(self) -> bool:
        """Whether anything is to be written or deleted."""
        return any(fate in CHANGES for fate in self.fates.values())

    def counts(self) -> dict[str, dict[str, int]]:
        """How many files of each kind had each fate; kinds sorted, fates in their order."""
        found = Counter((self.kinds[path], fate) for path, fate in self.fates.items())
        return {
            kind: {fate: found[kind, fate] for fate in Fate if found[kind, fate]}
            for kind in sorted({kind for kind, _ in found})
        }


def manifest_of(text: str) -> Manifest:
    """The manifest that a text holds.

    Raises ValueError if it is none, or lists what no run of ours can have written.
    """
    manifest = Manifest.from_json(text)
    for path, owned in manifest.files.items():
        if not _is_inside(path):
            raise ValueError(f"it lists `{path}`, which leads out of the project")
        if not all(isinstance(word, str) for word in (owned.id, owned.kind, owned.subject)):
            raise ValueError(f"it does not say what `{path}` is")
    return manifest


def _is_inside(path: str) -> bool:
    """Whether a path stays in the project, and out of what git keeps there.

    >>> [_is_inside(path) for path in ("a/b.view.lkml", "/etc/hosts", "a/../../b", ".git/config")]
    [True, False, False, False]
    """
    parts = path.split("/")
    return path.isprintable() and parts[0] != ".git" and not {"", ".", ".."} & set(parts)


class Standing(Struct, frozen=True):
    """What stands in a place: the manifest, the ids of the files that are there, and its name."""

    manifest: Manifest
    present: Mapping[str, str]
    place: str

    def is_edited(self, path: str) -> bool:
        """Whether a file of ours is no longer what we wrote."""
        return self.present[path] != self.manifest.files[path].id


class Terms(Struct, frozen=True):
    """On what terms a run writes: what is held, and whether edits by hand are undone.

    What is withheld is left as it stands: the text that we have at hand for it is not ours.
    """

    holds: Holds = field(default_factory=Holds)
    overwrite_edited: bool = False
    withheld: frozenset[str] = frozenset()
    dry: bool = False
    """Whether to write nothing, and only say what would be done."""


Verdict = tuple[Fate | None, str | None]
"""The fate of a file, and the code of what is wrong with it."""


def diff(
    old: Standing, new: Mapping[str, Owned], terms: Terms
) -> tuple[TreeDiff, tuple[Diagnostic, ...]]:
    """What is to be done so that `old` becomes `new`, and what must not be done.

    Only files that our manifest lists, and that nobody has edited, are overwritten or deleted.
    """
    known = {**old.manifest.files, **new}
    fates: dict[str, Fate] = {}
    noticed: list[Diagnostic] = []
    for path in sorted(known):
        made = new.get(path)
        judge = partial(_of_made, made) if made else _of_old
        fate, code = judge(path, old, terms.holds)
        if fate in _TOUCHING and old.is_edited(path) and not terms.overwrite_edited:
            fate, code = Fate.REFUSED, "edited-file"
        if fate in CHANGES and path in terms.withheld:
            fate = Fate.REFUSED
        if fate is not None:
            fates[path] = fate
        if code is not None:
            noticed.append(diagnostic(code, Location(f"{old.place}/{path}"), path=path))
    files = dict(_owned(fates, old, new, terms.holds))
    kinds = {path: known[path].kind for path in fates}
    return TreeDiff(fates, Manifest(files), kinds), tuple(noticed)


_TOUCHING = (Fate.CHANGED, Fate.REMOVED)


def _of_made(made: Owned, path: str, old: Standing, holds: Holds) -> Verdict:
    """What becomes of a file that this run made; a part of one replaces nothing published."""
    there = old.present.get(path)
    if there is None:
        return Fate.ADDED, None
    if there == made.id:
        return Fate.UNCHANGED, None
    if path in old.manifest.files and holds.withholds(made, old.manifest.files[path]):
        return Fate.HELD, None
    if path not in old.manifest.files:
        return Fate.REFUSED, "foreign-file"
    return Fate.CHANGED, None


def _of_old(path: str, old: Standing, holds: Holds) -> Verdict:
    """What becomes of a file of ours that this run did not make."""
    owned = old.manifest.files[path]
    if path not in old.present:
        return None, None
    if holds.is_outside(owned):
        return Fate.UNCHANGED, None
    return (Fate.HELD if holds.keeps(owned) else Fate.REMOVED), None


def _owned(
    fates: Mapping[str, Fate], old: Standing, new: Mapping[str, Owned], holds: Holds
) -> Iterator[tuple[str, Owned]]:
    """What is ours afterwards: what was made, and of old what still stands.

    A text that is the same although something beneath it could not be read stands on that still.
    """
    for path, fate in fates.items():
        made, was = new.get(path), old.manifest.files.get(path)
        kept = fate in (Fate.REFUSED, Fate.HELD)
        if made is not None and was is not None and fate is Fate.UNCHANGED:
            kept = holds.withholds(made, was)
        if made is not None and not kept:
            yield path, made
        elif fate is not Fate.REMOVED and was is not None:
            yield path, was
