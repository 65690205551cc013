"""What may be said aloud: a text without credentials, tokens and addresses of people.

Whatever leaves goes through here: messages of services, lines on a terminal or in a log, reports.
"""

import re
from typing import Any

from generator.address import redacted

_TOKENS = re.compile(
    r"ya29\.[\w.-]+"  # Google's
    r"|eyJ[\w-]{8,}(?:\.[\w-]+)*"  # a signed one, JSON in base64
    r"|AIza[\w-]{20,}"
    r"|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}"
    r"|(?i:\bbearer\s+[\w.~+/=-]{8,})"
    r"|(?i:\b(?:password|passwd|access_token|refresh_token|client_secret|private_key)"
    r"[\"']?\s*[=:]\s*[\"']?[^\s\"',;]+)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_PEOPLE = re.compile(r"\b[\w.+-]+@(?:[\w-]+\.)+[\w-]+\b(?![\w.-]*:\S)")


def scrubbed(text: str) -> str:
    """The text without what is nobody's business. The address of a repository stays.

    >>> scrubbed("User jo@shop.example may not: Bearer abc.def-0123, https://a:b@shop.example/x")
    'User … may not: …, https://…@shop.example/x'
    >>> scrubbed("Bearer abc.def-0123 may not")
    '… may not'
    >>> scrubbed("git@git.shop.example:hub has no `primary_key`")
    'git@git.shop.example:hub has no `primary_key`'
    """
    if "@" not in text:  # neither credentials in an address nor people
        return _TOKENS.sub("…", text)
    return _PEOPLE.sub("…", _TOKENS.sub("…", redacted(text)))


def scrubbed_data(value: Any) -> Any:
    """Plain data, each text of it scrubbed."""
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, dict):
        return {key: scrubbed_data(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed_data(below) for below in value]
    return value
