"""The wire: a call comes in, an answer or a failure goes out."""

import json
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.bigquery_server.failures import Refusal, Trouble, Way, raw
from tests.bigquery_server.faults import BENDERS

Body = dict[str, Any]


class Owner(Protocol):
    """Who answers."""

    calls: Counter[str]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Body) -> Body:
        """The answer to a call. Raises Refusal."""

    def trouble(self, call: str) -> Trouble | None:
        """The failure that strikes a call."""

    def sleep(self) -> None:
        """Return at the end of the test."""


class Handler(BaseHTTPRequestHandler):
    """A connection, which stays open from call to call."""

    owner: Owner
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms
    wbufsize = -1  # head and body in one packet

    def log_message(self, *_: object) -> None:
        """Nothing: the calls are counted."""

    def do_GET(self) -> None:
        """Answer."""
        self._reply({})

    def do_POST(self) -> None:
        """Answer, with what was sent."""
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._reply(json.loads(text or b"{}"))

    do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - so they are called

    def _reply(self, body: Body) -> None:
        owner, parts = self.owner, urlsplit(self.path)
        sql = body.get("query") or body.get("configuration", {}).get("query", {}).get("query", "")
        trouble = owner.trouble(f"{self.command} {parts.path} {sql}")
        try:
            bend = BENDERS.get(trouble.way) if trouble else None
            if trouble and not bend:
                self._fail(trouble)
                return
            said = owner.answer(self.command, parts.path, dict(parse_qsl(parts.query)), body)
            if trouble:
                owner.calls[trouble.way.name] += 1
            self._send(200, bend(said) if bend else said, {})
        except Refusal as refused:
            self._send(refused.status, refused.body, refused.headers)

    def _fail(self, trouble: Trouble) -> None:
        self.owner.calls[trouble.way.name] += 1
        if isinstance(trouble.way.value, tuple):
            status, reason, message = trouble.way.value
            raise Refusal(status, reason, message, trouble.headers)
        if trouble.way is Way.SILENT:
            self.owner.sleep()
        self.wfile.write(raw(trouble.way) or b"")
        self.wfile.flush()
        self.close_connection = True

    def _send(self, status: int, said: Body, headers: Mapping[str, str]) -> None:
        text = json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()
