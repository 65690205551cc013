"""Liquid as a query leaves it: every field is asked for, parameters have their defaults.

Of a choice, the first branch is taken. That needs no Liquid but ours; where a stricter reader is
at hand, `deep` asks it.
"""

import re
from collections.abc import Mapping

_TAG = re.compile(r"(\{%-?.*?-?%\}|\{\{.*?\}\})", re.DOTALL)
_WORDS = re.compile(r"\{%-?\s*(\w+)\s*(.*?)\s*-?%\}", re.DOTALL)
_OPENS = {"if": 0, "unless": 0, "for": 0, "case": -1}
"""What opens a choice, and which branch comes first: before its first `when`, a case has none."""
_STEPS = {
    **dict.fromkeys(("else", "elsif", "when"), 1),
    **dict.fromkeys(("endif", "endunless", "endfor", "endcase"), 0),
}
_BOUND = "TIMESTAMP('2020-01-01 00:00:00')"


class LiquidError(ValueError):
    """Why a text is no Liquid that we know."""


def rendered(text: str, parameters: Mapping[str, str]) -> str:
    """SQL without Liquid. Raises LiquidError.

    >>> rendered("{% if x._in_query %}a,{% else %}b,{% endif %} {% parameter p %}", {"p": "day"})
    'a, day'
    """
    if "{%" not in text and "{{" not in text:
        return text
    kept: list[str] = []
    branches: list[int] = []  # of each open choice, which branch this is; the first is taken
    for part in _TAG.split(text):
        found = _WORDS.fullmatch(part)
        tag = found[1] if found else ""
        if tag in _OPENS:
            branches.append(_OPENS[tag])
        elif tag in _STEPS:
            _step(branches, _STEPS[tag])
        elif not any(branches):
            kept.append(_written(tag, found[2], parameters) if found else _plain(part))
    if branches:
        raise LiquidError("a choice is not closed")
    return "".join(kept)


def _step(branches: list[int], onward: int) -> None:
    """To the next branch of the innermost choice, or out of it."""
    if not branches:
        raise LiquidError("nothing is open here")
    if onward:
        branches[-1] += onward
    else:
        branches.pop()


def _written(tag: str, said: str, parameters: Mapping[str, str]) -> str:
    match tag:
        case "parameter":
            return parameters.get(said.rpartition(".")[2], "1")
        case "date_start" | "date_end":
            return _BOUND
        case "condition":
            return "("
        case "endcondition":
            return " IS NOT NULL)"
        case "assign" | "comment" | "endcomment":
            return ""
        case _:
            raise LiquidError(f"`{tag}` is not known")


def _plain(part: str) -> str:
    if part.startswith("{{"):
        raise LiquidError("what is written depends on the query")
    return part
