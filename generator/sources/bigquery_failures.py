"""What went wrong in a call to BigQuery, as a value: for whom, and why. No credential is said."""

import re
from collections.abc import Callable
from concurrent.futures import TimeoutError as JobTimeoutError
from typing import NamedTuple

import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud.bigquery.retry import DEFAULT_RETRY

from generator.redaction import scrubbed

_WIDE = re.compile(r"(not found|access denied): project", re.IGNORECASE)
_SECRET = re.compile(r"ya29\.\S+|eyJ\S+|(?i:bearer|token|key|secret)[=: ]+[\"']?[\w.~+/-]{8,}\S*")
_WORD = re.compile(r"[a-z_]+")
_LONGEST = 300
_QUOTAS = ("quotaExceeded", "rateLimitExceeded", "jobRateLimitExceeded")


class Malformed(ValueError):  # noqa: N818 - what an answer is
    """An answer that is none; the text is ours, so it may be told."""


class Failure(NamedTuple):
    """Why a call failed. `absent`: it is said not to exist; `wide`: so would any other call."""

    reason: str
    absent: bool = False
    wide: bool = False


def passes(error: Exception) -> bool:
    """Whether it is worth asking again; Google's client knows most, but not each status of 429."""
    known = DEFAULT_RETRY._predicate  # noqa: SLF001 - there is no public way to it
    return bool(known(error)) or isinstance(error, api.TooManyRequests | api.ServerError)


def failure_of(error: BaseException) -> Failure:
    """The failure that an error of the client stands for; a retry that gave up is its cause."""
    if isinstance(error, api.RetryError) and error.cause is not None:
        return failure_of(error.cause)
    return next(tell(error) for kind, tell in _TOLD if isinstance(error, kind))


def _missing(error: BaseException) -> Failure:
    said = _message(error)
    wide = bool(_WIDE.search(said))
    return Failure(said, absent=not wide, wide=wide)


def _forbidden(error: BaseException) -> Failure:
    said = _message(error)
    if _cause(error) in _QUOTAS:
        return Failure(f"the quota is used up: {said}")
    return Failure(
        said if said.lower().startswith("access denied") else f"access denied: {said}",
        wide=bool(_WIDE.search(said)),
    )


def _refused(error: BaseException) -> Failure:
    """Of what the library says, only the first word: the rest may hold what was sent."""
    word = _WORD.match(str(error.args[0])) if error.args else None
    known = f" ({word[0]})" if word and "_" in word[0] else ""
    return Failure(f"the credentials are missing, expired or refused{known}", wide=True)


def _message(error: BaseException) -> str:
    """What the service says, in one line and without secrets."""
    listed = getattr(error, "errors", None) or ()
    said = [item.get("message", "") for item in listed if isinstance(item, dict)]
    first = next((text for text in said if text), None) or _unlisted(error)
    line = " ".join(first.split()).removesuffix(".")
    return scrubbed(_SECRET.sub("…", line))[:_LONGEST] or type(error).__name__


def _unlisted(error: BaseException) -> str:
    """What stands behind method and address; of a page of HTML, only the status."""
    said = str(getattr(error, "message", "")).rpartition("prettyPrint=false: ")[2]
    return f"HTTP status {getattr(error, 'code', None)}" if said.lstrip().startswith("<") else said


def _cause(error: BaseException) -> str:
    listed = getattr(error, "errors", None) or (None,)
    return str(listed[0].get("reason", "")) if isinstance(listed[0], dict) else ""


def _lost(_: BaseException) -> Failure:
    return Failure("the connection is refused or lost", wide=True)


def _slow(_: BaseException) -> Failure:
    return Failure("it does not answer in time")


def _busy(error: BaseException) -> Failure:
    return Failure(f"the service has a fault of its own: {_message(error)}")


_TOLD: tuple[tuple[type[BaseException], Callable[[BaseException], Failure]], ...] = (
    (api.NotFound, _missing),
    (api.Unauthorized, _refused),
    (api.Forbidden, _forbidden),
    (api.TooManyRequests, lambda error: Failure(f"the quota is used up: {_message(error)}")),
    (api.ServerError, _busy),
    (api.GoogleAPIError, lambda error: Failure(_message(error))),
    (auth.TransportError, _lost),
    (auth.GoogleAuthError, _refused),
    (requests.Timeout, _slow),
    (TimeoutError, _slow),
    (JobTimeoutError, _slow),
    (requests.exceptions.JSONDecodeError, lambda _: Failure("its answer is malformed")),
    (requests.exceptions.ChunkedEncodingError, _lost),
    (requests.RequestException, _lost),
    (ConnectionError, _lost),
    (Malformed, lambda error: Failure(f"its answer is malformed: {error}")),
    (Exception, lambda error: Failure(f"its answer is malformed ({type(error).__name__})")),
)
"""The first that fits tells; any other error comes of an answer that the client cannot read."""

EXPECTED = (
    api.GoogleAPIError,
    auth.GoogleAuthError,
    requests.RequestException,
    OSError,
    JobTimeoutError,
    *(ValueError, TypeError, KeyError, AttributeError),
)
"""What the client raises, malformed answers among it."""
