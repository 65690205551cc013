"""Statistics of metrics as measures and metrics of dbt: one function per statistic, in a table.

A metric has the name of the LookML measure behind that of its platform, and means the same.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from generator import dbt
from generator.builders.dbt_models import described, governed
from generator.builders.dbt_names import column_name, metric_name
from generator.facts.catalog import DataType
from generator.names import ACRONYMS, title
from generator.semantics.definitions import Metric, PeriodOverPeriod, Statistic
from generator.semantics.model import MetricView

ADDITIVE = frozenset({"sum"})
"""Aggregations that may be added up over days, and so averaged by dividing."""

PLAIN = ("sum", "average", "max", "min", "median", "client_count")
"""Statistics that are an aggregation of one column: what others may name unasked."""

_ACRONYMS = ACRONYMS | {"DAU"}


class Made(Struct, frozen=True):
    """A metric, and the measure that it stands on, if it has one of its own."""

    metric: dbt.Metric
    measure: dbt.Measure | None = None


class Unexpressed(Struct, frozen=True):
    """A number that dbt cannot give, and why; `metric` is what it is a number of."""

    name: str
    reason: str
    metric: str = ""


class Subject(Struct, frozen=True):
    """A metric in its view."""

    metric: Metric
    view: MetricView

    @property
    def column(self) -> str:
        """Its column in the model."""
        return column_name(self.metric.slug)

    @property
    def number(self) -> str:
        """Its column as a number: yes is 1."""
        if self.is_boolean:
            return f"CASE WHEN {self.column} THEN 1 WHEN NOT {self.column} THEN 0 END"
        return self.column

    @property
    def is_boolean(self) -> bool:
        """Whether the metric says yes or no."""
        return self.view.types.get(self.metric.slug) is DataType.BOOL

    def name(self, *parts: str) -> str:
        """The name of one of its numbers."""
        return metric_name(self.metric.platform, self.metric.slug, *parts)

    def lost(self, suffix: str, reason: str) -> Unexpressed:
        """One of its numbers that cannot be given."""
        return Unexpressed(f"{self.metric.slug}_{suffix}", reason, self.metric.slug)

    def made(
        self,
        suffix: str,
        said: str,
        params: dbt.Simple | dbt.Ratio | dbt.Cumulative | dbt.Derived,
    ) -> dbt.Metric:
        """A metric of that suffix; `said` tells the number from others of the metric."""
        platform = title(self.metric.platform)
        about = " ".join(text for text in (f"{said}.", described(self.metric)) if text)
        return dbt.Metric(
            name=self.name(suffix),
            label=f"{platform}: {self.metric.label} {title(suffix, _ACRONYMS)}",
            description=about,
            type_params=params,
            config=dbt.Config(meta=governed(self.metric)),
        )


Builder = Callable[[Subject, Statistic], Iterator[Made | Unexpressed]]


def metrics_of(subject: Subject) -> Iterator[Made | Unexpressed]:
    """The metrics for every statistic of a metric, and what they cannot give."""
    for statistic in subject.metric.statistics:
        for item in STATISTICS[statistic.name](subject, statistic):
            yield item
            if isinstance(item, Made) and statistic.period_over_period and not is_hidden(item):
                yield from _compared(item.metric, statistic.period_over_period)


def possible_metrics(subject: Subject) -> Iterator[Made]:
    """What a ratio may name though it is not configured; hidden."""
    for name in PLAIN:
        for item in STATISTICS[name](subject, Statistic(name, subject.metric.at)):
            if isinstance(item, Made):
                yield hidden(item)


def hidden(item: Made) -> Made:
    """The same, there for other metrics only."""
    marked = dbt.Config(meta={**item.metric.config.meta, "hidden": True})
    return replace(item, metric=replace(item.metric, config=marked))


def is_hidden(item: Made) -> bool:
    """Whether a metric is there for others only."""
    return bool(item.metric.config.meta.get("hidden"))


def _simple(
    subject: Subject, suffix: str, said: str, agg: str, expr: str, **more: dbt.PercentileParams
) -> Made:
    name = subject.name(suffix)
    return Made(subject.made(suffix, said, dbt.Simple(name)), dbt.Measure(name, agg, expr, **more))


def _aggregate(subject: Subject, statistic: Statistic) -> Iterator[Made]:
    """`sum`, `average`, `max` and `min`: the aggregation of that name."""
    said = f"{statistic.name.capitalize()} of {subject.metric.label}"
    yield _simple(subject, statistic.name, said, statistic.name, subject.number)


_IS_APPROXIMATE = dbt.Jinja("{{ (target.type == 'bigquery') | as_bool }}")
"""BigQuery has no exact median as an aggregation; neither has Looker there."""


def _median(subject: Subject, _: Statistic) -> Iterator[Made]:
    said = f"Median of {subject.metric.label}"
    params = dbt.PercentileParams(0.5, _IS_APPROXIMATE)
    yield _simple(subject, "median", said, "percentile", subject.number, agg_params=params)


def _client_count(subject: Subject, _: Statistic) -> Iterator[Made | Unexpressed]:
    if subject.view.client is None:
        yield subject.lost("client_count", "its data source has no client id")
        return
    some = subject.column if subject.is_boolean else f"{subject.column} > 0"
    expr = f"CASE WHEN {some} THEN client_id END"
    said = f"Number of clients with {subject.metric.label}"
    yield _simple(subject, "client_count", said, "count_distinct", expr)


def _ratio(subject: Subject, statistic: Statistic) -> Iterator[Made]:
    numerator, denominator = statistic.numerator or "", statistic.denominator or ""
    platform = subject.metric.platform
    params = dbt.Ratio(_referred(platform, numerator), _referred(platform, denominator))
    yield Made(subject.made("ratio", f"Ratio between {numerator} and {denominator}", params))


def _referred(platform: str, reference: str) -> str:
    return metric_name(platform, *reference.split("."))


def _dau_proportion(subject: Subject, statistic: Statistic) -> Iterator[Made | Unexpressed]:
    if subject.view.client is None:
        yield subject.lost("dau_proportion", "its data source has no client id")
        return
    everyone = daily_active(subject.view)
    yield everyone
    numerator = statistic.numerator or ""
    params = dbt.Ratio(_referred(subject.metric.platform, numerator), everyone.metric.name)
    yield Made(subject.made("dau_proportion", f"Share of all clients in {numerator}", params))


def daily_active(view: MetricView) -> Made:
    """All clients of a data source: what proportions are of."""
    platform, slug = view.source.platform, view.source.slug
    name = metric_name(platform, slug, "dau")
    metric = dbt.Metric(
        name,
        f"{title(platform)}: {view.source.label} DAU",
        f"Number of clients in {view.source.label}.",
        dbt.Simple(name),
        dbt.Config(meta={"platform": platform, "hidden": True}),
    )
    return Made(metric, dbt.Measure(name, "count_distinct", "client_id"))


def _rolling_average(subject: Subject, statistic: Statistic) -> Iterator[Made | Unexpressed]:
    """An average over each window, as far as it follows from what is known of each day."""
    for aggregation in statistic.aggregations:
        for days in statistic.window_sizes:
            suffix = f"rolling_average_{aggregation}_{days}_day"
            said = f"{days} day rolling average of {subject.metric.label}"
            if days == 1:
                alone = dbt.Derived("present", (dbt.Input(subject.name(aggregation), "present"),))
                yield Made(subject.made(suffix, said, alone))
            elif aggregation in ADDITIVE:
                total = _total(subject, aggregation, days)
                yield total
                share = dbt.Derived(f"total / {days}", (dbt.Input(total.metric.name, "total"),))
                yield Made(subject.made(suffix, said, share))
            else:
                yield subject.lost(suffix, f"no {aggregation} of days adds up to one of a window")


def _total(subject: Subject, aggregation: str, days: int) -> Made:
    """What adds up over a window of days; hidden."""
    window = dbt.CumulativeParams(f"{days} days")
    params = dbt.Cumulative(subject.name(aggregation), window)
    said = f"{subject.metric.label} of {days} days"
    return hidden(Made(subject.made(f"rolling_{aggregation}_{days}_day", said, params)))


def _compared(metric: dbt.Metric, wanted: PeriodOverPeriod) -> Iterator[Made]:
    """The metric against itself some days ago: its value then, the difference, the change."""
    for days in wanted.periods:
        earlier = dbt.Input(metric.name, "previous", f"{days} days")
        for kind in wanted.kinds:
            expr, inputs = KINDS[kind]
            current = dbt.Input(metric.name, "present")
            worded = kind.replace("_", " ")
            yield Made(
                replace(
                    metric,
                    name=f"{metric.name}_{days}_day_period_over_period_{kind}",
                    label=f"{metric.label} {days} Day Period Over Period {worded.title()}",
                    description=f"Over {days} days, {worded}: {metric.description}",
                    type_params=dbt.Derived(expr, (current, earlier)[2 - inputs :]),
                )
            )


KINDS: Mapping[str, tuple[str, int]] = {
    "previous": ("previous", 1),
    "difference": ("present - previous", 2),
    "relative_change": ("present / NULLIF(previous, 0) - 1", 2),
}
"""How a number compares with its earlier self, and whether it is named itself."""

STATISTICS: Mapping[str, Builder] = {
    "average": _aggregate,
    "max": _aggregate,
    "min": _aggregate,
    "median": _median,
    "sum": _aggregate,
    "client_count": _client_count,
    "ratio": _ratio,
    "dau_proportion": _dau_proportion,
    "rolling_average": _rolling_average,
}
"""Every statistic that a metric may have configured."""
