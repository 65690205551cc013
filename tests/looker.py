"""A small Looker: it writes the SQL of a query on one view, as Looker would, from our objects.

It knows what our views use: Liquid with the tags of parameters and date filters, references
between fields, timeframes, and the measure types. Only tests need it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TextIO

import sqlglot
from liquid import Environment
from liquid.ast import Node
from liquid.context import RenderContext
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.template import BoundTemplate
from liquid.token import TOKEN_TAG, Token
from sqlglot import exp

from generator import lookml

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_TIMEFRAMES = {
    "raw": "{}",
    "time": "{}",
    "date": "{}",
    "week": "DATE_TRUNC({}, WEEK(MONDAY))",
    "month": "DATE_TRUNC({}, MONTH)",
    "quarter": "DATE_TRUNC({}, QUARTER)",
    "year": "DATE_TRUNC({}, YEAR)",
}
_AGGREGATES = {
    "sum": "SUM({})",
    "average": "AVG({})",
    "max": "MAX({})",
    "min": "MIN({})",
    "median": "MEDIAN({})",
    "count": "COUNT(*)",
    "count_distinct": "COUNT(DISTINCT {})",
    "number": "{}",
    "string": "{}",
}
_WITH = re.compile(r"\bWITH\((\w+) AS ", re.ASCII)
_LET = "LET_"

Dates = tuple[str | None, str | None]
Expand = Callable[[str], str]
Writer = Callable[[Expand], str]


@dataclass(frozen=True)
class Query:
    """What somebody asks: fields, values of parameters, and date filters (start, exclusive end).

    `filters` name further fields that are filtered by, to no effect on the rows.
    """

    fields: Sequence[str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, Dates] = field(default_factory=dict)
    filters: Sequence[str] = ()


class _Written(Node):
    """A tag that writes what the query says of a field."""

    def __init__(self, token: Token, name: str) -> None:
        super().__init__(token)
        self.name = name
        self.blank = False  # or a branch with nothing else in it would write nothing

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        values = context.resolve("_written")
        assert isinstance(values, dict)
        return buffer.write(values[self.token.value, self.name.rpartition(".")[2]])


class _WritingTag(Tag):
    block = False

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        return _Written(token, stream.current.value.strip())  # the parser eats the expression


@cache
def _environment() -> Environment:
    environment = Environment(strict_filters=True)
    for name in ("parameter", "date_start", "date_end"):
        environment.add_tag(type(f"_{name}", (_WritingTag,), {"name": name}))
    return environment


@cache
def _template(text: str) -> BoundTemplate:
    return _environment().from_string(text)


def _globals(view: lookml.View, query: Query) -> dict[str, object]:
    parameters = {
        p.name: query.parameters.get(p.name, p.default_value or "") for p in view.parameters
    }
    filtered = {*query.dates, *query.filters}
    fields: dict[str, dict[str, object]] = {}
    for name in view.names():
        chosen = name in query.fields
        fields[name] = {
            "_is_selected": chosen,
            "_is_filtered": name in filtered,
            "_in_query": chosen or name in filtered,
            "_parameter_value": parameters.get(name, ""),
        }
    written = {("parameter", name): value for name, value in parameters.items()}
    for name in view.names():
        start, end = query.dates.get(name, (None, None))
        written["date_start", name] = _date(start)
        written["date_end", name] = _date(end)
    return {**fields, view.name: fields, "_written": written}


def _date(value: str | None) -> str:
    """A bound as Looker writes it for BigQuery: a TIMESTAMP, or NULL if there is none."""
    return f"TIMESTAMP('{value} 00:00:00')" if value else "NULL"


def sql_of(view: lookml.View, query: Query) -> str:
    """The BigQuery SQL of a query on a view."""
    known = dict(_fields(view))
    values = _globals(view, query)

    def expanded(text: str) -> str:
        plain = _template(text).render(**values).replace("${TABLE}", view.name)
        return _REFERENCE.sub(lambda match: known[match[1].rpartition(".")[2]](expanded), plain)

    columns = [f"{known[name](expanded)} AS {name}" for name in query.fields]
    measures = {measure.name for measure in view.measures}
    grouped = [str(place) for place, name in enumerate(query.fields, 1) if name not in measures]
    table = view.derived_table.sql if view.derived_table else None
    source = f"({_template(table).render(**values)})" if table else str(view.sql_table_name)
    conditions = tuple(_conditions(view, query, lambda name: known[name](expanded)))
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    by = f"\nGROUP BY {', '.join(grouped)}" if grouped else ""
    return f"SELECT {', '.join(columns)}\nFROM {source} AS {view.name}{where}{by}"


def _conditions(view: lookml.View, query: Query, column: Callable[[str], str]) -> Iterator[str]:
    """A date filter on a dimension holds for the rows of the view; that of a filter field does not.

    With neither start nor end it stands for `any time`.
    """
    bare = {f.name for f in view.filters}
    for name, (start, end) in query.dates.items():
        if name not in bare and start:
            yield f"{column(name)} >= DATE '{start}'"
        if name not in bare and end:
            yield f"{column(name)} < DATE '{end}'"


def _fields(view: lookml.View) -> Iterator[tuple[str, Writer]]:
    """For each field, what writes it, given what expands its SQL."""
    for dimension in view.dimensions:
        yield dimension.name, partial(_write, "{}", dimension.sql or "")
    for group in view.dimension_groups:
        for timeframe in group.timeframes:
            sql = group.sql or ""
            if timeframe not in ("raw", "time") and group.datatype != "date":
                sql = f"DATE({sql})"
            yield f"{group.name}_{timeframe}", partial(_write, _TIMEFRAMES[timeframe], sql)
    for measure in view.measures:
        pattern = _AGGREGATES[measure.type or "number"]
        yield measure.name, partial(_write, pattern, measure.sql or "")


def _write(pattern: str, sql: str, expand: Expand) -> str:
    return pattern.replace("{}", expand(sql))


def to_duckdb(sql: str) -> str:
    """BigQuery SQL in the dialect of DuckDB."""
    tree = sqlglot.parse_one(_WITH.sub(rf"{_LET}(\1 = ", sql), read="bigquery")
    for node in tuple(tree.find_all(exp.Anonymous)):
        if node.name == _LET:
            node.replace(_inlined(*node.expressions))
    for text in tuple(tree.find_all(exp.JSONFormat)):
        text.replace(exp.Coalesce(this=text.copy(), expressions=[exp.Literal.string("null")]))
    return tree.sql("duckdb")


def _inlined(binding: exp.Expr, result: exp.Expr) -> exp.Expr:
    """`WITH(name AS value, result)` with the value for the name: DuckDB lets an aggregate stand."""
    name, value = binding.this.name, binding.expression
    for column in tuple(result.find_all(exp.Column)):
        if column.name == name and not column.table:
            column.replace(value.copy())
    return result
