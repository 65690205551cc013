"""The index: all things of a run, what each stands on, and who stands on it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from msgspec import Struct, field
from msgspec.structs import replace

from generator.artifact import REMOVED, Artifact
from generator.explain.boards import Desk, Shown, board_things, projects_of
from generator.explain.definitions import Register, Sight, define
from generator.explain.explores import datagroup_things, explore_things
from generator.explain.fields import Corner, Seat, field_keys, view_things
from generator.explain.models import Meant, makers, models
from generator.explain.tables import bases
from generator.explain.things import ALL, Found, Key, Kind, Known, Scope, Thing, Tie, facts
from generator.explain.warehouse import Columns, relations
from generator.facts.catalog import RelationName
from generator.facts.namespaces import NamespaceSpec
from generator.facts.removals import Removals
from generator.lookml import Document
from generator.lookml.dashboards import Dashboard
from generator.semantics.definitions import DataSource

_NOBODY: Mapping[Key, Tie] = {}


class Index(Struct, frozen=True):
    """Things by key; for each, the ties to what it stands on, and those of its users.

    `parts` are what is within a thing.
    """

    things: Mapping[Key, Thing]
    bases: Mapping[Key, Mapping[Key, Tie]] = field(default_factory=dict)
    users: Mapping[Key, Mapping[Key, Tie]] = field(default_factory=dict)
    parts: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)

    def stands_on(self, key: Key) -> Mapping[Key, Tie]:
        """What a thing stands on by itself."""
        return self.bases.get(key, _NOBODY)

    def used_by(self, key: Key) -> Mapping[Key, Tie]:
        """Who stands on a thing by itself."""
        return self.users.get(key, _NOBODY)


def index_of(known: Known, scope: Scope = ALL) -> Index:
    """The index of a run, or of a part of it. Of what does not exist there is no tie."""
    things: dict[Key, Thing] = {}
    ties: list[Tie] = []
    for item in _everything(known, scope):
        if isinstance(item, Tie):
            ties.append(item)
        else:
            things.setdefault(item.key, item)
    bases: dict[Key, dict[Key, Tie]] = defaultdict(dict)
    users: dict[Key, dict[Key, Tie]] = defaultdict(dict)
    for tie in ties:
        if tie.user in things and tie.base in things:
            whole = _joined(bases[tie.user].get(tie.base), tie)
            bases[tie.user][tie.base] = users[tie.base][tie.user] = whole
    parts: dict[Key, list[Key]] = defaultdict(list)
    for thing in things.values():
        if thing.within:
            parts[thing.within].append(thing.key)
    return Index(things, bases, users, {key: tuple(held) for key, held in parts.items()})


def _joined(one: Tie | None, other: Tie) -> Tie:
    """Two ties of the same things as one: each reason once."""
    if one is None:
        return other
    reasons = dict.fromkeys(reason for reason in (one.how, other.how) if reason)
    if other.how in one.how.split("; "):
        return one._replace(leads=one.leads or other.leads)
    return other._replace(how="; ".join(reasons), leads=one.leads or other.leads)


def _everything(known: Known, scope: Scope) -> Found:
    linked, register = known.linked, Register(Columns(known.catalog))
    sights = {item.name: Sight(item, item.name, scope) for item in linked.platforms}
    for sight in sights.values():
        platform = sight.platform
        yield from define(sight, platform.data_sources, platform.metrics, register, platform.name)
    desk = Desk(linked.conventions.monitoring_namespace, register, scope, {})
    yield from projects_of(linked.monitored, desk)
    yield from _namespaces(known)
    yield from _files(known)
    for name, artifacts in _by_namespace(known.lookml.artifacts.values(), scope).items():
        corner = _corner(name, artifacts, register, known)
        yield from _said(
            artifacts, replace(corner, only=scope.fields), sights.get(name), desk.shown
        )
    meant = _meant(sights.values(), register, desk.shown)
    yield from models(known.dbt.artifacts.values(), meant)
    names = tuple(dict.fromkeys(_relations(known)))
    yield from relations(names, known.catalog)
    yield from makers(known.dbt.artifacts.values(), names)


def _by_namespace(artifacts: Iterable[Artifact], scope: Scope) -> dict[str, list[Artifact]]:
    found: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        if isinstance(artifact.content, Document | Dashboard) and scope.has(artifact.path):
            found.setdefault(artifact.path.partition("/")[0], []).append(artifact)
    return found


def _corner(
    namespace: str, artifacts: Iterable[Artifact], register: Register, known: Known
) -> Corner:
    """A namespace with its fields, and the places of those that people wrote."""
    fields = {
        name: key
        for item in artifacts
        if isinstance(item.content, Document)
        for view in item.content.views
        for name, key in field_keys(view, namespace)
    }
    places = {
        (view.name, item.name): item.at
        for spec in known.linked.namespaces
        if spec.name == namespace
        for view in spec.views
        for item in (*view.dimensions, *view.measures)
    }
    return Corner(namespace, register, fields, places, since=dict(_since(namespace, known)))


def _since(namespace: str, known: Known) -> Iterator[tuple[tuple[str, str], date]]:
    """The days on which fields of a namespace went that are kept, by view and name."""
    removed = known.lookml.artifacts.get(REMOVED)
    rows = removed.content.rows if removed and isinstance(removed.content, Removals) else ()
    here = (row for row in rows if row.path.startswith(f"{namespace}/"))
    yield from (((row.view, row.name), row.since) for row in here)


def _said(
    artifacts: Iterable[Artifact], corner: Corner, sight: Sight | None, shown: Mapping[str, Shown]
) -> Found:
    """What the LookML files of a namespace define."""
    for item in artifacts:
        seat = Seat(item.at, item.kind, f"lookml/{item.path}")
        if isinstance(item.content, Dashboard):
            yield from board_things(item.content, corner, seat, shown)
        elif isinstance(item.content, Document):
            yield from _document(item.content, corner, seat, (_source(item, sight), sight))


def _source(item: Artifact, sight: Sight | None) -> DataSource | None:
    """The data source that a metric view is of."""
    slug = item.subject.partition(".data_sources.")[2]
    return sight.platform.data_source.get(slug) if sight else None


def _document(
    document: Document,
    corner: Corner,
    seat: Seat,
    measured: tuple[DataSource | None, Sight | None],
) -> Found:
    rows = bases(document.views, *measured)
    for view in document.views:
        yield from view_things(view, rows[view.name], corner, seat)
    for explore in document.explores:
        yield from explore_things(explore, corner, seat)
    for group in document.datagroups:
        yield from datagroup_things(group, corner, seat)
    for target in document.includes:
        included = Key(Kind.FILE, f"lookml/{target.removeprefix('/')}")
        yield Tie(Key(Kind.FILE, seat.file), included, "include", leads=False)


def _namespaces(known: Known) -> Found:
    """The namespaces that are asked for, and those that follow from definitions."""
    asked = {spec.name: spec for spec in known.linked.namespaces}
    made = (path.partition("/")[0] for path in known.lookml.artifacts if "/" in path)
    others = (platform.name for platform in known.linked.platforms)
    for name in dict.fromkeys((*asked, *others, *made)):
        if not name.startswith("."):
            yield _namespace(name, asked.get(name))


def _namespace(name: str, spec: NamespaceSpec | None) -> Thing:
    key = Key(Kind.NAMESPACE, name)
    if spec is None:
        return Thing(key, (name,), namespace=name)
    return Thing(
        key,
        (name,),
        spec.at,
        name,
        label=spec.pretty_name,
        owners=spec.owners,
        facts=facts(spoke=spec.spoke, connection=spec.connection),
    )


def _files(known: Known) -> Iterator[Thing]:
    for folder, tree in (("lookml", known.lookml), ("dbt", known.dbt)):
        for path, artifact in tree.artifacts.items():
            namespace = artifact.subject.partition(".")[0]
            named = path.startswith(f"{namespace}/") or folder == "dbt"
            yield Thing(
                Key(Kind.FILE, f"{folder}/{path}"),
                (f"{folder}/{path}",),
                artifact.at,
                namespace if named else None,
                Key(Kind.NAMESPACE, namespace),
                facts=facts(made_as=artifact.kind, made_for=artifact.subject),
            )


def _meant(sights: Iterable[Sight], register: Register, shown: Mapping[str, Shown]) -> Meant:
    metrics, sources = {}, {}
    for sight in sights:
        platform = sight.platform
        for metric in platform.metrics:
            key = register.metric(metric)
            if key:
                metrics[platform.name, metric.slug] = key
        for source in platform.data_sources:
            key = register.source(source)
            if key:
                sources[platform.name, source.slug] = key
    projects = {item.project.slug: item.key for item in shown.values()}
    own = {item.key.name: item.metrics for item in shown.values()}
    return Meant(metrics, sources, projects, own)


def _relations(known: Known) -> Iterator[RelationName]:
    """The relations that something of the run stands on."""
    yield from known.linked.needs.names
    for tree in (known.lookml, known.dbt):
        for artifact in tree.artifacts.values():
            yield from artifact.needs
