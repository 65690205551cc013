"""The real outside, where it cannot answer."""

from pathlib import Path

import pytest

from generator.diagnostics import Fault
from generator.facts.catalog import Catalog, Needs, RelationName
from generator.facts.conventions import Conventions
from generator.sources.monitoring import Watched
from generator.sources.outside import World

NEEDS = Needs.of([RelationName("p", "d", "t")])


def test_files_are_known(tmp_path: Path) -> None:
    """Whatever people write is part of the fingerprint, so that a change of it is seen."""
    names = ("namespaces.yaml", "apps.toml", "experiments.json", "rows.json")
    namespaces, *others = (tmp_path / name for name in names)
    world = World(namespaces, (), Conventions(), watched=Watched(*others))

    assert (namespaces, *others) == world.files


def test_no_warehouse() -> None:
    """Without a warehouse everything would look as if it had vanished, so that is a fault."""
    with pytest.raises(Fault) as stopped:
        World(Path("namespaces.yaml"), (), Conventions()).catalog(NEEDS)

    assert "no-warehouse" == stopped.value.diagnostic.code


def test_nothing_needed() -> None:
    """Who asks for nothing needs no warehouse."""
    assert Catalog() == World(Path("namespaces.yaml"), (), Conventions()).catalog(Needs())


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"shop: [", b"- a list", b"text"])
def test_unreadable_files(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, empty or wrong gives nothing, and one message with its place."""
    path = tmp_path / "namespaces.yaml"
    if content is not None:
        path.write_bytes(content)

    facts, misread = World(path, (), Conventions(), path, path).read()

    assert () == facts.namespaces
    assert {"unreadable-file", "malformed-file", "wrong-type"} >= {item.code for item in misread}
    assert str(path) == (misread[0].at and misread[0].at.path)
    assert all(item.hint for item in misread)
