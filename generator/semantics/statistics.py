"""Statistics: which ones each tool knows, and what Looker's parameters mean."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, nearest
from generator.facts.metric_hub import StatisticSpec, Written
from generator.semantics.definitions import PeriodOverPeriod, Statistic

_SAMPLED = frozenset({"confidence_interval", "num_samples", "drop_highest", "pre_treatments"})
_CURVE = frozenset({"log_space", "grid_size", "pre_treatments"})
_POP = frozenset({"period_over_period"})

STATISTICS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "looker": {
        "sum": _POP,
        "average": _POP,
        "max": _POP,
        "min": _POP,
        "median": _POP,
        "client_count": _POP,
        "ratio": _POP | {"numerator", "denominator"},
        "dau_proportion": _POP | {"numerator"},
        "rolling_average": _POP | {"aggregations", "window_sizes"},
    },
    "opmon": {
        "count": frozenset(),
        "sum": frozenset(),
        "mean": frozenset(),
        "quantile": frozenset({"number_of_quantiles", "quantile"}),
        "percentile": frozenset({"percentiles", "remove_nulls"}),
        "total_ratio": frozenset({"denominator_metric"}),
    },
    "jetstream": {
        "bootstrap_mean": _SAMPLED,
        "linear_model_mean": _SAMPLED | {"covariate_adjustment"},
        "per_client_dau_impact": _SAMPLED | {"covariate_adjustment"},
        "binomial": frozenset({"confidence_interval", "pre_treatments"}),
        "deciles": frozenset({"confidence_interval", "num_samples", "pre_treatments"}),
        "count": frozenset({"pre_treatments"}),
        "sum": frozenset({"pre_treatments"}),
        "kernel_density_estimate": _CURVE | {"bandwidth", "kernel", "adjust"},
        "empirical_cdf": _CURVE,
        "population_ratio": _SAMPLED | {"numerator", "denominator"},
    },
}
"""Tool, statistic, and the parameters that it takes."""

KINDS = ("previous", "difference", "relative_change")
"""How a period may be compared with the one before."""

_ALSO = {"looker": {"count": "did you mean `client_count`?", "mean": "did you mean `average`?"}}
_REFERENCE = re.compile(r"(\w+)\.(\w+)", re.ASCII)
_REQUIRED = {"ratio": ("numerator", "denominator"), "dau_proportion": ("numerator",)}


def resolve_statistics(
    specs: Iterable[StatisticSpec], tool: str | None, subject: str
) -> Iterator[Statistic | Diagnostic]:
    """The statistics of a metric in their order, and what is wrong with others."""
    specs = tuple(specs)
    names = frozenset(spec.name for spec in specs)
    for spec in specs:
        try:
            yield from _statistic(spec, tool, subject, names)
        except Fault as found:
            yield found.diagnostic


def _statistic(
    spec: StatisticSpec, tool: str | None, subject: str, names: frozenset[str]
) -> Iterator[Statistic | Diagnostic]:
    known = STATISTICS.get(tool or "")
    if known is None:  # no tool: nobody says what there is
        yield Statistic(spec.name, spec.at, parameters=_raw(spec))
        return
    if spec.name not in known:
        hint = _ALSO.get(tool or "", {}).get(spec.name) or nearest(spec.name, known)
        raise fault("unknown-statistic", spec.at, subject, name=spec.name, nearest=hint)
    for name, value in spec.parameters.items():
        if name not in known[spec.name]:
            raise _bad(
                spec, value, subject, f"it takes no `{name}`", nearest(name, known[spec.name])
            )
    if tool != "looker":
        yield Statistic(spec.name, spec.at, parameters=_raw(spec))
        return
    parameters = {name: READ[name](spec, v, subject) for name, v in spec.parameters.items()}
    missing = next((n for n in _REQUIRED.get(spec.name, ()) if n not in parameters), None)
    if missing:
        raise fault("incomplete-definition", spec.at, f"{subject}.{spec.name}", key=missing)
    if spec.name == "rolling_average":
        yield from _rolling(spec, parameters, subject, names)
    else:
        yield Statistic(spec.name, spec.at, **parameters, parameters=_raw(spec))


def _rolling(
    spec: StatisticSpec, parameters: Mapping[str, Any], subject: str, names: frozenset[str]
) -> Iterator[Statistic | Diagnostic]:
    """A rolling average over those of its aggregations that the metric has."""
    others = names - {spec.name}
    kept = []
    for name in parameters.get("aggregations", ("sum",)):
        if name in others:
            kept.append(name)
        else:
            written = spec.parameters.get("aggregations")
            reason = f"the metric has no statistic `{name}` to average"
            hint = nearest(name, others)
            at = written.at if written else spec.at
            yield diagnostic(
                "bad-statistic", at, subject, name=spec.name, reason=reason, nearest=hint
            )
    if kept:
        given = {**parameters, "aggregations": tuple(kept)}
        yield Statistic(spec.name, spec.at, **given, parameters=_raw(spec))


def _raw(spec: StatisticSpec) -> dict[str, object]:
    return {name: written.value for name, written in spec.parameters.items()}


def _bad(
    spec: StatisticSpec, value: Written[object], subject: str, reason: str, hint: str
) -> Fault:
    return fault("bad-statistic", value.at, subject, name=spec.name, reason=reason, nearest=hint)


def _reference(spec: StatisticSpec, value: Written[object], subject: str) -> str:
    if not isinstance(value.value, str) or not _REFERENCE.fullmatch(value.value):
        reason = f"`{value.value}` is not `metric.statistic`"
        raise _bad(spec, value, subject, reason, 'write it like "orders.sum"')
    return value.value


def _names(spec: StatisticSpec, value: Written[object], subject: str) -> tuple[str, ...]:
    names = value.value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _bad(spec, value, subject, f"`{names}` is no list of names", 'write ["sum"]')
    return tuple(dict.fromkeys(names))


def _days(spec: StatisticSpec, value: Written[object], subject: str) -> tuple[int, ...]:
    days = value.value
    if not isinstance(days, list) or not all(type(day) is int and day > 0 for day in days):
        raise _bad(spec, value, subject, f"`{days}` is no list of days", "write [7, 28]")
    return tuple(dict.fromkeys(days))


def _periods(spec: StatisticSpec, value: Written[object], subject: str) -> PeriodOverPeriod:
    given = value.value
    if not isinstance(given, dict):
        raise _bad(spec, value, subject, f"`{given}` is no table", "it has `periods` and `kinds`")
    for key in given:
        if key not in ("periods", "kinds"):
            reason = f"`period_over_period` takes no `{key}`"
            raise _bad(spec, value, subject, reason, nearest(key, ("periods", "kinds")))
    kinds = _names(spec, Written(given.get("kinds", ["previous"]), value.at), subject)
    for kind in kinds:
        if kind not in KINDS:
            raise _bad(spec, value, subject, f"there is no kind `{kind}`", nearest(kind, KINDS))
    periods = _days(spec, Written(given.get("periods"), value.at), subject)
    return PeriodOverPeriod(periods, kinds)


READ: Mapping[str, Callable[[StatisticSpec, Written[object], str], Any]] = {
    "numerator": _reference,
    "denominator": _reference,
    "aggregations": _names,
    "window_sizes": _days,
    "period_over_period": _periods,
}
"""How each parameter of a Looker statistic is read."""
