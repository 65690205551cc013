"""What a field that only stays for a while says of itself: until when, and what to use instead."""

import re
from datetime import date

from msgspec import Struct

_FORM = re.compile(
    r"Deprecated(?:: use `(?P<to>[^`]+)`)?; goes away after (?P<until>\d{4}-\d\d-\d\d)\.", re.ASCII
)


class Deprecation(Struct, frozen=True):
    """The last day on which a field is there, and the name of the field that replaces it."""

    until: date
    to: str | None = None

    def __str__(self) -> str:
        """The description of the field.

        >>> str(Deprecation(date(2030, 1, 31), "clients"))
        'Deprecated: use `clients`; goes away after 2030-01-31.'
        """
        instead = f": use `{self.to}`" if self.to else ""
        return f"Deprecated{instead}; goes away after {self.until}."


def deprecation_of(description: str | None, *, hidden: bool) -> Deprecation | None:
    """What a field says of itself; None if it does not say in our words that it will go.

    >>> deprecation_of("Deprecated; goes away after 2030-01-31.", hidden=True)
    Deprecation(until=datetime.date(2030, 1, 31), to=None)
    >>> deprecation_of("Deprecated; goes away after 2030-02-31.", hidden=True)
    """
    said = _FORM.fullmatch(description or "") if hidden else None
    if said is None:
        return None
    try:
        return Deprecation(date.fromisoformat(said["until"]), said["to"])
    except ValueError:
        return None
