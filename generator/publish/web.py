"""Asks a service over HTTP: one request, one answer by a certain time, no redirection."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from generator.address import redacted
from generator.diagnostics import Fault, fault

LARGEST = 4_000_000
"""Bytes of an answer; a list of pull requests has some ten thousand."""

_CHUNK = 65_536
_LONGEST = 200
_CODES = {401: "refused-token", 403: "refused-token", 404: "unknown-address"}
_OUR_FAULT, _THEIR_FAULT = 400, 500


@dataclass(frozen=True, slots=True)  # a `Struct` shows all that it holds, secrets too
class Secret:
    """A token: its text, what it is called, and the variables of the environment it may be in."""

    text: str = field(repr=False)
    what: str
    variables: str


@dataclass(frozen=True, slots=True)  # a `Struct` shows all that it holds, secrets too
class Service:
    """Somebody who answers: its name and address, the headers of each request, and our secret."""

    name: str
    base: str
    headers: Mapping[str, str] = field(repr=False)
    secret: Secret
    timeout: float

    def said(self, text: str) -> str:
        """A text of the service as we may repeat it: one line, short, without our secret."""
        plain = redacted(" ".join(text.replace(self.secret.text, "…").split()))
        shown = "".join(letter if letter.isprintable() else "?" for letter in plain)
        return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"


class _Unfollowed(HTTPRedirectHandler):
    """Leads nowhere: what another host is asked would carry the token there."""

    def redirect_request(self, *_: Any) -> None:
        """No request."""


def ask(service: Service, method: str, path: str, content: object = None) -> str:
    """The answer to a request. Raises Fault if there is none, or a refusal."""
    body = None if content is None else json.dumps(content).encode()
    if body is None and method != "GET":
        body = b""
    headers = {"User-Agent": "lookml-gen", "Content-Type": "application/json", **service.headers}
    request = Request(service.base + path, body, headers, method=method)  # noqa: S310 - the settings allow http and https only
    try:
        with build_opener(_Unfollowed).open(request, timeout=service.timeout) as answer:
            return _read(answer, service.timeout).decode(errors="replace")
    except HTTPError as error:
        with error:
            raise _refusal(service, path, error) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = _reason(service, error)
        raise fault("no-answer", service=service.name, reason=reason) from None


def ask_json(service: Service, method: str, path: str, content: object = None) -> Any:
    """The same, of an answer that is JSON."""
    text = ask(service, method, path, content)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise malformed(service, text) from None


def malformed(service: Service, answer: object) -> Fault:
    """That an answer is not what it should be."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    reason = service.said(text) or "it is empty"
    return fault("malformed-answer", service=service.name, reason=reason)


def _read(answer: HTTPResponse, seconds: float) -> bytes:
    """All of an answer, unless it is too long or drips in too slowly."""
    end, parts, size = monotonic() + seconds, [], 0
    while part := answer.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise ValueError(f"its answer has more than {LARGEST:,} bytes")
        if monotonic() > end:
            raise TimeoutError
    return b"".join(parts)


def _refusal(service: Service, path: str, error: HTTPError) -> Fault:
    code = _CODES.get(error.code)
    if code is None:
        code = "failed-service" if error.code >= _THEIR_FAULT else "refused-request"
    return fault(
        code,
        service=service.name,
        path=path.partition("?")[0],
        what=service.secret.what,
        variables=service.secret.variables,
        reason=service.said(f"{error.code} {_told(service, error)}"),
    )


def _told(service: Service, error: HTTPError) -> str:
    """What a refusal says for itself."""
    if error.code < _OUR_FAULT:
        return f"it has moved to {error.headers.get('Location')}"
    try:
        text = _read(error, service.timeout).decode(errors="replace")  # type: ignore[arg-type]
    except (OSError, HTTPException, ValueError):
        return str(error.reason)
    try:
        said = "; ".join(dict.fromkeys(_messages(json.loads(text))))
    except (ValueError, RecursionError):
        said = "" if re.match(r"\s*<", text) else text  # a page for people says nothing
    return said or str(error.reason)


def _messages(said: object) -> Iterator[str]:
    """The texts in what forges send: a text, or lists and objects of such under known keys."""
    match said:
        case str():
            yield said
        case list():
            for item in said:
                yield from _messages(item)
        case dict():
            for key in ("message", "error", "error_description", "errors", "base"):
                yield from _messages(said.get(key))


def _reason(service: Service, error: Exception) -> str:
    inner = getattr(error, "reason", error)
    if isinstance(inner, TimeoutError):
        return f"there was no whole answer within {service.timeout:g} seconds"
    return service.said(getattr(inner, "strerror", None) or str(inner) or type(inner).__name__)
