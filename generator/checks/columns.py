"""SQL reads columns that the table of its view has."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from generator import lookml
from generator.checks.scope import Scope
from generator.diagnostics import Diagnostic, nearest
from generator.facts.catalog import Relation, RelationName
from generator.lookml.fragments import column_paths
from generator.names import SEPARATOR
from generator.semantics.column_paths import Columns

_PARAMETER = re.compile(r"\{%-?\s*parameter\s+(?:\w+\.)?(\w+)\s*-?%\}")


class Table(Struct, frozen=True):
    """What a view shows: a relation, or the elements of an array of one, below its `path`."""

    name: RelationName
    columns: Columns
    relation: Relation | None = None
    path: str = ""

    def __str__(self) -> str:
        """How a person calls it."""
        return self.path or str(self.name)


class Tables(Struct, frozen=True):
    """The tables of the views of a namespace, as far as they are known."""

    scope: Scope
    found: dict[str, Table | None] = field(default_factory=dict)
    written: dict[str, Mapping[str, str | None]] = field(default_factory=dict)

    def of(self, view: lookml.View, beside: Mapping[str, lookml.View]) -> Table | None:
        """The table of a view; `beside` are the views of its file."""
        if view.name not in self.found:
            self.found[view.name] = self._of(view, beside)
        return self.found[view.name]

    def _of(self, view: lookml.View, beside: Mapping[str, lookml.View]) -> Table | None:
        if view.derived_table:
            return None
        if view.sql_table_name:
            relation = _relation(view, self.scope.knowledge.relations)
            return Table(relation.name, Columns(relation.columns), relation) if relation else None
        return self._nested(view, beside)

    def _sql(self, view: lookml.View) -> Mapping[str, str | None]:
        """The SQL of its dimensions by name."""
        if view.name not in self.written:
            self.written[view.name] = {item.name: item.sql for item in view.dimensions}
        return self.written[view.name]

    def _nested(self, view: lookml.View, beside: Mapping[str, lookml.View]) -> Table | None:
        """The elements of an array: the name of its view is that of its parent and the array."""
        parent = next((beside[name] for name in _prefixes(view.name) if name in beside), None)
        table = self.of(parent, beside) if parent else None
        if parent is None or table is None:
            return None
        array = view.name.removeprefix(f"{parent.name}{SEPARATOR}")
        paths = column_paths(self._sql(parent).get(array) or "")
        column = table.columns.at(paths[0]) if paths else None
        if column is None or not column.repeated:
            return None
        name = RelationName("lookml_gen", "nested", view.name)
        path = ".".join((str(table), *paths[0]))
        return Table(name, Columns(column.fields), path=path)


def _prefixes(name: str) -> Iterator[str]:
    """The names that may be a parent's, the longest first.

    >>> list(_prefixes("a__b__c"))
    ['a__b', 'a']
    """
    while SEPARATOR in name:
        name = name.rpartition(SEPARATOR)[0]
        yield name


def _relation(view: lookml.View, relations: Mapping[RelationName, Relation]) -> Relation | None:
    """The relation that a view names, or chooses by default."""
    text = (view.sql_table_name or "").strip()
    chosen = _PARAMETER.search(text)
    if chosen:
        default = (p.default_value for p in view.parameters if p.name == chosen[1])
        text = next(default, None) or ""
    try:
        found = relations.get(RelationName.parse(text.replace("`", "")))
    except ValueError:
        return None
    return found if found and found.columns else None


def check_columns(scope: Scope) -> Iterator[Diagnostic]:
    """Every column that a field reads is one of the table of its view."""
    tables = Tables(scope)
    for page in scope.pages.values():
        beside = {view.name: view for view in page.document.views}
        for look in page.looks:
            view = look.view
            table = tables.of(view, beside)
            if table is None:
                continue
            for item, path in look.columns:
                if table.columns.is_missing(path):
                    hint = nearest(path[-1], table.columns.beside(path))
                    what = f"the {item.keyword} `{view.name}.{item.name}`"
                    values = {"what": what, "column": ".".join(path), "nearest": hint}
                    at = page.place(view.name, item.name)
                    yield page.says("missing-column", at, table=table, **values)
