"""The dashboard of a monitoring project: its filters, a tile for each graph, the alerts.

Tiles stand in the order of the project's summaries, two in a row, so that a metric which is added
at the end moves none of them. docs/dashboards.md tells why each part is there.
"""

from collections.abc import Iterator, Sequence

from generator.builders.dashboard_filters import filters_of
from generator.builders.fields import FORMS
from generator.builders.graphs import (
    BY_DATE,
    BY_METRIC,
    BY_PERCENTILE,
    BY_STATISTIC,
    PERCENTILE,
    Board,
    Graph,
    free_name,
)
from generator.facts.conventions import Conventions
from generator.lookml.dashboards import Dashboard, Element, Pairs
from generator.lookml.filters import any_of, escape
from generator.names import identifier, title
from generator.semantics.monitoring import MonitoringView, XAxis
from generator.sql import is_usable

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
_ALERT_FIELDS = ("metric", "statistic", "parameter", "message", "branch")
_BUILD_DATE, _ERRORS = "build_id_date", "errors"


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
        filters=tuple(filters_of(board)),
        elements=tuple(elements),
    )
    return dashboard, names


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
        name=free_name(label if compact else f"{label}_{graph.statistic}", graph.name, taken),
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
    yield BY_DATE, board.axis
    if percentile:
        yield BY_PERCENTILE, board.field("parameter")
    for name, dimension in board.dropdowns.items():
        yield name, board.field(identifier(dimension.name))
    if board.project.compact:
        yield BY_METRIC, board.field("metric")
        yield BY_STATISTIC, board.field("statistic")


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
    known = set(_alert_fields(board))
    axis = board.project.x_axis if board.project.x_axis in known else XAxis.SUBMISSION_DATE
    dimensions = (identifier(item.name) for item in board.project.dimensions)
    shown = (name for name in (*dimensions, *_ALERT_FIELDS) if name in known)
    date = _BUILD_DATE if axis is XAxis.BUILD_ID else axis.value
    yield Element(
        title="Alerts",
        name="Alerts",
        model=board.request.namespace,
        explore=explore,
        type="looker_grid",
        fields=tuple(f"{explore}.{n}" for n in dict.fromkeys((axis.value, *shown, _ERRORS))),
        sorts=(f"{explore}.{axis.value} desc",),
        listen=((BY_DATE, f"{explore}.{date}"),),
        row=_STEP * -(-len(board.graphs) // _PER_ROW),
        width=_TABLE_WIDTH,
        height=_TABLE_HEIGHT,
    )


def _alert_fields(board: Board) -> Iterator[str]:
    """The columns of the alerts that have one field each; a time has several."""
    for column in board.request.alert_columns:
        form = FORMS.get(column.type)
        if is_usable(column.name) and not (form and form.timeframes and not column.repeated):
            yield identifier(column.name)
