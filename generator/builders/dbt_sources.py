"""Relations as sources of dbt: what a platform reads, with the columns that are known of it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from generator import dbt
from generator.facts.catalog import Catalog, Column, DataType, Relation, RelationName
from generator.names import SEPARATOR, identifier
from generator.prose import prose
from generator.sql import quoted

_TIMES = (DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP)


class Table(Struct, frozen=True):
    """A table as SQL names it; without a project it is in that of the target."""

    project: str | None
    dataset: str
    name: str

    @property
    def text(self) -> str:
        """The name as SQL has it."""
        return ".".join(part for part in (self.project, self.dataset, self.name) if part)


def table_of(text: str) -> Table | None:
    """The table that a dotted name means; None if it has one part, or too many.

    >>> table_of("acme.shop.visits"), table_of("visits")
    (Table(project='acme', dataset='shop', name='visits'), None)
    """
    match text.split("."):
        case [project, dataset, name]:
            return Table(project, dataset, name)
        case [dataset, name]:
            return Table(None, dataset, name)
        case _:
            return None


class Sources(Struct, frozen=True):
    """The sources of a platform: a name for each dataset that it reads."""

    platform: str
    tables: tuple[Table, ...]

    def name_of(self, table: Table) -> str:
        """The name of its source: sources are global too. A project is said where two share it."""
        datasets = {(other.project, other.dataset) for other in self.tables}
        shared = Counter(dataset for _, dataset in datasets)[table.dataset] > 1
        parts = (table.project, table.dataset) if shared and table.project else (table.dataset,)
        return SEPARATOR.join((self.platform, *map(identifier, parts)))

    def call(self, table: Table) -> dbt.Jinja:
        """How a model names the table."""
        return dbt.source(self.name_of(table), table.name)


def sources_of(platform: str, names: Iterable[str]) -> Sources:
    """The sources for tables by their dotted names, in order."""
    tables = (table_of(name) for name in sorted(set(names)))
    return Sources(platform, tuple(table for table in tables if table is not None))


def described(sources: Sources, catalog: Catalog) -> tuple[dbt.Source, ...]:
    """Each source with its tables, and their columns as far as the catalog knows them."""
    by_dataset: dict[tuple[str | None, str], list[Table]] = {}
    for table in sources.tables:
        by_dataset.setdefault((table.project, table.dataset), []).append(table)
    found = (
        dbt.Source(
            name=sources.name_of(tables[0]),
            database=project,
            schema=dataset,
            tables=tuple(_table(table, _relation(table, catalog)) for table in tables),
        )
        for (project, dataset), tables in by_dataset.items()
    )
    return tuple(sorted(found, key=lambda source: source.name))


def _relation(table: Table, catalog: Catalog) -> Relation | None:
    if table.project is None:
        return None
    return catalog.relations.get(RelationName(table.project, table.dataset, table.name))


def _table(table: Table, relation: Relation | None) -> dbt.SourceTable:
    if relation is None:
        return dbt.SourceTable(table.name)
    return dbt.SourceTable(
        table.name,
        description=prose(relation.description),
        config=_config(relation),
        columns=tuple(
            dbt.Column(column.name, prose(column.description), _type(column))
            for column in relation.columns
        ),
    )


def _type(column: Column) -> str:
    return f"ARRAY<{column.type}>" if column.repeated else str(column.type)


def _config(relation: Relation) -> dbt.Config | None:
    """Where the table says how fresh it is, and whose it is."""
    meta: Mapping[str, str | list[str]] = (
        {"owner": list(relation.owners)} if relation.owners else {}
    )
    loaded = _loaded_at(relation)
    return dbt.Config(loaded, meta) if loaded or meta else None


def _loaded_at(relation: Relation) -> str | None:
    """The partition column as a timestamp: what dbt compares with now."""
    name = relation.partitioning.field if relation.partitioning else None
    column = next((c for c in relation.columns if c.name == name), None)
    if column is None or column.type not in _TIMES:
        return None
    is_moment = column.type is DataType.TIMESTAMP
    return quoted(column.name) if is_moment else f"CAST({quoted(column.name)} AS TIMESTAMP)"
