"""What is published: the files of the publish branch, and what they become with those of a run."""

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct, field

from generator.address import redacted
from generator.artifact import Manifest, Owned
from generator.publish.delivery import Target
from generator.publish.disk import ids_of, read_manifest
from generator.publish.git import parent_of, source_of
from generator.publish.repository import Repository, fetch, open_local, open_remote
from generator.publish.tree import Fate, Standing, Terms, diff
from generator.publish.trouble import used

Wanted = Callable[[str], bool]
"""Which files are read, by path."""


class Published(Struct, frozen=True):
    """The files that stand somewhere: the wanted texts by path, and the ids of all.

    `by_hand` are the texts that people write on a branch of their own, if they do.
    """

    place: str
    manifest: Manifest = field(default_factory=Manifest)
    ids: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    by_hand: Mapping[str, str] | None = None

    def with_run(
        self, made: Mapping[str, Owned], text: Callable[[str], str], terms: Terms
    ) -> dict[str, str]:
        """The texts once the files of a run are published on these terms."""
        plan, _ = diff(Standing(self.manifest, self.ids, self.place), made, terms)
        there = self.texts
        if self.by_hand is not None:
            ours = {path: there[path] for path in self.manifest.files if path in there}
            there = {**self.by_hand, **ours}
        gone = set(plan.of(Fate.REMOVED)) - (self.by_hand or {}).keys()
        kept = {path: found for path, found in there.items() if path not in gone}
        new = {path: text(path) for path in plan.of(Fate.ADDED, Fate.CHANGED)}
        return dict(sorted({**kept, **new}.items()))


def in_folder(root: Path, texts: Mapping[str, str]) -> Published:
    """What stands in a folder, of which these are the wanted texts."""
    manifest = read_manifest(root)
    return Published(str(root), manifest, ids_of(root, manifest.files), texts)


def on_branch(target: Target, folder: Path, clones: Path, wanted: Wanted) -> Published | None:
    """What stands on the publish branch; None if there is no repository yet.

    `folder` is that of the output, which is the repository if no other is named.
    Raises Fault if it cannot be used.
    """
    place = redacted(target.repository or str(folder))
    if target.repository is None and not (folder / ".git").exists():
        return None
    with used(place):
        return _read(_open(target, folder, clones), target, place, wanted)


def _open(target: Target, folder: Path, clones: Path) -> Repository:
    local = Path(target.repository or folder)
    if local.is_dir():
        return open_local(local)
    repository = open_remote(str(target.repository), clones)
    fetch(repository)
    return repository


def _read(repository: Repository, target: Target, place: str, wanted: Wanted) -> Published:
    files = repository.files(parent_of(repository, target, push=False))
    source = source_of(repository, target)
    by_hand = _texts(repository, repository.files(source), wanted) if source else None
    texts = _texts(repository, files, wanted)
    return Published(place, repository.manifest(files), files, texts, by_hand)


def _texts(repository: Repository, files: Mapping[str, str], wanted: Wanted) -> dict[str, str]:
    return repository.texts({path: id_ for path, id_ in files.items() if wanted(path)})
