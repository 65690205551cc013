"""What statements would read, as BigQuery itself says without running them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generator.diagnostics import fault
from generator.etl.plan import Span
from generator.etl.protocol import Result
from generator.etl.target import Target


@dataclass(frozen=True, slots=True)
class Estimate:
    """The bytes that a model would read for some days; None with the reason why nobody can say."""

    model: str
    span: Span
    bytes: int | None
    reason: str | None = None


def estimator(target: Target) -> Callable[[Span, Result], Estimate]:
    """How to ask for the bytes of a statement. Raises Fault if the engine is of no help."""
    if target.bigquery is None:
        hint = "only bigquery: tells what a statement would read"
        raise fault("bad-choice", key="--estimate", value=target.type, nearest=hint)
    from generator.sources.bigquery_client import Client  # noqa: PLC0415 - it is heavy
    from generator.sources.bigquery_failures import Failure  # noqa: PLC0415

    client = Client.to(target.bigquery)
    if isinstance(client, Failure):
        raise fault("unreachable-warehouse", reason=client.reason)

    def ask(span: Span, result: Result) -> Estimate:
        found = client.estimate(Path(result.sql or "").read_text(encoding="utf-8"))
        if isinstance(found, Failure):
            return Estimate(result.name, span, None, found.reason)
        return Estimate(result.name, span, found)

    return ask
