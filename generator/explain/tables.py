"""What the fields of a view are read from: relations, an array in one, or a data source."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field

from generator import lookml
from generator.explain.definitions import Origin, Sight
from generator.facts.catalog import RelationName
from generator.lookml.fragments import column_paths, references
from generator.names import SEPARATOR, identifier
from generator.semantics.definitions import DataSource, Metric, Statistic

_TABLE = "${TABLE}"
_PERCENTILE = re.compile(r"p(\d\d)")
_READ = re.compile(r"^    (?:TO_JSON_STRING\()?([\w`.]+)\)? AS (\w+),$", re.MULTILINE)
"""A line of our derived tables: a column of a data source, and what it is called there."""


class Measured(Struct, frozen=True, dict=True):
    """The rows of a data source with its metrics; `read` has the columns of other names."""

    source: DataSource
    sight: Sight
    read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _called(self) -> Mapping[str, Metric]:
        """The metrics by their names in fields: where two have one, its own data source's."""
        every = self.sight.platform.metrics
        own = [metric for metric in every if metric.data_source == self.source.slug]
        return {identifier(metric.slug): metric for metric in (*every, *own)}

    def metric(self, slug: str) -> Metric | None:
        """The metric whose column has this name."""
        found = self.sight.platform.metric.get(slug)
        return found if found and found.data_source == self.source.slug else None

    def statistic(self, name: str) -> tuple[Metric, Statistic | None, str] | None:
        """Whose statistic a measure is: of metrics, the one with the longest name."""
        parts = name.split("_")
        for length in range(len(parts) - 1, 0, -1):
            metric = self._called.get("_".join(parts[:length]))
            found = _statistic(metric, "_".join(parts[length:])) if metric else None
            if metric and found:
                return metric, *found
        return None


def _statistic(metric: Metric, rest: str) -> tuple[Statistic | None, str] | None:
    """The statistic that the rest of a measure's name stands for."""
    for statistic in metric.statistics:
        if rest == statistic.name or rest.startswith(f"{statistic.name}_"):
            return statistic, statistic.name
    part = _PERCENTILE.fullmatch(rest)
    return (None, f"percentile {int(part[1])}") if part else None


class Basis(Struct, frozen=True):
    """What `${TABLE}` of a view is: relations with a path in each; or the rows of a data source."""

    origins: tuple[Origin, ...] = ()
    measured: Measured | None = None


def measured(view: lookml.View, source: DataSource, sight: Sight) -> Measured:
    """The rows below a metric view, from its derived table."""
    sql = (view.derived_table.sql if view.derived_table else None) or ""
    read = {called: tuple(path.replace("`", "").split(".")) for path, called in _READ.findall(sql)}
    return Measured(source, sight, read)


def bases(
    views: Iterable[lookml.View], source: DataSource | None, sight: Sight | None
) -> dict[str, Basis]:
    """What each view of a file stands on; those without a table are arrays of others."""
    found: dict[str, Basis] = {}
    arrays = Arrays()
    for view in views:
        arrays.add(view)
        if view.sql_table_name:
            found[view.name] = Basis(tuple((name, ()) for name in tables_of(view)))
        elif view.derived_table:
            rows = measured(view, source, sight) if source and sight else None
            found[view.name] = Basis(measured=rows)
        else:
            found[view.name] = Basis(tuple(_array(view.name, arrays, found)))
    return found


def tables_of(view: lookml.View) -> Iterator[RelationName]:
    """The relations of a view: the one that it names, or those that its parameter offers."""
    text = view.sql_table_name or ""
    asked = references(text)
    chosen = (p for p in view.parameters if p.name in asked)
    offered = (choice.value or "" for p in chosen for choice in p.allowed_values)
    for each in dict.fromkeys((text.strip(), *offered)):
        try:
            yield RelationName.parse(each)
        except ValueError:
            continue


class Arrays:
    """The SQL of dimensions by view and name, of views that have others nested in them."""

    def __init__(self) -> None:
        self._views: dict[str, lookml.View] = {}
        self._sql: dict[str, dict[str, str | None]] = {}

    def add(self, view: lookml.View) -> None:
        """A view that others may be nested in."""
        self._views[view.name] = view

    def sql(self, view: str, name: str) -> str | None:
        """The SQL of a dimension, if there is one."""
        if view not in self._sql:
            dimensions = self._views[view].dimensions if view in self._views else ()
            self._sql[view] = {item.name: item.sql for item in dimensions}
        return self._sql[view].get(name)


def _array(name: str, arrays: Arrays, found: Mapping[str, Basis]) -> Iterator[Origin]:
    """The column of which a nested view shows the entries: of the nearest view above it."""
    parts = name.split(SEPARATOR)
    for length in range(len(parts) - 1, 0, -1):
        above, array = SEPARATOR.join(parts[:length]), SEPARATOR.join(parts[length:])
        sql = arrays.sql(above, array) if above in found else None
        if sql:
            yield from paths(sql, found[above])
            return


def paths(sql: str, basis: Basis) -> Iterator[Origin]:
    """The columns that a fragment reads of its own table."""
    read = column_paths(sql) or (((),) if _TABLE in sql else ())
    for name, above in basis.origins:
        for path in read:
            yield name, (*above, *path)
