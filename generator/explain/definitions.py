"""Metrics and data sources, as metric-hub files and monitoring projects define them."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field
from sqlglot import exp

from generator.diagnostics import Fault
from generator.explain.things import ALL, Found, Key, Kind, Scope, Thing, Tie, facts
from generator.explain.warehouse import Columns, relation_key
from generator.facts.catalog import RelationName
from generator.semantics.data_source_sql import Query, data_source_query
from generator.semantics.definition_sql import parsed
from generator.semantics.definitions import DataSource, Metric, Platform

Origin = tuple[RelationName, tuple[str, ...]]
"""A relation, and a path in it; an empty path is the whole relation."""


class Sight(Struct, frozen=True):
    """A platform as one tool or project sees it; `dataset` is what stands for `{dataset}`."""

    platform: Platform
    dataset: str
    scope: Scope = ALL
    _rows: dict[str, exp.Select | None] = field(default_factory=dict)

    def rows(self, source: DataSource) -> exp.Select | None:
        """The rows of a data source by itself; None if its SQL is none."""
        if source.slug not in self._rows:
            query = Query(dataset=self.dataset)
            try:
                found = data_source_query(self.platform, source, query, ignore_joins=True)
            except Fault:
                self._rows[source.slug] = None
            else:
                self._rows[source.slug] = found
        return self._rows[source.slug]

    def origins(self, source: DataSource, path: tuple[str, ...]) -> Iterator[Origin]:
        """Where a column of a data source comes from, so far as it is handed on as it is."""
        select = self.rows(source)
        if select is not None:
            yield from _through(select, path)

    def tables(self, source: DataSource) -> Iterator[RelationName]:
        """The relations that a data source reads by itself."""
        select = self.rows(source)
        if select is not None:
            found = (_name(table) for table in select.find_all(exp.Table))
            yield from dict.fromkeys(name for name in found if name)


def _through(select: exp.Select, path: tuple[str, ...]) -> Iterator[Origin]:
    """The column below a SELECT; of what it computes, nothing."""
    rows = select.args.get("from_") or select.args.get("from")
    if rows is None or select.args.get("joins"):
        return
    inner = _passed(select, path)
    if inner is None:
        return
    table = rows.this
    if isinstance(table, exp.Table):
        name = _name(table)
        if name:
            yield name, inner
    elif isinstance(table, exp.Subquery) and isinstance(table.this, exp.Select):
        yield from _through(table.this, inner)


def _passed(select: exp.Select, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """The path of a column in what a SELECT reads; None if it is no column there."""
    if not path:
        return ()
    for item in select.expressions:
        if item.alias_or_name.lower() == path[0].lower() and not item.is_star:
            column = item.this if isinstance(item, exp.Alias) else item
            return (*path_of(column), *path[1:]) if isinstance(column, exp.Column) else None
    return path if any(item.is_star for item in select.expressions) else None


def path_of(column: exp.Column) -> tuple[str, ...]:
    """The steps of a column, those behind its fourth too."""
    steps = [part.name for part in column.parts]
    node: exp.Expr = column
    while isinstance(node.parent, exp.Dot) and node.parent.this is node:
        node = node.parent
        steps.append(node.expression.name)
    return tuple(steps)


def _name(table: exp.Table) -> RelationName | None:
    """The name of a table, if it has three parts."""
    parts = [part.name for part in table.parts]
    try:
        return RelationName.parse(".".join(parts))
    except ValueError:
        return None


class Register:
    """The metrics and data sources of a run. Two tools may see one slug otherwise."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._known: dict[tuple[object, ...], Key] = {}
        self._taken: set[Key] = set()

    def metric(self, metric: Metric) -> Key | None:
        """A metric as a thing, if it is known as it is defined here."""
        return self._known.get(_mark(metric))

    def source(self, source: DataSource) -> Key | None:
        """A data source as a thing, likewise."""
        return self._known.get(_mark(source))

    def enter(self, item: Metric | DataSource, above: str) -> Key | None:
        """The key of what was not known; below the key path `above` if the plain one is taken."""
        mark = _mark(item)
        if mark in self._known:
            return None
        kind, part = _KINDS[type(item)]
        key = Key(kind, f"{item.platform}.{part}.{item.slug}")
        if key in self._taken:
            key = Key(kind, f"{above}.{part}.{item.slug}")
        self._taken.add(key)
        self._known[mark] = key
        return key


_KINDS: Mapping[type, tuple[Kind, str]] = {
    Metric: (Kind.METRIC, "metrics"),
    DataSource: (Kind.SOURCE, "data_sources"),
}


def _mark(item: Metric | DataSource) -> tuple[object, ...]:
    """What makes two definitions of one slug the same."""
    if isinstance(item, Metric):
        said: tuple[object, ...] = (item.expression, item.data_source, item.type)
    else:
        said = (item.from_expression, item.client_id, item.submission_date)
    return type(item), item.platform, item.slug, *said


def define(
    sight: Sight,
    sources: Iterable[DataSource],
    metrics: Iterable[Metric],
    register: Register,
    above: str,
) -> Found:
    """Data sources and metrics that are not known yet, and what those stand on."""
    new_sources, new_metrics = [], []
    for source in sources:
        key = register.enter(source, above)
        if key:
            yield _source(key, source)
            new_sources.append((key, source))
    for metric in metrics:
        key = register.enter(metric, above)
        if key:
            yield _metric(key, metric)
            new_metrics.append((key, metric))
    for key, source in new_sources:
        yield from _source_ties(key, source, register, sight)
    for key, metric in new_metrics:
        yield from _metric_ties(key, metric, register, sight)


def _source(key: Key, source: DataSource) -> Thing:
    return Thing(
        key,
        (f"{source.platform}.{source.slug}",),
        source.at,
        source.platform,
        label=source.friendly_name,
        description=source.description,
        facts=facts(client=source.client_id, date=source.submission_date),
    )


def _source_ties(key: Key, source: DataSource, register: Register, sight: Sight) -> Found:
    """The relations that a data source reads by itself, and the sources that it joins."""
    how = f"dataset {sight.dataset}" if "{dataset}" in source.from_expression else ""
    if sight.scope.reads(source.slug, source.from_expression):
        for name in sight.tables(source):
            yield Tie(key, relation_key(name), how, leads=False)
    for join in source.effective_joins:
        other = sight.platform.data_source.get(join.source)
        joined = register.source(other) if other else None
        if joined:
            yield Tie(key, joined, "join", leads=False)  # not every tool joins it


def _metric(key: Key, metric: Metric) -> Thing:
    return Thing(
        key,
        (f"{metric.platform}.{metric.slug}",),
        metric.at,
        metric.platform,
        label=metric.friendly_name,
        description=metric.description,
        owners=metric.owners,
        facts=facts(
            type=metric.type,
            expression=metric.expression,
            statistics=", ".join(dict.fromkeys(item.name for item in metric.statistics)),
            level=metric.level,
            deprecated="yes" if metric.deprecated else None,
        ),
    )


def _metric_ties(key: Key, metric: Metric, register: Register, sight: Sight) -> Found:
    """The data source and columns of a metric, and the metrics that it names."""
    for slug, how in _named(metric).items():
        other = sight.platform.metric.get(slug)
        named = register.metric(other) if other else None
        if named and named != key:
            yield Tie(key, named, how)
    source = sight.platform.data_source.get(metric.data_source or "")
    known = register.source(source) if source else None
    if source and known:
        yield Tie(key, known, "data source")
        if sight.scope.reads(metric.slug, source.from_expression):
            for name, path in columns_of(metric, source, register.columns, sight):
                yield from register.columns.tied(key, name, path, "expression")


def columns_of(
    metric: Metric, source: DataSource, columns: Columns, sight: Sight
) -> Iterator[Origin]:
    """The columns that the expression of a metric reads, so far as they are a table's own."""
    if metric.expression is None:
        return
    try:
        expression = parsed(metric.expression, metric.subject, metric.at)
    except Fault:
        return
    paths = dict.fromkeys(path_of(column) for column in expression.find_all(exp.Column))
    for path in paths:
        inner = path[1:] if len(path) > 1 and path[0] == source.slug else path
        for name, steps in sight.origins(source, inner):
            found = columns.find(name, steps) if steps else None
            if found:
                yield name, found


def _named(metric: Metric) -> Mapping[str, str]:
    """The metrics that a metric names: by `depends_on`, and in its statistics."""
    found = dict.fromkeys(metric.depends_on, "depends on")
    for statistic in metric.statistics:
        for part in (statistic.numerator, statistic.denominator):
            if part:
                found.setdefault(part.partition(".")[0], statistic.name)
    return found
