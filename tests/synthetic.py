"""Invented catalogs of any size, as wide and as deep as those of a real hub.

The numbers are deciles and shares, measured over the 2,723 published schemas of one: no name and no
text is taken from there. The same size gives the same catalog.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

WIDTHS = (1, 5, 11, 15, 28, 65, 104, 128, 137, 176, 253)
"""Columns of a table with all fields of its records, at each tenth; the last is at 95 of 100."""
WIDE = 3080
"""The width at 99 of 100."""
TOPS = (1, 5, 8, 12, 14, 18, 18, 18, 19, 28, 49)
"""Those of them that are in no record."""
DEPTHS = (0.101, 0.113, 0.374, 0.274, 0.124, 0.014)
"""The share of fields in no record, in one, in one within one."""
TYPES = {"STRING": 0.38, "INTEGER": 0.35, "RECORD": 0.19, "FLOAT": 0.03, "BOOLEAN": 0.02}
TIMES = {"TIMESTAMP": 0.02, "JSON": 0.01}
REPEATED = 0.115
DESCRIBED = 0.52
DESCRIPTION = 109
"""Characters of a description, by the median."""
VIEWS = 0.5
"""The share of relations that are views, each of another relation."""
NAMESPACES = (1, 1, 2, 2, 3, 4, 6, 8, 12, 30, 201)
"""Views of a namespace, at each tenth."""

_KINDS = {**TYPES, **TIMES}
_WORDS = "A number of the thing that was seen on the day by whoever looked at it then. "


def write_catalog(path: Path, tables: int) -> None:
    """The relations, one a line."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(tables):
            file.write(json.dumps(relation(number)) + "\n")


def relation(number: int) -> dict[str, Any]:
    """A relation; one that is a view is of the one before it."""
    dice = Random(number)  # noqa: S311 - no secret
    is_view = number > 0 and dice.random() < VIEWS
    place = dice.random()
    width = WIDE if place > 0.99 else _at(WIDTHS, place)
    row: dict[str, Any] = {"table": name(number), "kind": "VIEW" if is_view else "TABLE"}
    if is_view:
        row["references"] = [name(number - 1)]
    else:
        row["partitioning"] = {"kind": "time", "type": "day", "field": "submission_date"}
    return {**row, "fields": list(_fields(dice, width, _at(TOPS, place)))}


def name(number: int) -> str:
    """The name of a relation."""
    return f"acme.lake_{number // 500}.table_{number}"


def _at(deciles: tuple[int, ...], place: float) -> int:
    """The value at a place between 0 and 1."""
    return deciles[min(int(place * 10), len(deciles) - 1)]


def _fields(dice: Random, width: int, top: int) -> Iterator[dict[str, Any]]:
    """So many fields, each in a record of the depth that it drew."""
    yield {"name": "submission_date", "type": "DATE"}
    yield {"name": "document_id", "type": "STRING", "mode": "REQUIRED"}
    roots: list[dict[str, Any]] = []
    records: list[list[dict[str, Any]]] = [[] for _ in DEPTHS]
    for number in range(width):
        (depth,) = dice.choices(range(len(DEPTHS)), DEPTHS) if number >= top else (0,)
        while depth and not records[depth - 1]:
            depth -= 1
        field = _field(dice, number, deepest=depth == len(DEPTHS) - 1)
        (dice.choice(records[depth - 1])["fields"] if depth else roots).append(field)
        if field["type"] == "RECORD":
            records[depth].append(field)
    yield from roots


def _field(dice: Random, number: int, *, deepest: bool) -> dict[str, Any]:
    (kind,) = dice.choices(tuple(_KINDS), tuple(_KINDS.values()))
    kind = "STRING" if deepest and kind == "RECORD" else kind
    field: dict[str, Any] = {"name": f"column_{number}", "type": kind}
    if dice.random() < REPEATED:
        field["mode"] = "REPEATED"
    if dice.random() < DESCRIBED:
        field["description"] = (_WORDS * 2)[: int(DESCRIPTION * dice.uniform(0.4, 1.4))]
    if kind == "RECORD":
        field["fields"] = [{"name": "key", "type": "STRING"}]
    return field


def namespaces(tables: int) -> Mapping[str, Any]:
    """A view and an explore of each relation, in namespaces of all sizes."""
    dice = Random(tables)  # noqa: S311 - no secret
    spaces: dict[str, Any] = {}
    start = 0
    for number in count():
        if start >= tables:
            return spaces
        end = min(tables, start + _at(NAMESPACES, dice.random() * 1.1))
        spaces[f"space_{number}"] = _namespace(range(start, end))
        start = end
    raise AssertionError(start)


def _namespace(numbers: range) -> dict[str, Any]:
    return {
        "views": {f"v{n}": {"type": "table_view", "tables": [{"table": name(n)}]} for n in numbers},
        "explores": {
            f"v{n}": {"type": "table_explore", "views": {"base_view": f"v{n}"}} for n in numbers
        },
    }
