"""What a run asks of a warehouse, and what that costs: plain data, told as it happens."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from msgspec import Struct, field

MINIMUM = 10 * 1024**2
"""What BigQuery bills for a table at least, however few bytes are read of it."""
SLOT_HOUR = 0.06
"""Dollars."""
_MS_PER_HOUR = 3_600_000

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12} | {
    f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", start=1)
}
SIZE = r"(\d+(?:\.\d+)?) ?(|[KMGT]?i?B)"
"""A number of bytes as people write it."""
_SIZE = re.compile(SIZE, re.IGNORECASE | re.ASCII)


def size_of(text: str) -> int:
    """The bytes that a text writes. Raises ValueError if it is no size.

    >>> size_of("50GB"), size_of("1.5 MiB"), size_of("1000")
    (50000000000, 1572864, 1000)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[2].upper() not in _UNITS:
        raise ValueError(f"`{text}` is no size")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def written(size: int) -> str:
    """A number of bytes for people, in the largest unit of which there is one.

    >>> written(52_428_800), written(999), written(3_000_000_000_000)
    ('52.4 MB', '999 B', '3.0 TB')
    """
    unit = next(
        name for name in ("TB", "GB", "MB", "KB", "B") if size >= _UNITS[name] or name == "B"
    )
    return f"{size} B" if unit == "B" else f"{size / _UNITS[unit]:,.1f} {unit}"


class Job(Struct, frozen=True):
    """A statement that is to be run: what for, over what, and how many tables it reads at least.

    `namespace` is the one that wants it, where that is only one; `estimated` are the bytes that it
    is expected to cost. One that writes says where (`destination`), and for which `project`.
    """

    purpose: str
    place: str
    tables: int = 1
    namespace: str | None = None
    estimated: int | None = None
    destination: str | None = None
    project: str | None = None


class Bill(Struct, frozen=True):
    """What the warehouse says that a statement took; None where it says nothing."""

    processed: int | None = None
    billed: int | None = None
    slot_ms: int | None = None
    cached: bool = False


class Spent(Struct, frozen=True):
    """A statement that was run, or refused for the reason that `error` says."""

    job: Job
    sql: str
    started: datetime
    seconds: float
    bill: Bill = field(default_factory=Bill)
    error: str | None = None

    @property
    def dollars(self) -> float | None:
        """What its slot time is worth."""
        if self.bill.slot_ms is None:
            return None
        return round(self.bill.slot_ms / _MS_PER_HOUR * SLOT_HOUR, 9)


class Ledger(Struct):
    """All that a command asked of its warehouses. `limit` are the bytes that it may cost."""

    command: str = ""
    limit: int | None = None
    calls: Counter[str] = field(default_factory=Counter)
    spent: list[Spent] = field(default_factory=list)
    measured: dict[str, Mapping[str, "Measured"]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def call(self, name: str) -> None:
        """Note a call, whatever becomes of it."""
        with self._lock:
            self.calls[name] += 1

    def note(self, spent: Spent) -> None:
        """Note a statement that was run."""
        with self._lock:
            self.spent.append(spent)

    @property
    def billed(self) -> int:
        """The bytes that were billed by now; what is not told counts as estimated."""
        with self._lock:
            return sum(
                one.job.estimated or 0 if one.bill.billed is None else one.bill.billed
                for one in self.spent
                if one.error is None
            )

    @property
    def left(self) -> int | None:
        """The bytes that may still be billed; None if there is no limit."""
        return None if self.limit is None else max(self.limit - self.billed, 0)


class Measured(Struct, frozen=True):
    """A column in the rows that count: how many values it has, and the share of its nulls."""

    distinct: int
    null_share: float | None


def label(text: str) -> str:
    """A text as the value of a label: small letters, digits, `_` and `-`, at most 63.

    >>> label("Shop.Web Visits")
    'shop_web_visits'
    """
    return re.sub(r"[^a-z0-9_-]", "_", text.lower())[:63]
