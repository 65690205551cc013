"""What metric-hub files say, as written: None is unset, and every value knows its line."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct, field

from generator.diagnostics import Location

LOOKER = "looker"
"""The tool whose definitions lie over those for all, for what we generate."""

OPMON = "opmon"
"""The tool whose folder has the monitoring projects."""

Value_co = TypeVar("Value_co", covariant=True)


class Written(Struct, Generic[Value_co], frozen=True):
    """A value and the place where it stands."""

    value: Value_co
    at: Location


Text = Written[str]
Flag = Written[bool]
Texts = Written[tuple[str, ...]]
Lines = Mapping[tuple[str, ...], int]
"""The line of each key path of a file, where it is known."""


def place(path: str, lines: Lines, keys: tuple[str, ...]) -> Location:
    """The place of a key; of its nearest parent, if its own line is not known."""
    while keys and keys not in lines:
        keys = keys[:-1]
    return Location(path, lines.get(keys))


class Table(Struct, frozen=True):
    """Keys as they are written, for whoever knows what they mean, and their lines."""

    values: Mapping[str, object]
    path: str
    keys: tuple[str, ...]
    lines: Lines

    def at(self, *keys: str) -> Location:
        """The place of a key below it."""
        return place(self.path, self.lines, (*self.keys, *keys))


class StatisticSpec(Struct, frozen=True):
    """A statistic of a metric, with the parameters that it is given."""

    name: str
    at: Location
    parameters: Mapping[str, Written[object]] = field(default_factory=dict)


class MetricSpec(Struct, frozen=True):
    """`[metrics.<slug>]`; in a file that overrides, the slug may be a wildcard."""

    slug: str
    at: Location
    select_expression: Text | None = None
    data_source: Text | None = None
    type: Text | None = None
    friendly_name: Text | None = None
    description: Text | None = None
    category: Text | None = None
    owner: Texts | None = None
    deprecated: Flag | None = None
    level: Text | None = None
    bigger_is_better: Flag | None = None
    analysis_bases: Texts | None = None
    analysis_units: Texts | None = None
    depends_on: Texts | None = None
    statistics: Written[tuple[StatisticSpec, ...]] | None = None


class JoinSpec(Struct, frozen=True):
    """`joins.<slug>` of a data source."""

    slug: str
    at: Location
    relationship: Text | None = None
    on_expression: Text | None = None


class DataSourceSpec(Struct, frozen=True):
    """`[data_sources.<slug>]`; `joins` with no entries removes those of the file overridden."""

    slug: str
    at: Location
    from_expression: Text | None = None
    client_id_column: Text | None = None
    submission_date_column: Text | None = None
    build_id_column: Text | None = None
    experiments_column_type: Text | None = None
    default_dataset: Text | None = None
    friendly_name: Text | None = None
    description: Text | None = None
    joins: Written[tuple[JoinSpec, ...]] | None = None
    columns_as_dimensions: Flag | None = None
    analysis_units: Texts | None = None
    group_id_column: Text | None = None
    glean_client_id_column: Text | None = None
    legacy_client_id_column: Text | None = None


class SegmentSpec(Struct, frozen=True):
    """`[segments.<slug>]`; its data source is a segment source."""

    slug: str
    at: Location
    select_expression: Text | None = None
    data_source: Text | None = None
    friendly_name: Text | None = None
    description: Text | None = None


class SegmentSourceSpec(Struct, frozen=True):
    """`[segments.data_sources.<slug>]`."""

    slug: str
    at: Location
    from_expression: Text | None = None
    window_start: Written[int] | None = None
    window_end: Written[int] | None = None
    client_id_column: Text | None = None
    submission_date_column: Text | None = None
    default_dataset: Text | None = None
    group_id_column: Text | None = None
    glean_client_id_column: Text | None = None
    legacy_client_id_column: Text | None = None


class DimensionSpec(Struct, frozen=True):
    """`[dimensions.<slug>]`; the slug is in small letters."""

    slug: str
    at: Location
    data_source: Text | None = None
    select_expression: Text | None = None
    friendly_name: Text | None = None
    description: Text | None = None


Branches = tuple[tuple[str, str], ...]
"""A value for each branch, in the order of the file."""


class ParameterSpec(Struct, frozen=True):
    """`[parameters.<slug>]`; a value is one text, or one for each branch."""

    slug: str
    at: Location
    friendly_name: Text | None = None
    description: Text | None = None
    value: Written[str | Branches] | None = None
    default: Written[str | Branches] | None = None
    distinct_by_branch: Flag | None = None


class FunctionSpec(Struct, frozen=True):
    """`[functions.<slug>]` of functions.toml: SQL with the place `{select_expr}`."""

    slug: str
    at: Location
    definition: Text | None = None
    friendly_name: Text | None = None
    description: Text | None = None


class FileKind(StrEnum):
    """What a file is for; its folder says it."""

    DEFINITIONS = "definitions"
    DEFAULTS = "defaults"
    OUTCOME = "outcome"
    PROJECT = "project"
    FEATURES = "featmon"


class Definitions(Struct, frozen=True):
    """One file. `rest` holds what belongs to OpMon and Jetstream, as it is written.

    `lost` has table and slug of the entries that could not be read.
    """

    name: str
    kind: FileKind
    at: Location
    platform: str | None = None
    metrics: tuple[MetricSpec, ...] = ()
    data_sources: tuple[DataSourceSpec, ...] = ()
    segments: tuple[SegmentSpec, ...] = ()
    segment_sources: tuple[SegmentSourceSpec, ...] = ()
    dimensions: tuple[DimensionSpec, ...] = ()
    parameters: tuple[ParameterSpec, ...] = ()
    functions: tuple[FunctionSpec, ...] = ()
    alerts: Mapping[str, Table] = field(default_factory=dict)
    periods: Mapping[str, Texts] = field(default_factory=dict)
    rest: Table | None = None
    lost: frozenset[tuple[str, str]] = frozenset()


class Folder(Struct, frozen=True):
    """The files of a folder; `unread` names the platforms whose definitions cannot be read.

    `lacks` names the files of other kinds that cannot be.
    """

    path: str
    files: tuple[Definitions, ...] = ()
    unread: tuple[str, ...] = ()
    lacks: tuple[tuple[FileKind, str], ...] = ()

    def of(self, kind: FileKind) -> tuple[Definitions, ...]:
        """The files of a kind, by name."""
        return tuple(file for file in self.files if file.kind is kind)


class Collection(Struct, frozen=True):
    """One repository: its own files, and a folder for each tool that has one.

    `mentioned` are the data sources that the files of any tool name, were they not read otherwise.
    """

    origin: str
    root: Folder
    tools: Mapping[str, Folder] = field(default_factory=dict)
    is_private: bool = False
    mentioned: tuple[str, ...] = ()
