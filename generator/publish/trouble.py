"""What git complains about, as our own messages."""

from collections.abc import Iterator
from contextlib import contextmanager

from generator.address import redacted
from generator.diagnostics import Fault, fault
from generator.git_calls import undisturbed


@contextmanager
def used(place: str) -> Iterator[None]:
    """Git works undisturbed; what it cannot do is a fault of the repository at `place`."""
    try:
        from git.exc import GitError  # noqa: PLC0415 - a quarter second, and only publishing needs it
    except ImportError as error:
        raise unusable(place, error) from None
    try:
        with undisturbed():
            yield
    except (GitError, OSError, ValueError) as error:
        raise unusable(place, error) from None


def unusable(place: str, error: Exception) -> Fault:
    """That a repository cannot be used, and why."""
    return fault("unusable-repository", repository=place, reason=reason_of(error))


def reason_of(error: Exception) -> str:
    """The line of git's answer that says why, without credentials."""
    if type(error).__name__ in ("InvalidGitRepositoryError", "NoSuchPathError"):
        return "there is no git repository"
    text = str(getattr(error, "stderr", "") or error).strip().removeprefix("stderr: ").strip("'\n ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "!"))]
    return redacted((telling or lines or ["unknown"])[0])
