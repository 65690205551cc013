"""Whatever people write and warehouses hold, a run ends well and gives the same for the same."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from generator.artifact import FileTree
from generator.facts.catalog import Relation
from generator.facts.conventions import Conventions
from generator.lookml import Document
from generator.pipeline import Build, generate
from generator.sources.outside import World
from generator.sources.warehouse import Unread
from tests import strategies
from tests.fakes import Answers, Recited
from tests.reading import reads_back

CHECKS = (
    *("duplicate-field", "duplicate-object", "dangling-field", "dangling-view"),
    *("dangling-include", "dangling-datagroup", "unparsable-sql"),
)
Item = TypeVar("Item")
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def run(written: Mapping[str, Any], answers: Answers, conventions: Conventions) -> Build:
    """A whole run over a namespaces file of this content."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "namespaces.yaml")
        text = yaml.dump(dict(written), Dumper=_DUMPER, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        facts, misread = World(path, (), conventions).read()
    return generate(Recited(facts, answers, misread))


def bytes_of(tree: FileTree) -> dict[str, str]:
    """Every path with its text."""
    return {path: tree[path] for path in tree}


@given(strategies.namespaces, strategies.catalogs, strategies.conventions)
@settings(max_examples=150)
def test_every_run_ends_well(
    written: Mapping[str, Any], answers: Answers, conventions: Conventions
) -> None:
    """Nothing is raised, nothing wrong is generated, all of it reads back, no two fields clash."""
    build = run(written, answers, conventions)

    assert [] == [str(found) for found in build.diagnostics if found.code in CHECKS]
    for path, artifact in build.tree.artifacts.items():
        assert reads_back(artifact, build.tree[path])
        if isinstance(artifact.content, Document):
            for view in artifact.content.views:
                names = list(view.names())
                assert sorted(set(names)) == sorted(names)


@given(
    strategies.namespaces,
    strategies.catalogs,
    strategies.conventions,
    st.randoms(use_true_random=False),
)
def test_order_is_nothing(
    written: Mapping[str, Any], answers: Answers, conventions: Conventions, random: Random
) -> None:
    """However the file, the columns and the warehouse's answers are ordered: the same bytes."""
    shuffled = run(_shuffled_entries(written, random), _shuffled(answers, random), conventions)

    assert bytes_of(run(written, answers, conventions).tree) == bytes_of(shuffled.tree)


def _in_some_order(items: Mapping[str, Item], random: Random) -> dict[str, Item]:
    return {key: items[key] for key in random.sample(list(items), len(items))}


def _shuffled_entries(written: Mapping[str, Any], random: Random) -> dict[str, Any]:
    """Namespaces, their keys, views, explores and fields; what is a list keeps its order."""
    return {
        name: {
            key: _in_some_order(entries, random) if isinstance(entries, dict) else entries
            for key, entries in _in_some_order(
                _with_shuffled_fields(namespace, random), random
            ).items()
        }
        for name, namespace in _in_some_order(written, random).items()
    }


def _with_shuffled_fields(namespace: Mapping[str, Any], random: Random) -> dict[str, Any]:
    views = {
        name: {
            key: _in_some_order(value, random) if isinstance(value, dict) else value
            for key, value in view.items()
        }
        for name, view in namespace["views"].items()
    }
    return {**namespace, "views": views}


def _shuffled(answers: Answers, random: Random) -> Answers:
    """The answers and their columns in some order."""
    names = random.sample(list(answers), len(answers))
    return {name: _with_shuffled_columns(answers[name], random) for name in names}


def _with_shuffled_columns(said: Relation | Unread, random: Random) -> Relation | Unread:
    if isinstance(said, Unread):
        return said
    return replace(said, columns=tuple(random.sample(said.columns, len(said.columns))))
