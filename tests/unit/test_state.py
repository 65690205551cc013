"""The state: what a run leaves reads back, and anything else is as if there were none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from generator.artifact import Holds
from generator.builders.worth import Estimate
from generator.diagnostics import Fault, Location, diagnostic
from generator.facts.catalog import Catalog, Needs, ProfileNeed, Profiles
from generator.facts.conventions import Conventions
from generator.settings import Settings
from generator.sources.outside import World
from generator.state import State, facts_digest, fingerprint, forget, read_state, write_state

STATE = State(
    "f1",
    (
        diagnostic("unmatched-exclusion", Location("a.yaml", 3), "shop.views.ä", pattern="x"),
        diagnostic("unknown-namespace", name="x", nearest=""),
    ),
    Holds(frozenset({"p.d.t"}), frozenset({"shop", "web"}), frozenset({"shop"})),
    ("shop/a", "shop/b"),
    (),
    (Estimate("start", "rollup", 730), Estimate("start", "rollup_2", 730, 10, 20)),
)


def test_a_state_reads_back(tmp_path: Path) -> None:
    """Whole, in a folder that need not be there; forgotten, it is gone, twice too."""
    folder = tmp_path / "new/folder"
    write_state(folder, STATE)

    assert STATE == read_state(folder)
    assert ["state.json"] == [path.name for path in folder.iterdir()]
    forget(folder)
    forget(folder)
    assert read_state(folder) is None


@pytest.mark.parametrize(
    "text", ["", "{", "3", "[]", "{}", '{"holds": []}', '{"holds": {"x": []}}', "\x00"]
)
def test_what_is_no_state_is_none(tmp_path: Path, text: str) -> None:
    """A state of another make costs a full run, never a traceback."""
    (tmp_path / "state.json").write_text(text)

    assert read_state(tmp_path) is None


def test_a_state_that_cannot_be_left_is_a_fault(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Fault, match="unwritable-output"):
        write_state(tmp_path / "file", STATE)


@dataclass(frozen=True, slots=True)
class Told:
    """A warehouse that says how it is."""

    known: str | None
    url: str = "told:"

    def read(self, _: Needs) -> Catalog:
        """Nothing."""
        return Catalog()

    def profile(self, _: Sequence[ProfileNeed]) -> Profiles:
        """Nothing."""
        return Profiles()

    def fingerprint(self) -> str | None:
        """What it was told."""
        return self.known


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world of one file and one warehouse."""
    (tmp_path / "namespaces.yaml").write_text("shop: {}")
    return World(tmp_path / "namespaces.yaml", (Told("w1"),), Conventions())


def _printed(settings: Settings, world: World) -> str | None:
    return fingerprint(facts_digest(settings, world), world)


def test_the_same_input_has_the_same_fingerprint(world: World) -> None:
    """Asked twice."""
    assert _printed(Settings(), world) == _printed(Settings(), world)


CHANGES: dict[str, Callable[[World], tuple[Settings, World]]] = {
    "a setting": lambda world: (Settings(overwrite_edited=True), world),
    "only": lambda world: (Settings(only=("shop",)), world),
    "a convention": lambda world: (
        Settings(conventions=replace(Conventions(), acronyms=frozenset({"XYZ"}))),
        world,
    ),
    "the warehouse": lambda world: (Settings(), replace(world, warehouses=(Told("w2"),))),
    "another warehouse": lambda world: (Settings(), replace(world, warehouses=())),
    "the definitions": lambda world: (Settings(), _with_text(world, "web: {}")),
    "a further file": lambda world: (Settings(), replace(world, exclusions=world.namespaces)),
}


def _with_text(world: World, text: str) -> World:
    world.namespaces.write_text(text)
    return world


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_has_another_fingerprint(world: World, change: str) -> None:
    """Whatever the output follows from."""
    before = _printed(Settings(), world)

    assert before != _printed(*CHANGES[change](world))


def test_what_cannot_be_known_has_no_fingerprint(tmp_path: Path, world: World) -> None:
    """A warehouse that must be asked, a file that cannot be read."""
    assert _printed(Settings(), replace(world, warehouses=(Told(None),))) is None
    assert _printed(Settings(), replace(world, namespaces=tmp_path / "none")) is None
