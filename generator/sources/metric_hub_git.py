"""Fetches a metric-hub repository by its git address; no credential is printed or kept."""

import re
from hashlib import sha256
from pathlib import Path

from generator.address import redacted
from generator.diagnostics import Location, fault
from generator.git_calls import alone, undisturbed

_ADDRESS = re.compile(r"(?:https?|ssh|git|file)://|[\w.-]+@[\w.-]+:")
_REF = re.compile(r"(?!-)[\w./-]+")


def is_address(text: str) -> bool:
    """Whether a text is the address of a repository, not a folder.

    >>> [is_address(t) for t in ("https://git.example.org/hub", "git@example.org:hub", "a/b@c")]
    [True, True, False]
    """
    return _ADDRESS.match(text) is not None


def split_ref(address: str) -> tuple[str, str]:
    """The address proper, and the branch, tag or commit behind its `@`; HEAD if there is none.

    >>> split_ref("https://bot:secret@git.example.org/hub.git@v1.2")
    ('https://bot:secret@git.example.org/hub.git', 'v1.2')
    >>> split_ref("git@git.example.org:data/hub")
    ('git@git.example.org:data/hub', 'HEAD')
    """
    scheme, mark, rest = address.rpartition("://")
    host, slash, path = rest.partition("/" if mark else ":")
    path, _, ref = path.partition("@")
    return f"{scheme}{mark}{host}{slash}{path}", ref or "HEAD"


def checkout(address: str, cache: Path | None) -> tuple[Path, str]:
    """The folder with the files of the repository as they are now, and its name for people.

    Raises Fault if it cannot be fetched.
    """
    url, ref = split_ref(address)
    shown = redacted(url) if ref == "HEAD" else f"{redacted(url)}@{ref}"
    if cache is None:
        raise fault("unfetched-repository", Location(shown), reason="there is no folder to keep it")
    if not _REF.fullmatch(ref):
        raise fault("unfetched-repository", Location(shown), reason=f"`{ref}` is no reference")
    try:
        from git.exc import GitError  # noqa: PLC0415 - a quarter second, and few need it
    except ImportError as error:
        raise fault("unfetched-repository", Location(shown), reason=error) from None
    folder = _folder(url, ref, cache)
    try:
        with undisturbed(), alone(folder, ".git"):
            _fetch(url, ref, folder)
    except (GitError, OSError, ValueError) as error:
        raise fault("unfetched-repository", Location(shown), reason=_reason(error)) from None
    return folder, shown


def clone_of(address: str, cache: Path) -> tuple[Path, str]:
    """The folder that `checkout` would fill, and the name; what is there is of the last time."""
    url, ref = split_ref(address)
    shown = redacted(url) if ref == "HEAD" else f"{redacted(url)}@{ref}"
    return _folder(url, ref, cache), shown


def _folder(url: str, ref: str, cache: Path) -> Path:
    return cache / sha256(f"{url}@{ref}".encode()).hexdigest()[:16]


def _fetch(url: str, ref: str, folder: Path) -> None:
    """One commit, without history; the address stands nowhere in the clone."""
    from git import Repo  # noqa: PLC0415 - see above

    with Repo.init(folder) as repo:
        repo.git.fetch("--depth=1", "--no-tags", "--no-write-fetch-head", "--", url, f"+{ref}:ours")
        repo.git.checkout("--force", "--detach", "ours")
        repo.git.clean("-ffdx")


def _reason(error: Exception) -> str:
    """The line of git's answer that says why."""
    text = str(getattr(error, "stderr", "") or error)
    lines = [line.strip(" '\"") for line in redacted(text).splitlines()]
    telling = [line for line in lines if "fatal:" in line or "error:" in line]
    return (telling or lines or ["unknown"])[0]
