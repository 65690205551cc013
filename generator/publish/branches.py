"""Branches that follow the publish branch: fast-forwarded, or reset where they are for that."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from generator.address import is_branch
from generator.diagnostics import Diagnostic, Location, diagnostic, fault
from generator.publish.repository import Repository
from generator.publish.trouble import reason_of

_COMMENT = "#"
_SHORT = 10


class Branch(Struct, frozen=True):
    """A branch that somebody names, and where."""

    name: str
    at: Location


def read_branches(file: Path, protected: Iterable[str | None]) -> tuple[Branch, ...]:
    """The branches that a file lists, one in each line; `#` begins a comment.

    Raises Fault if a line is no branch, or one that is never reset.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fault("unreadable-file", Location(str(file)), reason=error) from None
    kept = {name for name in protected if name}
    found: dict[str, Branch] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition(_COMMENT)[0].strip()
        if name:
            at = Location(str(file), number)
            _check(name, kept, at)
            found.setdefault(name, Branch(name, at))
    return tuple(found.values())


def _check(name: str, protected: Iterable[str], at: Location) -> None:
    reasons = ((not is_branch(name), "it is no name"), (name in protected, "it is published"))
    for wrong, reason in reasons:
        if wrong:
            raise fault("bad-branch", at, branch=name, reason=reason)


def published(repository: Repository, branch: str) -> str | None:
    """Where a branch is for everybody: at the remote; here, if there is none."""
    folder = "refs/remotes/origin" if repository.remote else "refs/heads"
    return repository.tip(f"{folder}/{branch}")


def put(
    repository: Repository, branch: str, new: str | None, seen: str | None, *, force: bool = False
) -> None:
    """The branch is for everybody at another commit; gone, if that is None.

    If it is not where it was seen any more, or not forced and would lose commits, it stays.
    Raises Fault then.
    """
    from git.exc import GitCommandError  # noqa: PLC0415 - a quarter second, and only publishing needs it

    ref = f"refs/heads/{branch}"
    try:
        if repository.remote:
            repository.push(new, ref, seen=seen, force=force)
        elif repository.is_shown(ref):
            raise ValueError(f"{branch} is checked out")
        else:
            repository.place(ref, seen, new)
    except GitCommandError as error:
        raise fault("push-refused", branch=branch, reason=reason_of(error)) from None


def follow(repository: Repository, branch: str, main: str, tip: str) -> Iterator[str]:
    """The branch is fast-forwarded to where the publish branch is. Raises Fault if it cannot be."""
    there = published(repository, branch)
    if there == tip:
        return
    if there and not repository.contains(tip, there):
        raise fault("parted-branch", branch=branch, published=main)
    put(repository, branch, tip, there)
    yield f"{branch} is at {tip[:_SHORT]}"


def reset(
    repository: Repository, branches: Iterable[Branch], tip: str
) -> Iterator[str | Diagnostic]:
    """Each branch is where the publish branch is, whatever it was. None is made."""
    for branch in branches:
        there = published(repository, branch.name)
        if there is None:
            yield diagnostic("unknown-branch", branch.at, branch=branch.name)
        elif there != tip:
            count = repository.count(there, tip)
            put(repository, branch.name, tip, there, force=True)
            yield f"{branch.name} is at {tip[:_SHORT]}"
            if count:
                yield diagnostic(
                    "reset-branch", branch.at, branch=branch.name, count=count, commit=there
                )
