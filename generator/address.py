"""Addresses of repositories: what of them may be said aloud; and names of branches."""

import re

_CREDENTIALS = re.compile(r"://\S*@")

BRANCH = (
    r"(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|$)))(?![-./])(?!@$)(?!HEAD$)"
    r"[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])"
)
"""What git takes for the name of a branch, and what is no other word of its language:
https://git-scm.com/docs/git-check-ref-format"""


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


def is_branch(name: str) -> bool:
    """Whether a text can be the name of a branch.

    >>> [is_branch(name) for name in ("main", "people/ada-1", "a..b", "a:b", "-f", "x.lock", "+a")]
    [True, True, False, False, False, False, True]
    """
    return re.fullmatch(BRANCH, name) is not None
