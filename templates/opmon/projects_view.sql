[#- The projects as people, and readers such as lookml-gen, query them. -#]
SELECT
  slug,
  name,
  xaxis,
  branches,
  dimensions,
  summaries,
  start_date,
  end_date,
  group_by_dimension,
  alerting,
  compact_visualization
FROM [[ table ]]
