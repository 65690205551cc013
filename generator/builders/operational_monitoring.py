"""`operational_monitoring_view`: a monitoring project, all of it that Looker shows."""

from collections.abc import Iterator

from generator import lookml
from generator.artifact import Artifact, Content
from generator.builders.dashboards import dashboard_of
from generator.builders.datagroups import datagroup_of
from generator.builders.monitoring_explores import with_aggregates
from generator.builders.monitoring_views import alerts_of, statistics_of
from generator.builders.worth import kept
from generator.diagnostics import Diagnostic
from generator.facts.catalog import RelationName
from generator.facts.conventions import Conventions
from generator.lookml.dashboards import Dashboard
from generator.lookml.filters import any_of
from generator.semantics.monitoring import MonitoringView

_KIND = "operational_monitoring"
_ALERTING = "operational_monitoring_alerting"


def build(request: MonitoringView, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The view of the statistics, its explore, its datagroup and its dashboard; so the alerts."""
    dashboard, names = dashboard_of(request, conventions)
    needs = (request.project.statistics,)
    view = statistics_of(request)
    yield from _view_and_explore(view, needs, request, conventions, (dashboard, names))
    if request.project.alerts:
        alerts, noticed = alerts_of(request, request.project.alerts, conventions)
        yield from noticed
        needs = (request.project.alerts,)
        yield from _view_and_explore(alerts, needs, request, conventions, (dashboard, names))
    path = f"{request.namespace}/dashboards/{request.name}.dashboard.lookml"
    yield _artifact(path, dashboard, f"{_KIND}_dashboard", request, request.needs)


def _view_and_explore(
    view: lookml.View,
    needs: tuple[RelationName, ...],
    request: MonitoringView,
    conventions: Conventions,
    shown: tuple[Dashboard, list[str]],
) -> Iterator[Artifact]:
    alerting = view.name != request.name
    kind = _ALERTING if alerting else _KIND
    path = f"{request.namespace}/views/{view.name}.view.lkml"
    yield _artifact(path, lookml.Document(views=(view,)), f"{kind}_view", request, needs)
    includes = [f"/{path}"]
    tables = request.alert_base_tables if alerting else request.base_tables
    datagroup = datagroup_of(view.name, tables, conventions)
    if datagroup:
        group_path = f"{request.namespace}/datagroups/{datagroup.name}.datagroup.lkml"
        document = lookml.Document(datagroups=(datagroup,))
        yield _artifact(group_path, document, "datagroup", request, needs)
        includes.append(f"/{group_path}")
    explore = lookml.Explore(
        name=view.name,
        hidden=True,
        persist_with=datagroup.name if datagroup else None,
        always_filter=None if alerting else _always(request),
    )
    every = with_aggregates(explore, view, *shown, conventions.aggregate_tables)
    explore = kept(every, request, conventions)
    document = lookml.Document(includes=tuple(includes), explores=(explore,))
    target = f"{request.namespace}/explores/{view.name}.explore.lkml"
    yield _artifact(target, document, f"{kind}_explore", request, needs)


def _always(request: MonitoringView) -> lookml.AlwaysFilter | None:
    """The branches of the project: others may have got into its statistics."""
    branches = request.project.branches
    return lookml.AlwaysFilter((("branch", any_of(branches)),)) if branches else None


def _artifact(
    path: str,
    content: Content,
    kind: str,
    request: MonitoringView,
    needs: tuple[RelationName, ...],
) -> Artifact:
    return Artifact(path, content, kind, request.subject, request.at, needs)
