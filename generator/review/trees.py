"""Reads LookML trees from a folder, file by file; what is alike in two of them is read once."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.lookml.reader import MalformedError, read
from generator.review.items import Item, Items, of_dashboards, of_lookml
from generator.review.items import Path as ItemPath

SUFFIXES = (".lkml", ".lookml")
"""Files that hold LookML; what ends in the second is YAML."""


def texts_of(root: Path) -> dict[str, str]:
    """The LookML files of a folder by path, with `/`; bytes that are no UTF-8 are marked."""
    found = (path for path in sorted(root.rglob("*")) if path.suffix in SUFFIXES and path.is_file())
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in found
    }


def items_of(texts: Mapping[str, str]) -> tuple[Items, tuple[Diagnostic, ...]]:
    """The items of these files, and which files cannot be understood."""
    found: dict[ItemPath, Item] = {}
    noticed: list[Diagnostic] = []
    for file in sorted(texts):
        try:
            found.update(_items(file, texts[file]))
        except MalformedError as error:
            at = Location(file, error.line)
            noticed.append(diagnostic("malformed-file", at, format="LookML", reason=error))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            at = Location(file, mark.line + 1 if mark else None)
            reason = getattr(error, "problem", None) or "it cannot be read"
            noticed.append(diagnostic("malformed-file", at, format="YAML", reason=reason))
    return Items(found), tuple(noticed)


def _items(file: str, text: str) -> Iterator[tuple[ItemPath, Item]]:
    namespace = file.partition("/")[0]
    if file.endswith(".lkml"):
        return of_lookml(read(text), namespace, file)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return of_dashboards(yaml.load(text, Loader=loader), namespace, file)  # noqa: S506 - safe


def differing(
    old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The files of both trees without those that are the same in both."""
    same = {path for path in old.keys() & new.keys() if old[path] == new[path]}
    return _without(old, same), _without(new, same)


def _without(texts: Mapping[str, str], paths: set[str]) -> dict[str, str]:
    return {path: text for path, text in texts.items() if path not in paths}
