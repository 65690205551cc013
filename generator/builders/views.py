"""What every view over a relation has: fields, nested views, hand-written fields, and its files."""

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact
from generator.builders.custom import measures_of, with_dimensions
from generator.builders.datagroups import datagroup_of
from generator.builders.explores import explore_of
from generator.builders.field_rules import Owner
from generator.builders.fields import Fields, fields_of
from generator.diagnostics import Diagnostic, diagnostic, split
from generator.facts.conventions import Conventions
from generator.facts.namespaces import ExploreSpec, ViewSpec
from generator.names import nested
from generator.semantics.model import Request


def fields_for(request: Request, conventions: Conventions) -> tuple[Fields, tuple[Diagnostic, ...]]:
    """The fields of a view's own columns, hand-written ones merged in, one primary key marked."""
    spec, model = request.spec, request.model
    fields, noticed = fields_of(
        model.dimensions, conventions, spec.at, spec.subject, partition=model.partition
    )
    fields, refused = with_dimensions(fields, spec.dimensions, _owner(request, conventions))
    doubtful = (*_doubled_channels(request), *_overridden_key(fields, spec))
    return _keyed(fields, model.primary_key), (*noticed, *refused, *doubtful)


def _doubled_channels(request: Request) -> Iterator[Diagnostic]:
    """Every channel of several tables, where it stands for the second time."""
    spec, count = request.spec, Counter(channel.name for channel in request.channels)
    seen: Counter[str] = Counter()
    for table in spec.tables:
        name = table.channel
        if name is None or count[name] < 2:  # noqa: PLR2004 - two are one too many
            continue
        seen[name] += 1
        if seen[name] == 2:  # noqa: PLR2004 - the second is the one to look at
            at = table.at or spec.at
            yield diagnostic("duplicate-channel", at, spec.subject, name=name, count=count[name])


def _overridden_key(fields: Fields, spec: ViewSpec) -> Iterator[Diagnostic]:
    """That the key of the entry is not the key, as a dimension written by hand is."""
    marked = [dimension.name for dimension in fields.dimensions if dimension.primary_key]
    if marked and spec.primary_key and nested(spec.primary_key.split(".")) not in marked:
        at = next((field.at for field in spec.dimensions if field.name == marked[0]), spec.at)
        yield diagnostic("overridden-key", at, spec.subject, key=spec.primary_key, name=marked[0])


def _keyed(fields: Fields, key: str | None) -> Fields:
    """With the key marked, unless a hand-written dimension is the key."""
    if any(dimension.primary_key for dimension in fields.dimensions):
        return fields
    marked = (
        replace(dimension, primary_key=True) if dimension.name == key else dimension
        for dimension in fields.dimensions
    )
    return replace(fields, dimensions=tuple(marked))


def build_files(
    view: lookml.View,
    fields: Fields,
    measures: Iterable[lookml.Measure],
    request: Request,
    conventions: Conventions,
) -> Iterator[Artifact | Diagnostic]:
    """The files of a view: itself with its nested views, its explores, its datagroup."""
    names = fields.names() | frozenset(view.names())
    owner = _owner(request, conventions)
    made, refused = split(measures_of(request.spec.measures, measures, names, owner))
    yield from refused
    whole = replace(
        view,
        dimensions=fields.dimensions,
        dimension_groups=fields.groups,
        measures=made,
    )
    nested, noticed = split(_nested_views(request, conventions))
    yield from noticed
    path = f"{request.namespace}/views/{view.name}.view.lkml"
    document = lookml.Document(views=(whole, *nested))
    yield _artifact(path, document, request.spec, request)
    yield from _explore_files(whole, path, request, conventions)


def _owner(request: Request, conventions: Conventions) -> Owner:
    """Who owns the hand-written fields; its nested views are known only where there are any."""
    spec = request.spec
    written = spec.dimensions or spec.measures
    views, _ = split(_nested_views(request, conventions) if written else ())
    nested = {view.name: frozenset(view.names()) for view in views}
    return Owner(request.name, spec.at, spec.subject, nested, request.model.relation)


def _nested_views(request: Request, conventions: Conventions) -> Iterator[lookml.View | Diagnostic]:
    """A view for each repeated column: its table is the array, which explores unnest."""
    for model in request.model.nested:
        fields, noticed = fields_of(
            model.dimensions, conventions, request.spec.at, request.spec.subject
        )
        yield from noticed
        yield lookml.View(
            name=model.name, dimensions=fields.dimensions, dimension_groups=fields.groups
        )


def _explore_files(
    view: lookml.View, path: str, request: Request, conventions: Conventions
) -> Iterator[Artifact]:
    """A file for each explore, and one for the datagroup where somebody uses it."""
    datagroup = datagroup_of(request.name, request.base_tables, conventions)
    group_path = ""
    if datagroup and (request.explores or conventions.datagroups_without_explore):
        group_path = f"{request.namespace}/datagroups/{datagroup.name}.datagroup.lkml"
        document = lookml.Document(datagroups=(datagroup,))
        artifact = _artifact(group_path, document, request.spec, request)
        yield replace(artifact, kind="datagroup")
    for spec in request.explores:
        others = (f"{request.namespace}/views/{name}.view.lkml" for name in spec.others)
        includes = (path, *others, *filter(None, (group_path,)))
        document = lookml.Document(
            includes=tuple(f"/{target}" for target in includes),
            explores=(explore_of(spec, request, view, datagroup, conventions),),
        )
        target = f"{request.namespace}/explores/{spec.name}.explore.lkml"
        yield _artifact(target, document, spec, request)


def _artifact(
    path: str, document: lookml.Document, spec: ViewSpec | ExploreSpec, request: Request
) -> Artifact:
    return Artifact(path, document, spec.kind, spec.subject, spec.at, request.needs)
