"""What became of each project: which models were built, in which time, and what failed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct, field

from generator.diagnostics import Diagnostic, diagnostic
from generator.etl.plan import Span, Step, Watched
from generator.etl.protocol import Result

BAD = frozenset({"error", "fail", "runtime error", "partial success"})
IDLE = frozenset({"skipped", "no-op"})
_SHARED = "*"
"""The key of what belongs to no project."""

_LEAD = re.compile(r"^(?:\w+ ){0,2}Error in (?:\w+ )+\S+ \(.*\)$")
_TRAIL = re.compile(r"^\s*(?:compiled code at|LINE \d+:|\^)")


class Failure(Struct, frozen=True):
    """A model, or a test of one, that failed, and for which days."""

    model: str
    reason: str
    span: Span
    sql: str | None = None


class ModelOutcome(Struct, frozen=True):
    """A model over all calls: what became of it last, and what it took in all."""

    name: str
    kind: str
    status: str
    seconds: float
    relation: str | None = None
    rows: int | None = None
    bytes_processed: int | None = None
    bytes_billed: int | None = None
    slot_ms: int | None = None


class ProjectOutcome(Struct, frozen=True):
    """A project, or with the slug `*` all that belongs to none."""

    slug: str
    name: str
    models: tuple[ModelOutcome, ...]
    failures: tuple[Failure, ...] = ()
    spans: tuple[Span, ...] = ()
    """The days that were computed, whole calls of them."""

    @property
    def seconds(self) -> float:
        """What its models took, one after the other."""
        return sum(model.seconds for model in self.models)

    @property
    def rows(self) -> int | None:
        """The rows that were written, where the engine says so."""
        return _sum(model.rows for model in self.models)

    @property
    def bytes_billed(self) -> int | None:
        """What is to be paid for, where the engine says so."""
        return _sum(model.bytes_billed for model in self.models)

    @property
    def status(self) -> str:
        """One word for it."""
        if self.failures:
            return "failed"
        return "done" if self.models else "not due"


class Ledger(Struct):
    """What calls of dbt came to so far, by project; `folder` is that of the projects' models."""

    folder: str
    projects: Mapping[str, Watched]
    results: dict[str, list[tuple[Span, Result]]] = field(default_factory=dict)
    spans: dict[str, list[Span]] = field(default_factory=dict)

    def note(self, step: Step, results: Iterable[Result]) -> None:
        """Note the results of a call."""
        for result in results:
            self.results.setdefault(self.slug(result), []).append((step.span, result))
        for project in step.projects:
            if project.slug not in self.failed:
                self.spans.setdefault(project.slug, []).append(step.span)

    @property
    def failed(self) -> frozenset[str]:
        """The slugs of projects of which something failed."""
        return frozenset(
            slug
            for slug, noted in self.results.items()
            if any(result.status in BAD for _, result in noted)
        )

    def outcomes(self) -> tuple[ProjectOutcome, ...]:
        """The projects in their order, then what belongs to none, if there was something."""
        names = {project.slug: name for name, project in self.projects.items()}
        if _SHARED in self.results:
            names[_SHARED] = _SHARED
        return tuple(self._outcome(slug, name) for slug, name in names.items())

    def slug(self, result: Result) -> str:
        """Whose a model is: the folder it lies in says it."""
        path = PurePosixPath(result.path)
        if str(path.parent.parent) == self.folder and path.parent.name in self.projects:
            return self.projects[path.parent.name].slug
        return _SHARED

    def _outcome(self, slug: str, name: str) -> ProjectOutcome:
        noted = self.results.get(slug, [])
        by_name: dict[str, list[Result]] = {}
        for _, result in noted:
            if result.kind != "exposure":
                by_name.setdefault(result.name, []).append(result)
        failures = (
            Failure(result.name, reason_of(result.message), span, result.sql)
            for span, result in noted
            if result.status in BAD
        )
        models = (_model(results) for results in by_name.values())
        spans = tuple(dict.fromkeys(self.spans.get(slug, ())))
        return ProjectOutcome(slug, name, tuple(models), tuple(failures), spans)


def _model(results: list[Result]) -> ModelOutcome:
    last = results[-1]
    return ModelOutcome(
        last.name,
        last.kind,
        last.status,
        round(sum(result.seconds for result in results), 3),
        last.relation,
        _sum(result.rows for result in results),
        _sum(result.bytes_processed for result in results),
        _sum(result.bytes_billed for result in results),
        _sum(result.slot_ms for result in results),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Their sum; None if there is none at all."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def reason_of(message: str) -> str:
    r"""What the database says, in a line: without what dbt says around it.

    >>> reason_of("Runtime Error in model a (models/a.sql)\n  Binder Error: no `x`\n\n  LINE 1: ^")
    'Binder Error: no `x`'
    """
    lines = (line.strip() for line in message.splitlines() if not _LEAD.match(line.strip()))
    said = [line for line in lines if line]
    whole = next((place for place, line in enumerate(said) if _TRAIL.match(line)), len(said))
    return " ".join(said[:whole]) or "no reason is given"


def diagnostics_of(outcomes: Iterable[ProjectOutcome], namespace: str) -> Iterator[Diagnostic]:
    """An error for each thing that failed; a test that fails says how many rows are wrong."""
    for outcome in outcomes:
        subject = f"{namespace}.projects.{outcome.name}" if outcome.slug != _SHARED else "dbt"
        for failure in outcome.failures:
            values = {"model": failure.model, "reason": failure.reason, "span": failure.span}
            path = failure.sql or "the dbt project"
            yield diagnostic("failed-model", None, subject, path=path, **values)


def lines_of(outcomes: Iterable[ProjectOutcome]) -> Iterator[str]:
    """A line for each project that was due."""
    for outcome in outcomes:
        if outcome.models:
            name = "beside the projects" if outcome.slug == _SHARED else outcome.slug
            yield f"{name}: {', '.join(_said(outcome))}"


def _said(outcome: ProjectOutcome) -> Iterator[str]:
    built = sum(m.status not in BAD | IDLE for m in outcome.models)
    yield f"{outcome.status}, {built} of {len(outcome.models)} built"
    if outcome.rows is not None:
        yield f"{outcome.rows:,} rows"
    if outcome.bytes_billed is not None:
        yield f"{outcome.bytes_billed / 1e6:,.0f} MB billed"
    yield f"{outcome.seconds:.1f} s"


def row_of(outcome: ProjectOutcome) -> dict[str, Any]:
    """The outcome as plain data."""
    return {
        "status": outcome.status,
        "days": [[str(span.first), str(span.last)] for span in outcome.spans],
        "seconds": round(outcome.seconds, 3),
        "rows": outcome.rows,
        "bytes_billed": outcome.bytes_billed,
        "models": [
            {
                "name": model.name,
                "kind": model.kind,
                "status": model.status,
                "relation": model.relation,
                "seconds": model.seconds,
                "rows": model.rows,
                "bytes_processed": model.bytes_processed,
                "bytes_billed": model.bytes_billed,
                "slot_ms": model.slot_ms,
            }
            for model in outcome.models
        ],
        "failures": [
            {
                "model": failure.model,
                "days": [str(failure.span.first), str(failure.span.last)],
                "reason": failure.reason,
                "sql": failure.sql,
            }
            for failure in outcome.failures
        ],
    }
