-- Lantern Mobile, a row per client and day.

CREATE TABLE lantern_mobile_derived.clients_daily_v1 AS
SELECT
  identity_of(day_key || 'daily') AS client_day_id,
  day AS submission_date,
  client_id,
  sample_id,
  channel AS normalized_channel,
  country,
  locale,
  os,
  os_version,
  app_version,
  first_seen_date,
  days_seen_bits,
  is_default_browser,
  active_hours,
  uri_count,
  search_count,
  ad_clicks,
  crash_count::BIGINT AS crash_count,
  map_entries(map(
    list_transform(experiments, lambda enrolment: enrolment.key),
    list_transform(experiments, lambda enrolment: {'branch': enrolment.value.branch})
  )) AS experiments
FROM days
WHERE app = 'mobile'
ORDER BY submission_date, client_id;

CREATE VIEW lantern_mobile.clients_daily AS SELECT * FROM lantern_mobile_derived.clients_daily_v1;

-- a view over a view
CREATE VIEW lantern_mobile.new_clients AS
SELECT submission_date, client_id, normalized_channel, country, os, first_seen_date
FROM lantern_mobile.clients_daily
WHERE submission_date = first_seen_date;

INSERT INTO lookml_gen.relations VALUES
  ('lantern_mobile_derived', 'clients_daily_v1', 'Lantern Mobile by client and day: a row for each day on which a client was active.',
   'time', 'submission_date', 'day', TRUE, ['normalized_channel', 'sample_id'],
   MAP {'app': 'lantern_mobile', 'incremental': 'true'}, ['mobile@example.org', 'metrics@example.org']);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT 'lantern_mobile_derived', 'clients_daily_v1', field_path, description
FROM (VALUES
  ('client_day_id', 'One client on one day.'),
  ('days_seen_bits', 'The last 28 days as bits: bit n is set if the client was active n days before.'),
  ('is_default_browser', 'Whether Lantern opens links from other apps.'),
  ('active_hours', 'Hours in which the app was in front.'),
  ('uri_count', 'Pages loaded.'),
  ('search_count', 'Searches from the address bar and from new tabs.'),
  ('ad_clicks', 'Clicks on an advertisement on a page of search results.'),
  ('crash_count', 'Crashes of the app.'),
  ('experiments', 'Experiments that the client was in.'),
  ('experiments.value.branch', 'The branch that the client was put in.')
) AS described(field_path, description);
