"""The SQL that Looker would send for the fields of a view, each a piece of one statement.

It is BigQuery's, whole: references between fields are written out, Liquid is rendered.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from generator import lookml
from generator.checks.columns import Tables
from generator.checks.liquid import LiquidError, rendered
from generator.checks.scope import explore_key
from generator.facts.catalog import Column, RelationName

Render = Callable[[str, Mapping[str, str]], str]
"""How Liquid is rendered: a text, and the values of parameters. Raises LiquidError."""

_REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_COLUMN = re.compile(r"\s*\$\{TABLE\}(?:\s*\.\s*(?:\w+|`[^`]+`))*\s*", re.ASCII)
_ONE_FIELD = re.compile(r"\s*\$\{[\w.]+\}\s*", re.ASCII)
_WORD = re.compile(r"\w+")
_DEEPEST = 40
_AGGREGATES: Mapping[str, str] = {
    "sum": "SUM({})",
    "sum_distinct": "SUM({})",
    "average": "AVG({})",
    "average_distinct": "AVG({})",
    "count_distinct": "COUNT(DISTINCT {})",
    "max": "MAX({})",
    "min": "MIN({})",
    "median": "AVG({})",
    "median_distinct": "AVG({})",
    "percentile": "AVG({})",
    "percentile_distinct": "AVG({})",
    "list": "STRING_AGG(CAST({} AS STRING))",
}
"""Aggregates with the types that they take; some stand for one that engines call differently."""
_STAND_INS: Mapping[str, str] = {
    **dict.fromkeys(("sum", "sum_distinct", "average", "average_distinct", "number"), "SUM(1.5)"),
    **dict.fromkeys(("count", "count_distinct"), "COUNT(*)"),
    "string": "ANY_VALUE('x')",
    "yesno": "LOGICAL_OR(TRUE)",
}
"""What has the type of a measure of a type, and is aggregated like it."""
_COUNTING = frozenset({"count_distinct", "list", "max", "min"})
"""Aggregates that take a value of nearly any type."""
_UNWRITABLE = frozenset({"period_over_period"})


class Piece(Struct, frozen=True):
    """The SQL of a field, under the key by which its place is found."""

    what: str
    key: tuple[str, str]
    sql: str


class Question(Struct, frozen=True):
    """Pieces over the same FROM; `relations` are tables in it that no catalog has.

    `sources` are what stands for each view: a table, or a query in parentheses.
    """

    pieces: tuple[Piece, ...]
    sources: Mapping[str, str]
    relations: Mapping[RelationName, tuple[Column, ...]] = field(default_factory=dict)
    aggregate: bool = False

    def text(self, pieces: Iterable[Piece], sources: Mapping[str, str] | None = None) -> str:
        """The statement that asks for some of them, of other sources if those are given."""
        found = (sources or self.sources).items()
        tables = ", ".join(f"{source} AS `{name}`" for name, source in found)
        counted = ("COUNT(*)",) if self.aggregate else ()  # no row of its own beside that
        selected = ", ".join((*counted, *(piece.sql for piece in pieces)))
        behind = f" FROM {tables}" if tables else ""
        return f"SELECT {selected}{behind}"


class UnwritableError(ValueError):
    """Why the SQL of a field cannot be written out."""


class Writer(Struct, frozen=True):
    """Writes fields of the views that one file sees.

    A `brief` one writes a stand-in of its type for a measure that another names: each is judged for
    itself, and a text of all that a window runs over is long.
    """

    views: Mapping[str, lookml.View]
    tables: Tables
    render: Render = rendered
    brief: bool = False
    named: dict[str, Mapping[str, lookml.Field]] = field(default_factory=dict)
    queries: dict[str, str | None] = field(default_factory=dict)

    def asked(self, document: lookml.Document) -> Iterator[Question]:
        """All that a file says in SQL: of its fields, explores, joins and datagroups."""
        for view in document.views:
            yield from self.questions(view)
        for explore in document.explores:
            yield from self._conditions(explore)
        for group in document.datagroups:
            yield from self._trigger(group)

    def _conditions(self, explore: lookml.Explore) -> Iterator[Question]:
        """What rows are joined by, and what they must fulfil, where each view has its own name."""
        home = self.views.get(explore.view_name or explore.name)
        if home is None or explore.from_view or any(join.from_view for join in explore.joins):
            return
        joined = ((f"{explore.name}.{join.name}", join.sql_on) for join in explore.joins)
        whats = ((f"join `{name}`", sql) for name, sql in joined)
        for what, sql in ((f"explore `{explore.name}`", explore.sql_always_where), *whats):
            used: dict[str, None] = {home.name: None}
            try:
                text = self._filled(sql, home, used, _DEEPEST) if sql else None
            except (UnwritableError, LiquidError):
                continue
            piece = Piece(what, (explore_key(explore.name), ""), f"({text})")
            question = self._question(sorted(used), (piece,)) if text else None
            if question:
                yield question

    def _trigger(self, group: lookml.Datagroup) -> Iterator[Question]:
        """The query that tells whether anything is new."""
        try:
            text = self.render(group.sql_trigger or "", {})
        except LiquidError:
            return
        if text and not _REFERENCE.search(text):
            piece = Piece(f"datagroup `{group.name}`", (group.name, ""), f"({text})")
            yield Question((piece,), {})

    def questions(self, view: lookml.View) -> Iterator[Question]:
        """A question for the fields of one row, and one for measures; trivial fields are none."""
        rows: tuple[lookml.Field, ...] = (*view.dimensions, *view.dimension_groups)
        for items in (rows, view.measures):
            pieces: dict[frozenset[str], list[Piece]] = {}
            for item in items:
                found = self._piece(view, item)
                if found:
                    used, piece = found
                    pieces.setdefault(used, []).append(piece)
            for used, several in pieces.items():
                question = self._question(sorted(used), tuple(several))
                if question:
                    yield replace(question, aggregate=items is view.measures)

    def _piece(self, view: lookml.View, item: lookml.Field) -> tuple[frozenset[str], Piece] | None:
        if _is_trivial(item):
            return None
        used: dict[str, None] = {view.name: None}
        try:
            sql = self._written(view, item, used, _DEEPEST)
        except (UnwritableError, LiquidError):
            return None
        what = f"{item.keyword} `{view.name}.{item.name}`"
        return frozenset(used), Piece(what, (view.name, item.name), sql)

    def _question(self, used: Iterable[str], pieces: tuple[Piece, ...]) -> Question | None:
        relations: dict[RelationName, tuple[Column, ...]] = {}
        sources: dict[str, str] = {}
        for name in used:
            view = self.views[name]
            if view.derived_table:
                derived = self._derived(view)
                if derived is None:
                    return None
                sources[name] = f"({derived})"
                continue
            table = self.tables.of(view, self.views)
            if table is None:
                return None
            relations[table.name] = table.columns.known
            sources[name] = f"`{table.name}`"
        return Question(pieces, sources, relations)

    def _derived(self, view: lookml.View) -> str | None:
        """The query of a view without Liquid; None if it cannot stand alone."""
        if view.name not in self.queries:
            self.queries[view.name] = self._query(view)
        return self.queries[view.name]

    def _query(self, view: lookml.View) -> str | None:
        if view.derived_table is None or view.derived_table.sql is None:
            return None
        try:
            text = self.render(view.derived_table.sql, _defaults(view))
        except LiquidError:
            return None
        return None if _REFERENCE.search(text) else text

    def _written(
        self, view: lookml.View, item: lookml.Field, used: dict[str, None], depth: int
    ) -> str:
        """The SQL of a field, references and all. Raises UnwritableError."""
        sql = _sql_of(item)
        if depth == 0 or sql is None:
            raise UnwritableError(item.name)
        return _shaped(item, self._filled(sql, view, used, depth))

    def _filled(self, sql: str, view: lookml.View, used: dict[str, None], depth: int) -> str:
        """SQL at home in a view, with what it refers to. Raises UnwritableError, LiquidError."""

        def reference(found: re.Match[str]) -> str:
            return self._reference(found[1], view, used, depth)

        return _REFERENCE.sub(reference, self.render(sql, _defaults(view)))

    def _reference(self, name: str, view: lookml.View, used: dict[str, None], depth: int) -> str:
        if name == "TABLE":
            return f"`{view.name}`"
        home, _, own = name.rpartition(".")
        other = self.views.get(home or view.name)
        item = self._fields(other).get(own) if other else None
        if other is None or item is None:
            raise UnwritableError(name)
        used[other.name] = None
        if self.brief and isinstance(item, lookml.Measure) and (item.type or "") in _STAND_INS:
            return _STAND_INS[item.type or ""]
        return f"({self._written(other, item, used, depth - 1)})"

    def _fields(self, view: lookml.View) -> Mapping[str, lookml.Field]:
        if view.name not in self.named:
            every = {name: item for item in view.fields for name in lookml.field_names(item)}
            self.named[view.name] = every
        return self.named[view.name]


def _defaults(view: lookml.View) -> Mapping[str, str]:
    return {item.name: item.default_value or "1" for item in view.parameters}


def _sql_of(item: lookml.Field) -> str | None:
    if isinstance(item, lookml.Parameter | lookml.Filter) or item.type in _UNWRITABLE:
        return None
    if isinstance(item, lookml.Measure) and item.type == "count":
        return item.sql or "1"
    if isinstance(item, lookml.Dimension) and item.case:
        return _case(item.case)
    return item.sql or f"${{TABLE}}.`{item.name}`"


def _case(case: lookml.Case) -> str:
    whens = " ".join(f"WHEN {when.sql} THEN 'x'" for when in case.whens)
    return f"CASE {whens} ELSE 'x' END"


def _shaped(item: lookml.Field, sql: str) -> str:
    if not isinstance(item, lookml.Measure):
        return sql
    if item.type == "count":
        return "COUNT(*)"
    return _AGGREGATES.get(item.type or "", "{}").replace("{}", sql)


def _is_trivial(item: lookml.Field) -> bool:
    """Whether it is a column, whose path is checked elsewhere, or counts such."""
    if isinstance(item, lookml.Parameter | lookml.Filter):
        return True
    if isinstance(item, lookml.Measure):
        counts = item.type in _COUNTING and _ONE_FIELD.fullmatch(item.sql or "") is not None
        return item.type == "count" or counts
    if isinstance(item, lookml.Dimension) and item.case:
        return False
    return item.sql is None or _COLUMN.fullmatch(item.sql) is not None


def words(text: str) -> frozenset[str]:
    """The words of a statement, in small letters: it reads no column of another name."""
    return frozenset(word.lower() for word in _WORD.findall(text))
