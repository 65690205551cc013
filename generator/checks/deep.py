"""Statements judged by Google's analyzer; what was judged once is known by its content."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from hashlib import sha256
from typing import TypeAlias

from msgspec import Struct, field

from generator.artifact import Artifact
from generator.checks.analyzer import VERSION, Relations
from generator.checks.columns import Tables
from generator.checks.deep_liquid import rendered
from generator.checks.knowledge import Knowledge
from generator.checks.scope import scope_of
from generator.checks.statements import Piece, Question, Writer, words
from generator.diagnostics import Diagnostic
from generator.facts.catalog import Column, Relation, RelationName
from generator.facts.conventions import Conventions

Known: TypeAlias = Mapping[RelationName, Relation]
Verdicts: TypeAlias = MutableMapping[str, str]
"""Digest of a statement with all that it reads → what the analyzer says; empty if nothing."""

_NAMES = re.compile(r"`?([A-Za-z][\w-]*)`?\.`?(\w+)`?\.`?([\w$-]+)`?")
_UNKNOWN = re.compile(r"(?:Function|Table|Procedure) not found|Type not found|not implemented")
"""What it says of functions and tables that it was not told of: no fault of the statement."""


class Court(Struct, frozen=True):
    """Judges questions; `ask` is the analyzer, which is there only once it is needed."""

    ask: Callable[[Relations, str], str | None]
    verdicts: Verdicts = field(default_factory=dict)
    digests: dict[RelationName, tuple[tuple[Column, ...], str]] = field(default_factory=dict)

    def faults(self, question: Question, known: Known) -> Iterator[tuple[Piece, str]]:
        """The pieces that BigQuery would refuse, and what it would say."""
        todo = [question.pieces]
        while todo:
            pieces = todo.pop()
            said = self._verdict(question, question.text(pieces), known)
            if not said:
                continue
            if len(pieces) > 1:
                half = len(pieces) // 2
                todo += [pieces[half:], pieces[:half]]
            elif not _UNKNOWN.search(said):
                yield pieces[0], said

    def _verdict(self, question: Question, text: str, known: Known) -> str:
        read = dict(_read(question, text, known))
        said = [VERSION, text, *(self._digest(name, found) for name, found in read.items())]
        digest = sha256("\n".join(said).encode()).hexdigest()
        if digest not in self.verdicts:
            self.verdicts[digest] = self.ask(_pruned(read, text), text) or ""
        return self.verdicts[digest]

    def _digest(self, name: RelationName, columns: tuple[Column, ...]) -> str:
        """What tells a relation with these columns from another; made once."""
        known = self.digests.get(name)
        if known is None or known[0] is not columns:
            text = f"{name} {_described(columns)}"
            known = columns, sha256(text.encode()).hexdigest()
            self.digests[name] = known
        return known[1]


def _read(
    question: Question, text: str, known: Known
) -> Iterator[tuple[RelationName, tuple[Column, ...]]]:
    """The relations that a statement names, with their columns."""
    for name in sorted({RelationName(*parts) for parts in _NAMES.findall(text)}):
        columns = question.relations.get(name)
        if columns is None and name in known:
            columns = known[name].columns
        if columns:
            yield name, columns


def _pruned(read: Relations, text: str) -> dict[RelationName, tuple[Column, ...]]:
    """The relations with the columns that a statement can mean, at least one."""
    said = words(text)
    found = {name: tuple(columns) for name, columns in read.items()}
    kept = {
        name: tuple(column for column in columns if column.name.lower() in said)
        for name, columns in found.items()
    }
    return {name: kept[name] or columns[:1] for name, columns in found.items()}


def _described(columns: Iterable[Column]) -> str:
    """Names and types, which is all that a statement can depend on."""
    inner = (f"{c.name} {c.type} {c.mode} {_described(c.fields)}" for c in columns)
    return f"({', '.join(inner)})"


def refused(
    artifacts: Iterable[Artifact], conventions: Conventions, knowledge: Knowledge, court: Court
) -> Iterator[Diagnostic]:
    """What BigQuery would refuse of the SQL of fields."""
    scope = scope_of(artifacts, conventions, knowledge)
    tables = Tables(scope)
    for page in scope.pages.values():
        writer = Writer(scope.views(page), tables, rendered, brief=True)
        for view in page.document.views:
            for question in writer.questions(view):
                for piece, said in court.faults(question, knowledge.relations):
                    at = page.place(*piece.key)
                    yield page.says("refused-sql", at, what=piece.what, reason=said)
