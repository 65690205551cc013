"""Classic monitoring projects in the dbt project: what clients sent, and views of it for Looker."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from sqlglot import exp

from generator import dbt
from generator.artifact import Artifact
from generator.builders.dbt_monitoring_metrics import Channel, Named, channel_of
from generator.builders.dbt_monitoring_sql import Marks, filled, model
from generator.builders.dbt_monitoring_tables import Made, Tables
from generator.diagnostics import Diagnostic, Fault
from generator.facts.catalog import Catalog
from generator.facts.conventions import Conventions
from generator.names import title
from generator.prose import prose
from generator.semantics.definitions import Dimension, MetricType
from generator.semantics.monitoring import Analysis, ClassicProject, XAxis
from generator.semantics.monitoring_branches import branch_sql
from generator.semantics.monitoring_sql import (
    FIRST_DAY,
    LAST_DAY,
    Rows,
    dimension_sql,
    rows_of,
)

DAYS = 60
"""How long a build is watched: so many days up to that of the run are read."""

_RUNS, _TABLE = "lookml_gen_runs", "lookml_gen_sent"
_FOREVER = "9999-12-31"
_NOTHING = "CAST(NULL AS STRING)"


class _Rows(Struct, frozen=True):
    """The rows of a table with its probes of a type, printed; `places` are those to group by."""

    rows: str
    date: str
    day: str
    client: str
    build: str
    branch: str
    channel: Channel | None
    dimensions: tuple[Named, ...]
    probes: tuple[Named, ...]
    places: tuple[int, ...]


class _Query(Struct, frozen=True):
    """What `opmon/classic_scalar.sql` and `opmon/classic_histogram.sql` see."""

    by_build: bool
    runs: str
    dimensions: tuple[str, ...]
    branches: tuple[str, ...]
    analyses: tuple[_Rows, ...]


class _Shown(Struct, frozen=True):
    """What the templates of their views see."""

    by_build: bool
    table: str
    dimensions: tuple[str, ...]


class Workbench(Struct, frozen=True):
    """What the statements of a project are made with."""

    project: ClassicProject
    catalog: Catalog
    conventions: Conventions
    marks: Marks

    @property
    def by_build(self) -> bool:
        """Whether the x-axis has builds."""
        return self.project.project.x_axis is XAxis.BUILD_ID

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of all its tables."""
        return tuple(item.name for item in self.project.project.dimensions)


def build(bench: Workbench) -> Iterator[Artifact | Diagnostic]:
    """The files of a project, all of them or none."""
    project = bench.project
    tables = Tables(project.study, bench.conventions)
    try:
        models = list(_models(bench, tables))
    except Fault as stopped:
        yield stopped.diagnostic
        return
    folder = f"models/{project.namespace}/{project.name}"
    for item in models:
        if isinstance(item, Diagnostic):
            yield item
        else:
            made, content = item
            path = f"{folder}/{made.name}.sql"
            yield Artifact(path, content, "dbt_model", project.subject, project.at)
    properties = properties_of(bench, tables)
    path = f"{folder}/{tables.stem}_classic.yml"
    yield Artifact(path, properties, "dbt_properties", project.subject, project.at)


def _models(bench: Workbench, tables: Tables) -> Iterator[tuple[Made, dbt.Model] | Diagnostic]:
    study = bench.project.study
    for made, sql in _statements(bench, tables):
        for item in model(study, made.name, sql, bench.marks, made.config):
            yield item if isinstance(item, Diagnostic) else (made, item)


def _statements(bench: Workbench, tables: Tables) -> Iterator[tuple[Made, str]]:
    for kind in bench.project.views:
        table = tables.classic(kind.value)
        yield table, filled(f"opmon/classic_{kind}.sql", _query(bench, kind))
        mark = bench.marks.call(f"{_TABLE}_{kind}", table.call)
        shown = _Shown(bench.by_build, mark, bench.dimensions)
        yield tables.classic_view(kind.value), filled(f"opmon/classic_{kind}_view.sql", shown)


def _query(bench: Workbench, kind: MetricType) -> _Query:
    _mark_days(bench)
    used = (
        (analysis, probes)
        for analysis in bench.project.analyses
        if (probes := [probe for probe in analysis.probes if probe.type is kind])
    )
    return _Query(
        bench.by_build,
        _RUNS,
        bench.dimensions,
        bench.project.project.branches,
        tuple(
            _rows(bench, analysis, {probe.name: probe.sql for probe in probes})
            for analysis, probes in used
        ),
    )


def _mark_days(bench: Workbench) -> None:
    """The days that are read: up to that of the run for builds, or all since the start.

    A table by days is made whole from what there is, so that no run can shorten it.
    """
    start, call = bench.project.study.start, bench.marks.call
    if bench.by_build:
        call(FIRST_DAY, f"opmon_first_day('{start}', days={DAYS})")
        call(LAST_DAY, "opmon_last_day()")
        call(_RUNS, f"opmon_runs('{start}', '{_FOREVER}', days={DAYS})")
    else:
        call(FIRST_DAY, f"'{start}'")
        call(LAST_DAY, f"'{_FOREVER}'")


def _rows(bench: Workbench, analysis: Analysis, probes: Mapping[str, str]) -> _Rows:
    """The rows of an entry. Raises Fault if its SQL does not parse."""
    study, marks = bench.project.study, bench.marks
    rows = rows_of(study, analysis.source, bench.catalog)
    own = {dimension.slug: dimension for dimension in analysis.dimensions}
    dimensions = tuple(_named(rows, name, own.get(name), marks) for name in bench.dimensions)
    return _Rows(
        rows=marks.rows(rows.select),
        date=marks.printed(rows.date),
        day="runs.opmon_day" if bench.by_build else marks.printed(rows.date),
        client=_text(rows.client, marks),
        build=_text(rows.build, marks),
        branch=marks.printed(branch_sql(study, rows, bench.catalog)),
        channel=channel_of(study, rows, marks),
        dimensions=dimensions,
        probes=tuple(
            Named(name, marks.printed(rows.piece(sql, study.subject)))
            for name, sql in probes.items()
        ),
        places=tuple(_places(bench, dimensions)),
    )


def _named(rows: Rows, name: str, dimension: Dimension | None, marks: Marks) -> Named:
    """A dimension; nothing where the entry does not list it."""
    if dimension is None:
        return Named(name, _NOTHING)
    return Named(name, marks.printed(dimension_sql(rows, dimension, escaped=False)))


def _text(piece: exp.Expression | None, marks: Marks) -> str:
    return _NOTHING if piece is None else marks.printed(piece)


def _places(bench: Workbench, dimensions: Iterable[Named]) -> Iterator[int]:
    """The columns to group by: those that are not the same everywhere."""
    varies = (True, True, bench.by_build, True, *(d.sql != _NOTHING for d in dimensions))
    return (place for place, each in enumerate(varies, 1) if each)


def properties_of(bench: Workbench, tables: Tables) -> dbt.Properties:
    """What is said of the models, and the explores that read them."""
    kinds = tuple(bench.project.views)
    said = [item for kind in kinds for item in _said(bench, tables, kind)]
    exposures = tuple(_exposure(bench, tables, kind) for kind in kinds)
    return dbt.Properties(models=tuple(said), exposures=exposures)


def _said(bench: Workbench, tables: Tables, kind: MetricType) -> Iterator[dbt.ModelProperties]:
    project = bench.project.project
    name = prose(project.title) or project.name
    made = "its day's partition" if bench.by_build else "the whole table"
    yield dbt.ModelProperties(
        tables.classic(kind.value).name,
        f"{name}: what clients sent, {kind} probes. A run writes {made} anew.",
        columns=(*_keys(bench, tested=True), *_SENT[kind]),
    )
    yield dbt.ModelProperties(
        tables.classic_view(kind.value).name,
        f"{name}: the {kind} probes of each client.",
        columns=(*_keys(bench, tested=False), *_VALUES[kind]),
    )


def _keys(bench: Workbench, *, tested: bool) -> Iterator[dbt.Column]:
    tests = (dbt.Test("not_null"),) if tested else ()
    day = "The day of the run: what was known then." if bench.by_build else "The day."
    build = "The day of the build, as YYYYMMDD." if bench.by_build else "NULL: it is by days."
    yield dbt.Column("submission_date", day, "DATE", data_tests=tests)
    yield dbt.Column("client_id", "The client.", "STRING")
    yield dbt.Column("build_id", build, "STRING")
    yield dbt.Column("branch", "The branch of the client.", "STRING", data_tests=tests)
    for item in bench.project.project.dimensions:
        yield dbt.Column(item.name, item.label or title(item.name), "STRING")


_AGGREGATE = dbt.Column("agg_type", "`MAX` or `SUM` of what a client sent.", "STRING")
_VALUE = dbt.Column("value", "The value.", "FLOAT64")
_PROBE = dbt.Column("probe", "The probe.", "STRING")
_SENT = {
    MetricType.SCALAR: (dbt.Column("name", "The probe.", "STRING"), _AGGREGATE, _VALUE),
    MetricType.HISTOGRAM: (dbt.Column("metrics", "Each histogram sent, and of which probe."),),
}
_VALUES = {
    MetricType.SCALAR: (_AGGREGATE, _PROBE, _VALUE),
    MetricType.HISTOGRAM: (
        _PROBE,
        dbt.Column(
            "histogram",
            "Buckets whose values are 1 in all, however many histograms the client sent.",
            "ARRAY<STRUCT<key FLOAT64, value FLOAT64>>",
        ),
    ),
}


def _exposure(bench: Workbench, tables: Tables, kind: MetricType) -> dbt.Exposure:
    """The explore in Looker."""
    project = bench.project
    explore = f"{project.name}_{kind}"
    return dbt.Exposure(
        name=f"{explore}_explore",
        type="analysis",
        owner=dbt.Owner(title(project.namespace)),
        label=prose(project.project.title) or project.name,
        description=f"The explore `{explore}` of `{project.namespace}` in Looker.",
        depends_on=(tables.classic_view(kind.value).call,),
    )
