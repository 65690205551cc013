"""Project files → the projects table → its rows as JSON → the same projects."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import sqlglot
from msgspec.structs import replace

from generator.artifact import Owned
from generator.builders.dbt_projects_table import projects_sql
from generator.diagnostics import CODES
from generator.facts.conventions import Conventions
from generator.names import title
from generator.pipeline import models
from generator.run import world_of
from generator.semantics.monitoring import Monitored, MonitoringProject
from generator.semantics.projects import monitored_of
from generator.settings import Settings

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
CONVENTIONS = Conventions(monitoring_project="lantern-data")


def files() -> Settings:
    """Those of the example, without its warehouse."""
    return Settings(
        metric_hub=(str(EXAMPLES / "metric-hub"),),
        monitoring_platforms=str(EXAMPLES / "platforms.toml"),
        experiments=str(EXAMPLES / "experiments.json"),
        namespaces=str(ROOT / "namespaces.yaml"),
        conventions=CONVENTIONS,
    )


def read(settings: Settings) -> Monitored:
    """The projects that settings lead to; nothing may be wrong with the files."""
    facts, noticed = world_of(settings).read()
    monitored, wrong = monitored_of(facts)
    assert [] == [item for item in (*noticed, *wrong) if CODES[item.code].severity == "error"]
    return monitored


def rows_of(monitored: Monitored, file: Path) -> None:
    """The table's rows, written as a warehouse gives them out: dates are texts."""
    sql = sqlglot.transpile(projects_sql(monitored.studies), "bigquery", "duckdb")[0]
    found = duckdb.sql(sql)
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    file.write_text(json.dumps(rows, default=str), encoding="utf-8")


def told(projects: tuple[MonitoringProject, ...]) -> Iterator[MonitoringProject]:
    """The projects as far as a row tells of them, and where they come from left out.

    It has no friendly names, owners or percentiles, and does not say what is rolled up.
    """
    for project in projects:
        yield replace(
            project,
            at=projects[0].at,
            dimensions=tuple(replace(d, label=title(d.name)) for d in project.dimensions),
            summaries=tuple(
                replace(s, label=title(s.metric), percentiles=()) for s in project.summaries
            ),
            groups=tuple(replace(g, label=title(g.name), description=None) for g in project.groups),
            rolled_up=False,
            owners=(),
        )


def test_round_trip(tmp_path: Path) -> None:
    """What the rows say is what the files said, whichever kind of project it is."""
    written = read(files())
    rows_of(written, tmp_path / "projects.json")
    table = replace(
        files(),
        metric_hub=(),
        experiments=None,
        monitoring_platforms=None,
        opmon_projects=str(tmp_path / "projects.json"),
    )

    assert len(written.studies) > 5
    assert list(told(written.projects)) == [
        replace(project, at=written.projects[0].at) for project in read(table).projects
    ]


def test_it_waits_for_a_project_that_cannot_be_read(tmp_path: Path) -> None:
    """A mistake in one file does not take its row out of the table, but leaves that as it is."""
    hub = shutil.copytree(EXAMPLES / "metric-hub", tmp_path / "hub")
    warehouse = tmp_path / "lantern-data.duckdb"
    duckdb.connect(warehouse).close()
    settings = replace(files(), metric_hub=(str(hub),), warehouse=(f"duckdb:{warehouse}",))
    whole = models(world_of(settings))
    broken = hub / "opmon" / "release-overview.toml"
    broken.write_text('[project]\nxaxis = "moon"\n', encoding="utf-8")
    partial = models(world_of(settings))

    for made, waits in ((whole, False), (partial, True)):
        table = made.tree.artifacts["models/operational_monitoring/projects_v1.sql"]
        owned = Owned("", table.kind, table.subject)
        assert waits == made.holds.withholds(owned, owned)
