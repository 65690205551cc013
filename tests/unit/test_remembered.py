"""What dropdowns offered last time: written down, read again, and never lost for a bad day."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from generator.artifact import DROPDOWNS, MANIFEST, Dropdowns
from generator.builders.dropdowns import choices_of, dropdowns_of
from generator.diagnostics import Location
from generator.facts.catalog import Catalog, RelationName
from generator.facts.conventions import Conventions
from generator.facts.monitoring import Choice, Choices
from generator.facts.namespaces import NamespaceSpec
from generator.semantics.model import Namespace, Project
from generator.semantics.monitoring import (
    Monitored,
    MonitoringProject,
    MonitoringView,
    Segmentation,
)
from generator.sources.remembered import Memory

AT = Location("a.toml")
MAC = Choice("Mac", ("Mac", "Windows"))
ODD = Choice('-50%, "it\'s"\n', ("", "ä\\", '-50%, "it\'s"\n'))
CHOICES: Choices = {"start": {"os": MAC, "country": ODD}, "slow": {"os": MAC}}

texts = st.text(max_size=6)
choices = st.dictionaries(
    texts,
    st.dictionaries(
        texts,
        st.builds(Choice, texts, st.lists(texts, max_size=3).map(tuple)),
        min_size=1,
        max_size=3,
    ),
    max_size=3,
)


@given(choices)
def test_what_is_written_reads_back(written: Choices) -> None:
    """Whatever a value is called, and in one order."""
    text = Dropdowns(written).to_json()
    backwards = dict(reversed([(name, written[name]) for name in written]))

    assert written == Dropdowns.from_json(text).choices
    assert text == Dropdowns(backwards).to_json()
    json.loads(text)


def test_a_line_for_each_dimension() -> None:
    """So that a diff reads well."""
    assert (
        '{\n  "slow": {\n    "os": {"default": "Mac", "options": ["Mac", "Windows"]}\n  },\n'
        '  "start": {\n    "os": {"default": "Mac", "options": ["Mac", "Windows"]}\n  }\n}\n'
    ) == Dropdowns({"start": {"os": MAC}, "slow": {"os": MAC}}).to_json()


# what is written


def made(
    *projects: str, chosen: Choices | None = None, dimensions: tuple[str, ...] = ("os", "country")
) -> Project:
    """A project with these monitoring projects, and what was chosen for some of them."""
    shown = [
        MonitoringProject(
            name,
            name,
            name.title(),
            AT,
            RelationName("p", "d", name),
            dimensions=tuple(Segmentation(one, one.title()) for one in dimensions),
        )
        for name in projects
    ]
    chosen = chosen or {}
    views = tuple(
        MonitoringView("watch", one, choices=chosen[one.name])
        for one in shown
        if one.name in chosen
    )
    conventions = Conventions(monitoring_namespace="watch")
    namespace = Namespace(NamespaceSpec("watch", AT), views)
    monitored = Monitored(tuple(shown))
    return replace(Project((namespace,), Catalog(), conventions), monitored=monitored)


def written(project: Project, before: Choices, *only: str, whole: bool = True) -> Choices | None:
    """What the next run will know."""
    artifacts = list(
        dropdowns_of(project, choices_of(project, only), before, frozenset(only), whole=whole)
    )
    for artifact in artifacts:
        assert (DROPDOWNS, "dropdowns", "watch.dropdowns") == (
            artifact.path,
            artifact.kind,
            artifact.subject,
        )
        assert isinstance(artifact.content, Dropdowns)
        return artifact.content.choices
    return None


def test_the_new_choice_goes_before_the_old() -> None:
    """By project and dimension."""
    chosen = {"start": {"os": ODD}}

    assert {"start": {"os": ODD, "country": ODD}, "slow": {"os": MAC}} == (
        written(made("start", "slow", chosen=chosen), CHOICES)
    )


def test_what_is_asked_for_is_not_forgotten() -> None:
    """A project without a view today keeps its choices; what is gone is forgotten."""
    assert {"start": {"os": MAC}} == written(made("start", dimensions=("os",)), CHOICES)
    assert written(made("other"), CHOICES) is None
    assert written(made(), {}) is None


@pytest.mark.parametrize(("only", "whole"), [((), False), (("watch",), True), (("web",), True)])
def test_nothing_is_forgotten_of_what_was_not_read(only: tuple[str, ...], whole: bool) -> None:  # noqa: FBT001
    """Input that is broken, and a run about some namespaces, prove nothing gone."""
    assert CHOICES == written(made(), CHOICES, *only, whole=whole)


def test_a_run_about_others_learns_nothing() -> None:
    """Its dashboards are not written, so what they offer stays what was known."""
    project = made("start", chosen={"start": {"os": ODD}})

    assert CHOICES == written(project, CHOICES, "web")
    assert ODD == (written(project, CHOICES, "watch") or {})["start"]["os"]


# what is read


def leave(folder: Path, text: str = Dropdowns(CHOICES).to_json(), name: str = DROPDOWNS) -> Path:
    """A file in a project."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_nothing_to_remember(tmp_path: Path) -> None:
    """No folder, no file, no repository, or one without a commit: nothing is said either."""
    (tmp_path / "file").write_text("")
    _git(tmp_path / "empty", "init", "-q")
    for folder in ("gone", ".", "file"):
        assert ({}, ()) == Memory(tmp_path / folder).read()
        for repository in (tmp_path / "gone", tmp_path, tmp_path / "empty"):
            assert ({}, ()) == Memory(tmp_path / folder, at(repository)).read()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"\xff", b'{"a": 1}', b'{"a": {"os": {"default": "x"}}}'),
        b'{"a": {"os": {"default": 1, "options": []}}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_memory(tmp_path: Path, content: bytes) -> None:
    """A broken file is named; the run goes on and knows nothing."""
    path = leave(tmp_path)
    path.write_bytes(content)
    found, (said,) = Memory(tmp_path).read()

    assert {} == found
    assert ("forgotten-dropdowns", str(path)) == (said.code, said.at and said.at.path)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """It is there, so it is named; a folder is as bad."""
    (tmp_path / DROPDOWNS).mkdir(parents=True)

    assert "forgotten-dropdowns" == Memory(tmp_path).read()[1][0].code


def at(place: Path) -> Callable[[], Path]:
    """A repository that is there."""
    return lambda: place


def _git(folder: Path, *command: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    who = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *who, *command], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A repository with the file on the branch `out`; another one is checked out."""
    folder = tmp_path / "published"
    _git(folder, "init", "-q", "-b", "out")
    leave(folder)
    for command in (
        ("add", "-f", "."),
        ("commit", "-qm", "c"),
        ("checkout", "-q", "--orphan", "main"),
        ("rm", "-rfq", "."),
    ):
        _git(folder, *command)
    return folder


def test_a_fresh_folder_knows_what_was_published(published: Path, tmp_path: Path) -> None:
    """From the branch, checked out or not; of a bare clone, as it was last fetched."""
    bare = tmp_path / "bare"
    _git(bare, "init", "-q", "--bare")
    _git(bare, "fetch", "-q", str(published), "+refs/heads/*:refs/remotes/origin/*")

    for repository in (published, bare):
        assert (CHOICES, ()) == Memory(tmp_path / "fresh", at(repository), "out").read()
        assert ({}, ()) == Memory(tmp_path / "fresh", at(repository), "none").read()
        assert ({}, ()) == Memory(tmp_path / "fresh", at(repository), "--help").read()


def test_a_folder_in_use_knows_better(published: Path, tmp_path: Path) -> None:
    """Its own file counts; a run that left none had nothing to remember."""
    used = tmp_path / "used"
    leave(used, "{}\n", MANIFEST)
    assert ({}, ()) == Memory(used, at(published), "out").read()

    leave(used, Dropdowns({"own": {"os": MAC}}).to_json())
    assert {"own": {"os": MAC}} == Memory(used, at(published), "out").read()[0]
