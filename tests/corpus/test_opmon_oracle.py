"""An independent reader of the same files comes to the same projects."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from generator.semantics.monitoring import Computed, Study
from tests.corpus.test_opmon_corpus import UNDATED, facts, found  # noqa: F401 - fixtures
from tests.monitoring import Found

pytestmark = pytest.mark.corpus
oracle_config = pytest.importorskip("metric_config_parser.config")
oracle_monitoring = pytest.importorskip("metric_config_parser.monitoring")
oracle_project = pytest.importorskip("metric_config_parser.project")

DESKTOP = "firefox_desktop"


@pytest.fixture(scope="module")
def theirs(metric_hub: Path) -> Mapping[str, Any]:
    """What the library makes of each project that is not skipped."""
    read = oracle_config.LocalConfigCollection.from_local_path
    every, own = read(str(metric_hub)), read(str(metric_hub / "opmon"))
    every.merge(own)
    active = (config for config in own.configs if not config.spec.project.skip)
    return {config.slug: resolved(config, every) for config in active}


def resolved(config: Any, every: Any) -> Any:
    """A project over its defaults over the definitions of its platform."""
    platform = config.spec.project.platform or DESKTOP
    definitions = deepcopy(every.get_platform_definitions(platform))
    spec = oracle_monitoring.MonitoringSpec.from_definition_spec(definitions)
    spec.project = oracle_project.ProjectSpec()
    if not config.spec.project.skip_default_metrics:
        spec.merge(deepcopy(every.get_platform_defaults(platform)))
        if platform == DESKTOP and config.slug in UNDATED:  # these are rollouts
            spec.merge(deepcopy(every.get_platform_defaults("rollout")))
    spec.merge(deepcopy(config.spec))
    return spec.resolve(None, every)


@pytest.fixture(scope="module")
def ours(found: Found) -> Mapping[str, Study]:  # noqa: F811 - the fixture
    """What we make of them."""
    return {study.project.slug: study for study in found.monitored.studies}


def flat(sql: str | None) -> str:
    """SQL without its line breaks."""
    return " ".join((sql or "").split())


def parameters(item: Computed) -> Mapping[str, object]:
    """The parameters of a statistic as they are written."""
    return next(s.parameters for s in item.metric.statistics if s.name == item.statistic)


def test_the_same_projects(ours: Mapping[str, Study], theirs: Mapping[str, Any]) -> None:
    """None more, none less."""
    assert sorted(theirs) == sorted(ours)


def test_summaries(ours: Mapping[str, Study], theirs: Mapping[str, Any]) -> None:
    """Metric, statistic and parameters, and the SQL of the metric; of them all, 583."""
    count = 0
    for slug, other in theirs.items():
        sources = ours[slug].platform.data_source
        expected = {
            (s.metric.name, s.statistic.name): (
                dict(s.statistic.params),
                flat(s.metric.select_expression),
                flat(s.metric.data_source.from_expression),
            )
            for s in other.metrics
        }
        count += len(expected)

        assert expected == {
            (s.metric.slug, s.statistic): (
                parameters(s),
                flat(s.metric.expression),
                flat(sources[str(s.metric.data_source)].from_expression),
            )
            for s in ours[slug].statistics
        }
    assert 583 == count


def test_populations(ours: Mapping[str, Study], theirs: Mapping[str, Any]) -> None:
    """Data source, channel, branches and dimensions."""
    for slug, other in theirs.items():
        study, population = ours[slug], other.project.population

        assert population.data_source.name == study.population.source.slug
        assert getattr(population.channel, "value", None) == study.population.channel
        assert population.boolean_pref == study.population.preference
        assert {*population.branches} <= {*study.project.branches}
        assert {d.name for d in other.dimensions} == {d.slug for d in study.dimensions}
        assert getattr(population.group_by_dimension, "name", None) == study.project.group_by


def test_the_rest(ours: Mapping[str, Study], theirs: Mapping[str, Any]) -> None:
    """Axis, groups and alerts."""
    for slug, other in theirs.items():
        study = ours[slug]

        assert other.project.xaxis.value == study.project.x_axis
        assert other.project.compact_visualization == study.project.compact
        assert [g.name for g in other.project.metric_groups] == [
            group.name for group in study.project.groups
        ]
        assert {a.name: a.min for a in other.alerts} == {
            alert.slug: list(map(int, alert.min)) or None for alert in study.alerts
        }
