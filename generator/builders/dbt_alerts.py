"""The alerts of monitoring projects: rules, and the queries that hold statistics against them.

An alert becomes rules: for each metric, statistic and parameter that it means, a test with a
boundary. Whatever one rule finds is an alert, so several statistics or parameters are alternatives.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple, assert_never

from msgspec import Struct
from msgspec.structs import replace

from generator import dbt
from generator.builders.dbt_monitoring_sql import Marks, filled
from generator.builders.dbt_monitoring_tables import Made, Tables
from generator.semantics.alerts import Alert, AlertKind
from generator.semantics.monitoring import Study, XAxis

_APART = "apart"
_STATISTICS, _ALERTS = "lookml_gen_long_statistics", "lookml_gen_alerts"


class Rule(Struct, frozen=True):
    """One test. Without a statistic or a parameter it holds for any."""

    test: str
    metric: str
    statistic: str | None
    parameter: float | None
    boundary: float | None
    message: str


class Alerting(Struct, frozen=True):
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


class _Shown(Struct, frozen=True):
    """What `opmon/alerts_view.sql` sees."""

    alerts: str
    dimensions: tuple[str, ...]


class _Test(NamedTuple):
    test: str
    parameter: float | None
    boundary: float | None
    said: str


def alert_statements(study: Study, tables: Tables, marks: Marks) -> Iterator[tuple[Made, str]]:
    """The table of a project's alerts and the view of it; none without alerts."""
    if study.alerts:
        statistics = marks.call(_STATISTICS, tables.statistics_view.call)
        yield tables.alerts, alerts_sql(study, statistics)
        table = marks.call(_ALERTS, tables.alerts.call)
        shown = _Shown(table, tuple(dimension.slug for dimension in study.dimensions))
        yield tables.alerts_view, filled("opmon/alerts_view.sql", shown)


def alert_properties(
    study: Study, tables: Tables, keys: tuple[dbt.Column, ...], about: tuple[str, dbt.Config]
) -> tuple[dbt.ModelProperties, ...]:
    """What is said of table and view. `keys` are the columns of groups, `about` is the project."""
    if not study.alerts:
        return ()
    title, config = about
    day, build, *dimensions, branch = keys
    columns = (day, build, *_WHAT, branch, *dimensions, *_WHY)
    untested = tuple(replace(column, data_tests=()) for column in columns)
    said = f"{title}: what its statistics say that somebody should look at."
    made = f"{said} They follow from the statistics alone: each run makes them anew."
    return (
        dbt.ModelProperties(tables.alerts.name, made, config, columns=columns),
        dbt.ModelProperties(tables.alerts_view.name, said, config, columns=untested),
    )


_NOT_NULL = (dbt.Test("not_null"),)
_WHAT = (
    dbt.Column("metric", "The metric.", "STRING", data_tests=_NOT_NULL),
    dbt.Column("statistic", "The statistic of the metric.", "STRING", data_tests=_NOT_NULL),
)
_WHY = (
    dbt.Column("parameter", "Which percentile or quantile.", "FLOAT64"),
    dbt.Column("message", "The alert, and why it is one.", "STRING", data_tests=_NOT_NULL),
)


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
