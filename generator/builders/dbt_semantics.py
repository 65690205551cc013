"""The semantic models of a platform: what its statistics need, no more, each name once."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

import generator.builders.dbt_names as names
from generator import dbt
from generator.builders.dbt_models import Grain
from generator.builders.dbt_statistics import (
    Made,
    Subject,
    Unexpressed,
    metrics_of,
    possible_metrics,
)
from generator.builders.taken import Taken
from generator.names import title
from generator.prose import prose
from generator.semantics.data_source_sql import CLIENT, DATE


class Semantics(Struct, frozen=True):
    """A data source for MetricFlow: its semantic model, and the metrics that are told of it."""

    model: dbt.SemanticModel | None = None
    metrics: tuple[dbt.Metric, ...] = ()


class _Placed(Struct, frozen=True):
    """A metric, and the model that it is told with."""

    model: str
    made: Made

    @property
    def name(self) -> str:
        """Its name."""
        return self.made.metric.name


def semantics_of(
    grains: Iterable[Grain], taken: Taken
) -> tuple[Mapping[str, Semantics], tuple[Unexpressed, ...]]:
    """The semantics of each model by its name, and what cannot be expressed."""
    dated = [grain for grain in grains if grain.view.date]
    lost: list[Unexpressed] = []
    placed = _configured(dated, taken, lost)
    placed.update(_needed(placed, _possible(dated)))
    lost += _prune(placed)
    taken.names.update(placed)
    labelled = [_labelled(item, taken) for item in placed.values()]
    return {grain.name: _semantics(grain, labelled) for grain in grains}, tuple(lost)


def _configured(
    grains: Iterable[Grain], taken: Taken, lost: list[Unexpressed]
) -> dict[str, _Placed]:
    """The metrics of all statistics by name; `lost` learns what they cannot give."""
    placed: dict[str, _Placed] = {}
    for grain in grains:
        for metric in (*grain.view.metrics, *grain.view.ratios):
            for item in metrics_of(Subject(metric, grain.view)):
                if isinstance(item, Unexpressed):
                    lost.append(item)
                    continue
                known = placed.setdefault(item.metric.name, _Placed(grain.name, item))
                if known.made != item or item.metric.name in taken.names:
                    lost.append(Unexpressed(item.metric.name, "another metric has that name"))
    return {name: item for name, item in placed.items() if name not in taken.names}


def _possible(grains: Iterable[Grain]) -> dict[str, _Placed]:
    return {
        made.metric.name: _Placed(grain.name, made)
        for grain in grains
        for metric in grain.view.metrics
        for made in possible_metrics(Subject(metric, grain.view))
    }


def _needed(placed: Mapping[str, _Placed], possible: Mapping[str, _Placed]) -> dict[str, _Placed]:
    """What metrics are made of, and nobody configured."""
    inputs = (name for item in placed.values() for name in dbt.inputs_of(item.made.metric))
    return {name: possible[name] for name in inputs if name in possible and name not in placed}


def _prune(placed: dict[str, _Placed]) -> Iterator[Unexpressed]:
    """Leave out the metrics that are made of one that is not there, and those made of these."""
    while True:
        lost = {
            item.name: missing
            for item in placed.values()
            for missing in dbt.inputs_of(item.made.metric)
            if missing not in placed
        }
        if not lost:
            return
        for name, missing in lost.items():
            del placed[name]
            yield Unexpressed(name, f"there is no `{missing}`")


def _labelled(item: _Placed, taken: Taken) -> _Placed:
    """The metric under a label that no other has."""
    metric = item.made.metric
    label = metric.label if metric.label not in taken.labels else f"{metric.label} ({metric.name})"
    taken.labels.add(label)
    return replace(item, made=replace(item.made, metric=replace(metric, label=label)))


def _semantics(grain: Grain, placed: Iterable[_Placed]) -> Semantics:
    own = [item.made for item in placed if item.model == grain.name]
    measures = {made.measure.name: made.measure for made in own if made.measure}
    if not own:
        return Semantics()
    metrics = tuple(made.metric for made in own)
    if not measures:
        return Semantics(None, metrics)
    return Semantics(_model(grain, tuple(measures.values())), metrics)


def _model(grain: Grain, measures: tuple[dbt.Measure, ...]) -> dbt.SemanticModel:
    """No column tells a row, so the model's own name stands for the key."""
    source = grain.view.source
    name = names.metric_name(source.platform, source.slug)
    return dbt.SemanticModel(
        name=name,
        model=dbt.ref(grain.name),
        label=f"{title(source.platform)}: {source.label} ({source.slug})",
        description=prose(source.description),
        config=dbt.Config(meta={"platform": source.platform, "data_source": source.slug}),
        defaults=dbt.Defaults(DATE),
        primary_entity=name,
        entities=tuple(_entities(grain)),
        dimensions=tuple(_dimensions(grain)),
        measures=measures,
    )


def _entities(grain: Grain) -> Iterator[dbt.Entity]:
    if grain.view.client:
        name = names.metric_name(grain.platform.name, "client")
        yield dbt.Entity(name, "foreign", CLIENT, "A client of the platform.")


def _dimensions(grain: Grain) -> Iterator[dbt.Dimension]:
    yield dbt.Dimension(DATE, "time", type_params=dbt.TimeParams("day"))
    for dimension in grain.dimensions:
        yield dbt.Dimension(
            names.dimension_name(dimension.slug),
            "categorical",
            dimension.label or None,
            prose(dimension.description),
        )
