"""What a field written by hand must keep to: types, references, SQL, and the columns it reads."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from generator import lookml
from generator.diagnostics import Diagnostic, Fault, Location, diagnostic, fault, nearest
from generator.facts.catalog import Relation
from generator.facts.namespaces import FieldSpec
from generator.lookml.field_types import AGGREGATES, TYPES, is_timeframe, needs_sql
from generator.lookml.fragments import column_paths, liquid_references, parse_error, references
from generator.semantics.column_paths import Columns

AnyField: TypeAlias = lookml.Dimension | lookml.DimensionGroup | lookml.Measure


class Owner(Struct, frozen=True):
    """The view that hand-written fields belong to, and the relation that it shows.

    `nested` has the fields of the views inside it.
    """

    view: str
    at: Location
    subject: str
    nested: Mapping[str, frozenset[str]]
    relation: Relation | None = None


class Judged(Struct, frozen=True):
    """A field, what was written of it, and the names among which it stands."""

    field: AnyField
    spec: FieldSpec
    owner: Owner
    names: frozenset[str]
    measures: frozenset[str] = frozenset()

    def fault(self, code: str, key: str = "", **values: object) -> Fault:
        """What is wrong with it, at the line of a key if that is written."""
        places = (at for name, _, at in self.spec.parameters if name == key)
        at = next(places, self.spec.at)
        return fault(code, at, self.owner.subject, **{"name": self.spec.name, **values})


def check_field(judged: Judged) -> None:
    """Raises Fault with the first thing that is wrong with a field."""
    for rule in _RULES:
        rule(judged)


def _check_type(judged: Judged) -> None:
    field = judged.field
    known = TYPES[field.keyword]
    if field.type is not None and field.type not in known:
        values = {"value": field.type, "what": field.keyword, "nearest": nearest(field.type, known)}
        raise judged.fault("bad-field-type", "type", **values)
    if isinstance(field, lookml.DimensionGroup):
        wrong = next((name for name in field.timeframes if not is_timeframe(name)), None)
        if wrong is not None:
            values = {"value": wrong, "what": "timeframe", "nearest": nearest(wrong, ("date",))}
            raise judged.fault("bad-field-type", "timeframes", **values)


def _check_made(judged: Judged) -> None:
    if needs_sql(judged.field):
        raise judged.fault("no-sql")


def _check_references(judged: Judged) -> None:
    owner, names = judged.owner, judged.names
    scopes = {"": names, owner.view: names, **owner.nested}
    for key, name in _named_by(judged.field):
        view, _, own = name.rpartition(".")
        if own not in scopes.get(view, ()):
            others = names - frozenset(lookml.field_names(judged.field))
            hint = nearest(own, others)
            raise judged.fault("unknown-field", key, field=name, nearest=hint)


def _check_sql(judged: Judged) -> None:
    for key, sql in _expressions(judged.field):
        reason = parse_error(sql)
        if reason:
            raise judged.fault("bad-sql", key, reason=reason)


def _check_columns(judged: Judged) -> None:
    relation = judged.owner.relation
    columns = Columns(relation.columns) if relation else None
    for key, sql in _expressions(judged.field):
        for path in column_paths(sql) if columns else ():
            if relation and columns and columns.is_missing(path):
                hint = nearest(path[-1], columns.beside(path))
                values = {"column": ".".join(path), "table": relation.name, "nearest": hint}
                what = f"the {judged.field.keyword} `{judged.spec.name}`"
                raise judged.fault("missing-column", key, what=what, **values)


def _check_aggregates(judged: Judged) -> None:
    field = judged.field
    if not isinstance(field, lookml.Measure) or field.type not in AGGREGATES:
        return
    for name in references(f"{field.sql or ''} {field.sql_distinct_key or ''}"):
        view, _, own = name.rpartition(".")
        if own in judged.measures and view in ("", judged.owner.view):
            raise judged.fault("aggregated-measure", "sql", type=field.type, field=name)


_RULES = (
    _check_type,
    _check_made,
    _check_references,
    _check_sql,
    _check_columns,
    _check_aggregates,
)


def cycles(fields: Iterable[AnyField], judged: Mapping[str, Judged]) -> dict[str, Diagnostic]:
    """What is wrong with the fields that need themselves, by name; others are not told of."""
    owners = {name: field.name for field in fields for name in lookml.field_names(field)}
    edges = {
        name: tuple(owners[own] for own in _own_references(item) if own in owners)
        for name, item in judged.items()
    }
    found: dict[str, Diagnostic] = {}
    for name, item in judged.items():
        way = _way_back(name, edges)
        if way:
            text = " → ".join(f"`{step}`" for step in way)
            values = {"name": name, "cycle": text}
            found[name] = diagnostic("cyclic-field", item.spec.at, item.owner.subject, **values)
    return found


def _own_references(judged: Judged) -> Iterator[str]:
    for name in _made_of(judged.field):
        view, _, own = name.rpartition(".")
        if view in ("", judged.owner.view):
            yield own


def _way_back(start: str, edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The way from a name to itself, both ends included; nothing if there is none."""
    came: dict[str, tuple[str, ...]] = {}
    todo: list[tuple[str, tuple[str, ...]]] = [(start, (start,))]
    while todo:
        name, way = todo.pop()
        for other in edges.get(name, ()):
            if other == start:
                return (*way, start)
            if other not in came:
                came[other] = (*way, other)
                todo.append((other, came[other]))
    return ()


def _named_by(field: AnyField) -> Iterator[tuple[str, str]]:
    """Every field that it names, by the key that does; of what it drills into, not the sets."""
    for key, sql in _expressions(field):
        yield from ((key, name) for name in references(sql))
    if isinstance(field, lookml.Measure):
        based = (("based_on", field.based_on), ("based_on_time", field.based_on_time))
        yield from ((key, name) for key, name in based if name)
        yield from (("filters", name) for name, _ in field.filters)
    for key, text in _texts(field):
        found = (name for name in liquid_references(text) if name not in _OWN_LIQUID)
        yield from ((key, name) for name in found)
    yield from (("drill_fields", name) for name in field.drill_fields if not name.endswith("*"))


_OWN_LIQUID = frozenset({"value", "field", "row"})
"""Words of Liquid that stand for the cell that is drawn."""


def _made_of(field: AnyField) -> Iterator[str]:
    """The fields without which it cannot be computed."""
    made = {"sql", "sql_start", "sql_end", "sql_distinct_key", "case", "filters"}
    made |= {"based_on", "based_on_time"}
    return (name for key, name in _named_by(field) if key in made)


def _expressions(field: AnyField) -> Iterator[tuple[str, str]]:
    """Its SQL by key."""
    keys = ("sql", "sql_start", "sql_end", "sql_distinct_key")
    for key in keys:
        said = getattr(field, key, None)
        if said is not None:
            yield key, said
    if isinstance(field, lookml.Dimension) and field.case:
        yield from (("case", when.sql) for when in field.case.whens if when.sql is not None)


def _texts(field: AnyField) -> Iterator[tuple[str, str]]:
    """What may hold Liquid beside its SQL, by key."""
    if isinstance(field, lookml.DimensionGroup):
        return
    yield "html", field.html or ""
    for link in field.links:
        yield from (("link", text or "") for text in (link.url, link.label, link.icon_url))
