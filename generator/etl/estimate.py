"""What statements would read, as BigQuery itself says without running them."""

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from generator.costs import MINIMUM, Ledger
from generator.diagnostics import fault
from generator.etl.plan import Span
from generator.etl.protocol import Result
from generator.etl.target import Target
from generator.sources.budget import too_expensive


class Estimate(Struct, frozen=True):
    """The bytes that a model would read for some days; None with the reason why nobody can say."""

    model: str
    span: Span
    bytes: int | None
    reason: str | None = None

    @property
    def billed(self) -> int:
        """The bytes that it would cost, as far as that is known."""
        return 0 if self.bytes is None else max(self.bytes, MINIMUM)


def estimator(target: Target, ledger: Ledger) -> Callable[[Span, Result], Estimate]:
    """How to ask for the bytes of a statement. Raises Fault if the engine is of no help."""
    if target.bigquery is None:
        hint = "only bigquery: tells what a statement would read"
        raise fault("bad-choice", key="--estimate", value=target.type, nearest=hint)
    from generator.sources.bigquery_client import Client  # noqa: PLC0415 - it is heavy
    from generator.sources.bigquery_failures import Failure  # noqa: PLC0415

    client = Client.to(target.bigquery, ledger)
    if isinstance(client, Failure):
        raise fault("unreachable-warehouse", reason=client.reason)

    def ask(span: Span, result: Result) -> Estimate:
        found = client.estimate(Path(result.sql or "").read_text(encoding="utf-8"))
        if isinstance(found, Failure):
            return Estimate(result.name, span, None, found.reason)
        return Estimate(result.name, span, found)

    return ask


def check_affordable(estimates: Iterable[Estimate], ledger: Ledger, url: str) -> None:
    """Raises Fault if what is known to be read costs more than is left of the run's limit."""
    costly = [(item.billed, f"{item.model}, {item.span}") for item in estimates]
    total = sum(size for size, _ in costly)
    if ledger.left is not None and total > ledger.left:
        raise too_expensive(url, ledger, total, costly)
