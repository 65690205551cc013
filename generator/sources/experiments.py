"""Reads the list of experiments: JSON, in our words or those of an experiments API."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from generator.diagnostics import Diagnostic, Location
from generator.facts.monitoring import Experiment
from generator.sources.json_records import (
    Make,
    Record,
    bad_record,
    day,
    read_each,
    shaped,
    slug_of,
)

EXPERIMENTS = "experiments"
"""What is unread if the file is."""

_ALIASES = {
    "app_name": "app",
    "appName": "app",
    "startDate": "start_date",
    "endDate": "end_date",
    "referenceBranch": "reference_branch",
    "isRollout": "is_rollout",
    "userFacingName": "name",
}


class _Branch(msgspec.Struct):
    slug: str


class _Record(msgspec.Struct):
    """An experiment as written. An API says much more, which is not our concern."""

    slug: str
    name: str | None = None
    app: str | None = None
    channel: str | None = None
    branches: list[str | _Branch] | None = None
    reference_branch: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    is_rollout: bool | None = None


def read_experiments(path: Path) -> Iterator[Experiment | str | Diagnostic]:
    """The experiments in their order; texts name what could not be read, as in `Monitoring`."""
    return read_each(path, EXPERIMENTS, _maker)


def _maker(records: tuple[Record, ...]) -> Make:
    counts = Counter(slug_of(record) for record, _ in records)

    def make(record: object, at: Location) -> Iterator[Experiment]:
        _check_once(slug_of(record), counts, at)
        yield _experiment(record, at)

    return make


def _check_once(slug: str | None, counts: Counter[str | None], at: Location) -> None:
    """Raises Fault for a slug that several have: nobody says which one counts."""
    if slug is not None and counts[slug] > 1:
        raise bad_record({"slug": slug}, at, f"{counts[slug]} records have this slug")


def _experiment(record: object, at: Location) -> Experiment:
    if not isinstance(record, dict) or slug_of(record) is None:
        raise bad_record(record, at, "it has no `slug`")
    named = {_ALIASES.get(str(key), str(key)): value for key, value in record.items()}
    made = shaped({**named, **_own(record)}, _Record, at)
    try:
        start, end = day(made.start_date), day(made.end_date)
    except ValueError as error:
        raise bad_record(record, at, str(error)) from None
    return Experiment(
        made.slug,
        at,
        made.name or None,
        made.app or None,
        made.channel or None,
        tuple(_slugs(made.branches or ())),
        made.reference_branch or None,
        start,
        end,
        is_rollout=bool(made.is_rollout),
    )


def _own(record: dict[object, object]) -> dict[str, object]:
    """The keys in our words: they stand over those of an API."""
    return {str(key): record[key] for key in _Record.__struct_fields__ if key in record}


def _slugs(branches: Iterable[str | _Branch]) -> Iterator[str]:
    return (branch if isinstance(branch, str) else branch.slug for branch in branches)
