"""Reviews of a run: what is published, or stands in a folder, against what would be built now."""

import os
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from generator.artifact import Artifact, Owned, blob_id
from generator.diagnostics import Diagnostic, Location, diagnostic, fault
from generator.publish.git import Offer
from generator.publish.locks import writing
from generator.publish.published import Published, in_folder, on_branch
from generator.publish.tree import Terms
from generator.review.machine import as_json
from generator.review.markdown import as_markdown
from generator.review.reviewed import Review, review
from generator.review.spokes import Broken
from generator.review.text import as_text
from generator.review.trees import Texts, is_lookml
from generator.run import build, target_of
from generator.settings import Settings
from generator.sources.folders import texts_of
from generator.stages import Stages

_FORMATS = {".md": "markdown", ".json": "json"}


class Compared(Struct, frozen=True):
    """A review, and what was noticed while building what it is about."""

    review: Review
    diagnostics: tuple[Diagnostic, ...] = ()


def compare(
    settings: Settings,
    old: Path | None,
    new: Path | None,
    stages: Stages,
    today: date | None = None,
) -> Compared:
    """The review of what stands in `old`, or is published, against `new`, or what would be built.

    Raises Fault if one of them cannot be read.
    """
    spokes = spokes_of(settings)
    if old is not None and new is not None:
        found = review(_folder(old), _folder(new), spokes)
        return Compared(_only(found, settings.only))
    standing = in_folder(old, _folder(old)) if old else _published(settings)
    made, texts, diagnostics, terms = _built(settings, stages, today)
    with stages.stage("review"):
        if old is not None and not standing.manifest.files:
            after: Texts = texts  # nothing says which of its files are ours: it is all of them
        else:
            after = standing.with_run(made, texts.__getitem__, terms)
        found = review(standing.texts, after, spokes)
    return Compared(_only(found, settings.only), diagnostics)


def _built(
    settings: Settings, stages: Stages, today: date | None
) -> tuple[dict[str, Owned], dict[str, str], tuple[Diagnostic, ...], Terms]:
    """What would be made now, and its texts, so far as they are LookML."""
    built = build(settings, stages, today)
    wanted = [path for path in built.tree if is_lookml(path)]
    texts = {path: built.tree[path] for path in stages.each("print", wanted)}
    made = {path: _owned(built.tree.artifacts[path], texts[path]) for path in texts}
    return made, texts, built.diagnostics, Terms(built.holds, settings.overwrite_edited)


def _owned(artifact: Artifact, text: str) -> Owned:
    needs = tuple(map(str, artifact.needs))
    return Owned(blob_id(text.encode()), artifact.kind, artifact.subject, needs)


def _folder(root: Path) -> dict[str, str]:
    if not root.is_dir():
        raise fault("unreadable-file", Location(str(root)), reason="there is no such folder")
    return texts_of(root)


def _published(settings: Settings) -> Published:
    """What is on the publish branch; without a repository, what the last run wrote."""
    clones = settings.state / "clones"
    found = on_branch(target_of(settings), settings.lookml, clones, is_lookml)
    if found is not None:
        return found
    texts = texts_of(settings.lookml) if settings.lookml.is_dir() else {}
    return in_folder(settings.lookml, texts)


def spokes_of(settings: Settings) -> dict[str, Texts]:
    """The files of each spoke, by its folder as it was named."""
    return {name: _folder(Path(name)) for name in settings.spokes}


def _only(found: Review, namespaces: Iterable[str]) -> Review:
    """Of these namespaces alone, if some are named."""
    names = frozenset(namespaces)
    if not names:
        return found
    return replace(found, changes=tuple(c for c in found.changes if c.namespace in names))


def broken_by(settings: Settings, offer: Offer) -> Broken:
    """What it would break in the spokes to publish what a run has written."""
    standing = _published(settings)
    made = {path: owned for path, owned in offer.made.items() if is_lookml(path)}
    after = standing.with_run(made, lambda path: _read(offer.folder / path), offer.terms)
    return review(standing.texts, after, spokes_of(settings)).spokes


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def complaints(broken: Broken, *, required: bool) -> tuple[Diagnostic, ...]:
    """What is broken, said as diagnostics; if no spoke may break, that nothing is published."""
    told = tuple(
        diagnostic("broken-spoke", item.at, kind=item.kind, name=item.label, fate=item.fate)
        for item in broken.new
    )
    if not (told and required):
        return told
    return (*told, diagnostic("spokes-not-intact", count=len(told)))


def printed(found: Review, form: str) -> str:
    """The review in a format; colours only for a terminal."""
    if form == "json":
        return as_json(found)
    if form == "markdown":
        return as_markdown(found).rstrip("\n")
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")  # https://no-color.org
    return "\n".join(as_text(found, colour=colour))


def write_review(found: Review, file: Path) -> None:
    """Write it, in the format that the suffix of the file says."""
    form = _FORMATS.get(file.suffix, "text")
    text = "\n".join(as_text(found)) if form == "text" else printed(found, form)
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
