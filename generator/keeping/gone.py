"""The fields that a view once had and has no more, and what they are called now."""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from generator import lookml
from generator.facts.deprecation import Deprecation, deprecation_of
from generator.facts.removals import Removal
from generator.keeping.lost import Kept, Taken, lost
from generator.keeping.past import Past
from generator.keeping.texts import field_of, kept_fields, text_of
from generator.lookml.reader import read
from generator.lookml.syntax import print_block
from generator.review.items import Item, of_lookml
from generator.review.renames import body, renames


class Gone(Struct, frozen=True):
    """A field that is gone, or what is gone of it, and what is to be remembered of that."""

    removal: Removal
    field: Kept


class Was(Struct, frozen=True):
    """A view as it stands, and the removals that were known of it, by name."""

    path: str
    view: lookml.View
    known: Mapping[str, Removal]

    def fields(self) -> Iterator[tuple[Kept, Deprecation | None]]:
        """Its fields of which nothing is known yet, and what they say of their end."""
        for field in kept_fields(self.view):
            if field.name not in self.known:
                yield field, deprecation_of(field.description, hidden=bool(field.hidden))


def gone_of(was: Was, view: lookml.View, past: Past) -> tuple[Gone, ...]:
    """What is gone of a view, by name. `view` has what it inherits, too."""
    taken = Taken.of(view)
    before = (*_remembered(was.known.values(), past), *_recovered(was, past))
    found = tuple(part for one in before for part in _lost(one, taken))
    fresh = tuple(_fresh(was, {one.field.name for one in found}, taken, past))
    if not (found or fresh):
        return ()
    renamed = _renamed(fresh, was.view, view)
    named = (_now(one, renamed.get(one.field.name)) for one in fresh)
    live = _items(view, kept_fields(view))
    chains = {**{row.name: row.to for row in was.known.values()}, **renamed}
    every = (*(_followed(one, live, chains) for one in found), *named)
    return tuple(sorted(every, key=lambda one: one.removal.key))


def _remembered(rows: Iterable[Removal], past: Past) -> Iterator[Gone]:
    """What was gone before, and stays today."""
    for row in past.lasting(rows):
        field = field_of(row.text)
        if field:
            yield Gone(row, field)


def _recovered(was: Was, past: Past) -> Iterator[Gone]:
    """What says of itself that it is kept, though nothing is remembered of it."""
    for field, says in was.fields():
        if says and says.until >= past.today:
            days = min(past.days, says.until.toordinal() - 1)
            since = min(says.until - timedelta(days), past.today)
            row = Removal(was.path, was.view.name, field.name, since, text_of(field), says.to)
            yield Gone(row, field)


def _fresh(was: Was, found: Container[str], taken: Taken, past: Past) -> Iterator[Gone]:
    """What went just now."""
    for field, says in was.fields():
        if says is None and field.name not in found:
            for part in lost(field, taken):
                text = text_of(part)
                yield Gone(Removal(was.path, was.view.name, part.name, past.today, text), part)


def _lost(known: Gone, taken: Taken) -> Iterator[Gone]:
    """What is still gone of what went before."""
    for part in lost(known.field, taken):
        row = known.removal
        if part != known.field:
            row = replace(row, name=part.name, text=text_of(part))
        yield Gone(row, part)


def _now(gone: Gone, to: str | None) -> Gone:
    return Gone(replace(gone.removal, to=to), gone.field)


def _renamed(fresh: Iterable[Gone], old: lookml.View, view: lookml.View) -> dict[str, str]:
    """The new names of what went, as the diff would guess them; a timeframe alone has none."""
    had = {(type(field), field.name) for field in kept_fields(old)}
    whole = [one.field for one in fresh if (type(one.field), one.field.name) in had]
    come = [field for field in kept_fields(view) if (type(field), field.name) not in had]
    if not (whole and come):
        return {}
    before, after = _items(old, whole), _items(view, come)
    pairs = renames(before, after)
    return {before[key].name: after[found].name for key, found in pairs.items()}


def _followed(gone: Gone, live: Mapping[str, Item], chains: Mapping[str, str | None]) -> Gone:
    """With the name that it has by now, if what has it is still what it was."""
    to, seen = gone.removal.to, set[str]()
    names = {item.name: item for item in live.values()}
    while to and to not in names and to not in seen:
        seen.add(to)
        to = chains.get(to)
    found = names.get(to or "")
    return _now(gone, to if found and _is_same(gone.field, found) else None)


def _is_same(field: Kept, now: Item) -> bool:
    """Whether a field has the body of another, or is an alias of it already."""
    if field.sql == f"${{{now.name}}}":
        return True
    (item,) = _items(lookml.View("v"), [field]).values()
    return item.kind == now.kind and body(item) == body(now)


def _items(view: lookml.View, fields: Iterable[Kept]) -> Mapping[str, Item]:
    """Some fields of a view, as the diff sees them."""
    known = tuple(fields)
    alone = lookml.View(
        view.name,
        dimensions=tuple(one for one in known if isinstance(one, lookml.Dimension)),
        dimension_groups=tuple(one for one in known if isinstance(one, lookml.DimensionGroup)),
        measures=tuple(one for one in known if isinstance(one, lookml.Measure)),
    )
    (found,) = of_lookml(read(print_block(alone)), "")
    return found.children
