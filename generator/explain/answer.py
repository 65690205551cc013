"""Answers: which things a name means, and all that is known of one."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from generator.explain.index import Index
from generator.explain.things import FIELDS, Key, Kind, Thing, Tie

_ORDER = {kind: place for place, kind in enumerate(Kind)}
_LEAST = {Kind.RELATION: 1, Kind.COLUMN: 1}
"""How many dots a name of a kind has at least: `orders` is the view, not also each table."""


class Mention(Struct, frozen=True):
    """A thing in the answer about another; `how` they are tied, if that says more."""

    thing: Thing
    how: str = ""


class Owner(Struct, frozen=True):
    """Who answers for what."""

    name: str
    of: Key


class Answer(Struct, frozen=True):
    """All that is known of a thing.

    `rests_on` are what it stands on through others, `reaches` are those who stand on it so.
    `offered_by` are the explores that have a field. `within` leads up to the file.
    """

    thing: Thing
    owners: tuple[Owner, ...]
    stands_on: tuple[Mention, ...]
    rests_on: tuple[Mention, ...]
    used_by: tuple[Mention, ...]
    reaches: tuple[Mention, ...]
    offered_by: tuple[Mention, ...]
    within: tuple[Thing, ...]
    holds: tuple[Mention, ...]


def meant(name: str, index: Index) -> tuple[Thing, ...]:
    """The things that a name may mean: a full name, else one that is enough of it.

    Capitals count only where they tell two things apart.
    """
    for fold in (str, str.casefold):
        wanted = fold(name)
        whole = [thing for thing in index.things.values() if fold(thing.name) == wanted]
        found = whole or [t for t in index.things.values() if _is_called(t, wanted, fold)]
        if found:
            return tuple(sorted(found, key=_place))
    return ()


def _place(thing: Thing) -> tuple[int, str]:
    return _ORDER[thing.kind], thing.name


def _is_called(thing: Thing, wanted: str, fold: Callable[[str], str]) -> bool:
    if wanted.count(".") < _LEAST.get(thing.kind, 0):
        return False
    last = ("/" if thing.kind is Kind.FILE else ".") + wanted
    return any(name == wanted or name.endswith(last) for name in map(fold, thing.called))


def answer(thing: Thing, index: Index) -> Answer:
    """All that is known of a thing."""
    key = thing.key
    on, by = index.stands_on(key), index.used_by(key)
    below = _reached(key, index.bases)
    above = _reached(key, index.users)
    return Answer(
        thing,
        tuple(_owners(thing, (*on, *below), index)),
        _mentions(on, index),
        _mentions({k: None for k in below if k not in on}, index),
        _mentions(by, index),
        _mentions({k: None for k in above if k not in by}, index),
        _mentions(_offers(key, index), index),
        tuple(_within(thing, index)),
        _mentions(dict.fromkeys(index.parts.get(key, ())), index),
    )


def _mentions(ties: Mapping[Key, Tie | None], index: Index) -> tuple[Mention, ...]:
    found = (Mention(index.things[key], tie.how if tie else "") for key, tie in ties.items())
    return tuple(sorted(found, key=lambda mention: _place(mention.thing)))


def _reached(key: Key, ties: Mapping[Key, Mapping[Key, Tie]]) -> tuple[Key, ...]:
    """All that is tied to a thing by ties that lead on, but itself."""
    seen: dict[Key, None] = {key: None}
    todo = [key]
    while todo:
        for other, tie in ties.get(todo.pop(), {}).items():
            if tie.leads and other not in seen:
                seen[other] = None
                todo.append(other)
    return tuple(seen)[1:]


def _within(thing: Thing, index: Index) -> Iterator[Thing]:
    """What a thing is a part of, the nearest first."""
    while thing.within and thing.within in index.things:
        thing = index.things[thing.within]
        yield thing


def _owners(thing: Thing, below: Iterable[Key], index: Index) -> Iterator[Owner]:
    """The owners of a thing and its namespace, of the project above it, of what it stands on."""
    namespace = Key(Kind.NAMESPACE, thing.namespace or "")
    above = (key for each in _within(thing, index) for key in index.stands_on(each.key))
    projects = (key for key in above if key.kind is Kind.PROJECT)
    ordered = sorted(below, key=lambda key: (_ORDER[key.kind], key.name))
    for key in dict.fromkeys((thing.key, namespace, *projects, *ordered)):
        found = index.things.get(key)
        for name in found.owners if found else ():
            yield Owner(name, key)


def _offers(key: Key, index: Index) -> dict[Key, Tie | None]:
    """The explores over the view of a field."""
    thing = index.things[key]
    view = thing.within if thing.kind in FIELDS else None
    if view is None:
        return {}
    return {k: None for k in index.used_by(view) if k.kind is Kind.EXPLORE}
