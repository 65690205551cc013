"""A run in parts: a namespace is made from what is said of it, and what the catalog answers.

No part looks at another. So each can be made alone, in any order, or be taken from an earlier run.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from generator.artifact import Artifact, File
from generator.builders import build
from generator.builders.dropdowns import choices_of
from generator.builders.rollups import estimates_of
from generator.builders.taken import Taken
from generator.builders.worth import Estimate
from generator.checks import Further, no_further, prove
from generator.checks.knowledge import knowledge_of
from generator.diagnostics import Diagnostic, split
from generator.facts.catalog import Catalog, Needs, RelationName
from generator.facts.monitoring import Choices
from generator.facts.namespaces import NamespaceSpec
from generator.facts.removals import Removal
from generator.keeping.keep import Keeping, keep, together
from generator.keeping.past import NOTHING, Past
from generator.semantics.lineage import read_of
from generator.semantics.model import Linked, MetricView, Project
from generator.semantics.monitoring import Monitored, MonitoringView
from generator.semantics.project import derive
from generator.stages import Stages


class Part(Struct, frozen=True):
    """All that a namespace follows from, but for the catalog.

    `linked` is what is linked of the namespace, `shown` are its monitoring projects. If it is not
    `wanted`, there is no LookML of it. `removals` are the fields that it lost before, and that stay
    for so many `days`.

    Definitions of metrics are a part of their own: their metric views and their dbt project follow
    from other tables than most views. The namespace that shows them is told the `views`; until they
    are made, they are None. `names` and `labels` are those that earlier definitions have given away
    in the dbt project. So is the ETL of monitoring projects a part of its own, `etl`: what they
    show changes with other tables than what they compute.
    """

    name: str
    linked: Linked
    shown: tuple[MonitoringView | Diagnostic, ...] = ()
    views: tuple[MetricView, ...] | None = ()
    wanted: bool = True
    etl: bool = False
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    removals: tuple[Removal, ...] = ()
    days: int = 0


class Made(Struct, frozen=True):
    """What became of a part: files of the LookML project, those of the dbt project, and the rest.

    `specs` are the namespace with its patterns written out, if there is one. `underived`, `unbuilt`
    and `unexpressed` say what is missing. `views` are those that definitions come to, `names` and
    `labels` what is given away by now in the dbt project.
    `removals` are the fields that are lost and stay, `unkept` says which cannot: that is told once,
    for then they are no more.
    """

    files: tuple[File, ...] = ()
    models: tuple[File, ...] = ()
    specs: tuple[NamespaceSpec, ...] = ()
    underived: tuple[Diagnostic, ...] = ()
    unbuilt: tuple[Diagnostic, ...] = ()
    unexpressed: tuple[Diagnostic, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    choices: Choices = field(default_factory=dict)
    views: tuple[MetricView, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    removals: tuple[Removal, ...] = ()
    unkept: tuple[Diagnostic, ...] = ()


DEFINITIONS, ETL = " definitions", " etl"
"""End the names of parts that are not a namespace itself; none is called so."""

Maker = Callable[[Part, Catalog], Made]


class Desk(Protocol):
    """Where parts are made, and what becomes of their files meanwhile."""

    def begin(self, parts: Sequence[Part], catalog: Catalog, maker: Maker) -> Iterable[Part]:
        """See the parts before the first is made; they come back in the order to make them in.

        Definitions stay in their order, and before what shows them.
        """

    def make(self, part: Part, catalog: Catalog, maker: Maker) -> Made:
        """What `maker` makes of a part: made now, or known from an earlier run."""


class Plain:
    """Makes every part, and keeps what was made as it is."""

    def begin(
        self,
        parts: Sequence[Part],
        catalog: Catalog,  # noqa: ARG002 - as the protocol has it
        maker: Maker,  # noqa: ARG002 - likewise
    ) -> Iterable[Part]:
        """Nothing is to be prepared, and one order is as good as another."""
        return parts

    def make(self, part: Part, catalog: Catalog, maker: Maker) -> Made:
        """What the maker makes."""
        return maker(part, catalog)


def parts_of(
    linked: Linked,
    shown: tuple[MonitoringView | Diagnostic, ...],
    only: frozenset[str],
    past: Past = NOTHING,
) -> tuple[Part, ...]:
    """The parts, by name."""
    rules = linked.conventions.monitoring_namespace
    named = {spec.name for spec in linked.namespaces} | {item.name for item in linked.platforms}
    watched = {study.namespace for study in linked.monitored.computed}
    names = named | watched | ({rules} if linked.monitored.projects else set())
    parts = (
        Part(
            name,
            _linked(linked, name),
            shown if name == rules else (),
            wanted=not only or name in only,
            removals=past.of_namespace(name),
            days=past.days,
        )
        for name in sorted(names)
    )
    return tuple(half for part in parts for half in _halves(part))


def _halves(part: Part) -> Iterator[Part]:
    """The part as it is shown, its definitions, and the ETL of its monitoring projects."""
    linked, monitored = part.linked, part.linked.monitored
    yield replace(
        part,
        linked=replace(linked, platforms=(), monitored=Monitored(classics=monitored.classics)),
        views=None if linked.platforms else (),
    )
    if linked.platforms:
        alone = replace(linked, namespaces=(), monitored=Monitored())
        yield Part(f"{part.name}{DEFINITIONS}", alone, wanted=False)
    if monitored.computed:
        alone = replace(linked, namespaces=(), platforms=(), monitored=monitored)
        yield Part(f"{part.name}{ETL}", alone, wanted=False, etl=True)


def _linked(linked: Linked, name: str) -> Linked:
    """What is linked, of one namespace."""
    return replace(
        linked,
        namespaces=tuple(spec for spec in linked.namespaces if spec.name == name),
        needs=Needs(),
        platforms=tuple(item for item in linked.platforms if item.name == name),
        monitored=_monitored(linked, name),
    )


def _monitored(linked: Linked, name: str) -> Monitored:
    """The projects of one namespace; those that are only shown are in that of the conventions."""
    monitored, rules = linked.monitored, linked.conventions.monitoring_namespace
    return Monitored(
        monitored.projects if name == rules else (),
        tuple(study for study in monitored.studies if study.namespace == name),
        tuple(classic for classic in monitored.classics if classic.namespace == name),
    )


class Workbench(Struct, frozen=True):
    """Makes a part from nothing; `stages` learn how long each step took.

    `further` are checks of what is right so far; they only tell. Of the `past` is kept what would
    be missed.
    """

    stages: Stages
    further: Further = no_further
    past: Past = NOTHING

    def __call__(self, part: Part, catalog: Catalog) -> Made:
        """What becomes of the part."""
        taken = Taken(set(part.names), set(part.labels))
        with self.stages.stage("derive"):  # columns become dimensions and joins
            project, underived = derive(part.linked, catalog, part.shown, part.views or ())
        kept, unbuilt = self._lookml(project) if part.wanted else (Keeping(()), ())
        files = kept.artifacts
        with self.stages.stage("build"):
            estimates = tuple(estimates_of(project, files))
        with self.stages.stage("dbt"):
            known = project if part.etl else replace(project, monitored=Monitored())
            models, unexpressed = dbt_of(known, taken)
        return Made(
            files,
            models,
            tuple(n.spec for n in project.namespaces) if part.wanted else (),
            underived,
            unbuilt,
            unexpressed,
            estimates,
            choices_of(project) if part.wanted else {},
            tuple(_metric_views(project)) if part.linked.platforms else (),
            tuple(sorted(taken.names)),
            tuple(sorted(taken.labels)),
            kept.removals,
            kept.unkept,
        )

    def _lookml(self, project: Project) -> tuple[Keeping, tuple[Diagnostic, ...]]:
        """The artifacts that are right, with what is kept, and what was found in the others."""
        made: list[Keeping] = []
        noticed: list[Diagnostic] = []
        for namespace in project.namespaces:
            with self.stages.stage("build"):
                built, unbuilt = split(build(namespace, project.conventions))
            with self.stages.stage("check"):
                known = knowledge_of(namespace, project.catalog.relations)
                sound, findings = prove(built, project.conventions, known)
                further = self.further(sound, project.conventions, known)
                kept = keep(sound, self.past, project.conventions, known)
            whole = tuple(grounded(kept.artifacts, project.catalog))
            made.append(replace(kept, artifacts=whole))
            noticed.extend((*unbuilt, *findings, *further))
        return together(made), tuple(noticed)


def _metric_views(project: Project) -> Iterator[MetricView]:
    for namespace in project.namespaces:
        yield from (item for item in namespace.requests if isinstance(item, MetricView))


def dbt_of(
    project: Project, taken: Taken | None = None
) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
    """The files of the dbt project, and what could not be said in it."""
    if not project.platforms and not project.monitored.computed:
        return (), ()
    from generator.builders import dbt_metrics, dbt_monitoring  # noqa: PLC0415 - sqlglot is heavy

    made, noticed = split((*dbt_metrics.build(project, taken), *dbt_monitoring.build(project)))
    return tuple(grounded(made, project.catalog)), noticed


def grounded(artifacts: Iterable[Artifact], catalog: Catalog) -> Iterator[Artifact]:
    """The artifacts, which now need all that was read for them, below the views that they name."""
    known: dict[tuple[RelationName, ...], tuple[RelationName, ...]] = {}
    for artifact in artifacts:
        if artifact.needs not in known:
            known[artifact.needs] = read_of(artifact.needs, catalog)
        yield replace(artifact, needs=known[artifact.needs])


def make_all(
    parts: tuple[Part, ...], catalog: Catalog, desk: Desk, maker: Workbench
) -> tuple[Made, ...]:
    """What becomes of each part, definitions first.

    Names in the dbt project go to the first that asks for them.
    """
    found: dict[str, Made] = {}
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    ordered = sorted(parts, key=lambda part: not part.linked.platforms)
    for part in maker.stages.each("parts", tuple(desk.begin(ordered, catalog, maker))):
        asks = bool(part.linked.platforms)
        whole = replace(part, names=names, labels=labels) if asks else part
        if part.views is None:
            whole = replace(part, views=found[f"{part.name}{DEFINITIONS}"].views)
        made = found[part.name] = desk.make(whole, catalog, maker)
        if asks:
            names, labels = made.names, made.labels
    return tuple(found[part.name] for part in parts)
