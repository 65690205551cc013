"""What a run lends its warehouses: a cache, a ledger, and how much they ask for at a time."""

from dataclasses import dataclass, field
from typing import Any

from generator.costs import Ledger
from generator.sources.cache import Cache


@dataclass(frozen=True, slots=True)
class Means:
    """The means of a run. `scope` is what an address without one means.

    `parties` are what addresses of BigQuery share.
    """

    cache: Cache = field(default_factory=Cache)
    ledger: Ledger = field(default_factory=Ledger)
    scope: str | None = None
    parties: dict[str, Any] = field(default_factory=dict)
