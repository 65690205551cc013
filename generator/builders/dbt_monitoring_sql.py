"""Statements of monitoring: pieces marked for dbt, templates filled, printed for each engine."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict
from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from generator import dbt, templates
from generator.builders.dbt_sources import Sources, Table, table_of
from generator.diagnostics import Diagnostic, diagnostic
from generator.semantics.infer import relations_in
from generator.semantics.monitoring import Study
from generator.sql import quoted, value
from generator.sql_trees import parse_plain

_FILTERS: templates.Filters = {"name": quoted, "value": value}
UNION = "\nUNION ALL\n"
_SOURCE = "lookml_gen_source_"
_MARK = re.compile(r"lookml_gen_(?<!\wlookml_gen_)\w+")
"""A word that begins so. To look for the border of a word first would take 25 times as long."""


class Marks(Struct):
    """What stands in a statement for what differs from study to study.

    `calls` are what dbt puts there: tables, models, days. `words` are plain texts.
    """

    sources: Sources
    calls: dict[str, dbt.Jinja] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    pieces: dict[int, tuple[exp.Expression, str]] = field(default_factory=dict)
    """What was printed, by the identity of its tree, which is frozen: see `definition_sql`."""

    def anew(self) -> "Marks":
        """The same sources, with nothing said yet."""
        return Marks(self.sources, pieces=self.pieces)

    def call(self, mark: str, call: str) -> str:
        """The mark of a call."""
        self.calls[mark] = dbt.Jinja(call)
        return mark

    def printed(self, tree: exp.Expression) -> str:
        """A piece as text, with a mark for each of its tables."""
        if id(tree) not in self.pieces:
            self.pieces[id(tree)] = tree, self._printed(tree)
        return self.pieces[id(tree)][1]

    def _printed(self, tree: exp.Expression) -> str:
        marked = tree.copy()
        nodes = tuple(marked.find_all(exp.Table))
        known = relations_in(tree) if nodes else ()
        for node in nodes:
            text = ".".join(part.name for part in node.parts)
            table = table_of(text) if text in known else None
            if table and table in self.sources.tables:
                node.set("this", exp.to_identifier(self._mark(table)))
                node.set("db", None)
                node.set("catalog", None)
                node.meta.pop("quoted_table", None)  # the back-ticks around it as a whole
        return marked.sql("bigquery", pretty=True, copy=False)

    def rows(self, select: exp.Select) -> str:
        """What stands behind FROM."""
        return self.printed(select).removeprefix("SELECT\n  *\nFROM ")

    def _mark(self, table: Table) -> str:
        """The mark of a table: the same one in every study."""
        return f"{_SOURCE}{self.sources.tables.index(table)}"

    def in_place(self, sql: str) -> Mapping[str, dbt.Jinja]:
        """The marks that a statement has, with what dbt puts there."""
        found = ((mark, self._call(mark)) for mark in dict.fromkeys(_MARK.findall(sql)))
        return {mark: call for mark, call in found if call is not None}

    def _call(self, mark: str) -> dbt.Jinja | None:
        number = mark.removeprefix(_SOURCE)
        if number.isdigit():
            return self.sources.call(self.sources.tables[int(number)])
        return self.calls.get(mark)

    def worded(self, sql: str) -> str:
        """A statement with its words."""
        return _MARK.sub(lambda mark: self.words.get(mark[0], mark[0]), sql)


def filled(name: str, values: Any) -> str:
    """The text of a template; it sees the fields of one frozen object."""
    return templates.render(name, asdict(values), _FILTERS).strip()


def model(
    study: Study, name: str, sql: str | tuple[str, ...], marks: Marks, config: Mapping[str, object]
) -> Iterator[dbt.Model | Diagnostic]:
    """A model by its BigQuery SQL, or several to be united, and what DuckDB lacks of it.

    One by one, for what reads SQL takes twice as long for hundreds of rows in one statement.
    """
    parts = (sql,) if isinstance(sql, str) else sql
    found = [ported(part) for part in parts]
    sql, text = UNION.join(parts), UNION.join(text for text, _ in found)
    reason = next((reason for _, reason in found if reason is not None), None)
    if reason is not None:
        said = {"name": name, "engine": "duckdb", "reason": reason}
        yield diagnostic("unported-sql", study.project.at, study.subject, **said)
    texts = {"duckdb": marks.worded(text), "bigquery": marks.worded(sql)}
    yield dbt.Model(texts, marks.in_place(sql), config)


@lru_cache(maxsize=2048)
def ported(sql: str) -> tuple[str, str | None]:
    """BigQuery SQL as DuckDB's, and what that lacks. Rollouts are alike but for their marks."""
    try:
        return _printed(sql, ErrorLevel.RAISE), None
    except UnsupportedError as error:
        return _printed(sql, ErrorLevel.IGNORE), str(error).splitlines()[0]


def _printed(sql: str, level: ErrorLevel) -> str:
    (parsed,) = parse_plain(sql)
    tree = parsed or exp.Select()
    for node in tuple(tree.find_all(*_UNLIKE)):
        node.replace(_for_duckdb(node))
    return tree.sql("duckdb", pretty=True, unsupported_level=level, copy=False)


_UNLIKE = (exp.SafeFunc, exp.Substring, exp.Bracket)


def _for_duckdb(node: exp.Expr) -> exp.Expr:
    """What DuckDB does not do as BigQuery does, and sqlglot leaves as it is.

    An approximate quantile is an exact one, which does not change from run to run.
    """
    match node:
        case exp.SafeFunc(this=function):
            return exp.Anonymous(this="TRY", expressions=[function])
        case exp.Substring() if node.args["start"].name == "0":
            node.set("start", exp.Literal.number(1))
        case exp.Bracket(this=exp.ApproxQuantiles() as quantiles, expressions=[place]):
            number, parts = place.name, quantiles.expression.name
            if number.isdigit() and parts.isdigit() and int(parts):
                share = exp.Literal.number(int(number) / int(parts))
                return exp.Anonymous(this="QUANTILE_DISC", expressions=[quantiles.this, share])
    return node
