"""The objects of LookML, as far as we write them.

A parameter is one line here and nothing elsewhere. Source of the names and their order of use:
https://cloud.google.com/looker/docs/reference/param-quick-reference
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from generator.lookml.syntax import (
    block,
    blocks,
    each_text,
    expression,
    flag,
    pairs,
    text,
    texts,
    word,
    words,
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a value leads to."""

    keyword: ClassVar[str] = "link"
    label: str | None = text()
    url: str | None = text()
    icon_url: str | None = text()


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a row, and what the dimension then says."""

    keyword: ClassVar[str] = "when"
    sql: str | None = expression()
    label: str | None = text()


@dataclass(frozen=True, slots=True)
class Case:
    """What a dimension says: the label of the first condition that holds."""

    keyword: ClassVar[str] = "case"
    whens: tuple[When, ...] = blocks("when")
    otherwise: str | None = text("else")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column or an expression of one row."""

    keyword: ClassVar[str] = "dimension"
    name: str
    primary_key: bool | None = flag()
    hidden: bool | None = flag()
    type: str | None = word()
    label: str | None = text()
    view_label: str | None = text()
    group_label: str | None = text()
    group_item_label: str | None = text()
    description: str | None = text()
    convert_tz: bool | None = flag()
    datatype: str | None = word()
    sql: str | None = expression()
    html: str | None = expression()
    case: Case | None = block("case")  # noqa: RUF009 - makes a field
    links: tuple[Link, ...] = blocks("link")
    map_layer_name: str | None = word()
    value_format: str | None = text()
    value_format_name: str | None = word()
    tiers: tuple[str, ...] = words()
    style: str | None = word()
    alias: tuple[str, ...] = words()
    can_filter: bool | None = flag()
    case_sensitive: bool | None = flag()
    suggestable: bool | None = flag()
    suggest_persist_for: str | None = text()
    suggestions: tuple[str, ...] = texts()
    suggest_explore: str | None = word()
    suggest_dimension: str | None = word()
    drill_fields: tuple[str, ...] = words()
    required_access_grants: tuple[str, ...] = words()
    tags: tuple[str, ...] = texts()


@dataclass(frozen=True, slots=True)
class DimensionGroup:
    """A date or time in several timeframes: one field per timeframe, `<name>_<timeframe>`."""

    keyword: ClassVar[str] = "dimension_group"
    name: str
    hidden: bool | None = flag()
    type: str | None = word()
    label: str | None = text()
    view_label: str | None = text()
    group_label: str | None = text()
    description: str | None = text()
    timeframes: tuple[str, ...] = words()
    intervals: tuple[str, ...] = words()
    convert_tz: bool | None = flag()
    datatype: str | None = word()
    sql: str | None = expression()
    sql_start: str | None = expression()
    sql_end: str | None = expression()
    can_filter: bool | None = flag()
    drill_fields: tuple[str, ...] = words()
    required_access_grants: tuple[str, ...] = words()
    tags: tuple[str, ...] = texts()


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate over rows."""

    keyword: ClassVar[str] = "measure"
    name: str
    hidden: bool | None = flag()
    type: str | None = word()
    label: str | None = text()
    view_label: str | None = text()
    group_label: str | None = text()
    group_item_label: str | None = text()
    description: str | None = text()
    sql: str | None = expression()
    sql_distinct_key: str | None = expression()
    html: str | None = expression()
    links: tuple[Link, ...] = blocks("link")
    filters: tuple[tuple[str, str], ...] = pairs()
    percentile: str | None = word()
    precision: str | None = word()
    approximate: bool | None = flag()
    approximate_threshold: str | None = word()
    based_on: str | None = word()
    based_on_time: str | None = word()
    period: str | None = word()
    kind: str | None = word()
    value_to_date: bool | None = flag()
    value_format: str | None = text()
    value_format_name: str | None = word()
    direction: str | None = word()
    can_filter: bool | None = flag()
    drill_fields: tuple[str, ...] = words()
    required_access_grants: tuple[str, ...] = words()
    required_fields: tuple[str, ...] = words()
    tags: tuple[str, ...] = texts()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter-only field."""

    keyword: ClassVar[str] = "filter"
    name: str
    hidden: bool | None = flag()
    type: str | None = word()
    label: str | None = text()
    description: str | None = text()
    sql: str | None = expression()
    default_value: str | None = text()
    suggestions: tuple[str, ...] = texts()


@dataclass(frozen=True, slots=True)
class AllowedValue:
    """One choice of a parameter."""

    keyword: ClassVar[str] = "allowed_value"
    label: str | None = text()
    value: str | None = text()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A choice that the reader makes and SQL reads through Liquid."""

    keyword: ClassVar[str] = "parameter"
    name: str
    hidden: bool | None = flag()
    type: str | None = word()
    label: str | None = text()
    description: str | None = text()
    default_value: str | None = text()
    allowed_values: tuple[AllowedValue, ...] = blocks("allowed_value")


@dataclass(frozen=True, slots=True)
class Set:
    """Fields under one name, for drilling and for explores."""

    keyword: ClassVar[str] = "set"
    name: str
    fields: tuple[str, ...] = words()


@dataclass(frozen=True, slots=True)
class DerivedTable:
    """A query in the place of a table."""

    keyword: ClassVar[str] = "derived_table"
    sql: str | None = expression()


Field: TypeAlias = Dimension | DimensionGroup | Measure | Filter | Parameter


@dataclass(frozen=True, slots=True)
class View:
    """A table, or an array of one, with its fields."""

    keyword: ClassVar[str] = "view"
    name: str
    label: str | None = text()
    extends: tuple[str, ...] = words()
    sql_table_name: str | None = expression()
    derived_table: DerivedTable | None = block("derived_table")  # noqa: RUF009 - makes a field
    parameters: tuple[Parameter, ...] = blocks("parameter")
    filters: tuple[Filter, ...] = blocks("filter")
    dimensions: tuple[Dimension, ...] = blocks("dimension")
    dimension_groups: tuple[DimensionGroup, ...] = blocks("dimension_group")
    measures: tuple[Measure, ...] = blocks("measure")
    sets: tuple[Set, ...] = blocks("set")

    @property
    def fields(self) -> tuple[Field, ...]:
        """All its fields, in print order."""
        return (
            *self.parameters,
            *self.filters,
            *self.dimensions,
            *self.dimension_groups,
            *self.measures,
        )

    def names(self) -> Iterator[str]:
        """The name of every field, by which queries know it."""
        for field in self.fields:
            yield from field_names(field)


@dataclass(frozen=True, slots=True)
class Join:
    """Another view beside the base view of an explore."""

    keyword: ClassVar[str] = "join"
    name: str
    view_label: str | None = text()
    relationship: str | None = word()
    type: str | None = word()
    sql: str | None = expression()
    sql_on: str | None = expression()
    from_view: str | None = word("from")
    fields: tuple[str, ...] = words()


@dataclass(frozen=True, slots=True)
class AlwaysFilter:
    """Filters that a query starts with; a person changes the value, never removes the filter."""

    keyword: ClassVar[str] = "always_filter"
    filters: tuple[tuple[str, str], ...] = pairs()


@dataclass(frozen=True, slots=True)
class AggregateQuery:
    """What an aggregate table holds: the rows of this query."""

    keyword: ClassVar[str] = "query"
    dimensions: tuple[str, ...] = words()
    measures: tuple[str, ...] = words()
    filters: tuple[tuple[str, str], ...] = pairs()


@dataclass(frozen=True, slots=True)
class Materialization:
    """When an aggregate table is built anew."""

    keyword: ClassVar[str] = "materialization"
    datagroup_trigger: str | None = word()
    sql_trigger_value: str | None = expression()
    partition_keys: tuple[str, ...] = texts()
    cluster_keys: tuple[str, ...] = texts()


@dataclass(frozen=True, slots=True)
class AggregateTable:
    """A query that Looker keeps as a table, and reads in place of the base table where it can."""

    keyword: ClassVar[str] = "aggregate_table"
    name: str
    query: AggregateQuery | None = block("query")  # noqa: RUF009 - makes a field
    materialization: Materialization | None = block("materialization")  # noqa: RUF009 - likewise


@dataclass(frozen=True, slots=True)
class Explore:
    """What a person queries: a base view and its joins."""

    keyword: ClassVar[str] = "explore"
    name: str
    label: str | None = text()
    description: str | None = text()
    hidden: bool | None = flag()
    view_name: str | None = word()
    fields: tuple[str, ...] = words()
    persist_with: str | None = word()
    sql_always_where: str | None = expression()
    always_filter: AlwaysFilter | None = block("always_filter")  # noqa: RUF009 - makes a field
    joins: tuple[Join, ...] = blocks("join")
    aggregate_tables: tuple[AggregateTable, ...] = blocks("aggregate_table")
    from_view: str | None = word("from")
    extends: tuple[str, ...] = words()


@dataclass(frozen=True, slots=True)
class Datagroup:
    """When cached results expire."""

    keyword: ClassVar[str] = "datagroup"
    name: str
    label: str | None = text()
    description: str | None = text()
    max_cache_age: str | None = text()
    interval_trigger: str | None = text()
    sql_trigger: str | None = expression()


@dataclass(frozen=True, slots=True)
class Model:
    """A file that makes explores of its includes: its connection, and its name for people."""

    keyword: ClassVar[str] = "model"
    connection: str | None = text()
    label: str | None = text()
    includes: tuple[str, ...] = each_text("include")


@dataclass(frozen=True, slots=True)
class Document:
    """A LookML file."""

    keyword: ClassVar[str] = "document"
    includes: tuple[str, ...] = each_text("include")
    datagroups: tuple[Datagroup, ...] = blocks("datagroup")
    views: tuple[View, ...] = blocks("view")
    explores: tuple[Explore, ...] = blocks("explore")

    @property
    def objects(self) -> tuple["Datagroup | View | Explore", ...]:
        """All that the file defines, in print order."""
        return (*self.datagroups, *self.views, *self.explores)


def field_names(field: Field) -> tuple[str, ...]:
    """The names by which queries know a field: a group has one per timeframe or interval."""
    if isinstance(field, DimensionGroup):
        suffixes = field.timeframes or field.intervals
        return tuple(f"{field.name}_{suffix}" for suffix in suffixes)
    return (field.name,)
