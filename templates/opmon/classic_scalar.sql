[#- The scalar probes of a classic project: a row for each client, day or build, probe and aggregate. -#]
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
    probe.name,
    MAX(probe.value) AS greatest,
    SUM(probe.value) AS total
  FROM [[ analysis.rows | indent(2) ]]
  [%- if by_build %]
  JOIN [[ runs ]] AS runs
    ON [[ analysis.date ]] BETWEEN runs.opmon_from AND runs.opmon_day
    AND [[ analysis.build ]] BETWEEN runs.opmon_first_build AND runs.opmon_last_build
  [%- endif %]
  CROSS JOIN UNNEST([
    [%- for probe in analysis.probes %]
    STRUCT([[ probe.column | value ]] AS name, CAST([[ probe.sql ]] AS FLOAT64) AS value)[[ ',' if not loop.last ]]
    [%- endfor %]
  ]) AS probe
  WHERE probe.value IS NOT NULL
  [%- if analysis.channel %]
    AND [[ analysis.channel.sql ]] = [[ analysis.channel.value | value ]]
  [%- endif %]
  GROUP BY [% for place in analysis.places %][[ place ]], [% endfor %]probe.name
  [%- if not loop.last %]
  UNION ALL
  [%- endif %]
  [%- endfor %]
)
SELECT
  sent.submission_date,
  sent.client_id,
  sent.build_id,
  sent.branch,
  [%- for dimension in dimensions %]
  sent.[[ dimension | name ]],
  [%- endfor %]
  sent.name,
  aggregate.agg_type,
  aggregate.value
FROM sent
CROSS JOIN UNNEST([
  STRUCT('MAX' AS agg_type, sent.greatest AS value),
  STRUCT('SUM' AS agg_type, sent.total AS value)
]) AS aggregate
WHERE sent.branch IN ([% for branch in branches %][[ branch | value ]][[ ', ' if not loop.last ]][% endfor %])
