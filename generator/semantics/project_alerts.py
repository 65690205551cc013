"""Alerts of monitoring projects: which keys each kind takes, and what they must be."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.diagnostics import Diagnostic, Fault, Severity, diagnostic, fault, nearest, split
from generator.facts.metric_hub import Table, Written
from generator.names import title
from generator.semantics.alerts import Alert, AlertKind
from generator.semantics.monitoring import Computed
from generator.semantics.project_statistics import written
from generator.semantics.project_values import (
    Reader,
    count,
    number,
    numbers,
    one_of,
    read_keys,
    text,
    texts,
)
from generator.semantics.statistics import STATISTICS

Keys = Mapping[str, Written[Any]]

_READERS: Mapping[str, Reader] = {
    "type": one_of(AlertKind),
    "metrics": texts,
    "statistics": texts,
    "parameters": numbers,
    "percentiles": numbers,
    "min": numbers,
    "max": numbers,
    "window_size": count,
    "max_relative_change": number,
    "friendly_name": text,
    "description": text,
}
_LIMITS = ("min", "max")
_CHANGE = ("window_size", "max_relative_change")
_FORBIDDEN: Mapping[AlertKind, tuple[str, ...]] = {
    AlertKind.CI_OVERLAP: (*_LIMITS, *_CHANGE),
    AlertKind.THRESHOLD: _CHANGE,
    AlertKind.AVG_DIFF: _LIMITS,
}
_REQUIRED: Mapping[AlertKind, tuple[str, ...]] = {
    AlertKind.CI_OVERLAP: ("metrics",),
    AlertKind.THRESHOLD: ("metrics",),
    AlertKind.AVG_DIFF: ("metrics", *_CHANGE),
}


def read_alert(
    slug: str, table: Table, computed: Iterable[Computed], subject: str
) -> Iterator[Alert | Diagnostic]:
    """An alert on the statistics that are computed, and what is wrong with it."""
    found, noticed = split(read_keys(table, _READERS, subject))
    yield from noticed
    if any(item.severity is Severity.ERROR for item in noticed):
        return
    keys, renamed = split(_renamed(dict(found), subject))
    yield from renamed
    try:
        yield _alert(slug, table, keys[0], tuple(computed), subject)
    except Fault as wrong:
        yield wrong.diagnostic


def _renamed(keys: dict[str, Written[Any]], subject: str) -> Iterator[Keys | Diagnostic]:
    """The keys under their names of today."""
    old = keys.pop("percentiles", None)
    if old:
        yield diagnostic("renamed-key", old.at, subject, key="percentiles", name="parameters")
    yield {"parameters": old, **keys} if old else keys


def _alert(
    slug: str, table: Table, keys: Keys, computed: tuple[Computed, ...], subject: str
) -> Alert:
    if "type" not in keys:
        raise fault("incomplete-definition", table.at(), subject, key="type")
    kind = AlertKind(keys["type"].value)
    _check_keys(slug, table, kind, keys, subject)
    _check_names(slug, keys, computed, subject)
    values = {key: value.value for key, value in keys.items()}
    return Alert(
        slug,
        kind,
        table.at(),
        metrics=tuple(dict.fromkeys(values["metrics"])),
        statistics=tuple(dict.fromkeys(values.get("statistics", ()))),
        parameters=values.get("parameters", ()),
        min=values.get("min", ()),
        max=values.get("max", ()),
        window_size=values.get("window_size"),
        max_relative_change=values.get("max_relative_change"),
        label=" ".join(values.get("friendly_name", title(slug)).split()),
        description=values.get("description"),
    )


def _check_keys(slug: str, table: Table, kind: AlertKind, keys: Keys, subject: str) -> None:
    """Raises Fault for keys that are missing, of another kind of alert, or say nothing."""
    missing = next((key for key in _REQUIRED[kind] if key not in keys), None)
    if missing:
        raise fault("incomplete-definition", table.at(), subject, key=missing)
    for key in _FORBIDDEN[kind]:
        if key in keys:
            raise _bad(slug, keys[key], subject, f"`{kind}` takes no `{key}`", "remove it")
    for key in ("metrics", *_LIMITS):
        if key in keys and not keys[key].value:
            raise _bad(slug, keys[key], subject, f"`{key}` is empty", "name one at least")
    if kind is AlertKind.THRESHOLD:
        _check_limits(slug, table, keys, subject)
    change = keys.get("max_relative_change")
    if change and change.value <= 0:
        raise _bad(slug, change, subject, "no change is less than 0", "write a share such as 0.25")


def _check_limits(slug: str, table: Table, keys: Keys, subject: str) -> None:
    """Raises Fault unless there is a limit for each parameter."""
    if not any(key in keys for key in _LIMITS):
        raise _bad(slug, Written(None, table.at()), subject, "it has no limit", "add min or max")
    parameters = keys["parameters"].value if "parameters" in keys else ()
    wanted = len(parameters) or 1
    for key in _LIMITS:
        if key in keys and len(keys[key].value) != wanted:
            reason = f"`{key}` has {len(keys[key].value)} limits for {wanted} parameters"
            raise _bad(slug, keys[key], subject, reason, "one for each; one, if there are none")


def _check_names(slug: str, keys: Keys, computed: tuple[Computed, ...], subject: str) -> None:
    """Raises Fault for a metric, statistic or parameter that is not computed."""
    slugs = dict.fromkeys(item.metric.slug for item in computed)
    for name in keys["metrics"].value:
        if name not in slugs:
            reason = f"`{name}` is no metric of this project"
            raise _bad(slug, keys["metrics"], subject, reason, nearest(name, slugs))
    of_metrics = [item for item in computed if item.metric.slug in keys["metrics"].value]
    statistics = dict.fromkeys(item.statistic for item in of_metrics)
    for name in keys["statistics"].value if "statistics" in keys else ():
        if name not in statistics:
            known = STATISTICS["opmon"]
            reason = "its metrics have none" if name in known else "there is no such statistic"
            hint = nearest(name, statistics if name in known else known)
            raise _bad(slug, keys["statistics"], subject, f"`{name}`: {reason}", hint)
    parameters = {value for item in of_metrics for value in parameters_of(item)}
    for value in keys["parameters"].value if "parameters" in keys else ():
        if value not in parameters:
            reason = f"no statistic of its metrics has the parameter {written(value)}"
            hint = nearest(written(value), map(written, parameters))
            raise _bad(slug, keys["parameters"], subject, reason, hint)


def parameters_of(item: Computed) -> tuple[float, ...]:
    """The parameters in the rows of a statistic."""
    return item.percentiles if item.quantile is None else (float(item.quantile),)


def _bad(slug: str, value: Written[Any], subject: str, reason: str, hint: str) -> Fault:
    return fault("bad-alert", value.at, subject, name=slug, reason=reason, nearest=hint)
