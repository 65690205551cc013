"""What a file of a project can refer to: the objects and fields in its scope, and who has them."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from generator.review.changes import FIELD_KINDS
from generator.review.items import Item
from generator.review.mentions import Mention

Owner = tuple[str, str]
"""The view that has a field, and what the field is called there: a group has several fields."""

_FRAMES = (
    *("raw", "time", "date", "week", "month", "quarter", "year", "hour", "minute", "second"),
    *("time_of_day", "hour_of_day", "day_of_week", "day_of_week_index", "day_of_month"),
    *("day_of_year", "week_of_year", "month_name", "month_num", "quarter_of_year", "yesno"),
    *("fiscal_year", "fiscal_quarter", "fiscal_month_num", "fiscal_quarter_of_year"),
    *("seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years"),
)
"""The fields of a group that does not list them may be any."""
_ALL = "ALL_FIELDS*"


class Known(Struct):
    """The names in a scope. Views have fields, explores have names for their views."""

    names: dict[str, set[str]] = field(default_factory=dict)
    own: dict[str, dict[str, Owner]] = field(default_factory=dict)
    extended: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)
    _fields: dict[str, dict[str, Owner]] = field(default_factory=dict)

    def has(self, mention: Mention) -> bool:
        """Whether what is mentioned is there; who mentions a field of no view is told that once."""
        if mention.kind != "field":
            return mention.name in self.names.get(mention.kind, ())
        return any(mention.name in self.fields(view) for view in self.views(mention))

    def owner(self, mention: Mention) -> Owner | None:
        """Who has a field that is mentioned."""
        found = (self.fields(view).get(mention.name) for view in self.views(mention))
        return next((owner for owner in found if owner), None)

    def views(self, mention: Mention) -> tuple[str, ...]:
        """What the view's name means: in a query what the explore joins, else that or a view."""
        if mention.inside in self.aliases:
            found = self._aliases(mention.inside, frozenset()).get(mention.view)
            return (found,) if found else ()
        if mention.view in self.own:
            return (mention.view,)
        return tuple(
            dict.fromkeys(a[mention.view] for a in self.aliases.values() if mention.view in a)
        )

    def fields(self, view: str) -> Mapping[str, Owner]:
        """The fields of a view, those of the views that it extends included."""
        if view not in self._fields:
            self._fields[view] = dict(self._inherited(view, frozenset()))
        return self._fields[view]

    def _inherited(self, view: str, above: frozenset[str]) -> Iterator[tuple[str, Owner]]:
        for other in self.extended.get(("view", view), ()):
            if other not in above:
                yield from self._inherited(other, above | {view})
        yield from self.own.get(view, {}).items()

    def _aliases(self, explore: str, above: frozenset[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for other in self.extended.get(("explore", explore), ()):
            if other not in above:
                found.update(self._aliases(other, above | {explore}))
        return {**found, **self.aliases.get(explore, {})}


def known_of(items: Iterable[Item]) -> Known:
    """What the files of a scope define; a refinement adds to what another defines."""
    known = Known()
    for item in items:
        name = item.name.removeprefix("+")
        if name == item.name:
            known.names.setdefault(item.kind, set()).add(name)
        known.extended.setdefault((item.kind, name), []).extend(_listed(item))
        if item.kind == "view":
            known.own.setdefault(name, {_ALL: (name, "")}).update(_fields(item, name))
        elif item.kind == "explore":
            known.aliases.setdefault(name, {}).update(_joined(item, name))
    return known


def _listed(item: Item) -> tuple[str, ...]:
    said = item.attributes.get("extends", ())
    return said if isinstance(said, tuple) else (str(said),)


def _fields(view: Item, name: str) -> Iterator[tuple[str, Owner]]:
    for item in view.children.values():
        if item.kind == "set":
            yield f"{item.name}*", (name, item.name)
        elif item.kind in FIELD_KINDS:
            yield from ((field, (name, item.name)) for field in _names(item))


def _names(item: Item) -> Iterator[str]:
    if item.kind != "dimension_group":
        yield item.name
        return
    said = item.attributes.get("timeframes") or item.attributes.get("intervals") or _FRAMES
    yield from (f"{item.name}_{suffix}" for suffix in said)


def _joined(explore: Item, name: str) -> Iterator[tuple[str, str]]:
    """The names of its views in a query. A refinement need not say again what the base is."""
    said = explore.attributes
    base = str(said.get("view_name", name))
    if explore.name == name or "from" in said or "view_name" in said:
        yield base, str(said.get("from", base))
    for item in explore.children.values():
        if item.kind == "join":
            yield (
                item.name,
                str(item.attributes.get("from", item.attributes.get("view_name", item.name))),
            )
