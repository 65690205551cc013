{#
The function that projects in the classic layout call from Looker: `dbt run-operation create_percentile_with_interval`
makes it on BigQuery, in the dataset that it is given.

Its buckets are those of all clients, one after the other, the weights of a client being 1 in all. It adds them up by
key and takes the key at which the weights reach the percentile. The interval holds the true percentile in nine of ten
samples: how many of n clients lie below it is binomial, so its bounds are 1.645 deviations before and behind.
#}
{% macro create_percentile_with_interval(dataset, project=target.database) %}
{% do run_query(percentile_with_interval(project ~ '.' ~ dataset)) %}
{% endmacro %}

{% macro percentile_with_interval(place) %}
CREATE OR REPLACE FUNCTION `{{ place }}.percentile_with_interval`(
  percentile FLOAT64,
  buckets ARRAY<STRUCT<key FLOAT64, value FLOAT64>>
)
RETURNS STRUCT<percentile FLOAT64, low FLOAT64, high FLOAT64>
AS ((
  SELECT AS STRUCT
    COALESCE(MIN(IF(up_to >= middle, key, NULL)), MAX(key)) AS percentile,
    MIN(IF(up_to >= middle - margin, key, NULL)) AS low,
    COALESCE(MIN(IF(up_to >= middle + margin, key, NULL)), MAX(key)) AS high
  FROM (
    SELECT
      key,
      up_to + 1e-9 AS up_to,
      clients * share AS middle,
      1.645 * SQRT(clients * share * (1 - share)) AS margin
    FROM (
      SELECT
        key,
        SUM(weight) OVER (ORDER BY key) AS up_to,
        SUM(weight) OVER () AS clients,
        LEAST(1.0, GREATEST(0.0, percentile / 100)) AS share
      FROM (
        SELECT bucket.key, SUM(bucket.value) AS weight
        FROM UNNEST(buckets) AS bucket
        WHERE bucket.value > 0
        GROUP BY bucket.key
      )
    )
  )
));
{% endmacro %}
