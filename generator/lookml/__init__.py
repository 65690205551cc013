"""LookML as a language: its objects and how they are written. It knows nothing of the rest."""

from generator.lookml.objects import (
    AllowedValue,
    AlwaysFilter,
    Datagroup,
    DerivedTable,
    Dimension,
    DimensionGroup,
    Document,
    Explore,
    Field,
    Filter,
    Join,
    Measure,
    Parameter,
    Set,
    View,
    field_names,
)

__all__ = [
    "AllowedValue",
    "AlwaysFilter",
    "Datagroup",
    "DerivedTable",
    "Dimension",
    "DimensionGroup",
    "Document",
    "Explore",
    "Field",
    "Filter",
    "Join",
    "Measure",
    "Parameter",
    "Set",
    "View",
    "field_names",
]
