-- The versions of both apps. The only place with a RANGE: DuckDB holds its text.

CREATE TABLE business.releases AS
WITH trains AS (
  SELECT app, n, 141 + n AS train, DATE '2026-05-04' + (28 * n)::INTEGER AS published
  FROM (VALUES ('lantern_desktop'), ('lantern_mobile')) AS apps(app), range(4) AS numbers(n)
)
SELECT
  app || ' ' || train AS release_id,
  app,
  train || '.0' AS app_version,
  published,
  published - INTERVAL 3 DAY + INTERVAL 9 HOUR AS announced,
  moment(published - 7, 0.4) AS built_at,
  '[' || published || ', ' || (published + 56) || ')' AS supported,
  INTERVAL 56 DAY AS support_period,
  [{'os': if(app = 'lantern_desktop', 'Windows', 'Android'), 'bytes': 60000000 + train * 1000, 'checksum': unhex(md5(app || train))},
   {'os': if(app = 'lantern_desktop', 'Darwin', 'iOS'), 'bytes': 70000000 + train * 1000, 'checksum': unhex(md5(train || app))}]
    AS installers
FROM trains
ORDER BY app, published;
ALTER TABLE business.releases ADD PRIMARY KEY (release_id);

COMMENT ON TABLE business.releases IS 'Versions of both apps that reached the release channel.';
COMMENT ON COLUMN business.releases.published IS 'The day on which the version was offered to everybody.';

INSERT INTO lookml_gen.fields VALUES
  ('business', 'releases', 'release_id', 'One version of one app.', NULL),
  ('business', 'releases', 'app', 'lantern_desktop or lantern_mobile.', NULL),
  ('business', 'releases', 'announced', 'When the announcement went out, by the clock at the office.', NULL),
  ('business', 'releases', 'built_at', 'When the installers were made.', NULL),
  ('business', 'releases', 'supported', 'The days on which it gets fixes.', 'RANGE<DATE>'),
  ('business', 'releases', 'support_period', 'How long it gets fixes.', NULL),
  ('business', 'releases', 'installers', 'The installers, one for each system.', NULL),
  ('business', 'releases', 'installers.bytes', 'Size of the installer.', NULL),
  ('business', 'releases', 'installers.checksum', 'Fingerprint of the installer.', NULL);
