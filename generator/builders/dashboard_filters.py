"""The filters of the dashboard of a monitoring project, and what they start with."""

from collections.abc import Iterator
from datetime import timedelta

from generator.builders.graphs import (
    BY_DATE,
    BY_METRIC,
    BY_PERCENTILE,
    BY_STATISTIC,
    PERCENTILE,
    Board,
)
from generator.lookml.dashboards import Control, DashboardFilter
from generator.lookml.filters import any_of, escape
from generator.semantics.monitoring import Segmentation

_MEDIAN = "50"


def filters_of(board: Board) -> Iterator[DashboardFilter]:
    """The filters, in the order in which they are shown."""
    """The filters: no more than a tile listens to."""
    if board.graphs or board.project.alerts:
        yield _of_field(board, BY_DATE, board.axis, _days(board), several=True)
    if not board.graphs:
        return
    if board.has_percentiles:
        yield _percentile(board)
    if board.project.compact and board.project.summaries:
        first = board.project.summaries[0]
        yield _picker(board, BY_METRIC, escape(first.metric))
        yield _picker(board, BY_STATISTIC, escape(first.statistic), (BY_METRIC,))
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
    return _of_field(board, BY_PERCENTILE, field, default, several=several, required=True)


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
