"""SQL of definitions made fit for a metric view.

It names columns that are there, and nothing in it ends a LookML block or wakes Liquid.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from sqlglot import exp

from generator.diagnostics import Location, fault, nearest
from generator.facts.catalog import Column, DataType
from generator.semantics.definition_sql import parsed, qualified
from generator.semantics.definitions import DataSource

_MARKS = (";;", "{{", "{%", "{#", "${")
"""What ends a block of LookML, or makes Looker read what follows as its own."""
_EVERY = ("",)
"""No other source is named: every column is the source's own."""


class Expression(Struct, frozen=True):
    """SQL over the rows of a data source.

    `sql` is what stands in the view, where the source is alone; `apart` names the source with
    each column, so that it holds beside other sources too, and so does its `tree`.
    """

    sql: str
    apart: str
    tree: exp.Expression


def fitted(
    text: str,
    source: DataSource,
    columns: Iterable[Column] | None,
    subject: str,
    at: Location | None,
) -> Expression:
    """An expression of a definition, given the columns of its source if all of them are known.

    Raises Fault if it does not parse, if LookML cannot hold it, or if it names another column.
    """
    apart = qualified(text, source.slug, _EVERY, subject, at)
    if columns is not None:
        check_columns(apart, source.slug, tuple(columns), subject, at)
    slug = source.slug.lower()
    plain = parsed(text, subject, at)
    if any(root.lower() == slug for root, *_ in _paths(plain)):
        plain = qualified(text, source.slug, (), subject, at)
    # comments go: what follows one on its line would be part of it
    sql = writable(plain.sql("bigquery", comments=False), subject, at)
    return Expression(sql, apart.sql("bigquery", comments=False), apart)


def writable(sql: str, subject: str, at: Location | None) -> str:
    """SQL that LookML can hold. Raises Fault if it cannot."""
    for mark in _MARKS:
        if mark in sql:
            raise fault("unwritable-definition", at, subject, mark=mark)
    return sql


def check_columns(
    tree: exp.Expression,
    slug: str,
    columns: tuple[Column, ...],
    subject: str,
    at: Location | None,
) -> None:
    """Raises Fault if there is no such column of the source, or no such field of its record."""
    if any(alias.name == slug for alias in tree.find_all(exp.TableAlias)):
        return  # a query within calls something else like the source
    for alias, *path in _paths(tree):
        if alias != slug:
            continue  # the column of another source, or of a query within
        level = columns
        for place, name in enumerate(path):
            found = next((c for c in level if c.name.lower() == name.lower()), None)
            if found is None:
                written = ".".join(path[: place + 1])
                hint = nearest(name, (column.name for column in level))
                values = {"column": written, "source": slug, "nearest": hint}
                raise fault("unknown-column", at, subject, **values)
            if found.type is not DataType.STRUCT or found.repeated or not found.fields:
                break
            level = found.fields


def _paths(tree: exp.Expression) -> Iterator[tuple[str, ...]]:
    """The columns that an expression names, each as written, part by part."""
    for node in tree.find_all(exp.Column, exp.Dot):
        if isinstance(node.parent, exp.Dot):
            continue  # a part of a longer path
        parts = tuple(_parts(node))
        if parts and all(isinstance(part, exp.Identifier) for part in parts):
            yield tuple(part.name for part in parts)


def _parts(node: exp.Expr) -> Iterator[exp.Expr]:
    match node:
        case exp.Dot():
            yield from _parts(node.this)
            yield from _parts(node.expression)
        case exp.Column():
            yield from node.parts
        case _:
            yield node
