"""Answers for a terminal, and for machines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from generator.explain.answer import Answer, Mention
from generator.explain.things import Key, Kind, Thing, shown

FORMAT = "lookml-explain/1"
_LISTED = 12
"""How many things of one kind a list for a terminal has; the others are counted."""

_LISTS = (
    ("stands on", "stands_on"),
    ("through them", "rests_on"),
    ("used by", "used_by"),
    ("through those", "reaches"),
    ("offered by", "offered_by"),
    ("holds", "holds"),
)
_WIDTH = max(len(title) for title, _ in _LISTS) + 2


def as_text(answer: Answer) -> Iterator[str]:
    """Lines: what it is, who asked for it and owns it, what it stands on, who uses it."""
    thing = answer.thing
    yield shown(f"{thing.kind} {thing.name}")
    yield from _row("label", thing.label)
    yield from _row("description", thing.description)
    yield from _row("asked for", str(thing.at) if thing.at else None)
    yield from _row("namespace", thing.namespace)
    for place, line in enumerate(_owners(answer)):
        yield from _row("" if place else "owner", line)
    yield from _row("within", " ← ".join(f"{above.kind} {above.name}" for above in answer.within))
    for name, said in thing.facts:
        yield from _row(name, said)
    for title, name in _LISTS:
        yield from _list(title, getattr(answer, name))


def _row(title: str, said: str | None) -> Iterator[str]:
    if said:
        first, *others = said.strip().splitlines() or [""]
        yield f"  {title:<{_WIDTH}}{shown(first)}"
        yield from (f"  {'':<{_WIDTH}}{shown(line)}" for line in others)


def _owners(answer: Answer) -> Iterator[str]:
    """Each owner once, with what they own."""
    owned: dict[str, list[Key]] = {}
    for owner in answer.owners:
        owned.setdefault(owner.name, []).append(owner.of)
    for name, keys in owned.items():
        listed = [f"{key.kind} {key.name}" for key in keys[:_LISTED]]
        more = [f"{len(keys) - _LISTED} more"] if len(keys) > _LISTED else []
        yield f"{name} ({', '.join((*listed, *more))})"


def _list(title: str, mentions: Sequence[Mention]) -> Iterator[str]:
    """The things of a list by kind, each list cut to what a person reads."""
    lines: list[str] = []
    for kind in Kind:
        found = [mention for mention in mentions if mention.thing.kind is kind]
        lines += [_mention(mention) for mention in found[:_LISTED]]
        if len(found) > _LISTED:
            lines.append(f"{kind}: {len(found) - _LISTED} more")
    for place, line in enumerate(lines):
        yield from _row("" if place else title, line)


def _mention(mention: Mention) -> str:
    thing = mention.thing
    how = f" ({mention.how})" if mention.how else ""
    is_defined = thing.kind in {Kind.METRIC, Kind.SOURCE, Kind.PROJECT} and thing.at
    return f"{thing.kind} {thing.name}{how}{f'  {thing.at}' if is_defined else ''}"


def listed(things: Iterable[Thing]) -> Iterator[str]:
    """Several things that a name may mean, a line each: kind, full name, who asked for it."""
    rows = [(thing.kind.value, thing.name, str(thing.at or "")) for thing in things]
    kinds = max((len(kind) for kind, _, _ in rows), default=0)
    names = max((len(shown(name)) for _, name, _ in rows), default=0)
    for kind, name, at in rows:
        yield f"{kind:<{kinds}}  {shown(name):<{names}}  {shown(at)}".rstrip()


def as_json(name: str, things: Iterable[Thing], answer: Answer | None) -> str:
    """What a name may mean, and all that is known of it if it means one thing."""
    told = {
        "format": FORMAT,
        "asked": name,
        "candidates": [_thing(thing) for thing in things],
        "answer": _answer(answer) if answer else None,
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def _thing(thing: Thing) -> dict[str, Any]:
    at = thing.at
    return {
        "kind": thing.kind.value,
        "name": thing.name,
        "at": {"path": at.path, "line": at.line} if at else None,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    thing = answer.thing
    lists = {name: [_told(mention) for mention in getattr(answer, name)] for _, name in _LISTS}
    return {
        **_thing(thing),
        "namespace": thing.namespace,
        "label": thing.label,
        "description": thing.description,
        "facts": dict(thing.facts),
        "owners": [
            {"owner": item.name, "kind": item.of.kind.value, "name": item.of.name}
            for item in answer.owners
        ],
        "within": [_thing(above) for above in answer.within],
        **lists,
    }


def _told(mention: Mention) -> dict[str, Any]:
    return {**_thing(mention.thing), "how": mention.how or None}
