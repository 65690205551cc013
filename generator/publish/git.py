"""Commits a tree to a git repository: one commit, built without a checkout, never forced."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from generator.artifact import MANIFEST, Manifest, Owned, blob_id
from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault
from generator.publish.message import message_of
from generator.publish.tree import Fate, Standing, Terms, TreeDiff, diff

if TYPE_CHECKING:
    from git import Repo

_FILE_MODE = "100644"
_CREDENTIALS = re.compile(r"://[^@/\s]+@")
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to publish: a repository (None: the output folder is one), its branches and the author.

    Hand-written files come from `source_branch`, if there is one; else they stay as they are.
    """

    repository: str | None = None
    branch: str = "main"
    source_branch: str | None = None
    author_name: str = "lookml-gen"
    author_email: str = "lookml-gen@example.invalid"


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

    Nothing is committed if nothing changed, or if a file would replace a hand-written one.
    `clones` is where a repository that is not on this disk is kept.
    Raises Fault if the repository cannot be used.
    """
    place = redacted(target.repository or str(offer.folder))
    try:
        from git.exc import GitError  # noqa: PLC0415 - a quarter second, and only publishing needs it
    except ImportError as error:
        raise _unusable(place, error) from None
    try:
        shelf = _open(offer.folder, target, clones)
        return _commit(shelf, offer, target, push=push)
    except (GitError, OSError, ValueError) as error:
        raise _unusable(place, error) from None


@dataclass(frozen=True, slots=True)
class _Shelf:
    """An open repository; `is_output` if its work tree is the output folder itself."""

    repo: "Repo"
    is_output: bool
    has_remote: bool

    def tip(self, *names: str) -> str | None:
        """The commit that the first of these references points at, if any is there."""
        for name in names:
            found = self.repo.git.rev_parse(
                "--verify", "--quiet", f"{name}^{{commit}}", with_exceptions=False
            )
            if found:
                return str(found)
        return None

    def files(self, commit: str | None) -> dict[str, str]:
        """The id of each file of a commit, by path."""
        if commit is None:
            return {}
        rows = self.repo.git.ls_tree("-r", "-z", "--full-tree", commit).split("\0")
        parted = (row.partition("\t") for row in rows if row)
        return {path: meta.split()[2] for meta, _, path in parted}

    def manifest(self, commit: str | None, files: Mapping[str, str]) -> Manifest:
        """The manifest that a commit holds."""
        if commit is None or MANIFEST not in files:
            return Manifest()
        return Manifest.from_json(self.repo.git.show(f"{commit}:{MANIFEST}"))


def _open(folder: Path, target: Target, clones: Path) -> _Shelf:
    import git  # noqa: PLC0415 - likewise

    if target.repository is None:
        own = (folder / ".git").exists()
        repo = git.Repo(folder) if own else git.Repo.init(folder, initial_branch=target.branch)
        return _Shelf(repo, is_output=True, has_remote=False)
    local = Path(target.repository)
    if local.is_dir():
        return _Shelf(git.Repo(local), is_output=False, has_remote=False)
    clone = clones / blob_id(target.repository.encode())
    if not clone.exists():
        git.Repo.clone_from(target.repository, clone, bare=True)
    repo = git.Repo(clone)
    repo.git.fetch("--prune", target.repository, "+refs/heads/*:refs/remotes/origin/*")
    return _Shelf(repo, is_output=False, has_remote=True)


def _commit(shelf: _Shelf, offer: Offer, target: Target, *, push: bool) -> Published:
    parent = _parent(shelf, target)
    files = shelf.files(parent)
    manifest = shelf.manifest(parent, files)
    by_hand = _by_hand(shelf, target, files, manifest)
    place = redacted(target.repository or str(offer.folder))
    standing = Standing(manifest, files, place)
    plan, noticed = diff(standing, offer.made, offer.terms)
    collisions = tuple(
        diagnostic("foreign-file", Location(f"{place}/{path}"), path=path)
        for path in sorted(by_hand.keys() & offer.made.keys())
    )
    if collisions:
        return Published(None, place, plan, (*noticed, *collisions))
    tree = _write_tree(shelf, offer.folder, plan, files, by_hand)
    commit = None
    if tree != _tree_of(shelf, parent):
        commit = _write_commit(shelf, tree, parent, message_of(plan), target)
        _move(shelf, target, parent, commit)
    tip = commit or parent
    refused = _push(shelf, target, tip) if push and tip else ()
    pushed = push and bool(tip) and not refused
    return Published(commit, place, plan, (*noticed, *refused), pushed=pushed)


def _parent(shelf: _Shelf, target: Target) -> str | None:
    """What the commit stands on: the publish branch, the remote's unless ours is ahead, or main."""
    own = shelf.tip(f"refs/heads/{target.branch}")
    remote = shelf.tip(f"refs/remotes/origin/{target.branch}") if shelf.has_remote else None
    if own and remote:
        return own if _is_ancestor(shelf, remote, own) else remote
    return own or remote or shelf.tip("refs/remotes/origin/main", "refs/heads/main")


def _is_ancestor(shelf: _Shelf, one: str, other: str) -> bool:
    return shelf.repo.is_ancestor(shelf.repo.commit(one), shelf.repo.commit(other))


def _by_hand(
    shelf: _Shelf, target: Target, files: Mapping[str, str], manifest: Manifest
) -> dict[str, str]:
    """The files that people wrote: those of the source branch, else what is not ours."""
    if target.source_branch is None:
        return {p: i for p, i in files.items() if p not in manifest.files and p != MANIFEST}
    name = target.source_branch
    tip = shelf.tip(f"refs/remotes/origin/{name}", f"refs/heads/{name}")
    if tip is None:
        raise ValueError(f"it has no branch {name}")
    return shelf.files(tip)


def _write_tree(
    shelf: _Shelf,
    folder: Path,
    plan: TreeDiff,
    files: Mapping[str, str],
    by_hand: Mapping[str, str],
) -> str:
    """The tree of hand-written files, ours that stay, and those that are new."""
    git = shelf.repo.git
    new = plan.of(Fate.ADDED, Fate.CHANGED)
    with _lines(str((folder / path).resolve()) for path in new) as paths:
        ids = git.hash_object("-w", "--no-filters", "--stdin-paths", istream=paths).split()
    with _lines([plan.manifest.to_json().removesuffix("\n")]) as text:
        manifest = git.hash_object("-w", "--stdin", istream=text)
    stays = {path: files[path] for path in plan.manifest.files if path in files}
    entries = {**by_hand, **stays, **dict(zip(new, ids, strict=True)), MANIFEST: manifest}
    with (
        tempfile.TemporaryDirectory() as scratch,
        _lines(f"{_FILE_MODE} {entries[path]}\t{path}" for path in sorted(entries)) as rows,
    ):
        env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        git.update_index("--add", "--index-info", istream=rows, env=env)
        return str(git.write_tree(env=env))


def _tree_of(shelf: _Shelf, commit: str | None) -> str:
    return str(shelf.repo.git.rev_parse(f"{commit}^{{tree}}")) if commit else _EMPTY_TREE


def _write_commit(
    shelf: _Shelf, tree: str, parent: str | None, message: str, target: Target
) -> str:
    name, email = target.author_name, target.author_email
    env = {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }
    parents = ("-p", parent) if parent else ()
    with _lines([message.removesuffix("\n")]) as text:
        return str(shelf.repo.git.commit_tree(tree, *parents, istream=text, env=env))


def _move(shelf: _Shelf, target: Target, parent: str | None, commit: str) -> None:
    """The branch moves to the commit, and with it a work tree that has it checked out."""
    git = shelf.repo.git
    branch = f"refs/heads/{target.branch}"
    shown = not shelf.repo.bare and git.symbolic_ref("-q", "HEAD", with_exceptions=False) == branch
    if shown and not shelf.is_output:
        git.read_tree("-m", "-u", parent or _EMPTY_TREE, commit)  # refuses to lose a local edit
    git.update_ref(branch, commit)
    if shown and shelf.is_output:
        git.read_tree(commit)
        git.checkout_index("--all", "--quiet", with_exceptions=False)  # what people wrote


def _push(shelf: _Shelf, target: Target, commit: str) -> tuple[Diagnostic, ...]:
    """Push the branch, fast-forward only; a refusal is the race that another won."""
    from git.exc import GitCommandError  # noqa: PLC0415 - likewise

    remote = target.repository if shelf.has_remote else "origin"
    try:
        shelf.repo.git.push(remote, f"{commit}:refs/heads/{target.branch}")
    except GitCommandError as error:
        reason = redacted(_reason(error))
        return (diagnostic("push-refused", branch=target.branch, reason=reason),)
    return ()


def _lines(lines: Iterable[str]) -> IO[bytes]:
    """A file with these lines, ready to be read by git."""
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    stream.writelines(f"{line}\n".encode() for line in lines)
    stream.seek(0)
    return stream


def redacted(text: str) -> str:
    """Without the credentials that an address may carry.

    >>> redacted("https://bot:secret@git.example.org/hub")
    'https://…@git.example.org/hub'
    """
    return _CREDENTIALS.sub("://…@", text)


def _reason(error: Exception) -> str:
    """The line of git's answer that says why."""
    text = str(getattr(error, "stderr", "") or error).strip().removeprefix("stderr: ").strip("'\n ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "!"))]
    return (telling or lines or ["unknown"])[0]


def _unusable(place: str, error: Exception) -> Fault:
    return fault("unusable-repository", repository=place, reason=redacted(_reason(error)))
