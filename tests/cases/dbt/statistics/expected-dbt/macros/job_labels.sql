{#
What a statement is for: a comment in it, and on BigQuery the labels of its job, by which its cost can be found.
The folders of a model say its namespace and project.
#}
{%- macro job_labels(node) -%}
  {%- set said = {'application': 'lookml-gen', 'command': env_var('LOOKML_GEN_COMMAND', 'dbt')} -%}
  {%- if node -%}
    {%- set place = node.fqn[1:-1] -%}
    {%- do said.update({'purpose': node.resource_type | string, 'model': node.name}) -%}
    {%- if place -%}
      {%- do said.update({'namespace': place[0]}) -%}
    {%- endif -%}
    {%- if place | length > 1 -%}
      {%- do said.update({'project': place[1]}) -%}
    {%- endif -%}
  {%- endif -%}
  {{- tojson(said) -}}
{%- endmacro -%}
