"""The installed command tells what would change for users, and keeps spokes whole."""

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_command import COMMAND, ORDERS, TABLES, WIDER, Project, environment, git

FIELDS = [{"name": "number", "type": "STRING"}]
NARROWER = {**TABLES[0], "fields": FIELDS}
LOST = {**TABLES[0], "fields": [{"name": "state", "type": "INT64"}]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose first commit is made, and the warehouse then changed."""
    found = Project(tmp_path / "project")
    found.generate("--publish")
    found.record((NARROWER, TABLES[1]))
    return found


def diff(project: Project, *words: str, code: int = 0) -> str:
    """What the command prints."""
    run = project.run("diff", *words)
    assert code == run.returncode, run.stderr
    assert "Traceback" not in run.stderr
    return run.stdout


def spoke(project: Project) -> Path:
    """A project on top of the hub that uses a field of it."""
    folder = project.folder / "spoke"
    (folder / "shop").mkdir(parents=True)
    (folder / "manifest.lkml").write_text('local_dependency: { project: "hub" }\n')
    (folder / "shop/shop.model.lkml").write_text(
        'include: "//hub/shop/explores/*"\ninclude: "more.view"\n'
    )
    (folder / "shop/more.view.lkml").write_text(
        "view: +orders {\n  dimension: short { sql: LEFT(${id}, 2) ;; }\n}\n"
    )
    return folder


def test_what_is_published_against_what_would_be_built(project: Project) -> None:
    """Nothing is written by asking."""
    before = project.marks()

    text = diff(project)

    assert before == project.marks()
    assert [
        "shop: 1 breaking, 1 visible",
        "  breaking  dimension `id` removed from view `orders`",
        "  visible   dimension `number` added to view `orders`",
        "1 breaking, 1 visible",
    ] == text.splitlines()


def test_nothing_changed(project: Project) -> None:
    """The input is that of the commit, or an entry is wrong: what it had stays."""
    project.record(TABLES)
    assert "nothing changed\n" == diff(project)

    entries = project.folder / "namespaces.yaml"
    entries.write_text(entries.read_text().replace("table_view", "tabel_view"))
    assert "nothing changed\n" == diff(project, code=1)
    assert "nothing changed\n" == diff(project, "--fail-on", "never")


def test_a_folder_against_what_would_be_built(project: Project, tmp_path: Path) -> None:
    """With its manifest or without it; what people wrote there does not go."""
    copy = tmp_path / "copy"
    for name in (ORDERS, ".lookml-gen/manifest.json", "own/own.view.lkml"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(
            "view: own {}" if "own" in name else (project.lookml / name).read_text()
        )

    with_manifest = diff(project, str(copy), "--only", "shop")
    (copy / ".lookml-gen/manifest.json").unlink()
    without = diff(project, str(copy))

    assert "dimension `id` removed" in with_manifest
    assert "own" not in with_manifest
    assert "namespace `own` removed" in without


def test_two_folders_need_no_inputs(project: Project, tmp_path: Path) -> None:
    """A hub is compared wherever it comes from."""
    for name, column in (("a", "x"), ("b", "y")):
        (tmp_path / name / "shop").mkdir(parents=True)
        (tmp_path / name / "shop/v.view.lkml").write_text(
            f"view: v {{ dimension: d {{ sql: {column} ;; }} }}"
        )
    (project.folder / "namespaces.yaml").unlink()

    text = diff(project, str(tmp_path / "a"), str(tmp_path / "b"))

    assert "dimension `d` of view `v`: SQL `x` → `y`" in text


def test_the_first_run_has_nothing_published(tmp_path: Path) -> None:
    """All of it is new; what was written and not published counts as what was."""
    project = Project(tmp_path / "project")
    assert "namespace `shop` added" in diff(project)

    project.generate()
    assert "nothing changed\n" == diff(project)


def test_a_repository_elsewhere(project: Project, tmp_path: Path) -> None:
    """Bare, or of which only an address is known; with hand-written files on their own branch."""
    hub = tmp_path / "hub.git"
    git(tmp_path, "init", "--quiet", "--bare", "-b", "main", str(hub))
    git(project.lookml, "push", "--quiet", str(hub), "main")
    written = tmp_path / "written"
    git(tmp_path, "clone", "--quiet", str(hub), str(written))
    git(written, "checkout", "--quiet", "--orphan", "base")
    git(written, "rm", "-rf", "--quiet", ".")
    (written / "own").mkdir()
    (written / "own/own.view.lkml").write_text("view: own {}")
    git(written, "add", ".")
    git(written, "commit", "--quiet", "-m", "own")
    git(written, "push", "--quiet", "origin", "base")

    for address in (str(hub), f"file://{hub}"):
        assert "dimension `id` removed" in diff(project, "--repository", address)
    sourced = diff(project, "--repository", str(hub), "--source-branch", "base")
    assert "namespace `own` added" in sourced


def test_formats_and_files(project: Project) -> None:
    """What is printed is one of them; each file says by its suffix what it is."""
    files = [project.folder / "made" / name for name in ("d.md", "d.json", "d.txt")]
    words = [word for file in files for word in ("--output-file", str(file))]

    printed = diff(project, "--format", "json", *words)

    assert json.loads(printed) == json.loads(files[1].read_text())
    assert files[0].read_text().startswith("### LookML: 1 breaking, 1 visible\n")
    assert files[2].read_text().startswith("shop: ")


def test_breaking_changes_can_fail(project: Project) -> None:
    """On request; a change that only adds does not."""
    diff(project, "--exit-code", code=1)
    project.record((WIDER, TABLES[1]))
    diff(project, "--exit-code")


@pytest.mark.parametrize("words", [("nowhere",), ("--spoke", "nowhere"), ("--repository", "no")])
def test_what_is_not_there_is_a_fault(project: Project, words: tuple[str, ...]) -> None:
    """It is named."""
    run = project.run("diff", *words)

    assert 2 == run.returncode
    assert words[-1] in run.stderr
    assert "Traceback" not in run.stderr


def test_what_breaks_in_a_spoke(project: Project) -> None:
    """Each place, below the change in Markdown."""
    folder = spoke(project)
    place = "shop/more.view.lkml:2"

    assert f"{folder}/{place} field orders.id → was removed" in diff(
        project, "--spoke", str(folder)
    )
    assert f"  - breaks `spoke/{place}` field `orders.id` → was removed" in diff(
        project, "--spoke", "spoke", "--format", "markdown"
    )


@pytest.mark.parametrize("words", [("--publish",), ("--publish", "--max-deletions", "100%")])
def test_a_spoke_that_would_break_stops_the_commit(
    project: Project, words: tuple[str, ...]
) -> None:
    """If it is required; else it is told. What was written stays written."""
    spoke(project)
    project.settings('spokes = ["spoke"]\nrequire-intact-spokes = true')
    before = git(project.lookml, "rev-parse", "main")

    said = project.generate(*words, code=1)

    assert "[broken-spoke] field orders.id was removed" in said
    assert "[spokes-not-intact] 1 places of spokes would break" in said
    assert before == git(project.lookml, "rev-parse", "main")
    assert project.report["published"] is None
    assert "dimension: number" in project.files()[ORDERS]

    refused = project.run("publish")
    assert 1 == refused.returncode
    assert "[spokes-not-intact]" in refused.stderr
    assert before == git(project.lookml, "rev-parse", "main")

    project.settings('spokes = ["spoke"]')
    assert "[broken-spoke]" in project.generate(*words)
    assert before != git(project.lookml, "rev-parse", "main")
    assert "[broken-spoke]" not in project.generate(*words)


def test_only_a_terminal_has_colours(project: Project) -> None:
    """A file and a pipe have none."""
    assert "\x1b" not in diff(project)
    assert "\x1b[31mbreaking" in on_a_terminal(project, lambda env: env)
    assert "\x1b[31m" not in on_a_terminal(project, lambda env: {**env, "NO_COLOR": "1"})


def on_a_terminal(project: Project, variables: Callable[[dict[str, str]], dict[str, str]]) -> str:
    """What the command prints on one."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "diff", "--quiet"],
        cwd=project.folder,
        env=variables(environment(project.folder)),
        stdout=follower,
        stderr=subprocess.DEVNULL,
    ) as run:
        assert 0 == run.wait(120)
    os.close(follower)
    return os.read(leader, 65536).decode()


def test_a_tree_with_what_cannot_be_read(project: Project, tmp_path: Path) -> None:
    """It is named, and nothing of it is said to have changed."""
    for name, text in (("a", "view: v {}"), ("b", "view: v {")):
        (tmp_path / name / "shop").mkdir(parents=True)
        (tmp_path / name / "shop/v.view.lkml").write_text(text)

    text = diff(project, str(tmp_path / "a"), str(tmp_path / "b"))

    assert "shop/v.view.lkml:1: is not valid LookML" in text
    assert "nothing changed" in text
