"""What is to be computed: which days of which projects, in which order."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from generator.diagnostics import Fault, Location, fault, nearest
from generator.semantics.monitoring import Study

_DAY = timedelta(days=1)


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"

    def pieces(self, days: int) -> Iterator["Span"]:
        """The same days in pieces of so many at most, the earliest first.

        >>> span = Span(date(2026, 6, 1), date(2026, 6, 5))
        >>> [str(piece) for piece in span.pieces(2)]
        ['2026-06-01 to 2026-06-02', '2026-06-03 to 2026-06-04', '2026-06-05']
        """
        first = self.first
        while first <= self.last:
            last = min(first + timedelta(days=days - 1), self.last)
            yield Span(first, last)
            first = last + _DAY

    def meets(self, start: date, end: date | None) -> bool:
        """Whether one of its days is among those from `start` to `end`; no end is never."""
        return start <= self.last and (end is None or end >= self.first)


class Watched(NamedTuple):
    """A project to be computed: its slug, its name in dbt, and the days it is watched."""

    slug: str
    name: str
    start: date
    end: date | None = None

    @classmethod
    def of(cls, study: Study) -> "Watched":
        """The project of a study."""
        return cls(study.project.slug, study.project.name, study.start, study.end)


class Step(Struct, frozen=True):
    """One call of dbt: some days of some projects."""

    span: Span
    projects: tuple[Watched, ...]
    rest: bool = False
    """Whether it is about all that belongs to no project."""


class Asked(Struct, frozen=True):
    """What a person asks for, as written; nothing said means yesterday, and every project."""

    date: str | None = None
    first: str | None = None
    last: str | None = None
    slugs: tuple[str, ...] = ()
    rest: bool = False


def yesterday() -> date:
    """The last day that is over everywhere the warehouse counts, which is in UTC."""
    return datetime.now(UTC).date() - _DAY


def span_of(asked: Asked, today: date) -> Span:
    """The days that are asked for; `today` is the last one where none is said.

    Raises Fault if the days contradict each other or one is no day.
    """
    said = {"--date": asked.date, "--from": asked.first, "--to": asked.last}
    days = {option: _day(option, text) for option, text in said.items() if text is not None}
    if "--date" in days and len(days) > 1:
        raise _wrong("--date", str(asked.date), "it goes without --from and --to")
    if "--to" in days and "--from" not in days:
        raise _wrong("--to", str(asked.last), "say with --from where it begins")
    last = days.get("--date") or days.get("--to") or today
    first = days.get("--from", last)
    if first > last:
        raise _wrong("--from", str(first), f"it is after {last}, where it would end")
    return Span(first, last)


def _day(option: str, text: str) -> date:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if str(day) == text:  # Python reads `20260601` and `2026-W23-1` as days, too
            return day
    raise _wrong(option, text, "write a day as 2026-06-01")


def _wrong(option: str, text: str, hint: str) -> Fault:
    return fault("bad-choice", Location("lookml-gen etl"), key=option, value=text, nearest=hint)


def chosen(known: Iterable[Watched], slugs: tuple[str, ...]) -> tuple[Watched, ...]:
    """The projects of these slugs, or all if none is named. Raises Fault if there is none such."""
    every = tuple(known)
    slugs_known = {project.slug for project in every}
    for slug in slugs:
        if slug not in slugs_known:
            raise fault("unknown-project", name=slug, nearest=nearest(slug, slugs_known))
    return tuple(project for project in every if not slugs or project.slug in slugs)


def plan(
    projects: Iterable[Watched], span: Span, days: int, *, rest: bool = False
) -> tuple[Step, ...]:
    """The calls of dbt, in their order; `days` is the most that one may have."""
    every = tuple(projects)
    pieces = ((piece, _due(every, piece)) for piece in span.pieces(days))
    steps = (Step(piece, due) for piece, due in pieces if due)
    return (*steps, *((Step(span, (), rest=True),) if rest else ()))


def _due(projects: Iterable[Watched], span: Span) -> tuple[Watched, ...]:
    """The projects that are watched on one of the days; the models leave out the other days."""
    return tuple(project for project in projects if span.meets(project.start, project.end))
