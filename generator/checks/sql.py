"""Every SQL fragment parses as BigQuery SQL."""

from collections.abc import Iterator
from typing import NamedTuple

from generator import lookml
from generator.checks.look import Look, sql_of
from generator.checks.scope import Page, Scope
from generator.diagnostics import Diagnostic, Location
from generator.lookml.fragments import Place, is_column, parse_error


class Fragment(NamedTuple):
    """Whose SQL it is, its place, the SQL, and where it stands in a query."""

    what: str
    at: Location | None
    sql: str | None
    place: Place = Place.EXPRESSION


def check_sql(scope: Scope) -> Iterator[Diagnostic]:
    """Every fragment of SQL in the files parses."""
    for page in scope.pages.values():
        for what, at, fragment, place in _fragments(page):
            reason = parse_error(fragment, place) if fragment else None
            if reason:
                yield page.says("unparsable-sql", at, what=what, reason=reason)


def _fragments(page: Page) -> Iterator[Fragment]:
    for look in page.looks:
        yield from _of_view(look, page)
    for explore in page.document.explores:
        yield from _of_explore(explore, page)
    for group in page.document.datagroups:
        at = page.place(group.name)
        yield Fragment(f"datagroup `{group.name}`", at, group.sql_trigger, Place.QUERY)


def _of_view(look: Look, page: Page) -> Iterator[Fragment]:
    view = look.view
    what, at = f"view `{view.name}`", page.place(view.name)
    yield Fragment(what, at, view.sql_table_name, Place.RELATION)
    for field in look.telling:
        found = [sql for sql in _of_field(field) if not is_column(sql)]
        if found:
            what, at = (
                f"{field.keyword} `{view.name}.{field.name}`",
                page.place(view.name, field.name),
            )
            yield from (Fragment(what, at, sql) for sql in found)


def _of_field(field: lookml.Field) -> Iterator[str]:
    yield from sql_of(field)
    if isinstance(field, lookml.Dimension) and field.case:
        yield from (when.sql for when in field.case.whens if when.sql)


def _of_explore(explore: lookml.Explore, page: Page) -> Iterator[Fragment]:
    at = page.place_of(explore)
    yield Fragment(f"explore `{explore.name}`", at, explore.sql_always_where)
    for join in explore.joins:
        what = f"join `{explore.name}.{join.name}`"
        yield Fragment(what, at, join.sql, Place.JOIN)
        yield Fragment(what, at, join.sql_on)
