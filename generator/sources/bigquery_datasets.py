"""Whole datasets of BigQuery, each asked for once, or all of a region at once."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from generator.sources.bigquery_address import Address
from generator.sources.bigquery_client import Client
from generator.sources.bigquery_failures import Failure
from generator.sources.bigquery_rows import Row
from generator.sources.bigquery_sql import statement

THREADS = 8

Tables = Mapping[str, Row]
"""The rows of a dataset by the name of the table."""


class Datasets:
    """The datasets of a project, as they are asked for."""

    def __init__(self, address: Address, client: Client) -> None:
        self._address, self._client = address, client
        self._region: Mapping[str, Tables] | Failure | None = None

    def read(self, names: list[str]) -> list[Tables | Failure]:
        """The tables of each dataset, in the order of the names, whichever answers first."""
        if self._address.by_region and self._region is None:
            self._region = self._query(f"region-{self._address.location}".lower())
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self._one, names))

    def _one(self, name: str) -> Tables | Failure:
        known = self._query(name) if self._region is None else self._region
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
        return Failure(f"the dataset lies in {place}; the address should say so: location={place}")

    def _query(self, place: str) -> Mapping[str, Tables] | Failure:
        rows = self._client.query(statement(self._address.project, place))
        return rows if isinstance(rows, Failure) else _by_dataset(rows)


def _by_dataset(rows: Iterable[tuple[Any, ...]]) -> Mapping[str, Tables] | Failure:
    datasets: dict[str, dict[str, Row]] = {}
    try:
        for row in map(Row._make, rows):
            datasets.setdefault(row.dataset, {})[row.table] = row
    except TypeError:
        return Failure("its answer is malformed: it has other columns")
    return datasets
