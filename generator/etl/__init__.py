"""The ETL: what is to be computed, dbt that computes it, and what became of it.

`plan` and `outcome` are pure. dbt runs in a process of its own (`child`), started by `runner`; the
two speak `protocol`. Nothing here knows what a model computes.
"""
