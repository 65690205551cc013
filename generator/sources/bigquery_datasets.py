"""Whole datasets of BigQuery, each asked for once, or all of a region at once."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from generator.costs import Job
from generator.sources.bigquery_address import Address
from generator.sources.bigquery_budget import Question, afforded
from generator.sources.bigquery_client import Client
from generator.sources.bigquery_failures import Failure
from generator.sources.bigquery_known import Known
from generator.sources.bigquery_party import Party, Tables
from generator.sources.bigquery_sql import STORAGE, VIEWS, Place, statement
from generator.sources.bigquery_together import Together
from generator.sources.cache import Cache

THREADS = 8


class Datasets:
    """The datasets of a project, as they are asked for."""

    def __init__(self, address: Address, client: Client, cache: Cache, party: Party) -> None:
        self._address, self._client, self._cache = address, client, cache
        self._party, self._together = party, Together(client, cache, party)
        self._region: Mapping[str, Tables] | Failure | None = None

    def read(self, names: Sequence[str]) -> list[Tables | Failure]:
        """The tables of each dataset, in the order of the names, whichever answers first.

        Raises Fault if that costs more than the run may.
        """
        known = self._each(names) if self._region is None else [self._region] * len(names)
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self._one, names, known))

    def open(self, wanted: Collection[Place]) -> None:
        """Ask for all that may be asked at once. Raises Fault as `read` does.

        `wanted` are the datasets that are asked for first, in whatever project.
        """
        if not self._address.by_region:
            self._together.ask_datasets(wanted)
        elif self._region is None:
            self._together.ask_regions()
            told = self._party.regions.get(self._address.project)
            self._region = self._asked([self._party.region])[0] if told is None else told

    def _each(self, names: Sequence[str]) -> list[Mapping[str, Tables] | Failure]:
        """What is said of each dataset: together with others, or by itself."""
        project, told = self._address.project, self._party.datasets
        left = [name for name in names if (project, name) not in told]
        asked = dict(zip(left, self._asked(left), strict=True))
        found = [asked[name] if name in asked else {name: told[project, name]} for name in names]
        answered = (
            name for name, one in zip(names, found, strict=True) if isinstance(one, Mapping)
        )
        self._together.note((project, name) for name in answered)
        return found

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
        return Known.of(self._cache, self._address.project, self._address.location, place)

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
        if isinstance(rows, Failure):
            return rows
        found = known.by_dataset(rows)
        return Failure("its answer is malformed: it has other columns") if found is None else found
