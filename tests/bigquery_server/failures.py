"""The ways in which BigQuery fails, and how each looks on the wire."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer of the service, which is what it is
    """An answer that is an error, as the API writes it."""

    def __init__(
        self, status: int, reason: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body = error_body(status, reason, message)


def error_body(status: int, reason: str, message: str) -> dict[str, Any]:
    """The body of an error."""
    item = {"reason": reason, "message": message, "domain": "global"}
    return {"error": {"code": status, "message": message, "errors": [item]}}


class Way(Enum):
    """How a call fails."""

    DENIED = (403, "accessDenied", "Access Denied: Dataset shop:x: Permission denied")
    NO_STORAGE = (403, "accessDenied", "Access Denied: Table TABLE_STORAGE: Permission denied")
    NO_JOBS = (403, "accessDenied", "Access Denied: Project shop: no bigquery.jobs.create")
    NO_PROJECT = (404, "notFound", "Not found: Project shop")
    ABSENT = (404, "notFound", "Not found: Dataset shop:x was not found in location US")
    QUOTA = (403, "quotaExceeded", "Quota exceeded: too many bytes scanned")
    RATE = (403, "rateLimitExceeded", "Exceeded rate limits: too many api requests")
    TOO_MANY = (429, "tooManyRequests", "Too many requests")
    FAULT = (500, "internalError", "An internal error occurred and the request was not completed")
    BUSY = (503, "backendError", "Error encountered during execution. Retrying may help")
    EXPIRED = (401, "authError", "Request had invalid credentials: Bearer ya29.secret-token")
    GATEWAY = "gateway"
    LEAKY = (
        403,
        "accessDenied",
        (
            "Access Denied: User jo.planted@shop.example with Bearer planted-bearer-0123456789 and"
            " ya29.planted_token-012 may not use https://bot:planted-word@shop.example/x"
        ),
    )
    GARBAGE = "garbage"
    ODD = "odd"
    CUT = "cut"
    DROPPED = "dropped"
    SILENT = "silent"
    EMPTY = "empty"
    SHORT = "short"
    OTHER = "other"
    NULLS = "nulls"


@dataclass
class Trouble:
    """A failure of the calls whose method, path or SQL a pattern finds, so many times."""

    pattern: re.Pattern[str]
    way: Way
    times: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def strikes(self, call: str) -> bool:
        """Whether it hits this call; then once less."""
        if self.times == 0 or not self.pattern.search(call):
            return False
        if self.times is not None:
            self.times -= 1
        return True


def raw(way: Way) -> bytes | None:
    """The bytes of an answer that is no answer; None to close the connection without one."""
    whole = json.dumps({"kind": "bigquery#queryResponse"}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    return {
        Way.GATEWAY: head.replace(b"200 OK", b"502 Bad Gateway") + b"14\r\n\r\n<html>!</html>",
        Way.GARBAGE: head + b"14\r\n\r\n<html>!</html>",
        Way.ODD: head + b"26\r\n\r\n" + b'{"jobComplete": "perhaps"}',
        Way.CUT: head + str(len(whole) + 99).encode() + b"\r\n\r\n" + whole,
    }.get(way)
