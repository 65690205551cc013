[#- The scalar probes of a classic project as people query them. -#]
SELECT
  submission_date,
  client_id,
  build_id,
  branch,
  [%- for dimension in dimensions %]
  [[ dimension | name ]],
  [%- endfor %]
  agg_type,
  name AS probe,
  value
FROM [[ table ]]
[%- if by_build %]
-- The last run has all builds; those before it are for whoever has to go back.
WHERE submission_date = (SELECT MAX(submission_date) FROM [[ table ]])
[%- endif %]
