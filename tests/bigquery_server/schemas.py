"""The rows of INFORMATION_SCHEMA, and the resources of the API, of the relations of a catalog."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from generator.facts.catalog import Column, DataType, Kind, Mode, Relation

Rows = Iterator[dict[str, Any]]

TYPES = {
    Kind.TABLE: "BASE TABLE",
    Kind.VIEW: "VIEW",
    Kind.MATERIALIZED_VIEW: "MATERIALIZED VIEW",
    Kind.EXTERNAL: "EXTERNAL",
    Kind.SNAPSHOT: "SNAPSHOT",
}
API_TYPES = {DataType.INT64: "INTEGER", DataType.FLOAT64: "FLOAT", DataType.BOOL: "BOOLEAN"} | {
    DataType.STRUCT: "RECORD"
}


def type_text(column: Column) -> str:
    """A type as SQL writes it."""
    inner = ", ".join(f"{field.name} {type_text(field)}" for field in column.fields)
    written = f"STRUCT<{inner}>" if column.type is DataType.STRUCT else str(column.type)
    return f"ARRAY<{written}>" if column.repeated else written


def literal(value: str) -> str:
    """A text as SQL writes it; JSON's escapes are among BigQuery's."""
    return json.dumps(value, ensure_ascii=False)


def view_sql(relation: Relation, written: Mapping[str, str]) -> str:
    """The query of a view: as written, or one that reads what the relation reads from."""
    tables = ", ".join(f"`{name}`" for name in relation.reads_from) or "UNNEST([1])"
    return written.get(str(relation.name)) or f"SELECT * FROM {tables}"  # noqa: S608


def _typed(column: Column) -> str:
    """A column or field with its type, in which the fields of records are described too."""
    inner = ", ".join(map(_defined, column.fields))
    written = f"STRUCT<{inner}>" if column.type is DataType.STRUCT else str(column.type)
    written = f"ARRAY<{written}>" if column.repeated else written
    return f"{column.name} {written}{' NOT NULL' if column.mode is Mode.REQUIRED else ''}"


def _defined(column: Column) -> str:
    said = column.description
    return f"{_typed(column)} OPTIONS(description={literal(said)})" if said else _typed(column)


def ddl(relation: Relation) -> str:
    """The statement that would make a table: all that is known of it."""
    lines = [f"  {_defined(column)}" for column in relation.columns]
    if relation.primary_key:
        lines.append(f"  PRIMARY KEY ({', '.join(relation.primary_key)}) NOT ENFORCED")
    text = f"CREATE TABLE `{relation.name}`\n(\n" + ",\n".join(lines) + "\n)"
    cut = relation.partitioning
    if cut and cut.kind == "range":
        text += f"\nPARTITION BY RANGE_BUCKET({cut.field}, GENERATE_ARRAY(0, 100, 1))"
    elif cut:
        text += f"\nPARTITION BY {_truncated(relation)}"
    if relation.clustering:
        text += f"\nCLUSTER BY {', '.join(relation.clustering)}"
    told = [f"{row['option_name']}={row['option_value']}" for row in options(relation, {})]
    return f"{text}\nOPTIONS({', '.join(told)});" if told else f"{text};"


def created(relation: Relation) -> int:
    """When it was made, in milliseconds: other columns of a view mean that it was made anew."""
    said = repr((relation.columns, relation.description, sorted(relation.labels.items())))
    return FIRST + zlib.crc32(said.encode())


FIRST = 1_600_000_000_000
"""A moment long ago."""


def _truncated(relation: Relation) -> str:
    cut = relation.partitioning
    grain = ((cut and cut.type) or "day").upper()
    name = (cut and cut.field) or "_PARTITIONTIME"
    type_ = next((one.type for one in relation.columns if one.name == name), DataType.TIMESTAMP)
    if grain == "DAY":
        return name if type_ is DataType.DATE else f"DATE({name})"
    return f"{type_}_TRUNC({name}, {grain})"


def tables(relation: Relation, views: Mapping[str, str]) -> Rows:
    """The row of TABLES."""
    view = relation.kind in (Kind.VIEW, Kind.MATERIALIZED_VIEW)
    made = f"CREATE {relation.kind} `{relation.name}`\nAS {view_sql(relation, views)};"
    yield {
        "table_type": TYPES[relation.kind],
        "ddl": made.replace("MATERIALIZED_", "MATERIALIZED ") if view else ddl(relation),
        "creation_time": _moment(created(relation)),
    }


def views(relation: Relation, views: Mapping[str, str]) -> Rows:
    """The row of VIEWS."""
    if relation.kind is Kind.VIEW:
        yield {"view_definition": view_sql(relation, views), "use_standard_sql": "YES"}


def columns(relation: Relation, _: Mapping[str, str]) -> Rows:
    """The rows of COLUMNS; the time of loading is a hidden one."""
    cut = relation.partitioning.field if relation.partitioning else None
    keys = {name: place for place, name in enumerate(relation.clustering, start=1)}
    for place, column in enumerate(relation.columns, start=1):
        yield {
            "column_name": column.name,
            "ordinal_position": place,
            "is_nullable": "NO" if column.mode is Mode.REQUIRED else "YES",
            "data_type": type_text(column),
            "is_hidden": "NO",
            "is_partitioning_column": "YES" if column.name == cut else "NO",
            "clustering_ordinal_position": keys.get(column.name),
        }
    if relation.partitioning and cut is None:
        yield {
            "column_name": "_PARTITIONTIME",
            "is_nullable": "YES",
            "data_type": "TIMESTAMP",
            "is_hidden": "YES",
            "is_partitioning_column": "YES",
        }


def paths(relation: Relation, _: Mapping[str, str]) -> Rows:
    """The rows of COLUMN_FIELD_PATHS."""
    for column in relation.columns:
        yield from _paths(column, column.name, column.name)


def _paths(column: Column, root: str, path: str) -> Rows:
    yield {
        "column_name": root,
        "field_path": path,
        "data_type": type_text(column),
        "description": column.description,
    }
    for below in column.fields:
        yield from _paths(below, root, f"{path}.{below.name}")


def options(relation: Relation, _: Mapping[str, str]) -> Rows:
    """The rows of TABLE_OPTIONS: only what is set."""
    cut = relation.partitioning
    labels = (f"STRUCT({literal(key)}, {literal(text)})" for key, text in relation.labels.items())
    said = {
        "description": literal(relation.description) if relation.description else None,
        "labels": f"[{', '.join(labels)}]" if relation.labels else None,
        "require_partition_filter": "true" if cut and cut.require_partition_filter else None,
        "partition_expiration_days": str(cut.expiration_days)
        if cut and cut.expiration_days
        else None,
    }
    for name, value in said.items():
        if value is not None:
            yield {"option_name": name, "option_value": value}


def sizes(relation: Relation, _: Mapping[str, str]) -> Rows:
    """The row of `__TABLES__`, which lists views too."""
    yield {
        "dataset_id": relation.name.dataset,
        "table_id": relation.name.table,
        "row_count": relation.rows,
        "size_bytes": relation.bytes,
        "last_modified_time": milliseconds(relation.last_modified) or _changed(relation),
    }


def _changed(relation: Relation) -> int | None:
    """The time of a view, which nobody says; a table of unknown age stays one."""
    return None if relation.kind is Kind.TABLE else created(relation)


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat()


def storage(relation: Relation, _: Mapping[str, str]) -> Rows:
    """The row of TABLE_STORAGE: only what stores something."""
    if relation.kind is Kind.TABLE:
        yield {
            "total_rows": relation.rows,
            "total_logical_bytes": relation.bytes,
            "storage_last_modified_time": relation.last_modified,
            "deleted": False,
        }


def milliseconds(moment: str | None) -> int | None:
    """A time as `__TABLES__` and `tables.get` say it."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000) if moment else None


VIEWS: Mapping[str, tuple[Callable[[Relation, Mapping[str, str]], Rows], tuple[str, ...]]] = {
    "TABLES": (tables, ("table_type", "ddl", "creation_time")),
    "VIEWS": (views, ("view_definition", "use_standard_sql")),
    "COLUMNS": (
        columns,
        (
            *("column_name", "ordinal_position", "is_nullable", "data_type", "is_hidden"),
            *("is_partitioning_column", "clustering_ordinal_position"),
        ),
    ),
    "COLUMN_FIELD_PATHS": (paths, ("column_name", "field_path", "data_type", "description")),
    "TABLE_OPTIONS": (options, ("option_name", "option_value")),
    "TABLE_STORAGE": (
        storage,
        ("total_rows", "total_logical_bytes", "storage_last_modified_time", "deleted"),
    ),
    "__TABLES__": (
        sizes,
        ("dataset_id", "table_id", "row_count", "size_bytes", "last_modified_time"),
    ),
}
"""What each view of INFORMATION_SCHEMA says of a relation, and its columns."""

TYPES_OF = {
    **dict.fromkeys(("ordinal_position", "clustering_ordinal_position"), "BIGINT"),
    **dict.fromkeys(("row_count", "size_bytes", "last_modified_time"), "BIGINT"),
    **dict.fromkeys(("total_rows", "total_logical_bytes"), "BIGINT"),
    **dict.fromkeys(("storage_last_modified_time", "creation_time"), "TIMESTAMPTZ"),
    "deleted": "BOOLEAN",
}
"""The types of the columns that are no texts."""
NAMES = ("table_catalog", "table_schema", "table_name")


def rows(view: str, relations: Iterable[Relation], written: Mapping[str, str]) -> Rows:
    """The rows of a view of INFORMATION_SCHEMA."""
    make, _ = VIEWS[view]
    for relation in relations:
        head = dict(zip(NAMES, relation.name, strict=True))
        for row in make(relation, written):
            yield {**head, **row}


def table_resource(relation: Relation, written: Mapping[str, str]) -> dict[str, Any]:
    """What `tables.get` says."""
    said: dict[str, Any] = {
        "kind": "bigquery#table",
        "tableReference": reference(relation),
        "type": relation.kind.value,
        "schema": {"fields": [_field(column) for column in relation.columns]},
        "description": relation.description,
        "labels": dict(relation.labels) or None,
        "clustering": {"fields": list(relation.clustering)} if relation.clustering else None,
        "numBytes": str(relation.bytes or 0),
        "lastModifiedTime": str(milliseconds(relation.last_modified) or 1_700_000_000_000),
    }
    if relation.kind is Kind.VIEW:
        said["view"] = {"query": view_sql(relation, written), "useLegacySql": False}
    if relation.primary_key:
        said["tableConstraints"] = {"primaryKey": {"columns": list(relation.primary_key)}}
    return {key: value for key, value in {**said, **_cut(relation)}.items() if value is not None}


def _cut(relation: Relation) -> dict[str, Any]:
    cut = relation.partitioning
    if cut is None:
        return {}
    required = {"requirePartitionFilter": cut.require_partition_filter}
    if cut.kind == "range":
        return {"rangePartitioning": {"field": cut.field}, **required}
    days = cut.expiration_days
    time = {"type": (cut.type or "day").upper(), "field": cut.field}
    kept = {"expirationMs": str(int(days * 86_400_000))} if days else {}
    return {"timePartitioning": {**time, **kept}, **required}


def reference(relation: Relation) -> dict[str, str]:
    """A name as the API writes it."""
    return dict(zip(("projectId", "datasetId", "tableId"), relation.name, strict=True))


def _field(column: Column) -> dict[str, Any]:
    said = {
        "name": column.name,
        "type": API_TYPES.get(column.type, column.type.value),
        "mode": column.mode.value,
        "description": column.description,
        "fields": [_field(field) for field in column.fields] or None,
    }
    return {key: value for key, value in said.items() if value is not None}
