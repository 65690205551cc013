"""Looks at resolved definitions: SQL that means nothing, and what people should know of.

A check takes a platform and yields what it finds; `CHECKS` is their order.
"""

from collections.abc import Callable, Iterable, Iterator

from sqlglot import exp

from generator.diagnostics import Diagnostic, Fault, diagnostic, nearest
from generator.semantics.data_source_sql import Query, data_source_query, subject_of
from generator.semantics.definition_sql import has_aggregation, parsed
from generator.semantics.definitions import Metric, MetricType, Platform, Statistic
from generator.semantics.statistics import STATISTICS

_NAMED = 5


def check_definitions(
    platforms: Iterable[Platform], mentioned: Iterable[str] = ()
) -> Iterator[Diagnostic]:
    """Everything that is found, platform by platform.

    `mentioned` are the data sources that files of other tools name: they are in use.
    """
    elsewhere = frozenset(mentioned)
    for platform in platforms:
        for check in CHECKS:
            yield from check(platform)
        yield from _unused(platform, elsewhere)


def check_sources(platform: Platform) -> Iterator[Diagnostic]:
    """The SQL of every data source parses, and every join has something to join on."""
    for source in platform.data_sources:
        try:
            data_source_query(platform, source, Query())
        except Fault as found:
            yield found.diagnostic


def check_expressions(platform: Platform) -> Iterator[Diagnostic]:
    """The SQL of every metric parses and adds something up."""
    for metric in platform.metrics:
        if metric.expression is None:
            continue
        at = metric.places.get("select_expression", metric.at)
        try:
            tree = parsed(metric.expression, metric.subject, at)
        except Fault as found:
            yield found.diagnostic
            continue
        if not has_aggregation(tree) and not tuple(tree.find_all(*_OPAQUE)):
            yield diagnostic("no-aggregation", at, metric.subject)


_OPAQUE = (exp.Anonymous, exp.Dot, exp.Select)
"""What may add up without our knowing: routines of the warehouse, and subqueries."""


def check_histograms(platform: Platform) -> Iterator[Diagnostic]:
    """A histogram has no statistics that need a number."""
    for metric in platform.metrics:
        names = [statistic.name for statistic in metric.statistics]
        numeric = [name for name in names if name != "percentile"]
        if metric.type is MetricType.HISTOGRAM and numeric:
            at = metric.places.get("statistics", metric.at)
            yield diagnostic(
                "histogram-statistic", at, metric.subject, names=", ".join(map(repr, numeric))
            )


def check_ratios(platform: Platform) -> Iterator[Diagnostic]:
    """What a ratio divides are statistics of metrics of one data source."""
    for metric in platform.metrics:
        for statistic in metric.statistics:
            references = (statistic.numerator, statistic.denominator)
            found = [ref.split(".") for ref in references if ref]
            yield from _unknown_parts(platform, metric, statistic, found)
            sources = {
                platform.metric[slug].data_source for slug, _ in found if slug in platform.metric
            }
            if len(sources) > 1:
                names = " and ".join(sorted(f"`{source}`" for source in sources))
                yield diagnostic(
                    "bad-statistic",
                    statistic.at,
                    metric.subject,
                    name=statistic.name,
                    reason=f"its parts are of {names}",
                    nearest="both must be of one data source",
                )


def _unknown_parts(
    platform: Platform, metric: Metric, statistic: Statistic, parts: Iterable[list[str]]
) -> Iterator[Diagnostic]:
    for slug, name in parts:
        if slug not in platform.metric:
            yield diagnostic(
                "unknown-reference",
                statistic.at,
                metric.subject,
                platform=platform.name,
                what="metric",
                name=slug,
                nearest=nearest(slug, platform.metric),
            )
        elif name not in STATISTICS["looker"]:
            hint = nearest(name, STATISTICS["looker"])
            yield diagnostic(
                "unknown-statistic", statistic.at, metric.subject, name=name, nearest=hint
            )


def check_texts(platform: Platform) -> Iterator[Diagnostic]:
    """Every metric has a description and an owner; one message tells of all that have not."""
    missing: tuple[tuple[str, Callable[[Metric], object]], ...] = (
        ("description", lambda metric: metric.description),
        ("owner", lambda metric: metric.owners),
    )
    for key, has in missing:
        slugs = [metric.slug for metric in platform.metrics if not has(metric)]
        if slugs:
            more = f" and {len(slugs) - _NAMED} more" if len(slugs) > _NAMED else ""
            yield diagnostic(
                "undescribed-metrics",
                platform.at,
                platform.name,
                count=len(slugs),
                name=platform.name,
                key=key,
                slugs=", ".join(f"`{slug}`" for slug in slugs[:_NAMED]) + more,
            )


def check_labels(platform: Platform) -> Iterator[Diagnostic]:
    """No two metrics of a data source are called alike, but for those that are deprecated."""
    first: dict[tuple[str, str], Metric] = {}
    for metric in platform.metrics:
        if metric.data_source is None or metric.deprecated:
            continue
        called = " ".join(metric.label.casefold().split())
        other = first.setdefault((metric.data_source, called), metric)
        if other is not metric:
            yield diagnostic(
                "same-label",
                metric.places.get("friendly_name", metric.at),
                metric.subject,
                other=other.slug,
                label=metric.label,
            )


def check_deprecated(platform: Platform) -> Iterator[Diagnostic]:
    """What is in use does not stand on what is deprecated."""
    for metric in platform.metrics:
        for slug in metric.depends_on:
            if platform.metric[slug].deprecated and not metric.deprecated:
                at = metric.places.get("depends_on", metric.at)
                yield diagnostic("deprecated-reference", at, metric.subject, name=slug)


def check_datasets(platform: Platform) -> Iterator[Diagnostic]:
    """A `default_dataset` has a place to go to."""
    for source in platform.data_sources:
        at = source.places.get("default_dataset")
        if at and "{dataset}" not in source.from_expression:
            values = {"key": "default_dataset", "reason": "`from_expression` has no `{dataset}`"}
            yield diagnostic("ineffective-key", at, subject_of(source), **values)


def _unused(platform: Platform, elsewhere: frozenset[str]) -> Iterator[Diagnostic]:
    """Every data source is used, here or by another tool."""
    used = {metric.data_source for metric in platform.metrics}
    used |= {dimension.data_source for dimension in platform.dimensions}
    used |= {join.source for source in platform.data_sources for join in source.joins}
    for source in platform.data_sources:
        if source.slug not in used | elsewhere:
            yield diagnostic("unused-source", source.at, subject_of(source))


CHECKS: tuple[Callable[[Platform], Iterator[Diagnostic]], ...] = (
    check_sources,
    check_expressions,
    check_histograms,
    check_ratios,
    check_texts,
    check_labels,
    check_deprecated,
    check_datasets,
)
