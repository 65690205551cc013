"""A study from a draft: what is computed, and of whom. What cannot be is left out, and said."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from textwrap import dedent

from msgspec import Struct
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, nearest, split
from generator.facts.conventions import Conventions
from generator.facts.monitoring import App
from generator.names import title
from generator.semantics.alerts import Alert, AlertKind
from generator.semantics.definitions import Dimension, Metric
from generator.semantics.monitoring import (
    Computed,
    MetricGroup,
    MonitoringProject,
    Population,
    Segmentation,
    Study,
    Summary,
    XAxis,
)
from generator.semantics.project_alerts import read_alert
from generator.semantics.project_definitions import Sight, first_of, unlisted
from generator.semantics.project_drafts import Draft
from generator.semantics.project_names import RESERVED, check_name, name_of, table_of
from generator.semantics.project_population import dataset_of, population, reference_of
from generator.semantics.project_spec import GroupSpec, ProjectSpec
from generator.semantics.project_statistics import computed, written


class Desk(Struct, frozen=True):
    """A draft with all that it takes; `spec` is the draft's, with the defaults below it."""

    draft: Draft
    spec: ProjectSpec
    sight: Sight
    conventions: Conventions
    app: App | None = None

    @property
    def subject(self) -> str:
        """The key path of the project."""
        return self.draft.subject


class _Parts(Struct, frozen=True):
    """What of a project stands."""

    statistics: tuple[Computed, ...]
    dimensions: tuple[Dimension, ...]
    members: Mapping[str, tuple[MetricGroup, tuple[str, ...]]]
    alerts: tuple[Alert, ...]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that have a statistic."""
        return tuple({item.metric.slug: item.metric for item in self.statistics}.values())


def study(desk: Desk) -> Iterator[Study | Diagnostic]:
    """The study, and what is wrong with parts of it. Raises Fault if there is none."""
    spec, subject = desk.spec, desk.subject
    _dates(desk)
    _check_group_by(spec, subject)
    own = population(spec, desk.sight, desk.app, desk.draft.experiment, subject)
    (people,), noticed = split(own)
    yield from noticed
    made, noticed = split(_guarded(_parts(desk, people)))
    yield from noticed
    for parts in made:
        yield from _of_parts(desk, people, parts)


def _guarded(stream: Iterator[_Parts | Diagnostic]) -> Iterator[_Parts | Diagnostic]:
    """The same; a fault that ends it comes after what was said before."""
    try:
        yield from stream
    except Fault as found:
        yield found.diagnostic


def _of_parts(desk: Desk, people: Population, parts: _Parts) -> Iterator[Study | Diagnostic]:
    """The study of what stands, and what people should know of it."""
    spec = desk.spec
    start, end = _dates(desk)
    yield from _doubts(desk, people, parts)
    project = _project(desk, people, parts)
    check_name(project, desk.subject)
    yield Study(
        desk.conventions.monitoring_namespace,
        replace(project, start=start, end=end),
        desk.sight.platform,
        people,
        parts.metrics,
        parts.statistics,
        start,
        dataset_of(desk.app, spec),
        parts.dimensions,
        parts.alerts,
        reference_of(spec, desk.draft.experiment),
        end,
    )


def _dates(desk: Desk) -> tuple[date, date | None]:
    """From when to when. Raises Fault if there is no start, or it comes after the end."""
    spec, own = desk.spec, desk.draft.experiment
    start = spec.start_date.value if spec.start_date else own.start_date if own else None
    end = spec.end_date.value if spec.end_date else own.end_date if own else None
    if start is None:
        raise fault("no-start-date", spec.at, desk.subject, slug=desk.draft.slug)
    if end is not None and end < start:
        at = spec.end_date.at if spec.end_date else spec.at
        raise fault("reversed-dates", at, desk.subject, start=start, end=end)
    return start, end


def _check_group_by(spec: ProjectSpec, subject: str) -> None:
    named = spec.population.group_by_dimension
    if named and named.value not in first_of(spec.population.dimensions):
        raise fault("unlisted-dimension", named.at, subject, name=named.value)


def _parts(desk: Desk, people: Population) -> Iterator[_Parts | Diagnostic]:
    """What of the project stands. Raises Fault if that is nothing."""
    spec, subject = desk.spec, desk.subject
    metrics, noticed = split(_metrics(desk))
    yield from noticed
    by_slug = {metric.slug: metric for metric in metrics}
    statistics, noticed = split(s for m in metrics for s in computed(m, by_slug, subject))
    yield from noticed
    if not statistics:
        raise fault("empty-project", spec.at, subject, slug=desk.draft.slug)
    dimensions, noticed = split(_dimensions(desk, statistics))
    yield from noticed
    named = spec.population.group_by_dimension
    if named and named.value not in {dimension.slug for dimension in dimensions}:
        what = "the dimension"
        raise fault("lost-reference", named.at, subject, what=what, name=named.value)
    members, noticed = split(_groups(desk, by_slug))
    yield from noticed
    alerts, noticed = split(_alerts(desk, people, statistics))
    yield from noticed
    yield _Parts(statistics, dimensions, {group.name: (group, m) for group, m in members}, alerts)


def _metrics(desk: Desk) -> Iterator[Metric | Diagnostic]:
    """The metrics that are listed and stand, in the order of the list."""
    for found in desk.sight.find("metrics", desk.spec.metrics, desk.subject):
        if isinstance(found, Diagnostic):
            yield found
        elif found.slug.lower() in RESERVED:
            yield _reserved("the metric", found, "a column of every project", desk.subject)
        elif found.expression is None:
            yield diagnostic("unmonitored-metric", found.at, desk.subject, name=found.slug)
        else:
            yield found


def _dimensions(desk: Desk, statistics: Iterable[Computed]) -> Iterator[Dimension | Diagnostic]:
    """The dimensions that are listed and stand."""
    columns = {name.lower() for s in statistics for name in (s.metric.slug, column_of(s))}
    for found in desk.sight.find("dimensions", desk.spec.population.dimensions, desk.subject):
        if isinstance(found, Diagnostic):
            yield found
        elif found.slug in RESERVED or found.slug in columns:
            whose = "a column of every project" if found.slug in RESERVED else "a metric"
            yield _reserved("the dimension", found, whose, desk.subject)
        else:
            yield found


def column_of(item: Computed) -> str:
    """The column of a statistic in the statistics table."""
    return f"{item.metric.slug}_{item.statistic}"


def _reserved(what: str, entry: Metric | Dimension, whose: str, subject: str) -> Diagnostic:
    values = {"what": what, "name": entry.slug, "whose": whose}
    return diagnostic("reserved-name", entry.at, subject, **values)


def _groups(
    desk: Desk, metrics: Mapping[str, Metric]
) -> Iterator[tuple[MetricGroup, tuple[str, ...]] | Diagnostic]:
    """The groups that have metrics, with those of theirs that are in the project."""
    for spec in desk.spec.groups.values():
        named = spec.metrics.value if spec.metrics else ()
        at = spec.metrics.at if spec.metrics else spec.at
        for slug in named:
            if slug not in metrics:
                hint = nearest(slug, metrics)
                values = {"group": spec.name, "name": slug, "nearest": hint}
                yield diagnostic("unknown-member", at, desk.subject, **values)
        members = tuple(slug for slug in dict.fromkeys(named) if slug in metrics)
        if members:
            yield _group(spec, desk.conventions), members
        elif not named:
            key = f"metric_groups.{spec.name}.metrics"
            yield diagnostic("incomplete-definition", at, desk.subject, key=key)


def _group(spec: GroupSpec, conventions: Conventions) -> MetricGroup:
    label = " ".join(spec.friendly_name.value.split()) if spec.friendly_name else None
    text = dedent(spec.description.value).strip() if spec.description else None
    return MetricGroup(spec.name, label or title(spec.name, conventions.acronyms), text)


def _alerts(
    desk: Desk, people: Population, statistics: tuple[Computed, ...]
) -> Iterator[Alert | Diagnostic]:
    """The alerts that are listed and stand."""
    reference = reference_of(desk.spec, desk.draft.experiment)
    names = first_of(desk.spec.alerts)
    for found in desk.sight.find("alerts", desk.spec.alerts, desk.subject):
        if isinstance(found, Diagnostic):
            yield found
            continue
        slug = found.keys[-1].lower()
        for item in read_alert(slug, found, statistics, desk.subject):
            compared = isinstance(item, Alert) and item.kind is AlertKind.CI_OVERLAP
            if compared and reference not in people.branches:
                reason = f"the branch to compare with, `{reference}`, is none of the project's"
                hint = f"name one as `reference_branch`; {nearest(reference, people.branches)}"
                values = {"name": slug, "reason": reason, "nearest": hint}
                yield diagnostic("bad-alert", names[slug].at, desk.subject, **values)
            else:
                yield item


def _doubts(desk: Desk, people: Population, parts: _Parts) -> Iterator[Diagnostic]:
    """What people should know of a project that stands."""
    draft, subject = desk.draft, desk.subject
    if draft.file:
        yield from unlisted(draft.file, desk.spec, subject)
    first = first_of(draft.spec.metrics)
    for name in draft.spec.metrics:
        if first[name.value] is not name:
            yield diagnostic("doubled-metric", name.at, subject, name=name.value)
    if _x_axis(desk.spec) is XAxis.BUILD_ID:
        used = (people.source.slug, *(str(metric.data_source) for metric in parts.metrics))
        for slug in dict.fromkeys(used):
            source = desk.sight.platform.data_source[slug]
            if "build_id_column" not in source.places:
                values = {"name": slug, "column": source.build_id}
                yield diagnostic("no-build-id", source.at, subject, **values)


def _x_axis(spec: ProjectSpec) -> XAxis:
    return spec.xaxis.value if spec.xaxis else XAxis.SUBMISSION_DATE


def _project(desk: Desk, people: Population, parts: _Parts) -> MonitoringProject:
    """The project as it is shown."""
    spec, slug, conventions = desk.spec, desk.draft.slug, desk.conventions
    compact, roll_ups = spec.compact_visualization, spec.roll_ups
    labels = conventions.acronyms
    group_by = spec.population.group_by_dimension
    return MonitoringProject(
        slug,
        name_of(slug, conventions),
        " ".join(_named(desk).split()),
        spec.at,
        table_of(slug, "statistics", conventions),
        table_of(slug, "alerts", conventions) if parts.alerts else None,
        _x_axis(spec),
        people.branches,
        tuple(Segmentation(d.slug, title(d.slug, labels)) for d in parts.dimensions),
        tuple(_summary(item, parts) for item in parts.statistics),
        tuple(group for group, _ in parts.members.values()),
        group_by.value if group_by else None,
        compact=compact is not None and compact.value,
        rolled_up=bool(parts.dimensions) and (roll_ups.value if roll_ups else conventions.roll_ups),
        owners=tuple(dict.fromkeys(o for metric in parts.metrics for o in metric.owners)),
    )


def _named(desk: Desk) -> str:
    """What the project is called: as its file says, or its experiment, or by its slug."""
    if desk.spec.name:
        return desk.spec.name.value
    experiment = desk.draft.experiment
    return (experiment.name if experiment else None) or desk.draft.slug


def _summary(item: Computed, parts: _Parts) -> Summary:
    slug = item.metric.slug
    groups = tuple(name for name, (_, members) in parts.members.items() if slug in members)
    percentiles = tuple(map(written, item.percentiles))
    return Summary(slug, item.statistic, item.metric.label, groups, percentiles)
