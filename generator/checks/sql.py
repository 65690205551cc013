"""Every SQL fragment parses as BigQuery SQL."""

from collections.abc import Iterator

from generator import lookml
from generator.checks.scope import Page, Scope
from generator.diagnostics import Diagnostic
from generator.lookml.fragments import Place, parse_error

Fragment = tuple[str, str | None, Place]
"""Whose SQL it is, the SQL, and where it stands."""


def check_sql(scope: Scope) -> Iterator[Diagnostic]:
    """Every fragment of SQL in the files parses."""
    for page in scope.pages.values():
        for what, fragment, place in _fragments(page):
            reason = parse_error(fragment, place) if fragment else None
            if reason:
                yield page.says("unparsable-sql", what=what, reason=reason)


def _fragments(page: Page) -> Iterator[Fragment]:
    for view in page.document.views:
        yield from _of_view(view)
    for explore in page.document.explores:
        yield from _of_explore(explore)
    for group in page.document.datagroups:
        yield f"datagroup `{group.name}`", group.sql_trigger, Place.QUERY


def _of_view(view: lookml.View) -> Iterator[Fragment]:
    yield f"view `{view.name}`", view.sql_table_name, Place.RELATION
    for field in view.fields:
        if isinstance(field, lookml.Parameter):
            continue
        yield f"{field.keyword} `{view.name}.{field.name}`", field.sql, Place.EXPRESSION


def _of_explore(explore: lookml.Explore) -> Iterator[Fragment]:
    yield f"explore `{explore.name}`", explore.sql_always_where, Place.EXPRESSION
    for join in explore.joins:
        what = f"join `{explore.name}.{join.name}`"
        yield what, join.sql, Place.JOIN
        yield what, join.sql_on, Place.EXPRESSION
