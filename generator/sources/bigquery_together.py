"""What may be asked of several datasets, or of a region of several projects, in one statement.

It is never needed: what it does not tell is asked of each place by itself. So a place that may not
be seen any more costs one statement that says nothing, and then only itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from generator.costs import Job
from generator.sources.bigquery_absent import listing
from generator.sources.bigquery_budget import Question, afforded
from generator.sources.bigquery_client import Client, Rows
from generator.sources.bigquery_failures import Failure
from generator.sources.bigquery_known import Known
from generator.sources.bigquery_party import Party
from generator.sources.bigquery_rows import Marked
from generator.sources.bigquery_sql import MARKED_VIEWS, VIEWS, Place, marks, statements
from generator.sources.cache import Cache

_MOST = 400
"""Datasets in one statement: BigQuery takes 1,000 tables and views at most, and here are two each.
https://cloud.google.com/bigquery/quotas#query_jobs
"""


class Together(Struct, frozen=True):
    """Asks for all of a party, with the client of any of its projects."""

    client: Client
    cache: Cache
    party: Party

    def ask_regions(self) -> None:
        """Ask the region for all projects, if there are several, and not twice.

        Raises Fault if that costs more than the run may.
        """
        party = self.party
        if party.first is not None or len(party.projects) < 2:  # noqa: PLR2004 - one is no party
            return
        party.first = frozenset()
        known = {project: self._known((project, party.region)) for project in party.projects}
        told = sorted({digest for one in known.values() for digest in one.digests})
        places = [(project, party.region) for project in known]
        rows = self._asked(places, VIEWS + 1, statements(places), told)
        packed = {key: text for one in known.values() for key, text in one.packed.items()}
        for project, found in _by_project(rows).items():
            filled = known[project].by_dataset(found, packed) if project in known else None
            if filled is not None:
                party.regions[project] = filled

    def ask_datasets(self, first: Collection[Place]) -> None:
        """Ask whether anything changed in the datasets of the last run that began with these.

        Raises Fault if that costs more than the run may.
        """
        if self.party.first is not None:
            return
        self.party.first = frozenset(place for place in first if place[0] in self.party.projects)
        known = {place: self._known(place) for place in self._remembered()}
        marked = sorted(place for place, one in known.items() if one.marks is not None)
        if len(marked) > 1:  # else one by itself costs no more, and tells more
            for some in _batches(marked):
                self._confirm({place: known[place] for place in some})

    def _confirm(self, known: Mapping[Place, Known]) -> None:
        places = list(known)
        rows = self._asked(places, MARKED_VIEWS, marks(places))
        found: dict[Place, list[Marked]] = defaultdict(list)
        for row in _marked(rows):
            found[row.project, row.dataset].append(row)
        for place, one in known.items():
            confirmed = one.confirmed(found[place]) if rows else None
            if confirmed is not None:
                self.party.datasets[place] = {row.table: row for row in confirmed}

    def note(self, places: Iterable[Place]) -> None:
        """Remember that these datasets answered; the next run asks for all of them at once."""
        before = len(self.party.met)
        self.party.met.update(places)
        if len(self.party.met) > before:
            self.cache.put(self._key, msgspec.msgpack.encode(sorted(self.party.met)))

    def _remembered(self) -> Iterable[Place]:
        text = self.cache.get(self._key)
        try:
            held = msgspec.msgpack.decode(text, type=list[Place]) if text else None
        except msgspec.MsgspecError:
            held = None
        first = self.party.first or ()
        return [place for place in held if place[0] in self.party.projects] if held else first

    @property
    def _key(self) -> str:
        party = self.party
        digest = listing(".".join(place) for place in party.first or ())
        return f"datasets {party.payer} {party.location} {digest}"

    def _known(self, place: Place) -> Known:
        return Known.of(self.cache, place[0], self.party.location, place[1])

    def _asked(
        self, places: Sequence[Place], views: int, sql: str, known: Sequence[str] | None = None
    ) -> Rows:
        """The rows of a statement over places; none if it fails, for whatever reason."""
        job = Job("catalog", _called(places), tables=views * len(places))
        (question,) = afforded(self.client, [Question(job, sql, known=known)])
        said = question.ask(self.client.hurried())
        return [] if isinstance(said, Failure) else said


def _called(places: Sequence[Place]) -> str:
    """What the ledger calls places: each by its name, if they are few."""
    named = ", ".join(map(".".join, places[:2]))
    return f"{named} and {len(places) - 2} more" if len(places) > 2 else named  # noqa: PLR2004


def _batches(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    for start in range(0, len(places), _MOST):
        yield places[start : start + _MOST]


def _marked(rows: Rows) -> Iterator[Marked]:
    """The rows that have all columns; others tell nothing."""
    width = len(Marked._fields)
    yield from (Marked(*row) for row in rows if len(row) == width)


def _by_project(rows: Rows) -> Mapping[str, Rows]:
    found: dict[str, Rows] = defaultdict(list)
    for row in rows:
        found[str(row[0])].append(row[1:])
    return found
