-- What the other files stand on: the settings, the dice, and the tables that say what DuckDB cannot.

SET TimeZone = 'UTC';  -- a cast from DATE to TIMESTAMPTZ uses the session's zone

-- The dice. A number in [0, 1) that depends on its two arguments alone: the same on every run, with
-- any number of threads. md5, because DuckDB's own hash() may change from one version to the next.
CREATE TEMP MACRO roll(salt, "key") AS
  (md5_number_lower(concat_ws(':', salt, "key")) >> 11)::DOUBLE / 9007199254740992::DOUBLE;

-- The early items far more often than the late ones: of 16, the first gets 40 %, the second 10 %.
CREATE TEMP MACRO skewed(items, dice) AS items[1 + floor(len(items) * dice * dice * dice)::BIGINT];

CREATE TEMP MACRO identity_of(text) AS md5(text)::UUID::VARCHAR;

CREATE TEMP MACRO moment(day, dice) AS (day + to_seconds(floor(dice * 86400)::BIGINT))::TIMESTAMPTZ;

CREATE TEMP TABLE dates AS
SELECT unnest(generate_series(DATE '2026-06-01', DATE '2026-07-30', INTERVAL 1 DAY))::DATE AS day;

CREATE SCHEMA lookml_gen;

CREATE TABLE lookml_gen.relations (
  table_schema VARCHAR,
  table_name VARCHAR,
  description VARCHAR,
  partition_kind VARCHAR,  -- time or range
  partition_field VARCHAR,
  partition_type VARCHAR,  -- day, month ...
  require_partition_filter BOOLEAN,
  clustering VARCHAR[],
  labels MAP(VARCHAR, VARCHAR),
  owners VARCHAR[]
);

CREATE TABLE lookml_gen.fields (
  table_schema VARCHAR,
  table_name VARCHAR,
  field_path VARCHAR,  -- dotted, as in INFORMATION_SCHEMA.COLUMN_FIELD_PATHS
  description VARCHAR,
  data_type VARCHAR  -- BigQuery's type where DuckDB's says too little
);
