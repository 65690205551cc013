-- The crash ping of Lantern Desktop: threads, in them frames, in them symbols.
-- It has submission_date and submission_timestamp: two columns that want one dimension group.

CREATE TEMP TABLE crash AS
WITH crashed AS (
  SELECT
    desktop_days.*,
    day_key || 'crash' || n AS crash_key,
    skewed(['paint', 'script', 'network', 'media'], roll('module', day_key || n)) AS module
  FROM desktop_days, range(2) AS numbers(n)
  WHERE n < crash_count
)
SELECT
  identity_of(crash_key) AS document_id,
  day AS submission_date,
  submission_timestamp,
  moment(day, 0.7 * roll('moment', crash_key))::TIMESTAMP AS crash_time,
  channel AS normalized_channel,
  sample_id,
  client_info,
  ping_info,
  metadata,
  skewed(['content', 'main', 'gpu'], roll('process', crash_key)) AS process_type,
  to_seconds(floor(7200 * roll('uptime', crash_key))::BIGINT) AS uptime,
  unhex(md5(crash_key)) AS minidump_hash,
  [{
    'name': module || ' worker',
    'crashed': TRUE,
    'frames': [{'module': module, 'offset': floor(65536 * roll('offset', crash_key))::BIGINT,
                'symbols': [module || '::run', module || '::step']},
               {'module': 'main', 'offset': 4096::BIGINT, 'symbols': ['main']}]
  }, {
    'name': 'main',
    'crashed': FALSE,
    'frames': [{'module': 'main', 'offset': 8192::BIGINT, 'symbols': ['wait', 'main']}]
  }] AS threads
FROM crashed;

CREATE TABLE lantern_desktop_release_stable.crash_v1 AS FROM crash WHERE normalized_channel = 'release';
CREATE TABLE lantern_desktop_beta_stable.crash_v1 AS FROM crash WHERE normalized_channel = 'beta';
CREATE TABLE lantern_desktop_nightly_stable.crash_v1 AS FROM crash WHERE normalized_channel = 'nightly';

CREATE VIEW lantern_desktop_release.crash AS SELECT * FROM lantern_desktop_release_stable.crash_v1;
CREATE VIEW lantern_desktop_beta.crash AS SELECT * FROM lantern_desktop_beta_stable.crash_v1;
CREATE VIEW lantern_desktop_nightly.crash AS SELECT * FROM lantern_desktop_nightly_stable.crash_v1;

CREATE VIEW lantern_desktop.crash AS
SELECT * FROM lantern_desktop_release.crash
UNION ALL SELECT * FROM lantern_desktop_beta.crash
UNION ALL SELECT * FROM lantern_desktop_nightly.crash;

INSERT INTO lookml_gen.relations
SELECT
  base_dataset, 'crash_v1', 'One ping per crash, with the stack of every thread.',
  'time', 'submission_date', 'day', FALSE, ['normalized_channel'],
  MAP {'app': 'lantern_desktop', 'channel': channel}, ['stability@example.org']
FROM channels;

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT base_dataset, 'crash_v1', field_path, description
FROM channels, (VALUES
  ('crash_time', 'When the process died, by the local clock of the client, without a time zone.'),
  ('process_type', 'Which process died: content (a tab), main (the whole browser) or gpu.'),
  ('uptime', 'How long the process had lived.'),
  ('minidump_hash', 'Fingerprint of the memory dump; equal dumps are one crash reported twice.'),
  ('threads', 'The threads of the process, the crashed one first.'),
  ('threads.name', 'Name of the thread.'),
  ('threads.crashed', 'Whether this thread brought the process down.'),
  ('threads.frames', 'The calls that were open, the innermost first.'),
  ('threads.frames.module', 'The library that the code belongs to.'),
  ('threads.frames.offset', 'Where in the library, in bytes from its start.'),
  ('threads.frames.symbols', 'The functions at that place; several where calls were inlined.')
) AS described(field_path, description);
