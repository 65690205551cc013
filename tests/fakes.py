"""The outside as a folder of small YAML files. Pure readers: nothing is mocked.

`catalog.yaml` maps each relation to what a warehouse would say of it:

    shop.web.visits:
      kind: VIEW                            # TABLE unless said
      description: Visits of the shop
      reads_from: [shop.raw.visits]
      partitioning: {field: day, require_partition_filter: true}
      primary_key: [id]
      columns:
        id: INT64
        pages: {type: STRING, mode: REPEATED, description: Pages seen}
        os: {type: STRING, top_values: [[Windows, 10], [Mac, 7]]}
        geo:                                # a record
          fields: {country: STRING}
    shop.web.secret: {unread: access denied}
    shop.web.dear:                          # its columns are known, its values are not
      uncounted: the quota is used up
      columns: {os: STRING}

`projects.json` has rows of the projects table, `platforms.toml` apps, `experiments.json`
experiments, and `.lookml-gen/dropdowns.json` is what dropdowns offered last time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml

from generator import settings
from generator.diagnostics import Diagnostic
from generator.facts import Facts
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Mode,
    Needs,
    Partitioning,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.facts.conventions import Conventions
from generator.sources.metric_hub import Repository
from generator.sources.monitoring import Watched
from generator.sources.outside import World
from generator.sources.profiles import recorded
from generator.sources.remembered import Memory
from generator.sources.warehouse import Unread, gather

Answers = Mapping[RelationName, Relation | Unread]
"""What a warehouse knows, by name."""


@dataclass(frozen=True, slots=True)
class Recited:
    """An outside that says what it is given; of a catalog, only what is needed."""

    facts: Facts
    answers: Answers
    misread: tuple[Diagnostic, ...] = ()
    uncounted: Mapping[RelationName, str] = field(default_factory=dict)

    def read(self) -> tuple[Facts, tuple[Diagnostic, ...]]:
        """The facts."""
        return self.facts, self.misread

    def catalog(self, needs: Needs) -> Catalog:
        """The answers to `needs`, and those below."""
        fitting = [name for name in self.answers if any(p.matches(name) for p in needs.patterns)]
        return gather((*needs.names, *fitting), self.answers.get)

    def profiles(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The values that the answers have for the columns."""
        known = {need.relation: self.answers.get(need.relation) for need in needs}
        values = {
            need.relation: recorded(need, relation)
            for need in needs
            if isinstance(relation := known[need.relation], Relation)
            and need.relation not in self.uncounted
        }
        asked = {name: why for name, why in self.uncounted.items() if name in known}
        return Profiles({name: counts for name, counts in values.items() if counts}, asked)


def folder(path: Path) -> Recited:
    """The outside that a folder describes; what is not there is empty."""
    world = World(
        path / "namespaces.yaml",
        (),
        _conventions(path / "settings.toml"),
        _existing(path / "exclusions.yaml"),
        _existing(path / "columns.yaml"),
        (Repository(str(path / "metric-hub")),) if (path / "metric-hub").is_dir() else (),
        memory=Memory(path),
        watched=Watched(
            _existing(path / "platforms.toml"),
            _existing(path / "experiments.json"),
            _existing(path / "projects.json"),
        ),
    )
    catalog = _existing(path / "catalog.yaml")
    facts, misread = world.read()
    if catalog is None:
        return Recited(facts, {}, misread)
    return Recited(facts, answers(catalog), misread, dict(_uncounted(catalog)))


def answers(path: Path) -> Answers:
    """The relations of a catalog file."""
    return dict(_answer(name, entry) for name, entry in _written(path).items())


def _uncounted(path: Path) -> Iterator[tuple[RelationName, str]]:
    """Why the values of relations are unknown."""
    for name, entry in _written(path).items():
        if "uncounted" in entry:
            yield RelationName.parse(name), entry["uncounted"]


def _written(path: Path) -> Mapping[str, Any]:
    # every value a text, as people write it: `NO` and `2024` are names of columns, too
    written: Mapping[str, Any] = yaml.load(
        path.read_text(encoding="utf-8"),
        Loader=yaml.BaseLoader,  # noqa: S506
    )
    return written


def columns(entries: Mapping[str, Any]) -> Iterator[Column]:
    """Columns by name: a type, or keys; one with fields is a record."""
    for name, entry in entries.items():
        said: Mapping[str, Any] = {"type": entry} if isinstance(entry, str) else entry
        yield Column(
            name,
            DataType(said.get("type", "RECORD")),
            Mode(said.get("mode", "NULLABLE")),
            said.get("description"),
            tuple(columns(said.get("fields", {}))),
            _counts(said.get("top_values")),
        )


def _counts(rows: Sequence[Sequence[str]] | None) -> tuple[tuple[str, int], ...] | None:
    return None if rows is None else tuple((value, int(times)) for value, times in rows)


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _conventions(path: Path) -> Conventions:
    return settings.load(path, {}).conventions if path.is_file() else Conventions()


def _answer(text: str, entry: Mapping[str, Any]) -> tuple[RelationName, Relation | Unread]:
    name = RelationName.parse(text)
    if "unread" in entry:
        return name, Unread(entry["unread"])
    partitioning = entry.get("partitioning")
    return name, Relation(
        name,
        Kind(entry.get("kind", "TABLE")),
        tuple(columns(entry.get("columns", {}))),
        entry.get("description"),
        msgspec.convert(partitioning, Partitioning, strict=False) if partitioning else None,
        reads_from=tuple(map(RelationName.parse, entry.get("reads_from", ()))),
        primary_key=tuple(entry.get("primary_key", ())),
    )
