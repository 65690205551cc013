[#- The metrics of a project as people query them. -#]
SELECT
  submission_date,
  client_id,
  build_id,
  [%- for column in columns %]
  [[ column | name ]][[ ',' if not loop.last ]]
  [%- endfor %]
FROM [[ metrics ]]
