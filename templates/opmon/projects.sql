[#- The projects that are watched, a row for each: what a reader needs to show one. -#]
[% macro texts(every) -%]
ARRAY<STRING>[[ '[' ]][% for item in every %][[ item | value ]][[ ', ' if not loop.last ]][% endfor %]]
[%- endmacro -%]
[% for project in projects -%]
SELECT
  [[ project.slug | value ]] AS slug,
  [[ project.name | value ]] AS name,
  [[ project.x_axis | value ]] AS xaxis,
  [[ texts(project.branches) ]] AS branches,
  [[ texts(project.dimensions) ]] AS dimensions,
  ARRAY<STRUCT<statistic STRING, metric STRING, metric_groups ARRAY<STRING>>>[[ '[' ]]
    [%- for summary in project.summaries %]
    ([[ summary.statistic | value ]], [[ summary.metric | value ]], [[ texts(summary.groups) ]])[[ ',' if not loop.last ]]
    [%- endfor %]
  ] AS summaries,
  CAST([[ project.start | value ]] AS DATE) AS start_date,
  CAST([[ project.end | value ]] AS DATE) AS end_date,
  CAST([[ project.group_by | value ]] AS STRING) AS group_by_dimension,
  [[ 'TRUE' if project.alerting else 'FALSE' ]] AS alerting,
  [[ 'TRUE' if project.compact else 'FALSE' ]] AS compact_visualization
[%- if not loop.last %]
UNION ALL
[% endif %]
[%- endfor %]
