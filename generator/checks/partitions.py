"""Explores over tables that refuse a query without a filter on their partitions."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from generator import lookml
from generator.checks.columns import Tables
from generator.checks.scope import Page, Scope
from generator.diagnostics import Diagnostic
from generator.facts.catalog import Kind, Relation, RelationName
from generator.lookml.fragments import column_paths, references
from generator.names import time_stem

_NAMED = "name it as `time_partitioning_field`, or filter in a refinement"
_UNNAMED = "no field has it: filter in a refinement, or read a view that does"


_Row = lookml.Dimension | lookml.DimensionGroup


class Demand(NamedTuple):
    """A table that demands a filter, and the column that cuts it; None is the time of loading."""

    table: RelationName
    column: str | None


def check_partitions(scope: Scope) -> Iterator[Diagnostic]:
    """Every explore filters by the partitions of its table where that is demanded.

    Source: https://cloud.google.com/bigquery/docs/querying-partitioned-tables
    """
    tables = Tables(scope)
    for page, explore in scope.explores:
        views = scope.views(page)
        view = views.get(explore.view_name or explore.name)
        table = tables.of(view, views) if view else None
        if view is None or table is None or table.relation is None:
            continue
        filtered = _filtered(explore, view)
        for demand in demands(table.relation, scope.knowledge.relations):
            if demand.column is None or _told(demand.column) not in filtered:
                yield _unfiltered(page, explore, demand)


def _unfiltered(page: Page, explore: lookml.Explore, demand: Demand) -> Diagnostic:
    column = f"`{demand.column}`" if demand.column else "the time of loading"
    hint = _NAMED if demand.column else _UNNAMED
    values = {"explore": explore.name, "table": demand.table, "column": column}
    return page.says("unfiltered-partition", page.place_of(explore), **values, nearest=hint)


def demands(relation: Relation, relations: Mapping[RelationName, Relation]) -> tuple[Demand, ...]:
    """What a relation demands of its queries, or hands on of what it reads.

    A view that does not show the column that cuts a table must filter by it itself.
    """
    found: dict[Demand, None] = {}
    shown = {column.name.lower() for column in relation.columns}
    todo, seen = [relation.name], {relation.name}
    while todo:
        current = relations.get(todo.pop()) or relation
        cut = current.partitioning
        if cut and cut.require_partition_filter:
            own = current.name == relation.name
            if own or (cut.field and cut.field.partition(".")[0].lower() in shown):
                found[Demand(current.name, cut.field)] = None
        if current.kind is Kind.VIEW:
            new = [name for name in current.reads_from if name in relations and name not in seen]
            seen.update(new)
            todo.extend(new)
    return tuple(sorted(found, key=str))


def _filtered(explore: lookml.Explore, view: lookml.View) -> frozenset[str]:
    """The columns by which every query to an explore is filtered, without what a time ends with.

    A column that tells the same time as another stands for it, as a date for its time.
    """
    said = references(explore.sql_always_where or "")
    always = explore.always_filter.filters if explore.always_filter else ()
    names = {name.rpartition(".")[2] for name in (*said, *(name for name, text in always if text))}
    items: tuple[lookml.Field, ...] = (*view.dimensions, *view.dimension_groups)
    meant = (
        item.sql or ""
        for item in items
        if isinstance(item, _Row) and not names.isdisjoint(lookml.field_names(item))
    )
    fragments = (*meant, explore.sql_always_where or "")
    paths = (path for fragment in fragments for path in column_paths(fragment))
    return frozenset(_told(".".join(path)) for path in paths)


def _told(column: str) -> str:
    return time_stem(column.lower())
