"""Schedules of failure: which calls are struck, how, and how often.

    server.schedule = Schedule(seed=7)

A schedule is a number. What becomes of a call follows from it and from the call alone, so threads
may come in any order, and a run that failed can be had again.
"""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bigquery_server.failures import Trouble, Way

Body = dict[str, Any]
FOR_EVER = 1_000_000
_EVERYWHERE = 1 / 8
_OFTEN = (1, 1, 2, FOR_EVER, FOR_EVER)
_NUMBER = re.compile(r"job_\d+|[0-9a-f]{8}-[0-9a-f-]{27}")
HINTED = (Way.RATE, Way.BUSY)
"""The ways that sometimes say how long to wait."""


@dataclass
class Schedule:
    """A share of the calls fails, each in one of the ways: once, twice or for ever.

    One schedule of eight strikes every call in the same way. `gone` are the addresses of which an
    answer said that nothing is there.
    """

    seed: int
    share: float = 0.5
    ways: tuple[Way, ...] = tuple(Way)
    struck: Counter[Way] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)
    _times: Counter[str] = field(default_factory=Counter, repr=False)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - no secret
        if chance.random() < _EVERYWHERE:
            self.share, self.ways = 1.0, (chance.choice(self.ways),)

    def trouble(self, call: str) -> Trouble | None:
        """The failure that strikes a call."""
        plain = _NUMBER.sub("job", call)
        chance = random.Random(f"{self.seed} {plain}")  # noqa: S311 - no secret
        self._times[plain] += 1
        if chance.random() >= self.share or self._times[plain] > chance.choice(_OFTEN):
            return None
        way = chance.choice(self.ways)
        self.struck[way] += 1
        if way is Way.ABSENT and call.startswith("GET "):
            self.gone.add(call.split()[1].rpartition("/projects/")[2])
        hint = {"Retry-After": "0"} if way in HINTED and chance.random() < 0.5 else {}
        return Trouble(re.compile(""), way, None, hint)


def _empty(said: Body) -> Body:
    """An answer without content: no rows where there were some."""
    if "schema" in said:
        kept = {name: value for name, value in said.items() if name != "pageToken"}
        return {**kept, "rows": [], "totalRows": "0"}
    return {}


def _short(said: Body) -> Body:
    """A page that lacks its last rows, and does not say that there are more."""
    if said.get("rows"):
        kept = {name: value for name, value in said.items() if name != "pageToken"}
        return {**kept, "rows": said["rows"][:-1]}
    return {name: value for name, value in said.items() if name != "schema"}


def _other(said: Body) -> Body:
    """Columns of another question: as many, in another order."""
    if "schema" in said:
        fields = said["schema"]["fields"][::-1]
        rows = [{"f": row["f"][::-1]} for row in said.get("rows", ())]
        return {**said, "schema": {"fields": fields}, "rows": rows}
    return {"kind": "bigquery#other", "etag": "x"}


def _nulls(said: Body) -> Body:
    """Every value is null."""
    rows = [{"f": [{"v": None} for _ in row["f"]]} for row in said.get("rows", ())]
    return {**said, "rows": rows} if rows else dict.fromkeys(said)


BENDERS: dict[Way, Callable[[Body], Body]] = {
    Way.EMPTY: _empty,
    Way.SHORT: _short,
    Way.OTHER: _other,
    Way.NULLS: _nulls,
}
"""The ways in which an answer is well formed, and wrong."""
