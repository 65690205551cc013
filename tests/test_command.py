"""The command, as people and jobs use it: exit codes, output, and the whole way."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.nursery import command

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("lookml-gen")
HEAVY = ("duckdb", "sqlglot", "git", "yaml", "msgspec", "rich", "jinja2", "lkml")

NAMESPACES = """
shop:
  pretty_name: Shop
  views:
    orders:
      type: table_view
      tables: [{table: acme.shop.orders}]
  explores:
    orders:
      type: table_explore
      views: {base_view: orders}
web:
  pretty_name: Web
  views:
    visits:
      type: table_view
      tables: [{table: acme.web.visits}]
"""
FIELDS = [{"name": "id", "type": "STRING"}]
TABLES = (
    {"table": "acme.shop.orders", "kind": "TABLE", "fields": FIELDS},
    {"table": "acme.web.visits", "kind": "TABLE", "fields": [{"name": "day", "type": "DATE"}]},
)
ORDERS = "shop/views/orders.view.lkml"
WIDER = {**TABLES[0], "fields": [*FIELDS, {"name": "state", "type": "STRING"}]}
VISITS = "web/views/visits.view.lkml"


class Project:
    """A folder with definitions and a recorded warehouse, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lookml = folder / "output/lookml"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "namespaces.yaml").write_text(NAMESPACES)
        self.settings("")
        self.record(TABLES)

    def settings(self, text: str) -> None:
        """The settings, besides where the warehouse is."""
        table = f'[tool.lookml-gen]\nwarehouse = ["snapshot:tables.jsonl"]\n{text}\n'
        (self.folder / "pyproject.toml").write_text(table)

    def record(self, tables: Iterable[Mapping[str, Any]]) -> None:
        """What the warehouse holds."""
        lines = "".join(json.dumps(table) + "\n" for table in tables)
        (self.folder / "tables.jsonl").write_text(lines)

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The command, with these variables and no others of ours or git's."""
        return command(self.folder, words, environment(self.folder, **variables))

    def generate(self, *words: str, code: int = 0, **variables: str) -> str:
        """Generate, and all that was said."""
        run = self.run("generate", *words, **variables)
        assert "Traceback" not in run.stderr
        assert code == run.returncode, run.stderr
        return run.stdout + run.stderr

    @property
    def report(self) -> Any:
        """The report of the last run."""
        return json.loads((self.folder / "output/report.json").read_text())

    def marks(self) -> dict[str, tuple[int, int]]:
        """Inode and time of change of what there is, but for what each run says of itself."""
        return {
            str(path.relative_to(self.folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in self.folder.rglob("*")
            if path.name not in ("output", "report.json", "generate.lock")
        }

    def files(self) -> dict[str, str]:
        """The texts of the LookML project."""
        return {
            str(path.relative_to(self.lookml)): path.read_text()
            for path in self.lookml.rglob("*.*")
            if path.is_file() and ".git" not in path.parts and ".lookml-gen" not in path.parts
        }


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The variables of this process, without those that would make a difference."""
    ours = ("LOOKML_GEN_", "GIT_", "PYTHONPATH", "COVERAGE")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**plain, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "TERM": "xterm", **variables}


def git(folder: Path, *words: str) -> str:
    """What git says in a folder."""
    by = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    run = subprocess.run(
        ["git", *by, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that nothing was generated in."""
    return Project(tmp_path / "project")


# what is said, and where


def test_the_summary_is_on_stdout_and_the_rest_on_stderr(project: Project) -> None:
    """So that a job can keep the one and mail the other."""
    run = project.run("generate")

    assert 0 == run.returncode
    listed = "1 datagroup, 1 listing, 1 table_explore, 2 table_view"
    assert run.stdout.splitlines() == [
        f"{len(project.files())} files in output/lookml: {listed}",
        f"{len(project.files())} added",
        "report: output/report.json",
    ]
    assert "reading definitions\n" in run.stderr
    assert "building (2)\n" in run.stderr
    assert "\x1b" not in run.stdout + run.stderr


def test_diagnostics_are_on_stderr(project: Project) -> None:
    """Errors last, where they are seen; the summary counts them."""
    project.record(TABLES[:1])

    run = project.run("generate")

    assert 1 == run.returncode
    assert "namespaces.yaml:17: error [missing-relation]" in run.stderr
    assert "missing-relation" not in run.stdout
    assert "1 error\n" in run.stdout


def test_quiet_says_only_what_is_wrong(project: Project) -> None:
    """Nothing on a good day, the errors on a bad one; the report is written all the same."""
    assert "" == project.generate("--quiet")
    assert project.report["files"]
    project.record(TABLES[:1])
    bad = project.run("generate", "--quiet")
    assert (1, "") == (bad.returncode, bad.stdout)
    assert re.findall(r"\[[\w-]+\]", bad.stderr) == ["[missing-relation]"]


def test_on_a_terminal_there_is_a_bar(project: Project) -> None:
    """And no trace of it is left among the lines."""
    main, other = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "generate"],
        cwd=project.folder,
        env=environment(project.folder),
        stdout=other,
        stderr=other,
    ) as run:
        os.close(other)
        said = b""
        while part := _read(main):
            said += part
    os.close(main)

    assert 0 == run.returncode
    assert "━".encode() in said
    assert b"\x1b[2K" in said
    assert b"reading definitions\r\n" not in said
    assert b"added" in said


def _read(terminal: int) -> bytes:
    """What is there to read; nothing once the other end is closed, which Linux says as an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_the_report_has_the_counts(project: Project) -> None:
    """Per kind and fate, what changed, what was noticed, how long it took."""
    project.record(TABLES[:1])
    project.generate("--publish", code=1)

    report = project.report

    assert report["unchanged_input"] is False
    assert {"added": 1} == report["files"]["table_view"]
    assert sorted(project.files()) == report["changes"]["added"]
    assert report["bytes"] == sum(len(text.encode()) for text in project.files().values())
    (error,) = [item for item in report["diagnostics"] if item["severity"] == "error"]
    assert ("missing-relation", 17) == (error["code"], error["at"]["line"])
    assert {"read", "catalog", "derive", "build", "print", "write", "publish"} <= set(
        report["seconds"]
    )
    assert git(project.lookml, "rev-parse", "main") == report["published"]["commit"]


@pytest.mark.parametrize("words", [["--help"], ["generate", "--help"], ["--version"]])
def test_help_is_quick(words: list[str]) -> None:
    """It needs none of what a run needs."""
    program = (
        "import sys\nfrom generator.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n    code = end.code\n"
        f"print(code, [name for name in {HEAVY} if name in sys.modules])"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "0 []" == run.stdout.splitlines()[-1]
    assert 0 == subprocess.run([COMMAND, *words], capture_output=True, check=False).returncode


# exit codes


def test_errors_exit_with_1_and_good_files_are_written(project: Project) -> None:
    """Unless errors are not to count."""
    project.record(TABLES[:1])

    project.generate(code=1)

    assert ORDERS in project.files()
    project.generate("--fail-on", "never")
    project.generate("--fail-on", "error", code=1, LOOKML_GEN_FAIL_ON="never")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('ouput = "x"', "did you mean `output`?"),
        ("only = 3", "tool.lookml-gen.only"),
        ("=", "is not valid TOML"),
    ],
)
def test_wrong_settings_exit_with_2(project: Project, text: str, said: str) -> None:
    """With the file and the fix; nothing is written."""
    project.settings(text)

    told = project.generate(code=2)

    assert "pyproject.toml: error [" in told
    assert said in told
    assert not (project.folder / "output").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--warehouse", "dukdb:x"],
        ["--warehouse", "snapshot:nothing.jsonl"],
        ["--fail-on", "sometimes"],
        ["--config", "nothing.toml"],
        ["--nonsense"],
        ["--publish", "--repository", "/nonexistent/hub"],
        ["--output", "/proc/nothing"],
        ["--output", "namespaces.yaml"],
    ],
    ids=" ".join,
)
def test_usage_exits_with_2(project: Project, words: list[str]) -> None:
    """A warehouse, a repository or a folder that is none, an option that is none."""
    project.generate(*words, code=2)


def test_a_fault_leaves_what_is_there(project: Project) -> None:
    """Definitions that cannot be understood, a warehouse that is gone: nothing is deleted."""
    project.generate("--publish")
    before = project.files()

    (project.folder / "namespaces.yaml").write_text("shop: [")
    project.generate("--publish", code=1)
    assert before == project.files()
    (project.folder / "namespaces.yaml").unlink()
    project.generate("--publish", code=1)
    assert before == project.files()
    (project.folder / "namespaces.yaml").write_text(NAMESPACES)
    (project.folder / "tables.jsonl").unlink()
    project.generate("--publish", code=2)
    assert before == project.files()
    assert "1" == git(project.lookml, "rev-list", "--count", "main")


def test_check_exits_with_3_and_writes_nothing(project: Project) -> None:
    """If something would change; and with 0 if not."""
    before = project.marks()
    assert "would be" in project.generate("--check", code=3)
    assert before == project.marks()
    assert not (project.folder / "output").exists()
    project.generate()
    before = project.marks()
    project.generate("--check", "--publish")
    project.record([WIDER, TABLES[1]])
    before["tables.jsonl"] = project.marks()["tables.jsonl"]
    project.generate("--check", code=3)
    assert before == project.marks()


def test_the_check_command_only_looks(project: Project) -> None:
    """It exits with 1 for errors, and writes nothing at all."""
    assert 0 == project.run("check").returncode
    project.record(TABLES[:1])
    run = project.run("check")
    assert 1 == run.returncode
    assert "missing-relation" in run.stderr
    assert 0 == project.run("check", "--fail-on", "never").returncode
    assert not (project.folder / "output").exists()


# settings


def test_option_beats_environment_beats_file(project: Project) -> None:
    """For each of the places where a setting may stand."""
    project.settings('output = "file"')

    for words, variables, folder in (
        ([], {}, "file"),
        ([], {"LOOKML_GEN_OUTPUT": "environment"}, "environment"),
        (["--output", "option"], {"LOOKML_GEN_OUTPUT": "environment"}, "option"),
    ):
        project.generate(*words, code=0, **variables)
        assert (project.folder / folder / "lookml/namespaces.yaml").exists()


def test_only_leaves_the_others_alone(project: Project) -> None:
    """Neither written, nor deleted, nor checked; the listing is of all, so it stays."""
    project.generate()
    before = project.files()
    (project.folder / "namespaces.yaml").write_text(NAMESPACES.replace("web:", "net:"))
    project.record([WIDER])

    project.generate("--only", "shop")

    after = project.files()
    assert [ORDERS] == [path for path in before if before[path] != after.get(path)]
    assert before.keys() == after.keys()
    project.generate("--only", "shop")
    assert project.report["unchanged_input"] is True
    assert [] == project.report["changes"]["held"]


def test_only_by_environment(project: Project) -> None:
    """Several, with blanks between."""
    project.generate(LOOKML_GEN_ONLY="web shop")

    assert {ORDERS, VISITS} <= set(project.files())


def test_an_unknown_namespace_is_an_error(project: Project) -> None:
    """With a suggestion; nothing that stands is lost."""
    project.generate()
    before = project.files()

    told = project.generate("--only", "shpo", code=1)

    assert "[unknown-namespace]" in told
    assert "did you mean `shop`?" in told
    assert before == project.files()


# a second run


def test_what_a_killed_run_left_half_written_goes(project: Project) -> None:
    """Drafts of what a run leaves beside its projects, and nothing else."""
    project.run("generate")
    output = project.folder / "output"
    drafts = (".report.json.x1", ".lookml-gen/.state.json.x2", ".lookml-gen/.made.json.x3")
    for name in (*drafts, ".lookml-gen/.mine"):
        (output / name).write_text("half")
    project.run("generate", "--check")
    stayed = [name for name in drafts if (output / name).exists()]
    project.run("generate")

    assert list(drafts) == stayed
    assert [] == [name for name in drafts if (output / name).exists()]
    assert "half" == (output / ".lookml-gen/.mine").read_text()


def test_unchanged_input_is_not_read_again(project: Project) -> None:
    """No file is touched, and what was noticed is said again."""
    project.record(TABLES[:1])
    first = project.run("generate")
    before = project.marks()

    second = project.run("generate")

    assert project.report["unchanged_input"] is True
    assert before == project.marks()
    assert first.returncode == second.returncode == 1
    assert "[missing-relation]" in second.stderr
    assert "nothing changed" in second.stdout
    assert "building" not in second.stderr


def _change_definitions(project: Project) -> None:
    (project.folder / "namespaces.yaml").write_text(NAMESPACES + "\n# a comment\n")


def _change_warehouse(project: Project) -> None:
    project.record(reversed(TABLES))


def _change_output(project: Project) -> None:
    (project.lookml / ORDERS).unlink()


def _change_settings(project: Project) -> None:
    project.settings('author-name = "Bot"')


def _lose_manifest(project: Project) -> None:
    (project.lookml / ".lookml-gen/manifest.json").write_text("{}")


def _spoil_state(project: Project) -> None:
    (project.folder / "output/.lookml-gen/state.json").write_text("[]")


@pytest.mark.parametrize(
    "change",
    [
        _change_definitions,
        _change_warehouse,
        _change_output,
        _change_settings,
        _lose_manifest,
        _spoil_state,
    ],
)
def test_a_change_is_noticed(project: Project, change: Any) -> None:
    """Whatever it is, the run is a whole one, and ends with the same files."""
    project.generate()
    before = project.files()
    change(project)

    project.generate()

    assert project.report["unchanged_input"] is False
    assert before == project.files()


def test_an_edit_is_named_until_it_is_undone(project: Project) -> None:
    """Run after run: it is not forgotten because nothing else changed."""
    project.generate()
    before = project.files()
    (project.lookml / ORDERS).write_text("mine")
    for _ in range(2):
        assert f"output/lookml/{ORDERS}: error [edited-file]" in project.generate(code=1)
        assert "mine" == (project.lookml / ORDERS).read_text()

    project.generate("--overwrite-edited")

    assert before == project.files()


def test_an_unread_table_keeps_its_files_and_is_asked_again(project: Project) -> None:
    """Missing input never looks like deletion, and is not remembered as the answer."""
    project.generate("--publish")
    before = project.files()
    project.record([TABLES[0], {"table": "acme.web.visits", "unread": "access denied"}])
    for _ in range(2):
        assert "access denied" in project.generate("--publish")
        assert project.report["unchanged_input"] is False
        assert VISITS in project.report["changes"]["held"]
    assert before[VISITS] == project.files()[VISITS]
    shutil.rmtree(project.folder / "output/.lookml-gen")

    assert git(project.lookml, "show", f"main:{VISITS}") == before[VISITS].strip()


def test_a_gone_table_is_deleted(project: Project) -> None:
    """What is known to be gone goes, with an error that says so."""
    project.generate("--publish")
    project.record(TABLES[:1])

    project.generate("--publish", code=1)

    assert VISITS not in project.files()
    assert f"Removed:\n  {VISITS}" in git(project.lookml, "log", "-1", "--format=%B")


# publishing


def hub_of(folder: Path) -> Path:
    """A hub with a hand-written file on main."""
    folder.mkdir()
    git(folder, "init", "-q", "--bare", "-b", "main")
    people = folder.with_name("people")
    git(folder, "clone", "-q", str(folder), str(people))
    (people / "README.md").write_text("hub")
    git(people, "checkout", "-q", "-B", "main")
    git(people, "add", "--all")
    git(people, "commit", "-qm", "By hand")
    git(people, "push", "-q", "origin", "main")
    return folder


def test_publishing_to_a_hub(project: Project, tmp_path: Path) -> None:
    """From settings, with their author; a fresh machine the next day adds nothing."""
    hub = hub_of(tmp_path / "hub")
    project.settings(
        f'repository = "{hub.as_uri()}"\npublish-branch = "lookml"\nauthor-name = "Bot"'
    )

    told = project.generate("--push")

    commit = git(hub, "rev-parse", "lookml")
    assert f"commit {commit[:10]} on lookml in {hub.as_uri()}, pushed" in told
    assert "Bot" == git(hub, "log", "-1", "--format=%an", "lookml")
    assert "hub" == git(hub, "show", "lookml:README.md")
    shutil.rmtree(project.folder / "output")
    assert "no commit on lookml" in project.generate("--push")
    assert commit == git(hub, "rev-parse", "lookml")


def test_a_refused_push_exits_with_1(project: Project, tmp_path: Path) -> None:
    """The report says that nothing was published; the next run publishes."""
    hub = hub_of(tmp_path / "hub")
    hook = hub / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    words = ("--push", "--repository", hub.as_uri())

    told = project.generate(*words, code=1)

    assert "error [push-refused]" in told
    assert "see the errors above" in told
    assert (None, False) == (
        project.report["published"]["commit"],
        project.report["published"]["pushed"],
    )
    hook.unlink()
    assert ", pushed" in project.generate(*words)


def test_a_collision_exits_with_1(project: Project, tmp_path: Path) -> None:
    """The hand-written file is named, nothing is committed."""
    hub = hub_of(tmp_path / "hub")
    people = tmp_path / "people"
    (people / ORDERS).parent.mkdir(parents=True)
    (people / ORDERS).write_text("theirs")
    git(people, "add", "--all")
    git(people, "commit", "-qm", "Orders")
    git(people, "push", "-q", "origin", "main")
    before = git(hub, "rev-parse", "main")

    told = project.generate("--push", "--repository", hub.as_uri(), code=1)

    assert f"{hub.as_uri()}/{ORDERS}: error [foreign-file]" in told
    assert before == git(hub, "rev-parse", "main")


def test_credentials_are_nowhere(project: Project, tmp_path: Path) -> None:
    """Not in what is said, not in the report, not in any file."""
    hub = hub_of(tmp_path / "hub")
    (project.folder / ".gitconfig").write_text(
        f'[url "{hub.as_uri()}"]\n insteadOf = https://bot:s3cr3t@hub.example\n'
    )
    address = "https://bot:s3cr3t@hub.example"
    told = project.generate("--push", LOOKML_GEN_REPOSITORY=address)
    told += project.generate("--push", LOOKML_GEN_REPOSITORY=address)
    (project.folder / ".gitconfig").unlink()
    told += project.generate(
        "--push", code=2, LOOKML_GEN_REPOSITORY="https://bot:s3cr3t@127.0.0.1:9"
    )

    assert "s3cr3t" not in told
    kept = [path for path in project.folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"s3cr3t" in path.read_bytes()]


def test_without_git_there_is_a_word(project: Project) -> None:
    """Generating needs no git; publishing says that it does."""
    project.generate(PATH="/nonexistent")

    assert "[unusable-repository]" in project.generate("--publish", code=2, PATH="/nonexistent")


def test_interrupted(project: Project) -> None:
    """Ctrl-C leaves no traceback and no staging; the next run does it all."""
    tables = [{**TABLES[0], "table": f"acme.many.t{number}"} for number in range(3000)]
    project.record([*TABLES, *tables])
    (project.folder / "namespaces.yaml").write_text(
        NAMESPACES + 'many:\n  views: {"*": {type: table_view, tables: [{table: acme.many.*}]}}\n'
    )
    with subprocess.Popen(
        [COMMAND, "generate"],
        cwd=project.folder,
        env=environment(project.folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # in the background of a shell, Ctrl-C is ignored, and children would inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as run:
        assert run.stderr
        while not run.stderr.readline().startswith("printing"):
            assert run.poll() is None
        time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[1]

    assert run.returncode != 0
    assert "Traceback" not in said
    assert not (project.lookml / ".lookml-gen/staging").exists()
    assert "edited" not in project.generate()
    assert f"{len(project.files())} files in" in project.run("generate").stdout


# the whole way


@pytest.fixture(scope="session")
def example(lantern_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's own example, generated and committed as `make run` does it."""
    folder = tmp_path_factory.mktemp("example")
    for name in ("namespaces.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "output").mkdir()
    shutil.copy(lantern_data, folder / "output")
    good(folder, "generate", "--publish")
    return folder


def good(folder: Path, *words: str) -> None:
    """A run that ends well."""
    run = command(folder, words, environment(folder))
    assert 0 == run.returncode, run.stderr


def copied(example: Path, folder: Path) -> Path:
    """The example in a folder of its own, times and all."""
    shutil.copytree(example, folder, symlinks=True)
    return folder


def test_example_is_committed_once(example: Path, tmp_path: Path) -> None:
    """What stands in the output folder is what git has; a second run adds no commit."""
    folder = copied(example, tmp_path / "example")
    lookml = folder / "output/lookml"
    listed = git(lookml, "ls-tree", "-r", "--name-only", "main").splitlines()
    there = {str(path.relative_to(lookml)) for path in lookml.rglob("*.*") if path.is_file()}

    assert set(listed) == {path for path in there if not path.startswith(".git/")}
    assert "lantern_mobile/views/core.view.lkml" in listed
    assert "" == git(lookml, "status", "--porcelain")
    assert "lookml-gen" == git(lookml, "log", "-1", "--format=%an")
    assert f"Generate LookML: {len(listed) - 1} added" == git(lookml, "log", "-1", "--format=%s")
    for words in (["generate", "--publish"], ["demo"], ["generate", "--publish"]):
        good(folder, *words)
    assert "1" == git(lookml, "rev-list", "--count", "main")
    assert "" == git(lookml, "status", "--porcelain")


def test_example_from_its_snapshot_is_the_same(example: Path, tmp_path: Path) -> None:
    """What is recorded of the warehouse makes the same bytes as the warehouse."""
    words = ["snapshot", str(tmp_path / "tables.jsonl.gz")]
    again = ["generate", "--output", str(tmp_path / "again")]
    again += ["--warehouse", f"snapshot:{tmp_path}/tables.jsonl.gz"]
    for line in (words, again):
        good(example, *line)

    files = sorted(path for path in (tmp_path / "again/lookml").rglob("*.*") if path.is_file())
    assert len(files) > 50
    for path in files:
        other = example / "output/lookml" / path.relative_to(tmp_path / "again/lookml")
        assert other.read_text() == path.read_text(), path


def test_example_with_a_changed_table(example: Path, tmp_path: Path) -> None:
    """A new column is one more commit, and its diff is about that column only."""
    folder = copied(example, tmp_path / "example")
    with duckdb.connect(folder / "output/lantern-data.duckdb") as connection:
        connection.execute("ALTER TABLE business.accounts ADD COLUMN referrer VARCHAR")
    good(folder, "generate", "--publish")

    lookml = folder / "output/lookml"
    changed = git(lookml, "diff", "--name-only", "main^", "main").splitlines()
    assert "2" == git(lookml, "rev-list", "--count", "main")
    assert [".lookml-gen/manifest.json", "business/views/accounts.view.lkml"] == changed
    assert "-" not in git(
        lookml, "diff", "--format=", "--numstat", "main^", "main", "--", changed[1]
    )
    added, removed, _ = git(lookml, "diff", "--numstat", "main^", "main", "--", changed[1]).split()
    assert (True, "0") == (int(added) > 0, removed)


def test_a_file_that_cannot_be_written(project: Project) -> None:
    """A fault with its place, not a traceback."""
    for words in (
        ("snapshot", "namespaces.yaml/tables.jsonl"),
        ("demo", "--file", "namespaces.yaml/demo.duckdb"),
    ):
        run = project.run(*words)
        assert 2 == run.returncode
        assert "[unwritable-output]" in run.stderr
