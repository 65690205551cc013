-- Lantern Desktop, a row per client and day: what most metrics are made of.

CREATE SCHEMA lantern_desktop_derived;

CREATE TABLE lantern_desktop_derived.clients_daily_v1 AS
SELECT
  day AS submission_date,
  client_id,
  profile_group_id,
  sample_id,
  channel AS normalized_channel,
  country,
  locale,
  os,
  os_version,
  app_version,
  app_build,
  first_seen_date,
  days_seen_bits,
  is_default_browser,
  active_hours,
  uri_count,
  search_count,
  ad_clicks,
  crash_count::BIGINT AS crash_count,
  startup_ms,
  add_ons,
  list_transform(experiments, lambda enrolment: {'key': enrolment.key, 'value': enrolment.value.branch}) AS experiments
FROM desktop_days
ORDER BY submission_date, client_id;

CREATE VIEW lantern_desktop.clients_daily AS
SELECT * FROM lantern_desktop_derived.clients_daily_v1;
CREATE VIEW lantern_desktop_release.clients_daily AS
SELECT * FROM lantern_desktop_derived.clients_daily_v1 WHERE normalized_channel = 'release';
CREATE VIEW lantern_desktop_beta.clients_daily AS
SELECT * FROM lantern_desktop_derived.clients_daily_v1 WHERE normalized_channel = 'beta';
CREATE VIEW lantern_desktop_nightly.clients_daily AS
SELECT * FROM lantern_desktop_derived.clients_daily_v1 WHERE normalized_channel = 'nightly';

-- a view over a view
CREATE VIEW lantern_desktop.active_users AS
SELECT
  submission_date,
  normalized_channel,
  country,
  os,
  count(*) AS daily_users,
  count(*) FILTER (WHERE first_seen_date = submission_date) AS new_users,
  count(*) FILTER (WHERE is_default_browser) AS default_users
FROM lantern_desktop.clients_daily
GROUP BY submission_date, normalized_channel, country, os;

INSERT INTO lookml_gen.relations VALUES
  ('lantern_desktop_derived', 'clients_daily_v1', 'Lantern Desktop by client and day: a row for each day on which a client was active.',
   'time', 'submission_date', 'day', TRUE, ['normalized_channel', 'sample_id'],
   MAP {'app': 'lantern_desktop', 'incremental': 'true'}, ['data-platform@example.org', 'metrics@example.org']),
  ('lantern_desktop', 'active_users', 'Daily users of Lantern Desktop by channel, country and operating system.',
   NULL, NULL, NULL, NULL, NULL, MAP {'app': 'lantern_desktop'}, ['metrics@example.org']);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT 'lantern_desktop_derived', 'clients_daily_v1', field_path, description
FROM (VALUES
  ('profile_group_id', 'What the profiles of one person on one device have in common.'),
  ('os_version', 'Version of the operating system, as it calls itself.'),
  ('app_build', 'Build of the browser: the time it was made, as YYYYMMDDhhmmss.'),
  ('days_seen_bits', 'The last 28 days as bits: bit n is set if the client was active n days before.'),
  ('is_default_browser', 'Whether Lantern opens links from other programs.'),
  ('active_hours', 'Hours in which somebody used the browser.'),
  ('uri_count', 'Pages loaded.'),
  ('search_count', 'Searches from the address bar and from new tabs.'),
  ('ad_clicks', 'Clicks on an advertisement on a page of search results.'),
  ('crash_count', 'Crashes of the browser or of one of its tabs.'),
  ('startup_ms', 'Milliseconds from the start of the process to the first painted window, median of the day.'),
  ('add_ons', 'Identifiers of the add-ons that are switched on.'),
  ('experiments', 'Experiments and rollouts that the client was in.'),
  ('experiments.key', 'Slug of the experiment or rollout.'),
  ('experiments.value', 'The branch that the client was put in.')
) AS described(field_path, description);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description) VALUES
  ('lantern_desktop', 'active_users', 'daily_users', 'Clients that were active on the day.'),
  ('lantern_desktop', 'active_users', 'new_users', 'Clients whose first day it was.'),
  ('lantern_desktop', 'active_users', 'default_users', 'Active clients with Lantern as default browser.');
