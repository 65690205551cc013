-- Events of Lantern Desktop, a row each: from three in ten active days, one to three of them.

CREATE TEMP TABLE events AS
WITH happened AS (
  SELECT
    desktop_days.*,
    n,
    day_key || 'event' || n AS event_key,
    skewed([
      {'category': 'navigation', 'name': 'page_opened'},
      {'category': 'tabs', 'name': 'tab_closed'},
      {'category': 'bookmarks', 'name': 'bookmark_added'},
      {'category': 'reader', 'name': 'reader_opened'},
      {'category': 'settings', 'name': 'theme_changed'}
    ], roll('event', day_key || n)) AS event
  FROM desktop_days, range(3) AS numbers(n)
  WHERE n < floor(10 * roll('events', day_key)) - 6
)
SELECT
  identity_of(event_key) AS event_id,
  identity_of(day_key || 'events') AS document_id,
  submission_timestamp,
  moment(day, 0.3 + 0.1 * n + 0.1 * roll('moment', event_key)) AS event_timestamp,
  channel AS normalized_channel,
  sample_id,
  client_info,
  metadata,
  event.category AS event_category,
  event.name AS event_name,
  [{'key': 'source', 'value': skewed(['keyboard', 'mouse', 'menu'], roll('source', event_key))},
   {'key': 'window', 'value': if(roll('window', event_key) < 0.1, 'private', 'normal')}] AS event_extra,
  json_object('milliseconds', floor(900 * roll('milliseconds', event_key))::BIGINT, 'position', n + 1) AS payload,
  to_json(map(
    list_transform(experiments, lambda enrolment: enrolment.key),
    list_transform(experiments, lambda enrolment: enrolment.value)
  )) AS experiments
FROM happened;

CREATE TABLE lantern_desktop_release_stable.events_v1 AS FROM events WHERE normalized_channel = 'release';
CREATE TABLE lantern_desktop_beta_stable.events_v1 AS FROM events WHERE normalized_channel = 'beta';
CREATE TABLE lantern_desktop_nightly_stable.events_v1 AS FROM events WHERE normalized_channel = 'nightly';

CREATE VIEW lantern_desktop_release.events AS SELECT * FROM lantern_desktop_release_stable.events_v1;
CREATE VIEW lantern_desktop_beta.events AS SELECT * FROM lantern_desktop_beta_stable.events_v1;
CREATE VIEW lantern_desktop_nightly.events AS SELECT * FROM lantern_desktop_nightly_stable.events_v1;

CREATE VIEW lantern_desktop.events AS
SELECT * FROM lantern_desktop_release.events
UNION ALL SELECT * FROM lantern_desktop_beta.events
UNION ALL SELECT * FROM lantern_desktop_nightly.events;

INSERT INTO lookml_gen.relations
SELECT
  base_dataset, 'events_v1', 'What people did in the browser, a row per event.',
  'time', 'submission_timestamp', 'day', TRUE, ['event_category', 'sample_id'],
  MAP {'app': 'lantern_desktop', 'channel': channel}, ['data-platform@example.org']
FROM channels;

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT base_dataset, 'events_v1', field_path, description
FROM channels, (VALUES
  ('event_id', 'One event, for ever: a second arrival has the same id.'),
  ('event_timestamp', 'When it happened, by the clock of the client.'),
  ('event_category', 'The part of the browser where it happened.'),
  ('event_name', 'What happened, as a past participle: tab_closed.'),
  ('event_extra', 'Further facts on the event, by name.'),
  ('event_extra.key', 'Name of the fact: source or window.'),
  ('event_extra.value', 'The fact, always as text.'),
  ('payload', 'Further facts that are not text: milliseconds, position.'),
  ('experiments', 'Branch by experiment at the time of the event.')
) AS described(field_path, description);
