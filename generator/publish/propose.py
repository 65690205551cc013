"""Proposes a change: a working branch that is ours alone, and a pull request from it."""

from contextlib import suppress

from msgspec import Struct

from generator.diagnostics import Fault, fault
from generator.publish.branches import published, put
from generator.publish.forge import Forge, Opened, Proposal
from generator.publish.repository import Repository


class Proposed(Struct, frozen=True):
    """What came of a proposal: whether the branch moved, and where people see it, if anywhere."""

    branch: str
    moved: bool
    url: str | None = None

    def __str__(self) -> str:
        return self.url or f"branch {self.branch}"


def working_branch(branch: str) -> str:
    """The branch from which a change is proposed for another."""
    return f"{branch}-working"


class Asking(Struct, frozen=True):
    """Where a change is proposed: the repository by name, its forge if it has one; and our address.

    What is committed to a working branch under another address is somebody's work.
    """

    place: str
    forge: Forge | None
    author: str


def propose(repository: Repository, commit: str, proposal: Proposal, asking: Asking) -> Proposed:
    """The working branch is at the commit, and a pull request is open, if there is a forge.

    The forge is asked before anything is pushed; if it then refuses the pull request, the branch
    is where it was. Raises Fault then, and if others have committed to the branch.
    """
    branch, forge = proposal.branch, asking.forge
    seen = published(repository, branch)
    _check(repository, proposal, seen, asking)
    opened = forge.find(proposal.base, branch) if forge else None
    moves = seen is None or not _is_same(repository, seen, commit)
    if moves:
        put(repository, branch, commit, seen, force=True)
    if forge is None or (opened and not moves):
        return Proposed(branch, moves, opened.url if opened else None)
    try:
        asked = _asked(forge, opened, proposal)
    except Fault:
        if moves:
            with suppress(Fault):  # the first one says what is wrong
                put(repository, branch, seen, commit, force=True)
        raise
    return Proposed(branch, moves, asked.url)


def _asked(forge: Forge, opened: Opened | None, proposal: Proposal) -> Opened:
    return forge.update(opened, proposal) if opened else forge.open(proposal)


def _check(repository: Repository, proposal: Proposal, seen: str | None, asking: Asking) -> None:
    """Nobody's work is lost: that of others on the branch is for them to bring to safety."""
    base = published(repository, proposal.base)
    if seen is None or base is None:
        return
    others = set(repository.authors(seen, base)) - {asking.author}
    if others:
        raise fault(
            "edited-branch",
            branch=proposal.branch,
            repository=asking.place,
            author=" and ".join(sorted(others)),
        )


def _is_same(repository: Repository, seen: str, commit: str) -> bool:
    """Whether the branch proposes this already: the same files on top of the same commit."""
    same = repository.tree_of(seen) == repository.tree_of(commit)
    return same and repository.tip(f"{seen}^") == repository.tip(f"{commit}^")
