"""The statements that ask BigQuery for what it knows of the tables of datasets or of a region.

One asks for all of a dataset or region. Each table has a digest of what is said of it. Who names
the digests that he knows gets no more of those tables than their sizes, so that a run over an
unchanged warehouse transfers next to nothing.

Another asks of many datasets at once only what tells whether anything changed: a mark for each
table, which is another one when the digest could be.
"""

from collections.abc import Iterable

Place = tuple[str, str]
"""A project, and a dataset of it or its part of a region, as `region-eu`; both are plain words."""

VIEWS = 5
"""The views of INFORMATION_SCHEMA that the statement reads."""

_STATEMENT = r"""
WITH column_lists AS (
  SELECT
    table_schema,
    table_name,
    ARRAY_AGG(STRUCT(
      column_name AS name,
      data_type AS type,
      is_nullable AS nullable,
      is_hidden AS hidden,
      is_partitioning_column AS partitioning,
      clustering_ordinal_position AS clustering
    ) ORDER BY ordinal_position, column_name) AS columns
  FROM {place}.COLUMNS
  GROUP BY table_schema, table_name
), description_lists AS (
  SELECT
    table_schema,
    table_name,
    ARRAY_AGG(
      STRUCT(field_path AS path, description AS text) ORDER BY field_path
    ) AS descriptions
  FROM {place}.COLUMN_FIELD_PATHS
  WHERE description != ''
  GROUP BY table_schema, table_name
), option_lists AS (
  SELECT
    table_schema,
    table_name,
    ARRAY_AGG(
      STRUCT(option_name AS name, option_value AS value) ORDER BY option_name
    ) AS options
  FROM {place}.TABLE_OPTIONS
  WHERE option_name IN (
    'description', 'labels', 'require_partition_filter', 'partition_expiration_days'
  )
  GROUP BY table_schema, table_name
), storage AS ({storage}), described AS (
  SELECT
    table_schema,
    table_name,
    row_count,
    size_bytes,
    changed_ms,
    {mark} AS mark,
    TO_JSON_STRING(STRUCT(
      table_type AS type,
      IF(table_type = 'MATERIALIZED VIEW', ddl, view_definition) AS view_sql,
      IF(
        table_type = 'BASE TABLE', REGEXP_EXTRACT(ddl, r'\nPARTITION BY ([^\n]+)'), NULL
      ) AS partition_by,
      IF(
        table_type = 'BASE TABLE', REGEXP_EXTRACT(ddl, r'\n *PRIMARY KEY *\(([^)]*)\)'), NULL
      ) AS primary_key,
      columns AS columns,
      descriptions AS descriptions,
      options AS options
    )) AS details
  FROM {place}.TABLES
  LEFT JOIN {place}.VIEWS USING (table_schema, table_name)
  LEFT JOIN column_lists USING (table_schema, table_name)
  LEFT JOIN description_lists USING (table_schema, table_name)
  LEFT JOIN option_lists USING (table_schema, table_name)
  LEFT JOIN storage USING (table_schema, table_name)
), digested AS (
  SELECT
    *,
    SUBSTR(TO_HEX(MD5(CONCAT(table_schema, '.', table_name, ' ', details))), 1, 20) AS digest
  FROM described
)
SELECT
  table_schema,
  table_name,
  digest,
  mark,
  row_count,
  size_bytes,
  changed_ms,
  IF(digest IN (SELECT one FROM UNNEST(@known) AS one), NULL, details) AS details
FROM digested
"""
_OF_DATASET = """
  SELECT
    dataset_id AS table_schema,
    table_id AS table_name,
    row_count,
    size_bytes,
    last_modified_time AS changed_ms
  FROM {dataset}.__TABLES__
"""
_OF_REGION = """
  SELECT
    table_schema,
    table_name,
    MAX(total_rows) AS row_count,
    MAX(total_logical_bytes) AS size_bytes,
    UNIX_MILLIS(MAX(storage_last_modified_time)) AS changed_ms
  FROM {place}.TABLE_STORAGE
  WHERE NOT deleted
  GROUP BY table_schema, table_name
"""
_UNKNOWN = """
  SELECT
    table_schema,
    table_name,
    CAST(NULL AS INT64) AS row_count,
    CAST(NULL AS INT64) AS size_bytes,
    CAST(NULL AS INT64) AS changed_ms
  FROM {place}.TABLES
"""
# A table's own text says all that we want to know of it. A view can be made anew with the same text
# and other columns; then, and when it is described anew, its time changes.
_MARK = """IF(table_type != 'BASE TABLE' AND changed_ms IS NULL, NULL, SUBSTR(TO_HEX(MD5(
      TO_JSON_STRING(STRUCT(
        table_schema AS dataset,
        table_name AS name,
        table_type AS type,
        ddl AS ddl,
        IF(table_type = 'BASE TABLE', NULL, creation_time) AS made,
        IF(table_type = 'BASE TABLE', NULL, changed_ms) AS changed
      ))
    )), 1, 20))"""
_MARKED = """
WITH listed AS ({listed})
SELECT
  project,
  table_schema,
  table_name,
  {mark} AS mark,
  row_count,
  size_bytes,
  changed_ms
FROM listed
"""
_LISTED = """
  SELECT
    '{project}' AS project,
    table_schema,
    table_name,
    table_type,
    ddl,
    creation_time,
    row_count,
    size_bytes,
    changed_ms
  FROM {place}.TABLES
  LEFT JOIN ({storage}) AS storage USING (table_schema, table_name)
"""
MARKED_VIEWS = 2
"""The views that are read of each dataset to mark its tables."""
STORAGE = ("__TABLES__", "TABLE_STORAGE")
"""What tells of sizes and changes; not everyone who may see columns may see these."""


def statement(project: str, place: str, *, sized: bool = True) -> str:
    """The statement for a place. Unless it is `sized`, without sizes and times of change."""
    dataset, schema = _names(project, place)
    storage = _OF_REGION if place.startswith("region-") else _OF_DATASET
    told = (storage if sized else _UNKNOWN).format(dataset=dataset, place=schema)
    return _STATEMENT.format(place=schema, storage=told, mark=_MARK)


def statements(places: Iterable[Place]) -> str:
    """The statements for several places in one; the project stands before the columns of each."""
    asked = (
        f"SELECT '{project}' AS project, * FROM ({statement(project, place)})"  # noqa: S608
        for project, place in places
    )
    return "\nUNION ALL\n".join(asked)


def marks(places: Iterable[Place]) -> str:
    """The statement for the marks of all tables of several datasets."""
    return _MARKED.format(listed="  UNION ALL".join(map(_listed, places)), mark=_MARK)


def _listed(place: Place) -> str:
    dataset, schema = _names(*place)
    storage = _OF_DATASET.format(dataset=dataset)
    return _LISTED.format(project=place[0], place=schema, storage=storage)


def _names(project: str, place: str) -> tuple[str, str]:
    """A dataset or region, and its schema, as identifiers."""
    dataset = f"`{project}`.`{place}`"
    return dataset, f"{dataset}.INFORMATION_SCHEMA"
