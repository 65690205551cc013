"""Explores of monitoring projects, with an aggregate table for each graph of the dashboard.

The tables are made from the tiles: each holds what its tile asks when the dashboard is opened, so
that none is built in vain, and none is missing.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from generator import lookml
from generator.builders.graphs import BY_DATE
from generator.lookml.dashboards import Dashboard, Element
from generator.lookml.queries import Fields, default_query, fields_of

_DAILY = "SELECT DATE(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 9 HOUR))"
"""Changes once a day, when the ETL is through: at nine, UTC."""

NONE, DIMENSIONS = "none", "filters-as-dimensions"
"""Modes: no aggregate tables; those that hold for other choices of the filters, too."""


def with_aggregates(
    explore: lookml.Explore,
    view: lookml.View,
    dashboard: Dashboard,
    names: Sequence[str],
    mode: str,
) -> lookml.Explore:
    """The explore with the aggregate tables of its tiles; `names` are theirs, tile by tile.

    Tiles that ask the same share one.
    """
    if mode == NONE:
        return explore
    fields = fields_of(explore, {view.name: view})
    tables: dict[lookml.AggregateQuery, lookml.AggregateTable] = {}
    taken: set[str] = set()
    for name, element in zip(names, dashboard.elements, strict=True):
        if element.explore == explore.name:
            query = _held(element, dashboard, explore, fields, mode)
            if query not in tables:
                tables[query] = lookml.AggregateTable(_free(name, taken), query, _built(explore))
    return replace(explore, aggregate_tables=tuple(tables.values()))


def _held(
    element: Element, dashboard: Dashboard, explore: lookml.Explore, fields: Fields, mode: str
) -> lookml.AggregateQuery:
    """What the table of a tile holds: its default query, for any days.

    A filter that people change is none of the table, if its field is a dimension of it.
    """
    query = default_query(element, dashboard, explore, fields)
    heard = {filter_: fields.full(name) for filter_, name in element.listen}
    listed = heard if mode == DIMENSIONS else (BY_DATE,)
    free = {heard[filter_] for filter_ in listed if filter_ in heard}
    freed = (name for name in heard.values() if name in free)
    dimensions = dict.fromkeys((*query.dimensions, *freed))
    home = f"{fields.home}."
    return lookml.AggregateQuery(
        dimensions=tuple(name.removeprefix(home) for name in dimensions),
        measures=tuple(name.removeprefix(home) for name in query.measures),
        filters=tuple((name, said) for name, said in query.filters if name not in free),
    )


def _built(explore: lookml.Explore) -> lookml.Materialization:
    """When a table is built anew: with the results of the explore, else once a day."""
    if explore.persist_with:
        return lookml.Materialization(datagroup_trigger=explore.persist_with)
    return lookml.Materialization(sql_trigger_value=_DAILY)


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it if it is taken; it is taken from now on."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found
