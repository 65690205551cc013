"""A git repository, as its plumbing sees it: branches, files, objects."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct

from generator.address import is_path, redacted
from generator.artifact import MANIFEST, Manifest, blob_id
from generator.git_calls import alone, moving, undisturbed
from generator.publish.tree import manifest_of

if TYPE_CHECKING:
    from git import Repo

_FILE_MODE = "100644"
_NOTHING = "0" * 40
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class Repository(Struct, frozen=True):
    """An open repository, and where it is pushed to.

    `is_output`: its work tree is the output folder; `is_clone`: nobody but us works in it.
    """

    repo: "Repo"
    remote: str | None
    is_output: bool = False
    is_clone: bool = False

    def tip(self, *names: str) -> str | None:
        """The commit that the first of these references points at, if any is there."""
        for name in names:
            found = self.repo.git.rev_parse(
                "--verify", "--quiet", f"{name}^{{commit}}", with_exceptions=False
            )
            if found:
                return str(found)
        return None

    def contains(self, commit: str, other: str) -> bool:
        """Whether the history of a commit has another one in it."""
        base = self.repo.git.merge_base(commit, other, with_exceptions=False)
        return str(base) == other

    def tree_of(self, commit: str | None) -> str:
        """The id of what a commit holds."""
        return str(self.repo.git.rev_parse(f"{commit}^{{tree}}")) if commit else _EMPTY_TREE

    def files(self, commit: str | None) -> dict[str, str]:
        """The id of each file of a commit, by path."""
        if commit is None:
            return {}
        rows = self.repo.git.ls_tree("-r", "-z", "--full-tree", commit).split("\0")
        parted = (row.partition("\t") for row in rows if row)
        return {path: meta.split()[2] for meta, _, path in parted}

    def manifest(self, files: Mapping[str, str]) -> Manifest:
        """The manifest among these files."""
        if MANIFEST not in files:
            return Manifest()
        return manifest_of(self.repo.git.cat_file("blob", files[MANIFEST]))

    def texts(self, ids: Mapping[str, str]) -> dict[str, str]:
        """The texts of files, by path, from their ids; bytes that are no UTF-8 are marked."""
        with _stream(ids.values(), "\n") as names:
            said: dict[str, Any] = {"stdout_as_string": False, "strip_newline_in_stdout": False}
            answer: bytes = self.repo.git.cat_file("--batch", istream=names, **said)
        found, at = {}, 0
        for path in ids:
            head, _, _ = answer[at : answer.index(b"\n", at)].rpartition(b" ")
            size = int(answer[at + len(head) + 1 : answer.index(b"\n", at)])
            at = answer.index(b"\n", at) + 1
            found[path] = answer[at : at + size].decode("utf-8", "replace")
            at += size + 1
        return found

    def add_files(self, paths: Iterable[Path]) -> list[str]:
        """The ids of files on this disk, now kept here, byte for byte."""
        with _stream(paths, "\n") as names:
            git = self.repo.git
            return str(
                git.hash_object("-w", "--no-filters", "--stdin-paths", istream=names)
            ).split()

    def add_text(self, text: str) -> str:
        """The id of a text, now kept here."""
        with _stream([text], "") as content:
            return str(self.repo.git.hash_object("-w", "--stdin", istream=content))

    def write_tree(self, base: str | None, entries: Mapping[str, str | None]) -> str:
        """What a commit holds, with other files in it; None is for one that goes."""
        with tempfile.TemporaryDirectory() as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            if base:
                self.repo.git.read_tree(base, env=env)
            self._enter(entries, env)
            return str(self.repo.git.write_tree(env=env))

    def write_commit(self, tree: str, parent: str | None, message: str, by: tuple[str, str]) -> str:
        """A commit that no branch points at yet. `by` is a name and an address."""
        env = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in zip(("NAME", "EMAIL"), by, strict=True)
        }
        parents = ("-p", parent) if parent else ()
        with _stream([message], "") as text:
            git = self.repo.git(c="i18n.commitEncoding=UTF-8")
            return str(git.commit_tree(tree, *parents, istream=text, env=env))

    def is_shown(self, branch: str) -> bool:
        """Whether the work tree shows a branch.

        Raises ValueError if another work tree does: it would stay behind.
        """
        repo = self.repo
        place = str(repo.git.for_each_ref("--format=%(worktreepath)", branch))
        here = repo.working_tree_dir or repo.git_dir
        if place and not Path(place).samefile(here):
            raise ValueError(f"{branch} is checked out in {place}")
        head = repo.git.symbolic_ref("-q", "HEAD", with_exceptions=False)
        return not repo.bare and head == branch

    def follow(self, old: str | None, new: str, *, dry: bool = False) -> None:
        """The work tree goes from one commit to another; git refuses to lose a local edit."""
        git = self.repo.git
        git.update_index("-q", "--refresh", with_exceptions=False)  # a mere touch is no edit
        options = ("-n",) if dry else ()
        git.read_tree(*options, "-m", "-u", old or _EMPTY_TREE, new)

    def stage(self, entries: Mapping[str, str | None]) -> None:
        """The index knows these files, which stand in the work tree already."""
        self._enter(entries, {})

    def move(self, branch: str, old: str | None, new: str) -> None:
        """The branch goes from one commit to another, if nobody has moved it meanwhile."""
        with moving(Path(self.repo.common_dir), branch):
            self.repo.git.update_ref(branch, new, old or _NOTHING)

    def drop(self, branch: str) -> None:
        """The branch is gone here."""
        self.repo.git.update_ref("-d", branch)

    def place(self, branch: str, old: str | None, new: str | None) -> None:
        """A branch goes from one commit to another, likewise; None for where there is no branch."""
        if new is None:
            self.repo.git.update_ref("-d", branch, old or _NOTHING)
        else:
            self.move(branch, old, new)

    def push(
        self, commit: str | None, branch: str, *, seen: str | None = None, force: bool = False
    ) -> None:
        """The remote's branch goes to the commit, if that contains what is there.

        If forced, it goes there if it is where it was seen, whatever it contains; None removes it.
        """
        lease = (f"--force-with-lease={branch}:{seen or ''}",) if force else ()
        self.repo.git.push(*lease, "--", self.remote, f"{commit or ''}:{branch}")
        if self.is_clone:  # git notes it only of a remote that has a name
            there = branch.replace("refs/heads/", "refs/remotes/origin/", 1)
            self.place(there, self.tip(there), commit)

    def count(self, commit: str, other: str) -> int:
        """How many commits the history of one has that another's has not."""
        return int(self.repo.git.rev_list("--count", commit, f"^{other}"))

    def authors(self, commit: str, other: str) -> list[str]:
        """The addresses of those who wrote what the history of one has and another's has not."""
        words = ("--no-merges", "--format=%ae", commit, f"^{other}", "--")
        return str(self.repo.git.log(*words)).splitlines()

    def address(self) -> str | None:
        """Where the remote is, if there is one. It may hold credentials."""
        if self.remote in (None, "origin"):
            url = self.repo.git.remote("get-url", "origin") if self.remote else None
            return str(url) if url else None
        return self.remote

    def _enter(self, entries: Mapping[str, str | None], env: Mapping[str, str]) -> None:
        rows = (
            f"{_FILE_MODE} {id_}\t{path}" if id_ else f"0 {_NOTHING}\t{path}"
            for path, id_ in sorted(entries.items())
        )
        with _stream(rows, "\0") as lines:
            self.repo.git.update_index("--add", "-z", "--index-info", istream=lines, env=env)


def open_output(folder: Path, branch: str) -> Repository:
    """The repository of the output folder; made if there is none."""
    from git import Repo  # noqa: PLC0415 - a quarter second, and only publishing needs it

    if (folder / ".git").exists():
        repo = Repo(folder, expand_vars=False)
    else:
        said: dict[str, Any] = {"initial_branch": branch, "object_format": "sha1"}
        repo = Repo.init(folder, expand_vars=False, **said)
    return Repository(_sound(repo), _origin(repo), is_output=True)


def open_local(folder: Path) -> Repository:
    """A repository on this disk, bare or with a work tree."""
    from git import Repo  # noqa: PLC0415 - likewise

    repo = Repo(folder, expand_vars=False)
    return Repository(_sound(repo), _origin(repo))


def open_remote(address: str, clones: Path) -> Repository:
    """Our own clone of a repository that is not on this disk. It never holds the address."""
    from git import Repo  # noqa: PLC0415 - likewise

    folder = _clone_folder(address, clones)
    repo = Repo.init(folder, bare=True, expand_vars=False, object_format="sha1")
    repo.git.update_environment(GIT_DIR=str(folder.resolve()))  # for safe.bareRepository=explicit
    return Repository(repo, address, is_clone=True)


def find(address: str, clones: Path) -> Path:
    """Where the repository at an address is on this disk: itself, or our clone, just fetched.

    It may not be there, and our clone may be as old as the last time that it could be fetched.
    """
    if Path(address).is_dir() or is_path(address):
        return Path(address)
    with suppress(ImportError):
        from git.exc import GitError  # noqa: PLC0415 - likewise

        with undisturbed(), suppress(GitError, OSError, ValueError):
            fetch(open_remote(address, clones))
    return _clone_folder(address, clones)


def _clone_folder(address: str, clones: Path) -> Path:
    return clones / blob_id(redacted(address).encode())


def fetch(repository: Repository) -> None:
    """The branches of the remote are known here."""
    known = "+refs/heads/*:refs/remotes/origin/*"
    prune = ("--prune",) if repository.is_clone else ()
    quiet = ("--no-tags", "--no-write-fetch-head")  # the latter would write the address down
    ours = alone(Path(repository.repo.git_dir)) if repository.is_clone else nullcontext()
    with ours:
        repository.repo.git.fetch(*prune, *quiet, "--", repository.remote, known)


def _origin(repo: "Repo") -> str | None:
    return "origin" if "origin" in repo.git.remote().split() else None


def _sound(repo: "Repo") -> "Repo":
    """Raises ValueError if the ids of the files are not those that we know how to make."""
    kind = repo.git.rev_parse("--show-object-format")
    if kind != "sha1":
        raise ValueError(f"its objects are named by {kind}, and we only know sha1")
    return repo


def _stream(lines: Iterable[object], end: str) -> IO[bytes]:
    """A file with these lines, ready to be read by git."""
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    stream.writelines(os.fsencode(f"{line}{end}") for line in lines)
    stream.seek(0)
    return stream
