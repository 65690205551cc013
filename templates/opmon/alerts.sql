[#- The alerts of a project: what its statistics say that somebody should look at.

They follow from the statistics alone, whatever was there before: a day that is computed late, or
anew, changes the alerts of the days behind it too. The statistics are the rows that graphs show,
so a build alerts by what is known of it last. Rows for all values of a dimension together are rows
like the others: they have limits, a reference branch and a history of their own. -#]
WITH rules AS (
[%- for rule in rules %]
  SELECT
    [[ rule.test | value ]] AS test,
    [[ rule.metric | value ]] AS metric,
    CAST([[ rule.statistic | value ]] AS STRING) AS statistic,
    CAST([[ rule.parameter | value ]] AS FLOAT64) AS parameter,
    CAST([[ rule.boundary | value ]] AS FLOAT64) AS boundary,
    [[ rule.message | value ]] AS message
  [%- if not loop.last %]
  UNION ALL
  [%- endif %]
[%- endfor %]
),
measured AS (
  SELECT
    submission_date,
    build_id,
    [%- for dimension in dimensions %]
    [[ dimension | name ]],
    [%- endfor %]
    branch,
    metric,
    statistic,
    parameter,
    -- What tells the values of a statistic apart; a ratio has the name of its denominator.
    COALESCE(CAST(parameter AS STRING), parameter_label) AS lookml_gen__variant,
    IF(IS_NAN(point), NULL, point) AS point,
    IF(IS_NAN(lower), NULL, lower) AS lower,
    IF(IS_NAN(upper), NULL, upper) AS upper
  FROM [[ statistics ]]
  WHERE submission_date >= DATE [[ start | value ]]
),
compared AS (
  SELECT
    measured.*,
    [%- for size in windows %]
    -- The mean of the last [[ size ]] values, and that of the [[ size ]] before, once there are so many.
    AVG(measured.point) OVER (
      series ROWS BETWEEN [[ size - 1 ]] PRECEDING AND CURRENT ROW
    ) AS lookml_gen__latest_[[ size ]],
    IF(
      COUNT(*) OVER (series ROWS BETWEEN [[ 2 * size - 1 ]] PRECEDING AND CURRENT ROW) = [[ 2 * size ]],
      AVG(measured.point) OVER (
        series ROWS BETWEEN [[ 2 * size - 1 ]] PRECEDING AND [[ size ]] PRECEDING
      ),
      NULL
    ) AS lookml_gen__earlier_[[ size ]],
    [%- endfor %]
    [%- if reference_branch is none %]
    CAST(NULL AS FLOAT64) AS lookml_gen__lower,
    CAST(NULL AS FLOAT64) AS lookml_gen__upper
  FROM measured
    [%- else %]
    reference.lower AS lookml_gen__lower,
    reference.upper AS lookml_gen__upper
  FROM measured
  LEFT JOIN measured AS reference
    ON measured.submission_date = reference.submission_date
    AND measured.build_id IS NOT DISTINCT FROM reference.build_id
    [%- for dimension in dimensions %]
    AND measured.[[ dimension | name ]] IS NOT DISTINCT FROM reference.[[ dimension | name ]]
    [%- endfor %]
    AND measured.metric = reference.metric
    AND measured.statistic = reference.statistic
    AND measured.lookml_gen__variant IS NOT DISTINCT FROM reference.lookml_gen__variant
    AND measured.branch <> reference.branch
    AND reference.branch = [[ reference_branch | value ]]
    [%- endif %]
  [%- if windows %]
  WINDOW series AS (
    PARTITION BY
      [%- for dimension in dimensions %]
      measured.[[ dimension | name ]],
      [%- endfor %]
      measured.branch,
      measured.metric,
      measured.statistic,
      measured.lookml_gen__variant,
      measured.point IS NULL
    ORDER BY measured.[[ x_axis ]]
  )
  [%- endif %]
)
SELECT
  compared.submission_date,
  compared.build_id,
  compared.metric,
  compared.statistic,
  compared.branch,
  [%- for dimension in dimensions %]
  compared.[[ dimension | name ]],
  [%- endfor %]
  compared.parameter,
  rules.message
FROM compared
JOIN rules
  ON compared.metric = rules.metric
  AND (rules.statistic IS NULL OR compared.statistic = rules.statistic)
  AND (rules.parameter IS NULL OR compared.parameter = rules.parameter)
WHERE CASE rules.test
  WHEN 'above' THEN COALESCE(compared.lower, compared.point) > rules.boundary
  WHEN 'below' THEN COALESCE(compared.upper, compared.point) < rules.boundary
  [%- if reference_branch is not none %]
  WHEN 'apart' THEN
    compared.lower > compared.lookml_gen__upper OR compared.upper < compared.lookml_gen__lower
  [%- endif %]
  [%- for size in windows %]
  -- Away from a mean of 0, any change is more than any share of it.
  WHEN 'change_[[ size ]]' THEN
    ABS(compared.lookml_gen__latest_[[ size ]] - compared.lookml_gen__earlier_[[ size ]])
    > rules.boundary * ABS(compared.lookml_gen__earlier_[[ size ]])
  [%- endfor %]
END
