"""Alerts of monitoring projects: what makes one, over which statistics."""

from enum import StrEnum

from msgspec import Struct

from generator.diagnostics import Location


class AlertKind(StrEnum):
    """What makes an alert."""

    CI_OVERLAP = "ci_overlap"
    THRESHOLD = "threshold"
    AVG_DIFF = "avg_diff"


class Alert(Struct, frozen=True):
    """An alert. `statistics` and `parameters`, where said, are alternatives; limits go with those.

    A limit for each parameter; without parameters there is one limit for all.
    """

    slug: str
    kind: AlertKind
    at: Location
    metrics: tuple[str, ...]
    statistics: tuple[str, ...] = ()
    parameters: tuple[float, ...] = ()
    min: tuple[float, ...] = ()
    max: tuple[float, ...] = ()
    window_size: int | None = None
    max_relative_change: float | None = None
    label: str = ""
    description: str | None = None
