"""What a run lends its warehouses: a cache, a ledger, and how much they ask for at a time."""

from typing import Any

from msgspec import Struct, field

from generator.costs import Ledger
from generator.sources.cache import Cache


class Means(Struct, frozen=True):
    """The means of a run. `scope` is what an address without one means.

    `parties` are what addresses of BigQuery share.
    """

    cache: Cache = field(default_factory=Cache)
    ledger: Ledger = field(default_factory=Ledger)
    scope: str | None = None
    parties: dict[str, Any] = field(default_factory=dict)
