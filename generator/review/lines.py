"""Changes as lines for a person: what is alike and in one place is told together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from generator.facts.deprecation import deprecation_of
from generator.review.changes import Change
from generator.review.rules import Severity
from generator.review.spokes import Break

_LONG = 80
"""Characters of a value, a name or a piece of SQL that are shown."""
_MANY = 12
"""Names that are listed."""
_CONTEXT = 20
_BULK = {"added": "to", "removed": "from", "deprecated": "in"}
"""Changes of which several are one line, and the word before the place."""
_PHRASES = {
    "changed": "something",
    "looks": "how it looks",
    "moved": "place",
    "sql-form": "SQL, in form only",
    "sql-meaning": "SQL",
}
Code = Callable[[str], str]
"""How a name is marked as one."""


class Line(Struct, frozen=True):
    """A line for some changes of one severity, and what it breaks in spokes."""

    severity: Severity
    changes: tuple[Change, ...]
    breaks: tuple[Break, ...] = ()

    def text(self, code: Code) -> str:
        """The line, its names marked."""
        first = self.changes[0]
        if len(self.changes) > 1:
            return _several(self.changes, code)
        return _SENTENCES.get(first.code, _changed)(first, code)


def lines_of(changes: Sequence[Change], breaks: Sequence[Break] = ()) -> list[Line]:
    """The lines, those that matter most first, each severity in the order of the places."""
    order = tuple(Severity)
    ranked = sorted(changes, key=lambda change: order.index(change.severity))
    found = (tuple(group) for _, group in groupby(ranked, key=_alike))
    return [Line(group[0].severity, group, tuple(_of(group, breaks))) for group in found]


def _alike(change: Change) -> object:
    """What is told in one line: what came or went in one place; anything else for itself."""
    bulk = change.code in _BULK and not change.contents
    end = change.before if change.code == "removed" else None
    return (
        change.severity,
        change.code,
        change.path[:-1],
        change.kind,
        () if bulk else change.path,
        change.after if change.code == "deprecated" else bool(end),
    )


def _of(changes: Iterable[Change], breaks: Sequence[Break]) -> Iterator[Break]:
    """What these changes break: a field of a view, or the thing itself."""
    if not breaks:
        return
    places = {(change.kind, change.name) for change in changes}
    fields = {
        (change.path[-2].removeprefix("view "), change.name)
        for change in changes
        if len(change.path) > 1 and change.path[-2].startswith("view ")
    }
    for item in breaks:
        if item.owner in fields or (item.kind, item.label) in places:
            yield item


def _several(changes: Sequence[Change], code: Code) -> str:
    first = changes[0]
    names = [code(clipped(change.name)) for change in changes[:_MANY]]
    more = f" and {len(changes) - _MANY} more" if len(changes) > _MANY else ""
    kind = f"{first.kind.replace('_', ' ')}s"
    place = _place(first, code, _BULK[first.code])
    return f"{len(changes)} {kind} {first.code}{place}{_end(first)}: {', '.join(names)}{more}"


def _came_or_went(change: Change, code: Code) -> str:
    contents = ", ".join(
        f"{count} {kind.replace('_', ' ')}{'s' if count > 1 else ''}"
        for kind, count in change.contents
    )
    told = f"{change.code}{_place(change, code, _BULK[change.code])}{_end(change)}"
    return f"{_label(change, code)} {told}{f', with {contents}' if contents else ''}"


def _deprecated(change: Change, code: Code) -> str:
    said = deprecation_of(change.after, hidden=True)
    instead = f": use {code(clipped(said.to))}" if said and said.to else ""
    return f"{_label(change, code)} deprecated{_place(change, code, 'in')}{_end(change)}{instead}"


def _end(change: Change) -> str:
    """When a field goes away; or that it has gone as it had said."""
    if change.code == "removed":
        return ", as announced" if change.before else ""
    said = deprecation_of(change.after, hidden=True)
    return f", goes away after {said.until}" if said else ""


def _renamed(change: Change, code: Code) -> str:
    return f"{_label(change, code)}{_place(change, code)} is now {code(clipped(change.after))}"


def _moved_away(change: Change, code: Code) -> str:
    before, after = code(clipped(change.before)), code(clipped(change.after))
    return f"{_label(change, code)} moved from {before} to {after}"


def _changed(change: Change, code: Code) -> str:
    before, after = excerpts(change.before, change.after)
    said = f"now {code(after)}" if change.before is None else f"no longer {code(before)}"
    if change.before is not None and change.after is not None:
        said = f"{code(before)} → {code(after)}"
    phrase = _PHRASES.get(change.code, change.code.replace("-", " "))
    return f"{_label(change, code)}{_place(change, code)}: {phrase} {said}"


_SENTENCES: dict[str, Callable[[Change, Code], str]] = {
    "added": _came_or_went,
    "deprecated": _deprecated,
    "removed": _came_or_went,
    "renamed": _renamed,
    "namespace": _moved_away,
}


def _label(change: Change, code: Code) -> str:
    return f"{change.kind.replace('_', ' ')} {code(clipped(change.name))}"


def _place(change: Change, code: Code, word: str = "of") -> str:
    """The objects around, the nearest first."""
    steps = (step.partition(" ") for step in reversed(change.path[1:-1]))
    found = [f"{kind.replace('_', ' ')} {code(clipped(name))}" for kind, _, name in steps]
    return f" {word} {' of '.join(found)}" if found else ""


def clipped(text: str | None) -> str:
    """A text in one line, not too long.

    >>> clipped("a" * 100)[-3:]
    'aa…'
    """
    flat = " ".join((text or "").split())
    return flat if len(flat) <= _LONG else flat[: _LONG - 1] + "…"


def excerpts(before: str | None, after: str | None) -> tuple[str, str]:
    """Two texts where they begin to differ.

    >>> excerpts("x" * 90 + " + 1", "x" * 90 + " + 2")
    ('…xxxxxxxxxxxxxxxxx + 1', '…xxxxxxxxxxxxxxxxx + 2')
    """
    one, other = (" ".join((text or "").split()) for text in (before, after))
    if max(len(one), len(other)) <= _LONG:
        return one, other
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = max(0, same - _CONTEXT)
    mark = "…" if start else ""
    return clipped(mark + one[start:]), clipped(mark + other[start:])
