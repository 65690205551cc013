"""The report of a run of the ETL: `etl-report.json` for machines, a few lines for people."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from generator.etl.estimate import Estimate
from generator.etl.outcome import lines_of, row_of
from generator.etl.run import Computed
from generator.publish.locks import replace_text
from generator.redaction import scrubbed_data
from generator.spending import warehouse_of, write_costs
from generator.stages import Stages


def write_report(output: str, computed: Computed, stages: Stages) -> Path:
    """Write the report, and beside it a row for each statement that cost something.

    Returns where the report is.
    """
    path = Path(output) / "etl-report.json"
    said = scrubbed_data(report_of(computed, stages))
    text = json.dumps(said, indent=2, ensure_ascii=False)
    replace_text(path, text + "\n")
    write_costs(output, stages.ledger, "etl-query-cost.jsonl")
    return path


def report_of(computed: Computed, stages: Stages) -> dict[str, Any]:
    """Days, projects, estimates, what was noticed and how long it took, as plain data."""
    spans = [step.span for step in computed.steps]
    return {
        "target": computed.target,
        "days": [str(min(s.first for s in spans)), str(max(s.last for s in spans))]
        if spans
        else None,
        "calls": len(computed.steps),
        "projects": {outcome.slug: row_of(outcome) for outcome in computed.projects},
        "warehouse": warehouse_of(stages.ledger),
        "estimates": [_estimated(item) for item in computed.estimates],
        "diagnostics": [
            {"severity": item.severity, **msgspec.to_builtins(item)}
            for item in computed.diagnostics
        ],
        "seconds": {
            name: {"wall": round(wall, 3), "cpu": round(cpu, 3)}
            for name, (wall, cpu) in stages.seconds.items()
        },
    }


def _estimated(item: Estimate) -> dict[str, Any]:
    return {
        "model": item.model,
        "days": [str(item.span.first), str(item.span.last)],
        "bytes": item.bytes,
        "reason": item.reason,
    }


def summary_lines(computed: Computed) -> Iterator[str]:
    """A line for each project, or each estimate; a last one for all of them."""
    yield from lines_of(computed.projects)
    yield from _estimate_lines(computed.estimates)
    if not computed.steps:
        yield "nothing to compute: no project is watched on these days"


def _estimate_lines(estimates: Iterable[Estimate]) -> Iterator[str]:
    """A line for each statement whose bytes are known, and one for all."""
    every = tuple(estimates)
    sizes = [item.bytes for item in every if item.bytes is not None]
    for item in every:
        if item.bytes is not None:
            yield f"{item.model}, {item.span}: {item.bytes / 1e6:,.1f} MB"
    if every:
        lacking = len(every) - len(sizes)
        unknown = f"; of {lacking} nobody can say yet" if lacking else ""
        yield f"{sum(sizes) / 1e6:,.1f} MB in {len(sizes)} statements{unknown}"
