"""Writing a folder: only what changed, nothing that is not ours, and nothing half."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from generator.artifact import MANIFEST, Artifact, FileTree, Holds, Listing, by_path
from generator.diagnostics import Fault
from generator.facts.catalog import RelationName
from generator.publish.disk import LARGE_FILE, Written, is_intact, read_manifest, write
from generator.publish.tree import Fate, Terms
from generator.stages import Stages

PLAIN = Terms()
OVERWRITE = Terms(overwrite_edited=True)


def tree(texts: Mapping[str, str]) -> FileTree:
    """A tree with these texts; a file stands on the table of its name."""
    artifacts = [
        Artifact(path, Listing({}), "table_view", subject(path), None, (table(path),))
        for path in texts
    ]
    return FileTree(by_path(artifacts), lambda artifact: texts[artifact.path])


def subject(path: str) -> str:
    """The subject of the file `shop/orders.lkml` is `shop.views.orders`."""
    namespace, _, name = path.partition("/")
    return f"{namespace}.views.{name.partition('.')[0]}"


def table(path: str) -> RelationName:
    """The table beneath a file."""
    return RelationName("p", "d", path.rpartition("/")[2].partition(".")[0])


def put(root: Path, terms: Terms = PLAIN, /, **texts: str) -> Written:
    """Write `shop/NAME` for each of the texts."""
    return write(
        tree({f"shop/{name}": text for name, text in texts.items()}), root, terms, Stages()
    )


def found(root: Path) -> dict[str, str]:
    """The texts below a folder, without the manifest."""
    return {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path != root / MANIFEST
    }


def marks(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of everything below a folder."""
    return {
        str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in root.rglob("*")
    }


def codes(written: Written) -> list[str]:
    """What was noticed."""
    return [item.code for item in written.diagnostics]


def test_first_run_writes_everything(tmp_path: Path) -> None:
    """A new folder holds the tree and its manifest, and nothing else."""
    written = put(tmp_path / "out", a="1", b="2")

    assert {"shop/a": "1", "shop/b": "2"} == found(tmp_path / "out")
    assert ["shop/a", "shop/b"] == sorted(read_manifest(tmp_path / "out").files)
    assert ("shop/a", "shop/b") == written.diff.of(Fate.ADDED)
    assert 2 == written.bytes
    assert [MANIFEST] == [
        str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").glob(".*/*")
    ]


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """An unchanged file keeps its inode and its time; a changed one is another, whole file."""
    put(tmp_path, a="1", b="2")
    before = marks(tmp_path)

    put(tmp_path, a="1", b="3")

    after = marks(tmp_path)
    assert before["shop/a"] == after["shop/a"]
    assert before["shop/b"][0] != after["shop/b"][0]


def test_nothing_is_touched_when_nothing_changed(tmp_path: Path) -> None:
    """Not a file, not a folder, not even the manifest."""
    put(tmp_path, a="1", b="2")
    before = marks(tmp_path)

    written = put(tmp_path, a="1", b="2")

    assert not written.diff.changes
    assert before == marks(tmp_path)


def test_a_reader_sees_the_old_file_or_the_new(tmp_path: Path) -> None:
    """Somebody who has the old file open keeps reading the old text."""
    put(tmp_path, a="old")
    with (tmp_path / "shop/a").open() as reader:
        put(tmp_path, a="new")

        assert "old" == reader.read()
    assert "new" == (tmp_path / "shop/a").read_text()


def test_removed_files_take_their_empty_folders_along(tmp_path: Path) -> None:
    """Folders go when they are empty, and stay when somebody has a file there."""
    write(tree({"a/b/c/1": "x", "a/2": "x", "d/e/3": "x"}), tmp_path, Terms(), Stages())
    (tmp_path / "d/mine").write_text("mine")

    write(tree({"a/2": "x"}), tmp_path, Terms(), Stages())

    assert {"a/2": "x", "d/mine": "mine"} == found(tmp_path)
    assert not (tmp_path / "a/b").exists()
    assert not (tmp_path / "d/e").exists()


@pytest.mark.parametrize(
    "holds",
    [
        Holds(relations=frozenset({"p.d.b"})),
        Holds(subjects=frozenset({"shop.views.b"})),
        Holds(subjects=frozenset({"shop.views.*"})),
        Holds(outside=frozenset({"web"})),
    ],
    ids=str,
)
def test_what_is_held_stays(tmp_path: Path, holds: Holds) -> None:
    """By relation, by subject, by pattern, by the namespaces of the run."""
    put(tmp_path, a="1", b="2")

    put(tmp_path, Terms(holds), a="1")

    assert {"shop/a": "1", "shop/b": "2"} == found(tmp_path)
    assert "shop/b" in read_manifest(tmp_path).files


def test_an_edit_is_refused_and_named_and_undone_on_demand(tmp_path: Path) -> None:
    """The text of a person stays until they say that it may go; then it stays ours."""
    put(tmp_path, a="1", b="1")
    (tmp_path / "shop/a").write_text("mine")

    refused = put(tmp_path, a="2", b="2")

    assert ["edited-file"] == codes(refused)
    assert f"{tmp_path}/shop/a: error" in str(refused.diagnostics[0])
    assert {"shop/a": "mine", "shop/b": "2"} == found(tmp_path)
    assert ["edited-file"] == codes(put(tmp_path, a="2", b="2"))
    assert [] == codes(put(tmp_path, OVERWRITE, a="2", b="2"))
    assert {"shop/a": "2", "shop/b": "2"} == found(tmp_path)


def test_an_edited_file_is_not_deleted(tmp_path: Path) -> None:
    """Neither when its definition is gone, unless edits may be undone."""
    put(tmp_path, a="1", b="1")
    (tmp_path / "shop/a").write_text("mine")

    assert ["edited-file"] == codes(put(tmp_path, b="1"))
    assert "mine" == (tmp_path / "shop/a").read_text()
    put(tmp_path, OVERWRITE, b="1")
    assert {"shop/b": "1"} == found(tmp_path)


@pytest.mark.parametrize("terms", [Terms(), OVERWRITE], ids=["", "overwrite"])
def test_a_foreign_file_is_refused(tmp_path: Path, terms: Terms) -> None:
    """What we never wrote is never overwritten, whatever we are told; the rest is written."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/a").write_text("theirs")

    assert ["foreign-file"] == codes(put(tmp_path, terms, a="1", b="1"))
    assert {"shop/a": "theirs", "shop/b": "1"} == found(tmp_path)
    assert ["shop/b"] == list(read_manifest(tmp_path).files)


def test_a_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    """A folder with the name of a file of ours costs that file only."""
    (tmp_path / "shop/a/deep").mkdir(parents=True)

    assert ["foreign-file"] == codes(put(tmp_path, a="1", b="1"))
    assert {"shop/b": "1"} == found(tmp_path)


@pytest.mark.parametrize("target", ["nowhere", "same"])
def test_a_link_in_the_way_is_refused(tmp_path: Path, target: str) -> None:
    """Wherever it leads: somebody made it, so it is not ours to replace."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/same").write_text("1")
    (tmp_path / "shop/a").symlink_to(target)

    assert ["foreign-file"] == codes(put(tmp_path, a="1", b="1"))
    assert (tmp_path / "shop/a").is_symlink()


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    """The second says so, and the first ends well."""
    said: list[str] = []

    def meanwhile(_: Artifact) -> str:
        with pytest.raises(Fault) as stopped:
            put(tmp_path, a="2")
        said.append(str(stopped.value))
        return "1"

    write(FileTree(tree({"shop/a": ""}).artifacts, meanwhile), tmp_path, Terms(), Stages())

    assert {"shop/a": "1"} == found(tmp_path)
    assert "another run is writing here" in said[0]


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    """Nothing is written, made or deleted behind it, and nothing else is done either."""
    outside, root = tmp_path / "outside", tmp_path / "out"
    put(root, a="1")
    outside.mkdir()
    (root / "web").symlink_to(outside)

    with pytest.raises(Fault, match="leads out of the output folder"):
        write(tree({"shop/a": "2", "web/views/b": "1"}), root, Terms(), Stages())

    assert [] == list(outside.iterdir())
    assert "1" == (root / "shop/a").read_text()


def test_nothing_is_deleted_behind_a_link(tmp_path: Path) -> None:
    """A folder of ours that moved away and left a link is not ours any more."""
    root = tmp_path / "out"
    put(root, a="1")
    (root / "shop").rename(tmp_path / "moved")
    (root / "shop").symlink_to(tmp_path / "moved")

    with pytest.raises(Fault, match="leads out"):
        put(root)

    assert "1" == (tmp_path / "moved/a").read_text()


def test_the_state_folder_may_not_lead_out(tmp_path: Path) -> None:
    """Nor is a text laid ready elsewhere."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.lookml-gen").symlink_to(tmp_path / "outside")

    with pytest.raises(Fault, match="leads out"):
        put(tmp_path / "out", a="1")

    assert [] == list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"a": 1}', '{"../a": {"id": "", "kind": "", "subject": "", "needs": []}}'],
)
def test_a_malformed_manifest_stops_everything(tmp_path: Path, text: str) -> None:
    """Without a manifest that can be trusted nothing is known to be ours, so nothing is touched."""
    put(tmp_path, a="1", b="1")
    (tmp_path / MANIFEST).write_text(text)

    with pytest.raises(Fault, match="malformed-file") as stopped:
        put(tmp_path, OVERWRITE, a="2")

    assert str(tmp_path / MANIFEST) in str(stopped.value)
    assert {"shop/a": "1", "shop/b": "1"} == found(tmp_path)


def test_a_lost_manifest_makes_everything_foreign(tmp_path: Path) -> None:
    """What is as we would write it is ours again; the rest is left alone."""
    put(tmp_path, a="1", b="1", c="1")
    (tmp_path / MANIFEST).unlink()

    assert ["foreign-file"] == codes(put(tmp_path, a="1", b="2"))
    assert {"shop/a": "1", "shop/b": "1", "shop/c": "1"} == found(tmp_path)


def test_a_place_that_is_no_folder_is_a_fault(tmp_path: Path) -> None:
    """With the path in the message, and no traceback."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(Fault, match=str(tmp_path / "out")):
        put(tmp_path / "out", a="1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_a_fault(tmp_path: Path) -> None:
    """With the reason of the system."""
    tmp_path.chmod(0o500)

    with pytest.raises(Fault, match="unwritable-output"):
        put(tmp_path / "out", a="1")


def test_a_system_without_files_to_write_is_a_fault() -> None:
    """Nobody can write into /proc, root neither."""
    with pytest.raises(Fault, match="unwritable-output"):
        put(Path("/proc/lookml-gen"), a="1")


def test_dry_writes_nothing_at_all(tmp_path: Path) -> None:
    """No file, no folder, no staging; but the fates are those of a real run."""
    written = put(tmp_path / "out", Terms(dry=True), a="1")

    assert ("shop/a",) == written.diff.of(Fate.ADDED)
    assert [] == list(tmp_path.iterdir())


def test_dry_touches_nothing_that_is_there(tmp_path: Path) -> None:
    """Neither where there is something to change and to remove."""
    put(tmp_path, a="1", b="1")
    before = marks(tmp_path)

    written = put(tmp_path, Terms(dry=True), a="2")

    assert (("shop/a",), ("shop/b",)) == (
        written.diff.of(Fate.CHANGED),
        written.diff.of(Fate.REMOVED),
    )
    assert before == marks(tmp_path)


def test_a_large_file_is_named(tmp_path: Path) -> None:
    """Written all the same."""
    assert ["large-file"] == codes(put(tmp_path, a="x" * (LARGE_FILE + 1)))


class Killed(BaseException):
    """Nobody catches it: as if the machine went off."""


@contextmanager
def killed_after(renames: int) -> Iterator[None]:
    """The run is killed before its next rename, so that it cannot even clean up."""
    rename, left = Path.replace, [renames]

    def replace(self: Path, target: Path) -> Path:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        patch.setattr(Path, "replace", replace)
        patch.setattr("generator.publish.disk.shutil.rmtree", lambda *_, **__: None)
        yield


@pytest.mark.parametrize("renames", range(6))
@pytest.mark.parametrize("again", [("same", "b2"), ("other", "b3")])
def test_a_killed_run_is_repaired_by_the_next(
    tmp_path: Path, renames: int, again: tuple[str, str]
) -> None:
    """Wherever it was killed, the next run knows which files are ours, and leaves none behind."""
    put(tmp_path, a="a1", b="b1", gone="1")
    with killed_after(renames):
        put(tmp_path, a="a2", b="b2", new="n2", short="s2")

    written = put(tmp_path, a="a2", b=again[1])

    assert [] == codes(written)
    assert {"shop/a": "a2", "shop/b": again[1]} == found(tmp_path)
    assert [MANIFEST] == [str(p.relative_to(tmp_path)) for p in tmp_path.glob(".lookml-gen/*")]


@pytest.mark.parametrize("first", range(6))
@pytest.mark.parametrize("second", range(6))
def test_two_killed_runs_are_repaired(tmp_path: Path, first: int, second: int) -> None:
    """The second does not forget what the first had written."""
    put(tmp_path, a="a1", b="b1")
    for renames, generation in ((first, "2"), (second, "3")):
        with killed_after(renames):
            put(tmp_path, a="a" + generation, b="b" + generation, **{"new" + generation: "n"})

    assert [] == codes(put(tmp_path, a="a4", b="b4"))
    assert {"shop/a": "a4", "shop/b": "b4"} == found(tmp_path)


def test_a_killed_run_does_not_look_intact(tmp_path: Path) -> None:
    """Even if all that was there before still is."""
    put(tmp_path, a="1")
    with killed_after(2):
        put(tmp_path, a="1", b="1")

    assert not is_intact(tmp_path, read_manifest(tmp_path).files)
    put(tmp_path, a="1")
    assert is_intact(tmp_path, read_manifest(tmp_path).files)
    assert {"shop/a": "1"} == found(tmp_path)


def test_an_edit_after_a_killed_run_is_still_an_edit(tmp_path: Path) -> None:
    """Only what the killed run itself wrote counts as ours."""
    put(tmp_path, a="a1", b="b1")
    with killed_after(2):
        put(tmp_path, a="a2", b="b2")
    (tmp_path / "shop/a").write_text("mine")

    assert ["edited-file"] == codes(put(tmp_path, a="a3", b="b3"))
    assert {"shop/a": "mine", "shop/b": "b3"} == found(tmp_path)


def test_an_interrupted_run_leaves_no_staging(tmp_path: Path) -> None:
    """Ctrl-C while texts are printed: what was laid ready is gone, nothing is changed."""

    def interrupted(artifact: Artifact) -> str:
        if artifact.path == "shop/b":
            raise KeyboardInterrupt
        return "1"

    artifacts = tree({"shop/a": "", "shop/b": ""}).artifacts
    with pytest.raises(KeyboardInterrupt):
        write(FileTree(artifacts, interrupted), tmp_path, Terms(), Stages())

    assert {} == found(tmp_path)
    assert not (tmp_path / ".lookml-gen/staging").exists()
