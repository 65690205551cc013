-- What each client did on each day it was active: a row per client and day. Scaffolding, not kept.

CREATE TEMP TABLE days AS
WITH active AS (
  SELECT
    clients.*,
    day,
    "key" || day AS day_key,
    -- release trains leave every four weeks, beta builds every week, nightly builds every night
    141 + (day - DATE '2026-05-04') // 28 AS train,
    CASE channel WHEN 'release' THEN 28 WHEN 'beta' THEN 7 ELSE 1 END AS build_cycle,
    rollout_branch IS NOT NULL AND day >= DATE '2026-06-22' AS in_rollout,
    experiment_branch IS NOT NULL AND day BETWEEN DATE '2026-06-10' AND DATE '2026-07-14' AS in_experiment,
    -- each app has another: tab groups on desktops, a darker start on phones
    CASE WHEN in_second_rollout AND day >= DATE '2026-07-06'
      THEN if(app = 'desktop', 'tab-groups-rollout', 'dark-start-rollout') END AS second_rollout
  FROM clients
  JOIN dates ON day >= first_seen_date
  WHERE roll('active', "key" || day) < activity * CASE
    WHEN isodow(day) < 6 THEN 1.0
    WHEN app = 'desktop' THEN 0.6  -- desktops rest at the weekend
    ELSE 1.15
  END
), treated AS (
  SELECT
    *,
    in_rollout AND rollout_branch = 'treatment' AS faster,
    in_experiment AND experiment_branch = 'compact' AS compact,
    day - ((day - DATE '2026-05-04') % build_cycle)::INTEGER AS build_date
  FROM active
), used AS (
  SELECT
    *,
    round(usual_hours * (0.5 + roll('hours', day_key)) * if(faster, 1.05, 1), 4) AS active_hours,
    floor(usual_startup_ms * (0.85 + 0.3 * roll('startup', day_key)) * if(faster, 0.85, 1)
      -- one bad night: a build that starts slowly, mended in the next
      * if(channel = 'nightly' AND build_date = DATE '2026-07-14', 1.6, 1))::BIGINT AS startup_ms,
    -- beta crashes more than release, nightly more than beta; the faster start crashes a third less
    CASE channel WHEN 'release' THEN 0.05 WHEN 'beta' THEN 0.08 ELSE 0.15 END * if(faster, 2.0 / 3, 1) AS crash_rate,
    roll('crash', day_key) AS crash_dice
  FROM treated
), counted AS (
  SELECT
    *,
    floor(active_hours * (15 + 40 * roll('uri', day_key)))::BIGINT AS uri_count,
    CASE WHEN crash_dice < crash_rate * 0.15 THEN 2 WHEN crash_dice < crash_rate THEN 1 ELSE 0 END AS crash_count
  FROM used
), searched AS (
  SELECT
    *,
    floor(uri_count * 0.16 * roll('search', day_key) * if(compact, 1.08, 1))::BIGINT AS search_count
  FROM counted
)
SELECT
  *,
  floor(search_count * 0.3 * roll('ad', day_key))::BIGINT AS ad_clicks,
  CASE channel
    WHEN 'release' THEN train || '.0'
    WHEN 'beta' THEN (train + 1) || '.0b' || (1 + (build_date - DATE '2026-05-04') % 28 // 7)
    ELSE (train + 2) || '.0a1'
  END AS app_version,
  strftime(build_date, '%Y%m%d') || '093000' AS app_build,
  -- bit n is set if the client was active n days before: powers of two of the days, then shifted
  (sum(1::BIGINT << (60 - (day - DATE '2026-06-01'))) OVER twenty_eight_days)::BIGINT
    >> (60 - (day - DATE '2026-06-01')) AS days_seen_bits,
  row_number() OVER (PARTITION BY app, "key" ORDER BY day) AS seq,
  list_filter([
    if(in_rollout, {'key': 'faster-first-paint-rollout', 'value': {'branch': rollout_branch,
      'extra': {'type': 'rollout', 'enrollment_id': identity_of("key" || 'rollout')}}}, NULL),
    if(in_experiment, {'key': 'new-tab-layout', 'value': {'branch': experiment_branch,
      'extra': {'type': 'experiment', 'enrollment_id': identity_of("key" || 'experiment')}}}, NULL),
    if(second_rollout IS NOT NULL, {'key': second_rollout, 'value': {'branch': 'enabled',
      'extra': {'type': 'rollout', 'enrollment_id': identity_of("key" || second_rollout)}}}, NULL)
  ], lambda enrolment: enrolment IS NOT NULL) AS experiments
FROM searched
WINDOW twenty_eight_days AS (
  PARTITION BY app, "key" ORDER BY day RANGE BETWEEN INTERVAL 27 DAYS PRECEDING AND CURRENT ROW
)
ORDER BY app, day, "key";

-- What every ping of Lantern Desktop repeats.
CREATE TEMP TABLE desktop_days AS
SELECT
  *,
  {
    'client_id': client_id,
    'profile_group_id': profile_group_id,
    'app_build': app_build,
    'app_display_version': app_version,
    'first_run_date': first_seen_date,
    'locale': locale,
    'os': os,
    'os_version': os_version,
    'device': {'cores': cores, 'memory_mb': memory_mb}
  } AS client_info,
  {
    'seq': seq,
    'start_time': moment(day, 0.3 * roll('start', day_key)),
    'end_time': moment(day, 0.3 + 0.4 * roll('end', day_key)),
    'reason': skewed(['schedule', 'upgrade', 'shutdown'], roll('reason', day_key)),
    'experiments': experiments
  } AS ping_info,
  {
    'geo': {'country': country, 'db_version': '2026.05'},
    'user_agent': {'browser': 'Lantern', 'os': os},
    'header': {'date': strftime(day, '%a, %d %b %Y') || ' 12:00:00 GMT', 'dnt': if(roll('dnt', "key") < 0.1, '1', NULL)}
  } AS metadata,
  moment(day, 0.7 + 0.3 * roll('submission', day_key)) AS submission_timestamp
FROM days
WHERE app = 'desktop'
ORDER BY submission_timestamp, client_id;
