"""Explores with their aggregate tables, and datagroups."""

import re

from generator import lookml
from generator.explain.fields import Corner, Seat, how
from generator.explain.things import Found, Key, Kind, Thing, Tie, facts
from generator.explain.warehouse import relation_key
from generator.facts.catalog import RelationName
from generator.lookml.fragments import references

_FROM = re.compile(r"FROM `([^`]+)`")
_WHERE = re.compile(r"\(table_schema = '([^']+)' AND table_name = '([^']+)'\)")


def datagroup_things(group: lookml.Datagroup, corner: Corner, seat: Seat) -> Found:
    """A datagroup, and the relations that it looks at."""
    key = datagroup_key(group.name, corner)
    yield Thing(
        key,
        (f"{corner.namespace}.{group.name}",),
        seat.at,
        corner.namespace,
        Key(Kind.FILE, seat.file),
        label=group.label,
        description=group.description,
        facts=facts(interval=group.interval_trigger, cached_for=group.max_cache_age),
    )
    for name in watched(group.sql_trigger or ""):
        yield Tie(key, relation_key(name), "trigger")


def watched(sql: str) -> tuple[RelationName, ...]:
    """The relations whose last change a trigger asks for.

    >>> watched("FROM `p`.`region-us`.X WHERE (table_schema = 'd' AND table_name = 't')")
    (RelationName(project='p', dataset='d', table='t'),)
    """
    found: list[RelationName] = []
    for part in re.split(r"(?=FROM `)", sql):
        project = _FROM.match(part)
        if project:
            found += [RelationName(project[1], *names) for names in _WHERE.findall(part)]
    return tuple(found)


def datagroup_key(name: str, corner: Corner) -> Key:
    """A datagroup as a thing."""
    return Key(Kind.DATAGROUP, f"{corner.namespace}.datagroups.{name}")


def explore_things(explore: lookml.Explore, corner: Corner, seat: Seat) -> Found:
    """An explore with its aggregate tables, and what they stand on."""
    key = Key(Kind.EXPLORE, f"{corner.namespace}.explores.{explore.name}")
    yield Thing(
        key,
        (f"{corner.namespace}.{explore.name}",),
        seat.at,
        corner.namespace,
        Key(Kind.FILE, seat.file),
        label=explore.label,
        description=explore.description,
        facts=facts(
            made_as=seat.kind,
            hidden="yes" if explore.hidden else None,
            always_filter=_said(explore.always_filter.filters if explore.always_filter else ()),
        ),
    )
    home = explore.from_view or explore.view_name or explore.name
    yield Tie(key, Key(Kind.VIEW, f"{corner.namespace}.views.{home}"), "base view")
    for join in explore.joins:
        view = join.from_view or join.name
        yield Tie(key, Key(Kind.VIEW, f"{corner.namespace}.views.{view}"), "join")
    if explore.persist_with:
        yield Tie(key, datagroup_key(explore.persist_with, corner), "cached until")
    yield from _named(key, explore, home, corner)
    for table in explore.aggregate_tables:
        yield from _aggregate(table, explore, key, corner, seat)


def _said(filters: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name} {said}" for name, said in filters)


def _named(key: Key, explore: lookml.Explore, home: str, corner: Corner) -> Found:
    """The fields that an explore itself names."""
    named = [(name, "always where") for name in references(explore.sql_always_where or "")]
    if explore.always_filter:
        named += [(name, "always filter") for name, _ in explore.always_filter.filters]
    for join in explore.joins:
        sql = f"{join.sql or ''} {join.sql_on or ''}"
        named += [(name, "join") for name in references(sql)]
    for name, why in named:
        other = corner.named(name, home)
        if other:
            yield Tie(key, other, how(name, other, why))


def _aggregate(
    table: lookml.AggregateTable, explore: lookml.Explore, above: Key, corner: Corner, seat: Seat
) -> Found:
    key = Key(Kind.AGGREGATE, f"{above.name}.{table.name}")
    query = table.query or lookml.AggregateQuery()
    yield Thing(
        key,
        (f"{corner.namespace}.{explore.name}.{table.name}",),
        seat.at,
        corner.namespace,
        above,
        facts=facts(filters=_said(query.filters)),
    )
    yield Tie(key, above, "explore")
    home = explore.view_name or explore.name
    for names, why in (
        (query.dimensions, "dimension"),
        (query.measures, "measure"),
        (tuple(name for name, _ in query.filters), "filter"),
    ):
        for name in names:
            other = corner.named(name, home)
            if other:
                yield Tie(key, other, how(name, other, why))
    built = table.materialization
    if built and built.datagroup_trigger:
        yield Tie(key, datagroup_key(built.datagroup_trigger, corner), "built anew by")
