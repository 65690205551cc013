[#- The metrics of a project by client: a row for each client, day or build, branch and dimensions. -#]
WITH seen AS (
  SELECT
    [[ day ]] AS submission_date,
    [[ population.client or 'CAST(NULL AS STRING)' ]] AS client_id,
    [%- if by_build %]
    [[ population.build ]] AS build_id,
    [%- endif %]
    [%- for dimension in dimensions %]
    [[ dimension.sql ]] AS [[ dimension.column | name ]],
    [%- endfor %]
    [[ branch | indent(4) ]] AS branch,
    [[ submissions ]] AS submissions
  FROM [[ population.rows | indent(2) ]]
  [%- if by_build %]
  JOIN [[ runs ]] AS runs
    ON [[ population.date ]] BETWEEN runs.opmon_from AND runs.opmon_day
    AND [[ population.build ]] BETWEEN runs.opmon_first_build AND runs.opmon_last_build
  [%- endif %]
  [%- if channel %]
  WHERE [[ channel.sql ]] = [[ channel.value | value ]]
  [%- endif %]
  GROUP BY [% for place in places %][[ place ]][[ ', ' if not loop.last ]][% endfor %]
),
population AS (
  -- Without clients that send more than a person can.
  SELECT * EXCEPT (submissions)
  FROM seen
  WHERE TRUE
  QUALIFY
    client_id IS NULL
    OR SUM(submissions) OVER (PARTITION BY submission_date, client_id) <= [[ client_rows ]]
)
[%- if whole %],
grouped AS (
  -- Each client once more, for all values of [[ group_by ]] together.
  SELECT DISTINCT population.* REPLACE (IF(opmon_whole, [[ all | value ]], population.[[ group_by | name ]]) AS [[ group_by | name ]])
  FROM population
  CROSS JOIN UNNEST([FALSE, TRUE]) AS opmon_whole
)
[%- endif %]
[%- for source in sources %],
[[ source.name | name ]] AS (
  SELECT
    [[ source.day ]] AS submission_date,
    [%- if source.client %]
    [[ source.client ]] AS client_id,
    [%- endif %]
    [%- if by_build %]
    [[ source.build ]] AS build_id,
    [%- endif %]
    [%- if source.group_by %]
    [[ source.group_by ]] AS [[ group_by | name ]],
    [%- endif %]
    [%- for metric in source.metrics %]
    [[ metric.sql | indent(4) ]] AS [[ metric.column | name ]][[ ',' if not loop.last ]]
    [%- endfor %]
  FROM [[ source.rows | indent(2) ]]
  [%- if by_build %]
  JOIN [[ runs ]] AS runs
    ON [[ source.date ]] BETWEEN runs.opmon_from AND runs.opmon_day
    AND [[ source.build ]] BETWEEN runs.opmon_first_build AND runs.opmon_last_build
  [%- endif %]
  [%- if whole %]
  CROSS JOIN UNNEST([FALSE, TRUE]) AS opmon_whole
  [%- endif %]
  GROUP BY [% for place in source.places %][[ place ]][[ ', ' if not loop.last ]][% endfor %]
)
[%- endfor %]
SELECT
  clients.submission_date,
  clients.client_id,
  [[ 'clients.build_id' if by_build else 'CAST(NULL AS STRING) AS build_id' ]],
  [%- for dimension in dimensions %]
  clients.[[ dimension.column | name ]],
  [%- endfor %]
  clients.branch
  [%- for source in sources %]
  [%- for metric in source.metrics %],
  [%- if metric.over_nothing %]
  IF([[ source.name | name ]].submission_date IS NULL[[ ' AND clients.client_id IS NOT NULL' if source.client ]], [[ metric.over_nothing ]], [[ source.name | name ]].[[ metric.column | name ]]) AS [[ metric.column | name ]]
  [%- else %]
  [[ source.name | name ]].[[ metric.column | name ]]
  [%- endif %]
  [%- endfor %]
  [%- endfor %]
FROM [[ 'grouped' if whole else 'population' ]] AS clients
[%- for source in sources %]
LEFT JOIN [[ source.name | name ]]
  ON clients.submission_date = [[ source.name | name ]].submission_date
  [%- if source.client %]
  AND clients.client_id = [[ source.name | name ]].client_id
  [%- endif %]
  [%- if by_build %]
  AND clients.build_id = [[ source.name | name ]].build_id
  [%- endif %]
  [%- if source.group_by %]
  AND COALESCE(clients.[[ group_by | name ]], '') = COALESCE([[ source.name | name ]].[[ group_by | name ]], '')
  AND (clients.[[ group_by | name ]] IS NULL) = ([[ source.name | name ]].[[ group_by | name ]] IS NULL)
  [%- endif %]
[%- endfor %]
[%- if branches %]
WHERE clients.branch IN ([% for branch in branches %][[ branch | value ]][[ ', ' if not loop.last ]][% endfor %])
[%- endif %]
