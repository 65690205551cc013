"""Every reference points at something that its file can see."""

from collections.abc import Iterator

from generator import lookml
from generator.checks.scope import Page, Scope
from generator.diagnostics import Diagnostic
from generator.lookml.fragments import references


def check_includes(scope: Scope) -> Iterator[Diagnostic]:
    """Every included file is generated."""
    for page in scope.pages.values():
        for target in page.document.includes:
            if target.removeprefix("/") not in scope.pages:
                yield page.says("dangling-include", target=target)


def check_views(scope: Scope) -> Iterator[Diagnostic]:
    """Every explore and join has a view, and every extended view is there."""
    for page in scope.pages.values():
        known = scope.views(page)
        for what, view in _named_views(page):
            if view not in known:
                yield page.says("dangling-view", what=what, view=view)


def _named_views(page: Page) -> Iterator[tuple[str, str]]:
    for view in page.document.views:
        yield from ((f"view `{view.name}`", name) for name in view.extends)
    for explore in page.document.explores:
        yield f"explore `{explore.name}`", explore.view_name or explore.name
        yield from ((f"explore `{explore.name}`", join.name) for join in explore.joins)


def check_fields(scope: Scope) -> Iterator[Diagnostic]:
    """Every field that SQL, a filter or a list names exists in the view that it is taken from."""
    for page in scope.pages.values():
        known = {name: scope.fields[name] for name in scope.views(page)}
        for what, home, field in _named_fields(page):
            view, _, name = field.rpartition(".")
            if name not in known.get(view or home, ()):
                yield page.says("dangling-field", what=what, field=field)


def _named_fields(page: Page) -> Iterator[tuple[str, str, str]]:
    """Who refers to a field, from which view, and how."""
    for view in page.document.views:
        for field in view.fields:
            what = f"{field.keyword} `{view.name}.{field.name}`"
            yield from ((what, view.name, name) for name in _named_by(field))
        table = view.sql_table_name or ""
        yield from ((f"view `{view.name}`", view.name, name) for name in references(table))
    for explore in page.document.explores:
        base = explore.view_name or explore.name
        yield from ((f"explore `{explore.name}`", base, name) for name in _explore_names(explore))
        for kept in explore.aggregate_tables:
            what = f"aggregate table `{explore.name}.{kept.name}`"
            yield from ((what, base, name) for name in _held_by(kept))


def _named_by(field: lookml.Field) -> Iterator[str]:
    """The fields that a field names; drill fields without sets, which end in a `*`."""
    if isinstance(field, lookml.Parameter):
        return
    yield from references(field.sql or "")
    if isinstance(field, lookml.Measure):
        yield from (name for name, _ in field.filters)
        yield from filter(None, (field.based_on, field.based_on_time))
    if not isinstance(field, lookml.Filter):
        yield from (name for name in field.drill_fields if not name.endswith("*"))


def _explore_names(explore: lookml.Explore) -> Iterator[str]:
    yield from references(explore.sql_always_where or "")
    if explore.always_filter:
        yield from (name for name, _ in explore.always_filter.filters)
    for join in explore.joins:
        yield from references(f"{join.sql or ''} {join.sql_on or ''}")


def _held_by(table: lookml.AggregateTable) -> Iterator[str]:
    if table.query:
        yield from (*table.query.dimensions, *table.query.measures)
        yield from (name for name, _ in table.query.filters)


def check_datagroups(scope: Scope) -> Iterator[Diagnostic]:
    """Every explore and aggregate table that persists names a datagroup that its file includes."""
    for page in scope.pages.values():
        known = {group.name for seen in scope.visible(page) for group in seen.document.datagroups}
        for explore in page.document.explores:
            for what, name in _persisting(explore):
                if name and name not in known:
                    yield page.says("dangling-datagroup", what=what, name=name)


def _persisting(explore: lookml.Explore) -> Iterator[tuple[str, str | None]]:
    yield f"explore `{explore.name}`", explore.persist_with
    for table in explore.aggregate_tables:
        if table.materialization:
            what = f"aggregate table `{explore.name}.{table.name}`"
            yield what, table.materialization.datagroup_trigger
