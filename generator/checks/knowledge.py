"""What checks know beside the artifacts: the catalog, and where people wrote each field."""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from generator.diagnostics import Location
from generator.facts.catalog import Relation, RelationName
from generator.names import identifier
from generator.semantics.model import MetricView, Namespace, Request

Places = Mapping[tuple[str, str], Location]
"""View and field → the line that asks for it."""


class Knowledge(Struct, frozen=True):
    """The relations by name, aliases too; and the places of fields that have one of their own."""

    relations: Mapping[RelationName, Relation] = field(default_factory=dict)
    places: Places = field(default_factory=dict)


def knowledge_of(namespace: Namespace, relations: Mapping[RelationName, Relation]) -> Knowledge:
    """What is known of a namespace."""
    places = {key: at for request in namespace.requests for key, at in _places(request)}
    return Knowledge(relations, places)


def _places(request: object) -> Iterator[tuple[tuple[str, str], Location]]:
    match request:
        case Request():
            for spec in (*request.spec.dimensions, *request.spec.measures):
                yield (request.name, spec.name), spec.at
        case MetricView():
            for metric in (*request.metrics, *request.ratios, *request.histograms):
                at = metric.places.get("select_expression", metric.at)
                yield (request.name, identifier(metric.slug)), at
                for statistic in metric.statistics:
                    yield (
                        (request.name, f"{identifier(metric.slug)}_{statistic.name}"),
                        statistic.at,
                    )
        case _:
            pass
