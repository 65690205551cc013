"""Names: identifiers, titles, nested names. Nobody else joins with `__`."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

SEPARATOR = "__"
"""What joins the parts of a nested name: `geo.country` becomes `geo__country`."""

LONGEST = 200
"""Characters of a name: it also becomes the name of a file."""

ACRONYMS = frozenset(
    """CPU DB DNS DNT DOM GC GPU HTTP ID IO IP ISP JWE LB OS SDK SERP SSL TLS UI URI URL UTM
    UUID""".split()  # noqa: SIM905 - words read better without quotes
)
"""Words that stand in capitals in a title."""

_TIME_SUFFIXES = ("_timestamp", "_date", "_time")
_FORBIDDEN = re.compile(r"[^a-z0-9_]")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


def is_identifier(text: str) -> bool:
    """True for a name that LookML, Looker and our own rules accept as it is."""
    return len(text) <= LONGEST and _IDENTIFIER.fullmatch(text) is not None


@cache
def identifier(text: str) -> str:
    """The nearest valid name: small letters, digits and `_`, a letter first.

    >>> [identifier(name) for name in ("sessionId", "2fa_method", "_loaded_at", "a-b")]
    ['sessionid', 'f_2fa_method', 'f_loaded_at', 'a_b']
    """
    name = _FORBIDDEN.sub("_", text.lower())
    return (name if name[:1].isalpha() else "f_" + name.lstrip("_"))[:LONGEST]


def nested(parts: Iterable[str]) -> str:
    """The name of a field or view at a path.

    >>> nested(["client_info", "os_version"])
    'client_info__os_version'
    """
    return identifier(SEPARATOR.join(parts))


def time_stem(name: str) -> str:
    """The name of the dimension group for a date or time column.

    >>> time_stem("submission_timestamp"), time_stem("ping_info__end_time"), time_stem("date")
    ('submission', 'ping_info__end', 'date')

    A part that is nothing but a suffix stays whole: `ping_info__date` is its own stem.
    """
    for suffix in _TIME_SUFFIXES:
        stem = name.removesuffix(suffix)
        if stem != name and stem and not stem.endswith("_"):
            return stem
    return name


@cache
def title(text: str, acronyms: frozenset[str] = ACRONYMS) -> str:
    """A name as a person reads it.

    >>> title("os_version"), title("client_id"), title("a__b_")
    ('OS Version', 'Client ID', 'A B')
    """
    words = text.replace("_", " ").split()
    return " ".join(w.upper() if w.upper() in acronyms else w.title() for w in words)


def titles(parts: Sequence[str], acronyms: frozenset[str] = ACRONYMS) -> str:
    """The titles of a path.

    >>> titles(["metadata", "geo"])
    'Metadata: Geo'
    """
    return ": ".join(title(part, acronyms) for part in parts)
