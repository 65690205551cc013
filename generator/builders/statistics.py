"""Statistics of metrics become measures: one function per statistic, all of them in a table.

Windows run over the rows of a query's result. So that a window is written once, not in each of
its measures, every view has two hidden measures: which rows belong together, and their order.
Both are aggregates, so they hold whatever the query groups by.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from generator import lookml
from generator.builders.derived_table import percentile
from generator.names import identifier
from generator.semantics.definitions import Metric, MetricType, PeriodOverPeriod, Statistic
from generator.sql import quoted

GROUP = "Statistics"
PARTITION = "window_partition"
ORDER = "window_order"
WINDOW_SIZE = "rolling_average_window_size"
SUBMISSION = "submission"
TIMEFRAMES: Mapping[str, int] = {"date": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
"""Days of each granularity: a period of P days is P div that many rows."""

_WINDOW = f"PARTITION BY ${{{PARTITION}}} ORDER BY ${{{ORDER}}}"
_NO_DATE = "ERROR('Select a submission date, week, month, quarter or year for this measure')"
_ROWS = "Counts rows of the selected granularity: days by date, weeks by week, and so on."
_GAPS = "A date without data is no row, and where the period is shorter there is nothing."


class Context(Struct, frozen=True):
    """What the measures of a view have in common.

    `scale` follows a sampled number to make it whole; it is empty where nothing is sampled.
    `booleans` are the metrics that say yes or no, `percentiles` what histograms are told by.
    """

    view: str
    scale: str = ""
    windows: tuple[int, ...] = ()
    booleans: frozenset[str] = frozenset()
    percentiles: tuple[int, ...] = ()

    def selected(self, timeframe: str) -> str:
        """The Liquid test for a granularity."""
        return f"{self.view}.{SUBMISSION}_{timeframe}._is_selected"

    def by_granularity(self, expression: Callable[[int], str]) -> str:
        """The expression for the granularity that the query selects, given its days.

        Where none is selected the database says so, in place of a number without meaning.
        """
        branches = [
            f"{{% {'elsif' if place else 'if'} {self.selected(timeframe)} %}}{expression(days)}"
            for place, (timeframe, days) in enumerate(TIMEFRAMES.items())
        ]
        return "".join((*branches, f"{{% else %}}{_NO_DATE}{{% endif %}}"))

    def in_window(self, expression: str) -> str:
        """One expression for every granularity."""
        tests = " or ".join(map(self.selected, TIMEFRAMES))
        return f"{{% if {tests} %}}{expression}{{% else %}}{_NO_DATE}{{% endif %}}"


class Framed(Struct, frozen=True):
    """A measure, and how to ask for its value some rows earlier."""

    measure: lookml.Measure
    earlier: Callable[[int], str]


Builder = Callable[[Metric, Statistic, Context], Iterator[Framed]]


def measures_of(metric: Metric, context: Context) -> Iterator[lookml.Measure]:
    """The measures of a metric: plain ones first, as windows run over them."""
    if metric.type is MetricType.HISTOGRAM:
        yield from _percentiles(metric, context)
        return
    for statistic in sorted(metric.statistics, key=lambda s: s.name == "rolling_average"):
        for framed in STATISTICS[statistic.name](metric, statistic, context):
            yield framed.measure
            if statistic.period_over_period and not framed.measure.hidden:
                yield from _compared(framed, statistic.period_over_period, context)


def possible_measures(metric: Metric, context: Context) -> Iterator[lookml.Measure]:
    """What a ratio may name though it is not configured: any plain statistic of the metric."""
    for name in ("sum", "average", "max", "min", "median", "client_count"):
        for framed in STATISTICS[name](metric, Statistic(name, metric.at), context):
            yield framed.measure


def _lagged(name: str) -> Callable[[int], str]:
    return lambda rows: f"LAG(${{{name}}}, {rows}) OVER ({_WINDOW})"


def _plain(measure: lookml.Measure) -> Framed:
    return Framed(measure, _lagged(measure.name))


def _number(metric: Metric, context: Context) -> str:
    """A metric as a number: of those that say yes or no, 1 is a yes."""
    column = f"${{TABLE}}.{quoted(metric.slug)}"
    return f"CAST({column} AS INT64)" if metric.slug in context.booleans else column


def _measure(name: str, label: str, description: str, **parameters: Any) -> lookml.Measure:
    return lookml.Measure(
        name=name, label=label, group_label=GROUP, description=description, **parameters
    )


def _aggregate(metric: Metric, statistic: Statistic, context: Context) -> Iterator[Framed]:
    """`average`, `max`, `min` and `median`: the measure type of that name."""
    word = statistic.name.capitalize()
    yield _plain(
        _measure(
            f"{identifier(metric.slug)}_{statistic.name}",
            f"{metric.label} {word}",
            f"{word} of {metric.label}",
            type=statistic.name,
            sql=_number(metric, context),
        )
    )


def _sum(metric: Metric, _: Statistic, context: Context) -> Iterator[Framed]:
    yield _plain(
        _measure(
            f"{identifier(metric.slug)}_sum",
            f"{metric.label} Sum",
            f"Sum of {metric.label}",
            type="sum",
            sql=f"{_number(metric, context)}{context.scale}",
        )
    )


def _client_count(metric: Metric, _: Statistic, context: Context) -> Iterator[Framed]:
    """Distinct clients with more than none of it; of a sample, made whole."""
    name = f"{identifier(metric.slug)}_client_count"
    label, said = f"{metric.label} Client Count", f"Number of clients with {metric.label}"
    counted = f"IF({_has_some(metric, context)}, ${{TABLE}}.client_id, NULL)"
    sampled = _measure(
        f"{name}_sampled", label, said, hidden=True, type="count_distinct", sql=counted
    )
    yield _plain(sampled)
    yield _plain(
        _measure(name, label, said, type="number", sql=f"${{{sampled.name}}}{context.scale}")
    )


def _has_some(metric: Metric, context: Context) -> str:
    column = f"${{TABLE}}.{quoted(metric.slug)}"
    return column if metric.slug in context.booleans else f"{column} > 0"


def _ratio(metric: Metric, statistic: Statistic, _: Context) -> Iterator[Framed]:
    numerator, denominator = statistic.numerator or "", statistic.denominator or ""
    yield _plain(
        _measure(
            f"{identifier(metric.slug)}_ratio",
            f"{metric.label} Ratio",
            f"Ratio between {numerator} and {denominator}",
            type="number",
            sql=f"SAFE_DIVIDE(${{{referred(numerator)}}}, ${{{referred(denominator)}}})",
        )
    )


def referred(reference: str) -> str:
    """The measure that `metric.statistic` names.

    >>> referred("toast_orders.sum")
    'toast_orders_sum'
    """
    slug, _, statistic = reference.partition(".")
    return f"{identifier(slug)}_{statistic}"


def _dau_proportion(metric: Metric, statistic: Statistic, _: Context) -> Iterator[Framed]:
    numerator = statistic.numerator or ""
    yield _plain(
        _measure(
            f"{identifier(metric.slug)}_dau_proportion",
            f"{metric.label} DAU Proportion",
            f"Share of all clients in {numerator}",
            type="number",
            sql=f"SAFE_DIVIDE(${{{referred(numerator)}}}, ${{dau}})",
        )
    )


def daily_active(context: Context) -> Iterator[lookml.Measure]:
    """All clients of the view: what proportions are of."""
    said = "Number of clients"
    counted = "${TABLE}.client_id"
    yield _measure("dau_sampled", "DAU", said, hidden=True, type="count_distinct", sql=counted)
    yield _measure(
        "dau", "DAU", said, hidden=True, type="number", sql=f"${{dau_sampled}}{context.scale}"
    )


def _rolling_average(metric: Metric, statistic: Statistic, context: Context) -> Iterator[Framed]:
    """An average over each window, for each aggregation; one window is the reader's choice."""
    for aggregation in statistic.aggregations:
        base = f"{identifier(metric.slug)}_{aggregation}"
        stem = f"{identifier(metric.slug)}_rolling_average_{aggregation}"
        label = f"{metric.label} {_worded(aggregation)}"
        for size in statistic.window_sizes:
            average = _averages(base, partial(_fixed, size))
            measure = _measure(
                f"{stem}_{size}_day",
                f"{label} {size} Day Rolling Average",
                f"{size} day rolling average of {metric.label}. {_ROWS}",
                type="number",
                sql=context.in_window(average(0)),
            )
            yield Framed(measure, average)
        average = _averages(base, _chosen)
        measure = _measure(
            f"{stem}_custom_window",
            f"{label} Custom Window Rolling Average",
            f"Rolling average of {metric.label} over as many rows as the parameter"
            f" Rolling Average Custom Window Size says. {_ROWS}",
            type="number",
            sql=context.in_window(average(0)),
        )
        yield Framed(measure, average)


def _fixed(size: int, rows: int) -> str:
    return str(size - 1 + rows)


def _chosen(rows: int) -> str:
    return f"{{{{ {WINDOW_SIZE}._parameter_value | plus: {rows - 1} }}}}"


def _averages(base: str, first: Callable[[int], str]) -> Callable[[int], str]:
    """The average over a window that ended some rows ago, `first` being its first row."""

    def average(rows: int) -> str:
        last = f"{rows} PRECEDING" if rows else "CURRENT ROW"
        return f"AVG(${{{base}}}) OVER ({_WINDOW} ROWS BETWEEN {first(rows)} PRECEDING AND {last})"

    return average


def _compared(
    framed: Framed, wanted: PeriodOverPeriod, context: Context
) -> Iterator[lookml.Measure]:
    """The measure against itself some period ago: its value then, the difference, the change."""
    measure = framed.measure
    for period in wanted.periods:
        stem = f"{measure.name}_{period}_day_period_over_period"
        previous = f"{stem}_previous"
        for kind in dict.fromkeys(("previous", *wanted.kinds)):
            compared = KINDS[kind](measure.name, previous)
            by_period = partial(context.by_granularity, _shifted(framed, period))
            yield _measure(
                f"{stem}_{kind}",
                f"{measure.label} {period} Day Period Over Period {_worded(kind)}",
                f"Period over period {_worded(kind)} of {measure.label} over {period} days."
                f" {_ROWS} {_GAPS}",
                hidden=True if kind not in wanted.kinds else None,
                type="number",
                sql=context.in_window(compared) if compared else by_period(),
            )


def _shifted(framed: Framed, period: int) -> Callable[[int], str]:
    """The value a period ago; none where the period is shorter than the granularity."""
    return lambda days: framed.earlier(period // days) if period >= days else "NULL"


KINDS: Mapping[str, Callable[[str, str], str]] = {
    "previous": lambda _, __: "",
    "difference": lambda current, previous: f"${{{current}}} - ${{{previous}}}",
    "relative_change": lambda current, previous: (
        f"SAFE_DIVIDE(${{{current}}}, NULLIF(${{{previous}}}, 0)) - 1"
    ),
}
"""How a number compares with its earlier self; an empty text is that self."""


def _percentiles(metric: Metric, context: Context) -> Iterator[lookml.Measure]:
    """The percentiles of a histogram metric, over all its histograms merged.

    A percentile is the lowest bucket that, with those below it, holds that part of the counts.
    An aggregate cannot stand in UNNEST, but what `WITH` has named can.
    """
    for part in context.percentiles:
        yield _measure(
            percentile(metric, part),
            f"{metric.label} P{part}",
            f"{part} % of all counts of {metric.label} are in this bucket or in a lower one.",
            type="number",
            sql=_PERCENTILE.format(column=quoted(metric.slug), share=part / 100),
        )


_PERCENTILE = (
    "WITH(histograms AS ARRAY_CONCAT_AGG(${{TABLE}}.{column}), ("
    "SELECT MIN(bucket) FROM ("
    "SELECT bucket, SUM(counted) OVER (ORDER BY bucket) AS below, SUM(counted) OVER () AS total"
    " FROM (SELECT CAST(bin.key AS FLOAT64) AS bucket, SUM(bin.value) AS counted"
    " FROM UNNEST(histograms) AS histogram, UNNEST(histogram.values) AS bin GROUP BY bucket))"
    " WHERE below >= {share} * total))"
)


def _worded(kind: str) -> str:
    return kind.replace("_", " ").title()


STATISTICS: Mapping[str, Builder] = {
    "average": _aggregate,
    "max": _aggregate,
    "min": _aggregate,
    "median": _aggregate,
    "sum": _sum,
    "client_count": _client_count,
    "ratio": _ratio,
    "dau_proportion": _dau_proportion,
    "rolling_average": _rolling_average,
}
"""Every statistic that a metric may have configured."""
