"""A table as BigQuery's `tables.get` describes it: for the few that the statement lacks."""

from collections.abc import Iterable, Mapping
from typing import Any

from generator.facts.catalog import (
    Column,
    DataType,
    Kind,
    Mode,
    Partitioning,
    Relation,
    RelationName,
)
from generator.sources.bigquery_rows import moment, references

MALFORMED = (ValueError, TypeError, KeyError, AttributeError)
"""What an answer raises that is none."""

_DAY = 86_400_000


def relation_of(name: RelationName, said: Mapping[str, Any]) -> Relation:
    """The relation that an answer describes. Raises one of MALFORMED."""
    kind = Kind(said.get("type", "TABLE"))
    view = said.get("view") or said.get("materializedView") or {}
    keys = said.get("tableConstraints", {}).get("primaryKey", {}).get("columns", ())
    changed = said.get("lastModifiedTime")
    return Relation(
        name=name,
        kind=kind,
        columns=_columns(said.get("schema", {}).get("fields", ())),
        description=said.get("description"),
        partitioning=_partitioning(said),
        clustering=tuple(said.get("clustering", {}).get("fields", ())),
        reads_from=references(name, view.get("query")),
        primary_key=tuple(keys),
        labels=dict(said.get("labels", {})),
        bytes=_number(said, "numBytes", kind),
        last_modified=moment(int(changed)) if changed and kind is Kind.TABLE else None,
        rows=_number(said, "numRows", kind),
    )


def _number(said: Mapping[str, Any], key: str, kind: Kind) -> int | None:
    return int(said[key]) if key in said and kind is Kind.TABLE else None


def _columns(fields: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    return tuple(
        Column(
            field["name"],
            DataType(field["type"]),
            Mode(field.get("mode", "NULLABLE")),
            field.get("description"),
            _columns(field.get("fields", ())),
        )
        for field in fields
    )


def _partitioning(said: Mapping[str, Any]) -> Partitioning | None:
    required = bool(said.get("requirePartitionFilter", False))
    if "rangePartitioning" in said:
        return Partitioning(said["rangePartitioning"]["field"], "range", None, required)
    time = said.get("timePartitioning")
    if time is None:
        return None
    kept = time.get("expirationMs")
    days = int(kept) / _DAY if kept else None
    required = required or bool(time.get("requirePartitionFilter", False))
    return Partitioning(time.get("field"), "time", time.get("type", "DAY").lower(), required, days)
