"""What is gone of a field: all of it, some of its timeframes, or nothing."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from generator import lookml
from generator.names import title

Kept = lookml.Dimension | lookml.DimensionGroup | lookml.Measure
"""The kinds of fields that are kept. Filters and parameters are for what is asked now."""

_TYPES = {"date": "date", "time": "date_time"}
"""The types of dimensions that show a time so; those of the others are `date_` and the timeframe.

https://cloud.google.com/looker/docs/reference/param-dimension-filter-parameter-types
"""


class Taken(Struct, frozen=True):
    """The names that the fields of a view have, and those of its groups."""

    names: frozenset[str]
    groups: frozenset[str]

    @classmethod
    def of(cls, view: lookml.View) -> "Taken":
        """The names in a view."""
        return cls(frozenset(view.names()), frozenset(one.name for one in view.dimension_groups))


def lost(old: Kept, taken: Taken) -> Iterator[Kept]:
    """What a view lacks of a field that it once had.

    A name that another field has by now is not free for what had it before.
    """
    if not isinstance(old, lookml.DimensionGroup):
        yield from () if old.name in taken.names else (old,)
        return
    timeframes = tuple(one for one in old.timeframes if f"{old.name}_{one}" not in taken.names)
    intervals = tuple(one for one in old.intervals if f"{old.name}_{one}" not in taken.names)
    if old.name in taken.groups:
        yield from (_alone(old, one) for one in timeframes)
        yield from (_interval(old, one) for one in intervals)
    elif timeframes or intervals:
        yield replace(old, timeframes=timeframes, intervals=intervals)


def _alone(group: lookml.DimensionGroup, timeframe: str) -> lookml.Dimension:
    """A timeframe of a group as a dimension, for no view has two groups of one name."""
    return lookml.Dimension(
        f"{group.name}_{timeframe}",
        type=_TYPES.get(timeframe, f"date_{timeframe}"),
        label=f"{group.label or title(group.name)} {title(timeframe)}",
        view_label=group.view_label,
        group_label=group.group_label,
        convert_tz=group.convert_tz,
        datatype=group.datatype,
        sql=group.sql,
        required_access_grants=group.required_access_grants,
        tags=group.tags,
    )


def _interval(group: lookml.DimensionGroup, interval: str) -> lookml.Dimension:
    """An interval of a group, which cannot be without it: a dimension has no start and end."""
    return lookml.Dimension(f"{group.name}_{interval}", type=f"duration_{interval}")
