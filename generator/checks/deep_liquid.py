"""Liquid rendered by python-liquid, for the analyzer: it reads more of it than we do ourselves."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from generator.checks.liquid import LiquidError

_PARAMETER = re.compile(r"\{%-?\s*parameter\s+([\w.]+)\s*-?%\}")
_BOUND = re.compile(r"\{%-?\s*date_(?:start|end)\s+[\w.]+\s*-?%\}")
_CONDITION = re.compile(r"\{%-?\s*condition\s+[\w.]+\s*-?%\}")
_END = re.compile(r"\{%-?\s*endcondition\s*-?%\}")
_WORD = re.compile(r"[A-Za-z_]\w*")


class _Asked(Mapping[str, Any]):
    """A view or field of which everything is asked for; a parameter has its value."""

    def __init__(self, parameters: Mapping[str, str], name: str = "") -> None:
        self._parameters = parameters
        self._name = name

    def __getitem__(self, key: str) -> Any:
        if key in {"_in_query", "_is_selected", "_is_filtered"}:
            return True
        if key.startswith("_"):
            return self._parameters.get(self._name, "1")
        return _Asked(self._parameters, key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1  # or it would count as nothing


def rendered(text: str, parameters: Mapping[str, str]) -> str:
    """SQL without Liquid. Raises LiquidError."""
    if "{%" not in text and "{{" not in text:
        return text
    from liquid.exceptions import LiquidError as Refused  # noqa: PLC0415 - few have it

    def value(found: re.Match[str]) -> str:
        return parameters.get(found[1].rpartition(".")[2], "1")

    plain = _BOUND.sub("TIMESTAMP('2020-01-01 00:00:00')", _PARAMETER.sub(value, text))
    plain = _END.sub(" IS NOT NULL)", _CONDITION.sub("(", plain))
    known = {word: _Asked(parameters, word) for word in _WORD.findall(plain)}
    try:
        return str(_environment().from_string(plain).render(**known))
    except (Refused, RecursionError) as error:
        raise LiquidError(str(error)) from None


@cache
def _environment() -> Any:
    from liquid import Environment  # noqa: PLC0415 - few have it

    return Environment(strict_filters=True)
