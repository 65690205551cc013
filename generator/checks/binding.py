"""SQL bound by DuckDB on empty tables: columns, types and the rules of aggregation.

What DuckDB cannot bind for reasons of its own, such as a function that only BigQuery has, is no
finding.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from generator.checks.columns import Tables
from generator.checks.scope import Page, Scope
from generator.checks.statements import Piece, Question, Writer, words
from generator.diagnostics import Diagnostic
from generator.facts.catalog import Column, DataType, Relation, RelationName
from generator.names import identifier

_TYPES: Mapping[DataType, str] = {
    DataType.STRING: "VARCHAR",
    DataType.BYTES: "BLOB",
    DataType.INT64: "BIGINT",
    DataType.FLOAT64: "DOUBLE",
    DataType.NUMERIC: "DECIMAL(38, 9)",
    DataType.BIGNUMERIC: "DECIMAL(38, 9)",
    DataType.BOOL: "BOOLEAN",
    DataType.DATE: "DATE",
    DataType.DATETIME: "TIMESTAMP",
    DataType.TIME: "TIME",
    DataType.TIMESTAMP: "TIMESTAMPTZ",
    DataType.JSON: "JSON",
    DataType.INTERVAL: "INTERVAL",
}
_MEANT = re.compile(
    r"Referenced column \"|does not have a column named|Could not find key|Cannot extract field"
    r"|must appear in the GROUP BY|cannot be nested|cannot contain aggregates|Ambiguous reference"
    r"|No function matches .*'(?:sum|avg|[-+*/])\(.*VARCHAR"
    r"|Cannot mix values of type (?:BIGINT|DOUBLE|BOOLEAN) and VARCHAR"
    r"|Cannot mix values of type VARCHAR and (?:BIGINT|DOUBLE|BOOLEAN)"
)
"""What DuckDB says of mistakes that are mistakes in BigQuery, too."""
_TYPED = re.compile(r"No function|Cannot mix|Cannot extract|Could not find key")


def check_bound(scope: Scope) -> Iterator[Diagnostic]:
    """What the fields of each view say can be computed of the columns that there are."""
    tables = Tables(scope)
    asked = [
        (page, question) for page in scope.pages.values() for question in _of(page, scope, tables)
    ]
    if not asked:
        return
    with closing(Binder(scope.knowledge.relations)) as binder:
        for page, question in asked:
            for found, reason in binder.faults(question):
                yield _unbound(page, found, reason)


def _unbound(page: Page, found: Piece | str, reason: str) -> Diagnostic:
    if isinstance(found, Piece):
        at = page.place(*found.key)
        return page.says("unbound-sql", at, what=found.what, reason=reason)
    return page.says("unbound-sql", page.place(found), what=f"view `{found}`", reason=reason)


def _of(page: Page, scope: Scope, tables: Tables) -> Iterator[Question]:
    return Writer(scope.views(page), tables, brief=True).asked(page.document)


class Reason(NamedTuple):
    """Why a statement cannot be bound, and whether that means something."""

    text: str
    meant: bool = False


def _reason(said: str, vague: bool) -> Reason:  # noqa: FBT001 - whether types are not all known
    meant = _MEANT.search(said) is not None and not (vague and _TYPED.search(said))
    return Reason(_shown(said), meant)


class Binder:
    """An empty DuckDB, with the tables that statements name; each is made when it is named."""

    def __init__(self, relations: Mapping[RelationName, Relation]) -> None:
        import duckdb  # noqa: PLC0415 - few runs need it here

        self._connection = duckdb.connect()
        self._error = duckdb.Error
        self._relations = relations
        self._made: dict[tuple[RelationName, str], str] = {}
        self._queries: dict[str, str | Reason] = {}

    def close(self) -> None:
        """Forget all of it."""
        self._connection.close()

    def faults(self, question: Question) -> Iterator[tuple[Piece | str, str]]:
        """The pieces that mean nothing, and why; found by halves where all together fail.

        Where the query that stands for a view means nothing, its name is told in place of a piece.
        """
        sources: dict[str, str] = {}
        for name, source in question.sources.items():
            made = self._source(question, source)
            if isinstance(made, Reason):
                if made.meant:
                    yield from self._culprits(question, name, source) or ((name, made.text),)
                return
            sources[name] = made
        todo = [question.pieces]
        while todo:
            pieces = todo.pop()
            reason = self._ask(question, question.text(pieces, sources), "EXPLAIN {}")
            if reason is None:
                continue
            if len(pieces) > 1:
                half = len(pieces) // 2
                todo += [pieces[half:], pieces[:half]]
            elif reason.meant:
                yield pieces[0], reason.text

    def _culprits(
        self, question: Question, name: str, source: str
    ) -> tuple[tuple[Piece, str], ...]:
        """The columns of a query that mean nothing by themselves."""
        found = []
        for column, text in _alone(source[1:-1]):
            reason = self._ask(question, text, "EXPLAIN {}")
            if reason and reason.meant:
                what = f"the column `{column}` of view `{name}`"
                found.append((Piece(what, (name, identifier(column)), text), reason.text))
        return tuple(found)

    def _source(self, question: Question, source: str) -> "str | Reason":
        """What stands for a source: itself, or for a query the table that it makes, once."""
        if not source.startswith("("):
            return source
        if source not in self._queries:
            name = f"query_{len(self._queries)}"
            create = f"CREATE TABLE {name} AS SELECT * FROM ({{}}) LIMIT 0"  # noqa: S608 - in memory
            self._queries[source] = self._ask(question, source[1:-1], create) or f"`{name}`"
        return self._queries[source]

    def _ask(self, question: Question, text: str, how: str) -> "Reason | None":
        """Why a statement cannot be bound."""
        columns: list[Column] = []

        def table(name: RelationName) -> str | None:
            if not name.project and not name.dataset and name.table.startswith("query_"):
                return name.table
            found = self._columns(question, name)
            if found is None:
                return None
            kept = [column for column in found if column.name.lower() in known] or found[:1]
            columns.extend(kept)
            return self._table(name, kept)

        known = words(text)
        sql = _translated(text, table)
        if sql is None:
            return Reason("it reads what nobody knows")
        try:
            self._connection.execute(how.format(sql)).fetchall()
        except self._error as error:
            return _reason(str(error).partition("\n")[0], any(map(_is_vague, columns)))
        return None

    def _columns(self, question: Question, name: RelationName) -> tuple[Column, ...] | None:
        found = question.relations.get(name)
        if found is None and name in self._relations:
            found = self._relations[name].columns
        return found or None

    def _table(self, name: RelationName, columns: Sequence[Column]) -> str:
        """A table with these columns; the same is made once."""
        typed = ", ".join(f"{_quoted(column.name)} {_type(column)}" for column in columns)
        key = (name, typed)
        if key not in self._made:
            self._made[key] = f"table_{len(self._made)}"
            self._connection.execute(f"CREATE TABLE {self._made[key]} ({typed})")
        return self._made[key]


def _translated(text: str, table: Callable[[RelationName], str | None]) -> str | None:
    """The statement for DuckDB; None if it cannot be, or reads what nobody knows."""
    from sqlglot.errors import ErrorLevel, SqlglotError  # noqa: PLC0415 - half a second

    from generator.sql_trees import parse  # noqa: PLC0415 - likewise

    try:
        tree: Any
        (tree,) = parse(text)
        if tree is None or not _renamed(tree, table):
            return None
        quiet = ErrorLevel.IGNORE
        return str(tree.sql("duckdb", copy=False, unsupported_level=quiet))
    except (SqlglotError, ValueError, RecursionError):
        return None


def _alone(text: str) -> Iterator[tuple[str, str]]:
    """Each column of a query with the query for it alone; none if it is no plain SELECT."""
    import sqlglot  # noqa: PLC0415 - half a second
    from sqlglot import exp  # noqa: PLC0415

    tree: Any = sqlglot.parse_one(text, dialect="bigquery")
    if isinstance(tree, exp.Select):
        for column in tuple(tree.expressions):
            tree.set("expressions", [column])
            yield column.alias_or_name, str(tree.sql("bigquery"))


def _renamed(tree: Any, table: Callable[[RelationName], str | None]) -> bool:
    """Give each table of a statement its name here; whether all have one."""
    from sqlglot import exp  # noqa: PLC0415 - half a second

    local = {cte.alias for cte in tree.find_all(exp.CTE)}
    for node in tuple(tree.find_all(exp.Table)):
        if not node.db and node.name in local:
            continue
        made = table(RelationName(node.catalog, node.db, node.name))
        if made is None:
            return False
        alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name))
        node.replace(exp.Table(this=exp.to_identifier(made), alias=alias))
    return True


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _type(column: Column) -> str:
    if column.type is DataType.STRUCT and column.fields:
        inner = ", ".join(f"{_quoted(field.name)} {_type(field)}" for field in column.fields)
        plain = f"STRUCT({inner})"
    else:
        plain = _TYPES.get(column.type, "VARCHAR")
    return f"{plain}[]" if column.repeated else plain


def _is_vague(column: Column) -> bool:
    """Whether its type, or one inside it, is none that we can make."""
    scalar = column.type is not DataType.STRUCT or not column.fields
    return (scalar and column.type not in _TYPES) or any(map(_is_vague, column.fields))


def _shown(reason: str) -> str:
    """The reason without the names of engine and error."""
    text = reason.removeprefix("Binder Error: ").strip().rstrip("!.")
    return text[:1].lower() + text[1:]
