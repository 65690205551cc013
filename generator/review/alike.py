"""Whether two texts say the same, told fast: most files of a change differ in nothing or blanks.

A text that is alike is not read at all, so in doubt it is not.
"""

import re
from collections.abc import Iterable, Iterator

from generator.review.items import squeezed

_TOKENS = re.compile(
    r"""[\s,]*+(?>(?:\#[^\n]*+[\s,]*+)*)
    ((?:(?>(?:sql|expression)(?:_\w++)?)|html)\s*+:[^;]*+(?>(?:;(?!;)[^;]*+)*);;
    |"[^"\\]*+(?>(?:\\.[^"\\]*+)*)"
    |[{}\[\]]
    |[^\s{}\[\]",\#]++
    |.)""",
    re.DOTALL | re.VERBOSE,
)
_CODE = re.compile(r"(\w+)\s*:\s*(.*?)\s*;;", re.DOTALL)
_ABOVE = re.compile(r"[\s,]*+(?>(?:#[^\n]*+[\s,]*+)*)")
_BLANKS = b" \t\r\n,"
_FOLDED = re.compile(r"[|>][-+0-9]*$|\\$|\t")
"""Lines after which YAML counts blanks."""


def is_alike(one: str, other: str, *, yaml: bool) -> bool:
    r"""Whether two files differ in blanks and comments alone; False does not say that they do not.

    >>> is_alike("view: a {\n}", "view: a { }", yaml=False)
    True
    >>> is_alike('label: "a b"', 'label: "a  b"', yaml=False)
    False
    """
    if _dense(one) != _dense(other):
        return False
    if yaml:
        left = tuple(_lines(one))
        return left == tuple(_lines(other)) and not any(_FOLDED.search(text) for _, text in left)
    left_tokens, right_tokens = _TOKENS.findall(one), _TOKENS.findall(other)
    return left_tokens == right_tokens or _same_tokens(left_tokens, right_tokens)


def _dense(text: str) -> bytes:
    """The text without blanks, and comments above it: to find most that differ, this is enough."""
    begin = _ABOVE.match(text)
    return (
        text[begin.end() if begin else 0 :].encode(errors="surrogatepass").translate(None, _BLANKS)
    )


def _same_tokens(one: list[str], other: list[str]) -> bool:
    if len(one) != len(other):
        return False
    differing = ((a, b) for a, b in zip(one, other, strict=True) if a != b)
    return all(_same_code(a, b) for a, b in differing)


def _same_code(one: str, other: str) -> bool:
    left, right = _CODE.fullmatch(one), _CODE.fullmatch(other)
    if left is None or right is None or left[1] != right[1]:
        return False
    return squeezed(left[2]) == squeezed(right[2])


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a YAML text, each with its depth among those around it."""
    open_: list[int] = []
    for line in text.rstrip("\n").split("\n"):
        said = line.strip(" ")
        at = len(line) - len(line.lstrip(" "))
        if said:
            _close(open_, at)
        yield len(open_), said
        if said.startswith("- "):
            open_.extend(_within(said, at))


def _close(open_: list[int], at: int) -> None:
    while open_ and open_[-1] > at:
        open_.pop()
    if not open_ or open_[-1] < at:
        open_.append(at)


def _within(said: str, at: int) -> Iterable[int]:
    """The columns at which the entries of a list within a line begin."""
    while said.startswith("- "):
        inner = said[2:].lstrip(" ")
        at += len(said) - len(inner)
        said = inner
        yield at
