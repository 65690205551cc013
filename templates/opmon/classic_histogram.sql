[#- The histogram probes of a classic project: a row for each client, day or build; in it what was sent. -#]
WITH sent AS (
  [%- for analysis in analyses %]
  SELECT
    [[ analysis.day ]] AS submission_date,
    [[ analysis.client ]] AS client_id,
    [[ analysis.build ]] AS build_id,
    [[ analysis.branch | indent(4) ]] AS branch,
    [%- for dimension in analysis.dimensions %]
    [[ dimension.sql ]] AS [[ dimension.column | name ]],
    [%- endfor %]
    metric
  FROM [[ analysis.rows | indent(2) ]]
  [%- if by_build %]
  JOIN [[ runs ]] AS runs
    ON [[ analysis.date ]] BETWEEN runs.opmon_from AND runs.opmon_day
    AND [[ analysis.build ]] BETWEEN runs.opmon_first_build AND runs.opmon_last_build
  [%- endif %]
  CROSS JOIN UNNEST([
    [%- for probe in analysis.probes %]
    STRUCT([[ probe.column | value ]] AS name, [[ probe.sql ]] AS histogram)[[ ',' if not loop.last ]]
    [%- endfor %]
  ]) AS metric
  WHERE metric.histogram IS NOT NULL
  [%- if analysis.channel %]
    AND [[ analysis.channel.sql ]] = [[ analysis.channel.value | value ]]
  [%- endif %]
  [%- if not loop.last %]
  UNION ALL
  [%- endif %]
  [%- endfor %]
)
SELECT
  submission_date,
  client_id,
  build_id,
  branch,
  [%- for dimension in dimensions %]
  [[ dimension | name ]],
  [%- endfor %]
  ARRAY_AGG(metric ORDER BY metric.name) AS metrics
FROM sent
WHERE branch IN ([% for branch in branches %][[ branch | value ]][[ ', ' if not loop.last ]][% endfor %])
GROUP BY submission_date, client_id, build_id, branch[% for dimension in dimensions %], [[ dimension | name ]][% endfor %]
