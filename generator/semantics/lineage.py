"""Lineage: the tables that a relation stands on, whatever views are between."""

from generator.facts.catalog import Catalog, Kind, RelationName


def base_tables(name: RelationName, catalog: Catalog) -> tuple[RelationName, ...]:
    """The tables whose change changes the relation, sorted.

    Views are followed to any depth, cycles and repeats cut. A name that nobody knows counts as a
    table; a view whose sources nobody knows counts as nothing, for it never changes by itself.
    """
    found: set[RelationName] = set()
    seen: set[RelationName] = set()
    queue = [name]
    while queue:
        current = queue.pop()
        if current in seen:
            continue
        seen.add(current)
        relation = catalog.relations.get(current)
        if relation is not None and relation.kind is Kind.VIEW:
            queue.extend(relation.reads_from)
        else:
            found.add(current)
    return tuple(sorted(found))
