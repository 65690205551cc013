"""Publishing: real repositories, driven with git itself."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from generator.artifact import MANIFEST, Artifact, FileTree, Holds, Listing, by_path
from generator.diagnostics import Fault
from generator.facts.catalog import RelationName
from generator.publish.delivery import Target
from generator.publish.disk import write
from generator.publish.git import Offer, Published, publish
from generator.publish.limit import Limit
from generator.publish.repository import Repository
from generator.publish.tree import Fate, Terms
from generator.stages import Stages

NEW = Terms()
OVERWRITE = Terms(overwrite_edited=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a git configuration; a test may write one."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder


def git(folder: Path, *words: str) -> str:
    """What git says in a folder, as another person than we."""
    by = (
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "protocol.file.allow=always",
    )
    run = subprocess.run(
        ["git", *by, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.rstrip("\n")


def tree(texts: Mapping[str, str]) -> FileTree:
    """A tree with these texts; a file stands on the table of its name."""
    artifacts = [
        Artifact(path, Listing({}), "table_view", f"shop.views.{path}", None, (table(path),))
        for path in texts
    ]
    return FileTree(by_path(artifacts), lambda artifact: texts[artifact.path])


def table(path: str) -> RelationName:
    """The table beneath a file."""
    return RelationName("p", "d", path.rpartition("/")[2])


class Job:
    """A machine that generates and publishes: its own output folder and its own clones."""

    deletions = Limit(100)

    def __init__(self, folder: Path, target: Target, *, push: bool = False) -> None:
        self.folder, self.target, self.push = folder, target, push
        self.output = folder / "lookml"

    def run(self, terms: Terms = NEW, /, **texts: str) -> Published:
        """Write `shop/NAME` for each of the texts, and publish."""
        files = {f"shop/{name}": text for name, text in texts.items()}
        written = write(tree(files), self.output, terms, Stages())
        withheld = frozenset(written.diff.of(Fate.REFUSED))
        offer = Offer(self.output, written.made, replace(terms, withheld=withheld))
        target = replace(self.target, deletions=self.deletions)  # of two files one is a half
        return publish(offer, target, self.folder / "clones", push=self.push)


def bare(folder: Path) -> Path:
    """A new repository without a work tree."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
    return folder


def clone(hub: Path, folder: Path, **files: str) -> Path:
    """A clone in which somebody has committed and pushed these files to main."""
    git(hub.parent, "clone", "--quiet", str(hub), str(folder))
    git(folder, "symbolic-ref", "HEAD", "refs/heads/main") if not files else None
    if files:
        git(folder, "checkout", "-q", "-B", "main")
        commit(folder, **files)
        git(folder, "push", "-q", "origin", "main")
    return folder


def commit(folder: Path, **files: str) -> str:
    """A person commits these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "By hand")
    return git(folder, "rev-parse", "HEAD")


def files(repository: Path, branch: str = "main") -> dict[str, str]:
    """The texts of a branch, without the manifest."""
    names = git(repository, "ls-tree", "-r", "-z", "--name-only", branch).split("\0")
    return {
        name: git(repository, "cat-file", "blob", f"{branch}:{name}")
        for name in names
        if name and name != MANIFEST
    }


def count(repository: Path, branch: str = "main") -> int:
    """How many commits a branch has."""
    return int(git(repository, "rev-list", "--count", branch))


def codes(published: Published) -> list[str]:
    """What was noticed."""
    return [item.code for item in published.diagnostics]


# into the output folder


def test_the_output_folder_becomes_a_repository(tmp_path: Path) -> None:
    """The first run makes it, with one commit; the work tree is clean; a second adds nothing."""
    job = Job(tmp_path, Target())

    first, second = job.run(a="1", b="1"), job.run(a="1", b="1")

    assert first.commit == git(job.output, "rev-parse", "main")
    assert second.commit is None
    assert {"shop/a": "1", "shop/b": "1"} == files(job.output)
    assert 1 == count(job.output)
    assert "" == git(job.output, "status", "--porcelain")
    assert "" == git(job.output, "fsck", "--no-dangling")


def test_the_output_folder_follows(tmp_path: Path) -> None:
    """Changes and deletions, one commit per run, and the work tree stays clean."""
    job = Job(tmp_path / "a folder with spaces", Target())
    job.run(a="1", b="1")

    published = job.run(a="2", c="1")

    assert {"shop/a": "2", "shop/c": "1"} == files(job.output)
    assert "" == git(job.output, "status", "--porcelain")
    assert published.commit
    assert "Generate LookML: 1 added, 1 changed, 1 removed" == git(
        job.output, "log", "-1", "--format=%s"
    )


def test_a_run_that_loses_too_much_commits_nothing(tmp_path: Path) -> None:
    """One of five may go, two may not; nothing is committed then, not even what is new."""
    job = Job(tmp_path, Target())
    first = job.run(a="1", b="1", c="1", d="1", e="1")
    job.deletions = Limit(20)

    refused = job.run(a="1", b="1", c="1", f="1")
    one = job.run(a="1", b="1", c="1", d="1")

    assert ["too-many-deletions"] == codes(refused)
    assert "2 of 5 files would be deleted, more than 20 %" in str(refused.diagnostics[0])
    assert refused.commit is None
    assert one.commit
    assert first.commit == git(job.output, "rev-parse", "main^")


def test_nothing_to_publish_is_no_commit(tmp_path: Path) -> None:
    """A run that made nothing, in a folder that never had anything."""
    job = Job(tmp_path, Target())
    job.output.mkdir()

    assert job.run().commit is None


def test_hand_written_files_in_the_output_folder_stay(tmp_path: Path) -> None:
    """Committed or not; only files that we made are in our commits."""
    job = Job(tmp_path, Target())
    job.run(a="1")
    commit(job.output, **{"mine.view.lkml": "mine"})
    (job.output / "draft").write_text("not yet")

    job.run(a="2")

    assert {"shop/a": "2", "mine.view.lkml": "mine"} == files(job.output)
    assert "?? draft" == git(job.output, "status", "--porcelain")


def test_an_edit_in_the_output_folder_is_not_published(tmp_path: Path) -> None:
    """The text that stands there is not what was made: the repository keeps what it has."""
    job = Job(tmp_path, Target())
    job.run(a="1", b="1")
    (job.output / "shop/a").write_text("mine")

    published = job.run(a="2", b="2")

    assert {"shop/a": "1", "shop/b": "2"} == files(job.output)
    assert ("shop/a",) == published.diff.of(Fate.REFUSED)
    assert " M shop/a" == " " + git(job.output, "status", "--porcelain").strip()
    job.run(OVERWRITE, a="2", b="2")
    assert {"shop/a": "2", "shop/b": "2"} == files(job.output)


def test_a_foreign_file_in_the_output_folder_is_not_published(tmp_path: Path) -> None:
    """Nor is what we could not write taken for ours."""
    job = Job(tmp_path, Target())
    (job.output / "shop").mkdir(parents=True)
    (job.output / "shop/a").write_text("theirs")

    job.run(a="1", b="1")

    assert {"shop/b": "1"} == files(job.output)


def test_output_folder_with_hand_written_source(tmp_path: Path) -> None:
    """What people change on the source branch appears in the folder; their local edits stay."""
    job = Job(tmp_path, Target(branch="main", source_branch="base"))
    job.output.mkdir()
    git(job.output, "init", "-q", "-b", "base")
    commit(job.output, **{"model.lkml": "v1", "gone.lkml": "x"})
    git(job.output, "symbolic-ref", "HEAD", "refs/heads/main")
    git(job.output, "read-tree", "--empty")
    git(job.output, "clean", "-qfdx")
    job.run(a="1")
    assert "v1" == (job.output / "model.lkml").read_text()
    other = clone(job.output, tmp_path / "other")
    git(other, "checkout", "-q", "base")
    (other / "gone.lkml").unlink()
    commit(other, **{"model.lkml": "v2"})
    git(other, "push", "-q", "origin", "base")

    job.run(a="2")

    assert {"shop/a": "2", "model.lkml": "v2"} == files(job.output)
    assert "v2" == (job.output / "model.lkml").read_text()
    assert not (job.output / "gone.lkml").exists()
    assert "" == git(job.output, "status", "--porcelain")


def test_the_output_folder_by_its_name(tmp_path: Path) -> None:
    """Whoever writes its path as the repository means the same."""
    job = Job(tmp_path, Target())
    job.run(a="1")
    job.target = Target(f"{tmp_path}/x/../lookml")

    assert job.run(a="2", b="1").commit
    assert "" == git(job.output, "status", "--porcelain")


# to a remote


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_bare_repository_by_path_and_by_address(tmp_path: Path, scheme: str) -> None:
    """One commit arrives; the same again adds none; hand-written files stay."""
    hub = bare(tmp_path / "a hub.git")
    clone(hub, tmp_path / "people", **{"README.md": "hub", "shop/mine": "mine"})
    job = Job(tmp_path / "job", Target(f"{scheme}{hub}"), push=True)

    first, second = job.run(a="1"), job.run(a="1")

    assert (first.commit, first.pushed) == (git(hub, "rev-parse", "main"), True)
    assert second.commit is None
    assert {"README.md": "hub", "shop/mine": "mine", "shop/a": "1"} == files(hub)
    assert 2 == count(hub)


def test_an_empty_remote(tmp_path: Path) -> None:
    """The first commit of all is ours."""
    hub = bare(tmp_path / "hub")
    job = Job(tmp_path / "job", Target(hub.as_uri(), "generated"), push=True)

    assert job.run(a="1").pushed
    assert {"shop/a": "1"} == files(hub, "generated")


def test_the_publish_branch_comes_from_main(tmp_path: Path) -> None:
    """Where there is none, it starts with what people have; main stays as it is."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    job = Job(tmp_path / "job", Target(hub.as_uri(), "odd/näme-1"), push=True)

    job.run(a="1")

    assert {"README.md": "hub", "shop/a": "1"} == files(hub, "odd/näme-1")
    assert git(people, "rev-parse", "main") == git(hub, "rev-parse", "odd/näme-1^")
    assert {"README.md": "hub"} == files(hub)


def test_without_push_the_remote_stays(tmp_path: Path) -> None:
    """And the same again is no second commit; a later push brings the first."""
    hub = bare(tmp_path / "hub")
    clone(hub, tmp_path / "people", **{"README.md": "hub"})
    job = Job(tmp_path / "job", Target(hub.as_uri()))

    first, second = job.run(a="1"), job.run(a="1")

    assert first.commit
    assert (second.commit, second.pushed) == (None, False)
    assert {"README.md": "hub"} == files(hub)
    job.push = True
    assert job.run(a="1").pushed
    assert first.commit == git(hub, "rev-parse", "main")


def test_source_and_generated_make_the_result(tmp_path: Path) -> None:
    """Result = base + generated: what people delete in the source goes, what they add comes."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"model.lkml": "v1", "old.lkml": "x"})
    job = Job(tmp_path / "job", Target(hub.as_uri(), "generated", "main"), push=True)
    job.run(a="1")
    (people / "old.lkml").unlink()
    commit(people, **{"model.lkml": "v2", "new.lkml": "n"})
    git(people, "push", "-q", "origin", "main")

    published = job.run(a="1")

    assert {"model.lkml": "v2", "new.lkml": "n", "shop/a": "1"} == files(hub, "generated")
    assert published.commit
    assert 3 == count(hub, "generated")


@pytest.mark.parametrize("source", [None, "main"])
def test_a_collision_is_an_error_and_no_commit(tmp_path: Path, source: str | None) -> None:
    """Nothing at all is published, and the file is named once."""
    hub = bare(tmp_path / "hub")
    clone(hub, tmp_path / "people", **{"shop/a": "theirs"})
    job = Job(tmp_path / "job", Target(hub.as_uri(), "generated", source), push=True)

    published = job.run(OVERWRITE, a="1", b="1")

    assert (None, False) == (published.commit, published.pushed)
    assert ["foreign-file"] == codes(published)
    assert "shop/a" in str(published.diagnostics[0])
    assert "main" == git(hub, "branch", "--format=%(refname:short)")


def test_a_later_collision_with_the_source(tmp_path: Path) -> None:
    """Somebody writes a file that we have been making; when we stop, theirs takes its place."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    job = Job(tmp_path / "job", Target(hub.as_uri(), "generated", "main"), push=True)
    job.run(a="1", b="1")
    commit(people, **{"shop/a": "theirs"})
    git(people, "push", "-q", "origin", "main")

    assert ["foreign-file"] == codes(job.run(a="1", b="1"))
    assert ["foreign-file"] == codes(job.run(Terms(Holds(frozenset({"p.d.a"}))), b="1"))
    assert [] == codes(job.run(b="1"))
    assert {"README.md": "hub", "shop/a": "theirs", "shop/b": "1"} == files(hub, "generated")


def test_a_hand_edit_in_the_repository_is_refused(tmp_path: Path) -> None:
    """It is named, it stays, everything else is published; overwriting is on demand."""
    hub = bare(tmp_path / "hub")
    job = Job(tmp_path / "job", Target(hub.as_uri()), push=True)
    job.run(a="1", b="1")
    people = clone(hub, tmp_path / "people")
    commit(people, **{"shop/a": "mine"})
    git(people, "push", "-q", "origin", "main")

    published = job.run(a="2", b="2")

    assert ["edited-file"] == codes(published)
    assert f"{hub.as_uri()}/shop/a: error" in str(published.diagnostics[0])
    assert {"shop/a": "mine", "shop/b": "2"} == files(hub)
    assert [] == codes(job.run(OVERWRITE, a="2", b="2"))
    assert {"shop/a": "2", "shop/b": "2"} == files(hub)


def test_held_files_stand_though_the_output_folder_is_fresh(tmp_path: Path) -> None:
    """A machine that starts empty each morning deletes nothing that it could not read."""
    hub = bare(tmp_path / "hub")
    Job(tmp_path / "monday", Target(hub.as_uri()), push=True).run(a="1", b="1", c="1")
    tuesday = Job(tmp_path / "tuesday", Target(hub.as_uri()), push=True)

    published = tuesday.run(Terms(Holds(frozenset({"p.d.b"}))), a="2")

    assert {"shop/a": "2", "shop/b": "1"} == files(hub)
    message = git(hub, "log", "-1", "--format=%B")
    assert "Held as published, because they could not be made anew:\n  shop/b" in message
    assert "Removed:\n  shop/c" in message
    assert published.commit
    assert Job(tmp_path / "late", Target(hub.as_uri()), push=True).run(a="2").commit
    assert {"shop/a": "2"} == files(hub)


def test_file_modes_links_and_odd_names_stay(tmp_path: Path) -> None:
    """What people have beside our files is not ours to normalise."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    odd = ['new\nline "quoted"', "tab\tand ünïcode", "-dash", "shop/spaces in it"]
    for name in odd:
        (people / name).parent.mkdir(exist_ok=True)
        (people / name).write_text(name)
    Path(os.fsdecode(os.fsencode(people) + b"/latin-\xe9")).write_text("latin")
    (people / "deploy").write_text("#!/bin/sh")
    (people / "deploy").chmod(0o755)
    (people / "link").symlink_to("README.md")
    commit(people)
    git(people, "push", "-q", "origin", "main")
    before = git(people, "ls-tree", "-r", "HEAD").splitlines()

    for source in (None, "main"):
        Job(tmp_path / f"{source}", Target(hub.as_uri(), "g", source), push=True).run(a="1")

        after = git(hub, "ls-tree", "-r", "g").splitlines()
        assert set(before) < set(after)
        assert len(before) + 2 == len(after)


# a race, and history that others wrote


def racing(hub: Path, people: Path, times: int) -> None:
    """So many times the hub moves on while it receives a push: people are quicker."""
    commits = [commit(people, **{"README.md": f"newer {time}"}) for time in range(1, times + 1)]
    (hub / "theirs").write_text("".join(f"{found}\n" for found in commits))
    hook = hub / "hooks/update"
    hook.write_text(
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\n"
        f"git fetch -q {people} && git update-ref $1 $(head -1 theirs)\n"
        'sed -i 1d theirs\ntest -s theirs || rm "$0"\nexit 0\n'
    )
    hook.chmod(0o755)


def test_a_lost_race_is_run_once_more(tmp_path: Path) -> None:
    """Somebody pushes between our look and our push: ours goes on top of theirs."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    racing(hub, people, 1)

    published = Job(tmp_path / "job", Target(hub.as_uri()), push=True).run(a="1")

    assert [] == codes(published)
    assert published.commit == published.tip == git(hub, "rev-parse", "main")
    assert {"README.md": "newer 1", "shop/a": "1"} == files(hub)
    assert git(people, "rev-parse", "main") == git(hub, "rev-parse", "main^")


def test_a_race_lost_twice_forces_nothing(tmp_path: Path) -> None:
    """Theirs stays, we say so, the next run goes."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    racing(hub, people, 2)
    job = Job(tmp_path / "job", Target(hub.as_uri()), push=True)

    lost = job.run(a="1")

    assert ["push-refused"] == codes(lost)
    assert (None, False, None) == (lost.commit, lost.pushed, lost.tip)
    assert {"README.md": "newer 2"} == files(hub)
    assert [] == codes(job.run(a="1"))
    assert {"README.md": "newer 2", "shop/a": "1"} == files(hub)
    assert git(people, "rev-parse", "main") == git(hub, "rev-parse", "main^")


@pytest.mark.parametrize("times", [1, 2])
def test_a_race_for_a_repository_on_this_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Others push to the bare repository in which we commit, after we looked: nothing is lost."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    left, write_commit = [times], Repository.write_commit

    def while_people_push(self: Repository, *words: Any) -> str:
        if left[0]:
            left[0] -= 1
            commit(people, **{"README.md": f"newer {left[0]}"})
            git(people, "push", "-q", "origin", "main")
        return write_commit(self, *words)

    monkeypatch.setattr(Repository, "write_commit", while_people_push)
    published = Job(tmp_path / "job", Target(str(hub)), push=True).run(a="1")

    assert (["push-refused"] if times > 1 else []) == codes(published)
    assert {"README.md": "newer 0", **({} if times > 1 else {"shop/a": "1"})} == files(hub)


@pytest.mark.parametrize("local", [False, True], ids=["clone", "checkout"])
def test_a_refused_push_is_not_kept(tmp_path: Path, local: bool) -> None:  # noqa: FBT001
    """The next run builds on what others pushed, whether we publish from a checkout or a clone."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    checkout = clone(hub, tmp_path / "checkout")
    git(checkout, "checkout", "-q", "main")
    hook = hub / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    job = Job(tmp_path / "job", Target(str(checkout) if local else hub.as_uri()), push=True)

    refused = job.run(a="1")

    assert ["push-refused"] == codes(refused)
    assert git(checkout, "rev-parse", "main") == git(hub, "rev-parse", "main")
    assert "" == git(checkout, "status", "--porcelain")
    hook.unlink()
    commit(people, **{"README.md": "newer"})
    git(people, "push", "-q", "origin", "main")
    assert job.run(a="1").pushed
    assert {"README.md": "newer", "shop/a": "1"} == files(hub)
    if local:
        assert {"README.md": "newer", "shop/a": "1"} == files(checkout)
        assert "" == git(checkout, "status", "--porcelain")


def test_what_people_take_back_stays_back(tmp_path: Path) -> None:
    """A branch that is reset to an older commit is not brought forward again by our memory."""
    hub = bare(tmp_path / "hub")
    clone(hub, tmp_path / "people", **{"README.md": "hub"})
    job = Job(tmp_path / "job", Target(hub.as_uri()), push=True)
    job.run(a="1")
    bad = job.run(a="bad").commit
    git(hub, "update-ref", "refs/heads/main", "main^")

    job.run(a="good")

    assert bad
    assert bad not in git(hub, "rev-list", "main")
    assert {"README.md": "hub", "shop/a": "good"} == files(hub)


def test_a_rewritten_remote_is_followed(tmp_path: Path) -> None:
    """Our clone is a cache: history is what the remote says."""
    hub = bare(tmp_path / "hub")
    people = clone(hub, tmp_path / "people", **{"README.md": "hub"})
    job = Job(tmp_path / "job", Target(hub.as_uri()))
    job.run(a="1")
    git(people, "commit", "-q", "--amend", "--message", "Rewritten")
    git(people, "push", "-q", "--force", "origin", "main")

    job.push = True
    assert job.run(a="1").pushed
    assert git(people, "rev-parse", "main") == git(hub, "rev-parse", "main^")


# into a checkout of somebody


def checkout_of(hub: Path, folder: Path) -> Path:
    """A checkout of main."""
    clone(hub, folder)
    git(folder, "checkout", "-q", "main")
    return folder


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A hub with a file, and with what we published into it: `shop/a` and `shop/b`."""
    hub = bare(tmp_path / "hub")
    clone(hub, tmp_path / "people", **{"README.md": "hub"})
    Job(tmp_path / "before", Target(hub.as_uri()), push=True).run(a="1", b="1")
    return hub


def test_a_checkout_follows(tmp_path: Path, hub: Path) -> None:
    """Its work tree shows the new commit; drafts of people stay, and a mere touch is no draft."""
    checkout = checkout_of(hub, tmp_path / "checkout")
    (checkout / "README.md").write_text("draft")
    (checkout / "untracked").write_text("mine")
    os.utime(checkout / "shop/a", (1, 1))

    published = Job(tmp_path / "job", Target(str(checkout))).run(a="2", c="1")

    assert published.commit == git(checkout, "rev-parse", "main")
    assert "2" == (checkout / "shop/a").read_text()
    assert not (checkout / "shop/b").exists()
    assert " M README.md\n?? untracked" == git(checkout, "status", "--porcelain")
    assert {"README.md": "hub", "shop/a": "1", "shop/b": "1"} == files(hub)


@pytest.mark.parametrize("push", [False, True])
def test_a_checkout_with_a_draft_of_our_file_is_refused(
    tmp_path: Path,
    hub: Path,
    push: bool,  # noqa: FBT001
) -> None:
    """Nothing is lost, nothing moves, nothing is pushed."""
    checkout = checkout_of(hub, tmp_path / "checkout")
    (checkout / "shop/a").write_text("draft")
    before = git(checkout, "rev-parse", "main")

    with pytest.raises(Fault, match=r"unusable-repository.*shop/a"):
        Job(tmp_path / "job", Target(str(checkout)), push=push).run(a="2", b="1")

    assert "draft" == (checkout / "shop/a").read_text()
    assert before == git(checkout, "rev-parse", "main") == git(hub, "rev-parse", "main")


def test_a_checkout_with_an_untracked_file_in_the_way_is_refused(tmp_path: Path, hub: Path) -> None:
    """It was never committed, so nobody could bring it back."""
    checkout = checkout_of(hub, tmp_path / "checkout")
    (checkout / "shop/new").write_text("mine")

    with pytest.raises(Fault, match="shop/new"):
        Job(tmp_path / "job", Target(str(checkout))).run(a="1", new="1")

    assert "mine" == (checkout / "shop/new").read_text()


@pytest.mark.parametrize("head", ["other", "--detach"])
def test_a_checkout_that_shows_something_else_is_left_alone(
    tmp_path: Path, hub: Path, head: str
) -> None:
    """Only the branch moves, be HEAD on another branch or on none."""
    checkout = checkout_of(hub, tmp_path / "checkout")
    git(checkout, "checkout", "-q", *(["-b", head] if head == "other" else [head]))

    published = Job(tmp_path / "job", Target(str(checkout))).run(a="2")

    assert published.commit == git(checkout, "rev-parse", "main")
    assert "1" == (checkout / "shop/a").read_text()
    assert "" == git(checkout, "status", "--porcelain")


def test_a_branch_that_another_work_tree_shows_is_refused(tmp_path: Path, hub: Path) -> None:
    """It would fall behind unseen, and its next commit would undo ours."""
    checkout = checkout_of(hub, tmp_path / "checkout")
    git(checkout, "checkout", "-q", "-b", "other")
    git(checkout, "worktree", "add", "-q", str(tmp_path / "linked"), "main")

    with pytest.raises(Fault, match="is checked out in"):
        Job(tmp_path / "job", Target(str(checkout))).run(a="2")

    assert Job(tmp_path / "again", Target(str(tmp_path / "linked"))).run(a="2").commit
    assert "" == git(tmp_path / "linked", "status", "--porcelain")


def test_an_unborn_checkout(tmp_path: Path) -> None:
    """A repository without a commit gets its first one, and shows it."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")

    Job(tmp_path / "job", Target(str(folder))).run(a="1")

    assert {"shop/a": "1"} == files(folder)
    assert "1" == (folder / "shop/a").read_text()
    assert "" == git(folder, "status", "--porcelain")


def test_an_unborn_publish_branch_beside_main(tmp_path: Path, hub: Path) -> None:
    """The work tree shows all of it, not only what is new."""
    checkout = checkout_of(hub, tmp_path / "checkout")
    git(checkout, "checkout", "-q", "--orphan", "generated")
    git(checkout, "rm", "-rqf", ".")

    Job(tmp_path / "job", Target(str(checkout), "generated")).run(a="2", b="1")

    assert {"README.md": "hub", "shop/a": "2", "shop/b": "1"} == files(checkout, "generated")
    assert "hub" == (checkout / "README.md").read_text()
    assert "" == git(checkout, "status", "--porcelain")


def test_a_branch_that_only_the_remote_has(tmp_path: Path, hub: Path) -> None:
    """A checkout that never looked at it builds on it all the same."""
    git(hub, "branch", "generated", "main")
    git(hub, "update-ref", "refs/heads/main", "main^")
    checkout = checkout_of(hub, tmp_path / "checkout")

    published = Job(tmp_path / "job", Target(str(checkout), "generated"), push=True).run(a="2")

    assert ("shop/b",) == published.diff.of(Fate.REMOVED)
    assert git(checkout, "rev-parse", "origin/main") == git(hub, "rev-parse", "generated~2")


def test_histories_that_have_parted_are_left_to_people(tmp_path: Path, hub: Path) -> None:
    """Commits of somebody are neither dropped nor merged by us."""
    checkout = checkout_of(hub, tmp_path / "checkout")
    mine = commit(checkout, mine="mine")
    people = clone(hub, tmp_path / "others", theirs="theirs")

    with pytest.raises(Fault, match="have parted"):
        Job(tmp_path / "job", Target(str(checkout)), push=True).run(a="2")

    assert mine == git(checkout, "rev-parse", "main")
    assert git(people, "rev-parse", "main") == git(hub, "rev-parse", "main")


def test_a_checkout_without_remote_cannot_push(tmp_path: Path) -> None:
    """Said before anything is committed."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")

    with pytest.raises(Fault, match="no remote `origin`"):
        Job(tmp_path / "job", Target(str(folder)), push=True).run(a="1")

    assert "" == git(folder, "for-each-ref")


# what people have set up


def test_the_author_is_the_one_of_the_settings(tmp_path: Path) -> None:
    """Whoever runs us; a name with letters of all sorts is fine."""
    target = Target(author_name="Łookml Böt", author_email="bot@example.org")
    job = Job(tmp_path, target)

    job.run(a="1")

    said = git(job.output, "log", "-1", "--format=%an <%ae> %cn <%ce>")
    assert "Łookml Böt <bot@example.org> Łookml Böt <bot@example.org>" == said


CONFIG = """
[commit]
    gpgSign = true
[gpg]
    program = /nonexistent/gpg
[core]
    autocrlf = true
    safecrlf = true
    quotePath = true
    hooksPath = {hooks}
    fsmonitor = false
[color]
    ui = always
[i18n]
    commitEncoding = ISO-8859-1
[init]
    defaultBranch = trunk
    defaultObjectFormat = sha256
[safe]
    bareRepository = explicit
[user]
    useConfigOnly = true
[push]
    default = nothing
[fetch]
    prune = true
"""


@pytest.mark.parametrize("scheme", ["output", "file"])
def test_the_configuration_of_the_user_does_not_disturb(
    tmp_path: Path, home: Path, scheme: str
) -> None:
    """Signing, line ends, colours, commit hooks and encodings are for people's commits."""
    (home / "hooks").mkdir()
    for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "post-checkout"):
        (home / "hooks" / name).write_text("#!/bin/sh\nexit 1\n")
        (home / "hooks" / name).chmod(0o755)
    (home / ".gitconfig").write_text(CONFIG.format(hooks=home / "hooks"))
    hub = tmp_path / "hub"
    subprocess.run(
        ["git", "init", "-q", "--bare", "--object-format=sha1", "-b", "main", hub], check=True
    )
    remote = scheme == "file"
    job = Job(
        tmp_path / "job", Target(hub.as_uri() if remote else None, author_name="Böt"), push=remote
    )

    published = job.run(a="one\ntwo\r\nthree\n", ü="1")
    (home / ".gitconfig").unlink()

    where = hub if remote else job.output
    assert published.commit == git(where, "rev-parse", "main")
    assert 15 == int(git(where, "cat-file", "-s", "main:shop/a"))
    assert "Böt" == git(where, "log", "-1", "--format=%an")
    assert job.run(a="one\ntwo\r\nthree\n", ü="1").commit is None


def test_filters_of_the_repository_do_not_change_what_we_wrote(tmp_path: Path) -> None:
    """Attributes say how people's editors see a file; the hub holds what was reviewed."""
    hub = bare(tmp_path / "hub")
    clone(hub, tmp_path / "people", **{".gitattributes": "* text eol=crlf ident\n"})
    job = Job(tmp_path / "job", Target(hub.as_uri()), push=True)

    job.run(a="one\r\ntwo $Id$\n")

    assert 14 == int(git(hub, "cat-file", "-s", "main:shop/a"))
    assert job.run(a="one\r\ntwo $Id$\n").commit is None


def test_a_hook_that_forbids_the_push_is_heard(tmp_path: Path, home: Path) -> None:
    """It is a policy of whoever set it up; we report it and go on."""
    (home / "pre-push").write_text("#!/bin/sh\necho 'error: no pushes on Sunday' >&2\nexit 1\n")
    (home / "pre-push").chmod(0o755)
    (home / ".gitconfig").write_text(f"[core]\n hooksPath = {home}\n")
    hub = bare(tmp_path / "hub")

    published = Job(tmp_path / "job", Target(hub.as_uri()), push=True).run(a="1")

    assert ["push-refused"] == codes(published)
    assert "no pushes on Sunday" in str(published.diagnostics[0])


def test_a_caller_that_is_a_hook_does_not_lead_us_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git tells its hooks which repository they are of; we work on another."""
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    git(wrong, "init", "-q", "-b", "main")
    commit(wrong, mine="mine")
    monkeypatch.setenv("GIT_DIR", str(wrong / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(wrong))
    monkeypatch.setenv("GIT_INDEX_FILE", str(wrong / ".git/index"))
    hub = tmp_path / "hub"
    jobs = (Job(tmp_path / "one", Target()), Job(tmp_path / "two", Target(hub.as_uri()), push=True))
    with monkeypatch.context() as clean:
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            clean.delenv(name)
        bare(hub)

    assert all(job.run(a="1").commit for job in jobs)

    assert str(wrong / ".git") == os.environ["GIT_DIR"]
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name)
    assert {"mine": "mine"} == files(wrong)
    assert "" == git(wrong, "status", "--porcelain")
    assert {"shop/a": "1"} == files(jobs[0].output) == files(hub)


# what cannot be


@pytest.mark.parametrize("address", ["/nonexistent/hub", "file:///nonexistent/hub", "nowhere"])
def test_a_missing_repository_is_a_fault(tmp_path: Path, address: str) -> None:
    """With its address and git's reason in one line."""
    with pytest.raises(Fault, match="unusable-repository") as stopped:
        Job(tmp_path, Target(address)).run(a="1")

    assert address in str(stopped.value)
    assert "does not appear to be a git repository" in str(stopped.value)


def test_a_folder_that_is_no_repository_is_a_fault(tmp_path: Path) -> None:
    """Neither do we make one of it, nor look for one above."""
    git(tmp_path, "init", "-q")
    (tmp_path / "plain").mkdir()

    with pytest.raises(Fault, match="no git repository"):
        Job(tmp_path / "job", Target(str(tmp_path / "plain"))).run(a="1")


def test_a_missing_source_branch_is_a_fault(tmp_path: Path) -> None:
    """Else all hand-written files would be deleted."""
    with pytest.raises(Fault, match="no branch base"):
        Job(tmp_path, Target(source_branch="base")).run(a="1")


@pytest.mark.parametrize("name", ["a..b", "with space", "a~1", "", "x.lock", "@{-1}"])
def test_a_name_that_is_no_branch_is_a_fault(tmp_path: Path, name: str) -> None:
    """Git's own rules, and no way to smuggle an option in."""
    hub = bare(tmp_path / "hub")

    with pytest.raises(Fault, match="unusable-repository"):
        Job(tmp_path, Target(str(hub), name)).run(a="1")

    assert "" == git(hub, "for-each-ref")


@pytest.mark.parametrize("address", ["--upload-pack=touch pwned", "ext::sh -c touch% pwned"])
def test_an_address_runs_no_command(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an address, whatever it looks like."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Fault, match="unusable-repository"):
        Job(tmp_path, Target(address), push=True).run(a="1")

    assert [] == list(tmp_path.rglob("pwned*"))


@pytest.mark.parametrize("remote", [False, True])
def test_names_by_sha256_are_refused(tmp_path: Path, remote: bool) -> None:  # noqa: FBT001
    """We compare ids, and ours are sha1: better a word than everything looking edited."""
    hub = tmp_path / "hub"
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256", str(hub))
    commit(hub, **{"README.md": "hub"})

    with pytest.raises(Fault, match="unusable-repository") as stopped:
        Job(tmp_path / "job", Target(hub.as_uri() if remote else str(hub))).run(a="1")

    assert remote or "sha256" in str(stopped.value)


def test_a_malformed_manifest_in_the_repository_is_a_fault(tmp_path: Path, hub: Path) -> None:
    """Without it nothing there is known to be ours."""
    people = checkout_of(hub, tmp_path / "others")
    commit(people, **{MANIFEST: "{"})
    git(people, "push", "-q", "origin", "main")
    before = git(hub, "rev-parse", "main")

    with pytest.raises(Fault, match="unusable-repository"):
        Job(tmp_path / "job", Target(hub.as_uri()), push=True).run(OVERWRITE, a="2")

    assert before == git(hub, "rev-parse", "main")


def test_credentials_stay_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """They are in no message and in no file, the clone's configuration included."""
    address = "https://bot:s3cr3t@127.0.0.1:9/hub.git"

    with pytest.raises(Fault, match=r"127\.0\.0\.1:9") as stopped:
        Job(tmp_path, Target(address), push=True).run(a="1")

    said = capfd.readouterr()
    assert "s3cr3t" not in f"{stopped.value} {said.out} {said.err}"
    for path in tmp_path.rglob("*"):
        assert "s3cr3t" not in str(path)
        assert not path.is_file() or b"s3cr3t" not in path.read_bytes()


def test_an_address_with_credentials_that_works_stays_secret(tmp_path: Path, home: Path) -> None:
    """Neither what was fetched nor what was pushed leaves a trace of how."""
    hub = bare(tmp_path / "hub")
    clone(hub, tmp_path / "people", **{"README.md": "hub"})
    (home / ".gitconfig").write_text(
        f'[url "{hub.as_uri()}"]\n insteadOf = https://bot:s3cr3t@hub.example\n'
    )
    job = Job(tmp_path / "job", Target("https://bot:s3cr3t@hub.example"), push=True)

    published = job.run(a="1")

    assert (True, "https://…@hub.example") == (published.pushed, published.place)
    kept = [path for path in job.folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"s3cr3t" in path.read_bytes()]
    assert "s3cr3t" not in git(hub, "log", "--format=%B")


def test_a_clone_that_was_cut_short_is_mended(tmp_path: Path) -> None:
    """A machine that went off while it cloned does not need a person."""
    hub = bare(tmp_path / "hub")
    job = Job(tmp_path / "job", Target(hub.as_uri()), push=True)
    job.run(a="1")
    (kept,) = (job.folder / "clones").iterdir()
    for name in ("HEAD", "config"):
        (kept / name).unlink()

    assert job.run(a="2").pushed
