"""How a row comes to its branch: by an experiment, by a preference, or with everybody."""

from typing import assert_never

from sqlglot import exp

from generator.diagnostics import fault
from generator.facts.catalog import Catalog, Column, DataType
from generator.semantics.definitions import ExperimentsColumn
from generator.semantics.infer import infer
from generator.semantics.monitoring import Branching, Study
from generator.semantics.monitoring_sql import Rows
from generator.sql import dotted, literal

_GLEAN, _OTHER, _DAILY = (
    ("ping_info", "experiments"),
    ("environment", "experiments"),
    ("experiments",),
)
_BY_TYPE = {
    ExperimentsColumn.SIMPLE: _DAILY,
    ExperimentsColumn.NATIVE: _DAILY,
    ExperimentsColumn.GLEAN: _GLEAN,
    ExperimentsColumn.EVENTS_STREAM: _DAILY,
}


def branch_sql(study: Study, rows: Rows, catalog: Catalog) -> exp.Expression:
    """The branch of a row; NULL if it has none. Raises Fault if a preference does not parse."""
    population = study.population
    match population.branching:
        case Branching.ENTIRE:
            text = literal("active")
        case Branching.PREFERENCE:
            preference = f"({population.preference})"
            text = f"CASE {preference} WHEN TRUE THEN 'enabled' WHEN FALSE THEN 'disabled' END"
        case Branching.LISTED | Branching.ROLLOUT:
            text = _by_experiment(study, rows, catalog)
        case _:
            assert_never(population.branching)
    return rows.piece(text, study.subject)


def _by_experiment(study: Study, rows: Rows, catalog: Catalog) -> str:
    """The branch by the map of experiments that the row has."""
    path, column = _map(study, rows, catalog)
    slug, experiments = literal(study.project.slug), dotted(path)
    listed = study.population.branching is Branching.LISTED
    if column is not None and column.type is DataType.JSON:
        place = literal(f'$."{study.project.slug}".branch')
        branch = f"JSON_VALUE({experiments}, {place})"
        return branch if listed else f"IF({branch} IS NULL, 'disabled', 'enabled')"
    entry = f"FROM UNNEST({experiments}) AS enrolment WHERE enrolment.key = {slug}"
    if not listed:
        return f"IF(EXISTS(SELECT 1 {entry}), 'enabled', 'disabled')"
    return f"(SELECT MIN(enrolment.{_value(rows, path, column)}) {entry})"


def _map(study: Study, rows: Rows, catalog: Catalog) -> tuple[tuple[str, ...], Column | None]:
    """Where the map is: where the app's pings have it, or else the data source."""
    found = infer(rows.select, catalog)
    usual = _GLEAN if study.population.is_glean else _OTHER
    for path in dict.fromkeys((usual, *_own(rows), _GLEAN, _OTHER, _DAILY)):
        column = _column(path, found.columns)
        if column is not None:
            return path, column
    if found.complete and found.columns:
        source = rows.source
        raise fault("unenrolled-source", source.at, study.subject, name=source.slug)
    return usual, None


def _own(rows: Rows) -> tuple[tuple[str, ...], ...]:
    kind = rows.source.experiments_column_type
    return (_BY_TYPE[kind],) if kind else ()


def _column(path: tuple[str, ...], columns: tuple[Column, ...]) -> Column | None:
    """The column at a path, if there is one."""
    column = next((c for c in columns if c.name.lower() == path[0]), None)
    if column is None or len(path) == 1:
        return column
    return _column(path[1:], column.fields)


def _value(rows: Rows, path: tuple[str, ...], column: Column | None) -> str:
    """What of an entry is the branch."""
    if column is not None:
        value = _column(("value",), column.fields)
        return "value.branch" if value is None or value.fields else "value"
    simple = rows.source.experiments_column_type is ExperimentsColumn.SIMPLE
    return "value" if simple and path == _DAILY else "value.branch"
