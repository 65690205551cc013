"""A row of the catalog statement as a relation."""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

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

MALFORMED = (
    *(ValueError, TypeError, SqlglotError, RecursionError),
    *(msgspec.MsgspecError, zlib.error),
)
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
    """What the statement answers of one table.

    `details` are JSON, as bytes packed by zlib, and None if the statement was told the digest.
    `mark` is another one when the digest could be; None if nothing tells that but the digest.
    """

    dataset: str
    table: str
    digest: str
    mark: str | None
    rows: int | None
    size: int | None
    changed: int | None
    details: str | bytes | None


class Marked(NamedTuple):
    """What is said of one table to tell whether its details are those that are known."""

    project: str
    dataset: str
    table: str
    mark: str | None
    rows: int | None
    size: int | None
    changed: int | None


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


class Details(msgspec.Struct):
    """All that does not change with the rows of a table."""

    type: str
    view_sql: str | None = None
    partition_by: str | None = None
    primary_key: str | None = None
    columns: list[ColumnRow] | None = None
    descriptions: list[DescriptionRow] | None = None
    options: list[OptionRow] | None = None


def details_of(row: Row) -> Details:
    """The details of a row. Raises one of MALFORMED."""
    packed = isinstance(row.details, bytes)
    text = zlib.decompress(row.details) if packed else row.details  # type: ignore[arg-type]
    return msgspec.json.decode(text or b"", type=Details)


def relation_of(project: str, row: Row) -> Relation:
    """The relation of a row. Raises one of MALFORMED."""
    name = RelationName(project, row.dataset, row.table)
    said = details_of(row)
    columns = said.columns or []
    kind = KINDS.get(said.type, Kind.TABLE)
    options = {option.name: option.value for option in said.options or ()}
    is_table = kind is Kind.TABLE
    return Relation(
        name=name,
        kind=kind,
        columns=_columns(columns, said.descriptions or ()),
        description=next(_texts(options.get("description")), None) or None,
        partitioning=_partitioning(columns, said.partition_by, options),
        clustering=_clustering(columns),
        reads_from=references(name, said.view_sql),
        primary_key=tuple(_words(said.primary_key)),
        labels=_labels(options.get("labels")),
        bytes=row.size if is_table else None,
        last_modified=moment(row.changed) if is_table and row.changed is not None else None,
        rows=row.rows if is_table else None,
    )


def moment(milliseconds: int) -> str:
    """A time of BigQuery's.

    >>> moment(1_700_000_000_000)
    '2023-11-14T22:13:20+00:00'
    """
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def references(name: RelationName, sql: str | None) -> tuple[RelationName, ...]:
    """The tables that a view reads, in full; what is no table of the catalog is left out."""
    found = tables_of(sql, "bigquery") if sql else []
    above = name[:2]
    return tuple(names_of(".".join((*above[: 3 - len(parts)], *parts)) for parts in found))


def _columns(
    columns: Iterable[ColumnRow], descriptions: Iterable[DescriptionRow]
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
