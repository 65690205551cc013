"""The run report: `report.json` for machines, a few lines for people."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from generator.builders.worth import Estimate
from generator.diagnostics import Diagnostic, Severity
from generator.publish.git import Published
from generator.publish.locks import replace_text
from generator.publish.steps import Fate as StepFate
from generator.publish.tree import CHANGES, Fate, TreeDiff
from generator.redaction import scrubbed_data
from generator.run import Outcome
from generator.settings import Settings
from generator.spending import warehouse_of
from generator.stages import Stages

_SHORT = 10
"""Characters that tell a commit."""
_GIGABYTE = 10**9


def write_report(
    settings: Settings, outcome: Outcome, published: Published | None, stages: Stages
) -> Path:
    """Write `report.json` and return where."""
    path = Path(settings.output) / "report.json"
    _write(path, scrubbed_data(report_of(outcome, published, stages)))
    return path


def _write(path: Path, said: dict[str, Any]) -> None:
    laid_out = msgspec.json.format(msgspec.json.encode(said), indent=2)
    replace_text(path, laid_out.decode() + "\n")


def report_of(outcome: Outcome, published: Published | None, stages: Stages) -> dict[str, Any]:
    """Counts, changes, diagnostics, timings and the commit of a run, as plain data."""
    return {
        "unchanged_input": outcome.skipped,
        "reused": list(outcome.reused),
        "files": outcome.diff.counts(),
        "bytes": outcome.bytes,
        "changes": _paths(outcome.diff),
        "dbt": {"files": outcome.dbt.counts(), "changes": _paths(outcome.dbt)},
        "aggregate_tables": [_estimate(item) for item in outcome.estimates],
        "diagnostics": [_row(item) for item in outcome.diagnostics],
        "seconds": _seconds(stages),
        "warehouse": warehouse_of(stages.ledger),
        "published": _published(published) if published else None,
    }


def _seconds(stages: Stages) -> dict[str, dict[str, float]]:
    return {
        name: {"wall": round(wall, 3), "cpu": round(cpu, 3)}
        for name, (wall, cpu) in stages.seconds.items()
    }


def _paths(diff: TreeDiff) -> dict[str, list[str]]:
    return {fate.value: list(diff.of(fate)) for fate in (*CHANGES, Fate.HELD, Fate.REFUSED)}


def _row(item: Diagnostic) -> dict[str, Any]:
    return {"severity": item.severity, **msgspec.to_builtins(item)}


def _estimate(item: Estimate) -> dict[str, Any]:
    return {**msgspec.to_builtins(item), "worthwhile": item.is_worthwhile}


def _published(published: Published) -> dict[str, Any]:
    return {
        "commit": published.commit,
        "repository": published.place,
        "pushed": published.pushed,
        "proposed": published.request,
        "steps": [msgspec.to_builtins(step) for step in published.steps],
        "files": published.diff.counts(),
    }


def summary_lines(settings: Settings, outcome: Outcome, *, dry: bool) -> Iterator[str]:
    """A few lines: what was written, where, and what was wrong."""
    yield from _project_lines(settings.lookml, outcome.diff, dry=dry)
    if outcome.dbt.fates:
        yield from _project_lines(settings.dbt, outcome.dbt, dry=dry)
    if outcome.estimates:
        yield _worth(outcome.estimates)
    found = Counter(item.severity for item in outcome.diagnostics)
    if found:
        said = (_counted(found[severity], severity) for severity in Severity if found[severity])
        yield f"noticed: {', '.join(said)}"


def _worth(estimates: tuple[Estimate, ...]) -> str:
    """What aggregate tables cost and save a day, as far as that is known."""
    known = [item for item in estimates if item.built is not None]
    if not known:
        return f"aggregate tables: {len(estimates)}; nobody knows how large is what they read"
    worth = sum(item.is_worthwhile for item in known)
    built = sum(item.built or 0 for item in known) / _GIGABYTE
    saved = sum(item.saved or 0 for item in known) / _GIGABYTE
    said = f"reading {built:,.1f} GB a day to save {saved:,.1f} GB"
    unknown = f", {len(estimates) - len(known)} unknown" if len(known) < len(estimates) else ""
    return f"aggregate tables: {worth} of {len(estimates)} worthwhile{unknown}; {said}"


def _project_lines(root: Path, diff: TreeDiff, *, dry: bool) -> Iterator[str]:
    kinds = Counter(diff.kinds[path] for path, fate in diff.fates.items() if fate != Fate.REMOVED)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    yield f"{sum(kinds.values())} files in {root}: {listed or 'none'}"
    changed = _changes(diff)
    yield f"{'would be ' if dry and changed else ''}{changed or 'nothing changed'}"


def _changes(diff: TreeDiff) -> str:
    counts = {fate: len(diff.of(fate)) for fate in (*CHANGES, Fate.HELD, Fate.REFUSED)}
    said = [f"{count} {fate}" for fate, count in counts.items() if count]
    return ", ".join(said)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def write_publish_report(
    settings: Settings, published: Published, diagnostics: tuple[Diagnostic, ...], stages: Stages
) -> Path:
    """Write `publish-report.json`, of a run that only published, and return where."""
    path = Path(settings.output) / "publish-report.json"
    said = {
        "diagnostics": [_row(item) for item in diagnostics],
        "seconds": _seconds(stages),
        "published": _published(published),
    }
    _write(path, said)
    return path


def published_lines(settings: Settings, published: Published) -> Iterator[str]:
    """The commit and where it is, and what followed."""
    yield _published_line(settings, published)
    for step in published.steps:
        done = ", ".join(step.did) or "nothing to do"
        yield f"{step.name}: {done if step.fate is StepFate.DONE else step.fate}"


def _published_line(settings: Settings, published: Published) -> str:
    where = f"on {settings.publish_branch} in {published.place}"
    pushed = ", pushed" if published.pushed else ""
    if (
        any(item.severity is Severity.ERROR for item in published.diagnostics)
        and not published.commit
    ):
        return f"no commit {where}: see the errors above"
    if published.commit is None:
        return f"no commit {where}: nothing to change{pushed}"
    if published.request:
        return f"proposed {published.commit[:_SHORT]} {where}: {published.request}"
    return f"commit {published.commit[:_SHORT]} {where}{pushed}"
