"""The derived table of a metric view: its metrics for each client and period, as the reader asks.

What follows from the reader's choice is Liquid: the period, the dates read, and which base fields
the rows are broken by. A base field that the query does not use is not grouped by.
"""

from collections.abc import Iterator

from generator.builders.fields import FORMS
from generator.semantics.model import BaseField, MetricView
from generator.sql import dotted, quoted

AGGREGATE_BY = "aggregate_metrics_by"
SAMPLING = "sampling"
LOOKBACK = "lookback_days"
PERIOD = "analysis_period"
SUBMISSION = "submission"
BASIS = "analysis_basis"
CLIENT = "client_id"

_INNER_CLIENT = "lookml_gen__client_id"
_INNER_BASIS = "lookml_gen__basis"
"""No column of a source has these names, so that grouping by them is never ambiguous."""

PERIODS = {"week": "WEEK(MONDAY)", "month": "MONTH", "quarter": "QUARTER", "year": "YEAR"}
"""The periods longer than a day, and what truncates a date to one."""


def sql_of(view: MetricView) -> str:
    """The query. Every column that the dimensions of the view name is in it."""
    return "\n".join(
        (
            "SELECT",
            *(f"  {metric.expression} AS {quoted(metric.slug)}," for metric in view.metrics),
            *(_where_used(view, field, f"  {field.column},") for field in view.base_fields),
            f"  {_INNER_CLIENT} AS {CLIENT},",
            f"  {_INNER_BASIS} AS {BASIS}",
            "FROM (",
            *_rows(view),
            f") AS {quoted(view.source.slug)}",
            "GROUP BY",
            *(_where_used(view, field, f"  {field.column},") for field in view.base_fields),
            f"  {_INNER_CLIENT},",
            f"  {_INNER_BASIS}",
        )
    )


def used(view: MetricView, field: BaseField) -> str:
    """The Liquid test whether a query selects a base field, or filters by it."""
    form = FORMS.get(field.dimension.type)
    names = [f"{field.name}_{timeframe}" for timeframe in form.timeframes] if form else []
    return " or ".join(f"{view.name}.{name}._in_query" for name in names or [field.name])


def _where_used(view: MetricView, field: BaseField, line: str) -> str:
    return f"{{% if {used(view, field)} %}}{line}{{% endif %}}"


def _rows(view: MetricView) -> Iterator[str]:
    """The rows of the source with client, period and base fields beside its own columns."""
    yield "  SELECT"
    yield f"    {quoted(view.source.slug)}.*,"
    for field in view.base_fields:
        column = dotted((field.source, *field.dimension.path))
        yield f"    {column} AS {field.column},"
    yield f"    {view.client or 'CAST(NULL AS STRING)'} AS {_INNER_CLIENT},"
    yield f"    {_basis(view)} AS {_INNER_BASIS}"
    yield f"  FROM {view.rows}"
    conditions = tuple(_conditions(view))
    if conditions:
        yield "  WHERE " + "\n    AND ".join(conditions)


def _basis(view: MetricView) -> str:
    """The first day of the period of a row; none of all periods together."""
    nothing = "CAST(NULL AS DATE)"
    if not view.date:
        return nothing
    chosen = f"{AGGREGATE_BY}._parameter_value"
    branches = [f"{{% if {chosen} == 'day' %}}{view.date}"]
    for period, unit in PERIODS.items():
        branches.append(f"{{% elsif {chosen} == '{period}' %}}DATE_TRUNC({view.date}, {unit})")
    return "".join((*branches, f"{{% else %}}{nothing}{{% endif %}}"))


def _conditions(view: MetricView) -> Iterator[str]:
    """The dates that the query asks for, of every source that has some; the sample."""
    start = f"DATE_SUB({_bound('start')}, INTERVAL {{% parameter {LOOKBACK} %}} DAY)"
    for date in view.dates:
        yield f"{date} >= {start}"
        yield f"{date} < {_bound('end')}"  # Looker's ends are exclusive
    sampled = sampled_by(view)
    if sampled:
        yield f"{dotted((sampled, 'sample_id'))} < {{% parameter {SAMPLING} %}}"


def _bound(which: str) -> str:
    """A bound of the analysis period if there is one, else of the dates; today if there is none."""
    period = f"{{% date_{which} {PERIOD} %}}"
    dates = f"{{% date_{which} {SUBMISSION}_date %}}"
    chosen = f"{{% if {PERIOD}._is_filtered %}}{period}{{% else %}}{dates}{{% endif %}}"
    return f"COALESCE(SAFE_CAST({chosen} AS DATE), CURRENT_DATE())"


def sampled_by(view: MetricView) -> str | None:
    """The source whose sample id limits what is read, if a base field is one."""
    found = (field.source for field in view.base_fields if field.name == "sample_id")
    return next(found, None)
