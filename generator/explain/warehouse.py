"""Relations and columns, as far as something of a run stands on them."""

from collections.abc import Iterable, Iterator, Mapping

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
        self._levels: dict[int, Mapping[str, Column]] = {}

    def find(self, name: RelationName, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """The longest beginning of a path that is a column, as the relation writes it.

        None if no part of it is. BigQuery takes a name in whatever capitals.
        """
        known = self.relation(name)
        if known is None:
            return path
        return tuple(column.name for column in self._along(known, path)) or None

    def relation(self, name: RelationName) -> Relation | None:
        """The relation of a name, or of an alias."""
        return self._catalog.relations.get(name) or self._catalog.of_alias(name)

    def thing(self, name: RelationName, path: tuple[str, ...]) -> Thing:
        """A column as a thing."""
        known = self.relation(name)
        column = next(reversed([*self._along(known, path)]), None) if known else None
        key = column_key(name, path)
        repeated = "repeated" if column and column.repeated else ""
        return Thing(
            key,
            (key.name,),
            within=relation_key(name),
            description=column.description if column else None,
            facts=facts(type=f"{column.type} {repeated}".strip() if column else None),
        )

    def tied(self, user: Key, name: RelationName, path: tuple[str, ...], how: str = "") -> Found:
        """That something stands on a column, or else on the relation."""
        leads = user.kind is not Kind.METRIC
        found = self.find(name, path) if path else None
        if found is None:
            yield Tie(user, relation_key(name), how, leads)
            return
        thing = self.thing(name, found)
        yield thing
        yield Tie(thing.key, relation_key(name), "column")
        yield Tie(user, thing.key, how, leads)

    def _along(self, relation: Relation, path: Iterable[str]) -> Iterator[Column]:
        """The columns on the way down a path, as far as it leads."""
        level = self._level(relation)
        for step in path:
            column = level.get(step.lower())
            if column is None:
                return
            yield column
            level = self._level(column)

    def _level(self, above: Relation | Column) -> Mapping[str, Column]:
        found = self._levels.get(id(above))
        if found is None:
            below = above.columns if isinstance(above, Relation) else above.fields
            found = {item.name.lower(): item for item in below}
            self._levels[id(above)] = found
        return found
