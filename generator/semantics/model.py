"""The semantic model: what `link` and `derive` conclude, and all that builders see."""

from collections.abc import Mapping

from msgspec import Struct, field

from generator.diagnostics import Location
from generator.facts.catalog import Catalog, DataType, Needs, Relation, RelationName
from generator.facts.conventions import Conventions
from generator.facts.namespaces import Exclusion, ExploreSpec, NamespaceSpec, ViewSpec
from generator.names import identifier
from generator.semantics.definitions import DataSource, Metric, Platform
from generator.semantics.monitoring import ClassicProject, Monitored, MonitoringView


class Dimension(Struct, frozen=True):
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


class Nested(Struct, frozen=True):
    """A repeated column as a model of its own: `array` is its dimension in the model `parent`."""

    name: str
    parent: str
    array: str
    label: str
    dimensions: tuple[Dimension, ...]


class SemanticModel(Struct, frozen=True):
    """A relation as dimensions, with a model for each repeated column, parents first."""

    name: str
    relation: Relation
    dimensions: tuple[Dimension, ...]
    nested: tuple[Nested, ...] = ()
    primary_key: str | None = None
    partition: tuple[str, ...] | None = None


class Channel(Struct, frozen=True):
    """One of the relations of a view."""

    name: str | None
    relation: RelationName


class Request(Struct, frozen=True):
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
    def kind(self) -> str:
        """The kind of view."""
        return self.spec.kind

    @property
    def at(self) -> Location:
        """Where it is asked for."""
        return self.spec.at

    @property
    def subject(self) -> str:
        """The key path of what asks for it."""
        return self.spec.subject

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


class BaseField(Struct, frozen=True):
    """A column of a data source as a dimension of a metric view."""

    source: str
    name: str
    dimension: Dimension

    @property
    def column(self) -> str:
        """Its name in the derived table."""
        return f"{self.source}_{self.name}"


START, END = "lookml_gen__start", "lookml_gen__end"
"""Stand in SQL for the first date that a query asks for, and for the one behind its last."""


class MetricView(Struct, frozen=True):
    """A metric view to be built.

    `rows` is the FROM of its data source, joins included, with `START` and `END` where the dates
    of a query go; `client` and `date` are SQL over that. `types` are those of the metrics.
    `ratios` are metrics without an expression, told from other measures of the view. `histograms`
    are metrics that give arrays of records whose `values` are buckets, each a key and a count.
    """

    source: DataSource
    metrics: tuple[Metric, ...]
    ratios: tuple[Metric, ...]
    rows: str
    client: str | None
    date: str | None
    types: Mapping[str, DataType] = field(default_factory=dict)
    histograms: tuple[Metric, ...] = ()
    base_fields: tuple[BaseField, ...] = ()
    base_tables: tuple[RelationName, ...] = ()
    needs: tuple[RelationName, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of view."""
        return "metric_definitions_view"

    @property
    def namespace(self) -> str:
        """The namespace: that of the platform."""
        return self.source.platform

    @property
    def name(self) -> str:
        """The name of the view and of its explore."""
        return f"metric_definitions_{identifier(self.source.slug)}"

    @property
    def at(self) -> Location:
        """Where it is asked for."""
        return self.source.at

    @property
    def subject(self) -> str:
        """The key path of what asks for it."""
        return f"{self.source.platform}.data_sources.{self.source.slug}"


class Linked(Struct, frozen=True):
    """Namespaces whose every name points at something, and the relations they need."""

    namespaces: tuple[NamespaceSpec, ...]
    needs: Needs
    conventions: Conventions = field(default_factory=Conventions)
    dictionary: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[Platform, ...] = ()
    monitored: Monitored = field(default_factory=Monitored)
    exclusions: tuple[Exclusion, ...] = ()
    """To be applied again, to what patterns come to stand for."""


class Namespace(Struct, frozen=True):
    """A namespace with what can be built in it, by name."""

    spec: NamespaceSpec
    requests: tuple["Request | MetricView | MonitoringView | ClassicProject", ...]


class Project(Struct, frozen=True):
    """Everything the builders need."""

    namespaces: tuple[Namespace, ...]
    catalog: Catalog
    conventions: Conventions
    platforms: tuple[Platform, ...] = ()
    monitored: Monitored = field(default_factory=Monitored)
