"""Addresses of repositories: what of them may be said aloud."""

import re

_CREDENTIALS = re.compile(r"://\S*@")


def redacted(text: str) -> str:
    """Without the credentials that an address may carry, even badly written ones.

    >>> redacted("https://bot:secret@git.example.org/hub")
    'https://…@git.example.org/hub'
    >>> redacted("https://bot:p@ss/word@git.example.org/hub")
    'https://…@git.example.org/hub'
    """
    return _CREDENTIALS.sub("://…@", text)


def is_path(address: str) -> bool:
    """Whether an address names a place on this disk, as git decides it.

    >>> [is_path(text) for text in ("../hub", "hub.git", "git@example.org:hub", "file:///hub")]
    [True, True, False, False]
    """
    return ":" not in address.partition("/")[0]
