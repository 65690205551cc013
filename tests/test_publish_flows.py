"""Publishing, the whole way: against a forge and Looker on this machine, with the real git."""

import gc
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator.cli import main
from tests.forge import SECRET, TOKEN, Answer, Asked, Forge, serving
from tests.test_command import ORDERS, TABLES, VISITS, WIDER, Project, git

SPOKE = "looker-spoke-default"
MODEL = "shop/shop.model.lkml"
ORDERED = [{"name": "id", "type": "STRING"}, {"name": "state", "type": "STRING"}]


@dataclass
class Lantern:
    """A project, its hub and its spoke on a forge, and two people with clones."""

    project: Project
    forge: Forge
    hub: Path
    spoke: Path
    people: Path
    others: Path

    def variables(self, **variables: str) -> dict[str, str]:
        """The environment of the job."""
        return {
            "LOOKML_GEN_REPOSITORY": self.forge.repository("lantern/hub"),
            "LOOKML_GEN_FORGE": "github",
            "LOOKML_GEN_TOKEN": TOKEN,
            "LOOKML_GEN_WEBHOOK_SECRET": SECRET,
            "LOOKML_GEN_HTTP_TIMEOUT": "20",
            **variables,
        }

    def everything(self) -> dict[str, str]:
        """The environment of a job that does all there is."""
        (self.project.folder / "dev.txt").write_text("# of the two of us\ndev-ada\n\ndev-bo # Bo\n")
        return self.variables(
            LOOKML_GEN_FOLLOW_UP_BRANCH="main-latest",
            LOOKML_GEN_DEV_BRANCHES=str(self.project.folder / "dev.txt"),
            LOOKML_GEN_RESET_DEV_BRANCHES="1",
            LOOKML_GEN_SPOKE_REPOSITORY=f"{SPOKE}={self.forge.repository('lantern/spoke')}",
            LOOKML_GEN_LOOKER=self.forge.address,
        )

    def run(self, variables: dict[str, str], *words: str, code: int | None = 0) -> str:
        """The command with these variables, in this process, and all that it said."""
        done = CliRunner().invoke(main, words, env=variables)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        assert "Traceback" not in done.output
        assert code in (None, done.exit_code), done.output
        return done.output

    def refs(self) -> str:
        """Where every branch is, in both repositories."""
        return "\n".join(git(place, "for-each-ref") for place in (self.hub, self.spoke))


def repository(folder: Path, clone: Path, **files: str) -> Path:
    """A bare repository, and a clone of somebody who has pushed these files."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare", "-b", "main")
    git(folder, "clone", "-q", str(folder), str(clone))
    git(clone, "checkout", "-q", "-B", "main")
    push(clone, **files)
    return folder


def push(clone: Path, branch: str = "main", /, **files: str | None) -> str:
    """Somebody commits these files, without those that are None, and pushes them."""
    for name, text in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            (clone / name).unlink()
        else:
            (clone / name).write_text(text)
    git(clone, "add", "--all")
    git(clone, "commit", "-qm", "By hand")
    git(clone, "push", "-q", "origin", f"HEAD:{branch}")
    return git(clone, "rev-parse", "HEAD")


def shown(place: Path, name: str) -> str:
    """The text of `branch:path`."""
    return git(place, "show", name)


def paths(place: Path, branch: str) -> set[str]:
    """The files of a branch."""
    return set(git(place, "ls-tree", "-r", "--name-only", branch).splitlines())


@pytest.fixture
def lantern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lantern]:
    """The hub has a README, the spoke a manifest; we are in the project."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "LOOKML_GEN_"))]:
        monkeypatch.delenv(name)
    for name, value in (("HOME", str(tmp_path)), ("GIT_CONFIG_NOSYSTEM", "1"), ("NO_PROXY", "*")):
        monkeypatch.setenv(name, value)
    people, others = tmp_path / "people", tmp_path / "others"
    hub = repository(tmp_path / "srv/lantern/hub.git", people, **{"README.md": "hub"})
    spoke = repository(tmp_path / "srv/lantern/spoke.git", others, **{"manifest.lkml": "hand"})
    project = Project(tmp_path / "job")
    monkeypatch.chdir(project.folder)
    with serving(tmp_path / "srv") as forge:
        yield Lantern(project, forge, hub, spoke, people, others)
    gc.enable()


def errors(told: str) -> list[str]:
    """The codes of the errors."""
    return [line.partition("error [")[2].partition("]")[0] for line in told.splitlines()
            if "error [" in line]  # fmt: skip


# everything


def test_everything_in_its_order(lantern: Lantern) -> None:
    """The hub, the follow-up branch, dev branches, the spoke, the webhooks; and all is reported."""
    main = git(lantern.hub, "rev-parse", "main")
    lost = push(lantern.people, "dev-ada", **{"draft.lkml": "mine"})
    git(lantern.hub, "branch", "dev-bo", main)
    git(lantern.hub, "branch", "dev-cy", main)

    told = lantern.run(lantern.everything(), "generate", "--push")

    tip = git(lantern.hub, "rev-parse", "main")
    assert ORDERS in paths(lantern.hub, "main")
    assert {tip} == {
        git(lantern.hub, "rev-parse", name) for name in ("main-latest", "dev-ada", "dev-bo")
    }
    assert main == git(lantern.hub, "rev-parse", "dev-cy")
    assert "note [reset-branch] `dev-ada` was reset, and has lost 1 commits of its own\n" in told
    assert f"git branch saved {lost}\n" in told
    assert {"manifest.lkml"} == paths(lantern.spoke, "main")
    assert MODEL in paths(lantern.spoke, "main-working")
    (request,) = lantern.forge.requests
    assert ("lantern/spoke", "main", "main-working") == tuple(
        request[key] for key in ("project", "base", "head")
    )
    assert "Scaffold namespaces: 2 added" == request["title"]
    assert [f"/webhooks/projects/{name}/deploy" for name in ("looker-hub", SPOKE)] == [
        asked.path for asked in lantern.forge.of("POST", below="/webhooks")
    ]
    wrote = [asked.path for asked in lantern.forge.asked if asked.method == "POST"]
    order = [path for path in dict.fromkeys(wrote) if not path.endswith("upload-pack")]
    assert [
        "/lantern/hub.git/git-receive-pack",
        "/lantern/spoke.git/git-receive-pack",
        "/api/v3/repos/lantern/spoke/pulls",
        "/webhooks/projects/looker-hub/deploy",
        f"/webhooks/projects/{SPOKE}/deploy",
    ] == order
    assert [
        ("follow-up branch", "done", [f"main-latest is at {tip[:10]}"]),
        ("dev branches", "done", [f"dev-ada is at {tip[:10]}", f"dev-bo is at {tip[:10]}"]),
        (
            f"spoke {SPOKE}",
            "done",
            [f"{SPOKE}: Scaffold namespaces: 2 added: {request['html_url']}"],
        ),
        ("webhook looker-hub", "done", ["called"]),
        (f"webhook {SPOKE}", "done", ["called"]),
    ] == [tuple(step.values()) for step in steps(lantern)]
    assert f"spoke {SPOKE}: {SPOKE}: Scaffold namespaces: 2 added" in told


def steps(lantern: Lantern, report: str = "report.json") -> list[dict[str, Any]]:
    """The steps as they are reported."""
    text = (lantern.project.folder / "output" / report).read_text()
    found: list[dict[str, Any]] = json.loads(text)["published"]["steps"]
    return found


def test_a_second_time_there_is_nothing_to_do(lantern: Lantern) -> None:
    """No branch moves, no pull request is touched; Looker is called again, to be sure."""
    variables = lantern.everything()
    lantern.run(variables, "generate", "--push")
    before, requests = lantern.refs(), [dict(row) for row in lantern.forge.requests]
    lantern.forge.asked.clear()

    lantern.run(variables, "generate", "--push")

    assert before == lantern.refs()
    assert requests == lantern.forge.requests
    assert ["/webhooks/projects/looker-hub/deploy", f"/webhooks/projects/{SPOKE}/deploy"] == [
        asked.path for asked in lantern.forge.of("POST", "PATCH", "PUT")
    ]
    assert {"done"} == {step["fate"] for step in steps(lantern)}


def test_nothing_of_it_happens_unless_it_is_wished(lantern: Lantern) -> None:
    """A push is a push: no forge is asked, no other branch appears."""
    (lantern.project.folder / "dev.txt").write_text("dev-ada\n")
    main = git(lantern.hub, "rev-parse", "main")
    git(lantern.hub, "branch", "dev-ada", main)

    lantern.run(lantern.variables(LOOKML_GEN_DEV_BRANCHES="dev.txt"), "generate", "--push")

    assert main == git(lantern.hub, "rev-parse", "dev-ada")
    assert [] == lantern.forge.of("GET", "POST")
    assert ["dev-ada", "main"] == git(
        lantern.hub, "for-each-ref", "--format=%(refname:short)"
    ).splitlines()


# the commands


def test_publishing_apart_is_the_same(lantern: Lantern) -> None:
    """`generate` and then `publish` make the commit that `generate --push` makes."""
    lantern.run(lantern.variables(), "generate", "--push")
    tree = git(lantern.hub, "rev-parse", "main^{tree}")
    lantern.project.record([WIDER, TABLES[1]])
    lantern.run(lantern.variables(), "generate")
    assert tree == git(lantern.hub, "rev-parse", "main^{tree}")

    told = lantern.run(lantern.variables(), "publish", "--push")

    assert ", pushed" in told
    assert "report: output/publish-report.json" in told
    assert "state" in shown(lantern.hub, f"main:{ORDERS}")
    tip = git(lantern.hub, "rev-parse", "main")
    assert "nothing to change" in lantern.run(lantern.variables(), "generate", "--push")
    assert tip == git(lantern.hub, "rev-parse", "main")


def test_there_is_nothing_to_publish_yet(lantern: Lantern) -> None:
    """An empty output is not published: it would look as if all were gone."""
    lantern.run(lantern.variables(), "generate", "--push")
    before = lantern.refs()

    told = lantern.run(lantern.variables(), "publish", "--push", "--output", "empty", code=2)

    assert ["no-output"] == errors(told)
    assert before == lantern.refs()


def test_what_was_held_stays_held_when_it_is_published_apart(lantern: Lantern) -> None:
    """A fresh machine that cannot read a table publishes no removal of its files."""
    lantern.run(lantern.variables(), "generate", "--push")
    shutil.rmtree(lantern.project.folder / "output")
    lantern.project.record([{"table": "acme.shop.orders"}, TABLES[1]])
    lantern.run(lantern.variables(), "generate", code=0)
    assert ORDERS not in lantern.project.files()

    lantern.run(lantern.variables(), "publish", "--push")

    assert ORDERS in paths(lantern.hub, "main")


def test_what_was_edited_since_is_not_published(lantern: Lantern) -> None:
    """It is not what was made; what is right is published all the same."""
    lantern.run(lantern.variables(), "generate", "--push")
    lantern.project.record([WIDER, {**TABLES[1], "fields": ORDERED}])
    lantern.run(lantern.variables(), "generate")
    (lantern.project.lookml / ORDERS).write_text("mine")

    told = lantern.run(lantern.variables(), "publish", "--push", code=1)

    assert ["edited-file"] == errors(told)
    assert "state" not in shown(lantern.hub, f"main:{ORDERS}")
    assert "state" in shown(lantern.hub, f"main:{VISITS}")


# pull requests


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_pull_request_is_opened_and_brought_up_to_date(lantern: Lantern, kind: str) -> None:
    """One at a time: what changes before it is merged changes it."""
    variables = lantern.variables(LOOKML_GEN_FORGE=kind)
    main = git(lantern.hub, "rev-parse", "main")
    words = {"github": ("base", "head", "body", "PATCH")}
    base, branch, body, update = words.get(
        kind, ("target_branch", "source_branch", "description", "PUT")
    )

    told = lantern.run(variables, "generate", "--pull-request")

    (request,) = lantern.forge.requests
    assert main == git(lantern.hub, "rev-parse", "main")
    assert main == git(lantern.hub, "rev-parse", "main-working^")
    assert ORDERS in paths(lantern.hub, "main-working")
    assert ("main", "main-working") == (request[base], request[branch])
    assert request["title"].startswith("Generate LookML: ")
    assert request[body].startswith("### LookML: ")
    assert f"{lantern.forge.address}/lantern/hub/requests/1" in told
    assert lantern.project.report["published"]["proposed"] in told
    first = request["title"]
    lantern.project.record(TABLES[:1])
    lantern.run(variables, "generate", "--pull-request", code=1)
    (request,) = lantern.forge.requests
    assert first != request["title"]
    assert 1 == len(lantern.forge.of(update))
    lantern.forge.asked.clear()
    lantern.run(variables, "publish", "--pull-request")
    assert [] == lantern.forge.of("POST", update)


def test_a_merged_pull_request_is_followed_by_another(lantern: Lantern) -> None:
    """The branch begins anew, on top of what was merged."""
    lantern.run(lantern.variables(), "generate", "--pull-request")
    git(lantern.hub, "update-ref", "refs/heads/main", "main-working")
    lantern.forge.requests[0]["state"] = "closed"
    assert "nothing to change" in lantern.run(lantern.variables(), "publish", "--pull-request")
    lantern.project.record([WIDER, TABLES[1]])

    lantern.run(lantern.variables(), "generate", "--pull-request")

    assert ["closed", "open"] == [row["state"] for row in lantern.forge.requests]
    assert git(lantern.hub, "rev-parse", "main") == git(lantern.hub, "rev-parse", "main-working^")
    assert "`state`" in lantern.forge.requests[1]["body"]


def test_work_of_others_on_the_working_branch_stays(lantern: Lantern) -> None:
    """Somebody mended the proposal by hand: that is not overwritten."""
    lantern.run(lantern.variables(), "generate", "--pull-request")
    git(lantern.people, "fetch", "-q", "origin")
    git(lantern.people, "checkout", "-q", "-B", "mended", "origin/main-working")
    mended = push(lantern.people, "main-working", **{"NOTES.md": "mine"})
    lantern.project.record([WIDER, TABLES[1]])

    told = lantern.run(lantern.variables(), "generate", "--pull-request", code=2)

    assert ["edited-branch"] == errors(told)
    assert mended == git(lantern.hub, "rev-parse", "main-working")


def test_a_folder_has_no_pull_requests(lantern: Lantern) -> None:
    """Unless somebody says whom to ask; then the last two parts of its path are the project."""
    variables = lantern.variables(LOOKML_GEN_REPOSITORY=str(lantern.hub))

    told = lantern.run(variables, "generate", "--pull-request", code=2)

    assert ["unknown-forge"] == errors(told)
    api = f"{lantern.forge.address}/api/v3"
    lantern.run(variables, "publish", "--pull-request", "--forge-api", api)
    assert "lantern/hub" == lantern.forge.requests[0]["project"]


def test_a_checkout_has_the_pull_requests_of_its_remote(lantern: Lantern) -> None:
    """What people have checked out is not touched; a push brings the follow-up branch along."""
    checkout = lantern.project.folder.parent / "checkout"
    git(checkout.parent, "clone", "-q", lantern.forge.repository("lantern/hub"), str(checkout))
    variables = lantern.variables(
        LOOKML_GEN_REPOSITORY=str(checkout), LOOKML_GEN_FOLLOW_UP_BRANCH="main-latest"
    )
    before = git(checkout, "rev-parse", "HEAD")

    lantern.run(variables, "generate", "--pull-request")

    assert "lantern/hub" == lantern.forge.requests[0]["project"]
    assert before == git(checkout, "rev-parse", "HEAD") == git(lantern.hub, "rev-parse", "main")
    assert "" == git(checkout, "status", "--porcelain")
    lantern.run(variables, "publish", "--push")
    tip = git(checkout, "rev-parse", "HEAD")
    assert [tip] * 2 == [git(lantern.hub, "rev-parse", name) for name in ("main", "main-latest")]
    assert (checkout / ORDERS).exists()
    assert "" == git(checkout, "status", "--porcelain")


def test_a_host_that_nobody_knows(lantern: Lantern) -> None:
    """Before anything is done."""
    variables = lantern.variables()
    del variables["LOOKML_GEN_FORGE"]

    told = lantern.run(variables, "generate", "--pull-request", code=2)

    assert ["unknown-forge"] == errors(told)
    assert not (lantern.project.folder / "output").exists()


ECHO = json.dumps({"message": f"you said {TOKEN}\n\x1b[31m"})
SAID = f"you said {SECRET}"
PULLS = "does not know /repos/lantern/hub/pulls: 404"
WRONG: dict[str, tuple[dict[str, Answer], str, str]] = {
    "401": ({"GET /api": Answer(401, ECHO)}, "refused-token", "401 you said …"),
    "403": ({"GET /api": Answer(403, ECHO)}, "refused-token", "403"),
    "403 to write": ({"POST /api": Answer(403, "")}, "refused-token", "403 Forbidden"),
    "404": ({"GET /api": Answer(404, ECHO)}, "unknown-address", PULLS),
    "422": (
        {"POST /api": Answer(422, json.dumps({"message": "No", "errors": [{"message": "Why"}]}))},
        "refused-request",
        "422 No; Why",
    ),
    "409": (
        {"POST /api": Answer(409, json.dumps({"message": ["Another open merge request"]}))},
        "refused-request",
        "409 Another open merge request",
    ),
    "429": ({"GET /api": Answer(429, "slow down")}, "refused-request", "429 slow down"),
    "500": ({"GET /api": Answer(500, "<html>Oops</html>")}, "failed-service", "500 Internal"),
    "502 to write": ({"POST /api": Answer(502, ECHO)}, "failed-service", "502"),
    "302": (
        {"GET /api": Answer(302, "", (("Location", f"http://u:{TOKEN}@127.0.0.1:1/x"),))},
        "refused-request",
        "it has moved to http://…@127.0.0.1:1/x",
    ),
    "hangs": ({"GET /api": Answer(200, hangs=True)}, "no-answer", "within 0.6 seconds"),
    "hangs when written": ({"POST /api": Answer(200, hangs=True)}, "no-answer", "0.6 seconds"),
    "drips": ({"GET /api": Answer(200, "[", drips=True)}, "no-answer", "within 0.6 seconds"),
    "no JSON": ({"GET /api": Answer(200, f"<html>{TOKEN}")}, "malformed-answer", "<html>…"),
    "nothing": ({"GET /api": Answer(200, "")}, "malformed-answer", "it is empty"),
    "no list": ({"GET /api": Answer(200, "{}")}, "malformed-answer", "{}"),
    "no number": ({"POST /api": Answer(201, '{"number": "x"}')}, "malformed-answer", "number"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_at_a_forge(lantern: Lantern, name: str) -> None:
    """One message that says what and where; and everything is as it was."""
    failures, code, said = WRONG[name]
    lantern.run(lantern.variables(), "generate")
    before, files = lantern.refs(), lantern.project.files()
    lantern.forge.failures.update(failures)
    variables = lantern.variables(LOOKML_GEN_HTTP_TIMEOUT="0.6" if "0.6" in said else "20")

    told = lantern.run(variables, "publish", "--pull-request", code=2)

    assert [code] == errors(told)
    assert said in told
    assert f"GitHub at 127.0.0.1:{lantern.forge.port}" in told
    assert TOKEN not in told
    assert "\x1b" not in told
    assert before == lantern.refs()
    assert files == lantern.project.files()
    lantern.forge.failures.clear()
    lantern.run(lantern.variables(), "publish", "--pull-request")
    assert 1 == len(lantern.forge.requests)


def test_a_proposal_that_cannot_be_renewed_stays_as_it_was(lantern: Lantern) -> None:
    """The branch is where the pull request says, though it was pushed in between."""
    lantern.run(lantern.variables(), "generate", "--pull-request")
    before, request = lantern.refs(), dict(lantern.forge.requests[0])
    lantern.project.record([WIDER, TABLES[1]])
    lantern.forge.failures["PATCH /api"] = Answer(500)

    told = lantern.run(lantern.variables(), "generate", "--pull-request", code=2)

    assert ["failed-service"] == errors(told)
    assert before == lantern.refs()
    assert [request] == lantern.forge.requests


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"LOOKML_GEN_TOKEN": "wr0ng"}, "refused-token"),
        ({"LOOKML_GEN_TOKEN": ""}, "missing-token"),
        ({"LOOKML_GEN_TOKEN": "two\nlines"}, "missing-token"),
        ({"LOOKML_GEN_TOKEN_VARIABLE": "OTHER"}, "missing-token"),
        ({"LOOKML_GEN_FORGE_API": "http://127.0.0.1:9/api"}, "no-answer"),
        ({"LOOKML_GEN_FORGE_API": "http://nowhere.invalid/api"}, "no-answer"),
        ({"LOOKML_GEN_FORGE_API": "https://user:p4ss@example.org"}, "wrong-type"),
        ({"LOOKML_GEN_FORGE_API": "file:///etc"}, "wrong-type"),
    ],
    ids=str,
)
def test_what_is_wrong_with_our_side(
    lantern: Lantern, variables: dict[str, str], code: str
) -> None:
    """A wrong token, none, another variable, an address where nobody is."""
    lantern.run({}, "generate")
    before = lantern.refs()

    told = lantern.run(lantern.variables(**variables), "publish", "--pull-request", code=2)

    assert [code] == errors(told)
    assert not {"wr0ng", "p4ss", "lines"} & set(told.replace(":", " ").split())
    assert before == lantern.refs()


def test_a_rejected_push_leaves_everything(lantern: Lantern) -> None:
    """A hook that forbids it: one message, no pull request."""
    hook = lantern.hub / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'error: frozen' >&2\nexit 1\n")
    hook.chmod(0o755)
    lantern.run({}, "generate")
    before = lantern.refs()

    for words, code in ((("--pull-request",), 2), (("--push",), 1)):
        told = lantern.run(lantern.variables(), "publish", *words, code=code)
        assert ["push-refused"] == errors(told)
        assert before == lantern.refs()
    assert [] == lantern.forge.requests


# the race


@pytest.mark.parametrize("times", [1, 5])
def test_a_lost_race(lantern: Lantern, times: int) -> None:
    """Others push while we do: once more, on top of theirs; twice is said, and nothing follows."""
    left = [times]

    def others_push(asked: Asked) -> None:
        if asked.path == "/lantern/hub.git/git-receive-pack" and left[0]:
            left[0] -= 1
            push(lantern.people, **{"README.md": f"newer {left[0]}"})

    lantern.forge.meanwhile = others_push

    told = lantern.run(lantern.everything(), "generate", "--push", code=0 if times == 1 else 1)

    theirs = git(lantern.people, "rev-parse", "HEAD")
    if times == 1:
        assert [] == errors(told)
        assert theirs == git(lantern.hub, "rev-parse", "main^")
        assert git(lantern.hub, "rev-parse", "main") == git(lantern.hub, "rev-parse", "main-latest")
    else:
        assert ["push-refused"] == errors(told)
        assert times - 2 == left[0]
        assert theirs == git(lantern.hub, "rev-parse", "main")
        assert "not done after that: follow-up branch, dev branches, " in told
        assert {"skipped"} == {step["fate"] for step in steps(lantern)}
        assert [] == lantern.forge.of("POST")


# steps that fail


def test_a_parted_follow_up_branch_stops_the_rest(lantern: Lantern) -> None:
    """It is reported, and left; the hub is published, and the rest can be done later."""
    parted = push(lantern.people, "main-latest", **{"mine.lkml": "mine"})
    variables = lantern.everything()

    told = lantern.run(variables, "generate", "--push", code=1)

    assert ["parted-branch"] == errors(told)
    rest = f"dev branches, spoke {SPOKE}, webhook looker-hub, webhook {SPOKE}"
    assert f"warning [skipped-steps] not done after that: {rest}\n" in told
    assert ["failed", *["skipped"] * 4] == [step["fate"] for step in steps(lantern)]
    assert parted == git(lantern.hub, "rev-parse", "main-latest")
    assert ORDERS in paths(lantern.hub, "main")
    assert [] == lantern.forge.of("POST")
    git(lantern.hub, "update-ref", "refs/heads/main-latest", "main")
    lantern.run(variables, "publish", "--push")
    assert {"done"} == {step["fate"] for step in steps(lantern, "publish-report.json")}
    assert 3 == len(lantern.forge.of("POST"))


HOOKS = "POST /webhooks/projects/looker-hub"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401, SAID), "refused-token"),
        (Answer(404), "unknown-address"),
        (Answer(500), "failed-service"),
        (Answer(200, hangs=True), "no-answer"),
        (Answer(200, "<html>Log in"), "malformed-answer"),
        (
            Answer(200, '{"operations": [{"name": "pull", "error": true, "results": "no"}]}'),
            "refused-request",
        ),
    ],
    ids=["wrong secret", "no project", "500", "hangs", "a page", "it says so"],
)
def test_a_webhook_that_fails_stops_the_rest(lantern: Lantern, answer: Answer, code: str) -> None:
    """The webhook of the spoke is not called; what was pushed stays pushed."""
    lantern.forge.failures[HOOKS] = answer
    variables = {**lantern.everything(), "LOOKML_GEN_HTTP_TIMEOUT": "1"}

    told = lantern.run(variables, "generate", "--push", code=1)

    assert [code] == errors(told)
    assert f"not done after that: webhook {SPOKE}\n" in told
    assert SECRET not in told
    assert 1 == len(lantern.forge.of("POST", below="/webhooks"))
    assert 1 == len(lantern.forge.requests)


def test_a_project_may_have_a_secret_of_its_own(lantern: Lantern) -> None:
    """In the variable with its name behind; Looker makes up one for each."""
    variables = {
        **lantern.everything(),
        "LOOKML_GEN_WEBHOOK_SECRET": "0ther",
        "LOOKML_GEN_WEBHOOK_SECRET_LOOKER_HUB": SECRET,
    }

    told = lantern.run(variables, "generate", "--push", code=1)

    assert ["refused-token"] == errors(told)
    assert "webhook looker-hub: called" in told
    assert "LOOKML_GEN_WEBHOOK_SECRET_LOOKER_SPOKE_DEFAULT or LOOKML_GEN_WEBHOOK_SECRET" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("main", "it is published"),
        ("main-latest", "it is published"),
        ("a:refs/heads/main", "it is no name"),
        ("--all", "it is no name"),
        ("a b", "it is no name"),
    ],
)
def test_a_line_that_is_no_dev_branch(lantern: Lantern, line: str, said: str) -> None:
    """It is said with its place before anything is done."""
    variables = lantern.everything()
    (lantern.project.folder / "dev.txt").write_text(f"dev-ada\n{line}\n")
    before = lantern.refs()

    told = lantern.run(variables, "generate", "--push", code=2)

    assert ["bad-branch"] == errors(told)
    assert f"dev.txt:2: error [bad-branch] `{line}` is no branch that may be reset: {said}" in told
    assert before == lantern.refs()
    assert not (lantern.project.folder / "output").exists()


def test_a_dev_branch_that_is_not_there(lantern: Lantern) -> None:
    """It is not made, for it is mostly a person who has left; that is said."""
    told = lantern.run(lantern.everything(), "generate", "--push")

    assert "dev.txt:2: warning [unknown-branch] there is no branch `dev-ada`" in told
    assert "dev-ada" not in git(lantern.hub, "for-each-ref")


def test_a_dev_branch_that_moves_meanwhile_is_not_lost(lantern: Lantern) -> None:
    """What somebody pushes just then is work that nobody has seen."""
    main = git(lantern.hub, "rev-parse", "main")
    git(lantern.hub, "branch", "dev-ada", main)
    pushed: list[str] = []

    def ada_pushes(asked: Asked) -> None:
        published = git(lantern.hub, "rev-parse", "main") != main
        if published and asked.path == "/lantern/hub.git/git-receive-pack" and not pushed:
            pushed.append(push(lantern.people, "dev-ada", **{"mine.lkml": "mine"}))

    lantern.forge.meanwhile = ada_pushes
    variables = lantern.everything()
    del variables["LOOKML_GEN_FOLLOW_UP_BRANCH"]

    told = lantern.run(variables, "generate", "--push", code=1)

    assert ["push-refused"] == errors(told)
    assert pushed == [git(lantern.hub, "rev-parse", "dev-ada")]


# spokes


def test_what_a_spoke_gets(lantern: Lantern) -> None:
    """A model and three folders for each new namespace; what people wrote is not touched."""
    push(lantern.others, **{"web/web.model.lkml": 'connection: "other"\nlabel: "Web"\n'})

    told = lantern.run(lantern.everything(), "generate", "--push")

    assert {
        "manifest.lkml",
        ".lookml-gen/manifest.json",
        "web/web.model.lkml",
        MODEL,
        *(f"shop/{folder}/.gitkeep" for folder in ("views", "explores", "dashboards")),
    } == paths(lantern.spoke, "main-working")
    assert (
        'connection: "telemetry"\n\nlabel: "Shop"\n\ninclude: "//looker-hub/shop/explores/*"\n\n'
        '# include: "//looker-hub/shop/dashboards/*"\n# include: "views/name.view.lkml"\n'
        '# include: "explores/*"\n# include: "dashboards/*"'
    ) == shown(lantern.spoke, f"main-working:{MODEL}")
    place = "http://…@127.0.0.1"
    assert f"{place}:{lantern.forge.port}/lantern/spoke.git/web/web.model.lkml:1: warning" in told
    assert "the connection of the model web is `other`, and `telemetry` in the hub" in told


def merged(lantern: Lantern) -> None:
    """Somebody merges the pull request of the spoke."""
    git(lantern.spoke, "update-ref", "refs/heads/main", "main-working")
    git(lantern.others, "pull", "-q", "--rebase", "origin", "main")
    lantern.forge.requests[-1]["state"] = "closed"


@pytest.mark.parametrize("edited", [False, True])
def test_a_namespace_that_is_gone(lantern: Lantern, edited: bool) -> None:  # noqa: FBT001
    """It is listed; with --prune its removal is proposed, unless somebody has worked on it."""
    variables = lantern.everything()
    lantern.run(variables, "generate", "--push")
    merged(lantern)
    if edited:
        push(lantern.others, **{"web/views/mine.view.lkml": "view: mine {}"})
    text = (lantern.project.folder / "namespaces.yaml").read_text()
    (lantern.project.folder / "namespaces.yaml").write_text(text.partition("web:")[0])
    words = ("generate", "--push", "--max-deletions", "100%")

    told = lantern.run(variables, *words)

    assert "warning [vanished-namespace] the hub has no namespace web" in told
    assert 1 == len(lantern.forge.requests)
    told = lantern.run(variables, *words, "--prune")
    if edited:
        assert "5 files stay: 1 of them by hand" in told
        assert 1 == len(lantern.forge.requests)
    else:
        assert "Scaffold namespaces: 1 removed" == lantern.forge.requests[1]["title"]
        assert {path.partition("/")[0] for path in paths(lantern.spoke, "main-working")} == {
            ".lookml-gen",
            "manifest.lkml",
            "shop",
        }
    assert "web/web.model.lkml" in paths(lantern.spoke, "main")


def test_what_people_removed_from_a_spoke_stays_removed(lantern: Lantern) -> None:
    """Else it would be proposed to them every morning."""
    variables = lantern.everything()
    lantern.run(variables, "generate", "--push")
    merged(lantern)
    names = [f"shop/{folder}/.gitkeep" for folder in ("views", "explores", "dashboards")]
    push(lantern.others, **dict.fromkeys((MODEL, *names)))

    lantern.run(variables, "generate", "--push")

    assert 1 == len(lantern.forge.requests)


def test_a_spoke_that_cannot_be_used_stops_the_rest(lantern: Lantern) -> None:
    """An address where nothing is; the hub is published."""
    address = lantern.forge.repository("lantern/nothing")
    variables = {**lantern.everything(), "LOOKML_GEN_SPOKE_REPOSITORY": f"{SPOKE}={address}"}

    told = lantern.run(variables, "generate", "--push", code=1)

    assert ["unusable-repository"] == errors(told)
    assert f"not done after that: webhook looker-hub, webhook {SPOKE}\n" in told


def test_a_spoke_may_be_a_folder(lantern: Lantern) -> None:
    """The branch is made there; nobody is asked for a pull request."""
    lantern.project.settings(f'spoke-repository = {{ "{SPOKE}" = "../srv/lantern/spoke.git" }}')

    told = lantern.run(lantern.variables(), "generate", "--push")

    assert f"spoke {SPOKE}: {SPOKE}: Scaffold namespaces: 2 added: branch main-working" in told
    assert MODEL in paths(lantern.spoke, "main-working")
    assert [] == lantern.forge.of("GET", "POST")


# secrets


def test_secrets_are_nowhere(lantern: Lantern) -> None:
    """Not in what is said, in good runs and bad, in reports, files, configurations or commits."""
    variables = lantern.everything()
    told = lantern.run(variables, "generate", "--push")
    told += lantern.run(variables, "publish", "--pull-request")
    for failures in (
        {"GET /api": Answer(401, ECHO)},
        {"POST /api": Answer(422, ECHO)},
        {HOOKS: Answer(500, SAID)},
        {HOOKS: Answer(200, f"<{SECRET}")},
        {"GET /lantern": Answer(500, ECHO)},
        {"POST /lantern": Answer(403, ECHO)},
    ):
        lantern.forge.failures.clear()
        lantern.forge.failures.update(failures)
        fields = [{"name": f"n{len(told)}", "type": "DATE"}]
        lantern.project.record([{**TABLES[0], "fields": fields}, TABLES[1]])
        for word in ("--push", "--pull-request"):
            told += lantern.run(variables, "generate", word, code=None)
    told += lantern.run({**variables, "LOOKML_GEN_TOKEN": ""}, "publish", "--push", code=2)

    secrets = (TOKEN, SECRET)
    assert not [secret for secret in secrets if secret in told]
    assert not [secret for secret in secrets if secret in json.dumps(lantern.forge.requests)]
    root = lantern.project.folder.parent
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert len(kept) > 50
    assert not [p for p in kept for s in secrets if s.encode() in p.read_bytes()]
    for place in (lantern.hub, lantern.spoke):
        history = git(place, "log", "--all", "-p", "--format=%an %ae %B")
        assert not [secret for secret in secrets if secret in history]
