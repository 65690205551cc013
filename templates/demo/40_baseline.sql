-- The baseline ping: one a day from each active client of Lantern Desktop.

CREATE TEMP TABLE channels (channel VARCHAR, base_dataset VARCHAR);
INSERT INTO channels VALUES
  ('release', 'lantern_desktop_release_stable'),
  ('beta', 'lantern_desktop_beta_stable'),
  ('nightly', 'lantern_desktop_nightly_stable');

CREATE SCHEMA lantern_desktop;
CREATE SCHEMA lantern_desktop_release;
CREATE SCHEMA lantern_desktop_beta;
CREATE SCHEMA lantern_desktop_nightly;
CREATE SCHEMA lantern_desktop_release_stable;
CREATE SCHEMA lantern_desktop_beta_stable;
CREATE SCHEMA lantern_desktop_nightly_stable;

CREATE TEMP TABLE baseline AS
SELECT
  identity_of(day_key || 'baseline') AS document_id,
  submission_timestamp,
  channel AS normalized_channel,
  sample_id,
  client_info,
  ping_info,
  metadata,
  {
    'counter': {'uri_count': uri_count, 'tabs_opened': uri_count // if(second_rollout IS NULL, 4, 3)},
    'timespan': {'active_time': {'time_unit': 'second', 'value': floor(active_hours * 3600)::BIGINT}},
    'boolean': {'is_default_browser': is_default_browser}
  } AS metrics
FROM desktop_days;

CREATE TABLE lantern_desktop_release_stable.baseline_v1 AS FROM baseline WHERE normalized_channel = 'release';
CREATE TABLE lantern_desktop_beta_stable.baseline_v1 AS FROM baseline WHERE normalized_channel = 'beta';
CREATE TABLE lantern_desktop_nightly_stable.baseline_v1 AS FROM baseline WHERE normalized_channel = 'nightly';

CREATE VIEW lantern_desktop_release.baseline AS SELECT * FROM lantern_desktop_release_stable.baseline_v1;
CREATE VIEW lantern_desktop_beta.baseline AS SELECT * FROM lantern_desktop_beta_stable.baseline_v1;
CREATE VIEW lantern_desktop_nightly.baseline AS SELECT * FROM lantern_desktop_nightly_stable.baseline_v1;

CREATE VIEW lantern_desktop.baseline AS
SELECT * FROM lantern_desktop_release.baseline
UNION ALL SELECT * FROM lantern_desktop_beta.baseline
UNION ALL SELECT * FROM lantern_desktop_nightly.baseline;

INSERT INTO lookml_gen.relations
SELECT
  base_dataset, 'baseline_v1', 'One ping a day from each client that was active, as it arrived.',
  'time', 'submission_timestamp', 'day', TRUE, ['normalized_channel', 'sample_id'],
  MAP {'app': 'lantern_desktop', 'channel': channel}, ['data-platform@example.org']
FROM channels;

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT base_dataset, 'baseline_v1', field_path, description
FROM channels, (VALUES
  ('metrics.counter.uri_count', 'Pages loaded since the last baseline ping.'),
  ('metrics.counter.tabs_opened', 'Tabs opened since the last baseline ping.'),
  ('metrics.timespan.active_time.value', 'How long the browser was in use since the last baseline ping.'),
  ('metrics.timespan.active_time.time_unit', 'The unit of the value: second.'),
  ('metrics.boolean.is_default_browser', 'Whether Lantern opens links from other programs.')
) AS described(field_path, description);
