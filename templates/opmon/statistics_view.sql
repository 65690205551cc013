[#- The statistics of a project in long form: a row for each value that can be drawn. -#]
SELECT
  submission_date,
  TIMESTAMP(submission_date, 'UTC') AS submission_timestamp,
  build_id,
  [%- for dimension in dimensions %]
  [[ dimension | name ]],
  [%- endfor %]
  branch,
  [[ sample_size ]],
  computed.metric,
  computed.statistic,
  computed.point,
  computed.lower,
  computed.upper,
  SAFE_CAST(computed.parameter AS FLOAT64) AS parameter,
  computed.parameter AS parameter_label
FROM (
  SELECT *
  FROM [[ statistics ]]
  [%- if by_build %]
  -- Of each build the last day that holds it: a young one as of today, an old one with all its days.
  WHERE build_id >= [[ first_build | value ]]
  QUALIFY submission_date = MAX(submission_date) OVER (PARTITION BY build_id)
  [%- else %]
  WHERE submission_date >= DATE [[ start | value ]]
  [%- endif %]
) AS kept
CROSS JOIN UNNEST(
  [%- if summaries | length == 1 %][[ summaries[0] | name ]][% else %]ARRAY_CONCAT(
    [%- for summary in summaries %]
    [[ summary | name ]][[ ',' if not loop.last ]]
    [%- endfor %]
  )[% endif %]
) AS computed
