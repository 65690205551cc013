"""Prose from outside, made fit to be shown: descriptions of tables, columns and metrics."""

import re
from functools import lru_cache

LONGEST = 1000
"""Characters of a description; a longer one is cut at the end of a sentence."""

_SPACE = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LIQUID = re.compile(r"\{(?=[{%])")
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_QUOTES = "\"'`"


@lru_cache(maxsize=100_000)
def prose(text: str | None) -> str | None:
    r"""One clean line, or None if nothing is said.

    Stray quotes around it go, white space becomes single blanks, and the marks that open Liquid are
    parted, so that Looker shows them instead of running them.

    >>> prose('"Country code\n of the client '), prose("  "), prose("uses {{ x }}")
    ('Country code of the client', None, 'uses { { x }}')
    """
    if not text:
        return None
    line = _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip()
    line = _LIQUID.sub("{ ", _unquoted(line))
    return _cut(line) or None


def _unquoted(line: str) -> str:
    """Without a quote that opens the text and is never closed, or that encloses all of it."""
    first = line[:1]
    if first and first in _QUOTES:
        if line.count(first) == 1:
            return line[1:].lstrip()
        if line.endswith(first) and line.count(first) == 2:  # noqa: PLR2004 - an opening and a closing one
            return line[1:-1].strip()
    return line


def _cut(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    ends = [match.end() for match in _SENTENCE_END.finditer(line, 0, LONGEST)]
    if ends:
        return line[: ends[-1]]
    head = line[: LONGEST - 1]
    return (head.rpartition(" ")[0] or head) + "…"
