[#- The histogram probes of a classic project: a client's values weigh 1 in all, however many it sent. -#]
[%- macro keys() -%]
submission_date, client_id, build_id, branch, [% for dimension in dimensions %][[ dimension | name ]], [% endfor %]probe
[%- endmacro -%]
WITH buckets AS (
  SELECT
    submission_date,
    client_id,
    build_id,
    branch,
    [%- for dimension in dimensions %]
    [[ dimension | name ]],
    [%- endfor %]
    metric.name AS probe,
    SAFE_CAST(bucket.key AS FLOAT64) AS key,
    SUM(CAST(bucket.value AS FLOAT64)) AS value
  FROM [[ table ]]
  CROSS JOIN UNNEST(metrics) AS metric
  CROSS JOIN UNNEST(metric.histogram.values) AS bucket
  [%- if by_build %]
  -- The last run has all builds; those before it are for whoever has to go back.
  WHERE submission_date = (SELECT MAX(submission_date) FROM [[ table ]])
  [%- endif %]
  GROUP BY [[ keys() ]], key
),
totals AS (
  SELECT
    *,
    SUM(value) OVER (PARTITION BY [[ keys() ]]) AS total
  FROM buckets
  WHERE key IS NOT NULL
)
SELECT
  submission_date,
  client_id,
  build_id,
  branch,
  [%- for dimension in dimensions %]
  [[ dimension | name ]],
  [%- endfor %]
  probe,
  ARRAY_AGG(STRUCT(key, IF(total = 0, 0, value / total) AS value) ORDER BY key) AS histogram
FROM totals
GROUP BY [[ keys() ]]
