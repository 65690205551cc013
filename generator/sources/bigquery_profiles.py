"""The commonest values of columns in BigQuery: a statement for each relation, eight at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from msgspec import Struct

from generator.costs import Job
from generator.facts.catalog import Counts, ProfileNeed, Profiles
from generator.sources.bigquery_budget import Question, afforded
from generator.sources.bigquery_client import Rows
from generator.sources.bigquery_datasets import THREADS
from generator.sources.bigquery_failures import Failure
from generator.sources.bigquery_reading import Reading
from generator.sources.cache import Cache
from generator.sources.profile_sql import MALFORMED, answered, measured, statement
from generator.sources.profiles import gathered
from generator.sources.warehouse import Unread


class Counting(Struct, frozen=True):
    """The counting of values in a project. Each statement may cost `most` bytes."""

    reading: Reading
    most: int
    cache: Cache

    def profiles(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The values, in the order of the needs, whichever is answered first.

        Whatever fails is unread: a table that is gone was there when the catalog was read. Where
        no table below changed since values were counted, they are not counted again.
        Raises Fault if that costs more than the run may.
        """
        states = {need: self._state(need) for need in needs}
        held = {need: self._remembered(need, states[need]) for need in needs}
        known = {need: rows for need, rows in held.items() if rows is not None}
        wanted = [need for need in needs if need not in known]
        questions = afforded(self.reading.client, [self._question(need) for need in wanted])
        with ThreadPoolExecutor(THREADS) as pool:
            asked = pool.map(lambda question: question.ask(self.reading.client), questions)
            told = dict(zip(wanted, asked, strict=True))
        found = {need: self._answer(need, {**known, **told}[need]) for need in needs}
        for need in wanted:
            self._keep(need, states[need], told[need], found[need])
        return gathered(found.items())

    def _question(self, need: ProfileNeed) -> Question:
        job = Job("values", str(need.relation), namespace=need.namespace)
        return Question(job, in_bigquery(need), self.most)

    def _answer(self, need: ProfileNeed, rows: Rows | Failure) -> Mapping[str, Counts] | Unread:
        if isinstance(rows, Failure):
            return Unread(rows.reason)
        try:
            self.reading.client.ledger.measured[str(need.relation)] = measured(need, rows)
            return answered(need, rows)
        except MALFORMED:
            return Unread("its answer is malformed: it has other columns")

    def _state(self, need: ProfileNeed) -> str | None:
        """What the answer depends on: the statement, and all tables that it reads."""
        below = self.reading.state_of(need.relation)
        return f"{in_bigquery(need)}\n{below}" if below else None

    def _remembered(self, need: ProfileNeed, state: str | None) -> Rows | None:
        text = self.cache.get(_key(need)) if state else None
        try:
            held = msgspec.msgpack.decode(text, type=Remembered) if text else None
        except msgspec.MsgspecError:
            return None
        return held.rows if held and held.state == state else None

    def _keep(
        self,
        need: ProfileNeed,
        state: str | None,
        rows: Rows | Failure,
        found: Mapping[str, Counts] | Unread,
    ) -> None:
        if state and not isinstance(rows, Failure) and not isinstance(found, Unread):
            self.cache.put(_key(need), msgspec.msgpack.encode(Remembered(state, rows)))


class Remembered(msgspec.Struct):
    """The answer to a statement, and the state of what it stands on."""

    state: str
    rows: list[tuple[Any, ...]]


def _key(need: ProfileNeed) -> str:
    shape = ",".join(need.columns)
    return f"values {need.relation} {shape} {need.newest} {need.weight} {need.count}"


def in_bigquery(need: ProfileNeed) -> str:
    """The statement for a need."""
    return statement(need, _quoted)


def _quoted(name: str) -> str:
    """A name as an identifier."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
