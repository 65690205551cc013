"""A small forge: bare repositories over HTTP, pull requests as GitHub and GitLab have them, Looker.

It is a real server, and git's own backend serves the repositories. It records what it is asked,
and can be told to fail.
"""

import base64
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct, field

TOKEN = "t0k3n-0f-th3-f0rg3"  # noqa: S105 - a forge of ours
SECRET = "s3cr3t-0f-l00k3r"  # noqa: S105 - likewise


class Asked(Struct, frozen=True):
    """A request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    content: Any = None


class Answer(Struct, frozen=True):
    """What is answered: a status and a text; after so many seconds."""

    status: int
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    hangs: bool = False
    drips: bool = False


class Forge(Struct):
    """The repositories below a folder, what was asked, and what goes wrong.

    `failures` has an answer for each request whose method and path begin so; it is given in place
    of the right one. `meanwhile` is run before each request is answered.
    """

    root: Path
    asked: list[Asked] = field(default_factory=list)
    failures: dict[str, Answer] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    meanwhile: Callable[[Asked], None] | None = None
    port: int = 0
    over: Event = field(default_factory=Event)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def repository(self, name: str, *, user: str = f"bot:{TOKEN}") -> str:
        """The address of a repository, with the token in it, as jobs have it."""
        return f"http://{user}@127.0.0.1:{self.port}/{name}.git"

    def of(self, *methods: str, below: str = "/") -> list[Asked]:
        """What was asked with these methods, git's own requests aside."""
        return [
            asked
            for asked in self.asked
            if asked.method in methods
            and asked.path.startswith(below)
            and ".git/" not in asked.path
        ]


@contextmanager
def serving(root: Path) -> Iterator[Forge]:
    """A forge while the test needs it."""
    forge = Forge(root)

    class Handler(_Handler):
        here = forge

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    forge.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        forge.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    here: Forge
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Nothing: tests read what was recorded."""

    def _answer(self) -> None:
        body = self._body()
        is_git = ".git/" in self.path
        content = json.loads(body) if body and not is_git else None
        asked = Asked(self.command, self.path, dict(self.headers), content)
        self.here.asked.append(asked)
        if self.here.meanwhile:
            self.here.meanwhile(asked)
        failure = self._failure()
        if failure is not None:
            self._send(failure)
        elif is_git:
            self._git(body)
        else:
            self._send(answer(self.here, asked))

    def _failure(self) -> Answer | None:
        line = f"{self.command} {self.path}"
        found = (answer for begin, answer in self.here.failures.items() if line.startswith(begin))
        return next(found, None)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

    def _send(self, answer: Answer) -> None:
        if answer.hangs:
            self.here.over.wait(30)
            self.close_connection = True
            return
        content = answer.text.encode()
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content) + 1000 * answer.drips))
        self.end_headers()
        self.wfile.write(content)
        while answer.drips and not self.here.over.wait(0.1):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return

    def _git(self, body: bytes) -> None:
        """What git's own backend answers, to those who have the token."""
        wanted = base64.b64encode(f"bot:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            asks = (("WWW-Authenticate", 'Basic realm="forge"'),)
            self._send(Answer(401, "", asks))
            return
        url = urlsplit(self.path)
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_PROJECT_ROOT": str(self.here.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH_INFO": unquote(url.path),
            "QUERY_STRING": url.query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "bot",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        run = subprocess.run(
            ["git", "http-backend"], env=env, input=body, capture_output=True, check=False
        )
        head, _, content = run.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


_PULLS = re.compile(r"/api/v3/repos/(?P<project>[^/]+/[^/]+)/pulls(?:/(?P<number>\d+))?")
_MERGES = re.compile(r"/api/v4/projects/(?P<project>[^/]+)/merge_requests(?:/(?P<number>\d+))?")
_DEPLOY = re.compile(r"/webhooks/projects/(?P<project>[^/]+)/deploy")


class _Words(Struct, frozen=True):
    """How one API calls what both have."""

    token: tuple[str, str]
    base: str
    branch: str
    body: str
    number: str
    url: str
    opened: str
    update: str


_GITHUB = _Words(
    ("Authorization", f"Bearer {TOKEN}"),
    "base",
    "head",
    "body",
    "number",
    "html_url",
    "open",
    "PATCH",
)
_GITLAB = _Words(
    ("PRIVATE-TOKEN", TOKEN),
    "target_branch",
    "source_branch",
    "description",
    "iid",
    "web_url",
    "opened",
    "PUT",
)


def answer(forge: Forge, asked: Asked) -> Answer:
    """What a forge or Looker answers."""
    path = urlsplit(asked.path).path
    headers = {name.lower(): value for name, value in asked.headers.items()}
    deploy = _DEPLOY.fullmatch(path)
    if deploy:
        right = headers.get("x-looker-deploy-secret") == SECRET and asked.method == "POST"
        return Answer(200, '{"operations": []}') if right else Answer(401, "Unauthorized")
    for pattern, words in ((_PULLS, _GITHUB), (_MERGES, _GITLAB)):
        found = pattern.fullmatch(path)
        if found:
            if headers.get(words.token[0].lower()) != words.token[1]:
                return Answer(401, json.dumps({"message": "Bad credentials"}))
            return _requests(forge, asked, found, words)
    return Answer(404, json.dumps({"message": "Not Found"}))


def _requests(forge: Forge, asked: Asked, found: re.Match[str], words: _Words) -> Answer:
    project, number = unquote(found["project"]), found["number"]
    if not (forge.root / f"{project}.git").is_dir():
        return Answer(404, json.dumps({"message": "Not Found"}))
    ours = [row for row in forge.requests if row["project"] == project]
    if number:
        row = next((row for row in ours if row[words.number] == int(number)), None)
        if row is None or asked.method != words.update:
            return Answer(404, json.dumps({"message": "Not Found"}))
        row.update(asked.content)
        return Answer(200, json.dumps(row))
    if asked.method == "POST":
        return _open(forge, project, asked.content, words)
    query = {key: values[0] for key, values in parse_qs(urlsplit(asked.path).query).items()}
    owner = project.partition("/")[0]
    branch = query[words.branch].removeprefix(f"{owner}:")
    same = [
        row
        for row in ours
        if (row["state"], row[words.branch], row[words.base])
        == (query["state"], branch, query[words.base])
    ]
    return Answer(200, json.dumps(same))


def _open(forge: Forge, project: str, content: dict[str, Any], words: _Words) -> Answer:
    """A new one, if there is something to merge."""
    folder = forge.root / f"{project}.git"
    tips = [_tip(folder, content[name]) for name in (words.base, words.branch)]
    if None in tips or tips[0] == tips[1]:
        message = {"message": "Validation Failed", "errors": [{"message": "No commits between"}]}
        return Answer(422, json.dumps(message))
    number = len(forge.requests) + 1
    url = f"{forge.address}/{project}/requests/{number}"
    row = {
        **content,
        "project": project,
        words.number: number,
        words.url: url,
        "state": words.opened,
    }
    forge.requests.append(row)
    return Answer(201, json.dumps(row))


def _tip(folder: Path, branch: str) -> str | None:
    words = ["git", "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"]
    run = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return run.stdout.strip() or None
