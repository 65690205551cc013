"""Dashboards with their tiles and filters, and the monitoring projects that they show."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from generator.explain.definitions import Register, Sight, define
from generator.explain.fields import Corner, Seat, how
from generator.explain.things import Found, Key, Kind, Scope, Thing, Tie, facts
from generator.explain.warehouse import relation_key
from generator.lookml.dashboards import Dashboard, DashboardFilter, Element
from generator.lookml.filters import values_of
from generator.semantics.definitions import DataSource
from generator.semantics.monitoring import Monitored, MonitoringProject, Study

_METRIC, _STATISTIC = "metric", "statistic"


class Shown(Struct, frozen=True):
    """A monitoring project as a thing, and its metrics by slug, so far as they are defined."""

    key: Key
    project: MonitoringProject
    metrics: Mapping[str, Key] = field(default_factory=dict)


class Desk(Struct, frozen=True):
    """What projects are told with: their namespace, the definitions, and those told so far."""

    namespace: str
    register: Register
    scope: Scope
    shown: dict[str, Shown]


def projects_of(monitored: Monitored, desk: Desk) -> Found:
    """The monitoring projects, each shown by the name of its view."""
    studies = {study.project.name: study for study in monitored.computed}
    classics = tuple(classic.project for classic in monitored.classics)
    for project in (*monitored.projects, *classics):
        if project.name not in desk.shown:
            yield from _project(project, studies.get(project.name), desk)


def _project(project: MonitoringProject, study: Study | None, desk: Desk) -> Found:
    namespace = study.namespace if study else desk.namespace
    key = Key(Kind.PROJECT, f"{namespace}.projects.{project.name}")
    yield _thing(key, project, study, namespace)
    metrics: dict[str, Key] = {}
    if study:
        register = desk.register
        sight = Sight(study.platform, study.dataset or study.platform.name, desk.scope)
        sources = tuple(_sources(study))
        yield from define(sight, sources, study.metrics, register, key.name)
        found = ((metric.slug, register.metric(metric)) for metric in study.metrics)
        metrics = {slug: known for slug, known in found if known}
        population = register.source(study.population.source)
        if population:
            yield Tie(key, population, "clients")
        yield from _study_ties(key, study, metrics)
    for relation in filter(None, (project.statistics, project.alerts)):
        yield Tie(key, relation_key(relation), "shows")
    desk.shown[project.name] = Shown(key, project, metrics)


def _thing(key: Key, project: MonitoringProject, study: Study | None, namespace: str) -> Thing:
    return Thing(
        key,
        (f"{namespace}.{project.name}", f"{namespace}.{project.slug}"),
        project.at,
        namespace,
        Key(Kind.NAMESPACE, namespace),
        label=project.title,
        owners=project.owners,
        facts=facts(
            slug=project.slug,
            platform=study.platform.name if study else None,
            x_axis=project.x_axis,
            branches=", ".join(project.branches),
            dimensions=", ".join(item.name for item in project.dimensions),
            start=project.start,
            end=project.end,
        ),
    )


def _sources(study: Study) -> Iterator[DataSource]:
    """The data sources that a study reads: of its clients, of its metrics, and those joined."""
    slugs = dict.fromkeys((study.population.source.slug, *(m.data_source for m in study.metrics)))
    yield study.population.source
    for slug in slugs:
        source = study.platform.data_source.get(slug or "")
        if source:
            yield source
            joined = (study.platform.data_source.get(j.source) for j in source.effective_joins)
            yield from filter(None, joined)


def _study_ties(key: Key, study: Study, metrics: Mapping[str, Key]) -> Found:
    for slug, metric in metrics.items():
        kinds = dict.fromkeys(s.statistic for s in study.project.summaries if s.metric == slug)
        yield Tie(key, metric, f"statistic {', '.join(kinds)}" if kinds else "")


class Panel(Struct, frozen=True):
    """A dashboard being explained: its key, its own filters by name, where it stands."""

    key: Key
    dashboard: Dashboard
    corner: Corner
    seat: Seat
    shown: Shown | None

    def control(self, name: str) -> Key:
        """A filter of it as a thing."""
        return Key(Kind.CONTROL, f"{self.key.name}.filters.{name}")

    def called(self, *names: str) -> tuple[str, ...]:
        """What a part of it is called."""
        above = f"{self.corner.namespace}.{self.dashboard.dashboard}"
        titled = (f"{self.dashboard.title}.{name}" for name in names)
        return tuple(dict.fromkeys((*(f"{above}.{name}" for name in names), *titled)))


def board_things(
    dashboard: Dashboard, corner: Corner, seat: Seat, shown: Mapping[str, Shown]
) -> Found:
    """A dashboard with its filters and tiles, and what they stand on."""
    name, namespace = dashboard.dashboard, corner.namespace
    key = Key(Kind.DASHBOARD, f"{namespace}.dashboards.{name}")
    panel = Panel(key, dashboard, corner, seat, shown.get(name))
    yield Thing(
        key,
        (f"{namespace}.{name}", f"{namespace}::{name}", dashboard.title),
        seat.at,
        namespace,
        Key(Kind.FILE, seat.file),
        label=dashboard.title,
        description=dashboard.description,
        facts=facts(made_as=seat.kind),
    )
    if panel.shown:
        yield Tie(key, panel.shown.key)
    for name in dict.fromkeys(element.explore for element in dashboard.elements):
        yield Tie(key, _explore(name, panel), "explore")
    for control in dashboard.filters:
        yield from _control(control, panel)
    for element in dashboard.elements:
        yield from _tile(element, panel)


def _explore(name: str, panel: Panel) -> Key:
    return Key(Kind.EXPLORE, f"{panel.corner.namespace}.explores.{name}")


def _control(control: DashboardFilter, panel: Panel) -> Found:
    """A filter, and the fields that it filters: its own, or those of the tiles that listen."""
    key = panel.control(control.name)
    yield Thing(
        key,
        panel.called(control.name, control.title),
        panel.seat.at,
        panel.corner.namespace,
        panel.key,
        label=control.title,
        facts=facts(type=control.type, default=control.default_value),
    )
    if control.explore:
        yield Tie(key, _explore(control.explore, panel), "explore")
    heard = (e.listen for e in panel.dashboard.elements)
    named = dict.fromkeys(name for pairs in heard for by, name in pairs if by == control.name)
    for name in dict.fromkeys(filter(None, (control.field, *named))):
        other = panel.corner.fields.get(name)
        if other:
            yield Tie(key, other, how(name, other))


def _tile(element: Element, panel: Panel) -> Found:
    key = Key(Kind.TILE, f"{panel.key.name}.tiles.{element.name}")
    metrics, statistics = chosen(element, panel.shown)
    yield Thing(
        key,
        panel.called(element.name, element.title),
        panel.seat.at,
        panel.corner.namespace,
        panel.key,
        label=element.title,
        facts=facts(type=element.type, metric=", ".join(metrics), statistic=", ".join(statistics)),
    )
    yield Tie(key, _explore(element.explore, panel), "explore")
    for name, why in _asked(element):
        other = panel.corner.fields.get(name)
        if other:
            yield Tie(key, other, how(name, other, why))
    for by, _ in element.listen:
        yield Tie(key, panel.control(by), "listens")
    yield from metric_ties(key, metrics, statistics, panel.shown)


def _asked(element: Element) -> Iterator[tuple[str, str]]:
    yield from ((name, "field") for name in element.fields)
    yield from ((name, "pivot") for name in element.pivots)
    yield from ((name, "filter") for name, _ in element.filters)
    yield from ((name.partition(" ")[0], "sort") for name in element.sorts)
    yield from ((name, "filter") for _, name in element.listen)


def chosen(element: Element, shown: Shown | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The metrics and statistics of a tile; where the reader chooses, all that can be chosen."""
    if shown is None or element.explore != shown.project.name:
        return (), ()
    fixed, view = dict(element.filters), shown.project.name
    heard = {name for _, name in element.listen}
    summaries = shown.project.summaries
    metrics = _values(fixed.get(f"{view}.{_METRIC}"))
    statistics = _values(fixed.get(f"{view}.{_STATISTIC}"))
    if f"{view}.{_METRIC}" in heard:
        metrics = tuple(dict.fromkeys(item.metric for item in summaries))
    if f"{view}.{_STATISTIC}" in heard:
        statistics = tuple(dict.fromkeys(item.statistic for item in summaries))
    return metrics, statistics


def _values(expression: str | None) -> tuple[str, ...]:
    return (values_of(expression) or ()) if expression else ()


def metric_ties(
    key: Key, metrics: Iterable[str], statistics: tuple[str, ...], shown: Shown | None
) -> Found:
    """That something shows these statistics of these metrics, so far as the project has them."""
    if shown is None:
        return
    pairs = {(item.metric, item.statistic) for item in shown.project.summaries}
    for slug in metrics:
        known = shown.metrics.get(slug)
        of = [name for name in statistics if (slug, name) in pairs] or statistics
        if known:
            yield Tie(key, known, f"statistic {', '.join(of)}" if of else "")
