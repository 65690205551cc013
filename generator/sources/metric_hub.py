"""Reads metric-hub repositories: definitions for all tools, and the folder of each tool."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault, nearest, split
from generator.facts.metric_hub import Collection, Definitions, FileKind, Folder
from generator.sources.metric_hub_entries import read_entries
from generator.sources.metric_hub_git import checkout, is_address
from generator.sources.toml import Toml, read_toml

TOOLS = ("looker", "opmon", "jetstream")
"""The tools that may have a folder of their own; each sees the definitions its own way."""

FUNCTIONS = "functions"
"""The file of functions is no platform."""

_PLACES: Mapping[str, FileKind] = {
    "definitions/*.toml": FileKind.DEFINITIONS,
    "defaults/*.toml": FileKind.DEFAULTS,
    "outcomes/*/*.toml": FileKind.OUTCOME,
    "*.toml": FileKind.PROJECT,
    "featmon/*.toml": FileKind.FEATURES,
}
_COMMENT = re.compile("#.*")
_MENTION = re.compile(
    r"""\bdata_source[ \t]*=[ \t]*["']([^"'\n]+)["']|\bjoins[ \t]*\.[ \t]*["']?([\w-]+)"""
)
_NOT_OURS = frozenset({"pyproject.toml"})
_FEATURE_TYPES = frozenset({"metrics", "events_stream", "event_stream", "clients_daily"})


class Repository(Struct, frozen=True):
    """Where definitions are: a folder, or the address of a git repository, `@ref` behind it.

    A private one must name the dataset of each of its experiments.
    """

    address: str
    is_private: bool = False


def read_metric_hubs(
    repositories: Iterable[Repository], tools: Iterable[str] = TOOLS, cache: Path | None = None
) -> Iterator[Collection | Diagnostic]:
    """The repositories in their order, and what is wrong with parts of them.

    `tools` are those whose folders are wanted, `cache` is the folder that keeps clones. If one of
    them cannot be had, there are none: another may define the same, and mean less by it.
    """
    made: list[Collection] = []
    is_whole = True
    for repository in repositories:
        try:
            for item in _collection(repository, tuple(tools), cache):
                if isinstance(item, Diagnostic):
                    yield item
                else:
                    made.append(item)
        except Fault as lost:
            is_whole = False
            yield replace(lost.diagnostic, subject="")  # whatever came of any of them stays
    yield from made if is_whole else ()


def _collection(
    repository: Repository, tools: tuple[str, ...], cache: Path | None
) -> Iterator[Collection | Diagnostic]:
    place, origin = Path(repository.address), repository.address
    if is_address(repository.address):
        place, origin = checkout(repository.address, cache)
    if not place.is_dir():
        raise fault("unreadable-file", Location(origin), reason="there is no such folder")
    folders: dict[str, Folder] = {}
    for name in ("", *tools):
        found, noticed = split(_folder(place / name, place, f"{origin}/{name}".rstrip("/")))
        yield from noticed
        folders[name] = found[0]
    root = folders.pop("")
    if not root.files and not any(folder.files for folder in folders.values()):
        raise fault("no-definitions", Location(origin))
    kept = {
        name: folder
        for name, folder in folders.items()
        if folder.files or folder.unread or folder.lacks
    }
    yield Collection(origin, root, kept, repository.is_private, _mentioned(place))


def _mentioned(place: Path) -> tuple[str, ...]:
    """The data sources that the files of tools name, by their text alone.

    Experiments by the hundred stand on the definitions, and nothing else of them is of use here.
    """
    found: set[str] = set()
    root = place.resolve()
    for folder in (place / tool for tool in TOOLS):
        if not folder.resolve().is_relative_to(root):
            continue
        for path in folder.rglob("*.toml"):  # which enters no folder by a link
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                continue
            with suppress(OSError):
                text = path.read_text(encoding="utf-8", errors="replace")
                bare = _COMMENT.sub("", text)
                found.update(name for pair in _MENTION.findall(bare) for name in pair)
    return tuple(sorted(found - {""}))


def _folder(place: Path, top: Path, origin: str) -> Iterator[Folder | Diagnostic]:
    """The files of a folder, and at the end the folder itself."""
    files: list[Definitions] = []
    unread: list[str] = []
    lacks: list[tuple[FileKind, str]] = []
    for pattern, kind in _PLACES.items():
        for path in sorted(place.glob(pattern)):
            if path.name in _NOT_OURS:
                continue
            made, noticed = split(_file(path, top, origin, kind))
            yield from noticed
            files.extend(made)
            if not made and kind is FileKind.DEFINITIONS:
                unread.append(path.stem)
            elif not made:
                lacks.append((kind, path.stem))
    yield Folder(origin, tuple(files), tuple(unread), tuple(lacks))


def _file(path: Path, top: Path, origin: str, kind: FileKind) -> Iterator[Definitions | Diagnostic]:
    """One file. A link out of the repository is not followed."""
    depth = 1 if kind is FileKind.PROJECT else 3 if kind is FileKind.OUTCOME else 2
    shown = "/".join((origin, *path.parts[-depth:]))
    try:
        if not path.resolve().is_relative_to(top.resolve()):
            raise fault("unreadable-file", Location(shown), path.stem, reason="it leads outside")
        file = read_toml(path, shown)
        if kind is FileKind.FEATURES:
            yield from _features(file)
        else:
            yield from read_entries(file, kind, _platform(path, kind))
    except Fault as found:
        yield found.diagnostic


def _platform(path: Path, kind: FileKind) -> str | None:
    """The platform of a file, where its path says it."""
    if kind is FileKind.OUTCOME:
        return path.parent.name
    is_other = kind is FileKind.PROJECT or path.stem == FUNCTIONS
    return None if is_other else path.stem


_FEATMON = frozenset({"data_sources", "features"})
_FEATMON_SOURCE = frozenset({"table_name", "type", "analysis_unit_id", "dimensions"})
_FEATMON_FEATURE = frozenset({"slug", "metrics_by_source", "ratios"})


def _features(file: Toml) -> Iterator[Definitions | Diagnostic]:
    """A file of feature monitoring, as it is written."""
    for key, table in file.entries():
        if key not in _FEATMON:
            hint = nearest(key, _FEATMON)
            raise fault("unknown-key", table.at, file.source.name, key=key, nearest=hint)
        known = _FEATMON_SOURCE if key == "data_sources" else _FEATMON_FEATURE
        for _, entry in table.entries():
            yield from _feature_keys(entry, known)
    name = file.source.name
    yield Definitions(name, FileKind.FEATURES, file.at, name, rest=file.table())


def _feature_keys(entry: Toml, known: frozenset[str]) -> Iterator[Diagnostic]:
    keys = dict(entry.entries())
    for key, value in keys.items():
        if key not in known:
            hint = nearest(key, known)
            yield diagnostic("unknown-key", value.at, entry.subject, key=key, nearest=hint)
    if "table_name" in known and "table_name" not in keys:
        raise fault("incomplete-definition", entry.at, entry.subject, key="table_name")
    if "type" in keys and known is _FEATMON_SOURCE:
        written = keys["type"].text()
        if written not in _FEATURE_TYPES:
            raise fault(
                "bad-choice",
                keys["type"].at,
                entry.subject,
                key="type",
                value=written,
                nearest=nearest(written, _FEATURE_TYPES),
            )
