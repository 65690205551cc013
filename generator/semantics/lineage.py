"""Lineage: the tables that a relation stands on, whatever views are between."""

from generator.facts.catalog import Catalog, Kind, RelationName

_STORED = frozenset({Kind.TABLE, Kind.MATERIALIZED_VIEW, Kind.SNAPSHOT})


def base_tables(name: RelationName, catalog: Catalog) -> tuple[RelationName, ...]:
    """The tables whose change changes the relation, sorted.

    Views are followed to any depth, cycles and repeats cut. A name that nobody knows counts as a
    table. A view whose sources nobody knows counts as nothing, for it never changes by itself, and
    an external table too, for nobody keeps the time of its last change.
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
        if relation is None or relation.kind in _STORED:
            found.add(current)
        else:
            queue.extend(relation.reads_from)
    return tuple(sorted(found))
