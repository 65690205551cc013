"""What each statement of dbt took, as the ledger of a command notes it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from generator.costs import Bill, Job, Spent
from generator.etl.outcome import IDLE, Ledger, reason_of
from generator.etl.protocol import Result

_REFUSED = ("error", "runtime error")
"""A test that fails is run all the same."""


def spent_of(results: Iterable[Result], projects: Ledger, namespace: str) -> Iterator[Spent]:
    """An entry for each model and test that was run in BigQuery.

    dbt tells of the last statement of each, which is the one that computes.
    """
    for result in results:
        if result.status not in IDLE and result.kind in ("model", "test"):
            slug = projects.slug(result)
            yield _spent(result, None if slug == "*" else slug, namespace)


def _spent(result: Result, slug: str | None, namespace: str) -> Spent:
    written = (result.relation or "").replace("`", "") or None
    job = Job(
        f"{result.kind}s",
        written or result.name,
        namespace=namespace if slug else None,
        destination=written if result.kind == "model" else None,
        project=slug,
    )
    bill = Bill(result.bytes_processed, result.bytes_billed, result.slot_ms)
    failed = reason_of(result.message) if result.status in _REFUSED else None
    began = datetime.fromtimestamp(result.started or 0.0, UTC)
    return Spent(job, _text(result.sql), began, result.seconds, bill, failed)


def _text(path: str | None) -> str:
    """The statement that was run; without its file, nothing."""
    try:
        return Path(path or "").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
