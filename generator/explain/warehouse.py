"""Relations and columns, as far as something of a run stands on them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from generator.explain.things import Found, Key, Kind, Thing, Tie, facts
from generator.facts.catalog import Catalog, Column, Relation, RelationName


def relation_key(name: RelationName) -> Key:
    """A relation as a thing."""
    return Key(Kind.RELATION, str(name))


def column_key(name: RelationName, path: Iterable[str]) -> Key:
    """A column, or a field of a record, as a thing."""
    return Key(Kind.COLUMN, ".".join((*name, *path)))


def relations(names: Iterable[RelationName], catalog: Catalog) -> Found:
    """The relations of these names, and those that they read, to any depth."""
    todo, seen = list(dict.fromkeys(names)), set[RelationName]()
    while todo:
        name = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        known = catalog.relations.get(name) or catalog.of_alias(name)
        yield _relation(name, known)
        for other in known.reads_from if known else ():
            yield Tie(relation_key(name), relation_key(other), "reads")
            todo.append(other)


def _relation(name: RelationName, known: Relation | None) -> Thing:
    if known is None:
        return Thing(relation_key(name), (str(name),), facts=facts(known="no warehouse holds it"))
    return Thing(
        relation_key(name),
        (str(name),),
        description=known.description,
        owners=known.owners,
        facts=facts(type=known.kind.value.lower().replace("_", " "), columns=len(known.columns)),
    )


class Columns:
    """Which columns a relation has. Of one that nobody knows, whatever is asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._top = cache(self._named)

    def find(self, name: RelationName, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """The longest beginning of a path that is a column, as the relation writes it.

        None if no part of it is. BigQuery takes a name in whatever capitals.
        """
        level = self._top(name)
        if level is None:
            return path
        found: list[str] = []
        for step in path:
            column = level.get(step.lower())
            if column is None:
                break
            found.append(column.name)
            level = {item.name.lower(): item for item in column.fields} if column.fields else {}
        return tuple(found) or None

    def column(self, name: RelationName, path: tuple[str, ...]) -> Column | None:
        """The column at a path."""
        level, column = self._top(name) or {}, None
        for step in path:
            column = level.get(step.lower())
            if column is None:
                return None
            level = {item.name.lower(): item for item in column.fields}
        return column

    def tied(self, user: Key, name: RelationName, path: tuple[str, ...], how: str = "") -> Found:
        """That something stands on a column, or else on the relation."""
        found = self.find(name, path) if path else None
        if found is None:
            yield Tie(user, relation_key(name), how, leads=user.kind is not Kind.METRIC)
            return
        key = column_key(name, found)
        yield from self._thing(key, name, found)
        yield Tie(user, key, how, leads=user.kind is not Kind.METRIC)

    def _thing(self, key: Key, name: RelationName, path: tuple[str, ...]) -> Iterator[Thing | Tie]:
        column = self.column(name, path)
        type_ = f"{column.type} {'repeated' if column.repeated else ''}".strip() if column else None
        description = column.description if column else None
        yield Thing(
            key,
            (key.name,),
            within=relation_key(name),
            description=description,
            facts=facts(type=type_),
        )
        yield Tie(key, relation_key(name), "column")

    def _named(self, name: RelationName) -> Mapping[str, Column] | None:
        known = self._catalog.relations.get(name) or self._catalog.of_alias(name)
        return {item.name.lower(): item for item in known.columns} if known else None
