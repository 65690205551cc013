"""What is said and tested of the models of a study, and its dashboard as an exposure."""

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from generator import dbt
from generator.builders.dbt_alerts import alert_properties
from generator.builders.dbt_models import described, governed, of_the_run
from generator.builders.dbt_monitoring_metrics import parts_of
from generator.builders.dbt_monitoring_statistics import summaries_of
from generator.builders.dbt_monitoring_tables import Tables
from generator.names import title
from generator.prose import prose
from generator.semantics.definitions import Metric
from generator.semantics.monitoring import ALL, SAMPLE_SIZE, Study, XAxis

_POINTS = (
    "ARRAY<STRUCT<metric STRING, statistic STRING, point FLOAT64, lower FLOAT64, upper FLOAT64,"
    " parameter STRING>>"
)
_OF_THE_RUN = of_the_run("submission_date")
_NOT_NULL = (dbt.Test("not_null", where=_OF_THE_RUN),)


def properties_of(study: Study, tables: Tables) -> dbt.Properties:
    """The properties of its models, and its dashboard."""
    keys = tuple(_group_columns(study, _slugs(study)))
    models = (
        _metrics(study, tables),
        *_parts(study, tables),
        _metrics_view(study, tables),
        _statistics(study, tables),
        _statistics_view(study, tables),
        *alert_properties(study, tables, keys, (_title(study), _meta(study))),
    )
    return dbt.Properties(models=models, exposures=(_dashboard(study, tables),))


def _metrics(study: Study, tables: Tables) -> dbt.ModelProperties:
    what = "build" if _by_build(study) else "day"
    return dbt.ModelProperties(
        tables.metrics.name,
        f"{_title(study)}: the metrics of each client by {what}, branch and dimensions."
        " A run writes the partitions of its days anew.",
        config=_meta(study),
        columns=tuple(_client_columns(study)),
    )


def _parts(study: Study, tables: Tables) -> Iterator[dbt.ModelProperties]:
    parts = parts_of(study)
    for number, metrics in enumerate(parts if len(parts) > 1 else (), 1):
        yield dbt.ModelProperties(
            tables.part(number).name,
            f"{_title(study)}: {len(metrics)} of the metrics, for the days of the last run alone.",
            config=_meta(study),
        )


def _metrics_view(study: Study, tables: Tables) -> dbt.ModelProperties:
    return dbt.ModelProperties(
        tables.metrics_view.name,
        f"{_title(study)}: the metrics of each client.",
        config=_meta(study),
        columns=tuple(map(_untested, _client_columns(study))),
    )


def _untested(column: dbt.Column) -> dbt.Column:
    """A column of a view: its table is tested."""
    return replace(column, data_tests=())


def _statistics(study: Study, tables: Tables) -> dbt.ModelProperties:
    keys = tuple(_group_columns(study, _slugs(study)))
    arrays = (
        dbt.Column(
            summary.column, f"The {summary.statistic} of `{summary.metric}` over clients.", _POINTS
        )
        for summary in summaries_of(study)
    )
    return dbt.ModelProperties(
        tables.statistics.name,
        f"{_title(study)}: statistics over clients, an array of values for each."
        " A run writes the partitions of its days anew.",
        config=_meta(study),
        columns=(*keys, _SIZE, *arrays),
        data_tests=(_unique(column.name for column in keys),),
    )


def _statistics_view(study: Study, tables: Tables) -> dbt.ModelProperties:
    moment = dbt.Column("submission_timestamp", "The day as a time, 00:00 UTC.", "TIMESTAMP")
    day, *others = _group_columns(study, _slugs(study))
    columns = tuple(map(_untested, (day, moment, *others, _SIZE, *_LONG)))
    keys = (day, *others, *(column for column in _LONG if column.name in _KEYS))
    return dbt.ModelProperties(
        tables.statistics_view.name,
        f"{_title(study)}: statistics over clients, a row for each value. {_kept(study)}",
        config=_meta(study),
        columns=columns,
        data_tests=(_unique(column.name for column in keys),),
    )


_SIZE = dbt.Column(SAMPLE_SIZE, "Of how many clients the statistics are.", "INT64")
_KEYS = ("metric", "statistic", "parameter_label")
_LONG = (
    dbt.Column("metric", "The metric.", "STRING"),
    dbt.Column("statistic", "The statistic of the metric.", "STRING"),
    dbt.Column("point", "The value.", "FLOAT64"),
    dbt.Column("lower", "Of percentiles: 5 % of resamples lie below.", "FLOAT64"),
    dbt.Column("upper", "Of percentiles: 5 % of resamples lie above.", "FLOAT64"),
    dbt.Column("parameter", "Which percentile or quantile.", "FLOAT64"),
    dbt.Column(
        "parameter_label",
        "The parameter as text: of a ratio, the metric that it is divided by.",
        "STRING",
    ),
)


def _client_columns(study: Study) -> Iterator[dbt.Column]:
    group_by = study.project.group_by
    day, *others = _group_columns(study, (group_by,) if group_by else ())
    yield day
    yield dbt.Column("client_id", "The client; NULL where there are none.", "STRING")
    yield from others
    for metric in study.metrics:
        yield _metric(metric)


def _metric(metric: Metric) -> dbt.Column:
    meta = dbt.Config(meta=governed(metric))
    return dbt.Column(metric.slug, described(metric), config=meta)


def _group_columns(study: Study, rolled: Collection[str]) -> Iterator[dbt.Column]:
    """The columns that rows are told by, the day first."""
    by_build = _by_build(study)
    day = "The day of the run: what was known then." if by_build else "The day."
    yield dbt.Column("submission_date", day, "DATE", data_tests=_NOT_NULL)
    build = "The day of the build, as YYYYMMDD." if by_build else "NULL: the x-axis has days."
    yield dbt.Column("build_id", build, "STRING")
    for dimension in study.dimensions:
        said = prose(dimension.description) or dimension.label or title(dimension.slug)
        is_rolled = study.project.rolled_up and dimension.slug in rolled
        more = f" `{ALL}` is for all values together." if is_rolled else ""
        yield dbt.Column(dimension.slug, f"{said}{more}", "STRING")
    yield dbt.Column("branch", "The branch of the client.", "STRING", data_tests=_NOT_NULL)


def _slugs(study: Study) -> tuple[str, ...]:
    return tuple(dimension.slug for dimension in study.dimensions)


def _unique(columns: Iterator[str]) -> dbt.Test:
    return dbt.Test("unique_combination", {"columns": list(columns)}, _OF_THE_RUN)


def _kept(study: Study) -> str:
    if not _by_build(study):
        return "From the first day of the project on."
    return "Of each build those of the last day that holds it."


def _by_build(study: Study) -> bool:
    return study.project.x_axis is XAxis.BUILD_ID


def _title(study: Study) -> str:
    return prose(study.project.title) or study.project.name


def _meta(study: Study) -> dbt.Config:
    owners = {"owner": list(study.project.owners)} if study.project.owners else {}
    return dbt.Config(meta={"project": study.project.slug, **owners})


def _dashboard(study: Study, tables: Tables) -> dbt.Exposure:
    """The dashboard in Looker, which reads the long view, and the alerts."""
    project = study.project
    alerts = (tables.alerts_view.call,) if study.alerts else ()
    return dbt.Exposure(
        name=f"{project.name}_dashboard",
        type="dashboard",
        owner=dbt.Owner(title(study.platform.name), next(iter(project.owners), None)),
        label=_title(study),
        description=f"The dashboard `{project.name}` of `{study.namespace}` in Looker.",
        depends_on=(tables.statistics_view.call, *alerts),
    )
