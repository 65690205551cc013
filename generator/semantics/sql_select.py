"""The columns of a query, followed through its parts; the types of expressions are asked for."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from generator.facts.catalog import Catalog, Column, DataType, Relation, RelationName
from generator.semantics.sql_pivot import pivoted
from generator.semantics.sql_scope import Item, Scope, Source
from generator.semantics.sql_types import Value, common
from generator.semantics.sql_values import Expressions


class Rows(Struct, frozen=True):
    """What a query gives: its columns in order. If not `complete`, a `*` hides further ones."""

    values: tuple[Value, ...]
    complete: bool = True
    value_table: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns as another query sees them."""
        return tuple(value.settled for value in self.values)

    def source(self, name: str) -> Source:
        """These rows as an item of a FROM."""
        whole = None
        if self.value_table and len(self.values) == 1:
            whole = self.values[0]
        return Source(name, self.columns, self.complete, whole)


class Queries(Struct, frozen=True):
    """The queries over one catalog."""

    catalog: Catalog
    dialect: str

    def rows(self, query: exp.Expr, scope: Scope) -> Rows:
        """The rows of a query in a scope; of what is no query, nothing is known."""
        ctes = query.args.get("with_") or exp.With(expressions=[])
        for part in ctes.expressions:
            if ctes.args.get("recursive"):
                scope = self._begun(part, scope)
            scope = scope.naming(_renamed(self.rows(part.this, scope).source(part.alias), part))
        if isinstance(query, exp.SetOperation):
            return self._union(query, scope)
        if isinstance(query, exp.Select):
            return self._select(query, scope)
        if isinstance(query, exp.Subquery) and isinstance(query.this, exp.Query):
            return self.rows(query.this, scope)
        return Rows((), complete=False)

    def _row(self, query: exp.Expr, scope: Scope) -> tuple[Column, ...] | None:
        rows = self.rows(query, scope)
        return rows.columns if rows.complete else None

    def _value(self, node: exp.Expr, scope: Scope) -> Value:
        return self._at(scope).value(node)

    def _at(self, scope: Scope) -> Expressions:
        return Expressions(scope, self.dialect, self._row)

    def _begun(self, part: exp.Expr, scope: Scope) -> Scope:
        """The scope in which a query of a WITH names itself: it is what its first part says."""
        first = part.this.this if isinstance(part.this, exp.SetOperation) else None
        if first is None:
            return scope
        return scope.naming(_renamed(self.rows(first, scope).source(part.alias), part))

    def _union(self, query: exp.SetOperation, scope: Scope) -> Rows:
        left, right = self.rows(query.this, scope), self.rows(query.expression, scope)
        complete = left.complete and right.complete
        if query.args.get("by_name"):
            return Rows(tuple(_by_name(query, left.values, right.values)), complete)
        pairs = zip(left.values, right.values, strict=False)
        return Rows(tuple(_merged(one, two) for one, two in pairs), complete)

    def _select(self, query: exp.Select, scope: Scope) -> Rows:
        scope = self._from(query, scope.inner())
        items = [self._selected(item, scope) for item in query.expressions]
        values = tuple(_with_names(value for rows in items for value in rows.values))
        complete = all(rows.complete for rows in items)
        if query.args.get("kind") == "VALUE" and len(values) == 1:
            return _value_table(values[0], complete=complete)
        return Rows(values, complete)

    def _selected(self, item: exp.Expr, scope: Scope) -> Rows:
        """The columns that an item of a SELECT stands for."""
        at = self._at(scope)
        if isinstance(item, exp.Star):
            return _starred(item, scope.item.star, at, complete=scope.item.complete)
        star = item.this if isinstance(item, exp.Column) else item.args.get("expression")
        if isinstance(star, exp.Star):
            columns = _spread(item, at)
            return _starred(star, columns or (), at, complete=columns is not None)
        return Rows((at.value(item),))

    def _from(self, query: exp.Expr, scope: Scope) -> Scope:
        start = query.args.get("from_")
        if start is not None:
            scope = replace(scope, item=self._item(start.this, scope))
        return self._joins(query, scope)

    def _joins(self, node: exp.Expr, scope: Scope) -> Scope:
        for join in node.args.get("joins") or ():
            item = self._item(join.this, scope)
            using = [name.name for name in join.args.get("using") or ()]
            scope = replace(scope, item=scope.item.joined(item, join.side, using))
        return scope

    def _item(self, node: exp.Expr, scope: Scope) -> Item:
        """An item of a FROM with what hangs on it: its pivots, and joins in its parentheses."""
        item = self._bare_item(node, scope)
        for pivot in node.args.get("pivots") or ():
            item = pivoted(item, pivot, self._value)
        return self._joins(node, replace(scope, item=item)).item if node.args.get("joins") else item

    def _bare_item(self, node: exp.Expr, scope: Scope) -> Item:
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        if isinstance(node, exp.Table):
            return Item.of(self._table(node, scope))
        if isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Query):
            return self._item(node.this, scope)
        rows = self.rows(node, replace(scope, item=Item()))
        return Item.of(_renamed(rows.source(node.alias), node))

    def _table(self, node: exp.Table, scope: Scope) -> Source:
        """A table by its name: a query of a WITH, an array of a row outside, or a relation."""
        parts = [part.name for part in node.parts]
        name = node.alias or parts[-1]
        known = scope.named.get(parts[0].lower()) if len(parts) == 1 else None
        if known is not None:
            return replace(known, name=name)
        relation = relation_of(self.catalog, ".".join(parts))
        if relation is not None:
            shy = not node.alias and all(part.args.get("quoted") for part in node.parts)
            return Source(name, relation.columns, shy=shy)
        if len(parts) > 1 and scope.source(parts[0]):
            return _elements(name, scope.path(parts))
        return Source(name, (), complete=False)

    def _unnest(self, node: exp.Unnest, scope: Scope) -> Item:
        """The elements of an array, and their places. `t.list` alone is called as the list is."""
        array = node.expressions[0]
        alias = node.args.get("alias")
        named = alias.columns[0].name if alias and alias.columns else node.alias
        if not named and "offset" not in node.args:
            named = array.name
        elements = _elements(named, self._value(array, scope))
        offset = node.args.get("offset")
        if not isinstance(offset, exp.Identifier):
            return Item.of(elements)
        place = Column(offset.name, DataType.INT64)
        return Item.of(elements, Source(offset.name, (place,), whole=Value(place)))


def relation_of(catalog: Catalog, text: str) -> Relation | None:
    """The relation of a dotted name if its columns are known; of a pattern, the last that matches.

    BigQuery reads the schema of a wildcard from the newest table, which dates in names make last.
    """
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - project, dataset, table
        return None
    name = RelationName(*parts)
    found = catalog.relations.get(name) or catalog.of_alias(name)
    if found is None and name.is_pattern:
        matching = [known for known in catalog.relations if name.matches(known)]
        found = catalog.relations[max(matching)] if matching else None
    return found if found is not None and found.columns else None


def _renamed(source: Source, node: exp.Expr) -> Source:
    """The source with the names that an alias such as `AS t (a, b)` gives to its columns."""
    alias = node.args.get("alias")
    names = [name.name for name in alias.columns] if alias else []
    if not names:
        return source
    renamed = (
        Value(column).called(name).column
        for column, name in zip(source.columns, names, strict=False)
    )
    return replace(source, columns=(*renamed, *source.columns[len(names) :]))


def _elements(name: str, array: Value) -> Source:
    """The elements of an array as a source: fields of structs are columns, a scalar is one."""
    element = array.element.called(name)
    kind = element.column.type
    if kind is DataType.STRUCT:
        return Source(name, element.column.fields, whole=element)
    columns = (element.column,) if name or kind is not DataType.UNKNOWN else ()
    return Source(name, columns, kind is not DataType.UNKNOWN, element)


def _value_table(value: Value, *, complete: bool) -> Rows:
    """The rows of `SELECT AS VALUE`: a struct shows its fields."""
    if value.column.type is not DataType.STRUCT or value.column.repeated:
        return Rows((value,), complete, value_table=True)
    return Rows(tuple(map(Value, value.column.fields)), complete)


def _spread(item: exp.Expr, at: Expressions) -> Sequence[Column] | None:
    """The columns of `t.*` or `t.record.*`, or None if they are not known."""
    if isinstance(item, exp.Column):
        path = [part.name for part in item.parts[:-1]]
        source = at.scope.owner(path[0]) if len(path) == 1 else None
        if source is not None and source.whole is None:
            return source.columns if source.complete else None
        value = at.scope.path(path)
    else:
        value = at.value(item.this)
    column = value.column
    return column.fields if column.type is DataType.STRUCT and not column.repeated else None


def _starred(star: exp.Expr, columns: Iterable[Column], at: Expressions, *, complete: bool) -> Rows:
    """The columns of a `*` without those of its EXCEPT, with those of its REPLACE."""
    dropped = {node.name.lower() for node in star.args.get("except_") or ()}
    replaced = {node.alias.lower(): node for node in star.args.get("replace") or ()}
    renamed = {node.name.lower(): node.alias for node in star.args.get("rename") or ()}
    values = []
    for column in columns:
        name = column.name.lower()
        if name in replaced:
            values.append(at.value(replaced[name]))
        elif name not in dropped:
            values.append(Value(column).called(renamed.get(name, column.name)))
    return Rows(tuple(values), complete)


def _with_names(values: Iterable[Value]) -> Iterator[Value]:
    """The values with the names that BigQuery gives to those without: `f0_`, `f1_`."""
    free = count()
    for value in values:
        yield value if value.column.name else value.called(f"f{next(free)}_")


def _merged(one: Value, two: Value) -> Value:
    """The column that holds those of both queries; it is called and described as the first."""
    merged = common((one, two))
    described = replace(merged.column, description=one.column.description)
    return Value(described, merged.constant).called(one.column.name)


def _by_name(
    query: exp.SetOperation, left: Sequence[Value], right: Sequence[Value]
) -> Iterator[Value]:
    """The columns of `UNION … BY NAME`: of the left query, with FULL those of both."""
    others = {value.column.name.lower(): value for value in right}
    for value in left:
        other = others.pop(value.column.name.lower(), None)
        if other is not None:
            yield _merged(value, other)
        elif query.args.get("kind") != "INNER":
            yield value
    if query.args.get("side") == "FULL":
        yield from others.values()
