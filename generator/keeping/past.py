"""What is known of yesterday: the removals that it knew, and the files that it left."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from msgspec import Struct, field

from generator.artifact import Owned
from generator.diagnostics import Diagnostic
from generator.facts.removals import Removal


def _nothing(_: str) -> str | None:
    return None


class Past(Struct, frozen=True):
    """What was removed, and for how many `days` that stays; none if nothing is kept.

    `files` are those of ours that stand; `text` gives the text of one that nobody edited.
    """

    days: int = 0
    today: date = date.min
    removals: tuple[Removal, ...] = ()
    files: Mapping[str, Owned] = field(default_factory=dict)
    text: Callable[[str], str | None] = _nothing
    noticed: tuple[Diagnostic, ...] = ()

    def lasting(self, rows: Iterable[Removal]) -> tuple[Removal, ...]:
        """Those of some removals whose field is still there today."""
        return tuple(row for row in rows if row.until(self.days) >= self.today)

    def of_namespace(self, name: str) -> tuple[Removal, ...]:
        """What still stays in a namespace."""
        if not self.days:
            return ()
        here = (row for row in self.removals if row.path.partition("/")[0] == name)
        return tuple(sorted(self.lasting(here), key=lambda row: row.key))

    def last_day(self, rows: Iterable[Removal]) -> date | None:
        """The last day on which all of some removals that are there today still are."""
        return min((row.until(self.days) for row in self.lasting(rows)), default=None)


NOTHING = Past()
"""Where nothing is kept, nothing of yesterday matters."""
