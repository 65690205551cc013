{#
The days that a run computes: from the var `start` to the var `end`, both YYYY-MM-DD and included; one
of the two is one day. Without them nothing is computed: tables and views are made, and stay as they are.
#}

{# The first day that rows are read of: of so many days up to the first day of the run. #}
{%- macro opmon_first_day(start, days=1) -%}
  {%- set first = [var('start', var('end', '9999-12-31')) | string, start] | max -%}
  {{- (modules.datetime.date.fromisoformat(first) - modules.datetime.timedelta(days=days - 1)).isoformat() -}}
{%- endmacro -%}

{# The last day of the run, at most that of the project. #}
{%- macro opmon_last_day(end='9999-12-31') -%}
  {{- modules.datetime.date.fromisoformat([var('end', var('start', '0001-01-01')) | string, end] | min).isoformat() -}}
{%- endmacro -%}

{#
A row for each day of the run: the days of the rows that it looks at, and the builds that are made on them,
none from before the project starts.
#}
{%- macro opmon_runs(start, end, days) -%}
  {%- set first = modules.datetime.date.fromisoformat(opmon_first_day(start)) -%}
  {%- set last = modules.datetime.date.fromisoformat(opmon_last_day(end)) -%}
  {%- set count = [(last - first).days + 1, 0] | max -%}
  (
  {%- for number in range([count, 1] | max) %}
    {%- set day = first + modules.datetime.timedelta(days=number) if count else last %}
    {%- set from = (day - modules.datetime.timedelta(days=days - 1)).isoformat() if count else day.isoformat() %}
    SELECT
      DATE '{{ day.isoformat() }}' AS opmon_day,
      DATE '{{ from }}' AS opmon_from,
      '{{ ([from, start] | max).replace('-', '') }}' AS opmon_first_build,
      '{{ day.isoformat().replace('-', '') }}' AS opmon_last_build
    {%- if not loop.last %}
    UNION ALL
    {%- endif %}
  {%- endfor %}
  {%- if not count %}
    LIMIT 0
  {%- endif %}
  )
{%- endmacro -%}

{# The partitions that a run writes anew on BigQuery, also those that it has no row for. #}
{%- macro opmon_partitions() -%}
  {%- set partitions = [] -%}
  {%- set first = var('start', var('end', none)) -%}
  {%- if first is not none -%}
    {%- set first = modules.datetime.date.fromisoformat(first | string) -%}
    {%- set last = modules.datetime.date.fromisoformat(var('end', first) | string) -%}
    {%- for number in range((last - first).days + 1) -%}
      {%- do partitions.append("DATE '" ~ (first + modules.datetime.timedelta(days=number)).isoformat() ~ "'") -%}
    {%- endfor -%}
  {%- endif -%}
  {{- return(partitions) -}}
{%- endmacro -%}

{#
How rows are written where there are no partitions: those of the days of the run go, then its own are added. It
comes after columns were added to the table; DuckDB adds none in a transaction in which rows went before.
#}
{%- macro get_incremental_opmon_days_sql(arg_dict) -%}
  DELETE FROM {{ arg_dict['target_relation'] }}
  WHERE submission_date BETWEEN DATE '{{ opmon_first_day('0001-01-01') }}' AND DATE '{{ opmon_last_day() }}';
  {{ get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns']) }}
{%- endmacro -%}
