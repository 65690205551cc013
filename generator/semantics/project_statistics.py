"""Statistics of monitoring: each with the parameters that it takes, typed, and their defaults."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, nearest
from generator.semantics.definitions import Metric, MetricType, Statistic
from generator.semantics.monitoring import Computed
from generator.semantics.project_values import Mismatch, count, flag, kind_of, numbers, text

PERCENTILES = (50.0, 90.0, 99.0)
"""The percentiles of a metric that does not say which."""

_QUANTILES, _MEDIAN = 100, 50
_HIGHEST = 100
_OF_HISTOGRAMS = frozenset({"percentile"})


def computed(
    metric: Metric, listed: Mapping[str, Metric], subject: str
) -> Iterator[Computed | Diagnostic]:
    """The statistics of a metric in their order. `listed` are the metrics of the project."""
    if not metric.statistics:
        yield diagnostic("no-statistic", metric.at, subject, name=metric.slug)
    for statistic in metric.statistics:
        try:
            _check_type(metric, statistic, subject)
            read = _READ.get(statistic.name, _plain)
            yield Computed(metric, statistic.name, **read(statistic, listed, subject))
        except Fault as found:
            yield found.diagnostic


def _check_type(metric: Metric, statistic: Statistic, subject: str) -> None:
    """Raises Fault for a statistic of numbers where there are histograms."""
    if metric.type is MetricType.HISTOGRAM and statistic.name not in _OF_HISTOGRAMS:
        reason = f"`{metric.slug}` is a histogram"
        raise _bad(statistic, subject, reason, "a histogram has percentiles only")


def written(value: float) -> str:
    """A parameter as people write it.

    >>> written(50.0), written(99.9)
    ('50', '99.9')
    """
    return str(int(value)) if value.is_integer() else repr(value)


def _plain(_: Statistic, __: Mapping[str, Metric], ___: str) -> dict[str, Any]:
    return {}


def _percentile(statistic: Statistic, _: Mapping[str, Metric], subject: str) -> dict[str, Any]:
    percentiles = _read(statistic, "percentiles", numbers, PERCENTILES, subject)
    if not percentiles or not all(0 <= value <= _HIGHEST for value in percentiles):
        raise _bad(statistic, subject, "a percentile is a number from 0 to 100", "write [50, 95]")
    nothing = _read(statistic, "remove_nulls", flag, False, subject)  # noqa: FBT003
    return {"percentiles": tuple(dict.fromkeys(percentiles)), "remove_nulls": nothing}


def _quantile(statistic: Statistic, _: Mapping[str, Metric], subject: str) -> dict[str, Any]:
    of = _read(statistic, "number_of_quantiles", count, _QUANTILES, subject)
    quantile = _read(statistic, "quantile", _offset, _MEDIAN, subject)
    if quantile > of:
        reason = f"there is no quantile {quantile} of {of}"
        raise _bad(statistic, subject, reason, f"it is a number from 0 to {of}")
    return {"quantile": quantile, "number_of_quantiles": of}


def _offset(value: object) -> int:
    return value if value == 0 and type(value) is int else count(value)


def _ratio(statistic: Statistic, listed: Mapping[str, Metric], subject: str) -> dict[str, Any]:
    slug = _read(statistic, "denominator_metric", text, None, subject)
    if slug is None:
        raise _bad(statistic, subject, "it has no `denominator_metric`", "name a metric")
    if slug not in listed:
        reason = f"its denominator `{slug}` is no metric of this project"
        raise _bad(statistic, subject, reason, "add it to `metrics`; " + nearest(slug, listed))
    if listed[slug].type is MetricType.HISTOGRAM:
        reason = f"its denominator `{slug}` is a histogram"
        raise _bad(statistic, subject, reason, "divide by a metric that is a number")
    return {"denominator": slug}


_READ: Mapping[str, Callable[[Statistic, Mapping[str, Metric], str], dict[str, Any]]] = {
    "percentile": _percentile,
    "quantile": _quantile,
    "total_ratio": _ratio,
}


def _read(
    statistic: Statistic, name: str, read: Callable[[object], Any], default: Any, subject: str
) -> Any:
    """A parameter. Raises Fault if it is of another type."""
    if name not in statistic.parameters:
        return default
    value = statistic.parameters[name]
    try:
        return read(value)
    except Mismatch as expected:
        reason = f"`{name}` should be {expected}, not {kind_of(value)}"
        raise _bad(statistic, subject, reason, "mend it") from None


def _bad(statistic: Statistic, subject: str, reason: str, hint: str) -> Fault:
    name = statistic.name
    return fault("bad-statistic", statistic.at, subject, name=name, reason=reason, nearest=hint)
