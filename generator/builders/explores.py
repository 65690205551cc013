"""Explores over one view: its nested views joined, its time filtered."""

from collections.abc import Iterable, Iterator

from generator import lookml
from generator.builders.fields import PARTITION_TAG
from generator.facts.conventions import Conventions
from generator.facts.namespaces import ExploreSpec
from generator.semantics.model import Nested, Request
from generator.sql import literal

_DEFAULT_TIME = "submission"

KINDS = frozenset({"table_explore", "ping_explore"})
"""The kinds of explore that this builds; they differ by the view they stand on."""


def explore_of(
    spec: ExploreSpec,
    request: Request,
    view: lookml.View,
    datagroup: lookml.Datagroup | None,
    conventions: Conventions,
) -> lookml.Explore:
    """The explore over a view."""
    time = time_field(view)
    filters = tuple(_filters(view, time, conventions))
    since = literal(conventions.since)
    return lookml.Explore(
        name=spec.name,
        hidden=spec.hidden,
        view_name=view.name if spec.name != view.name else None,
        persist_with=datagroup.name if datagroup else None,
        # a table that demands a filter on its partition gets one that is always true
        sql_always_where=f"${{{view.name}.{time}}} >= {since}" if time else None,
        always_filter=lookml.AlwaysFilter(filters) if filters else None,
        joins=tuple(joins_of(request.model.nested)),
    )


def time_field(view: lookml.View) -> str | None:
    """The date that every query should be limited by: of the tagged group, else of `submission`."""
    tagged = [group for group in view.dimension_groups if PARTITION_TAG in group.tags]
    default = [group for group in view.dimension_groups if group.name == _DEFAULT_TIME]
    for group in (*tagged, *default):
        if "date" in group.timeframes:
            return f"{group.name}_date"
    return None


def _filters(
    view: lookml.View, time: str | None, conventions: Conventions
) -> Iterator[tuple[str, str]]:
    """What a query starts with: the main channel, and the newest days."""
    for item in view.filters:
        if item.suggestions:
            yield item.name, escaped_filter(item.suggestions[0])
    if time:
        yield time, conventions.window


def joins_of(nested: Iterable[Nested]) -> Iterator[lookml.Join]:
    """A join for each repeated column, to the view that holds the array."""
    for model in nested:
        array = f"${{{model.parent}.{model.array}}}"
        yield lookml.Join(
            name=model.name,
            view_label=model.label,
            relationship="one_to_many",
            sql=f"LEFT JOIN UNNEST({array}) AS {model.name}",
        )


def escaped_filter(value: str) -> str:
    """A value as a filter expression that matches it and nothing else.

    Source: https://cloud.google.com/looker/docs/filter-expressions#including_special_characters

    >>> escaped_filter("50%, or _more")
    '50^%^, or ^_more'
    """
    escaped = "".join(f"^{c}" if c in '^"%_,' else c for c in value)
    return f"^{escaped}" if escaped.startswith("-") else escaped
