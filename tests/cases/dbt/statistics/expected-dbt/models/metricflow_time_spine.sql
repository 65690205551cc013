{# Every day from 2010 to the end of next year, for metrics over windows. #}
{{ config(materialized='table') }}
{% if target.type == 'duckdb' %}
SELECT CAST(day AS DATE) AS date_day
FROM UNNEST(
  GENERATE_SERIES(
    TIMESTAMP '2010-01-01',
    DATE_TRUNC('year', CURRENT_DATE) + INTERVAL 2 YEAR - INTERVAL 1 DAY,
    INTERVAL 1 DAY
  )
) AS days(day)
{% else %}
SELECT day AS date_day
FROM UNNEST(
  GENERATE_DATE_ARRAY(
    DATE '2010-01-01',
    DATE_SUB(DATE_ADD(DATE_TRUNC(CURRENT_DATE(), YEAR), INTERVAL 2 YEAR), INTERVAL 1 DAY)
  )
) AS day
{% endif %}
