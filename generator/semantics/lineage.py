"""Lineage: the tables that a relation stands on, whatever views are between."""

from collections import Counter
from collections.abc import Iterable, Iterator

from generator.diagnostics import Diagnostic, diagnostic
from generator.facts.catalog import Catalog, Kind, Needs, RelationName

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


def read_of(names: Iterable[RelationName], catalog: Catalog) -> tuple[RelationName, ...]:
    """The names, and all that they read to any depth; without what could not be read just now.

    So a text that stands on them says what they all say.
    """
    found: dict[RelationName, None] = {}
    queue = list(names)
    for current in queue:
        if current not in found and current not in catalog.unread:
            found[current] = None
            relation = catalog.relations.get(current)
            below = relation.reads_from if relation else ()
            queue.extend(name for name in below if name in catalog.relations)
    return tuple(found)


def doubts(needs: Needs, catalog: Catalog) -> Iterator[Diagnostic]:
    """What could not be read and nobody asked for by name: the bases of views, by dataset."""
    wanted = set(needs.names)
    below = Counter(
        (f"{name.project}.{name.dataset}", reason)
        for name, reason in catalog.unread.items()
        if not (name in wanted or any(one == name or one.matches(name) for one in needs.patterns))
    )
    for (dataset, reason), count in sorted(below.items()):
        yield diagnostic("unread-bases", count=count, dataset=dataset, reason=reason)
