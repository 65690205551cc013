"""Findings that people know of and live with: comments ignore them, each with a reason."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from generator.diagnostics import CODES, Diagnostic, Severity, diagnostic, nearest
from generator.facts.ignores import Ignore

UNSAFE = frozenset(
    """unreadable-file malformed-file duplicate-key unknown-warehouse no-warehouse
    unreachable-warehouse ignored-record unfetched-repository no-definitions unread-relation
    unread-platform unread-project unread-projects bad-table bad-name unwritable-definition
    taken-view alike-relations duplicate-field duplicate-object duplicate-name dangling-field
    dangling-view dangling-include dangling-datagroup dangling-explore dangling-filter
    cyclic-extends misplaced-field unparsable-sql edited-file foreign-file unwritable-output
    push-refused too-many-deletions unusable-repository unexplained-ignore refused-ignore
    unmatched-ignore""".split()  # noqa: SIM905 - words read better without quotes
)
"""What nobody can decide to live with: what could not be read, what makes LookML that Looker
refuses, and what protects the files of others."""


def heed(
    findings: Sequence[Diagnostic], ignores: Iterable[Ignore]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """The findings that are left, with what is wrong with the comments; and those ignored.

    An ignored error still costs what it costs: it is only no news.
    """
    wanted = tuple(ignores)
    if not wanted:
        return tuple(findings), ()
    effective = {(item.at.path, item.line, item.code) for item in wanted if _is_sound(item)}
    kept = tuple(item for item in findings if _key(item) not in effective)
    ignored = tuple(item for item in findings if _key(item) in effective)
    used = {_key(item) for item in ignored}
    there: dict[tuple[str, int | None], list[str]] = defaultdict(list)
    for item in findings:
        if item.at:
            there[item.at.path, item.at.line].append(item.code)
    doubtful = (found for item in wanted for found in _doubts(item, used, there[_line(item)]))
    return (*kept, *doubtful), ignored


def _line(item: Ignore) -> tuple[str, int | None]:
    return item.at.path, item.line


def _key(item: Diagnostic) -> tuple[str, int, str]:
    at = item.at
    return (at.path, at.line or 0, item.code) if at else ("", 0, item.code)


def _is_sound(item: Ignore) -> bool:
    return bool(item.reason) and item.code in CODES and item.code not in UNSAFE


def _doubts(
    item: Ignore, used: set[tuple[str, int, str]], there: Iterable[str]
) -> Iterator[Diagnostic]:
    """What is wrong with a comment."""
    if item.code in UNSAFE:
        yield diagnostic("refused-ignore", item.at, name=item.code)
    elif not item.reason and item.code in CODES:
        yield diagnostic("unexplained-ignore", item.at, name=item.code)
    elif (item.at.path, item.line, item.code) not in used:
        known = tuple(there) or (CODES if item.code not in CODES else ())
        hint = nearest(item.code, known) if known else "remove the comment"
        yield diagnostic("unmatched-ignore", item.at, name=item.code, nearest=hint)


def worst(findings: Iterable[Diagnostic]) -> Severity | None:
    """The gravest severity among findings."""
    order = tuple(Severity)
    return min((item.severity for item in findings), key=order.index, default=None)
