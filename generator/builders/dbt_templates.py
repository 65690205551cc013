"""Templates as SQL of models: they are BigQuery's, and other engines run what is printed of it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import sqlglot

from generator import templates
from generator.sql import quoted, value

_FILTERS: templates.Filters = {"name": quoted, "value": value}


def filled(name: str, values: Any) -> str:
    """The text of a template; it sees the fields of one frozen object."""
    given = {field.name: getattr(values, field.name) for field in fields(values)}
    return templates.render(name, given, _FILTERS).strip()


def by_engine(sql: str) -> Mapping[str, str]:
    """A query for each type of target, the last for every other."""
    duckdb = sqlglot.transpile(sql, "bigquery", "duckdb", pretty=True, comments=False)
    return {"duckdb": "\n".join(duckdb), "bigquery": sql}
