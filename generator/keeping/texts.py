"""Fields as text and back: what is remembered of a field is its LookML."""

import re
from collections.abc import Iterator

from generator import lookml
from generator.checks.tree_objects import document_of
from generator.keeping.lost import Kept
from generator.lookml.reader import MalformedError, read
from generator.lookml.syntax import print_block

_LINES = re.compile(
    r"^view: (\S+) \{$|^  (dimension|dimension_group|measure): (\S+) \{$"
    r"|^    (?:timeframes|intervals): \[(.+)\]$"
    r'|^ +\w+: "(?:[^"\\\n]|\\.)*$',  # a text of several lines, which may look like anything
    re.MULTILINE,
)


def views_of(text: str) -> Iterator[lookml.View]:
    """The views of a file of ours; none if it cannot be read."""
    try:
        yield from document_of(read(text)).views
    except (MalformedError, TypeError, RecursionError):
        return


def named_in(text: str) -> Iterator[tuple[str, str]]:
    r"""The names of fields in a file as we print it, each with its view, at a glance.

    Nothing is certain of a file with texts of several lines: it has a field without a name.

    >>> list(named_in('view: v {\n  dimension_group: at {\n    timeframes: [date, week]\n  }\n}'))
    [('v', 'at_date'), ('v', 'at_week')]
    """
    view = group = ""
    for begins, kind, name, parts in _LINES.findall(text):
        if begins:
            view = begins
        elif kind == lookml.DimensionGroup.keyword:
            group = name
        elif kind:
            yield view, name
        elif not parts:
            yield "", ""
        else:
            yield from ((view, f"{group}_{part}") for part in parts.split(", "))


def text_of(field: Kept) -> str:
    """The LookML of a field."""
    return print_block(field)


def field_of(text: str) -> Kept | None:
    """The field that a text is; None if it is not exactly one, as we would write it."""
    views = tuple(views_of(f"view: v {{\n{text}\n}}"))
    fields = kept_fields(views[0]) if len(views) == 1 else ()
    try:
        return fields[0] if len(fields) == 1 and text_of(fields[0]) == text else None
    except ValueError:  # a word that is none
        return None


def kept_fields(view: lookml.View) -> tuple[Kept, ...]:
    """The fields of a view of those kinds that are kept."""
    return (*view.dimensions, *view.dimension_groups, *view.measures)
