"""What MetricFlow knows: semantic models, and metrics over their measures.

Written for dbt-core 1.11: https://docs.getdbt.com/docs/build/semantic-models
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

from generator.dbt.syntax import Jinja, pairs

Scalar: TypeAlias = str | int | float | bool
Meta: TypeAlias = Mapping[str, "Scalar | list[str]"]


class Config(Struct, frozen=True):
    """What dbt and its readers are told of a thing; `meta` is free."""

    loaded_at_field: str | None = None
    meta: Meta = field(default_factory=dict)


class Entity(Struct, frozen=True):
    """What rows can be joined by."""

    name: str
    type: str
    expr: str | None = None
    description: str | None = None


class TimeParams(Struct, frozen=True):
    """How fine a time is."""

    time_granularity: str


class Dimension(Struct, frozen=True):
    """What metrics can be grouped and filtered by."""

    name: str
    type: str
    label: str | None = None
    description: str | None = None
    expr: str | None = None
    type_params: TimeParams | None = None


class PercentileParams(Struct, frozen=True):
    """Which percentile, and whether about right will do."""

    percentile: float
    use_approximate_percentile: bool | Jinja


class Measure(Struct, frozen=True):
    """An aggregation over the rows of a semantic model."""

    name: str
    agg: str
    expr: str | None = None
    agg_params: PercentileParams | None = None


class Defaults(Struct, frozen=True):
    """What holds for every measure of a semantic model."""

    agg_time_dimension: str


class SemanticModel(Struct, frozen=True):
    """A model as entities, dimensions and measures."""

    name: str
    model: Jinja
    label: str | None = None
    description: str | None = None
    config: Config | None = None
    defaults: Defaults | None = None
    primary_entity: str | None = None
    entities: tuple[Entity, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = ()


class Simple(Struct, frozen=True):
    """A measure as it is."""

    measure: str


class Ratio(Struct, frozen=True):
    """A metric by another; nothing where that is 0."""

    numerator: str
    denominator: str


class CumulativeParams(Struct, frozen=True):
    """The days that are taken together."""

    window: str


class Cumulative(Struct, frozen=True):
    """A measure over a window of days that ends with each."""

    measure: str
    cumulative_type_params: CumulativeParams


class Input(Struct, frozen=True):
    """A metric within an expression, by another name or of an earlier time."""

    name: str
    alias: str | None = None
    offset_window: str | None = None


class Derived(Struct, frozen=True):
    """An expression over metrics."""

    expr: str
    metrics: tuple[Input, ...]


class Metric(Struct, frozen=True):
    """A number that can be asked for by name. Its type follows from its parameters."""

    name: str
    label: str
    description: str | None
    type_params: Simple | Ratio | Cumulative | Derived
    config: Config

    @property
    def type(self) -> str:
        """The word for its type."""
        return type(self.type_params).__name__.lower()

    def as_yaml(self) -> object:
        """Its fields, the type before the parameters."""
        said = pairs(self)
        params, config = said.pop("type_params"), said.pop("config")
        return {**said, "type": self.type, "type_params": params, "config": config}


def inputs_of(metric: Metric) -> tuple[str, ...]:
    """The metrics that a metric is made of."""
    match metric.type_params:
        case Ratio(numerator, denominator):
            return numerator, denominator
        case Derived(_, metrics):
            return tuple(dict.fromkeys(item.name for item in metrics))
        case _:
            return ()
