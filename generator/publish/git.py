"""Commits a tree to a git repository: one commit, built without a checkout, never forced."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.address import redacted
from generator.artifact import MANIFEST, Manifest, Owned
from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault
from generator.git_calls import undisturbed
from generator.publish.limit import DEFAULT, Limit
from generator.publish.message import message_of
from generator.publish.repository import (
    Repository,
    fetch,
    open_local,
    open_output,
    open_remote,
)
from generator.publish.tree import Fate, Standing, Terms, TreeDiff, diff


@dataclass(frozen=True, slots=True)
class Target:
    """Where to publish: a repository (None: the output folder is one), its branches and the author.

    Hand-written files come from `source_branch`, if there is one; else they stay as they are.
    """

    repository: str | None = None
    branch: str = "main"
    source_branch: str | None = None
    deletions: Limit = DEFAULT
    author_name: str = "lookml-gen"
    author_email: str = "lookml-gen@example.invalid"

    @property
    def ref(self) -> str:
        """The full name of the publish branch."""
        return f"refs/heads/{self.branch}"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a run has to publish: the files that it made, in the folder where they stand."""

    folder: Path
    made: Mapping[str, Owned]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Published:
    """What was committed: the commit, or None if nothing changed; and where."""

    commit: str | None
    place: str
    diff: TreeDiff
    diagnostics: tuple[Diagnostic, ...] = ()
    pushed: bool = False


def publish(offer: Offer, target: Target, clones: Path, *, push: bool = False) -> Published:
    """One commit on the publish branch with the files on offer.

    Nothing is committed if nothing changed, if a file would replace a hand-written one, or if more
    files would go than may; and what cannot be pushed is not kept, so that the next run builds on
    what others pushed.
    `clones` is where a repository that is not on this disk is kept.
    Raises Fault if the repository cannot be used.
    """
    place = redacted(target.repository or str(offer.folder))
    try:
        from git.exc import GitError  # noqa: PLC0415 - a quarter second, and only publishing needs it
    except ImportError as error:
        raise unusable(place, error) from None
    try:
        with undisturbed():
            repository = _open(offer.folder, target, clones, push=push)
            return _publish(repository, offer, target, place, push=push)
    except (GitError, OSError, ValueError) as error:
        raise unusable(place, error) from None


def _open(folder: Path, target: Target, clones: Path, *, push: bool) -> Repository:
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


def _publish(
    repository: Repository, offer: Offer, target: Target, place: str, *, push: bool
) -> Published:
    parent, source = parent_of(repository, target, push=push), source_of(repository, target)
    files, by_hand = repository.files(parent), repository.files(source)
    plan, noticed = diff(
        Standing(repository.manifest(files), files, place), offer.made, offer.terms
    )
    noticed = (*noticed, *_taken(plan, by_hand, place))
    if any(item.code == "foreign-file" for item in noticed):
        return Published(None, place, plan, noticed)
    too_many = _too_many(plan, repository.manifest(files), target.deletions, place)
    if too_many:
        return Published(None, place, plan, (*noticed, too_many))
    entries = _entries(repository, offer, plan, files)
    for path in by_hand.keys() & plan.of(Fate.REMOVED):
        del entries[path]  # people have taken it over
    commit = None
    tree = repository.write_tree(source or parent, entries)
    if tree != repository.tree_of(parent):
        by = (target.author_name, target.author_email)
        commit = repository.write_commit(tree, parent, message_of(plan), by)
    step = _Step(parent, commit, entries)
    refused = _deliver(repository, target, step, push=push)
    pushed = push and not refused and step.tip is not None
    return Published(None if refused else commit, place, plan, (*noticed, *refused), pushed=pushed)


@dataclass(frozen=True, slots=True)
class _Step:
    """A commit on top of another, not yet on any branch; None if nothing changed."""

    parent: str | None
    commit: str | None
    entries: Mapping[str, str | None]

    @property
    def tip(self) -> str | None:
        """Where the branch is to be."""
        return self.commit or self.parent


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


def _deliver(
    repository: Repository, target: Target, step: _Step, *, push: bool
) -> tuple[Diagnostic, ...]:
    """The remote first, if it is to have the commit; then the branch here, and its work tree."""
    here = repository.tip(target.ref)
    shown = step.commit is not None and repository.is_shown(target.ref)
    if step.commit and shown and not repository.is_output:
        repository.follow(here, step.commit, dry=True)
    refused = _push(repository, target, step.tip) if push and step.tip else ()
    if refused:
        return refused
    if push and repository.is_clone:
        repository.drop(target.ref)  # the remote has it, and alone says what becomes of it
    elif step.commit:
        if shown and repository.is_output:
            repository.stage(step.entries)
        if shown:
            repository.follow(here, step.commit)
        repository.move(target.ref, here, step.commit)
    return ()


def _push(repository: Repository, target: Target, commit: str) -> tuple[Diagnostic, ...]:
    """A refusal is mostly the race that another won. Nothing is forced."""
    from git.exc import GitCommandError  # noqa: PLC0415 - likewise

    if repository.remote is None:  # a bare repository on this disk: it is in its place
        return ()
    try:
        repository.push(commit, target.ref)
    except GitCommandError as error:
        reason = redacted(_reason(error))
        return (diagnostic("push-refused", branch=target.branch, reason=reason),)
    return ()


def _reason(error: Exception) -> str:
    """The line of git's answer that says why."""
    if type(error).__name__ in ("InvalidGitRepositoryError", "NoSuchPathError"):
        return "there is no git repository"
    text = str(getattr(error, "stderr", "") or error).strip().removeprefix("stderr: ").strip("'\n ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "!"))]
    return (telling or lines or ["unknown"])[0]


def unusable(place: str, error: Exception) -> Fault:
    """That a repository cannot be used, and why."""
    return fault("unusable-repository", repository=place, reason=redacted(_reason(error)))
