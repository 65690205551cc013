[#- The alerts of a project as people query them. -#]
SELECT
  submission_date,
  build_id,
  metric,
  statistic,
  branch,
  [%- for dimension in dimensions %]
  [[ dimension | name ]],
  [%- endfor %]
  parameter,
  message
FROM [[ alerts ]]
