-- The usage ping of Lantern Mobile: sessions, in them tabs, in them loads with their times. Three levels deep.

CREATE TABLE lantern_mobile_stable.usage_v1 AS
SELECT
  identity_of(day_key || 'usage') AS document_id,
  client_id,
  day AS submission_date,
  channel AS normalized_channel,
  sample_id,
  {'geo': {'country': country}} AS metadata,
  list_transform(range(1 + uri_count % 2), lambda session: {
    'started_at': moment(day, 0.4 * session + 0.3 * roll('session', day_key || session)),
    'seconds': floor(900 * roll('seconds', day_key || session))::BIGINT,
    'gestures': list_transform(range(3), lambda n: floor(20 * roll('gesture', day_key || session || n))::BIGINT),
    'tabs': list_transform(range(1 + search_count % 2), lambda tab: {
      'position': tab + 1,
      'opened_from': skewed(['link', 'search', 'bookmark'], roll('opened', day_key || session || tab)),
      'labels': if(tab = 0, ['pinned', 'restored'], []::VARCHAR[]),
      'loads': [{
        'is_secure': roll('secure', day_key || session || tab) < 0.97,
        'milliseconds': [120.5, 480.25, round(900 * roll('load', day_key || session || tab), 2)]::DOUBLE[]
      }]
    })
  }) AS sessions
FROM days
WHERE app = 'mobile' AND sample_id < 40
ORDER BY submission_date, client_id;

CREATE VIEW lantern_mobile.usage AS SELECT * FROM lantern_mobile_stable.usage_v1;

INSERT INTO lookml_gen.relations VALUES
  ('lantern_mobile_stable', 'usage_v1', 'How people move through Lantern Mobile, from four in ten clients.',
   'time', 'submission_date', 'day', TRUE, ['sample_id'],
   MAP {'app': 'lantern_mobile'}, ['mobile@example.org']);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT 'lantern_mobile_stable', 'usage_v1', field_path, description
FROM (VALUES
  ('metadata.geo.country', 'Country by IP address, two letters; the address itself is not kept.'),
  ('sessions', 'The times that the app was in front, in order.'),
  ('sessions.started_at', 'When the app came to the front.'),
  ('sessions.seconds', 'How long it stayed there.'),
  ('sessions.gestures', 'Taps, swipes and pinches, in this order.'),
  ('sessions.tabs', 'Tabs that were used in the session.'),
  ('sessions.tabs.position', 'Place of the tab from the left, the first is 1.'),
  ('sessions.tabs.opened_from', 'What opened the tab: link, search or bookmark.'),
  ('sessions.tabs.labels', 'What else is true of the tab: pinned, restored.'),
  ('sessions.tabs.loads', 'Pages loaded in the tab.'),
  ('sessions.tabs.loads.is_secure', 'Whether the page came over TLS.'),
  ('sessions.tabs.loads.milliseconds', 'Time to the first byte, to the first paint, and to the end.')
) AS described(field_path, description);
