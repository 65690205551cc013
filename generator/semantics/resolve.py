"""One metric-hub entry from what is written: defaults, choices, labels, templates.

Each function yields the entry, and what it noticed; it raises Fault if the entry cannot be made.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, diagnostic, fault, nearest, split
from generator.facts.metric_hub import (
    DataSourceSpec,
    DimensionSpec,
    MetricSpec,
    SegmentSourceSpec,
    SegmentSpec,
    Text,
)
from generator.semantics.definitions import (
    DataSource,
    Dimension,
    Join,
    Level,
    Metric,
    MetricType,
    Relationship,
    Segment,
    SegmentSource,
    Statistic,
)
from generator.semantics.statistics import resolve_statistics
from generator.semantics.templating import (
    Templates,
    fill_dataset,
    is_about_experiment,
    placeholders,
)
from generator.semantics.values import (
    choice,
    column,
    experiments_column,
    labels,
    places_of,
    required,
    value_or,
    words,
)

UNITS = ("client_id", "profile_group_id")
"""What may be analysed: the client, or the group of profiles it belongs to."""

_BASES = ("enrollments", "exposures")
_BOTH_UNITS = frozenset({"firefox_desktop"})
"""Platforms whose data sources have both units unless they say otherwise."""

_NUMBERS = frozenset({"ratio", "dau_proportion"})


class Scope(Struct, frozen=True):
    """Where entries are resolved: platform, tool, and the sources that stand or are lost."""

    platform: str
    tool: str | None
    templates: Templates
    sources: Mapping[str, Any] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def upon(self, sources: Iterable[Any], lost: frozenset[str]) -> "Scope":
        """The same, with these data sources."""
        return replace(self, sources={source.slug: source for source in sources}, lost=lost)

    def find(self, written: Text, subject: str) -> str:
        """The slug of a data source that stands. Raises Fault if it does not."""
        slug = written.value
        if slug in self.lost:
            raise fault("lost-reference", written.at, subject, what="the data source", name=slug)
        if slug not in self.sources:
            raise fault(
                "unknown-reference",
                written.at,
                subject,
                platform=self.platform,
                what="data source",
                name=slug,
                nearest=nearest(slug, self.sources),
            )
        return slug


def data_source(spec: DataSourceSpec, scope: Scope) -> Iterator[DataSource | Diagnostic]:
    """A data source; that its joins lead to one is seen later."""
    subject = f"{scope.platform}.data_sources.{spec.slug}"
    written = required(spec.from_expression, "from_expression", spec.at, subject)
    _check_template(spec, written, scope, subject)
    both = scope.platform in _BOTH_UNITS
    source = DataSource(
        spec.slug,
        scope.platform,
        spec.at,
        from_expression=written.value.strip(),
        client_id=column(spec.client_id_column, "client_id"),
        submission_date=column(spec.submission_date_column, "submission_date"),
        build_id=value_or(spec.build_id_column, "SAFE.SUBSTR(application.build_id, 0, 8)"),
        experiments_column_type=experiments_column(spec.experiments_column_type, subject),
        default_dataset=value_or(spec.default_dataset, None),
        **labels(spec),
        joins=tuple(_joins(spec, subject)),
        columns_as_dimensions=value_or(spec.columns_as_dimensions, default=False),
        analysis_units=words(spec.analysis_units, "analysis_units", UNITS, subject)
        or (UNITS if both else UNITS[:1]),
        group_id=value_or(spec.group_id_column, "profile_group_id"),
        glean_client_id=value_or(spec.glean_client_id_column, None),
        legacy_client_id=value_or(spec.legacy_client_id_column, None),
        places=places_of(spec),
    )
    kept = source.effective_joins
    for join in source.joins:
        if join not in kept:
            yield diagnostic("skipped-join", join.at, subject, name=join.source)
    yield source


def _check_template(spec: DataSourceSpec, text: Text, scope: Scope, subject: str) -> None:
    """Raises Fault for places that nothing fills."""
    if is_about_experiment(text.value):
        if scope.tool != "jetstream":
            reason = "there is no `experiment` outside of Jetstream"
            hint = "move it to the folder `jetstream`"
            raise fault(
                "bad-template",
                text.at,
                subject,
                key="from_expression",
                reason=reason,
                nearest=hint,
            )
        return  # its braces are filled in with the experiment
    pieces = placeholders(text, subject, {"dataset"})
    if spec.default_dataset is None and any(name for _, name in pieces):
        raise fault("no-default-dataset", text.at, subject)
    if spec.default_dataset is not None:
        fill_dataset(text, spec.default_dataset.value, subject)


def _joins(spec: DataSourceSpec, subject: str) -> Iterator[Join]:
    for join in spec.joins.value if spec.joins else ():
        relationship = choice(Relationship, join.relationship, "relationship", subject)
        condition = (value_or(join.on_expression, "") or "").strip()
        at = join.on_expression.at if join.on_expression else None
        yield Join(join.slug, join.at, relationship, condition or None, at)


def metric(spec: MetricSpec, scope: Scope) -> Iterator[Metric | Diagnostic]:
    """A metric; that what it depends on is there is seen later."""
    subject = f"{scope.platform}.metrics.{spec.slug}"
    specs = spec.statistics.value if spec.statistics else ()
    statistics, noticed = split(resolve_statistics(specs, scope.tool, subject))
    yield from noticed
    made = Metric(
        spec.slug,
        scope.platform,
        spec.at,
        type=choice(MetricType, spec.type, "type", subject) or MetricType.SCALAR,
        **labels(spec),
        category=value_or(spec.category, None),
        owners=value_or(spec.owner, ()),
        deprecated=value_or(spec.deprecated, default=False),
        level=choice(Level, spec.level, "level", subject),
        bigger_is_better=value_or(spec.bigger_is_better, default=True),
        analysis_bases=words(spec.analysis_bases, "analysis_bases", _BASES, subject) or _BASES,
        analysis_units=words(spec.analysis_units, "analysis_units", UNITS, subject),
        depends_on=value_or(spec.depends_on, ()),
        statistics=statistics,
        places=places_of(spec),
    )
    if spec.select_expression and spec.data_source:
        source = scope.find(spec.data_source, subject)
        _check_units(spec, scope.sources[source], subject)
        expression = scope.templates.fill(spec.select_expression, subject).strip()
        yield replace(made, data_source=source, expression=expression)
        return
    if not made.depends_on:
        _check_derived(spec, statistics, subject)
    yield made


def _check_derived(spec: MetricSpec, statistics: Iterable[Statistic], subject: str) -> None:
    """Raises Fault for a metric without expression that needs one: only a ratio does not."""
    if spec.select_expression or spec.data_source:
        key = "data_source" if spec.select_expression else "select_expression"
        raise fault("incomplete-definition", spec.at, subject, key=key)
    names = {statistic.name for statistic in statistics}
    if not names or names - _NUMBERS:
        raise fault("no-expression", spec.at, subject)


def _check_units(spec: MetricSpec, source: DataSource, subject: str) -> None:
    for unit in spec.analysis_units.value if spec.analysis_units else ():
        if spec.analysis_units and unit not in source.analysis_units:
            raise fault(
                "unsupported-unit",
                spec.analysis_units.at,
                subject,
                name=unit,
                source=source.slug,
                nearest=nearest(unit, source.analysis_units),
            )


def segment(spec: SegmentSpec, scope: Scope) -> Iterator[Segment]:
    """A segment; the scope has the segment sources."""
    subject = f"{scope.platform}.segments.{spec.slug}"
    source = scope.find(required(spec.data_source, "data_source", spec.at, subject), subject)
    written = required(spec.select_expression, "select_expression", spec.at, subject)
    expression = scope.templates.fill(written, subject).strip()
    yield Segment(
        spec.slug,
        scope.platform,
        spec.at,
        source,
        expression,
        **labels(spec),
        places=places_of(spec),
    )


def source_of(spec: SegmentSourceSpec, scope: Scope) -> Iterator[SegmentSource]:
    """The data source of segments."""
    subject = f"{scope.platform}.segments.data_sources.{spec.slug}"
    written = required(spec.from_expression, "from_expression", spec.at, subject)
    yield SegmentSource(
        spec.slug,
        scope.platform,
        spec.at,
        written.value.strip(),
        value_or(spec.window_start, 0),
        value_or(spec.window_end, 0),
        value_or(spec.client_id_column, "client_id"),
        value_or(spec.submission_date_column, "submission_date"),
        value_or(spec.default_dataset, None),
        value_or(spec.group_id_column, "profile_group_id"),
        value_or(spec.glean_client_id_column, None),
        value_or(spec.legacy_client_id_column, None),
        places_of(spec),
    )


def dimension(spec: DimensionSpec, scope: Scope) -> Iterator[Dimension]:
    """A dimension; its expression is no template."""
    subject = f"{scope.platform}.dimensions.{spec.slug}"
    source = scope.find(required(spec.data_source, "data_source", spec.at, subject), subject)
    written = required(spec.select_expression, "select_expression", spec.at, subject)
    yield Dimension(
        spec.slug,
        scope.platform,
        spec.at,
        source,
        written.value.strip(),
        **labels(spec),
        places=places_of(spec),
    )
