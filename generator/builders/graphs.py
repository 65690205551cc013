"""The graphs of a monitoring project, and what else the parts of its dashboard have in common."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from generator.facts.conventions import Conventions
from generator.names import title
from generator.semantics.monitoring import MonitoringProject, MonitoringView, Segmentation

PERCENTILE = "percentile"
"""The statistic that has an interval, and a parameter to choose."""

BY_DATE, BY_PERCENTILE, BY_METRIC, BY_STATISTIC = "Date", "Percentile", "Metric", "Statistic"
"""The filters that do not stand for a dimension."""


class Graph(Struct, frozen=True):
    """What one tile shows: a statistic of metrics, or in the compact mode whatever is chosen."""

    name: str
    label: str
    statistic: str
    metrics: tuple[str, ...] = ()
    grouped: bool = False


class Board(Struct, frozen=True, dict=True):
    """A request for a dashboard, with what its parts have in common."""

    request: MonitoringView
    conventions: Conventions

    @property
    def project(self) -> MonitoringProject:
        """What it shows."""
        return self.request.project

    def field(self, name: str) -> str:
        """A field of the statistics."""
        return f"{self.request.name}.{name}"

    @property
    def axis(self) -> str:
        """The x-axis, as a field."""
        return self.field(self.project.x_axis.value)

    @cached_property
    def graphs(self) -> tuple[Graph, ...]:
        """The graphs, in order."""
        return tuple(_compact(self.project) if self.project.compact else _graphs(self.project))

    @cached_property
    def has_percentiles(self) -> bool:
        """Whether a tile listens to the percentile."""
        return any(item.statistic == PERCENTILE for item in self.project.summaries)

    @cached_property
    def split_by(self) -> Segmentation | None:
        """The dimension by which graphs are split, if the statistics have it."""
        wanted = self.project.group_by
        return next((d for d in self.request.dimensions if d.name == wanted), None)

    @cached_property
    def dropdowns(self) -> Mapping[str, Segmentation]:
        """The dimensions that have a dropdown, by the name of their filter."""
        taken = {BY_DATE, BY_PERCENTILE, BY_METRIC, BY_STATISTIC}
        found: dict[str, Segmentation] = {}
        for dimension in self.request.dimensions:
            if dimension.name in self.request.choices:
                name = free_name(dimension.label or title(dimension.name), dimension.name, taken)
                found[name] = dimension
        return found


def _graphs(project: MonitoringProject) -> Iterator[Graph]:
    """A graph for each summary; those of a group share one for each statistic."""
    labels = {group.name: group.label for group in project.groups}
    seen: set[tuple[str, str, bool]] = set()
    for summary in project.summaries:
        names = summary.groups or (summary.metric,)
        grouped = bool(summary.groups)
        for name in names:
            key = (name, summary.statistic, grouped)
            if key in seen:
                continue
            seen.add(key)
            label = labels.get(name) or title(name) if grouped else summary.label
            metrics = _grouped(project, name, summary.statistic) if grouped else (summary.metric,)
            yield Graph(name, label or title(name), summary.statistic, metrics, grouped)


def _grouped(project: MonitoringProject, group: str, statistic: str) -> tuple[str, ...]:
    """The metrics of a group that have a statistic."""
    found = (s.metric for s in project.summaries if group in s.groups and s.statistic == statistic)
    return tuple(dict.fromkeys(found))


def _compact(project: MonitoringProject) -> Iterator[Graph]:
    """One graph, for whichever metric and statistic are chosen."""
    if project.summaries:
        first = project.summaries[0]
        yield Graph(first.metric, BY_METRIC, first.statistic)


def free_name(wanted: str, better: str, taken: set[str]) -> str:
    """The name, with what tells it apart behind it if it is taken; it is taken from now on."""
    name = wanted if wanted not in taken else f"{wanted} ({better})"
    while name in taken:
        name += "+"
    taken.add(name)
    return name
