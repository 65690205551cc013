"""Monitoring projects for tests, and what is shown of them; nothing of a file or a warehouse."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator import lookml
from generator.artifact import Artifact, FileTree
from generator.builders import build
from generator.checks import prove
from generator.diagnostics import Diagnostic, Location, split
from generator.emit import file_tree
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Profiles,
    Relation,
    RelationName,
)
from generator.facts.conventions import Conventions
from generator.facts.monitoring import Choices
from generator.facts.namespaces import NamespaceSpec
from generator.lookml.dashboards import Dashboard
from generator.semantics.model import Namespace
from generator.semantics.monitoring import (
    Monitored,
    MonitoringProject,
    MonitoringView,
    Segmentation,
    Summary,
)
from generator.semantics.monitoring_views import derive_monitoring, profile_needs
from generator.sources.profiles import recorded

AT = Location("opmon/start.toml", 1)
OWN = {
    "submission_date": DataType.DATE,
    **dict.fromkeys(("build_id", "branch", "metric", "statistic"), DataType.STRING),
    **dict.fromkeys(("point", "lower", "upper", "parameter"), DataType.FLOAT64),
}
Counted = Mapping[str, Iterable[tuple[str | None, int]]]


def table(name: str) -> RelationName:
    """A relation of monitoring."""
    return RelationName("lantern-data", "operational_monitoring", name)


def summary(metric: str, statistic: str = "mean", **more: Any) -> Summary:
    """A summary; its metric goes by its slug."""
    return Summary(metric, statistic, more.pop("label", metric.title()), **more)


def project(name: str = "start", **more: Any) -> MonitoringProject:
    """A project with one graph and two branches."""
    dimensions = more.pop("dimensions", ())
    said = {
        "title": name.title(),
        "branches": ("control", "treatment"),
        "summaries": (summary("start_ms", "percentile"),),
        **more,
    }
    return MonitoringProject(
        slug=name,
        name=name,
        at=AT,
        statistics=table(f"{name}_statistics"),
        dimensions=tuple(Segmentation(item, item.title()) for item in dimensions),
        **said,
    )


def statistics(of: MonitoringProject, counted: Counted) -> Relation:
    """The statistics of a project, with the values that its dimensions have."""
    own = (Column(name, type_) for name, type_ in OWN.items())
    dimensions = (
        Column(name, DataType.STRING, top_values=tuple(counts)) for name, counts in counted.items()
    )
    return Relation(of.statistics, Kind.VIEW, (*own, *dimensions))


@dataclass(frozen=True)
class Shown:
    """What became of projects."""

    views: tuple[MonitoringView, ...]
    artifacts: tuple[Artifact, ...]
    noticed: tuple[Diagnostic, ...]

    @property
    def tree(self) -> FileTree:
        """The files."""
        return file_tree(self.artifacts)

    @property
    def codes(self) -> list[str]:
        """What was said."""
        return [item.code for item in self.noticed]

    def view(self, name: str) -> lookml.View:
        """A view by its name."""
        return next(v for document in self._documents for v in document.views if v.name == name)

    def explore(self, name: str) -> lookml.Explore:
        """An explore by its name."""
        return next(e for document in self._documents for e in document.explores if e.name == name)

    @property
    def _documents(self) -> Iterator[lookml.Document]:
        return (a.content for a in self.artifacts if isinstance(a.content, lookml.Document))

    @property
    def dashboard(self) -> Dashboard:
        """The first dashboard."""
        return next(self.dashboards())

    def dashboards(self) -> Iterator[Dashboard]:
        """All dashboards."""
        return (a.content for a in self.artifacts if isinstance(a.content, Dashboard))


def show(
    *projects: MonitoringProject,
    relations: Iterable[Relation] = (),
    unread: Mapping[RelationName, str] | None = None,
    remembered: Choices | None = None,
    conventions: Conventions | None = None,
) -> Shown:
    """What is shown of projects, as the pipeline would; a check that finds something fails."""
    conventions = conventions or Conventions()
    monitored = Monitored(projects)
    catalog = Catalog({relation.name: relation for relation in relations}, unread or {})
    profiles = Profiles(
        {
            need.relation: recorded(need, catalog.relations[need.relation])
            for need in profile_needs(monitored, catalog)
        }
    )
    derived = derive_monitoring(monitored, catalog, profiles, remembered or {}, conventions)
    views, noticed = split(derived)
    namespace = Namespace(NamespaceSpec(conventions.monitoring_namespace, AT), views)
    artifacts, unbuilt = split(build(namespace, conventions))
    sound, found = prove(artifacts, conventions)
    assert found == ()
    assert sound == artifacts
    return Shown(views, artifacts, (*noticed, *unbuilt))
