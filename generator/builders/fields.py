"""Dimensions of the semantic model become fields of LookML."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from generator import lookml
from generator.diagnostics import Diagnostic, Location, diagnostic, split
from generator.facts.catalog import DataType
from generator.facts.conventions import Conventions
from generator.names import time_stem, title
from generator.semantics import model
from generator.sql import dotted

_DATES = ("raw", "date", "week", "month", "quarter", "year")
_TIMES = ("raw", "time", "date", "week", "month", "quarter", "year")
_SUGGESTIONS_LAST = "24 hours"
PARTITION_TAG = "time_partitioning_field"
"""The tag by which explores find the dimension group that every query should filter on."""


class Form(Struct, frozen=True):
    """How a warehouse type looks in LookML. A type without a form is a hidden dimension."""

    type: str
    timeframes: tuple[str, ...] = ()
    datatype: str | None = None
    convert_tz: bool | None = None


FORMS: Mapping[DataType, Form] = {
    DataType.STRING: Form("string"),
    DataType.BYTES: Form("string"),
    DataType.INT64: Form("number"),
    DataType.FLOAT64: Form("number"),
    DataType.NUMERIC: Form("number"),
    DataType.BIGNUMERIC: Form("number"),
    DataType.BOOL: Form("yesno"),
    DataType.TIME: Form("string"),
    DataType.DATE: Form("time", _DATES, datatype="date", convert_tz=False),
    DataType.DATETIME: Form("time", _TIMES, datatype="datetime", convert_tz=False),
    DataType.TIMESTAMP: Form("time", _TIMES),
}


class Fields(Struct, frozen=True):
    """The fields of a view, dimensions before groups, each in the order of the model."""

    dimensions: tuple[lookml.Dimension, ...]
    groups: tuple[lookml.DimensionGroup, ...]

    def names(self) -> frozenset[str]:
        """Every name that a query or another field may use, timeframes written out."""
        fields: tuple[lookml.Field, ...] = (*self.dimensions, *self.groups)
        return frozenset(name for field in fields for name in lookml.field_names(field))


def fields_of(
    dimensions: Sequence[model.Dimension],
    conventions: Conventions,
    at: Location,
    subject: str,
    *,
    partition: tuple[str, ...] | None = None,
) -> tuple[Fields, tuple[Diagnostic, ...]]:
    """The fields of a view; no two have one name, and no two visible ones one label in a group."""
    times, plain = _parted(dimensions)
    made = [_dimension(dimension, conventions) for dimension in plain]
    taken = {dimension.name for dimension in made}
    groups, noticed = split(_groups(times, taken, partition, at, subject))
    # without timeframes Looker makes all of them, and all of them are dimensions here
    told = tuple(group for group in groups if group.timeframes)
    return Fields(tuple(_told_apart(made, plain)), told), noticed


def _parted(
    dimensions: Iterable[model.Dimension],
) -> tuple[list[model.Dimension], list[model.Dimension]]:
    """The dimensions that become groups, and the others."""
    times: list[model.Dimension] = []
    plain: list[model.Dimension] = []
    for dimension in dimensions:
        form = None if dimension.repeated else FORMS.get(dimension.type)
        (times if form and form.timeframes else plain).append(dimension)
    return times, plain


def _dimension(dimension: model.Dimension, conventions: Conventions) -> lookml.Dimension:
    form = None if dimension.repeated else FORMS.get(dimension.type)
    sql = sql_of(dimension)
    if dimension.type is DataType.JSON and conventions.json == "text" and not dimension.repeated:
        form, sql = FORMS[DataType.STRING], f"TO_JSON_STRING({sql})"
    hidden = dimension.hidden or form is None
    shown_group = None if hidden else dimension.group
    suggests = form is not None and form.type == "string" and not hidden
    return lookml.Dimension(
        name=dimension.name,
        hidden=hidden or None,
        type=form.type if form else None,
        label=_own_label(dimension),
        group_label=shown_group,
        group_item_label=dimension.label if shown_group else None,
        description=dimension.description,
        sql=sql,
        map_layer_name=dimension.map_layer,
        suggest_persist_for=_SUGGESTIONS_LAST if suggests else None,
    )


def sql_of(dimension: model.Dimension) -> str:
    """The column, as its view sees it."""
    return f"${{TABLE}}.{dotted(dimension.path)}" if dimension.path else "${TABLE}"


def _own_label(dimension: model.Dimension) -> str | None:
    """A label where the name, which Looker would show, had to differ from the column's."""
    if dimension.group or dimension.path in ((), (dimension.name,)):
        return None
    return dimension.label if title(dimension.name) != dimension.label else None


def _told_apart(
    made: Iterable[lookml.Dimension], plain: Iterable[model.Dimension]
) -> Iterator[lookml.Dimension]:
    """Visible dimensions that would read alike carry their column's path in the label."""
    pairs = list(zip(made, plain, strict=True))
    seen = Counter(_shown(field) for field, _ in pairs if not field.hidden)
    for field, dimension in pairs:
        if field.hidden or seen[_shown(field)] == 1:
            yield field
            continue
        label = f"{_shown(field)[1]} ({'.'.join(dimension.path)})"
        if field.group_item_label:
            yield replace(field, group_item_label=label)
        else:
            yield replace(field, label=label)


def _shown(field: lookml.Dimension) -> tuple[str | None, str]:
    """Group and label, as the field picker shows them."""
    return field.group_label, field.group_item_label or field.label or title(field.name)


def _groups(
    times: Iterable[model.Dimension],
    taken: set[str],
    partition: tuple[str, ...] | None,
    at: Location,
    subject: str,
) -> Iterator[lookml.DimensionGroup | Diagnostic]:
    """A group for each date or time, without the timeframes whose names are taken."""
    by_stem: dict[str, list[model.Dimension]] = {}
    for dimension in times:
        by_stem.setdefault(time_stem(dimension.name), []).append(dimension)
    alone = {stem for stem, same in by_stem.items() if len(same) == 1 or _is_one_time(stem)}
    names = set(alone)
    for stem, same in by_stem.items():
        if stem in alone:
            # `submission_timestamp` and `submission_date` say one thing; the last says it best,
            # but a query of a partitioned table has to name the column that cuts it
            cut = next((dimension for dimension in same if dimension.path == partition), same[-1])
            yield _group(stem, cut, taken, partition)
            continue
        for dimension in same:
            name = free_name(dimension.name, names)
            names.add(name)
            values = {"name": stem, "column": ".".join(dimension.path), "other": name}
            yield diagnostic("clashing-times", at, subject, **values)
            yield _group(name, dimension, taken, partition)


def _is_one_time(stem: str) -> bool:
    return stem == "submission" or stem.endswith(("end", "start"))


def _group(
    name: str,
    dimension: model.Dimension,
    taken: set[str],
    partition: tuple[str, ...] | None,
) -> lookml.DimensionGroup:
    form = FORMS[dimension.type]
    return lookml.DimensionGroup(
        name=name,
        hidden=dimension.hidden or None,
        type=form.type,
        label=f"{dimension.group}: {dimension.label}" if dimension.group else None,
        description=dimension.description,
        timeframes=tuple(t for t in form.timeframes if f"{name}_{t}" not in taken),
        convert_tz=form.convert_tz,
        datatype=form.datatype,
        sql=sql_of(dimension),
        tags=(PARTITION_TAG,) if dimension.path == partition else (),
    )


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """The name, or the first numbered one that no field has."""
    names = set(taken)
    candidates = (wanted, *(f"{wanted}_{number}" for number in range(2, len(names) + 3)))
    return next(name for name in candidates if name not in names)
