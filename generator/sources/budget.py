"""What is said when a run cannot afford what it is about to ask."""

from collections.abc import Iterable

from generator.costs import Ledger, written
from generator.diagnostics import Fault, Location, fault

_LISTED = 20


def too_expensive(url: str, ledger: Ledger, total: int, costly: Iterable[tuple[int, str]]) -> Fault:
    """The fault that tells what would cost how much, the dearest first."""
    return fault(
        "too-expensive",
        Location(url),
        wanted=written(total),
        limit=written(ledger.limit or 0),
        spent=written(ledger.billed),
        listed=_listed(costly),
    )


def _listed(costly: Iterable[tuple[int, str]]) -> str:
    every = sorted(costly, key=lambda one: (-one[0], one[1]))
    lines = [f"{written(size)} for {what}" for size, what in every[:_LISTED]]
    more = len(every) - len(lines)
    return "; ".join((*lines, *((f"and {more} more",) if more else ())))
