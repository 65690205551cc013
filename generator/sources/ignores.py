"""Reads comments that ignore findings, in YAML and TOML alike: behind an entry, or above it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from generator.diagnostics import Location
from generator.facts.ignores import Ignore
from generator.sources.metric_hub_git import clone_of, is_address

_COMMENT = re.compile(r"#\s*lookml-gen:\s*ignore\b[ \t]*(?P<code>[\w-]*)[ \t:]*(?P<reason>[^\n]*)")
_MARK = "lookml-gen:"


def ignores_of(path: str, text: str) -> Iterator[Ignore]:
    r"""The comments of a file. One in a line of its own speaks of the next that is no comment.

    >>> [(found.code, found.reason, found.line) for found in ignores_of("a.yaml", "a: 1\n"
    ...     "# lookml-gen: ignore fan-out one row per day\n# and client\nb: 2\n")]
    [('fan-out', 'one row per day', 4)]
    """
    if _MARK not in text:
        return
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        found = _COMMENT.search(line)
        if found:
            alone = not line[: found.start()].strip()
            target = _below(lines, number) if alone else number
            reason = found["reason"].strip()
            yield Ignore(found["code"], reason, Location(path, number), target)


def _below(lines: list[str], number: int) -> int:
    """The first line behind a line that is no comment."""
    while number < len(lines) and lines[number].lstrip().startswith("#"):
        number += 1
    return number + 1


def read_ignores(files: Iterable[tuple[str, Path]]) -> tuple[Ignore, ...]:
    """The comments of files, each under the name that messages have for it."""
    found: list[Ignore] = []
    for shown, path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # whoever needs the file says so
        found.extend(ignores_of(shown, text))
    return tuple(found)


def definition_files(
    named: Iterable[str | None], hubs: Iterable[str], clones: Path
) -> Iterator[tuple[str, Path]]:
    """The files in which people define things: those named, and all TOML of the repositories."""
    for name in named:
        if name:
            yield str(Path(name)), Path(name)
    for hub in hubs:
        place, origin = clone_of(hub, clones) if is_address(hub) else (Path(hub), hub)
        for path in sorted(place.rglob("*.toml")):
            yield f"{origin}/{path.relative_to(place).as_posix()}", path
