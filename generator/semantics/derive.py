"""Derives semantic models: a relation and its columns become dimensions and nested models."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from generator.diagnostics import Diagnostic, Location, diagnostic, fault, nearest, split
from generator.facts.catalog import Catalog, Column, DataType, Kind, Relation
from generator.facts.conventions import Conventions
from generator.names import SEPARATOR, identifier, nested, title, titles
from generator.prose import prose
from generator.semantics.model import Dimension, Nested, SemanticModel
from generator.sql import is_usable

_ROW_IS_AN_EVENT = frozenset({"event_id", "event_name", "event_category", "event"})
"""Where a row is an event, several share the document that brought them."""
_LABELED_COUNTER = "labeled_counter"


class Setting(Struct, frozen=True):
    """What every relation is derived with."""

    catalog: Catalog
    conventions: Conventions
    dictionary: Mapping[str, str]


def derive_model(
    name: str, relation: Relation, setting: Setting, at: Location, subject: str
) -> tuple[SemanticModel, tuple[Diagnostic, ...]]:
    """The model `name` of a relation, and what is wrong with its columns.

    Dimensions come sorted by column name within each record. Every array of records, and every
    array of scalars unless the conventions hide those, is a nested model.
    """
    walk = _Walk(setting, relation, at, subject)
    twins = [base.columns for base in _bases(relation, setting.catalog)]
    dimensions, noticed = split(walk.dimensions(relation.columns, twins))
    models = walk.nested(name, relation.columns, twins, dimensions, {})
    nested_models, nested_noticed = split(models)
    model = SemanticModel(name=name, relation=relation, dimensions=dimensions, nested=nested_models)
    return model, (*noticed, *nested_noticed)


def primary_key(model: SemanticModel, wanted: str | None, at: Location, subject: str) -> str | None:
    """The dimension that tells rows apart: the one wanted, else what the columns prove.

    A document id is the key where a row is a document; where a row is an event, the event id is.
    Raises Fault if the wanted one is no dimension.
    """
    names = {dimension.name for dimension in model.dimensions}
    if wanted is not None:
        key = nested(wanted.split("."))
        if key not in names:
            hint = nearest(key, names)
            raise fault("missing-key-column", at, subject, column=wanted, nearest=hint)
        return key
    if "event_id" in names:
        return "event_id"
    if "document_id" in names and not names & _ROW_IS_AN_EVENT:
        return "document_id"
    declared = model.relation.primary_key
    return identifier(declared[0]) if len(declared) == 1 else None


def _bases(relation: Relation, catalog: Catalog) -> list[Relation]:
    """The relations that a view reads, nearest first: their columns may say what its own do not."""
    found: dict[object, Relation] = {relation.name: relation}
    queue = [relation]
    for current in queue:
        if current.kind is Kind.VIEW:
            for name in current.reads_from:
                base = catalog.relations.get(name)
                if base is not None and base.name not in found:
                    found[base.name] = base
                    queue.append(base)
    return queue[1:]


Path = tuple[str, ...]

Twins = Sequence[Sequence[Column]]
"""Columns of the base relations at the same path."""


class _Leaf(NamedTuple):
    """A column that no record encloses any more, or a whole array."""

    path: tuple[str, ...]
    column: Column
    twins: tuple[Column, ...]


class _Walk(Struct, frozen=True):
    """One walk over the columns of a relation."""

    setting: Setting
    relation: Relation
    at: Location
    subject: str

    def dimensions(
        self, columns: Iterable[Column], twins: Twins, *, top: bool = True
    ) -> Iterator[Dimension | Diagnostic]:
        """A dimension for each leaf; two that would have one name are told apart by a number."""
        leaves = tuple(self.leaves(columns, twins, ()))
        names = _named(leaf.path for leaf in leaves if all(map(is_usable, leaf.path)))
        for leaf in leaves:
            column, name = ".".join(leaf.path), nested(leaf.path)
            if leaf.path not in names:
                yield self.says("unusable-column", column=column)
                continue
            other = names[leaf.path]
            if other != name:
                yield self.says("renamed-field", name=name, column=column, other=other)
            yield self.dimension(other, leaf, top=top)

    def leaves(
        self, columns: Iterable[Column], twins: Twins, parents: tuple[str, ...]
    ) -> Iterator[_Leaf]:
        """The columns by name; records that are not repeated are entered."""
        by_name = [{column.name: column for column in level} for level in twins]
        for column in sorted(columns, key=lambda column: column.name):
            path = (*parents, column.name)
            same = tuple(level[column.name] for level in by_name if column.name in level)
            if column.type is DataType.STRUCT and not column.repeated and column.fields:
                yield from self.leaves(column.fields, [twin.fields for twin in same], path)
            else:
                yield _Leaf(path, column, same)

    def dimension(self, name: str, leaf: _Leaf, *, top: bool) -> Dimension:
        """The dimension of a leaf; house rules on paths hold at the top only, not inside arrays."""
        rules = self.setting.conventions
        *parents, last = leaf.path
        dotted = ".".join(leaf.path)
        return Dimension(
            name=name,
            path=leaf.path,
            type=leaf.column.type,
            repeated=leaf.column.repeated,
            group=titles(parents, rules.acronyms) if parents else None,
            label=title(last, rules.acronyms) or last,
            description=self.description(leaf),
            hidden=top and dotted in rules.hidden_columns,
            map_layer=rules.map_layers.get(dotted) if top else None,
        )

    def description(self, leaf: _Leaf) -> str | None:
        """What the column says of itself, else its base columns, else the column dictionary."""
        for column in (leaf.column, *leaf.twins):
            said = prose(column.description)
            if said:
                return said
        dictionary = self.setting.dictionary
        return prose(dictionary.get(".".join(leaf.path)) or dictionary.get(leaf.path[-1]))

    def nested(
        self,
        parent: str,
        columns: Iterable[Column],
        twins: Twins,
        dimensions: Iterable[Dimension],
        taken: dict[str, str],
    ) -> Iterator[Nested | Diagnostic]:
        """A model for each array in `columns`, and for the arrays inside it.

        `taken` has the names of those before: `a__b` may be an array, and `b` one inside `a`.
        """
        arrays = {d.path: d.name for d in dimensions if d.repeated}
        for leaf in self.leaves(columns, twins, ()):
            if leaf.path not in arrays or not self.opens(leaf):
                continue
            wanted = f"{parent}{SEPARATOR}{arrays[leaf.path]}"
            name = _free(wanted, taken)
            taken[name] = column = ".".join(leaf.path)
            if name != wanted:
                yield self.says("renamed-field", name=wanted, column=column, other=name)
            inner = [twin.fields for twin in leaf.twins]
            fields, noticed = split(self.inside(leaf, inner))
            yield from noticed
            label = titles(name.split(SEPARATOR), self.setting.conventions.acronyms)
            yield Nested(name, parent, arrays[leaf.path], label, fields)
            yield from self.nested(name, leaf.column.fields, inner, fields, taken)

    def opens(self, leaf: _Leaf) -> bool:
        """Whether an array gets a model: of records always, of scalars by convention.

        Labeled counters do not: they mean something only beside the metrics of their ping.
        """
        if _LABELED_COUNTER in leaf.path:
            return False
        return bool(leaf.column.fields) or self.setting.conventions.arrays == "views"

    def inside(self, leaf: _Leaf, twins: Twins) -> Iterator[Dimension | Diagnostic]:
        """The dimensions of one element of an array; a scalar is its own `value`."""
        if leaf.column.fields:
            return self.dimensions(leaf.column.fields, twins, top=False)
        value = Dimension("value", (), leaf.column.type, description=self.description(leaf))
        return iter((value,))

    def says(self, code: str, **values: str) -> Diagnostic:
        """A diagnostic about a column of this relation."""
        table = str(self.relation.name)
        return diagnostic(code, self.at, self.subject, table=table, **values)


def _named(paths: Iterable[Path]) -> dict[Path, str]:
    """A name for each path. Those that are names already keep theirs, the shortest paths first.

    A column of an odd name that comes later must not rename what is published.
    """
    known = tuple(paths)
    plain = {nested(path): path for path in known}
    if len(plain) == len(known) and all(SEPARATOR.join(p) == name for name, p in plain.items()):
        return {path: name for name, path in plain.items()}

    def oddness(path: Path) -> tuple[bool, int]:
        return SEPARATOR.join(path) != nested(path), len(path)

    taken: dict[str, Path] = {}
    for path in sorted(known, key=oddness):
        taken[_free(nested(path), taken)] = path
    return {path: name for name, path in taken.items()}


def _free(name: str, taken: Mapping[str, object]) -> str:
    """The name, or the first numbered one that is free."""
    other, number = name, 1
    while other in taken:
        number += 1
        other = f"{name}_{number}"
    return other
