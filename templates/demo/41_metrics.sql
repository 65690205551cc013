-- The metrics ping: histograms and labeled counters of a day of Lantern Desktop.

CREATE TEMP TABLE metrics AS
WITH measured AS (
  -- Five starts, in buckets of 25 ms: a quick one, three as usual, a slow one, never in the same bucket.
  SELECT
    *,
    (startup_ms * 85 // 2500) * 25 AS quick,
    (startup_ms // 25) * 25 AS usual,
    (startup_ms * 13 // 250) * 25 AS slow,
    floor(roll('page', day_key) * 4)::BIGINT AS slow_pages
  FROM desktop_days
)
SELECT
  identity_of(day_key || 'metrics') AS document_id,
  submission_timestamp,
  channel AS normalized_channel,
  sample_id,
  client_info,
  ping_info,
  metadata,
  {
    'counter': {'crash_count': crash_count::BIGINT, 'search_count': search_count, 'ad_clicks': ad_clicks},
    'quantity': {'open_tabs': 1 + uri_count % 23, 'disk_cache_mb': 50 + uri_count * 2},
    'string': {'search_engine': skewed(['Wayfinder', 'Ask Otter', 'Plainsearch'], roll('engine', "key"))},
    'string_list': {'add_ons': add_ons},
    'labeled_counter': {
      'search_by_source': [{'key': 'urlbar', 'value': search_count - search_count // 3},
                           {'key': 'newtab', 'value': search_count // 3}],
      'page_errors': list_filter([{'key': 'dns', 'value': uri_count // 40}, {'key': 'tls', 'value': uri_count // 90}],
        lambda counter: counter.value > 0)
    },
    'timing_distribution': {
      'startup': {
        'sum': quick + 3 * usual + slow,
        'values': [{'key': quick::VARCHAR, 'value': 1::BIGINT},
                   {'key': usual::VARCHAR, 'value': 3::BIGINT},
                   {'key': slow::VARCHAR, 'value': 1::BIGINT}]
      },
      'page_load': {
        'sum': 64 * 9 + 128 * 6 + 512 * slow_pages,
        'values': [{'key': '64', 'value': 9::BIGINT},
                   {'key': '128', 'value': 6::BIGINT},
                   {'key': '512', 'value': slow_pages}]
      }
    }
  } AS metrics,
  if(roll('unknown', day_key) < 0.01, '{"experimental": true}', NULL)::JSON AS additional_properties
FROM measured;

CREATE TABLE lantern_desktop_release_stable.metrics_v1 AS FROM metrics WHERE normalized_channel = 'release';
CREATE TABLE lantern_desktop_beta_stable.metrics_v1 AS FROM metrics WHERE normalized_channel = 'beta';
CREATE TABLE lantern_desktop_nightly_stable.metrics_v1 AS FROM metrics WHERE normalized_channel = 'nightly';

CREATE VIEW lantern_desktop_release.metrics AS SELECT * FROM lantern_desktop_release_stable.metrics_v1;
CREATE VIEW lantern_desktop_beta.metrics AS SELECT * FROM lantern_desktop_beta_stable.metrics_v1;
CREATE VIEW lantern_desktop_nightly.metrics AS SELECT * FROM lantern_desktop_nightly_stable.metrics_v1;

CREATE VIEW lantern_desktop.metrics AS
SELECT * FROM lantern_desktop_release.metrics
UNION ALL SELECT * FROM lantern_desktop_beta.metrics
UNION ALL SELECT * FROM lantern_desktop_nightly.metrics;

INSERT INTO lookml_gen.relations
SELECT
  base_dataset, 'metrics_v1', 'What the browser measured in a day: counters, and histograms as bucket and count.',
  'time', 'submission_timestamp', 'day', TRUE, ['normalized_channel', 'sample_id'],
  MAP {'app': 'lantern_desktop', 'channel': channel}, ['data-platform@example.org', 'performance@example.org']
FROM channels;

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT base_dataset, 'metrics_v1', field_path, description
FROM channels, (VALUES
  ('metrics.counter.crash_count', 'Crashes of the browser or of one of its tabs.'),
  ('metrics.counter.search_count', 'Searches from the address bar and from new tabs.'),
  ('metrics.counter.ad_clicks', 'Clicks on an advertisement on a page of search results.'),
  ('metrics.quantity.open_tabs', 'Tabs that were open when the ping was sent.'),
  ('metrics.quantity.disk_cache_mb', 'Size of the disk cache in megabytes.'),
  ('metrics.string.search_engine', 'The search engine that the user has chosen.'),
  ('metrics.string_list.add_ons', 'Identifiers of the add-ons that are switched on.'),
  ('metrics.labeled_counter.search_by_source', 'Searches by the place where they were typed.'),
  ('metrics.labeled_counter.search_by_source.key', 'The place: urlbar or newtab.'),
  ('metrics.labeled_counter.page_errors', 'Pages that could not be loaded, by the layer that failed.'),
  ('metrics.timing_distribution.startup', 'Milliseconds from the start of the process to the first painted window.'),
  ('metrics.timing_distribution.startup.sum', 'Sum of all startup times in milliseconds.'),
  ('metrics.timing_distribution.startup.values', 'How many starts fell into each bucket.'),
  ('metrics.timing_distribution.startup.values.key', 'Lower bound of the bucket in milliseconds.'),
  ('metrics.timing_distribution.startup.values.value', 'How many starts fell into the bucket.'),
  ('metrics.timing_distribution.page_load', 'Milliseconds from a click to the loaded page.'),
  ('metrics.timing_distribution.page_load.sum', 'Sum of all page load times in milliseconds.')
) AS described(field_path, description);
