"""The dashboard of a monitoring project: its filters, a tile for each graph, the alerts.

Tiles stand in the order of the project's summaries, two in a row, so that a metric which is added
at the end moves none of them. docs/dashboards.md tells why each part is there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from generator.facts.conventions import Conventions
from generator.lookml.dashboards import Control, Dashboard, DashboardFilter, Element, Pairs
from generator.lookml.filters import any_of, escape
from generator.names import identifier, title
from generator.semantics.monitoring import MonitoringProject, MonitoringView, Segmentation, XAxis

PERCENTILE = "percentile"
"""The statistic that has an interval, and a parameter to choose."""

PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#7A5195",
    "#8C564B",
    "#4D4D4D",
    "#999933",
    "#882255",
    "#117733",
    "#332288",
    "#B5BD00",
)
"""Colours of the branches by position; those that are told apart best stand first."""

_LINE = "looker_line"
_INTERVAL = ("upper", "lower", "point")
_POINT = ("point",)
_PER_ROW, _STEP = 2, 10
_TABLE_WIDTH, _TABLE_HEIGHT = 24, 6
_MEDIAN = "50"
DATE, _PERCENTILE, _METRIC, _STATISTIC = "Date", "Percentile", "Metric", "Statistic"


@dataclass(frozen=True, slots=True)
class Graph:
    """What one tile shows: a statistic of metrics, or in the compact mode whatever is chosen."""

    name: str
    label: str
    statistic: str
    metrics: tuple[str, ...] = ()
    grouped: bool = False


@dataclass(frozen=True)
class Board:
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
        taken = {DATE, _PERCENTILE, _METRIC, _STATISTIC}
        found: dict[str, Segmentation] = {}
        for dimension in self.request.dimensions:
            if dimension.name in self.request.choices:
                name = _free(dimension.label or title(dimension.name), dimension.name, taken)
                found[name] = dimension
        return found


def dashboard_of(request: MonitoringView, conventions: Conventions) -> tuple[Dashboard, list[str]]:
    """The dashboard, and for each of its tiles what the aggregate table of it is called."""
    board = Board(request, conventions)
    elements = [*_tiles(board), *_alerts(board)]
    names = [identifier(f"rollup_{graph.name}_{graph.statistic}") for graph in board.graphs]
    if len(elements) > len(names):
        names.append("rollup_alerts")
    dashboard = Dashboard(
        dashboard=request.name,
        title=request.project.title,
        filters=tuple(_filters(board)),
        elements=tuple(elements),
    )
    return dashboard, names


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
        yield Graph(first.metric, _METRIC, first.statistic)


def _tiles(board: Board) -> Iterator[Element]:
    taken: set[str] = set()
    for place, graph in enumerate(board.graphs):
        yield _tile(graph, place, board, taken)


def _tile(graph: Graph, place: int, board: Board, taken: set[str]) -> Element:
    request, compact = board.request, board.project.compact
    interval = board.has_percentiles if compact else graph.statistic == PERCENTILE
    statistic = title(graph.statistic)
    label = graph.label
    if board.split_by and not compact:
        label += f" - By {board.split_by.label or title(board.split_by.name)}"
    pivots = tuple(_pivots(graph, board))
    measures = tuple(map(board.field, _INTERVAL if interval else _POINT))
    return Element(
        title=label,
        name=_free(label if compact else f"{label}_{graph.statistic}", graph.name, taken),
        model=request.namespace,
        explore=request.name,
        type=board.conventions.interval_chart if interval else _LINE,
        fields=(board.axis, *pivots, *measures),
        pivots=pivots,
        filters=() if compact else _asked(graph, board),
        note_state=None if compact else "expanded",
        note_display=None if compact else "above",
        note_text=None if compact else statistic,
        listen=tuple(_listen(board, percentile=interval)),
        row=_STEP * (place // _PER_ROW),
        col=(_TABLE_WIDTH // _PER_ROW) * (place % _PER_ROW),
        series_colors=_colors(board, measures) if len(pivots) == 1 else (),
        options=tuple(_drawing(board)) if interval else (),
    )


def _pivots(graph: Graph, board: Board) -> Iterator[str]:
    yield board.field("branch")
    if board.split_by:
        yield board.field(identifier(board.split_by.name))
    if graph.grouped:
        yield board.field("metric")


def _asked(graph: Graph, board: Board) -> Pairs:
    return (
        (board.field("metric"), any_of(graph.metrics)),
        (board.field("statistic"), escape(graph.statistic)),
    )


def _listen(board: Board, *, percentile: bool) -> Iterator[tuple[str, str]]:
    yield DATE, board.axis
    if percentile:
        yield _PERCENTILE, board.field("parameter")
    for name, dimension in board.dropdowns.items():
        yield name, board.field(identifier(dimension.name))
    if board.project.compact:
        yield _METRIC, board.field("metric")
        yield _STATISTIC, board.field("statistic")


def _colors(board: Board, measures: Sequence[str]) -> Pairs:
    """The colour of each branch, for all its lines.

    Looker names a line `<branch> - <measure>`. Where a graph has a second pivot, lines of one
    branch have to be told apart, so Looker gives the colours.
    """
    return tuple(
        (f"{branch} - {measure}", PALETTE[place % len(PALETTE)])
        for place, branch in enumerate(board.project.branches)
        for measure in reversed(measures)
    )


def _drawing(board: Board) -> Iterator[tuple[str, str | int | bool]]:
    """What a visualisation of intervals has to be told; Looker's own lines need nothing."""
    if board.conventions.interval_chart != _LINE:
        yield "field_x", board.axis
        yield "field_y", board.field("point")
        yield "ci_lower", board.field("lower")
        yield "ci_upper", board.field("upper")


def _alerts(board: Board) -> Iterator[Element]:
    """The alerts, below all other tiles."""
    if board.project.alerts is None:
        return
    explore = f"{board.request.name}_alerts"
    axis = board.project.x_axis
    known = {column.name.lower() for column in board.request.alert_columns}
    dimensions = (d.name for d in board.project.dimensions if d.name.lower() in known)
    own = ("metric", "statistic", "parameter", "message", "branch")
    shown = (axis.value, *map(identifier, dimensions), *(n for n in own if n in known), "errors")
    date = "build_id_date" if axis is XAxis.BUILD_ID else axis.value
    yield Element(
        title="Alerts",
        name="Alerts",
        model=board.request.namespace,
        explore=explore,
        type="looker_grid",
        fields=tuple(f"{explore}.{name}" for name in dict.fromkeys(shown)),
        sorts=(f"{explore}.{axis.value} desc",),
        listen=((DATE, f"{explore}.{date}"),),
        row=_STEP * -(-len(board.graphs) // _PER_ROW),
        width=_TABLE_WIDTH,
        height=_TABLE_HEIGHT,
    )


def _filters(board: Board) -> Iterator[DashboardFilter]:
    """The filters: no more than a tile listens to."""
    if board.graphs or board.project.alerts:
        yield _of_field(board, DATE, board.axis, _days(board), several=True)
    if not board.graphs:
        return
    if board.has_percentiles:
        yield _percentile(board)
    if board.project.compact and board.project.summaries:
        first = board.project.summaries[0]
        yield _picker(board, _METRIC, escape(first.metric))
        yield _picker(board, _STATISTIC, escape(first.statistic), (_METRIC,))
    for name, dimension in board.dropdowns.items():
        yield _dropdown(board, name, dimension)


def _days(board: Board) -> str:
    """The days to start with: those of a project that ends, else the newest.

    The day behind `to` is no longer meant.
    """
    project = board.project
    if project.end is None:
        return board.conventions.window
    behind = project.end + timedelta(days=1)
    return f"{project.start} to {behind}" if project.start else f"before {behind}"


def _percentile(board: Board) -> DashboardFilter:
    """The percentile to start with: the median where it is computed, else the smallest.

    In the compact mode one tile shows every statistic, and those without parameter have NULL there.
    """
    known = {value for item in board.project.summaries for value in item.percentiles}
    default = _MEDIAN if not known or _MEDIAN in known else min(known, key=float)
    others = any(item.statistic != PERCENTILE for item in board.project.summaries)
    several = board.project.compact and others
    default = f"{default},NULL" if several else default
    field = board.field("parameter")
    return _of_field(board, _PERCENTILE, field, default, several=several, required=True)


def _of_field(  # noqa: PLR0913 - a filter has that many parts
    board: Board, name: str, field: str, default: str, *, several: bool, required: bool = False
) -> DashboardFilter:
    return DashboardFilter(
        name=name,
        title=name,
        type="field_filter",
        default_value=default,
        allow_multiple_values=several,
        required=required,
        ui_config=Control("advanced", "popover"),
        model=board.request.namespace,
        explore=board.request.name,
        listens_to_filters=(),
        field=field,
    )


def _picker(board: Board, name: str, default: str, hears: tuple[str, ...] = ()) -> DashboardFilter:
    return DashboardFilter(
        name=name,
        title=name,
        type="field_filter",
        default_value=default,
        required=True,
        ui_config=Control("dropdown_menu", "popover"),
        model=board.request.namespace,
        explore=board.request.name,
        listens_to_filters=hears,
        field=board.field(name.lower()),
    )


def _dropdown(board: Board, name: str, dimension: Segmentation) -> DashboardFilter:
    """The values of a dimension. The default is an expression; what is offered are plain values."""
    choice = board.request.choices[dimension.name]
    split = dimension == board.split_by
    return DashboardFilter(
        name=name,
        title=name,
        type="string_filter",
        default_value=any_of(choice.options) if split else escape(choice.default),
        allow_multiple_values=split,
        required=True,
        ui_config=Control("advanced" if split else "dropdown_menu", "inline", choice.options),
        model=board.request.namespace,
    )


def _free(wanted: str, better: str, taken: set[str]) -> str:
    """The name, with what tells it apart behind it if it is taken; it is taken from now on."""
    name = wanted if wanted not in taken else f"{wanted} ({better})"
    while name in taken:
        name += "+"
    taken.add(name)
    return name
