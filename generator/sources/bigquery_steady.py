"""What the rows of a relation depend on: a text that is another one when they could be others."""

import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from generator.facts.catalog import Kind, Relation, RelationName
from generator.sources.bigquery_rows import MALFORMED, Row, details_of
from generator.sources.view_tables import tables_of

_RESTLESS = re.compile(
    r"\b(CURRENT_\w+|RAND|GENERATE_UUID|SESSION_USER|EXTERNAL_QUERY|SYSTEM_TIME)\b|@@|\*`",
    re.IGNORECASE,
)
"""Words of a view whose rows change by themselves, or that reads who knows which tables."""

Found = tuple[Row, Relation] | None
"""What the bulk statement said of a relation."""


def state_of(name: RelationName, look: Callable[[RelationName], Found]) -> str | None:
    """The state of all tables that a relation stands on; None if not all of them tell it."""
    seen: dict[RelationName, str | None] = {}
    todo = [name]
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        found = look(one)
        seen[one] = _state(found)
        if seen[one] is None or found is None:
            return None
        todo.extend(found[1].reads_from)
    return "\n".join(f"{one} {seen[one]}" for one in sorted(seen))


def _state(found: Found) -> str | None:
    if found is None:
        return None
    row, relation = found
    if relation.kind is Kind.TABLE:
        return None if row.changed is None else f"{row.digest} {row.changed}"
    if relation.kind is Kind.VIEW and _is_steady(row, relation):
        return row.digest
    return None


def _is_steady(row: Row, relation: Relation) -> bool:
    """Whether the rows of a view follow from those of the tables that it is known to read."""
    try:
        sql = details_of(row).view_sql or ""
        query = sqlglot.parse_one(sql, dialect="bigquery")
    except (*MALFORMED, SqlglotError):
        return False
    calls = any(not isinstance(one.this, exp.Identifier) for one in query.find_all(exp.Table))
    whole = len(tables_of(sql, "bigquery")) == len(relation.reads_from) > 0
    return whole and not calls and not _RESTLESS.search(sql)
