"""Reads one metric-hub file: each entry by a table of its keys, each key with its place."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, nearest, split
from generator.facts.metric_hub import (
    Branches,
    DataSourceSpec,
    Definitions,
    DimensionSpec,
    FileKind,
    FunctionSpec,
    JoinSpec,
    MetricSpec,
    ParameterSpec,
    SegmentSourceSpec,
    SegmentSpec,
    StatisticSpec,
    Table,
    Texts,
    Written,
)
from generator.sources.toml import Toml

Made = TypeVar("Made")
Readers: TypeAlias = Mapping[str, Callable[[Toml], Any]]
Entry: TypeAlias = Callable[[str, Toml], Iterator[Any]]

PERIODS = frozenset(
    {"daily", "weekly", "28_day", "overall", "preenrollment_weekly", "preenrollment_days28"}
)
"""The lists of metrics that stand among the metrics of an experiment."""

_NEVER_SLUGS = frozenset({"days28", "definitions"})
_OTHERS = frozenset(
    {"project", "population", "experiment", "friendly_name", "description", "default_metrics"}
)
_CLASSIC = frozenset(
    {
        "analysis",
        "slug",
        "name",
        "channel",
        "branches",
        "boolean_pref",
        "xaxis",
        "start_date",
        "probes",
    }
)
"""What a project has at the top if it has an `analysis`."""

_TABLES = frozenset(
    {"metrics", "data_sources", "segments", "dimensions", "parameters", "alerts", "functions"}
)

ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("segments", "window_start"): "a window belongs to the data source of the segment",
    ("segments", "window_end"): "a window belongs to the data source of the segment",
    ("metrics", "name"): "the name is the slug; for people it is the `friendly_name`",
    ("metrics", "window_start"): "a window belongs to a segment's data source",
    ("metrics", "exposure_basis"): "did you mean `analysis_bases`?",
    ("data_sources", "deprecated"): "only a metric can be deprecated",
}
"""Where a key belongs that people like to put in the wrong place."""


def read_entries(file: Toml, kind: FileKind, platform: str | None) -> Iterator[Any]:
    """The file as a `Definitions`, and what is wrong with entries that are left out.

    Raises Fault if nothing of it can be used.
    """
    tables: dict[str, Toml] = {}
    rest: dict[str, object] = {}
    others = _others(file, kind)
    for key, value in file.entries():
        if key in _TABLES:
            tables[key] = value
        elif key in others:
            rest[key] = value.value
        else:
            known = _TABLES if kind is FileKind.DEFINITIONS else _TABLES | _OTHERS
            yield _unknown(value, key, known)
    parts: dict[str, tuple[Any, ...]] = {}
    lost: set[tuple[str, str]] = set()
    for name, (table, entry) in _PARTS.items():
        parts[name], noticed = split(_each(table(tables), entry, name, lost))
        yield from noticed
    alerts, noticed = split(_each(_entries("alerts")(tables), _alert, "alerts", lost))
    yield from noticed
    periods, noticed = split(_periods(tables.get("metrics")))
    yield from noticed
    yield Definitions(
        file.source.name,
        kind,
        file.at,
        platform,
        alerts=dict(alerts),
        periods=dict(periods),
        rest=Table(rest, file.source.path, (), file.source.lines) if rest else None,
        lost=frozenset(lost),
        **parts,
    )


def _others(file: Toml, kind: FileKind) -> frozenset[str]:
    """The keys of a file beside those of definitions."""
    if kind is FileKind.DEFINITIONS:
        return frozenset()
    is_classic = kind is FileKind.PROJECT and "analysis" in dict(file.entries())
    return _OTHERS | PERIODS | _CLASSIC if is_classic else _OTHERS | PERIODS


def _each(
    table: Iterator[tuple[str, Toml]], entry: Entry, name: str, lost: set[tuple[str, str]]
) -> Iterator[Any]:
    """What `entry` makes of each; a fault costs that one only, which is then among the lost."""
    try:
        for slug, value in table:
            try:
                yield from entry(slug, value)
            except Fault as found:
                lost.add((name, slug))
                yield found.diagnostic
    except Fault as found:  # the table itself is none
        lost.add((name, "*"))
        yield found.diagnostic


def _entries(name: str) -> Callable[[Mapping[str, Toml]], Iterator[tuple[str, Toml]]]:
    return lambda tables: tables[name].entries() if name in tables else iter(())


def _metrics(tables: Mapping[str, Toml]) -> Iterator[tuple[str, Toml]]:
    entries = _entries("metrics")(tables)
    return ((slug, value) for slug, value in entries if slug not in PERIODS)


def _segments(tables: Mapping[str, Toml]) -> Iterator[tuple[str, Toml]]:
    entries = _entries("segments")(tables)
    return ((slug, value) for slug, value in entries if slug != "data_sources")


def _segment_sources(tables: Mapping[str, Toml]) -> Iterator[tuple[str, Toml]]:
    for slug, value in _entries("segments")(tables):
        if slug == "data_sources":
            yield from value.entries()


def _periods(metrics: Toml | None) -> Iterator[tuple[str, Texts] | Diagnostic]:
    """The lists among the metrics."""
    if metrics is None or not isinstance(metrics.value, dict):
        return
    for key, value in metrics.entries():
        if key in PERIODS:
            try:
                yield key, Written(value.texts(), value.at)
            except Fault as found:
                yield found.diagnostic


def _alert(slug: str, entry: Toml) -> Iterator[tuple[str, Table]]:
    yield slug.lower(), entry.table()


def _unknown(value: Toml, key: str, known: Mapping[str, object] | frozenset[str]) -> Diagnostic:
    hint = ELSEWHERE.get((value.keys[0], key)) or nearest(key, known)
    subject = ".".join((value.source.name, *value.keys[:2]))
    return diagnostic("unknown-key", value.at, subject, key=key, nearest=hint)


def _keys(entry: Toml, readers: Readers) -> Iterator[tuple[str, Written[Any]] | Diagnostic]:
    """The keys that are known, in small letters; an unknown one costs itself only."""
    lines: dict[str, int | None] = {}
    for name, value in entry.entries():
        key = name.lower()
        if key in lines:
            first = lines[key]
            raise fault("duplicate-key", value.at, entry.subject, key=key, first=first)
        lines[key] = value.at.line
        if key in readers:
            yield key, Written(readers[key](value), value.at)
        else:
            yield _unknown(value, key, readers)


def _entry(make: Callable[..., Made], readers: Readers, *, small: bool = False) -> Entry:
    """A reader of entries with these keys; `small` ones have slugs in small letters."""

    def read(slug: str, entry: Toml) -> Iterator[Made | Diagnostic]:
        keys, noticed = split(_keys(entry, readers))
        yield from noticed
        yield make(slug.lower() if small else slug, entry.at, **dict(keys))

    return read


def _strict(entry: Toml, readers: Readers) -> dict[str, Written[Any]]:
    """The keys of a table within an entry. Raises Fault for an unknown one: its loss would tell."""
    keys, noticed = split(_keys(entry, readers))
    if noticed:
        raise Fault(noticed[0])
    return dict(keys)


def _owners(value: Toml) -> tuple[str, ...]:
    return (value.text(),) if isinstance(value.value, str) else value.texts()


def _statistics(value: Toml) -> tuple[StatisticSpec, ...]:
    return tuple(
        StatisticSpec(name, table.at, {key: Written(v.value, v.at) for key, v in table.entries()})
        for name, table in value.entries()
    )


def _joins(value: Toml) -> tuple[JoinSpec, ...]:
    readers = {"relationship": Toml.text, "on_expression": Toml.text}
    return tuple(
        JoinSpec(slug, join.at, **_strict(join, readers)) for slug, join in value.entries()
    )


def _value(value: Toml) -> str | Branches:
    if isinstance(value.value, dict):
        return tuple((branch, text.text()) for branch, text in value.entries())
    return value.text()


def _texts(*names: str) -> dict[str, Callable[[Toml], Any]]:
    return dict.fromkeys(names, Toml.text)


_LABELS = _texts("friendly_name", "description")
_SOURCE = _texts(
    "from_expression",
    "client_id_column",
    "submission_date_column",
    "default_dataset",
    "group_id_column",
    "glean_client_id_column",
    "legacy_client_id_column",
)
_SELECTED = _LABELS | _texts("select_expression", "data_source")
_METRIC: Readers = {
    **_SELECTED,
    **_texts("type", "category", "level"),
    "owner": _owners,
    "deprecated": Toml.flag,
    "bigger_is_better": Toml.flag,
    "analysis_bases": Toml.texts,
    "analysis_units": Toml.texts,
    "depends_on": Toml.texts,
    "statistics": _statistics,
}
_DATA_SOURCE: Readers = {
    **_SOURCE,
    **_LABELS,
    **_texts("build_id_column", "experiments_column_type"),
    "joins": _joins,
    "columns_as_dimensions": Toml.flag,
    "analysis_units": Toml.texts,
}
_SEGMENT_SOURCE: Readers = {**_SOURCE, "window_start": Toml.number, "window_end": Toml.number}
_PARAMETER: Readers = {
    **_LABELS,
    "value": _value,
    "default": _value,
    "distinct_by_branch": Toml.flag,
}


def _metric(slug: str, entry: Toml) -> Iterator[Any]:
    if slug in _NEVER_SLUGS:
        raise fault("bad-slug", entry.at, entry.subject, slug=slug, what="a metric")
    yield from _entry(MetricSpec, _METRIC)(slug, entry)


_PARTS: Mapping[str, tuple[Callable[[Mapping[str, Toml]], Iterator[tuple[str, Toml]]], Entry]] = {
    "metrics": (_metrics, _metric),
    "data_sources": (_entries("data_sources"), _entry(DataSourceSpec, _DATA_SOURCE)),
    "segments": (_segments, _entry(SegmentSpec, _SELECTED)),
    "segment_sources": (_segment_sources, _entry(SegmentSourceSpec, _SEGMENT_SOURCE)),
    "dimensions": (_entries("dimensions"), _entry(DimensionSpec, _SELECTED, small=True)),
    "parameters": (_entries("parameters"), _entry(ParameterSpec, _PARAMETER)),
    "functions": (
        _entries("functions"),
        _entry(FunctionSpec, _LABELS | _texts("definition")),
    ),
}
"""The field of `Definitions`, where its entries stand, and how one is read."""
