"""Writes plain data as YAML.

The data is told to the printer of libyaml event by event. `yaml.dump` makes a tree of it first,
which takes five times as long, and names each list that stands in two places.
"""

from collections.abc import Callable
from functools import lru_cache
from io import StringIO
from typing import Any

import yaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_START, _END = DocumentStartEvent(explicit=False), DocumentEndEvent(explicit=False)
_MAPPING, _MAPPED = (
    MappingStartEvent(None, None, implicit=True, flow_style=False),
    MappingEndEvent(),
)
_SEQUENCE, _LISTED = (
    SequenceStartEvent(None, None, implicit=True, flow_style=False),
    SequenceEndEvent(),
)
_TEXT = "tag:yaml.org,2002:str"
_KNOWN = 50_000
"""Texts whose events are kept: most are keys and words that come again."""


def written(value: object, *, width: int, is_plain: Callable[[str], bool] | None = None) -> str:
    """The text of plain data: dicts in their order, lists, texts, numbers, dates, None.

    `is_plain` says which texts need no quotes; without it, those that no reader of YAML takes for
    something else. `width` is where long texts are broken.
    """
    stream = StringIO()
    dumper = _DUMPER(stream, width=width, allow_unicode=True)
    dumper.open()
    dumper.emit(_START)
    _tell(value, dumper.emit, is_plain)
    dumper.emit(_END)
    dumper.close()
    return stream.getvalue()


def _tell(
    value: object, emit: Callable[[Event], None], is_plain: Callable[[str], bool] | None
) -> None:
    """Emit the events of a value."""
    if isinstance(value, str):
        emit(_text(value, is_plain))
    elif isinstance(value, dict):
        emit(_MAPPING)
        for key, item in value.items():
            emit(_text(key, is_plain))
            _tell(item, emit, is_plain)
        emit(_MAPPED)
    elif isinstance(value, list | tuple):
        emit(_SEQUENCE)
        for item in value:
            _tell(item, emit, is_plain)
        emit(_LISTED)
    else:
        node = _dumper().represent_data(value)
        emit(ScalarEvent(None, None, (True, False), node.value))


@lru_cache(maxsize=_KNOWN)
def _text(value: str, is_plain: Callable[[str], bool] | None) -> ScalarEvent:
    if is_plain is None:
        resolved = _dumper().resolve(yaml.ScalarNode, value, (True, False))
        return ScalarEvent(None, None, (resolved == _TEXT, True), value)
    plain = is_plain(value)
    return ScalarEvent(None, None, (plain, not plain), value, style=None if plain else "'")


@lru_cache(maxsize=1)
def _dumper() -> Any:
    """Knows how single values are written; it writes nothing."""
    return _DUMPER(StringIO())
