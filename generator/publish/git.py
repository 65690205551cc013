"""Commits a tree to a git repository: one commit, built without a checkout, never forced."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from generator.address import redacted
from generator.artifact import MANIFEST, Manifest, Owned
from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.publish.branches import published as published_tip
from generator.publish.delivery import Step, Target, deliver
from generator.publish.limit import Limit
from generator.publish.message import message_of
from generator.publish.repository import (
    Repository,
    fetch,
    open_local,
    open_output,
    open_remote,
)
from generator.publish.steps import Taken
from generator.publish.tree import Fate, Standing, Terms, TreeDiff, diff
from generator.publish.trouble import used


class Offer(Struct, frozen=True):
    """What a run has to publish: the files that it made, in the folder where they stand."""

    folder: Path
    made: Mapping[str, Owned]
    terms: Terms


class Published(Struct, frozen=True):
    """What was committed: the commit, or None if nothing changed; and where.

    `tip` is where the publish branch is afterwards; `request` is where the change was proposed;
    `steps` is what followed.
    """

    commit: str | None
    place: str
    diff: TreeDiff
    diagnostics: tuple[Diagnostic, ...] = ()
    pushed: bool = False
    tip: str | None = None
    request: str | None = None
    steps: tuple[Taken, ...] = ()


class Change(Struct, frozen=True):
    """A commit that is on no branch yet, the one it stands on, and its message."""

    parent: str
    commit: str
    message: str


Propose = Callable[[Repository, Change], str | None]
"""Asks people whether a change may be published; the address of where they are asked."""


def publish(
    offer: Offer,
    target: Target,
    clones: Path,
    *,
    push: bool = False,
    propose: Propose | None = None,
) -> Published:
    """One commit on the publish branch with the files on offer; or proposed for it.

    Nothing is committed if nothing changed, if a file would replace a hand-written one, or if more
    files would go than may; and what cannot be pushed is not kept, so that the next run builds on
    what others pushed. Who loses a race tries once more, on top of what the winner pushed.
    `clones` is where a repository that is not on this disk is kept.
    Raises Fault if the repository cannot be used.
    """
    place = place_of(offer.folder, target)
    push = push or propose is not None
    with used(place):
        repository = opened(offer.folder, target, clones, push=push)
        if propose is not None:
            return _propose(repository, offer, target, propose)
        return _publish(repository, offer, target, push=push)


def place_of(folder: Path, target: Target) -> str:
    """The repository, as we may call it aloud."""
    return redacted(target.repository or str(folder))


def opened(folder: Path, target: Target, clones: Path, *, push: bool) -> Repository:
    """The repository, knowing its remote's branches where they matter."""
    local = Path(target.repository or folder)
    if local.resolve() == folder.resolve():
        repository = open_output(folder, target.branch)
    elif local.is_dir():
        repository = open_local(local)
    else:
        repository = open_remote(str(target.repository), clones)
    if push and repository.remote is None and not repository.repo.bare:
        raise ValueError("it has no remote `origin` to push to")
    if repository.is_clone or (push and repository.remote):
        fetch(repository)
    return repository


def _publish(repository: Repository, offer: Offer, target: Target, *, push: bool) -> Published:
    """A refusal is mostly the race that another won: then the branch has moved."""
    parent = parent_of(repository, target, push=push)
    published = _attempt(repository, offer, target, parent, push=push)
    if all(item.code != "push-refused" for item in published.diagnostics):
        return published
    if repository.remote:
        fetch(repository)
    newer = parent_of(repository, target, push=push)
    if newer == parent:
        return published
    return _attempt(repository, offer, target, newer, push=push)


def _attempt(
    repository: Repository, offer: Offer, target: Target, parent: str | None, *, push: bool
) -> Published:
    place = place_of(offer.folder, target)
    draft = _draft(repository, offer, target, parent)
    step = draft.step
    if step is None:
        return Published(None, place, draft.plan, draft.noticed)
    refused = deliver(repository, target, step, push=push)
    noticed = (*draft.noticed, *refused)
    if refused:
        return Published(None, place, draft.plan, noticed)
    pushed = push and step.tip is not None
    return Published(step.commit, place, draft.plan, noticed, pushed, step.tip)


def _propose(repository: Repository, offer: Offer, target: Target, propose: Propose) -> Published:
    """The publish branch stays where it is."""
    place = place_of(offer.folder, target)
    parent = published_tip(repository, target.branch)
    if parent is None:
        raise ValueError(f"it has no branch {target.branch} that a change could be proposed for")
    draft = _draft(repository, offer, target, parent)
    if draft.step is None or draft.step.commit is None:
        return Published(None, place, draft.plan, draft.noticed, tip=parent)
    commit = draft.step.commit
    request = propose(repository, Change(parent, commit, message_of(draft.plan)))
    return Published(commit, place, draft.plan, draft.noticed, tip=parent, request=request)


class _Draft(Struct, frozen=True):
    """What is to be done, and the step that does it; None if it must not be done."""

    plan: TreeDiff
    noticed: tuple[Diagnostic, ...]
    step: Step | None = None


def _draft(repository: Repository, offer: Offer, target: Target, parent: str | None) -> _Draft:
    source, place = source_of(repository, target), place_of(offer.folder, target)
    files, by_hand = repository.files(parent), repository.files(source)
    plan, noticed = diff(
        Standing(repository.manifest(files), files, place), offer.made, offer.terms
    )
    noticed = (*noticed, *_taken(plan, by_hand, place))
    if any(item.code == "foreign-file" for item in noticed):
        return _Draft(plan, noticed)
    too_many = _too_many(plan, repository.manifest(files), target.deletions, place)
    if too_many:
        return _Draft(plan, (*noticed, too_many))
    entries = _entries(repository, offer, plan, files)
    for path in by_hand.keys() & plan.of(Fate.REMOVED):
        del entries[path]  # people have taken it over
    commit = None
    tree = repository.write_tree(source or parent, entries)
    if tree != repository.tree_of(parent):
        by = (target.author_name, target.author_email)
        commit = repository.write_commit(tree, parent, message_of(plan), by)
    return _Draft(plan, noticed, Step(parent, commit, entries))


def parent_of(repository: Repository, target: Target, *, push: bool) -> str | None:
    """What the commit stands on: the publish branch, here or at the remote; else main."""
    here = repository.tip(target.ref)
    there = repository.tip(f"refs/remotes/origin/{target.branch}")
    if here is None or there is None:
        return here or there or repository.tip("refs/remotes/origin/main", "refs/heads/main")
    if repository.contains(here, there):
        return here
    if repository.contains(there, here) or repository.is_clone:
        return there
    if push:
        raise ValueError(f"{target.branch} and origin/{target.branch} have parted: merge them")
    return here


def source_of(repository: Repository, target: Target) -> str | None:
    """The commit with the hand-written files; None if they are where ours are."""
    if target.source_branch is None:
        return None
    name = target.source_branch
    tip = repository.tip(f"refs/remotes/origin/{name}", f"refs/heads/{name}")
    if tip is None:
        raise ValueError(f"it has no branch {name}")
    return tip


def _taken(plan: TreeDiff, by_hand: Mapping[str, str], place: str) -> Iterator[Diagnostic]:
    """What would replace a file of the source branch."""
    for path, owned in plan.manifest.files.items():
        if by_hand.get(path, owned.id) != owned.id:
            yield diagnostic("foreign-file", Location(f"{place}/{path}"), path=path)


def _too_many(plan: TreeDiff, ours: Manifest, limit: Limit, place: str) -> Diagnostic | None:
    """What is wrong with a run that loses more than it may."""
    gone, before = len(plan.of(Fate.REMOVED)), len(ours.files)
    if limit.allows(gone, before):
        return None
    return diagnostic("too-many-deletions", Location(place), gone=gone, before=before, limit=limit)


def _entries(
    repository: Repository, offer: Offer, plan: TreeDiff, files: Mapping[str, str]
) -> dict[str, str | None]:
    """Our files by path: those that stay, those that are new, and None for those that go."""
    new = plan.of(Fate.ADDED, Fate.CHANGED)
    ids = repository.add_files((offer.folder / path).resolve() for path in new)
    for path, id_ in zip(new, ids, strict=True):
        if id_ != offer.made[path].id:
            raise ValueError(f"{path} was changed in the output folder while it was published")
    entries: dict[str, str | None] = dict.fromkeys(plan.of(Fate.REMOVED))
    entries.update((path, files[path]) for path in plan.manifest.files if path in files)
    entries.update(zip(new, ids, strict=True))
    if entries or MANIFEST in files:
        entries[MANIFEST] = repository.add_text(plan.manifest.to_json())
    return entries
