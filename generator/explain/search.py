"""Where to look for a name, so that an index need not be of a whole run."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from msgspec import Struct

from generator import lookml
from generator.artifact import Content
from generator.diagnostics import Diagnostic, diagnostic
from generator.explain.answer import meant
from generator.explain.index import Index, index_of
from generator.explain.things import Key, Kind, Known, Scope, Thing, Tie, shown
from generator.explain.warehouse import Columns, column_key
from generator.facts.catalog import RelationName
from generator.lookml.dashboards import Dashboard

_NEAR, _LIKE = 5, 0.6


class Candidates(Struct, frozen=True):
    """The things that a name may mean, and the index in which they are named."""

    things: tuple[Thing, ...]
    index: Index


def candidates(name: str, known: Known) -> Candidates:
    """The things that a name may mean."""
    lasts = _lasts(name.casefold())
    files = frozenset(
        path
        for path, artifact in known.lookml.artifacts.items()
        if any(part.casefold() in lasts for part in parts_of(artifact.content, path))
    )
    index = index_of(known, Scope(files, lasts))
    return Candidates(meant(name, index) or tuple(_columns(name, known, index)), index)


def _lasts(name: str) -> frozenset[str]:
    """A name, and what stands behind each of its dots."""
    steps = name.split(".")
    return frozenset(".".join(steps[place:]) for place in range(len(steps)))


def parts_of(content: Content, path: str) -> Iterator[str]:
    """What the things in a LookML file are called, by their last names."""
    match content:
        case lookml.Document():
            for view in content.views:
                yield view.name
                yield from view.names()
                yield from (group.name for group in view.dimension_groups)
            for explore in content.explores:
                yield explore.name
                yield from (table.name for table in explore.aggregate_tables)
            yield from (group.name for group in content.datagroups)
        case Dashboard():
            namespace = path.partition("/")[0]
            yield from (content.dashboard, content.title, f"{namespace}::{content.dashboard}")
            yield from (text for item in content.filters for text in (item.name, item.title))
            yield from (text for item in content.elements for text in (item.name, item.title))
        case _:
            pass


def _columns(name: str, known: Known, index: Index) -> Iterator[Thing]:
    """The columns that a name may mean, of relations that the run knows."""
    columns, steps = Columns(known.catalog), name.split(".")
    for key in index.things:
        if key.kind is Kind.RELATION:
            relation = RelationName(*key.name.rsplit(".", 2))
            for path in _paths(steps, relation):
                found = _column(relation, path, columns, known)
                if found:
                    yield found


def _paths(steps: list[str], relation: RelationName) -> Iterator[tuple[str, ...]]:
    """What is behind the name of a relation, or its last parts, in a name."""
    whole = str(relation).casefold().split(".")
    for length in range(1, len(steps)):
        if [step.casefold() for step in steps[:length]] == whole[-length:]:
            yield tuple(steps[length:])


def _column(
    relation: RelationName, path: tuple[str, ...], columns: Columns, known: Known
) -> Thing | None:
    """The column; of a relation that nobody knows, one that somebody reads."""
    if columns.relation(relation):
        found = columns.find(relation, path)
        return columns.thing(relation, found) if found and len(found) == len(path) else None
    key = column_key(relation, path)
    return index_of(known, Scope(above(relation, known), words=())).things.get(key)


def scope_of(thing: Thing, known: Known, index: Index) -> Scope:
    """The part of a run that has all that is to be said of a thing."""
    key = thing.key
    if key.kind is Kind.NAMESPACE:
        artifacts = known.lookml.artifacts
        return Scope(frozenset(p for p in artifacts if p.startswith(f"{key.name}/")), frozenset())
    if key.kind in {Kind.METRIC, Kind.SOURCE}:
        slug = key.name.rpartition(".")[2].casefold()
        return Scope(component(_measuring(thing, known), known), words=(slug,))
    relation = key if key.kind is Kind.RELATION else thing.within
    if relation and relation.kind is Kind.RELATION:
        name = RelationName(*relation.name.rsplit(".", 2))
        return Scope(component(above(name, known), known), words=(name.table.casefold(),))
    return Scope(component(_own(thing, known, index), known), words=())


def _own(thing: Thing, known: Known, index: Index) -> Iterator[str]:
    """The LookML files of a thing: that which it is in, or those of a monitoring project."""
    if thing.kind is Kind.PROJECT:
        items = known.lookml.artifacts.items()
        yield from (path for path, artifact in items if artifact.subject == thing.name)
    key: Key | None = thing.key
    while key:
        if key.kind is Kind.FILE:
            yield key.name.removeprefix("lookml/")
        above_it = index.things.get(key)
        key = above_it.within if above_it else None


def _measuring(thing: Thing, known: Known) -> Iterator[str]:
    """The LookML files that may use a metric or a data source: of its platform, of projects."""
    watched = {
        study.subject
        for study in known.linked.monitored.computed
        if study.platform.name == thing.namespace
    }
    for path, artifact in known.lookml.artifacts.items():
        is_metric_view = artifact.subject.startswith(f"{thing.namespace}.data_sources.")
        if is_metric_view or artifact.subject in watched:
            yield path


def component(paths: Iterable[str], known: Known) -> frozenset[str]:
    """Files with all that include them or are included, and the dashboards over their explores."""
    tied: dict[str, set[str]] = {}
    for path, other in _includes(known):
        tied.setdefault(path, set()).add(other)
        tied.setdefault(other, set()).add(path)
    seen = set(paths)
    todo = [*seen]
    while todo:
        new = tied.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return frozenset(seen)


def _includes(known: Known) -> Iterator[tuple[str, str]]:
    artifacts = known.lookml.artifacts
    explores = {
        (path.partition("/")[0], explore.name): path
        for path, artifact in artifacts.items()
        if isinstance(artifact.content, lookml.Document)
        for explore in artifact.content.explores
    }
    for path, artifact in artifacts.items():
        content = artifact.content
        if isinstance(content, lookml.Document):
            yield from ((path, target.removeprefix("/")) for target in content.includes)
        elif isinstance(content, Dashboard):
            for name in dict.fromkeys(element.explore for element in content.elements):
                other = explores.get((path.partition("/")[0], name))
                if other:
                    yield path, other


def above(relation: RelationName, known: Known) -> frozenset[str]:
    """The LookML files that stand on a relation, or on a view over it, and those of projects."""
    readers: dict[RelationName, list[RelationName]] = {}
    for name, item in known.catalog.relations.items():
        for other in item.reads_from:
            readers.setdefault(other, []).append(name)
    seen, todo = {relation}, [relation]
    while todo:
        for name in readers.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    models = known.dbt.artifacts.values()
    watching = {item.subject for item in models if not seen.isdisjoint(item.needs)}
    return frozenset(
        path
        for path, artifact in known.lookml.artifacts.items()
        if artifact.subject in watching or not seen.isdisjoint(artifact.needs)
    )


def unknown(name: str, known: Known) -> Diagnostic:
    """That nothing is called so, and what is called nearly so."""
    asked = name.rpartition(".")[2] or name
    items = known.lookml.artifacts.items()
    parts = (part for path, item in items for part in parts_of(item.content, path))
    index = index_of(known, Scope(frozenset(), frozenset()))
    others = (key.name.rpartition(".")[2] for key in index.things if key.kind is not Kind.FILE)
    near = get_close_matches(asked, dict.fromkeys((*parts, *others)), n=_NEAR, cutoff=_LIKE)
    said = ", ".join(f"`{shown(item)}`" for item in near)
    hint = f"did you mean {said}" if said else "name a view, a field, a tile, a metric or a file"
    return diagnostic("unknown-thing", name=shown(name), nearest=hint)


def index_for(thing: Thing, known: Known, named: Index) -> Index:
    """The index of what is to be said of a thing; a column is in it though nobody reads it.

    `named` is an index that has its file.
    """
    index = index_of(known, scope_of(thing, known, named))
    if thing.key in index.things:
        return index
    tie = Tie(thing.key, thing.within or thing.key, "column")
    things = {**index.things, thing.key: thing}
    users = {**index.users, tie.base: {**index.used_by(tie.base), tie.user: tie}}
    return Index(things, {**index.bases, tie.user: {tie.base: tie}}, users, index.parts)
