"""Every reference points at something that its file can see."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from generator import lookml
from generator.checks.inheritance import circle
from generator.checks.look import Look
from generator.checks.scope import Page, Scope
from generator.diagnostics import Diagnostic, Location
from generator.lookml.fragments import is_column, liquid_references, references

_OWN_LIQUID = frozenset({"value", "field", "row"})
"""Words of Liquid that stand for the cell that is drawn."""
_ALL_FIELDS = "ALL_FIELDS"


class Mention(NamedTuple):
    """Who refers to a field: words for it, its place, the view at home there, and the field."""

    what: str
    at: Location | None
    home: str
    field: str


def check_includes(scope: Scope) -> Iterator[Diagnostic]:
    """Every included file is generated."""
    for page in scope.pages.values():
        for target in page.document.includes:
            if target.removeprefix("/") not in scope.pages:
                yield page.says("dangling-include", target=target)


def check_unjoined(scope: Scope) -> Iterator[Diagnostic]:
    """A view that an explore's file includes is one that the explore shows."""
    for page, explore in scope.explores:
        shown = {explore.from_view or explore.view_name or explore.name}
        shown |= {join.from_view or join.name for join in explore.joins}
        views = scope.views(page)
        shown |= {name for view in shown & views.keys() for name in views[view].extends}
        for target in page.document.includes:
            other = scope.pages.get(target.removeprefix("/"))
            names = {view.name for view in other.document.views} if other else set()
            if names and names.isdisjoint(shown):
                at = page.place_of(explore)
                yield page.says("unjoined-view", at, explore=explore.name, target=target)


def check_views(scope: Scope) -> Iterator[Diagnostic]:
    """Every explore and join has a view, and every extended view is there."""
    for page in scope.pages.values():
        known = scope.views(page)
        for what, at, view in _named_views(page):
            if view not in known:
                yield page.says("dangling-view", at, what=what, view=view)


def _named_views(page: Page) -> Iterator[tuple[str, Location | None, str]]:
    for view in page.document.views:
        at = page.place(view.name)
        yield from ((f"view `{view.name}`", at, name) for name in view.extends)
    for explore in page.document.explores:
        what, at = f"explore `{explore.name}`", page.place_of(explore)
        yield what, at, explore.from_view or explore.view_name or explore.name
        yield from ((what, at, join.from_view or join.name) for join in explore.joins)


def check_extends(scope: Scope) -> Iterator[Diagnostic]:
    """No view extends itself."""
    views = {view.name: view for page in scope.pages.values() for view in page.document.views}
    for page in scope.pages.values():
        for view in page.document.views:
            way = circle(view.name, views)
            if way:
                values = {"what": f"view `{view.name}`", "cycle": " → ".join(way)}
                yield page.says("cyclic-extends", page.place(view.name), **values)


def check_fields(scope: Scope) -> Iterator[Diagnostic]:
    """Every field that SQL, Liquid, a filter or a list names exists in the view it is taken from.

    Within Liquid and SQL, fields of any view that the file sees are known.
    """
    for page in scope.pages.values():
        known = _known(scope, page)
        for what, at, home, field in _mentions(page):
            view, _, name = field.rpartition(".")
            if name not in known.get(view or home, ()):
                yield page.says("dangling-field", at, what=what, field=field)


def _known(scope: Scope, page: Page) -> Mapping[str, frozenset[str]]:
    views = scope.views(page)
    return {
        name: scope.fields[name] if name in scope.fields else frozenset(view.names())
        for name, view in views.items()
    }


def _mentions(page: Page) -> Iterator[Mention]:
    for look in page.looks:
        yield from _of_view(look, page)
    for explore in page.document.explores:
        base = explore.view_name or explore.name
        at, what = page.place_of(explore), f"explore `{explore.name}`"
        yield from (Mention(what, at, base, name) for name in _explore_names(explore))
        for kept in explore.aggregate_tables:
            what = f"aggregate table `{explore.name}.{kept.name}`"
            yield from (Mention(what, at, base, name) for name in _held_by(kept))


def _of_view(look: Look, page: Page) -> Iterator[Mention]:
    view = look.view
    for field in look.telling:
        named = tuple(dict.fromkeys(_named_by(field)))
        if named:
            what, at = f"{field.keyword} `{view.name}.{field.name}`", None
            at = page.place(view.name, field.name)
            yield from (Mention(what, at, view.name, name) for name in named)
    what, at = f"view `{view.name}`", page.place(view.name)
    derived = view.derived_table.sql if view.derived_table else None
    for text in (view.sql_table_name, derived):
        yield from (Mention(what, at, view.name, name) for name in _in_text(text))
    for group in view.sets:
        names = (name.removeprefix("-") for name in group.fields if not name.endswith("*"))
        what = f"set `{view.name}.{group.name}`"
        yield from (Mention(what, at, view.name, name) for name in names)


def _in_text(text: str | None) -> Iterator[str]:
    """The fields that SQL and its Liquid name."""
    if text and "{" in text and not is_column(text):
        yield from references(text)
        if "{%" in text or "{{" in text:
            found = liquid_references(text)
            yield from (name for name in found if name not in _OWN_LIQUID)


def _named_by(field: lookml.Field) -> Iterator[str]:
    """The fields that a field names; drill fields without sets, which end in a `*`."""
    if isinstance(field, lookml.Parameter):
        return
    yield from _in_text(field.sql)
    if isinstance(field, lookml.Measure):
        yield from (name for name, _ in field.filters)
        yield from filter(None, (field.based_on, field.based_on_time))
        yield from (*_in_text(field.sql_distinct_key), *field.required_fields)
    if isinstance(field, lookml.DimensionGroup):
        yield from (*_in_text(field.sql_start), *_in_text(field.sql_end))
    if not isinstance(field, lookml.Filter):
        yield from (name for name in field.drill_fields if not name.endswith("*"))
    if isinstance(field, lookml.Dimension | lookml.Measure):
        yield from _in_shown(field)


def _in_shown(field: lookml.Dimension | lookml.Measure) -> Iterator[str]:
    """The fields that its looks, its links and its cases name."""
    yield from _in_text(field.html)
    for link in field.links:
        yield from (*_in_text(link.url), *_in_text(link.label))
    if isinstance(field, lookml.Dimension):
        for when in field.case.whens if field.case else ():
            yield from _in_text(when.sql)
        if field.suggest_dimension and not field.suggest_explore:
            yield field.suggest_dimension


def _explore_names(explore: lookml.Explore) -> Iterator[str]:
    yield from _in_text(explore.sql_always_where)
    if explore.always_filter:
        yield from (name for name, _ in explore.always_filter.filters)
    yield from _listed(explore.fields)
    for join in explore.joins:
        yield from (*_in_text(join.sql), *_in_text(join.sql_on), *_listed(join.fields))


def _listed(names: Iterable[str]) -> Iterator[str]:
    """The fields of a list, those to be left out too; not the sets."""
    return (name.removeprefix("-") for name in names if not name.endswith("*"))


def _held_by(table: lookml.AggregateTable) -> Iterator[str]:
    if table.query:
        yield from (*table.query.dimensions, *table.query.measures)
        yield from (name for name, _ in table.query.filters)


def check_sets(scope: Scope) -> Iterator[Diagnostic]:
    """Every set that a list of fields names is one of its view."""
    for page in scope.pages.values():
        views = scope.views(page)
        for what, at, home, written in _named_sets(page):
            view, _, name = written.removeprefix("-").removesuffix("*").rpartition(".")
            owner = views.get(view or home)
            known = {group.name for group in owner.sets} if owner else set()
            if name != _ALL_FIELDS and name not in known:
                yield page.says("dangling-set", at, what=what, name=written)


def _named_sets(page: Page) -> Iterator[Mention]:
    for look in page.looks:
        view = look.view
        for field in look.telling:
            drills = getattr(field, "drill_fields", ())
            what = f"{field.keyword} `{view.name}.{field.name}`"
            at = page.place(view.name, field.name) if drills else None
            yield from _starred(what, at, view.name, drills)
        for group in view.sets:
            what = f"set `{view.name}.{group.name}`"
            yield from _starred(what, page.place(view.name), view.name, group.fields)
    for explore in page.document.explores:
        lists = (explore.fields, *(join.fields for join in explore.joins))
        base, at = explore.view_name or explore.name, page.place_of(explore)
        for names in lists:
            yield from _starred(f"explore `{explore.name}`", at, base, names)


def _starred(what: str, at: Location | None, home: str, names: Iterable[str]) -> Iterator[Mention]:
    return (Mention(what, at, home, name) for name in names if name.endswith("*"))


def check_suggestions(scope: Scope) -> Iterator[Diagnostic]:
    """Values are suggested by an explore that is there, from a field that it has."""
    explores = {explore.name: (page, explore) for page, explore in scope.explores}
    for page in scope.pages.values():
        for look in page.looks:
            for field in look.telling:
                if isinstance(field, lookml.Dimension) and field.suggest_explore:
                    yield from _suggested(scope, page, look.view.name, field, explores)


def _suggested(
    scope: Scope,
    page: Page,
    view: str,
    field: lookml.Dimension,
    explores: Mapping[str, tuple[Page, lookml.Explore]],
) -> Iterator[Diagnostic]:
    what, at = f"dimension `{view}.{field.name}`", page.place(view, field.name)
    found = explores.get(field.suggest_explore or "")
    if found is None:
        yield page.says("dangling-explore", at, what=what, explore=field.suggest_explore)
        return
    other, explore = found
    home, _, name = (field.suggest_dimension or field.name).rpartition(".")
    known = _known(scope, other).get(home or explore.view_name or explore.name, ())
    if name not in known:
        yield page.says("dangling-field", at, what=what, field=field.suggest_dimension)


def check_datagroups(scope: Scope) -> Iterator[Diagnostic]:
    """Every explore and aggregate table that persists names a datagroup that its file includes."""
    for page in scope.pages.values():
        known = {group.name for seen in scope.visible(page) for group in seen.document.datagroups}
        for explore in page.document.explores:
            for what, name in _persisting(explore):
                if name and name not in known:
                    at = page.place_of(explore)
                    yield page.says("dangling-datagroup", at, what=what, name=name)


def _persisting(explore: lookml.Explore) -> Iterator[tuple[str, str | None]]:
    yield f"explore `{explore.name}`", explore.persist_with
    for table in explore.aggregate_tables:
        if table.materialization:
            what = f"aggregate table `{explore.name}.{table.name}`"
            yield what, table.materialization.datagroup_trigger
