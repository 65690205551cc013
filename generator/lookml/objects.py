"""The objects of LookML, as far as we write them.

A parameter is one line here and nothing elsewhere. Source of the names and their order of use:
https://cloud.google.com/looker/docs/reference/param-quick-reference
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, TypeAlias

from msgspec import Struct

from generator.lookml.syntax import (
    Expression,
    Flag,
    Pairs,
    Text,
    Texts,
    Word,
    Words,
    block,
    blocks,
    each_text,
    text,
    word,
)


class Link(Struct, frozen=True):
    """Where a value leads to."""

    keyword: ClassVar[str] = "link"
    label: Text = None
    url: Text = None
    icon_url: Text = None


class When(Struct, frozen=True):
    """A condition on a row, and what the dimension then says."""

    keyword: ClassVar[str] = "when"
    sql: Expression = None
    label: Text = None


class Case(Struct, frozen=True):
    """What a dimension says: the label of the first condition that holds."""

    keyword: ClassVar[str] = "case"
    whens: Annotated[tuple[When, ...], blocks("when")] = ()
    otherwise: Annotated[str | None, text("else")] = None


class Dimension(Struct, frozen=True):
    """A column or an expression of one row."""

    keyword: ClassVar[str] = "dimension"
    name: str
    primary_key: Flag = None
    hidden: Flag = None
    type: Word = None
    label: Text = None
    view_label: Text = None
    group_label: Text = None
    group_item_label: Text = None
    description: Text = None
    convert_tz: Flag = None
    datatype: Word = None
    sql: Expression = None
    html: Expression = None
    case: Annotated[Case | None, block("case")] = None
    links: Annotated[tuple[Link, ...], blocks("link")] = ()
    map_layer_name: Word = None
    value_format: Text = None
    value_format_name: Word = None
    tiers: Words = ()
    style: Word = None
    alias: Words = ()
    can_filter: Flag = None
    case_sensitive: Flag = None
    suggestable: Flag = None
    suggest_persist_for: Text = None
    suggestions: Texts = ()
    suggest_explore: Word = None
    suggest_dimension: Word = None
    drill_fields: Words = ()
    required_access_grants: Words = ()
    tags: Texts = ()


class DimensionGroup(Struct, frozen=True):
    """A date or time in several timeframes: one field per timeframe, `<name>_<timeframe>`."""

    keyword: ClassVar[str] = "dimension_group"
    name: str
    hidden: Flag = None
    type: Word = None
    label: Text = None
    view_label: Text = None
    group_label: Text = None
    description: Text = None
    timeframes: Words = ()
    intervals: Words = ()
    convert_tz: Flag = None
    datatype: Word = None
    sql: Expression = None
    sql_start: Expression = None
    sql_end: Expression = None
    can_filter: Flag = None
    drill_fields: Words = ()
    required_access_grants: Words = ()
    tags: Texts = ()


class Measure(Struct, frozen=True):
    """An aggregate over rows."""

    keyword: ClassVar[str] = "measure"
    name: str
    hidden: Flag = None
    type: Word = None
    label: Text = None
    view_label: Text = None
    group_label: Text = None
    group_item_label: Text = None
    description: Text = None
    sql: Expression = None
    sql_distinct_key: Expression = None
    html: Expression = None
    links: Annotated[tuple[Link, ...], blocks("link")] = ()
    filters: Pairs = ()
    percentile: Word = None
    precision: Word = None
    approximate: Flag = None
    approximate_threshold: Word = None
    based_on: Word = None
    based_on_time: Word = None
    period: Word = None
    kind: Word = None
    value_to_date: Flag = None
    value_format: Text = None
    value_format_name: Word = None
    direction: Word = None
    can_filter: Flag = None
    drill_fields: Words = ()
    required_access_grants: Words = ()
    required_fields: Words = ()
    tags: Texts = ()


class Filter(Struct, frozen=True):
    """A filter-only field."""

    keyword: ClassVar[str] = "filter"
    name: str
    hidden: Flag = None
    type: Word = None
    label: Text = None
    description: Text = None
    sql: Expression = None
    default_value: Text = None
    suggestions: Texts = ()


class AllowedValue(Struct, frozen=True):
    """One choice of a parameter."""

    keyword: ClassVar[str] = "allowed_value"
    label: Text = None
    value: Text = None


class Parameter(Struct, frozen=True):
    """A choice that the reader makes and SQL reads through Liquid."""

    keyword: ClassVar[str] = "parameter"
    name: str
    hidden: Flag = None
    type: Word = None
    label: Text = None
    description: Text = None
    default_value: Text = None
    allowed_values: Annotated[tuple[AllowedValue, ...], blocks("allowed_value")] = ()


class Set(Struct, frozen=True):
    """Fields under one name, for drilling and for explores."""

    keyword: ClassVar[str] = "set"
    name: str
    fields: Words = ()


class DerivedTable(Struct, frozen=True):
    """A query in the place of a table."""

    keyword: ClassVar[str] = "derived_table"
    sql: Expression = None


Field: TypeAlias = Dimension | DimensionGroup | Measure | Filter | Parameter


class View(Struct, frozen=True):
    """A table, or an array of one, with its fields."""

    keyword: ClassVar[str] = "view"
    name: str
    label: Text = None
    extends: Words = ()
    sql_table_name: Expression = None
    derived_table: Annotated[DerivedTable | None, block("derived_table")] = None
    parameters: Annotated[tuple[Parameter, ...], blocks("parameter")] = ()
    filters: Annotated[tuple[Filter, ...], blocks("filter")] = ()
    dimensions: Annotated[tuple[Dimension, ...], blocks("dimension")] = ()
    dimension_groups: Annotated[tuple[DimensionGroup, ...], blocks("dimension_group")] = ()
    measures: Annotated[tuple[Measure, ...], blocks("measure")] = ()
    sets: Annotated[tuple[Set, ...], blocks("set")] = ()

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


class Join(Struct, frozen=True):
    """Another view beside the base view of an explore."""

    keyword: ClassVar[str] = "join"
    name: str
    view_label: Text = None
    relationship: Word = None
    type: Word = None
    sql: Expression = None
    sql_on: Expression = None
    from_view: Annotated[str | None, word("from")] = None
    fields: Words = ()


class AlwaysFilter(Struct, frozen=True):
    """Filters that a query starts with; a person changes the value, never removes the filter."""

    keyword: ClassVar[str] = "always_filter"
    filters: Pairs = ()


class AggregateQuery(Struct, frozen=True):
    """What an aggregate table holds: the rows of this query."""

    keyword: ClassVar[str] = "query"
    dimensions: Words = ()
    measures: Words = ()
    filters: Pairs = ()


class Materialization(Struct, frozen=True):
    """When an aggregate table is built anew."""

    keyword: ClassVar[str] = "materialization"
    datagroup_trigger: Word = None
    sql_trigger_value: Expression = None
    partition_keys: Texts = ()
    cluster_keys: Texts = ()


class AggregateTable(Struct, frozen=True):
    """A query that Looker keeps as a table, and reads in place of the base table where it can."""

    keyword: ClassVar[str] = "aggregate_table"
    name: str
    query: Annotated[AggregateQuery | None, block("query")] = None
    materialization: Annotated[Materialization | None, block("materialization")] = None


class Explore(Struct, frozen=True):
    """What a person queries: a base view and its joins."""

    keyword: ClassVar[str] = "explore"
    name: str
    label: Text = None
    description: Text = None
    hidden: Flag = None
    view_name: Word = None
    fields: Words = ()
    persist_with: Word = None
    sql_always_where: Expression = None
    always_filter: Annotated[AlwaysFilter | None, block("always_filter")] = None
    joins: Annotated[tuple[Join, ...], blocks("join")] = ()
    aggregate_tables: Annotated[tuple[AggregateTable, ...], blocks("aggregate_table")] = ()
    from_view: Annotated[str | None, word("from")] = None
    extends: Words = ()


class Datagroup(Struct, frozen=True):
    """When cached results expire."""

    keyword: ClassVar[str] = "datagroup"
    name: str
    label: Text = None
    description: Text = None
    max_cache_age: Text = None
    interval_trigger: Text = None
    sql_trigger: Expression = None


class Model(Struct, frozen=True):
    """A file that makes explores of its includes: its connection, and its name for people."""

    keyword: ClassVar[str] = "model"
    connection: Text = None
    label: Text = None
    includes: Annotated[tuple[str, ...], each_text("include")] = ()


class Document(Struct, frozen=True):
    """A LookML file."""

    keyword: ClassVar[str] = "document"
    includes: Annotated[tuple[str, ...], each_text("include")] = ()
    datagroups: Annotated[tuple[Datagroup, ...], blocks("datagroup")] = ()
    views: Annotated[tuple[View, ...], blocks("view")] = ()
    explores: Annotated[tuple[Explore, ...], blocks("explore")] = ()

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
