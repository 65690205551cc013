[#- The statistics of a project: a row for each day or build, branch and dimensions. -#]
[%- macro keys(before='') -%]
[[ before ]]submission_date, [[ before ]]build_id, [% for dimension in dimensions %][[ before ]][[ dimension | name ]], [% endfor %][[ before ]]branch
[%- endmacro -%]
WITH clients AS (
  [%- if roll_ups %]
  -- Each client once for every value, and once for all values of a dimension together.
  SELECT
    metrics.submission_date,
    metrics.build_id,
    [%- for dimension in dimensions %]
    [%- if dimension in rolled %]
    IF(GROUPING(metrics.[[ dimension | name ]]) = 1, [[ all | value ]], metrics.[[ dimension | name ]]) AS [[ dimension | name ]],
    [%- else %]
    metrics.[[ dimension | name ]],
    [%- endif %]
    [%- endfor %]
    metrics.branch,
    metrics.client_id
    [%- for metric in metrics %],
    ANY_VALUE(metrics.[[ metric | name ]]) AS [[ metric | name ]]
    [%- endfor %]
  FROM [[ table ]] AS metrics
  WHERE metrics.submission_date BETWEEN DATE [[ first | value ]] AND DATE [[ last | value ]]
  GROUP BY GROUPING SETS (
    [%- for set in roll_ups %]
    (metrics.submission_date, metrics.build_id, metrics.branch, metrics.client_id[% for dimension in set %], metrics.[[ dimension | name ]][% endfor %])[[ ',' if not loop.last ]]
    [%- endfor %]
  )
  [%- else %]
  SELECT
    submission_date,
    build_id,
    [%- for dimension in dimensions %]
    [[ dimension | name ]],
    [%- endfor %]
    branch
    [%- for metric in metrics %],
    [[ metric | name ]]
    [%- endfor %]
  FROM [[ table ]]
  WHERE submission_date BETWEEN DATE [[ first | value ]] AND DATE [[ last | value ]]
  [%- endif %]
)
[%- if totals %],
totals AS (
  SELECT
    [[ keys() ]],
    [
      [%- for total in totals %]
      STRUCT(
        [[ total.metric | value ]] AS metric,
        [[ total.statistic | value ]] AS statistic,
        CAST([[ total.sql ]] AS FLOAT64) AS point,
        [[ "CAST(NULL AS STRING)" if total.parameter is none else total.parameter | value ]] AS parameter
      )[[ ',' if not loop.last ]]
      [%- endfor %]
    ] AS points
  FROM clients
  GROUP BY [[ keys() ]]
)
[%- endif %]
[%- if scalars %],
scalars AS (
  SELECT
    [[ keys('clients.') ]],
    scalar.metric,
    scalar.value
  FROM clients
  CROSS JOIN UNNEST([
    [%- for scalar in scalars %]
    STRUCT([[ scalar.metric | value ]] AS metric, CAST([[ scalar.column | name ]] AS FLOAT64) AS value, [[ 'FALSE' if scalar.remove_nulls else 'TRUE' ]] AS keeps_nulls)[[ ',' if not loop.last ]]
    [%- endfor %]
  ]) AS scalar
  WHERE scalar.value IS NOT NULL OR scalar.keeps_nulls
),
bounds AS (
  -- What the buckets of a day span: the logarithms of its least and greatest value above 0.
  SELECT
    submission_date,
    metric,
    LN(MIN(value)) AS least,
    LN(MAX(value)) AS greatest
  FROM scalars
  WHERE value > 0
  GROUP BY submission_date, metric
),
scalars_in_buckets AS (
  -- [[ buckets ]] of them, each wider than the one before by the same factor; below them one for the rest and for NULL.
  SELECT
    [[ keys('scalars.') ]],
    scalars.metric,
    bounds.least,
    (bounds.greatest - bounds.least) / [[ buckets ]] AS step,
    CASE
      WHEN scalars.value > 0 AND bounds.greatest > bounds.least THEN
        LEAST([[ buckets - 1 ]], FLOOR([[ buckets ]] * (LN(scalars.value) - bounds.least) / (bounds.greatest - bounds.least) + 1e-9))
      WHEN scalars.value > 0 THEN 0
      ELSE -1
    END AS place
  FROM scalars
  LEFT JOIN bounds
    ON scalars.submission_date = bounds.submission_date
    AND scalars.metric = bounds.metric
)
[%- endif %]
[%- if histograms %],
histograms AS (
  SELECT
    [[ keys('clients.') ]],
    histogram.metric,
    histogram.buckets,
    (SELECT SUM(bucket.value) FROM UNNEST(histogram.buckets) AS bucket) AS total
  FROM clients
  CROSS JOIN UNNEST([
    [%- for histogram in histograms %]
    STRUCT(
      [[ histogram.metric | value ]] AS metric,
      ARRAY(
        SELECT AS STRUCT SAFE_CAST(bucket.key AS FLOAT64) AS key, CAST(bucket.value AS FLOAT64) AS value
        FROM UNNEST(clients.[[ histogram.column | name ]]) AS submission
        CROSS JOIN UNNEST(submission.values) AS bucket
      ) AS buckets
    )[[ ',' if not loop.last ]]
    [%- endfor %]
  ]) AS histogram
),
histograms_in_buckets AS (
  -- All submissions of a client weigh 1 together.
  SELECT
    [[ keys() ]],
    metric,
    bucket.key AS lower_edge,
    SUM(bucket.value / NULLIF(total, 0)) AS weight
  FROM histograms
  CROSS JOIN UNNEST(buckets) AS bucket
  WHERE bucket.key IS NOT NULL
  GROUP BY [[ keys() ]], metric, bucket.key
),
histogram_edges AS (
  -- A bucket ends where the next one of the day begins, the last one where it begins itself.
  SELECT
    submission_date,
    metric,
    lower_edge,
    COALESCE(LEAD(lower_edge) OVER (PARTITION BY submission_date, metric ORDER BY lower_edge), lower_edge) AS upper_edge
  FROM (SELECT DISTINCT submission_date, metric, lower_edge FROM histograms_in_buckets)
)
[%- endif %]
[%- if percentiles %],
buckets AS (
  [%- if scalars %]
  SELECT
    [[ keys() ]],
    metric,
    IF(place < 0, 0, EXP(ANY_VALUE(least) + place * ANY_VALUE(step))) AS lower_edge,
    COALESCE(EXP(ANY_VALUE(least) + (place + 1) * ANY_VALUE(step)), 0) AS upper_edge,
    CAST(COUNT(*) AS FLOAT64) AS weight
  FROM (
    SELECT * REPLACE (CAST(place AS INT64) AS place)
    FROM scalars_in_buckets
  )
  GROUP BY [[ keys() ]], metric, place
  [%- endif %]
  [%- if scalars and histograms %]
  UNION ALL
  [%- endif %]
  [%- if histograms %]
  SELECT
    [[ keys('histograms.') ]],
    histograms.metric,
    histograms.lower_edge,
    edges.upper_edge,
    histograms.weight
  FROM histograms_in_buckets AS histograms
  JOIN histogram_edges AS edges
    ON histograms.submission_date = edges.submission_date
    AND histograms.metric = edges.metric
    AND histograms.lower_edge = edges.lower_edge
  [%- endif %]
),
weighed AS (
  SELECT
    *,
    SUM(weight) OVER (PARTITION BY [[ keys() ]], metric ORDER BY lower_edge) AS up_to,
    CAST(ROUND(SUM(weight) OVER (PARTITION BY [[ keys() ]], metric)) AS INT64) AS size
  FROM buckets
  WHERE weight > 0
),
wanted AS (
  SELECT *
  FROM UNNEST([
    [%- for percentile in percentiles %]
    STRUCT([[ percentile.metric | value ]] AS metric, [[ percentile.parameter | value ]] AS parameter, [[ percentile.share ]] AS share, [[ percentile.place ]] AS place)[[ ',' if not loop.last ]]
    [%- endfor %]
  ])
),
sizes AS (
  SELECT DISTINCT weighed.size, wanted.parameter, wanted.share
  FROM weighed
  JOIN wanted ON weighed.metric = wanted.metric
),
positions AS (
  -- In a resample of so many clients, how many lie below the percentile: Binomial(size, share).
  -- Of that the quantiles [% for level in levels %][[ level.share ]][[ ', ' if not loop.last ]][% endfor %]: exact for few clients,
  SELECT
    size,
    parameter,
    [%- for level in levels %]
    MIN(IF(likely >= [[ level.share ]] - 1e-9, position, NULL)) AS [[ level.name ]][[ ',' if not loop.last ]]
    [%- endfor %]
  FROM (
    SELECT
      size,
      parameter,
      position,
      SUM(EXP(ways + position * LN(share) + (size - position) * LN(1 - share)))
        OVER (PARTITION BY size, parameter ORDER BY position) AS likely
    FROM (
      SELECT
        size,
        parameter,
        share,
        position,
        SUM(IF(position = 0, 0, LN((size - position + 1) / NULLIF(position, 0))))
          OVER (PARTITION BY size, parameter ORDER BY position) AS ways
      FROM sizes
      CROSS JOIN UNNEST(GENERATE_ARRAY(0, size)) AS position
      WHERE size <= [[ exact ]]
    )
  )
  GROUP BY size, parameter
  UNION ALL
  -- and for many the expansion of Cornish and Fisher, which is at most one position away.
  SELECT
    size,
    parameter,
    [%- for level in levels %]
    [%- set z = level.z %]
    CAST(LEAST(size, GREATEST(0, CEIL(
      size * share
      + deviation * ([[ z ]] + skewness * [[ (z * z - 1) / 6 ]] + peakedness * [[ (z * z * z - 3 * z) / 24 ]] - skewness * skewness * [[ (2 * z * z * z - 5 * z) / 36 ]])
      - 0.5
    ))) AS INT64) AS [[ level.name ]][[ ',' if not loop.last ]]
    [%- endfor %]
  FROM (
    SELECT
      *,
      SQRT(size * share * (1 - share)) AS deviation,
      (1 - 2 * share) / SQRT(size * share * (1 - share)) AS skewness,
      (1 - 6 * share * (1 - share)) / (size * share * (1 - share)) AS peakedness
    FROM sizes
    WHERE size > [[ exact ]]
  )
)
[%- endif %],
computed AS (
  [%- if totals %]
  SELECT
    [[ keys() ]],
    total.metric,
    total.statistic,
    total.point,
    CAST(NULL AS FLOAT64) AS lower,
    CAST(NULL AS FLOAT64) AS upper,
    total.parameter,
    0 AS place
  FROM totals
  CROSS JOIN UNNEST(points) AS total
  [%- endif %]
  [%- if totals and percentiles %]
  UNION ALL
  [%- endif %]
  [%- if percentiles %]
  -- The bucket of a position is the lowest that, with those below, holds so many clients.
  SELECT
    [[ keys('weighed.') ]],
    weighed.metric,
    'percentile' AS statistic,
    MIN(IF(weighed.up_to >= positions.middle - 1e-6, (weighed.lower_edge + weighed.upper_edge) / 2, NULL)) AS point,
    MIN(IF(weighed.up_to >= positions.low - 1e-6, weighed.lower_edge, NULL)) AS lower,
    MIN(IF(weighed.up_to >= positions.high - 1e-6, weighed.upper_edge, NULL)) AS upper,
    wanted.parameter,
    wanted.place
  FROM weighed
  JOIN wanted ON weighed.metric = wanted.metric
  JOIN positions ON weighed.size = positions.size AND wanted.parameter = positions.parameter
  GROUP BY [[ keys('weighed.') ]], weighed.metric, wanted.parameter, wanted.place
  [%- endif %]
  UNION ALL
  -- Of how many clients all this is: no statistic of a metric.
  SELECT
    [[ keys() ]],
    CAST(NULL AS STRING) AS metric,
    CAST(NULL AS STRING) AS statistic,
    CAST(COUNT(*) AS FLOAT64) AS point,
    CAST(NULL AS FLOAT64) AS lower,
    CAST(NULL AS FLOAT64) AS upper,
    CAST(NULL AS STRING) AS parameter,
    0 AS place
  FROM clients
  GROUP BY [[ keys() ]]
)
SELECT
  submission_date,
  build_id,
  [%- for dimension in dimensions %]
  [[ dimension | name ]],
  [%- endfor %]
  branch,
  CAST(MAX(IF(metric IS NULL, point, NULL)) AS INT64) AS [[ sample_size ]]
  [%- for summary in summaries %],
  ARRAY_AGG(
    IF(metric = [[ summary.metric | value ]] AND statistic = [[ summary.statistic | value ]], STRUCT(metric, statistic, point, lower, upper, parameter), NULL)
    IGNORE NULLS ORDER BY place
  ) AS [[ summary.column | name ]]
  [%- endfor %]
FROM computed
GROUP BY [[ keys() ]]
HAVING COUNT(metric) > 0
