"""Monitoring projects of small hubs, for tests: files as text, and what comes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator.diagnostics import CODES, Diagnostic, split
from generator.facts import Facts
from generator.facts.conventions import Conventions
from generator.facts.metric_hub import LOOKER, OPMON
from generator.semantics.monitoring import Monitored, MonitoringProject, Study
from generator.semantics.projects import monitored_of
from generator.sources.metric_hub import Repository, read_metric_hubs
from generator.sources.monitoring import Watched

CONVENTIONS = Conventions(monitoring_project="acme")

HUB: Mapping[str, str] = {
    "definitions/web.toml": """
[metrics.visits]
data_source = "days"
select_expression = "SUM(visits)"
owner = ["visits@example.org", "web@example.org"]

[metrics.pages]
data_source = "days"
select_expression = '{{agg_sum("pages")}}'
owner = "web@example.org"
friendly_name = "Pages  seen"

[metrics.load_ms]
data_source = "loads"
select_expression = "ARRAY_AGG(load)"
type = "histogram"

[metrics.pages_per_visit]
depends_on = ["pages", "visits"]

[data_sources.days]
from_expression = "acme.web.days"
build_id_column = "build"

[data_sources.loads]
from_expression = "acme.{dataset}.loads"
default_dataset = "web"
""",
    "definitions/functions.toml": """
[functions.agg_sum]
definition = "COALESCE(SUM({select_expr}), 0)"
""",
    "opmon/definitions/web.toml": """
[metrics.visits.statistics]
sum = {}
[metrics.pages.statistics]
mean = {}
total_ratio = { denominator_metric = "visits" }
[metrics.load_ms.statistics.percentile]
[metrics.pages_per_visit.statistics.mean]

[dimensions.OS]
data_source = "days"
select_expression = "os"
friendly_name = "System"
[dimensions.country]
data_source = "days"
select_expression = "country"
""",
}
"""A platform with a metric of each sort, and nothing that is monitored."""

PROJECT = """
[project]
name = "Cold start"
platform = "web"
start_date = "2030-01-01"
metrics = ["visits"]
[project.population]
data_source = "days"
"""
"""As little as a project can say."""


@dataclass(frozen=True)
class Found:
    """What came of files."""

    facts: Facts
    monitored: Monitored
    misread: tuple[Diagnostic, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    @property
    def codes(self) -> list[str]:
        """The codes of what was concluded, without notes."""
        return [d.code for d in self.diagnostics if CODES[d.code].severity != "note"]

    @property
    def only(self) -> Diagnostic:
        """The single thing that is wrong."""
        (diagnostic,) = (*self.misread, *self.diagnostics)
        return diagnostic

    @property
    def study(self) -> Study:
        """The single study."""
        (study,) = self.monitored.studies
        return study

    @property
    def project(self) -> MonitoringProject:
        """The single project."""
        (project,) = self.monitored.projects
        return project


def monitor(
    root: Path,
    project: str | None = PROJECT,
    named: Mapping[str, str] | None = None,
    *,
    conventions: Conventions = CONVENTIONS,
    **others: str,
) -> Found:
    """What comes of a project, `cold-start`, in the hub; `named` and `others` are more files.

    Their keys are `apps`, `experiments`, `rows`, or a path in the hub with `__` for `/`.
    """
    files, others = dict(HUB), {**(named or {}), **others}
    if project is not None:
        files["opmon/cold-start.toml"] = project
    beside = {name: others.pop(name) for name in ("apps", "experiments", "rows") if name in others}
    files |= {f"{key.replace('__', '/')}.toml": text for key, text in others.items()}
    for path, text in files.items():
        place = root / "hub" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for name, text in beside.items():
        (root / name).write_text(text, encoding="utf-8")
    watched = Watched(**{name: root / name for name in beside})
    return conclude(read(root / "hub", watched, conventions))


def read(
    hub: Path, watched: Watched, conventions: Conventions = CONVENTIONS
) -> tuple[Facts, tuple[Diagnostic, ...]]:
    """The facts of a hub and of what stands beside it, and what could not be read."""
    definitions, misread = split(read_metric_hubs([Repository(str(hub))], (LOOKER, OPMON)))
    monitoring, unwatched = watched.read({})
    facts = Facts(conventions=conventions, definitions=definitions, monitoring=monitoring)
    return facts, (*misread, *unwatched)


def conclude(facts: tuple[Facts, tuple[Diagnostic, ...]]) -> Found:
    """What follows from facts."""
    monitored, diagnostics = monitored_of(facts[0])
    return Found(facts[0], monitored, facts[1], diagnostics)
