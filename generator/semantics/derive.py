"""Derives semantic models: a relation and its columns become dimensions and nested models."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
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
    leaves = walk.leaves(relation.columns, twins)
    dimensions, noticed = split(walk.dimensions(leaves))
    nested_models, nested_noticed = split(walk.nested(name, leaves, dimensions, {}))
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

_BY_NAME = attrgetter("name")


def _inner(columns: Iterable[Column]) -> Twins:
    return [column.fields for column in columns]


class _Words(NamedTuple):
    """What a path comes to in words: most paths of a hub are those of several relations."""

    dotted: str
    name: str
    odd: bool
    usable: bool
    group: str | None
    label: str


@lru_cache(maxsize=20_000)
def _words(path: Path, acronyms: frozenset[str]) -> _Words:
    name = nested(path)
    *parents, last = path
    return _Words(
        dotted=".".join(path),
        name=name,
        odd=SEPARATOR.join(path) != name,
        usable=all(map(is_usable, path)),
        group=titles(parents, acronyms) if parents else None,
        label=title(last, acronyms) or last,
    )


class _Leaf(NamedTuple):
    """A column that no record encloses any more, or a whole array."""

    path: Path
    column: Column
    twins: tuple[Column, ...]
    words: _Words


class _Walk(Struct, frozen=True):
    """One walk over the columns of a relation."""

    setting: Setting
    relation: Relation
    at: Location
    subject: str

    def dimensions(
        self, leaves: Sequence[_Leaf], *, top: bool = True
    ) -> Iterator[Dimension | Diagnostic]:
        """A dimension for each leaf; two that would have one name are told apart by a number."""
        names = _names([leaf for leaf in leaves if leaf.words.usable])
        for leaf in leaves:
            words = leaf.words
            if not words.usable:
                yield self.says("unusable-column", column=words.dotted)
                continue
            name = names.get(leaf.path, words.name)
            if name != words.name:
                yield self.says("renamed-field", name=words.name, column=words.dotted, other=name)
            yield self.dimension(name, leaf, top=top)

    def leaves(
        self, columns: Iterable[Column], twins: Twins, parents: Path = ()
    ) -> Sequence[_Leaf]:
        """The columns by name; records that are not repeated are entered."""
        found: list[_Leaf] = []
        by_name = [{column.name: column for column in level} for level in twins]
        for column in sorted(columns, key=_BY_NAME):
            path = (*parents, column.name)
            same = tuple([level[column.name] for level in by_name if column.name in level])
            if column.type is DataType.STRUCT and not column.repeated and column.fields:
                found += self.leaves(column.fields, _inner(same), path)
            else:
                words = _words(path, self.setting.conventions.acronyms)
                found.append(_Leaf(path, column, same, words))
        return found

    def dimension(self, name: str, leaf: _Leaf, *, top: bool) -> Dimension:
        """The dimension of a leaf; house rules on paths hold at the top only, not inside arrays."""
        rules, words, column = self.setting.conventions, leaf.words, leaf.column
        return Dimension(
            name,
            leaf.path,
            column.type,
            column.repeated,
            words.group,
            words.label,
            self.description(leaf),
            top and words.dotted in rules.hidden_columns,
            rules.map_layers.get(words.dotted) if top else None,
        )

    def description(self, leaf: _Leaf) -> str | None:
        """What the column says of itself, else its base columns, else the column dictionary."""
        for column in (leaf.column, *leaf.twins):
            said = prose(column.description)
            if said:
                return said
        dictionary = self.setting.dictionary
        return prose(dictionary.get(leaf.words.dotted) or dictionary.get(leaf.path[-1]))

    def nested(
        self,
        parent: str,
        leaves: Iterable[_Leaf],
        dimensions: Iterable[Dimension],
        taken: dict[str, str],
    ) -> Iterator[Nested | Diagnostic]:
        """A model for each array among the leaves, and for the arrays inside it.

        `taken` has the names of those before: `a__b` may be an array, and `b` one inside `a`.
        """
        arrays = {d.path: d.name for d in dimensions if d.repeated}
        for leaf in leaves:
            if leaf.path not in arrays or not self.opens(leaf):
                continue
            wanted = f"{parent}{SEPARATOR}{arrays[leaf.path]}"
            name = _free(wanted, taken)
            taken[name] = column = leaf.words.dotted
            if name != wanted:
                yield self.says("renamed-field", name=wanted, column=column, other=name)
            inner = self.leaves(leaf.column.fields, _inner(leaf.twins))
            fields, noticed = split(self.inside(leaf, inner))
            yield from noticed
            label = titles(name.split(SEPARATOR), self.setting.conventions.acronyms)
            yield Nested(name, parent, arrays[leaf.path], label, fields)
            yield from self.nested(name, inner, fields, taken)

    def opens(self, leaf: _Leaf) -> bool:
        """Whether an array gets a model: of records always, of scalars by convention.

        Labeled counters do not: they mean something only beside the metrics of their ping.
        """
        if _LABELED_COUNTER in leaf.path:
            return False
        return bool(leaf.column.fields) or self.setting.conventions.arrays == "views"

    def inside(self, leaf: _Leaf, inner: Sequence[_Leaf]) -> Iterator[Dimension | Diagnostic]:
        """The dimensions of one element of an array; a scalar is its own `value`."""
        if leaf.column.fields:
            return self.dimensions(inner, top=False)
        value = Dimension("value", (), leaf.column.type, description=self.description(leaf))
        return iter((value,))

    def says(self, code: str, **values: str) -> Diagnostic:
        """A diagnostic about a column of this relation."""
        table = str(self.relation.name)
        return diagnostic(code, self.at, self.subject, table=table, **values)


def _names(leaves: Sequence[_Leaf]) -> Mapping[Path, str]:
    """The names of leaves that cannot all have their own; none if they can.

    Those that are names already keep theirs, the shortest paths first: a column of an odd name that
    comes later must not rename what is published.
    """
    if len({leaf.words.name for leaf in leaves}) == len(leaves):
        return {}
    taken: dict[str, Path] = {}
    for leaf in sorted(leaves, key=lambda leaf: (leaf.words.odd, len(leaf.path))):
        taken[_free(leaf.words.name, taken)] = leaf.path
    return {path: name for name, path in taken.items()}


def _free(name: str, taken: Mapping[str, object]) -> str:
    """The name, or the first numbered one that is free."""
    other, number = name, 1
    while other in taken:
        number += 1
        other = f"{name}_{number}"
    return other
