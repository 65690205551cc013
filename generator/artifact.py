"""What a run makes: artifacts, and the manifest of the files we own."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from hashlib import sha1
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct, field
from msgspec.structs import asdict

from generator import dbt
from generator.diagnostics import Location
from generator.facts.catalog import RelationName
from generator.facts.monitoring import Choice, Choices
from generator.facts.namespaces import Plain
from generator.facts.removals import Removals
from generator.lookml.dashboards import Dashboard
from generator.lookml.objects import Document


class Listing(Struct, frozen=True):
    """A YAML file that lists what was generated."""

    content: dict[str, Plain]


class Schedule(Struct, frozen=True):
    """The statements of a project, for a scheduler."""

    content: dict[str, Plain]

    def to_json(self) -> str:
        """As a person would read it, too."""
        return json.dumps(self.content, indent=2, ensure_ascii=False) + "\n"


class Dropdowns(Struct, frozen=True):
    """What the dropdowns of dashboards offer, for the next run to know."""

    choices: Choices

    def to_json(self) -> str:
        """A line per project and dimension, by name, so that a diff tells what moved."""
        blocks = (_block(name, self.choices[name]) for name in sorted(self.choices))
        return "{" + ",".join(blocks) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> "Dropdowns":
        """The choices that a text holds. Raises ValueError if it holds none."""
        try:
            return cls(msgspec.json.decode(text, type=dict[str, dict[str, Choice]]))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise ValueError(str(error)) from None


def _block(project: str, choices: Mapping[str, Choice]) -> str:
    said = ((name, msgspec.to_builtins(choices[name])) for name in sorted(choices))
    lines = (f"\n    {_json(name)}: {_json(choice)}" for name, choice in said)
    return f"\n  {_json(project)}: {{{','.join(lines)}\n  }}"


Content: TypeAlias = Document | Dashboard | Listing | Schedule | Dropdowns | Removals | dbt.File
"""Everything that can be emitted."""

MANIFEST = ".lookml-gen/manifest.json"
"""Where the manifest lies in a project."""

DROPDOWNS = ".lookml-gen/dropdowns.json"
"""Where a LookML project has what its dropdowns offer."""

REMOVED = ".lookml-gen/removed.json"
"""Where it has the fields that were removed and are kept for a while."""


class Artifact(Struct, frozen=True):
    """One file: its path with `/`, who asked for it, and the relations it stands on."""

    path: str
    content: Content
    kind: str
    subject: str
    at: Location | None = None
    needs: tuple[RelationName, ...] = ()


class Owned(Struct, frozen=True):
    """What the manifest says of a file: the id of its content, its kind, needs and subject."""

    id: str
    kind: str
    subject: str
    needs: tuple[str, ...] = ()


class Printed(Struct, frozen=True):
    """A file whose text is on the disk already: at `place`, to be brought to its path.

    Without a place it stands at its path as it is to be.
    """

    path: str
    owned: Owned
    size: int
    at: Location | None = None
    place: Path | None = None


File: TypeAlias = Artifact | Printed
"""A file of a run: its text is still to be printed, or it is printed."""


@dataclasses.dataclass(frozen=True, slots=True)  # a `Struct` can be no `Mapping`
class FileTree(Mapping[str, str]):
    """The files that a run makes: path → text. A text is printed when it is asked for, not kept.

    Of those that are `printed` there is no text to ask for; none of them is an artifact, too.
    """

    artifacts: Mapping[str, Artifact]
    printer: Callable[[Artifact], str]
    printed: Mapping[str, Printed] = dataclasses.field(default_factory=dict)

    def __getitem__(self, path: str) -> str:
        return self.printer(self.artifacts[path])

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self.artifacts, *self.printed}) if self.printed else self.artifacts)

    def __len__(self) -> int:
        return len(self.artifacts) + len(self.printed)


class Holds(Struct, frozen=True):
    """What the files of an earlier run keep standing for, though this run did not make them."""

    relations: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    """If not empty: the only namespaces of this run; whatever lies outside them stays."""
    unproved: frozenset[str] = frozenset()
    """Requests whose relation nobody holds: is it gone, or only misspelt?"""
    vanished: frozenset[str] = frozenset()
    """The relations that nobody holds. What stood on one of them goes."""

    def keeps(self, owned: Owned) -> bool:
        """Whether a file stays: it needs what was unread, or its request failed.

        A subject covers what lies below it, and its `*` what a pattern stood for.
        """
        if not self.relations.isdisjoint(owned.needs) or self.is_outside(owned):
            return True
        if any(_covers(self.subjects, subject) for subject in _above(owned.subject)):
            return True
        misspelt = any(_covers(self.unproved, subject) for subject in _above(owned.subject))
        return misspelt and self.vanished.isdisjoint(owned.needs)

    def withholds(self, made: Owned, old: Owned) -> bool:
        """Whether what was made is not whole, so that it does not replace what is published.

        Its request failed in part; or something could not be read that the old one stands on.
        """
        return made.subject in self.subjects or not self.relations.isdisjoint(old.needs)

    def is_outside(self, owned: Owned) -> bool:
        """Whether a file lies outside what this run was about."""
        return bool(self.outside) and owned.subject.partition(".")[0] not in self.outside


def _above(subject: str) -> Iterator[str]:
    """The subject and those that it lies below."""
    parts = subject.split(".")
    return (".".join(parts[:length]) for length in range(len(parts) + 1))


def _covers(held: frozenset[str], subject: str) -> bool:
    if subject in held:
        return True
    return any(fnmatchcase(subject, pattern) for pattern in held if "*" in pattern)


class Manifest(Struct, frozen=True):
    """The files that are ours, by path."""

    files: Mapping[str, Owned] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line per file, by path, so that a diff of manifests reads like a list of files."""
        rows = (f"  {json.dumps(path)}: {_row(self.files[path])}" for path in sorted(self.files))
        return "{\n" + ",\n".join(rows) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The manifest that a text holds. Raises ValueError if it is none."""
        try:
            rows = json.loads(text)
            return cls(
                {path: Owned(**{**row, "needs": tuple(row["needs"])}) for path, row in rows.items()}
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is not a manifest: {error}") from None


def blob_id(content: bytes) -> str:
    """The id that git gives to a file's content, so that a repository can be compared unread."""
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _row(owned: Owned) -> str:
    return _json(asdict(owned))


def _json(value: object) -> str:
    return json.dumps(value, separators=(", ", ": "), ensure_ascii=False)


def by_path(artifacts: Iterable[Artifact]) -> dict[str, Artifact]:
    """The artifacts by path, sorted."""
    return {artifact.path: artifact for artifact in sorted(artifacts, key=lambda a: a.path)}
