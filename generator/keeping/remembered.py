"""What is written down of removals, so that every later run says the same of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from msgspec.structs import replace

from generator.artifact import REMOVED, Artifact, File, Holds, Owned
from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.facts.removals import Removal, Removals
from generator.keeping.past import Past
from generator.publish.intact import Intact

_KIND, _SUBJECT = "removed", "lookml-gen.removed"


def past_of(standing: Intact, days: int, today: date) -> Past:
    """What is known of the past; a file of removals that is broken or edited says nothing.

    What is said to have gone tomorrow has gone today: nothing stays for longer than the days.
    """
    rows, reason = _read(standing)
    at = Location(f"{standing.place}/{REMOVED}")
    noticed = (diagnostic("forgotten-removals", at, reason=reason),) if reason else ()
    known = tuple(replace(row, since=min(row.since, today)) for row in rows)
    return Past(days, today, known, standing.files, standing.text, noticed)


def _read(standing: Intact) -> tuple[tuple[Removal, ...], str | None]:
    """The removals that are written down, and why they are not to be had."""
    text = standing.text(REMOVED)
    if text is None:
        return (), "it is not as we wrote it" if REMOVED in standing.files else None
    try:
        return Removals.from_json(text).rows, None
    except ValueError as error:
        return (), str(error)


def removed_of(
    made: Iterable[Removal], files: Iterable[File], past: Past, holds: Holds, only: Collection[str]
) -> Iterator[Artifact]:
    """The file, if there is anything to remember.

    Of a file that stays as it was published, because it could not be made anew or the run was about
    others, what was known stays known.
    """
    if not past.days:
        return
    subjects = {file.path: _subject(file) for file in files}
    old = (row for row in past.removals if _stays(row.path, subjects, past, holds))
    new = (row for row in made if not _stays(row.path, subjects, past, holds))
    rows = tuple(sorted((*old, *new), key=lambda row: row.key))
    if rows or (only and past.removals):
        yield Artifact(REMOVED, Removals(rows), _KIND, _SUBJECT)


def news_of(
    unkept: Iterable[Diagnostic], files: Iterable[File], past: Past, holds: Holds
) -> tuple[Diagnostic, ...]:
    """What is to be said of fields that cannot be kept; nothing, where the old file stays."""
    subjects = {file.path: _subject(file) for file in files}
    staying = {subject for path, subject in subjects.items() if _stays(path, subjects, past, holds)}
    return tuple(item for item in unkept if item.subject not in staying)


def _subject(file: File) -> str:
    return file.subject if isinstance(file, Artifact) else file.owned.subject


def _stays(path: str, subjects: Mapping[str, str], past: Past, holds: Holds) -> bool:
    """Whether a file stays as it is, whatever was made of it."""
    old = past.files.get(path)
    if path in subjects:
        made = Owned("", "", subjects[path])
        return old is not None and holds.withholds(made, old)
    return old is not None and holds.keeps(old)
