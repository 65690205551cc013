"""The fields that every metric view has, and its metrics as dimensions."""

from collections.abc import Iterator

import generator.builders.derived_table as table
from generator import lookml
from generator.builders.statistics import WINDOW_SIZE, Context
from generator.facts.catalog import DataType
from generator.names import identifier
from generator.prose import prose
from generator.semantics.definitions import Metric
from generator.semantics.model import MetricView
from generator.sql import quoted

BASE_FIELDS = "Base Fields"
METRICS = "Metrics"
DATES = ("raw", "date", "week", "month", "quarter", "year")
_PERIODS = {
    "day": "Per Day",
    "week": "Per Week",
    "month": "Per Month",
    "quarter": "Per Quarter",
    "year": "Per Year",
    "overall": "Overall",
}


def client_id() -> lookml.Dimension:
    """The client of a row."""
    return lookml.Dimension(
        name=table.CLIENT,
        type="string",
        label="Client ID",
        group_label=BASE_FIELDS,
        description="Unique client identifier",
        sql=f"SAFE_CAST(${{TABLE}}.{table.CLIENT} AS STRING)",
    )


def submission() -> lookml.DimensionGroup:
    """The period of a row, by its first day."""
    return lookml.DimensionGroup(
        name=table.SUBMISSION,
        type="time",
        label="Submission",
        group_label=BASE_FIELDS,
        description="The first day of the period that metrics are aggregated by.",
        timeframes=DATES,
        convert_tz=False,
        datatype="date",
        sql=f"${{TABLE}}.{table.BASIS}",
    )


def metric_dimension(metric: Metric, view: MetricView) -> lookml.Dimension:
    """A metric as a number for each client and period."""
    is_boolean = view.types.get(metric.slug) is DataType.BOOL
    return lookml.Dimension(
        name=identifier(metric.slug),
        hidden=metric.deprecated or None,
        type="yesno" if is_boolean else "number",
        label=metric.label,
        group_label=METRICS,
        description=described(metric),
        sql=f"${{TABLE}}.{quoted(metric.slug)}",
        tags=tuple(tags(metric)),
    )


def histogram_dimension(metric: Metric) -> lookml.Dimension:
    """What percentiles are made of; nobody can read it as it is."""
    sql = f"${{TABLE}}.{quoted(metric.slug)}"
    name = identifier(metric.slug)
    return lookml.Dimension(name, hidden=True, description=described(metric), sql=sql)


def described(metric: Metric) -> str | None:
    """What the number means, whose it is, and where it is defined."""
    said = [metric.description or ""]
    if metric.deprecated:
        said.insert(0, "Deprecated.")
    if metric.owners:
        said.append(f"Owner: {', '.join(metric.owners)}.")
    said.append(f"Defined as {metric.slug} of {metric.platform}.")
    return prose(" ".join(_sentence(part) for part in said if part.strip()))


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def tags(metric: Metric) -> Iterator[str]:
    """What governs a metric, for people who filter by it."""
    if metric.deprecated:
        yield "deprecated"
    if metric.level:
        yield f"level:{metric.level}"
    if metric.category:
        yield f"category:{metric.category}"
    if not metric.bigger_is_better:
        yield "smaller-is-better"


def parameters(view: MetricView, context: Context) -> Iterator[lookml.Parameter]:
    """What the reader of a dashboard chooses."""
    yield lookml.Parameter(
        name=table.AGGREGATE_BY,
        type="unquoted",
        label="Aggregate Client Metrics Per",
        default_value="day",
        allowed_values=tuple(
            lookml.AllowedValue(label=label, value=value) for value, label in _PERIODS.items()
        ),
    )
    yield lookml.Parameter(
        name=table.SAMPLING,
        hidden=None if table.sampled_by(view) else True,
        type="unquoted",
        label="Sample of source data in %",
        default_value="100",
    )
    yield lookml.Parameter(
        name=table.LOOKBACK,
        type="unquoted",
        label="Lookback (Days)",
        description="Days read before the dates that are filtered for, so that comparisons"
        " with an earlier period find it.",
        default_value="0",
    )
    if context.windows:
        yield lookml.Parameter(
            name=WINDOW_SIZE,
            type="unquoted",
            label="Rolling Average Custom Window Size (days)",
            default_value=str(context.windows[0]),
            allowed_values=tuple(
                lookml.AllowedValue(label=f"{size} days", value=str(size))
                for size in context.windows
            ),
        )


def analysis_period() -> lookml.Filter:
    """The dates to read, apart from those to show."""
    return lookml.Filter(
        name=table.PERIOD,
        type="date",
        label="Analysis Period (with Lookback)",
        description="The main period. What is read starts the Lookback Days before it.",
    )
