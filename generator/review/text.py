"""A review for a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from generator.review.changes import Change
from generator.review.lines import Line, lines_of
from generator.review.reviewed import Review
from generator.review.rules import Severity

_COLOURS = {Severity.BREAKING: "31", Severity.VISIBLE: "33", Severity.COSMETIC: "2"}


def counted(changes: Iterable[Change]) -> str:
    """How many of each severity.

    >>> counted(())
    'nothing changed'
    """
    count = Counter(change.severity for change in changes)
    said = ", ".join(f"{count[severity]} {severity}" for severity in Severity if count[severity])
    return said or "nothing changed"


def by_namespace(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    """The changes of each namespace."""
    for namespace, found in groupby(changes, key=lambda change: change.namespace):
        yield namespace, list(found)


def as_text(review: Review, *, colour: bool = False) -> Iterator[str]:
    """Lines: by namespace, what breaks first; then spokes, and how much it is in all."""
    for item in review.unreadable:
        yield shown(f"{item.at}: {item.message}")
    for namespace, found in by_namespace(review.changes):
        yield f"{shown(namespace)}: {counted(found)}"
        for line in lines_of(found, review.spokes.new):
            yield from _lines(line, colour=colour)
    yield from _spokes(review)
    yield counted(review.changes)


def _lines(line: Line, *, colour: bool) -> Iterator[str]:
    severity = f"{line.severity:<8}"
    if colour:
        severity = f"\033[{_COLOURS[line.severity]}m{severity}\033[0m"
    yield f"  {severity}  {shown(line.text(lambda name: f'`{name}`'))}"


def _spokes(review: Review) -> Iterator[str]:
    for title, breaks in (
        ("breaks in spokes", review.spokes.new),
        ("referred to in vain, with this change or without", review.spokes.old),
    ):
        if breaks:
            yield f"{title}: {len(breaks)}"
            yield from (f"  {shown(str(item))}" for item in breaks)


def shown(text: str) -> str:
    r"""A text that does nothing to a terminal.

    >>> shown("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
