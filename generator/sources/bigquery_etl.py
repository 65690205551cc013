"""`bigquery-etl:DIR`: a tree `sql/<project>/<dataset>/<table>/{schema,metadata}.yaml`."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml
from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Location, fault
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
from generator.sources.records import MALFORMED, Scalar, label_of, names_of, text_of
from generator.sources.warehouse import Unread, gather

# The first file that a relation has, or has references for, says what it is.
_KINDS = {"view.sql": Kind.VIEW, "materialized_view.sql": Kind.MATERIALIZED_VIEW}
_FILES = ("schema.yaml", "metadata.yaml", "query.sql", *_KINDS)
_MALFORMED = (yaml.YAMLError, OSError, *MALFORMED)


class SchemaField(msgspec.Struct):
    """A field of `schema.yaml`. A key with nothing after it is null."""

    name: str
    type: str
    mode: str | None = None
    description: Scalar = None
    fields: tuple["SchemaField", ...] | None = None


class Schema(msgspec.Struct):
    """A `schema.yaml`; one that is a bare list has these fields, too."""

    fields: tuple[SchemaField, ...] | None = None


class Clustering(msgspec.Struct):
    """`bigquery.clustering`."""

    fields: tuple[str, ...] = ()


class Cut(msgspec.Struct):
    """`bigquery`: how the table is cut and sorted."""

    time_partitioning: Partitioning | None = None
    range_partitioning: Partitioning | None = None
    clustering: Clustering | None = None


class Metadata(msgspec.Struct):
    """What of a `metadata.yaml` we use; `references` are by the file that reads them."""

    friendly_name: Scalar = None
    description: Scalar = None
    owners: tuple[object, ...] | None = None
    labels: dict[str, object] | None = None
    references: dict[str, tuple[str, ...]] | None = None
    bigquery: Cut | None = None


Shape = TypeVar("Shape", Schema, Metadata)


class BigQueryETL(Struct, frozen=True, dict=True):
    """A checkout of bigquery-etl. Only the folders of relations that are asked for are read."""

    url: str
    path: Path

    def read(self, needs: Needs) -> Catalog:
        """The relations among `needs` that have a folder, and what they read from, to any depth.

        One without a `schema.yaml` has no columns, but is known: it tells what it reads from.
        """
        names, unread = list(needs.names), {}
        for pattern in needs.patterns:
            try:
                names += self._matches(pattern)
            except OSError as error:
                unread[pattern] = f"{pattern.project}/{pattern.dataset}: {error.strerror}"
        found = gather(names, self._look)
        return Catalog(found.relations, {**found.unread, **unread})

    def profile(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """Nothing: the tree has no rows."""
        del needs
        return Profiles()

    def fingerprint(self) -> str:
        """A digest over path, size and time of each file; reading them all costs seconds."""
        digest = blake2b(digest_size=20)
        for path in sorted(self._root.glob("*/*/*/*")):
            if path.name in _FILES:
                stat = path.stat() if path.exists() else path.lstat()
                place = path.relative_to(self._root)
                digest.update(f"{place}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    @cached_property
    def _root(self) -> Path:
        if not self.path.is_dir():
            reason = "it is no folder" if self.path.exists() else "there is no such folder"
            raise fault("unreadable-file", Location(str(self.path)), reason=reason)
        below = self.path / "sql"
        return (below if below.is_dir() else self.path).resolve()

    def _matches(self, pattern: RelationName) -> list[RelationName]:
        folder = self._root / pattern.project / pattern.dataset
        tables = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        prefix = f"{pattern.project}.{pattern.dataset}"
        names = names_of(f"{prefix}.{table}" for table in tables)
        return [name for name in names if pattern.matches(name)]

    def _look(self, name: RelationName) -> Relation | Unread | None:
        try:
            return self._read_folder(name)
        except OSError as error:
            return Unread(f"{'/'.join(name)}: {error.strerror}")
        except ValueError as error:
            return Unread(f"{'/'.join(name)}/{error}")

    def _read_folder(self, name: RelationName) -> Relation | None:
        folder = self._root.joinpath(*name)
        files = {file: folder / file for file in _FILES if (folder / file).is_file()}
        for file, path in files.items():
            if not path.resolve().is_relative_to(self._root):
                raise ValueError(f"{file}: it is a link that leads out of {self.path}")
        return _read_relation(name, files) if files else None


def _read_relation(name: RelationName, files: Mapping[str, Path]) -> Relation:
    metadata = _read_yaml(files.get("metadata.yaml"), Metadata)
    schema = _read_yaml(files.get("schema.yaml"), Schema)
    references = metadata.references or {}
    cut = metadata.bigquery or Cut()
    return Relation(
        name=name,
        kind=_kind_of({*files, *references}),
        columns=_columns(schema.fields),
        description=text_of(metadata.description or metadata.friendly_name),
        partitioning=_partitioning(cut),
        clustering=cut.clustering.fields if cut.clustering else (),
        reads_from=tuple(names_of(sorted({text for file in references.values() for text in file}))),
        labels={key: label_of(value) for key, value in (metadata.labels or {}).items()},
        owners=tuple(map(str, metadata.owners or ())),
    )


def _kind_of(files: Iterable[str]) -> Kind:
    known = set(files)
    return next((kind for file, kind in _KINDS.items() if file in known), Kind.TABLE)


def _partitioning(cut: Cut) -> Partitioning | None:
    ranged = cut.range_partitioning
    return cut.time_partitioning or (ranged and replace(ranged, kind="range"))


def _columns(fields: Iterable[SchemaField] | None) -> tuple[Column, ...]:
    return tuple(
        Column(
            field.name,
            DataType(field.type),
            Mode((field.mode or Mode.NULLABLE).upper()),
            text_of(field.description),
            _columns(field.fields),
        )
        for field in fields or ()
    )


def _read_yaml(path: Path | None, shape: type[Shape]) -> Shape:
    """The file, checked; none and an empty one say nothing. Raises ValueError with the reason."""
    if path is None:
        return shape()
    try:
        with path.open("rb") as file:
            written = yaml.load(file, Loader=yaml.CSafeLoader)
        listed = {"fields": written} if isinstance(written, list) else written
        return msgspec.convert(listed or {}, shape)
    except _MALFORMED as error:
        # YAML draws a picture of the place; a reason has one line.
        raise ValueError(f"{path.name}: {' '.join(str(error).split())}") from None
