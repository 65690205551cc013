"""Forges, where pull requests are: GitHub and GitLab, through their REST APIs."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct

from generator.address import is_path, redacted
from generator.diagnostics import fault
from generator.publish.secrets import secret_of
from generator.publish.web import Service, ask_json, malformed

_URL = re.compile(r"(?P<scheme>\w+)://(?:[^@/]*@)?(?P<host>[^/]+)/(?P<path>.+)")
_SSH = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:]+):(?P<path>.+)")
_TITLE = 250


class Proposal(Struct, frozen=True):
    """What a pull request says: which branch is to go into which, and why."""

    base: str
    branch: str
    title: str
    body: str


class Kind(Struct, frozen=True):
    """How one kind of forge wants to be asked."""

    name: str
    home: str
    home_api: str
    api: str
    variables: tuple[str, ...]
    headers: Callable[[str], Mapping[str, str]]
    requests: Callable[[str], str]
    open_ones: Callable[[str, str, str], Mapping[str, str]]
    content: Callable[[Proposal], Mapping[str, str]]
    changes: Callable[[Proposal], Mapping[str, str]]
    update: str
    number: str
    url: str


def _owner(project: str) -> str:
    return project.partition("/")[0]


# https://docs.github.com/en/rest/pulls/pulls
GITHUB = Kind(
    name="GitHub",
    home="github.com",
    home_api="https://api.github.com",
    api="/api/v3",
    variables=("LOOKML_GEN_TOKEN", "GITHUB_TOKEN"),
    headers=lambda token: {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    },
    requests=lambda project: f"/repos/{quote(project)}/pulls",
    open_ones=lambda project, base, branch: {
        "state": "open",
        "head": f"{_owner(project)}:{branch}",
        "base": base,
    },
    content=lambda p: {"title": p.title, "body": p.body, "head": p.branch, "base": p.base},
    changes=lambda p: {"title": p.title, "body": p.body},
    update="PATCH",
    number="number",
    url="html_url",
)

# https://docs.gitlab.com/api/merge_requests/
GITLAB = Kind(
    name="GitLab",
    home="gitlab.com",
    home_api="https://gitlab.com/api/v4",
    api="/api/v4",
    variables=("LOOKML_GEN_TOKEN", "GITLAB_TOKEN"),
    headers=lambda token: {"PRIVATE-TOKEN": token},
    requests=lambda project: f"/projects/{quote(project, safe='')}/merge_requests",
    open_ones=lambda _, base, branch: {
        "state": "opened",
        "source_branch": branch,
        "target_branch": base,
    },
    content=lambda p: {
        "title": p.title,
        "description": p.body,
        "source_branch": p.branch,
        "target_branch": p.base,
    },
    changes=lambda p: {"title": p.title, "description": p.body},
    update="PUT",
    number="iid",
    url="web_url",
)

KINDS: Mapping[str, Kind] = {"github": GITHUB, "gitlab": GITLAB}
"""The forges by the word of the setting."""


class Opened(Struct, frozen=True):
    """A pull request that is open: its number, and the page where people see it."""

    number: int
    url: str


class Forge(Struct, frozen=True):
    """The pull requests of one project."""

    kind: Kind
    service: Service
    project: str

    def find(self, base: str, branch: str) -> Opened | None:
        """The open one from a branch into another. Raises Fault, as all of these do."""
        query = urlencode(self.kind.open_ones(self.project, base, branch))
        found = ask_json(self.service, "GET", f"{self._requests}?{query}")
        if not isinstance(found, list):
            raise malformed(self.service, found)
        return self._opened(found[0]) if found else None

    def open(self, proposal: Proposal) -> Opened:
        """A new one."""
        content = self.kind.content(_titled(proposal))
        return self._opened(ask_json(self.service, "POST", self._requests, content))

    def update(self, opened: Opened, proposal: Proposal) -> Opened:
        """An open one says what is proposed now."""
        path = f"{self._requests}/{opened.number}"
        content = self.kind.changes(_titled(proposal))
        return self._opened(ask_json(self.service, self.kind.update, path, content))

    @property
    def _requests(self) -> str:
        return self.kind.requests(self.project)

    def _opened(self, row: Any) -> Opened:
        number = row.get(self.kind.number) if isinstance(row, dict) else None
        if not isinstance(number, int):
            raise malformed(self.service, row)
        return Opened(number, self.service.said(str(row.get(self.kind.url) or f"#{number}")))


def _titled(proposal: Proposal) -> Proposal:
    title = proposal.title[:_TITLE]
    return Proposal(proposal.base, proposal.branch, title, proposal.body)


class Told(Struct, frozen=True):
    """What the settings say of forges: kind, address of the API, variable of the token, seconds."""

    kind: str | None = None
    api: str | None = None
    variable: str | None = None
    timeout: float = 30


def forge_of(address: str, told: Told, environment: Mapping[str, str]) -> Forge | None:
    """The forge of a repository; None if there is none to ask.

    That is so if the settings say `none`, or the repository is a folder and nothing is said.
    Raises Fault if nobody knows what to ask, or there is no token for it.
    """
    place = _place(address)
    if told.kind == "none" or (place.host is None and told.api is None):
        return None
    kind = _kind(told.kind, place.host)
    if kind is None:
        reason = f"nobody knows what forge {place.host or 'it'} is"
        raise fault("unknown-forge", repository=redacted(address), reason=reason)
    base = (told.api or _api(kind, place)).rstrip("/")
    variables = (told.variable,) if told.variable else kind.variables
    name = f"{kind.name} at {base.partition('://')[2].partition('/')[0]}"
    secret = secret_of("token", name, variables, environment)
    service = Service(name, base, kind.headers(secret.text), secret, told.timeout)
    return Forge(kind, service, place.project)


class _Place(Struct, frozen=True):
    """Where a repository is: none of a folder's parts but the last two is said."""

    project: str
    host: str | None = None
    scheme: str = "https"


def _place(address: str) -> _Place:
    """What of an address an API wants to know.

    >>> _place("git@git.example.org:lantern/hub.git")
    _Place(project='lantern/hub', host='git.example.org', scheme='https')
    >>> _place("ssh://git@git.example.org:2222/lantern/hub").host
    'git.example.org'
    >>> _place("http://bot:secret@127.0.0.1:8000/lantern/hub.git")
    _Place(project='lantern/hub', host='127.0.0.1:8000', scheme='http')
    >>> _place("/srv/lantern/hub.git")
    _Place(project='lantern/hub', host=None, scheme='https')
    """
    found = None if is_path(address) else _URL.fullmatch(address) or _SSH.fullmatch(address)
    if found is None or found.groupdict().get("scheme") == "file":
        return _Place("/".join(_project(address).split("/")[-2:]))
    scheme = found.groupdict().get("scheme")
    is_web = scheme in ("http", "https")
    host = found["host"] if is_web else found["host"].partition(":")[0]
    return _Place(_project(found["path"]), host, str(scheme) if is_web else "https")


def _project(path: str) -> str:
    return path.strip("/").removesuffix(".git")


def _kind(said: str | None, host: str | None) -> Kind | None:
    known = (kind for kind in KINDS.values() if kind.home == host)
    return KINDS[said] if said else next(known, None)


def _api(kind: Kind, place: _Place) -> str:
    if place.host == kind.home:
        return kind.home_api
    return f"{place.scheme}://{place.host}{kind.api}"
