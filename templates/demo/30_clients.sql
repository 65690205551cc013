-- Who uses the two apps: 1,400 clients of Lantern Desktop, 600 of Lantern Mobile. Scaffolding, not kept.

CREATE TEMP TABLE clients AS
WITH numbered AS (
  SELECT 'desktop' AS app, 'desktop' || n AS "key" FROM range(1400) AS numbers(n)
  UNION ALL
  SELECT 'mobile', 'mobile' || n FROM range(600) AS numbers(n)
), rolled AS (
  SELECT
    *,
    roll('channel', "key") AS channel_dice,
    roll('first seen', "key") AS first_seen_dice,
    1 + 2 * roll('hours', "key") AS usual_hours,
    skewed(['US', 'DE', 'FR', 'IN', 'BR', 'PL', 'GB', 'JP', 'CA', 'IT', 'ES', 'ID', 'MX', 'NL', 'SE', 'KE'],
      roll('country', "key")) AS country,
    CASE app
      WHEN 'desktop' THEN skewed(['Windows', 'Windows', 'Darwin', 'Linux'], roll('os', "key"))
      ELSE skewed(['Android', 'Android', 'iOS'], roll('os', "key"))
    END AS os
  FROM numbered
)
SELECT
  app,
  "key",
  identity_of("key") AS client_id,
  -- a profile group is a person with several profiles: nearly always one client
  identity_of(CASE WHEN roll('group', "key") < 0.03 THEN app ELSE "key" END || ' group') AS profile_group_id,
  CASE WHEN channel_dice < 0.75 THEN 'release' WHEN channel_dice < 0.92 THEN 'beta' ELSE 'nightly' END AS channel,
  floor(roll('sample', "key") * 100)::BIGINT AS sample_id,
  country,
  CASE WHEN roll('locale', "key") < 0.85 THEN main_locale ELSE 'en-US' END AS locale,
  os,
  CASE os
    WHEN 'Windows' THEN skewed(['11.0', '10.0', '6.1'], roll('os version', "key"))
    WHEN 'Darwin' THEN skewed(['25.0', '24.0', '23.0'], roll('os version', "key"))
    WHEN 'Linux' THEN skewed(['6.14', '6.8', '5.15'], roll('os version', "key"))
    WHEN 'Android' THEN skewed(['16', '15', '14', '13'], roll('os version', "key"))
    ELSE skewed(['26.1', '26.0', '18.5'], roll('os version', "key"))
  END AS os_version,
  skewed([8, 4, 16, 12, 2, 32], roll('cores', "key"))::BIGINT AS cores,
  skewed([16384, 8192, 32768, 4096], roll('memory', "key"))::BIGINT AS memory_mb,
  list_filter(['reader-view@example.org', 'tab-garden@example.org', 'night-shade@example.org'],
    lambda add_on: roll(add_on, "key") < 0.25) AS add_ons,
  -- three in four were there before the first day; the others arrive during the sixty
  CASE
    WHEN first_seen_dice < 0.75 THEN DATE '2026-05-31' - floor(first_seen_dice * 900)::INTEGER
    ELSE DATE '2026-06-01' + floor((first_seen_dice - 0.75) * 220)::INTEGER
  END AS first_seen_date,
  roll('default browser', "key") < 0.6 AS is_default_browser,
  0.2 + 0.6 * roll('activity', "key") AS activity,
  usual_hours,
  600 + 900 * roll('startup', "key") AS usual_startup_ms,
  -- Branches are dealt in turn to clients of like habits: before the start they do not differ.
  -- Eight in ten desktop clients are in the rollout, three in four clients of both apps in the experiment.
  if(app = 'desktop', ['control', 'treatment', 'treatment', 'control', NULL][1 + turn % 5], NULL) AS rollout_branch,
  ['control', 'compact', 'spacious', NULL][1 + turn % 4] AS experiment_branch,
  -- a rollout has one branch: a client is in it, or is not
  roll('second rollout', "key") < 0.5 AS in_second_rollout
FROM (
  SELECT
    *,
    row_number() OVER (PARTITION BY app ORDER BY channel_dice < 0.75, channel_dice < 0.92, usual_hours, "key") AS turn
  FROM rolled
)
JOIN business.countries USING (country)
ORDER BY app, "key";
