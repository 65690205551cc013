-- The core ping of Lantern Mobile. An older shape: the client's id at the top, experiments in the environment.

CREATE SCHEMA lantern_mobile;
CREATE SCHEMA lantern_mobile_beta;
CREATE SCHEMA lantern_mobile_stable;
CREATE SCHEMA lantern_mobile_derived;

CREATE TABLE lantern_mobile_stable.core_v1 AS
SELECT
  identity_of(day_key || 'core') AS document_id,
  client_id,
  moment(day, roll('submission', day_key)) AS submission_timestamp,
  channel AS normalized_channel,
  sample_id,
  {
    'build': {'application_name': 'Lantern Mobile', 'build_id': app_build, 'version': app_version},
    'settings': {'locale': locale, 'is_default_browser': is_default_browser},
    'system': {'memory_mb': memory_mb // 4, 'os': {'name': os, 'version': os_version}},
    'experiments': list_transform(experiments, lambda enrolment: {
      'key': enrolment.key,
      'value': {'branch': enrolment.value.branch, 'type': enrolment.value.extra.type}
    })
  } AS environment,
  {'geo': {'country': country}, 'uri': {'app_version': app_version}} AS metadata,
  floor(active_hours * 3600)::BIGINT AS duration_seconds,
  crash_count::BIGINT AS crash_count
FROM days
WHERE app = 'mobile'
ORDER BY submission_timestamp, client_id;

CREATE VIEW lantern_mobile.core AS SELECT * FROM lantern_mobile_stable.core_v1;
CREATE VIEW lantern_mobile_beta.core AS SELECT * FROM lantern_mobile.core WHERE normalized_channel = 'beta';

INSERT INTO lookml_gen.relations VALUES
  ('lantern_mobile_stable', 'core_v1', 'One ping a day from each client of Lantern Mobile that was active.',
   'time', 'submission_timestamp', 'day', TRUE, ['normalized_channel'],
   MAP {'app': 'lantern_mobile'}, ['mobile@example.org']);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT 'lantern_mobile_stable', 'core_v1', field_path, description
FROM (VALUES
  ('environment.build.build_id', 'Build of the app: the time it was made, as YYYYMMDDhhmmss.'),
  ('environment.build.version', 'Version of the app as the user sees it.'),
  ('environment.settings.is_default_browser', 'Whether Lantern opens links from other apps.'),
  ('environment.system.memory_mb', 'Memory of the device in megabytes.'),
  ('environment.system.os.name', 'Android or iOS.'),
  ('environment.experiments', 'Experiments that the client was in.'),
  ('environment.experiments.key', 'Slug of the experiment.'),
  ('environment.experiments.value.branch', 'The branch that the client was put in.'),
  ('metadata.geo.country', 'Country by IP address, two letters; the address itself is not kept.'),
  ('metadata.uri.app_version', 'Version that the address of the upload named.'),
  ('duration_seconds', 'How long the app was in front.'),
  ('crash_count', 'Crashes since the ping before.')
) AS described(field_path, description);
