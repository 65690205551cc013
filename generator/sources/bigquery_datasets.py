"""Whole datasets of BigQuery, each asked for once, or all of a region at once."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from generator.costs import Job
from generator.sources.bigquery_address import Address
from generator.sources.bigquery_budget import Question, afforded
from generator.sources.bigquery_client import Client
from generator.sources.bigquery_failures import Failure
from generator.sources.bigquery_known import Known
from generator.sources.bigquery_rows import Row
from generator.sources.bigquery_sql import STORAGE, VIEWS, statement
from generator.sources.cache import Cache

THREADS = 8

Tables = Mapping[str, Row]
"""The rows of a dataset by the name of the table."""


class Datasets:
    """The datasets of a project, as they are asked for."""

    def __init__(self, address: Address, client: Client, cache: Cache) -> None:
        self._address, self._client, self._cache = address, client, cache
        self._region: Mapping[str, Tables] | Failure | None = None

    def read(self, names: Sequence[str]) -> list[Tables | Failure]:
        """The tables of each dataset, in the order of the names, whichever answers first.

        Raises Fault if that costs more than the run may.
        """
        self.open()
        known = self._asked(names) if self._region is None else [self._region] * len(names)
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self._one, names, known))

    def open(self) -> None:
        """Ask the region, where that is what is asked. Raises Fault as `read` does."""
        if self._address.by_region and self._region is None:
            (self._region,) = self._asked([f"region-{self._address.location}".lower()])

    @property
    def listed(self) -> Sequence[str]:
        """The names of all datasets, where the region told them."""
        return sorted(self._region) if isinstance(self._region, Mapping) else []

    def _one(self, name: str, known: Mapping[str, Tables] | Failure) -> Tables | Failure:
        if isinstance(known, Failure):
            return self._place_of(name, known) if known.absent else known
        if name in known or not self._address.by_region:
            return known.get(name, {})
        return self._place_of(name, None)

    def _place_of(self, name: str, failure: Failure | None) -> Tables | Failure:
        """What a dataset is that was not found: gone, empty, or in another location.

        A statement finds only what lies where it runs, so that alone proves nothing.
        """
        place = self._client.location_of(self._address.project, name)
        if isinstance(place, Failure):
            return place
        if failure is None and place.lower() == str(self._address.location).lower():
            return {}
        if failure is not None and place.lower() == str(self._address.location).lower():
            return Failure(f"{failure.reason}; but it is there, in {place}")
        return Failure(f"the dataset lies in {place}; the address should say so: location={place}")

    def _asked(self, places: Sequence[str]) -> list[Mapping[str, Tables] | Failure]:
        """What is said of each place."""
        known = [self._known(place) for place in places]
        wanted = [self._question(place, one) for place, one in zip(places, known, strict=True)]
        questions = afforded(self._client, wanted)
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self._query, places, questions, known))

    def _known(self, place: str) -> Known:
        location = self._address.location or ""
        return Known.of(self._cache, f"tables {self._address.project} {location} {place}".lower())

    def _question(self, place: str, known: Known, *, sized: bool = True) -> Question:
        project = self._address.project
        job = Job("catalog", f"{project}.{place}", tables=VIEWS + sized)
        return Question(job, statement(project, place, sized=sized), known=known.digests)

    def _query(
        self, place: str, question: Question, known: Known
    ) -> Mapping[str, Tables] | Failure:
        rows = question.ask(self._client)
        if isinstance(rows, Failure) and any(name in rows.reason for name in STORAGE):
            rows = self._question(place, known, sized=False).ask(self._client)
        return rows if isinstance(rows, Failure) else _by_dataset(rows, known)


def _by_dataset(rows: Iterable[tuple[Any, ...]], known: Known) -> Mapping[str, Tables] | Failure:
    datasets: dict[str, dict[str, Row]] = {}
    try:
        filled = known.filled(map(Row._make, rows))
    except (TypeError, ValueError):
        return Failure("its answer is malformed: it has other columns")
    for row in filled:
        datasets.setdefault(row.dataset, {})[row.table] = row
    known.keep(filled)
    return datasets
