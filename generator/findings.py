"""Findings as JSON for machines, and as annotations for a pull request; their sum for a person."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from generator.diagnostics import Diagnostic, Severity

FORMAT = "lookml-check/1"
PAGE = "docs/checks.md"
"""Where each code is explained, under a heading of its name."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
Findings = Sequence[Diagnostic]


def summary(findings: Findings, ignored: Findings) -> str:
    """How many of each severity.

    >>> summary((), ())
    'nothing found'
    """
    count = Counter(item.severity for item in findings)
    said = [_counted(count[severity], severity) for severity in Severity if count[severity]]
    if ignored:
        said.append(f"{len(ignored)} ignored")
    return f"found: {', '.join(said)}" if said else "nothing found"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def as_json(findings: Findings, ignored: Findings) -> Iterator[str]:
    """One object; `docs/checks.md` says what each key is."""
    count = Counter(item.severity for item in findings)
    content = {
        "format": FORMAT,
        "summary": {**{each.value: count[each] for each in Severity}, "ignored": len(ignored)},
        "findings": [_row(item) for item in findings],
        "ignored": [_row(item) for item in ignored],
    }
    yield json.dumps(content, indent=2, ensure_ascii=False)


def _row(item: Diagnostic) -> dict[str, Any]:
    return {
        "code": item.code,
        "severity": item.severity.value,
        "message": item.message,
        "hint": item.hint or None,
        "at": {"path": item.at.path, "line": item.at.line} if item.at else None,
        "subject": item.subject,
        "page": f"{PAGE}#{item.code}",
    }


def as_github(findings: Findings, ignored: Findings) -> Iterator[str]:
    """Workflow commands, which GitHub shows at the lines of a pull request; the sum behind them.

    Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    for item in findings:
        place = _properties(item)
        said = f"{item.message}\n{item.hint}" if item.hint else item.message
        yield f"::{_COMMANDS[item.severity]} {place}::{_data(said)}"
    yield _data(summary(findings, ignored))


def _properties(item: Diagnostic) -> str:
    said: dict[str, object] = {"title": item.code}
    if item.at:
        said = {"file": item.at.path, "line": item.at.line, **said}
    return ",".join(f"{key}={_property(str(v))}" for key, v in said.items() if v is not None)


def _data(text: str) -> str:
    r"""A text as the data of a workflow command; no text begins another.

    >>> print(_data("50%\n::error::x"))
    50%25%0A::error::x
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The same as the value of a property, which ends at a colon or comma."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Callable[[Findings, Findings], Iterator[str]]] = {
    "json": as_json,
    "github": as_github,
}
