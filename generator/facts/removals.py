"""Fields that were removed and are kept for a while: since when, and what writes them again."""

import json
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec
from msgspec import Struct


class Removal(Struct, frozen=True, order=True):
    """A field that a view had: `text` is its LookML as it was, `to` what it is called now."""

    path: str
    view: str
    name: str
    since: date
    text: str
    to: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others."""
        return self.path, self.view, self.name

    def until(self, days: int) -> date:
        """The last day on which it is there.

        >>> Removal("a.lkml", "a", "b", date(2030, 1, 1), "").until(30)
        datetime.date(2030, 1, 31)
        """
        return self.since + timedelta(min(days, (date.max - self.since).days))


class Removals(Struct, frozen=True):
    """All of them, for the next run to know."""

    rows: tuple[Removal, ...]

    def to_json(self) -> str:
        """A line for each, by place, so that a diff tells what came and went."""
        lines = (f"  {_line(row)}" for row in sorted(self.rows, key=lambda row: row.key))
        return "[\n" + ",\n".join(lines) + "\n]\n"

    @classmethod
    def from_json(cls, text: str) -> "Removals":
        """The removals that a text holds. Raises ValueError if it holds none."""
        try:
            rows = msgspec.json.decode(text, type=tuple[Removal, ...])
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise ValueError(str(error)) from None
        return cls(_each_once(rows))


def _line(row: Removal) -> str:
    said = {"path": row.path, "view": row.view, "name": row.name, "since": str(row.since)}
    more = {"to": row.to} if row.to else {}
    return json.dumps({**said, **more, "text": row.text}, ensure_ascii=False)


def _each_once(rows: Iterable[Removal]) -> tuple[Removal, ...]:
    """Of two for one field, the older counts."""
    found: dict[tuple[str, str, str], Removal] = {}
    for row in sorted(rows, key=lambda row: (row.key, row.since)):
        found.setdefault(row.key, row)
    return tuple(found.values())
