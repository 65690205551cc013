"""What a run asked of its warehouses and what it cost, as data, as rows and in a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator.costs import Ledger, Spent, written
from generator.publish.locks import replace_text, writing
from generator.redaction import scrubbed_data

_MINUTE = 60


def warehouse_of(ledger: Ledger) -> dict[str, Any]:
    """The part of the report that tells of warehouses."""
    spent = sorted(ledger.spent, key=lambda one: (one.started, one.job.place))
    return {
        "calls": dict(sorted(ledger.calls.items())),
        "bytes_estimated": _sum(one.job.estimated for one in spent),
        "bytes_billed": _sum(one.bill.billed for one in spent) or 0,
        "slot_ms": _sum(one.bill.slot_ms for one in spent) or 0,
        "queries": [_query(one) for one in spent],
        "values": {
            relation: {
                name: {"distinct": said.distinct, "null_share": said.null_share}
                for name, said in columns.items()
            }
            for relation, columns in sorted(ledger.measured.items())
        },
    }


def _sum(numbers: Iterator[int | None]) -> int | None:
    """The sum of what is known; None if nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _query(spent: Spent) -> dict[str, Any]:
    return {
        "purpose": spent.job.purpose,
        "of": spent.job.place,
        "namespace": spent.job.namespace,
        "bytes_estimated": spent.job.estimated,
        "bytes_processed": spent.bill.processed,
        "bytes_billed": spent.bill.billed,
        "slot_ms": spent.bill.slot_ms,
        "seconds": round(spent.seconds, 3),
        "cached": spent.bill.cached,
        "error": spent.error,
    }


def cost_rows(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """A row for each statement, in the shape of the operators' table of costs."""
    for spent in sorted(ledger.spent, key=lambda one: (one.started, one.job.place)):
        yield {
            "submission_timestamp": spent.started.isoformat(timespec="microseconds"),
            "destination_table": spent.job.destination,
            "experiment_slug": spent.job.project,
            "query": spent.sql.strip(),
            "duration_minutes": int(spent.seconds // _MINUTE),
            "error_reason": "failed" if spent.error else None,
            "error_message": spent.error,
            "total_bytes_processed": spent.bill.processed,
            "total_slot_ms": spent.bill.slot_ms,
            "cost_usd": spent.dollars,
        }


def write_costs(output: str, ledger: Ledger, name: str = "query-cost.jsonl") -> None:
    """Write the rows of this run; one that asked nothing leaves no file."""
    path = Path(output) / name
    lines = [json.dumps(scrubbed_data(row), ensure_ascii=False) for row in cost_rows(ledger)]
    if lines:
        replace_text(path, "\n".join(lines) + "\n")
        return
    with writing(path):
        path.unlink(missing_ok=True)


def spending_lines(ledger: Ledger) -> Iterator[str]:
    """How much was asked, where anything was."""
    if ledger.calls:
        billed = _sum(one.bill.billed for one in ledger.spent) or 0
        yield f"asked BigQuery {sum(ledger.calls.values())} times, for {written(billed)}"
