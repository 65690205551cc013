"""`bigquery:PROJECT?…`: what an address says, checked before anything is asked."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct

from generator.diagnostics import Location, fault

PATIENCE = 180.0
"""Seconds that one question may take, retries included, unless the address says otherwise."""

MOST_BYTES = 10_000_000_000
"""Bytes that one statement over rows may cost, unless the address says otherwise."""

_PROJECT = re.compile(r"[A-Za-z][\w:.-]*", re.ASCII)
_LOCATION = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Address(Struct, frozen=True):
    """Which project is read, from where, at whose cost, and in pieces of which size."""

    project: str
    location: str | None = None
    billing_project: str | None = None
    endpoint: str | None = None
    by_region: bool = False
    most_bytes: int = MOST_BYTES
    patience: float = PATIENCE

    @property
    def is_local(self) -> bool:
        """Whether it is a server on this machine, which gets no credentials."""
        return self.endpoint is not None and _is_local(self.endpoint)


class Rule(NamedTuple):
    """What a value must be, and the words for it."""

    holds: Callable[[str], object]
    hint: str


def _is_local(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in _LOOPBACK and "@" not in endpoint


def _is_secure(endpoint: str) -> bool:
    return endpoint.startswith("https://") and "@" not in endpoint


_RULES = {
    "project": Rule(_PROJECT.fullmatch, "write the project's id, as `acme-prod`"),
    "location": Rule(_LOCATION.fullmatch, "write a location such as `EU` or `europe-west1`"),
    "billing-project": Rule(_PROJECT.fullmatch, "write the project's id, as `acme-prod`"),
    "api-endpoint": Rule(
        lambda text: _is_local(text) or _is_secure(text),
        "write `https://` and a host, without a password; `http://` only to this machine",
    ),
    "maximum-bytes-billed": Rule(
        lambda text: text.isdecimal() and text.isascii() and int(text) > 0,
        "write a number of bytes, such as `1000000000`",
    ),
    "deadline": Rule(
        lambda text: re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) and float(text) > 0,
        "write a number of seconds, such as `180`",
    ),
    "scope": Rule(lambda text: text in ("dataset", "region"), "write `dataset` or `region`"),
}


def address_of(
    url: str, project: str, options: Mapping[str, str], scope: str | None = None
) -> Address:
    """The address that the parts of a URL write. Raises Fault if one of them cannot be.

    `scope` is that of an address which names none.
    """
    for key, value in {"project": project, **options}.items():
        if not _RULES[key].holds(value):
            said = "…" if "@" in value else value  # it may be a password
            place = Location(url.partition("?")[0])
            raise fault("bad-choice", place, key=key, value=said, nearest=_RULES[key].hint)
    address = Address(
        project,
        options.get("location"),
        options.get("billing-project"),
        options.get("api-endpoint"),
        most_bytes=int(options.get("maximum-bytes-billed", MOST_BYTES)),
        patience=float(options.get("deadline", PATIENCE)),
        by_region=options.get("scope", scope) == "region",
    )
    if address.by_region and address.location is None:
        hint = "name its `location` too: a table of another region would look as if it were gone"
        raise fault("bad-choice", Location(url), key="scope", value="region", nearest=hint)
    return address
