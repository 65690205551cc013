{# No two rows are alike in all of these columns. Nothing is alike to nothing. #}
{% test unique_combination(model, columns) %}
{%- set names = [] %}
{%- for column in columns %}
  {%- do names.append(adapter.quote(column)) %}
{%- endfor %}
SELECT {{ names | join(', ') }}
FROM {{ model }}
GROUP BY {{ names | join(', ') }}
HAVING COUNT(*) > 1
{% endtest %}
