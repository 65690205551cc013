"""The one statement that asks BigQuery for all it knows of the tables of a dataset or region."""

_STATEMENT = r"""
WITH column_lists AS (
  SELECT
    table_schema,
    table_name,
    TO_JSON_STRING(ARRAY_AGG(STRUCT(
      column_name AS name,
      data_type AS type,
      is_nullable AS nullable,
      is_hidden AS hidden,
      is_partitioning_column AS partitioning,
      clustering_ordinal_position AS clustering
    ) ORDER BY ordinal_position)) AS columns_json
  FROM {place}.COLUMNS
  GROUP BY table_schema, table_name
), description_lists AS (
  SELECT
    table_schema,
    table_name,
    TO_JSON_STRING(ARRAY_AGG(STRUCT(field_path AS path, description AS text))) AS descriptions_json
  FROM {place}.COLUMN_FIELD_PATHS
  WHERE description != ''
  GROUP BY table_schema, table_name
), option_lists AS (
  SELECT
    table_schema,
    table_name,
    TO_JSON_STRING(ARRAY_AGG(STRUCT(option_name AS name, option_value AS value))) AS options_json
  FROM {place}.TABLE_OPTIONS
  WHERE option_name IN (
    'description', 'labels', 'require_partition_filter', 'partition_expiration_days'
  )
  GROUP BY table_schema, table_name
)
SELECT
  table_schema,
  table_name,
  table_type,
  IF(table_type = 'MATERIALIZED VIEW', ddl, view_definition) AS view_sql,
  IF(
    table_type = 'BASE TABLE', REGEXP_EXTRACT(ddl, r'\nPARTITION BY ([^\n]+)'), NULL
  ) AS partition_by,
  IF(
    table_type = 'BASE TABLE', REGEXP_EXTRACT(ddl, r'\n *PRIMARY KEY *\(([^)]*)\)'), NULL
  ) AS primary_key,
  columns_json,
  descriptions_json,
  options_json
FROM {place}.TABLES
LEFT JOIN {place}.VIEWS USING (table_schema, table_name)
LEFT JOIN column_lists USING (table_schema, table_name)
LEFT JOIN description_lists USING (table_schema, table_name)
LEFT JOIN option_lists USING (table_schema, table_name)
"""


def statement(project: str, place: str) -> str:
    """The statement for a dataset, or for a region as `region-eu`; both are plain words."""
    return _STATEMENT.format(place=f"`{project}`.`{place}`.INFORMATION_SCHEMA")
