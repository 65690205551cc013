"""Views and their fields: the columns, fields, metrics and statistics that each stands on."""

from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import Struct, field

from generator import lookml
from generator.diagnostics import Location
from generator.explain.definitions import Register, columns_of
from generator.explain.tables import Basis, Measured, paths
from generator.explain.things import Found, Key, Kind, Thing, Tie, facts
from generator.facts.deprecation import deprecation_of
from generator.lookml.fragments import column_paths, liquid_references, references
from generator.semantics.definitions import Metric, Statistic

_KINDS: Mapping[type, Kind] = {
    lookml.Dimension: Kind.DIMENSION,
    lookml.DimensionGroup: Kind.GROUP,
    lookml.Measure: Kind.MEASURE,
    lookml.Filter: Kind.FILTER,
    lookml.Parameter: Kind.PARAMETER,
}
_SQL = ("sql", "sql_start", "sql_end", "sql_distinct_key", "html")
_OWN = {"client_id": "client", "analysis_basis": "date"}
"""Columns of a derived table that are expressions of its data source."""


class Corner(Struct, frozen=True):
    """Where fields are explained: a namespace, its fields as `view.field`, and definitions.

    `places` are those of fields that people wrote, by view; `since` has the days on which others
    went that are kept. If there are `only` some fields, nothing is tied.
    """

    namespace: str
    register: Register
    fields: Mapping[str, Key]
    places: Mapping[tuple[str, str], Location] = field(default_factory=dict)
    only: frozenset[str] | None = None
    since: Mapping[tuple[str, str], date] = field(default_factory=dict)

    def named(self, name: str, view: str) -> Key | None:
        """The field that is meant by a name in a view."""
        return self.fields.get(name if "." in name else f"{view}.{name}")


class Seat(Struct, frozen=True):
    """Where a view stands: who asked for it, as what, and in which file."""

    at: Location | None
    kind: str
    file: str


def field_keys(view: lookml.View, namespace: str) -> Iterator[tuple[str, Key]]:
    """The fields of a view by `view.field`: a group by each timeframe, and by its own name."""
    above = f"{namespace}.views.{view.name}"
    for _, key, names in named_fields(view, above):
        yield from ((f"{view.name}.{name}", key) for name in names)


def named_fields(
    view: lookml.View, above: str
) -> Iterator[tuple[lookml.Field, Key, tuple[str, ...]]]:
    """The fields of a view with all their names.

    A group may be called like another field, for only its timeframes are names of fields: then its
    full name is that of its first.
    """
    taken = frozenset(view.names())
    for item in view.fields:
        names = lookml.field_names(item)
        own = item.name if item.name not in taken or item.name in names else names[0]
        key = Key(_KINDS[type(item)], f"{above}.{own}")
        yield item, key, tuple(dict.fromkeys((own, *names)))


def view_things(view: lookml.View, basis: Basis, corner: Corner, seat: Seat) -> Found:
    """A view with its fields, and what they stand on."""
    key = Key(Kind.VIEW, f"{corner.namespace}.views.{view.name}")
    yield Thing(
        key,
        (f"{corner.namespace}.{view.name}",),
        seat.at,
        corner.namespace,
        Key(Kind.FILE, seat.file),
        label=view.label,
        facts=facts(made_as=seat.kind),
    )
    if corner.only is None:
        yield from _view_ties(key, view, basis, corner)
    for item, field_key, names in named_fields(view, key.name):
        if corner.only is not None and corner.only.isdisjoint(map(str.casefold, names)):
            continue
        own = Own(item, field_key, names, view.name, basis)
        yield from _field(own, corner, key, seat.at)


def _view_ties(key: Key, view: lookml.View, basis: Basis, corner: Corner) -> Found:
    for name, path in basis.origins:
        yield from corner.register.columns.tied(key, name, path)
    source = corner.register.source(basis.measured.source) if basis.measured else None
    if source:
        yield Tie(key, source)
    table = view.derived_table.sql if view.derived_table else view.sql_table_name
    for field_name in references(table or ""):
        other = corner.named(field_name, view.name)
        if other:
            yield Tie(key, other, "SQL of its table")


class Own(Struct, frozen=True):
    """A field with its key, its names and its view, and what that stands on."""

    item: lookml.Field
    key: Key
    names: tuple[str, ...]
    view: str
    basis: Basis

    @property
    def texts(self) -> Iterator[tuple[str, str]]:
        """Its SQL, by parameter."""
        for name in _SQL:
            text = getattr(self.item, name, None)
            if text:
                yield name, text
        case = getattr(self.item, "case", None)
        for when in case.whens if case else ():
            yield "case", when.sql or ""


def _field(own: Own, corner: Corner, above: Key, at: Location | None) -> Found:
    item, rows = own.item, own.basis.measured
    of = rows.statistic(item.name) if rows and isinstance(item, lookml.Measure) else None
    place = corner.places.get((own.view, item.name)) or _place(own, of)
    yield Thing(
        own.key,
        tuple(f"{corner.namespace}.{own.view}.{name}" for name in own.names),
        place or at,
        corner.namespace,
        above,
        label=item.label,
        description=item.description,
        facts=_facts(item, of[2] if of else None, corner.since.get((own.view, item.name))),
    )
    if corner.only is not None:
        return
    metric = corner.register.metric(of[0]) if of else None
    if of and metric:
        yield Tie(own.key, metric, f"statistic {of[2]}")
    for parameter, text in own.texts:
        yield from _fields_in(own, parameter, text, corner)
        yield from _columns_in(own, text, corner)
    yield from _other_ties(own, corner)


def _place(own: Own, of: tuple[Metric, Statistic | None, str] | None) -> Location | None:
    """Where a statistic is asked for, or a metric; fields of columns have no place of their own."""
    if of:
        return of[1].at if of[1] else of[0].at
    rows = own.basis.measured
    read = column_paths(getattr(own.item, "sql", None) or "") if rows else ()
    metric = rows.metric(read[0][0]) if rows and read else None
    return metric.at if metric else None


def _facts(
    item: lookml.Field, statistic: str | None, since: date | None
) -> tuple[tuple[str, str], ...]:
    end = deprecation_of(item.description, hidden=bool(item.hidden))
    return facts(
        deprecated=f"since {since} until {end.until}" if since and end else None,
        type=getattr(item, "type", None),
        timeframes=", ".join(getattr(item, "timeframes", ())),
        statistic=statistic,
        primary_key="yes" if getattr(item, "primary_key", None) else None,
        hidden="yes" if item.hidden else None,
        sql=getattr(item, "sql", None),
    )


def _fields_in(own: Own, parameter: str, text: str, corner: Corner) -> Found:
    """The fields that SQL names."""
    if "{" not in text:
        return
    for name in (*references(text), *liquid_references(text)):
        other = corner.named(name, own.view)
        if other and other != own.key:
            yield Tie(own.key, other, how(name, other, "" if parameter == "sql" else parameter))


def how(name: str, key: Key, why: str = "") -> str:
    """What a field is used for; by which of its names, if that is not its own."""
    last = name.rpartition(".")[2]
    return why if last == key.name.rpartition(".")[2] else f"{why} {last}".strip()


def _columns_in(own: Own, text: str, corner: Corner) -> Found:
    """The columns that SQL reads; in a metric view, what its derived table calls so."""
    rows = own.basis.measured
    if rows is None:
        for name, path in paths(text, own.basis):
            yield from corner.register.columns.tied(own.key, name, path)
        return
    for path in column_paths(text):
        yield from _measured(own.key, path[0], rows, corner)


def _measured(key: Key, column: str, rows: Measured, corner: Corner) -> Found:
    register, metric = corner.register, rows.metric(column)
    if column in rows.read:
        yield from _base_field(key, rows.read[column], rows, corner)
    elif metric:
        known = register.metric(metric)
        if known:
            yield Tie(key, known)
        for name, path in columns_of(metric, rows.source, register.columns, rows.sight):
            yield from register.columns.tied(key, name, path, "metric")
    else:
        source = register.source(rows.source)
        if source:
            yield Tie(key, source, _OWN.get(column, ""))


def _base_field(key: Key, path: tuple[str, ...], rows: Measured, corner: Corner) -> Found:
    """A column of a data source that is joined, or of the view's own."""
    source = rows.sight.platform.data_source.get(path[0])
    known = corner.register.source(source) if source else None
    if source is None or known is None:
        return
    yield Tie(key, known, f"column {'.'.join(path[1:])}")
    for name, steps in rows.sight.origins(source, path[1:]):
        yield from corner.register.columns.tied(key, name, steps)


def _other_ties(own: Own, corner: Corner) -> Found:
    """The fields that a field names outside of SQL; the rows that are counted without any."""
    item = own.item
    named = [(name, "filter", True) for name, _ in getattr(item, "filters", ())]
    named += [(name, "drill", False) for name in getattr(item, "drill_fields", ())]
    for name, why, leads in named:
        other = corner.named(name, own.view)
        if other and other != own.key:
            yield Tie(own.key, other, how(name, other, why), leads)
    if isinstance(item, lookml.Measure) and item.sql is None:
        for relation, path in own.basis.origins:
            yield from corner.register.columns.tied(own.key, relation, path, "rows")
