"""The alerts of monitoring projects: rules, and the queries that hold statistics against them.

An alert becomes rules: for each metric, statistic and parameter that it means, a test with a
boundary. Whatever one rule finds is an alert, so several statistics or parameters are alternatives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, assert_never

from generator.builders.dbt_templates import filled
from generator.semantics.monitoring import Alert, AlertKind, Study, XAxis

_APART = "apart"


@dataclass(frozen=True, slots=True)
class Rule:
    """One test. Without a statistic or a parameter it holds for any."""

    test: str
    metric: str
    statistic: str | None
    parameter: float | None
    boundary: float | None
    message: str


@dataclass(frozen=True, slots=True)
class Alerting:
    """What the query of a project's alerts needs; `statistics` is what it reads, as SQL.

    `reference_branch` is None where no rule compares branches, `windows` are the sizes of those
    that rules compare.
    """

    statistics: str
    start: str
    x_axis: XAxis
    dimensions: tuple[str, ...]
    rules: tuple[Rule, ...]
    windows: tuple[int, ...]
    reference_branch: str | None


class _Test(NamedTuple):
    test: str
    parameter: float | None
    boundary: float | None
    said: str


def alerts_sql(study: Study, statistics: str) -> str:
    """The query of a project's alerts, over the long view of its statistics."""
    return filled("opmon/alerts.sql", alerting(study, statistics))


def alerting(study: Study, statistics: str) -> Alerting:
    """The rules of a project and what they look at."""
    rules = tuple(rule for alert in study.alerts for rule in rules_of(alert, study))
    sizes = (alert.window_size for alert in study.alerts if alert.kind is AlertKind.AVG_DIFF)
    compares = any(rule.test == _APART for rule in rules)
    return Alerting(
        statistics=statistics,
        start=study.start.isoformat(),
        x_axis=study.project.x_axis,
        dimensions=tuple(dimension.slug for dimension in study.dimensions),
        rules=tuple(dict.fromkeys(rules)),
        windows=tuple(sorted({size for size in sizes if size})),
        reference_branch=study.reference_branch if compares else None,
    )


def rules_of(alert: Alert, study: Study) -> Iterator[Rule]:
    """The rules of an alert, by metric, statistic and limit."""
    for metric, statistic in product(alert.metrics, alert.statistics or (None,)):
        for test, parameter, boundary, said in _tests(alert, study):
            message = f"{alert.label or alert.slug}: {said}"
            yield Rule(test, metric, statistic, parameter, boundary, message)


def _tests(alert: Alert, study: Study) -> Iterator[_Test]:
    match alert.kind:
        case AlertKind.THRESHOLD:
            return _limits(alert)
        case AlertKind.CI_OVERLAP:
            return _apart(alert, study.reference_branch)
        case AlertKind.AVG_DIFF:
            return _changes(alert)
        case _:
            assert_never(alert.kind)


def _limits(alert: Alert) -> Iterator[_Test]:
    """A limit for each parameter, in their order; without parameters the one limit is for all."""
    for test, limits in (("above", alert.max), ("below", alert.min)):
        for parameter, limit in zip(_parameters(alert), limits, strict=False):
            yield _Test(test, parameter, limit, f"{test} the limit of {_number(limit)}")


def _apart(alert: Alert, reference: str) -> Iterator[_Test]:
    said = f"significant difference from branch `{reference}`"
    return (_Test(_APART, parameter, None, said) for parameter in _parameters(alert))


def _changes(alert: Alert) -> Iterator[_Test]:
    size, share = alert.window_size, alert.max_relative_change
    if size is None or share is None:
        return
    percent = _number(round(100 * share, 6))
    said = f"the mean of {size} values is more than {percent}% off that of the {size} before"
    for parameter in _parameters(alert):
        yield _Test(f"change_{size}", parameter, share, said)


def _parameters(alert: Alert) -> tuple[float | None, ...]:
    return alert.parameters or (None,)


def _number(number: float) -> str:
    """A number as people write it.

    >>> _number(2500.0), _number(0.25), _number(float("inf"))
    ('2500', '0.25', 'inf')
    """
    return repr(number).removesuffix(".0")
