"""The resolved listing: what was asked for, patterns written out, in the format of the input."""

from collections.abc import Iterable
from operator import itemgetter

from generator.artifact import Artifact, Listing
from generator.facts.namespaces import (
    ExploreSpec,
    FieldSpec,
    NamespaceSpec,
    Plain,
    TableSpec,
    ViewSpec,
)
from generator.names import title
from generator.semantics.model import Project

LISTING = "namespaces.yaml"
"""Its path, and its subject."""


def listing_of(project: Project) -> Artifact:
    """The listing of a project: every namespace that has a view, by name."""
    conventions = project.conventions
    content: dict[str, Plain] = {
        namespace.spec.name: _said(
            pretty_name=namespace.spec.pretty_name
            or title(namespace.spec.name, conventions.acronyms),
            owners=list(namespace.spec.owners),
            glean_app=namespace.spec.glean_app,
            spoke=namespace.spec.spoke or conventions.spoke,
            connection=namespace.spec.connection or conventions.connection,
            views=_views(namespace.spec),
            explores={spec.name: _explore(spec) for spec in namespace.spec.explores},
        )
        for namespace in project.namespaces
        if namespace.spec.views
    }
    return Artifact(LISTING, Listing(content), "listing", LISTING)


def _said(**values: Plain) -> dict[str, Plain]:
    """The values that say something; false does."""
    return {key: value for key, value in values.items() if value not in (None, [], {})}


def _views(spec: NamespaceSpec) -> dict[str, Plain]:
    return {view.name: _view(view) for view in spec.views}


def _view(view: ViewSpec) -> Plain:
    return _said(
        type=view.kind,
        tables=[_table(table) for table in view.tables],
        primary_key=view.primary_key,
        dimensions=_fields(view.dimensions),
        measures=_fields(view.measures),
    )


def _table(table: TableSpec) -> Plain:
    return _said(
        table=str(table.name),
        channel=table.channel,
        time_partitioning_field=table.time_partitioning_field,
    )


def _fields(specs: Iterable[FieldSpec]) -> dict[str, Plain]:
    return {spec.name: _parameters(spec) for spec in sorted(specs, key=lambda spec: spec.name)}


def _parameters(spec: FieldSpec) -> dict[str, Plain]:
    return {key: _ordered(value) for key, value, _ in sorted(spec.parameters, key=itemgetter(0))}


def _ordered(value: Plain) -> Plain:
    """The same, keys by name: how people order them changes nothing."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def _explore(spec: ExploreSpec) -> Plain:
    views: dict[str, Plain] = {"base_view": spec.base_view}
    if spec.others:
        views["joined_view"] = list(spec.others)
    return _said(type=spec.kind, hidden=spec.hidden, views=views)
