"""A review for a pull request: Markdown of one comment, never longer than one may be."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from html import escape

from msgspec import Struct

from generator.diagnostics import Diagnostic
from generator.review.changes import Change
from generator.review.lines import Line, clipped, lines_of
from generator.review.reviewed import Review
from generator.review.rules import Severity
from generator.review.spokes import Break
from generator.review.text import by_namespace, counted, shown

LONGEST = 65_000
"""Characters of a comment on a pull request: https://docs.github.com/rest/issues/comments"""

_ROWS = 40
"""Namespaces in the table."""
_PLACES = 10
"""Places of spokes under one change."""
_TICKS = re.compile("`+")


class _Part(Struct, frozen=True):
    """Some lines under a title, which may be folded; told as far as there is room."""

    title: str
    lines: Sequence[Callable[[], str]]
    folded: bool = True

    @property
    def head(self) -> str:
        return (
            f"\n<details><summary>{self.title}</summary>\n\n"
            if self.folded
            else f"\n**{self.title}**\n\n"
        )

    @property
    def foot(self) -> str:
        return "\n</details>\n" if self.folded else ""


def as_markdown(review: Review, longest: int = LONGEST) -> str:
    """The summary, what breaks and where, then the rest folded; what has no room is counted."""
    head = f"### LookML: {counted(review.changes)}\n"
    return _fitted([head, *_table(review.changes)], tuple(_parts(review)), longest)


def _parts(review: Review) -> Iterator[_Part]:
    breaking = [c for c in review.changes if c.severity is Severity.BREAKING]
    rest = [c for c in review.changes if c.severity is not Severity.BREAKING]
    told: list[Break] = []
    lines = []
    for namespace, found in by_namespace(breaking):
        for line in lines_of(found, review.spokes.new):
            told.extend(line.breaks)
            lines.append(partial(_line, line, namespace))
    yield _Part("Breaking", lines, folded=False)
    left = [item for item in review.spokes.new if item not in told]
    yield _Part("Also breaks in spokes", [partial(_item, item) for item in left], folded=False)
    unreadable = [partial(_unread, item) for item in review.unreadable]
    yield _Part("Could not be read", unreadable, folded=False)
    for namespace, found in by_namespace(rest):
        title = f"{escape(shown(clipped(namespace)))}: {counted(found)}"
        yield _Part(title, [partial(_line, line) for line in lines_of(found)])
    vain = [partial(_item, item) for item in review.spokes.old]
    yield _Part(f"Spokes refer to {len(vain)} things in vain, with this change or without", vain)


def _table(changes: Sequence[Change]) -> Iterator[str]:
    """How much of each severity in each namespace; the worst if there are too many."""
    if not changes:
        return
    counts = {name: Counter(c.severity for c in found) for name, found in by_namespace(changes)}
    worst = sorted(counts, key=lambda name: [-counts[name][severity] for severity in Severity])
    yield f"\n| namespace | {' | '.join(Severity)} |\n| --- |{' ---: |' * len(Severity)}\n"
    kept = set(worst[:_ROWS])
    for name, count in counts.items():
        if name in kept:
            yield _row(code(clipped(name)).replace("|", "\\|"), count)
    if len(worst) > _ROWS:
        rest = sum((counts[name] for name in worst[_ROWS:]), Counter())
        yield _row(f"{len(worst) - _ROWS} more", rest)


def _row(title: str, count: Counter[Severity]) -> str:
    cells = " | ".join(str(count[severity] or "") for severity in Severity)
    return f"| {title} | {cells} |\n"


def _line(line: Line, namespace: str | None = None) -> str:
    """A line of a list, and below it the places that it breaks."""
    place = f"{code(clipped(namespace))} " if namespace else ""
    rows = [f"- {place}{line.text(code)}\n"]
    rows += [f"  - breaks {_place(item)}\n" for item in line.breaks[:_PLACES]]
    if len(line.breaks) > _PLACES:
        rows.append(f"  - and {len(line.breaks) - _PLACES} more places\n")
    return "".join(rows)


def _item(item: Break) -> str:
    return f"- {_place(item)}\n"


def _unread(item: Diagnostic) -> str:
    return f"- {code(str(item.at))}: {code(clipped(item.message))}\n"


def _place(item: Break) -> str:
    fate = re.sub(r"`(.*)`", lambda found: code(clipped(found[1])), item.fate, flags=re.DOTALL)
    return f"{code(str(item.at))} {item.kind} {code(clipped(item.label))} → {fate}"


def _fitted(head: Iterable[str], parts: Sequence[_Part], longest: int) -> str:
    """As much as there is room for, in this order; of the rest, how many lines."""
    text, lost = "".join(head), 0
    room = longest - len(text) - len(_more(1_000_000_000))
    kept = [text]
    for part in parts:
        free = room - len(part.head) - len(part.foot)
        chosen = list(_within(part.lines, free))
        lost += len(part.lines) - len(chosen)
        if chosen:
            found = "".join((part.head, *chosen, part.foot))
            kept.append(found)
            room -= len(found)
    return "".join((*kept, _more(lost) if lost else ""))


def _within(lines: Iterable[Callable[[], str]], room: int) -> Iterator[str]:
    for told in lines:
        line = told()
        room -= len(line)
        if room < 0:
            return
        yield line


def _more(count: int) -> str:
    return f"\n_and {count:,} more_\n"


def code(text: str) -> str:
    """A text as code, in which nothing acts as markup: the marks around it are longer than its own.

    >>> code("a"), code("a`b"), code("`a")
    ('`a`', '``a`b``', '`` `a ``')
    """
    plain = " ".join(shown(" ".join(text.split())).split()) or "(empty)"
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(plain)), default=0))
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{ticks}{pad}{plain}{pad}{ticks}"
