"""Changes for a terminal, for a pull request, and for machines."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from generator.review.changes import Change
from generator.review.rules import Severity

LONGEST = 65_000
"""Characters of a comment on a pull request: https://docs.github.com/rest/issues/comments"""

_SHORT = 80
_WORDS = {"renamed": "renamed", "removed": "removed", "added": "added"}


def summary(changes: Sequence[Change]) -> str:
    """How many of each severity.

    >>> summary(())
    'nothing changed'
    """
    count = Counter(change.severity for change in changes)
    said = ", ".join(f"{count[severity]} {severity}" for severity in Severity if count[severity])
    return said or "nothing changed"


def as_text(changes: Sequence[Change]) -> Iterator[str]:
    """Lines for a terminal: by namespace, what breaks first."""
    for namespace, found in _by_namespace(changes):
        yield f"{namespace}: {summary(found)}"
        yield from (f"  {change.severity:<8}  {sentence(change)}" for change in found)
    yield summary(changes)


def as_json(changes: Iterable[Change]) -> str:
    """The changes for machines; `docs/review.md` says what each key is."""
    rows = [_row(change) for change in changes]
    count = Counter(row["severity"] for row in rows)
    total = {severity: count[severity] for severity in Severity}
    content = {"format": "lookml-diff/1", "summary": total, "changes": rows}
    return json.dumps(content, indent=2, ensure_ascii=False)


def _row(change: Change) -> dict[str, object]:
    return {
        "severity": change.severity.value,
        "code": change.code,
        "namespace": change.namespace,
        "kind": change.item.kind,
        "name": change.item.name,
        "within": list(change.path[1:-1]),
        "at": {"path": change.at.path, "line": change.at.line},
        "before": change.before,
        "after": change.after,
    }


def as_markdown(changes: Sequence[Change], longest: int = LONGEST) -> str:
    """A comment on a pull request: the summary, what breaks, the rest folded, never too long."""
    head = f"**{summary(changes).capitalize()}**\n"
    breaking = [change for change in changes if change.severity is Severity.BREAKING]
    parts = [head, *_listed("Breaking", breaking, opened=True)]
    rest = [change for change in changes if change.severity is not Severity.BREAKING]
    for namespace, found in _by_namespace(rest):
        parts.extend(_listed(f"{namespace}: {summary(found)}", found, opened=False))
    return _fitted(parts, longest)


def _listed(title: str, changes: Sequence[Change], *, opened: bool) -> Iterator[str]:
    """A list under a title; each line of it can be left out."""
    if not changes:
        return
    yield f"\n**{title}**\n\n" if opened else f"\n<details><summary>{_safe(title)}</summary>\n\n"
    yield from (f"- {_safe(sentence(change))}\n" for change in changes)
    if not opened:
        yield "\n</details>\n"


def _fitted(parts: Sequence[str], longest: int) -> str:
    """The parts, without the lines for which there is no room; those are counted."""
    reserve = len("\n_and 1,000,000 more_\n") + sum(len(p) for p in parts if not _is_line(p))
    room, kept, lost = longest - reserve, [], 0
    for part in parts:
        if _is_line(part):
            room -= len(part)
            if room < 0:
                lost += 1
                continue
        kept.append(part)
    more = f"\n_and {lost:,} more_\n" if lost else ""
    return "".join((*kept, more))


def _is_line(part: str) -> bool:
    return part.startswith("- ")


def sentence(change: Change) -> str:
    """What happened, in a line."""
    where = " in ".join(("", *(f"{step}" for step in reversed(change.path[1:-1]))))
    if change.code == "renamed":
        return f"{change.item.label}{where} is now `{change.after}`"
    if change.code in _WORDS:
        return f"{change.item.label}{where} {_WORDS[change.code]}"
    before, after = _cut(change.before), _cut(change.after)
    said = (
        f"{before} → {after}"
        if before and after
        else f"now {after}"
        if after
        else f"no longer {before}"
    )
    return f"{change.item.label}{where}: {change.code.replace('-', ' ')} {said}"


def _cut(text: str | None) -> str | None:
    if text is None:
        return None
    flat = " ".join(text.split())
    return f"`{flat if len(flat) <= _SHORT else flat[: _SHORT - 1] + '…'}`"


def _safe(text: str) -> str:
    """Names come from outside: no markup of theirs acts."""
    return escape(text, quote=False).replace("@", "@\u200b").replace("|", "\\|")


_ORDER = tuple(Severity)


def _by_namespace(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    for namespace, found in groupby(changes, key=lambda change: change.namespace):
        yield namespace, sorted(found, key=lambda change: _ORDER.index(change.severity))
