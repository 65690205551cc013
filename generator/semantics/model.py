"""The semantic model: what `link` and `derive` conclude, and all that builders see."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from generator.facts.catalog import Catalog, DataType, Needs, Relation, RelationName
from generator.facts.conventions import Conventions
from generator.facts.namespaces import Exclusion, ExploreSpec, NamespaceSpec, ViewSpec


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column, or a field of a record; `group` holds the titles of the records above it."""

    name: str
    path: tuple[str, ...]
    type: DataType
    repeated: bool = False
    group: str | None = None
    label: str = ""
    description: str | None = None
    hidden: bool = False
    map_layer: str | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """A repeated column as a model of its own: `array` is its dimension in the model `parent`."""

    name: str
    parent: str
    array: str
    label: str
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class SemanticModel:
    """A relation as dimensions, with a model for each repeated column, parents first."""

    name: str
    relation: Relation
    dimensions: tuple[Dimension, ...]
    nested: tuple[Nested, ...] = ()
    primary_key: str | None = None
    partition: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """One of the relations of a view."""

    name: str | None
    relation: RelationName


@dataclass(frozen=True, slots=True)
class Request:
    """A view to be built, with the explores over it.

    `main` is the relation of the main channel, `base_tables` are the tables that feed it.
    """

    spec: ViewSpec
    main: RelationName
    channels: tuple[Channel, ...]
    model: SemanticModel
    explores: tuple[ExploreSpec, ...] = ()
    base_tables: tuple[RelationName, ...] = ()

    @property
    def namespace(self) -> str:
        """The namespace that asks for it."""
        return self.spec.namespace

    @property
    def name(self) -> str:
        """The name of the view."""
        return self.spec.name

    @property
    def needs(self) -> tuple[RelationName, ...]:
        """The relations it stands on."""
        return tuple(channel.relation for channel in self.channels)


@dataclass(frozen=True, slots=True)
class Linked:
    """Namespaces whose every name points at something, and the relations they need."""

    namespaces: tuple[NamespaceSpec, ...]
    needs: Needs
    conventions: Conventions = field(default_factory=Conventions)
    dictionary: Mapping[str, str] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    """To be applied again, to what patterns come to stand for."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace with what can be built in it, by name."""

    spec: NamespaceSpec
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """Everything the builders need."""

    namespaces: tuple[Namespace, ...]
    catalog: Catalog
    conventions: Conventions
