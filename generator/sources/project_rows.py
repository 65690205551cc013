"""Reads rows of the projects table: JSON, as the warehouse gives them out."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from generator.diagnostics import Diagnostic, Location, diagnostic, nearest
from generator.facts.catalog import RelationName
from generator.facts.monitoring import ProjectRow, SummaryRow
from generator.sources.json_records import bad_record, day, read_each, shaped, slug_of

ROWS = "rows"
"""What is unread if the file is."""

_COLUMN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_X_AXES = ("submission_date", "build_id")
_UNREAD_KEYS = frozenset({"dimension_values"})
"""What may stand in a row and is asked of the statistics instead."""


class _Summary(msgspec.Struct):
    metric: str
    statistic: str
    metric_groups: list[str] | None = None


class _Row(msgspec.Struct):
    """A row as written: what has no value is null or missing."""

    slug: str
    name: str | None = None
    xaxis: str | None = None
    branches: list[str] | None = None
    dimensions: list[str] | None = None
    summaries: list[_Summary] | None = None
    start_date: str | None = None
    end_date: str | None = None
    group_by_dimension: str | None = None
    alerting: bool | None = None
    compact_visualization: bool | None = None
    statistics_table: str | None = None
    alerts_table: str | None = None


def read_rows(path: Path) -> Iterator[ProjectRow | str | Diagnostic]:
    """The rows in their order; texts name what could not be read, as in `Monitoring`."""
    return read_each(path, ROWS, lambda _: _row)


def _row(record: object, at: Location) -> Iterator[ProjectRow | Diagnostic]:
    if not isinstance(record, dict) or slug_of(record) is None:
        raise bad_record(record, at, "it has no `slug`")
    known = _Row.__struct_fields__
    for key in record:
        if key not in known and key not in _UNREAD_KEYS:
            yield diagnostic("ignored-key", at, key=key, nearest=nearest(str(key), known))
    row = shaped(record, _Row, at)
    try:
        yield _checked(row, at)
    except ValueError as error:
        raise bad_record(record, at, str(error)) from None


def _checked(row: _Row, at: Location) -> ProjectRow:
    """The row. Raises ValueError if a value of it means nothing."""
    if row.xaxis and row.xaxis not in _X_AXES:
        raise ValueError(f"`xaxis` is neither `{_X_AXES[0]}` nor `{_X_AXES[1]}`")
    odd = next((name for name in row.dimensions or () if not _COLUMN.fullmatch(name)), None)
    if odd is not None:
        raise ValueError(f"its dimension `{odd[:40]}` cannot be a column")
    return ProjectRow(
        row.slug,
        at,
        row.name or None,
        row.xaxis or _X_AXES[0],
        tuple(dict.fromkeys(row.branches or ())),
        tuple(dict.fromkeys(row.dimensions or ())),
        tuple(dict.fromkeys(map(_summary, row.summaries or ()))),
        day(row.start_date),
        day(row.end_date),
        row.group_by_dimension or None,
        alerting=bool(row.alerting),
        compact=bool(row.compact_visualization),
        statistics_table=_table(row.statistics_table),
        alerts_table=_table(row.alerts_table),
    )


def _summary(written: _Summary) -> SummaryRow:
    groups = tuple(dict.fromkeys(written.metric_groups or ()))
    return SummaryRow(written.metric, written.statistic, groups)


def _table(text: str | None) -> RelationName | None:
    if not text:
        return None
    try:
        name = RelationName.parse(text)
    except ValueError as error:
        raise ValueError(f"`{text[:80]}` is no table: {error}") from None
    if name.is_pattern:
        raise ValueError(f"`{text[:80]}` is no table: it has a `*`")
    return name
