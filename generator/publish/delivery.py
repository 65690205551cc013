"""Delivers a commit: to the remote, to the branch here, and to its work tree."""

from collections.abc import Mapping

from msgspec import Struct

from generator.diagnostics import Diagnostic, diagnostic
from generator.publish.limit import DEFAULT, Limit
from generator.publish.repository import Repository
from generator.publish.trouble import reason_of


class Target(Struct, frozen=True):
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


class Step(Struct, frozen=True):
    """A commit on top of another, not yet on any branch; None if nothing changed."""

    parent: str | None
    commit: str | None
    entries: Mapping[str, str | None]

    @property
    def tip(self) -> str | None:
        """Where the branch is to be."""
        return self.commit or self.parent


def deliver(
    repository: Repository, target: Target, step: Step, *, push: bool
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
        return _move(repository, target, step, here)
    return ()


def _push(repository: Repository, target: Target, commit: str) -> tuple[Diagnostic, ...]:
    """What the remote says against it. Nothing is forced."""
    from git.exc import GitCommandError  # noqa: PLC0415 - a quarter second, and only this needs it

    if repository.remote is None:  # a bare repository on this disk: it is in its place
        return ()
    try:
        repository.push(commit, target.ref)
    except GitCommandError as error:
        return (_refused(target, error),)
    return ()


def _move(
    repository: Repository, target: Target, step: Step, here: str | None
) -> tuple[Diagnostic, ...]:
    """The branch here is at the commit, unless others have moved it in a repository for all."""
    from git.exc import GitCommandError  # noqa: PLC0415 - likewise

    is_for_all = repository.repo.bare and repository.remote is None
    old = step.parent if is_for_all and here else here
    try:
        repository.move(target.ref, old, str(step.commit))
    except GitCommandError as error:
        if not is_for_all or repository.tip(target.ref) == old:
            raise
        return (_refused(target, error),)
    return ()


def _refused(target: Target, error: Exception) -> Diagnostic:
    return diagnostic("push-refused", branch=target.branch, reason=reason_of(error))
