"""Joins that repeat rows: without a primary key, Looker's sums count those rows several times."""

from collections.abc import Iterator

from generator.checks.scope import Scope
from generator.diagnostics import Diagnostic

_REPEATING = ("one_to_many", "many_to_many")


def check_fan_out(scope: Scope) -> Iterator[Diagnostic]:
    """Every explore whose joins repeat rows stands on a view with a primary key.

    Source: https://cloud.google.com/looker/docs/best-practices/understanding-symmetric-aggregates
    """
    for page in scope.pages.values():
        views = scope.views(page)
        for explore in page.document.explores:
            repeating = [join for join in explore.joins if join.relationship in _REPEATING]
            base = views.get(explore.view_name or explore.name)
            if repeating and base and not any(d.primary_key for d in base.dimensions):
                at, count = page.place_of(explore), len(repeating)
                yield page.says("fan-out", at, explore=explore.name, view=base.name, count=count)
