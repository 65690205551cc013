"""The calls to BigQuery, through Google's own client: an answer or a Failure, never an error."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from google.api_core.client_options import ClientOptions
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY

from generator.costs import Bill, Job, Ledger, Spent, label
from generator.facts.catalog import RelationName
from generator.sources.bigquery_address import Address
from generator.sources.bigquery_failures import EXPECTED, Failure, Malformed, failure_of, passes

Rows = list[tuple[Any, ...]]
_PER_REQUEST = 60.0
_PAUSE = 1.0
_TRIES = 20  # so a short deadline leaves time to ask again, too
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
    """Google's client, with our patience, and a note of all that it was asked."""

    def __init__(
        self, google: bigquery.Client, patience: Patience, ledger: Ledger | None = None
    ) -> None:
        self._google, self._patience = google, patience
        self.ledger = ledger or Ledger()
        self.url = f"bigquery:{google.project}"

    @classmethod
    def to(cls, address: Address, ledger: Ledger | None = None) -> "Client | Failure":
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
        return cls(google, Patience(address.patience), ledger)

    def hurried(self) -> "Client":
        """The same with half the patience, for a question that is no need."""
        return Client(self._google, Patience(self._patience.left / 2), self.ledger)

    def query(
        self, sql: str, job: Job, most: int | None = None, known: Sequence[str] | None = None
    ) -> Rows | Failure:
        """All rows of a statement; a job without its result in time is cancelled.

        One that would cost more than `most` bytes, or than is left of the run's own, is refused by
        BigQuery, and costs nothing. `known` are the texts that it calls `@known`.
        """
        config = self._config(job, known)
        limits = [limit for limit in (most, self.ledger.left) if limit is not None]
        if limits:
            config.maximum_bytes_billed = max(min(limits), 1)
        began, start = datetime.now(UTC), time.monotonic()
        said = self._asked("jobs.query", lambda: self._rows(sql, config))
        seconds = time.monotonic() - start
        if isinstance(said, Failure):
            self.ledger.note(Spent(job, sql, began, seconds, error=said.reason))
            return said
        rows, bill = said
        self.ledger.note(Spent(job, sql, began, seconds, bill))
        return rows

    def estimate(
        self, sql: str, job: Job | None = None, known: Sequence[str] | None = None
    ) -> int | Failure:
        """The bytes that a statement would read; it is not run."""
        config = self._config(job or Job("estimate", ""), known)
        config.dry_run = True

        def ask() -> int:
            made = self._google.query(
                sql, job_config=config, retry=self._retry, timeout=self._per_request
            )
            return int(made.total_bytes_processed)

        return self._asked("dry runs", ask)

    def _config(self, job: Job, known: Sequence[str] | None) -> bigquery.QueryJobConfig:
        """With labels, so that what it costs can be found."""
        said = {
            "application": "lookml-gen",
            "command": self.ledger.command,
            "purpose": job.purpose,
            "namespace": job.namespace or "",
        }
        config = bigquery.QueryJobConfig(
            labels={name: label(value) for name, value in said.items() if value}
        )
        if known is not None:
            config.query_parameters = [bigquery.ArrayQueryParameter("known", "STRING", known)]
        return config

    def _rows(self, sql: str, config: bigquery.QueryJobConfig) -> tuple[Rows, Bill]:
        rows = self._google.query_and_wait(
            sql,
            job_config=config,
            retry=self._retry,
            job_retry=DEFAULT_JOB_RETRY.with_timeout(self._patience.left).with_delay(self._pause),
            api_timeout=self._per_request,
            wait_timeout=self._patience.left,
        )
        bill = _bill_of(rows)
        return _whole(rows), bill

    def table(self, name: RelationName) -> Mapping[str, Any] | Failure:
        """What `tables.get` says."""
        return self._asked(
            "tables.get",
            lambda: self._google.get_table(
                _reference(name), retry=self._retry, timeout=self._per_request
            ).to_api_repr(),
        )

    def location_of(self, project: str, dataset: str) -> str | Failure:
        """Where a dataset lies, as `datasets.get` says."""
        return self._asked(
            "datasets.get",
            lambda: str(
                self._google.get_dataset(
                    bigquery.DatasetReference(project, dataset),
                    retry=self._retry,
                    timeout=self._per_request,
                ).location
            ),
        )

    @property
    def _per_request(self) -> float:
        return min(_PER_REQUEST, self._patience.left)

    @property
    def _pause(self) -> float:
        """Seconds before something is asked again the first time; then ever longer."""
        return min(_PAUSE, self._patience.left / _TRIES)

    @property
    def _retry(self) -> Retry:
        """The client's own back-off, which also waits as long as the service says."""
        return Retry(
            predicate=passes,
            initial=self._pause,
            timeout=self._patience.left,
            on_error=self._heed,
        )

    def _heed(self, error: Exception) -> None:
        """Wait what a `Retry-After` asks for; the client itself does not read it."""
        headers = getattr(getattr(error, "response", None), "headers", {})
        seconds = str(headers.get("Retry-After", ""))
        if seconds.isdigit():
            time.sleep(min(float(seconds), self._patience.left))

    def _asked(self, call: str, ask: Callable[[], Answer]) -> Answer | Failure:
        self.ledger.call(call)
        start = time.monotonic()
        try:
            return ask()
        except EXPECTED as error:
            self._patience.lose(time.monotonic() - start)
            return failure_of(error)


def _reference(name: RelationName) -> bigquery.TableReference:
    return bigquery.DatasetReference(name.project, name.dataset).table(name.table)


def _whole(rows: Any) -> list[tuple[Any, ...]]:
    """All rows of an answer. Raises Malformed if some did not come: they would look like gone."""
    if not rows.schema:
        raise Malformed("it has no columns")
    found = [row.values() for row in rows]
    if rows.total_rows != len(found):
        raise Malformed(f"it has {len(found)} of {rows.total_rows} rows")
    return found


def _bill_of(rows: Any) -> Bill:
    """What the answer says of its job; the client passes only some of that on."""
    said = getattr(rows, "_first_page_response", None) or {}
    return Bill(
        _number(said.get("totalBytesProcessed", rows.total_bytes_processed)),
        _number(said.get("totalBytesBilled")),
        _number(said.get("totalSlotMs", rows.slot_millis)),
        cached=said.get("cacheHit") is True,
    )


def _number(said: object) -> int | None:
    return None if said is None else int(str(said))
