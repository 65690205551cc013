"""The derived table of a metric view: its metrics for each client and period, as the reader asks.

What follows from the reader's choice is Liquid: the period, the dates read, and which base fields
the rows are broken by. A base field that the query does not use is not grouped by, and a histogram
that it does not use is not read.
"""

from collections.abc import Iterable, Iterator

from generator.builders.fields import FORMS
from generator.facts.catalog import DataType
from generator.names import identifier
from generator.semantics.definitions import Metric
from generator.semantics.model import END, START, BaseField, MetricView
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


def sql_of(view: MetricView, percentiles: Iterable[int] = ()) -> str:
    """The query. Every column that the dimensions of the view name is in it."""
    parts = tuple(percentiles)
    return "\n".join(
        (
            "SELECT",
            *(f"  {metric.expression} AS {quoted(metric.slug)}," for metric in view.metrics),
            *(_merged(view, metric, parts) for metric in view.histograms if parts),
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


def field_names(field: BaseField) -> tuple[str, ...]:
    """The names by which a query knows a base field: a time has one for each timeframe."""
    form = FORMS.get(field.dimension.type)
    timeframes = form.timeframes if form else ()
    return tuple(f"{field.name}_{timeframe}" for timeframe in timeframes) or (field.name,)


def percentile(metric: Metric, part: int) -> str:
    """The name of the measure of a percentile."""
    return f"{identifier(metric.slug)}_p{part:02}"


def _used(view: MetricView, names: Iterable[str], line: str) -> str:
    """A line that is there where a query selects one of these fields, or filters by it."""
    tests = " or ".join(f"{view.name}.{name}._in_query" for name in names)
    return f"{{% if {tests} %}}{line}{{% endif %}}"


def _where_used(view: MetricView, field: BaseField, line: str) -> str:
    return _used(view, field_names(field), line)


def _merged(view: MetricView, metric: Metric, parts: Iterable[int]) -> str:
    names = (identifier(metric.slug), *(percentile(metric, part) for part in parts))
    return _used(view, names, f"  {metric.expression} AS {quoted(metric.slug)},")


def _rows(view: MetricView) -> Iterator[str]:
    """The rows of the source with client, period and base fields beside its own columns."""
    yield "  SELECT"
    yield f"    {quoted(view.source.slug)}.*,"
    for field in view.base_fields:
        yield f"    {_read(field)} AS {field.column},"
    yield f"    {view.client or 'CAST(NULL AS STRING)'} AS {_INNER_CLIENT},"
    yield f"    {_basis(view)} AS {_INNER_BASIS}"
    yield f"  FROM {_dated(view.rows)}"
    conditions = tuple(_conditions(view))
    if conditions:
        yield "  WHERE " + "\n    AND ".join(conditions)


def _read(field: BaseField) -> str:
    column = dotted((field.source, *field.dimension.path))
    # rows cannot be grouped by JSON, and where it is a field, it is one of text
    return f"TO_JSON_STRING({column})" if field.dimension.type is DataType.JSON else column


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
    """The dates that the query asks for; the sample."""
    if view.date:
        yield _dated(f"{view.date} >= {START}")
        yield _dated(f"{view.date} < {END}")
    sampled = sampled_by(view)
    if sampled:
        yield f"{dotted((sampled, 'sample_id'))} < {{% parameter {SAMPLING} %}}"


def _dated(sql: str) -> str:
    """SQL with the dates that the query asks for. Looker's ends are exclusive."""
    start = f"DATE_SUB({_bound('start')}, INTERVAL {{% parameter {LOOKBACK} %}} DAY)"
    return sql.replace(START, start).replace(END, _bound("end"))


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
