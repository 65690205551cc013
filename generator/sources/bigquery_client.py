"""The calls to BigQuery, through Google's own client: an answer or a Failure, never an error."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from google.api_core.client_options import ClientOptions
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY, DEFAULT_RETRY

from generator.facts.catalog import RelationName
from generator.sources.bigquery_address import Address
from generator.sources.bigquery_failures import EXPECTED, Failure, failure_of

LABELS = {"application": "lookml-gen"}
"""On every job, so that its costs can be found."""

_PER_REQUEST = 60.0
Answer = TypeVar("Answer")


class Patience:
    """Seconds that a question may take, retries included: fewer after others waited in vain.

    So a service that is down costs a run minutes, not minutes for each dataset.

    >>> patience = Patience(180)
    >>> patience.lose(100)
    >>> patience.left
    80
    >>> patience.lose(100)
    >>> patience.left
    1.0
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._least = min(1.0, seconds)

    @property
    def left(self) -> float:
        """What is left for each question, never quite nothing."""
        return max(self._left, self._least)

    def lose(self, seconds: float) -> None:
        """Note that a question took so long and came to nothing."""
        self._left -= seconds


class Client:
    """Google's client, with our patience."""

    def __init__(self, google: bigquery.Client, patience: Patience) -> None:
        self._google, self._patience = google, patience

    @classmethod
    def to(cls, address: Address) -> "Client | Failure":
        """The client for an address. This machine's own server is asked without credentials."""
        endpoint = address.endpoint
        try:
            google = bigquery.Client(
                project=address.billing_project or address.project,
                location=address.location,
                credentials=AnonymousCredentials() if address.is_local else None,  # type: ignore[no-untyped-call]
                client_options=ClientOptions(api_endpoint=endpoint) if endpoint else None,
            )
        except EXPECTED as error:
            return failure_of(error)
        return cls(google, Patience(address.patience))

    def query(self, sql: str, most: int | None = None) -> list[tuple[Any, ...]] | Failure:
        """All rows of a statement; a job without its result in time is cancelled.

        One that would cost more than `most` bytes is refused by BigQuery, and costs nothing.
        """
        limit = {} if most is None else {"maximum_bytes_billed": most}

        def ask() -> list[tuple[Any, ...]]:
            rows = self._google.query_and_wait(
                sql,
                job_config=bigquery.QueryJobConfig(labels=LABELS, **limit),
                retry=self._retry,
                job_retry=DEFAULT_JOB_RETRY.with_timeout(self._patience.left),
                api_timeout=self._per_request,
                wait_timeout=self._patience.left,
            )
            if not rows.schema:
                raise ValueError("no columns, not even of no rows")
            return [row.values() for row in rows]

        return self._asked(ask)

    def estimate(self, sql: str) -> int | Failure:
        """The bytes that a statement would read; it is not run."""

        def ask() -> int:
            job = self._google.query(
                sql,
                job_config=bigquery.QueryJobConfig(labels=LABELS, dry_run=True),
                retry=self._retry,
                timeout=self._per_request,
            )
            return int(job.total_bytes_processed)

        return self._asked(ask)

    def table(self, name: RelationName) -> Mapping[str, Any] | Failure:
        """What `tables.get` says."""
        return self._asked(
            lambda: self._google.get_table(
                _reference(name), retry=self._retry, timeout=self._per_request
            ).to_api_repr()
        )

    def location_of(self, project: str, dataset: str) -> str | Failure:
        """Where a dataset lies, as `datasets.get` says."""
        return self._asked(
            lambda: str(
                self._google.get_dataset(
                    bigquery.DatasetReference(project, dataset),
                    retry=self._retry,
                    timeout=self._per_request,
                ).location
            )
        )

    @property
    def _per_request(self) -> float:
        return min(_PER_REQUEST, self._patience.left)

    @property
    def _retry(self) -> Retry:
        """The client's own back-off, which also waits as long as the service says."""
        return Retry(
            predicate=DEFAULT_RETRY._predicate,  # noqa: SLF001 - there is no public way to it
            timeout=self._patience.left,
            on_error=self._heed,
        )

    def _heed(self, error: Exception) -> None:
        """Wait what a `Retry-After` asks for; the client itself does not read it."""
        headers = getattr(getattr(error, "response", None), "headers", {})
        seconds = str(headers.get("Retry-After", ""))
        if seconds.isdigit():
            time.sleep(min(float(seconds), self._patience.left))

    def _asked(self, ask: Callable[[], Answer]) -> Answer | Failure:
        start = time.monotonic()
        try:
            return ask()
        except EXPECTED as error:
            self._patience.lose(time.monotonic() - start)
            return failure_of(error)


def _reference(name: RelationName) -> bigquery.TableReference:
    return bigquery.DatasetReference(name.project, name.dataset).table(name.table)
