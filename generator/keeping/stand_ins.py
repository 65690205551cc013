"""What is written in the place of a field that is gone: a hidden one that says until when."""

from msgspec.structs import replace

from generator import lookml
from generator.facts.deprecation import Deprecation
from generator.keeping.lost import Kept
from generator.lookml.field_types import AGGREGATES

_PLAIN = frozenset((None, "string", "number", "int", "yesno", "zipcode", "unquoted"))
"""Types of dimensions that add nothing to their SQL: a time would be converted once more."""
_NUMBERS = (AGGREGATES - {"list"}) | {"count", "number"}
"""Types of measures that are a number, and that another measure may name."""


def stand_in(old: Kept, says: Deprecation) -> Kept:
    """The field as it was, but hidden; of one that has another name by now, an alias.

    It is no key any more: two of them would be a key of two parts. Nor does it drill.
    """
    said = str(says)
    if isinstance(old, lookml.DimensionGroup):
        return replace(old, hidden=True, description=said, drill_fields=())
    if isinstance(old, lookml.Dimension):
        kept = replace(old, hidden=True, description=said, primary_key=None, drill_fields=())
        is_alias = says.to and old.type in _PLAIN
        return replace(kept, sql=_named(says.to), case=None) if is_alias else kept
    kept_measure = replace(old, hidden=True, description=said, drill_fields=())
    is_alias = says.to and old.type in _NUMBERS
    return _alias(kept_measure, _named(says.to)) if is_alias else kept_measure


def _named(to: str | None) -> str:
    return f"${{{to}}}"


def _alias(measure: lookml.Measure, sql: str) -> lookml.Measure:
    """A measure that is another: nothing is added up twice."""
    return lookml.Measure(
        measure.name,
        hidden=True,
        type="number",
        label=measure.label,
        view_label=measure.view_label,
        group_label=measure.group_label,
        group_item_label=measure.group_item_label,
        description=measure.description,
        sql=sql,
        html=measure.html,
        links=measure.links,
        value_format=measure.value_format,
        value_format_name=measure.value_format_name,
        can_filter=measure.can_filter,
        required_access_grants=measure.required_access_grants,
        tags=measure.tags,
    )
