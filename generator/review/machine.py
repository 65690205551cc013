"""A review for machines: JSON, whose keys `docs/review.md` explains."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from generator.diagnostics import Diagnostic
from generator.review.changes import Change
from generator.review.reviewed import Review
from generator.review.rules import Severity
from generator.review.spokes import Break
from generator.review.text import by_namespace

FORMAT = "lookml-diff/1"


def as_json(review: Review) -> str:
    """The whole review."""
    return json.dumps(plain(review), indent=2, ensure_ascii=False)


def plain(review: Review) -> dict[str, Any]:
    """The review as plain data."""
    return {
        "format": FORMAT,
        "breaking": review.breaks,
        "summary": _counts(review.changes),
        "namespaces": {name: _counts(found) for name, found in by_namespace(review.changes)},
        "changes": [_change(change) for change in review.changes],
        "spokes": {
            "broken": [_break(item) for item in review.spokes.new],
            "in_vain": [_break(item) for item in review.spokes.old],
        },
        "unreadable": [_unread(item) for item in review.unreadable],
    }


def _counts(changes: Iterable[Change]) -> dict[str, int]:
    count = Counter(change.severity for change in changes)
    return {severity.value: count[severity] for severity in Severity}


def _change(change: Change) -> dict[str, Any]:
    return {
        "severity": change.severity.value,
        "code": change.code,
        "namespace": change.namespace,
        "within": list(change.path[1:-1]),
        "kind": change.kind,
        "name": change.name,
        "file": change.at.path,
        "line": change.at.line,
        "before": change.before,
        "after": change.after,
        "contents": dict(change.contents),
    }


def _break(item: Break) -> dict[str, Any]:
    return {
        "file": item.at.path,
        "line": item.at.line,
        "kind": item.kind,
        "name": item.label,
        "hint": item.hint or None,
    }


def _unread(item: Diagnostic) -> dict[str, Any]:
    at = item.at
    return {
        "file": at.path if at else None,
        "line": at.line if at else None,
        "reason": item.message,
    }
