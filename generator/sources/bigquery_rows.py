"""A row of the catalog statement as a relation."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from generator.facts.catalog import (
    Column,
    DataType,
    Kind,
    Mode,
    Partitioning,
    Relation,
    RelationName,
)
from generator.sources.bigquery_types import column_of, described
from generator.sources.records import names_of
from generator.sources.view_tables import tables_of

MALFORMED = (ValueError, TypeError, SqlglotError, RecursionError)
"""What a row raises that says what no BigQuery says."""

KINDS = {
    "BASE TABLE": Kind.TABLE,
    "CLONE": Kind.TABLE,
    "VIEW": Kind.VIEW,
    "MATERIALIZED VIEW": Kind.MATERIALIZED_VIEW,
    "EXTERNAL": Kind.EXTERNAL,
    "SNAPSHOT": Kind.SNAPSHOT,
}
_GRAIN = re.compile(r"\b(HOUR|DAY|MONTH|YEAR)\s*\)")


class Row(NamedTuple):
    """What the statement answers of one table; the lists are JSON."""

    dataset: str
    table: str
    type: str
    view_sql: str | None
    partition_by: str | None
    primary_key: str | None
    columns: str | None
    descriptions: str | None
    options: str | None


class ColumnRow(msgspec.Struct):
    """A column as `INFORMATION_SCHEMA.COLUMNS` has it."""

    name: str
    type: str
    nullable: str | None = "YES"
    hidden: str | None = "NO"
    partitioning: str | None = "NO"
    clustering: int | None = None


class DescriptionRow(msgspec.Struct):
    """The description of a column, or of a field by its path."""

    path: str
    text: str


class OptionRow(msgspec.Struct):
    """An option of a table; its value is a literal of SQL."""

    name: str
    value: str


Item = TypeVar("Item", ColumnRow, DescriptionRow, OptionRow)


def relation_of(project: str, row: Row) -> Relation:
    """The relation of a row. Raises one of MALFORMED."""
    name = RelationName(project, row.dataset, row.table)
    columns = _decoded(row.columns, ColumnRow)
    options = {option.name: option.value for option in _decoded(row.options, OptionRow)}
    return Relation(
        name=name,
        kind=KINDS.get(row.type, Kind.TABLE),
        columns=_columns(columns, _decoded(row.descriptions, DescriptionRow)),
        description=next(_texts(options.get("description")), None) or None,
        partitioning=_partitioning(columns, row.partition_by, options),
        clustering=_clustering(columns),
        reads_from=references(name, row.view_sql),
        primary_key=tuple(_words(row.primary_key)),
        labels=_labels(options.get("labels")),
    )


def references(name: RelationName, sql: str | None) -> tuple[RelationName, ...]:
    """The tables that a view reads, in full; what is no table of the catalog is left out."""
    found = tables_of(sql, "bigquery") if sql else []
    above = name[:2]
    return tuple(names_of(".".join((*above[: 3 - len(parts)], *parts)) for parts in found))


def _decoded(text: str | None, item: type[Item]) -> list[Item]:
    return msgspec.json.decode(text, type=list[item]) if text else []  # type: ignore[valid-type]


def _columns(
    columns: Iterable[ColumnRow], descriptions: Sequence[DescriptionRow]
) -> tuple[Column, ...]:
    said = {row.path: row.text for row in descriptions}
    roots = {path.partition(".")[0] for path in said}
    made = (
        column_of(row.name, row.type, Mode.REQUIRED if row.nullable == "NO" else Mode.NULLABLE)
        for row in columns
        if row.hidden != "YES"
    )
    return tuple(described(one, said) if one.name in roots else one for one in made)


def _partitioning(
    columns: Iterable[ColumnRow], written: str | None, options: Mapping[str, str]
) -> Partitioning | None:
    """By which column the table is cut: a hidden one is the time of loading, which has no name."""
    cut = next((row for row in columns if row.partitioning == "YES"), None)
    if cut is None and written is None:
        return None
    by_range = cut is not None and DataType(cut.type) is DataType.INT64
    grain = _GRAIN.search(written) if written else None
    days = options.get("partition_expiration_days")
    return Partitioning(
        field=cut.name if cut and cut.hidden != "YES" else None,
        kind="range" if by_range else "time",
        type=None if by_range or not written else grain[1].lower() if grain else "day",
        require_partition_filter=options.get("require_partition_filter", "false") == "true",
        expiration_days=float(days) if days else None,
    )


def _clustering(columns: Iterable[ColumnRow]) -> tuple[str, ...]:
    keys = sorted((row.clustering, row.name) for row in columns if row.clustering is not None)
    return tuple(name for _, name in keys)


def _words(text: str | None) -> Iterator[str]:
    return (word.strip().strip("`") for word in text.split(",")) if text else iter(())


def _labels(literal: str | None) -> dict[str, str]:
    """`[STRUCT("level", "gold"), …]`: texts in pairs."""
    texts = list(_texts(literal))
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _texts(literal: str | None) -> Iterator[str]:
    """The texts in a literal of SQL, in their order."""
    if literal:
        tree = sqlglot.parse_one(literal, dialect="bigquery")
        yield from (text.this for text in tree.find_all(exp.Literal) if text.is_string)
