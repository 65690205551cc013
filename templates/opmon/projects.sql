[#- A project that is watched, as a row: what a reader needs to show it. -#]
[% macro texts(every) -%]
ARRAY<STRING>[[ '[' ]][% for item in every %][[ item | value ]][[ ', ' if not loop.last ]][% endfor %]]
[%- endmacro -%]
SELECT
  [[ slug | value ]] AS slug,
  [[ name | value ]] AS name,
  [[ x_axis | value ]] AS xaxis,
  [[ texts(branches) ]] AS branches,
  [[ texts(dimensions) ]] AS dimensions,
  ARRAY<STRUCT<statistic STRING, metric STRING, metric_groups ARRAY<STRING>>>[[ '[' ]]
    [%- for summary in summaries %]
    ([[ summary.statistic | value ]], [[ summary.metric | value ]], [[ texts(summary.groups) ]])[[ ',' if not loop.last ]]
    [%- endfor %]
  ] AS summaries,
  CAST([[ start | value ]] AS DATE) AS start_date,
  CAST([[ end | value ]] AS DATE) AS end_date,
  CAST([[ group_by | value ]] AS STRING) AS group_by_dimension,
  [[ 'TRUE' if alerting else 'FALSE' ]] AS alerting,
  [[ 'TRUE' if compact else 'FALSE' ]] AS compact_visualization
