"""What dropdowns of dashboards offer, in whole runs: counted once, and remembered."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest
import yaml
from msgspec.structs import replace

from generator.artifact import DROPDOWNS, Dropdowns
from generator.builders import KINDS
from generator.facts.catalog import Needs, RelationName
from generator.facts.conventions import Conventions
from generator.facts.monitoring import Choice, Choices
from generator.pipeline import Build, generate
from generator.publication import Plan, offer_of, publish
from generator.publish.disk import write
from generator.publish.tree import Terms
from generator.run import write_output
from generator.semantics.link import link
from generator.semantics.monitoring_views import profile_needs
from generator.settings import Settings
from generator.sources.bigquery import BigQuery
from generator.sources.monitoring import Watched
from generator.sources.outside import World
from generator.sources.profiles import with_values
from generator.sources.remembered import Memory
from generator.sources.snapshot import write_snapshot
from generator.sources.warehouse import Warehouse
from generator.sources.warehouses import open_warehouse
from generator.stages import Stages
from tests.bigquery_server import Server, Way
from tests.bigquery_server import Warehouse as Held

NAMESPACE = Conventions().monitoring_namespace
PROJECTS = ("fast-start", "slow-start")
COLUMNS = (
    "submission_date DATE, branch TEXT, metric TEXT, statistic TEXT, parameter TEXT,"
    " point DOUBLE, lower DOUBLE, upper DOUBLE, os TEXT, country TEXT"
)
ROWS = [
    {
        "slug": slug,
        "name": slug.title(),
        "branches": ["on", "off"],
        "dimensions": ["os", "country"],
        "summaries": [{"metric": "starts", "statistic": "mean"}],
        "statistics_table": f"shop.web.{slug.replace('-', '_')}_statistics",
    }
    for slug in PROJECTS
]


class Hub:
    """A folder with two projects as rows, their statistics in DuckDB, and an output folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "shop.duckdb"
        self.output = folder / "output"
        (folder / "namespaces.yaml").write_text("{}\n")
        (folder / "rows.json").write_text(json.dumps(ROWS))
        self.fill({"Windows": 100, "Mac": 90})

    def fill(self, systems: Mapping[str | None, int]) -> None:
        """The statistics of the first project, with so many rows of each system."""
        self.data.unlink(missing_ok=True)
        with duckdb.connect(str(self.data)) as made:
            made.execute("CREATE SCHEMA web")
            for row in ROWS:
                made.execute(f"CREATE TABLE {str(row['statistics_table'])[5:]} ({COLUMNS})")
            for system, count in systems.items():
                made.execute(
                    "INSERT INTO web.fast_start_statistics BY NAME"
                    " SELECT DATE '2024-01-02' AS submission_date, ? AS os, 'DE' AS country"
                    " FROM range(?)",
                    [system, count],
                )

    @property
    def duckdb(self) -> Warehouse:
        """The statistics as they are now."""
        return open_warehouse(f"duckdb:{self.data}")

    def world(self, warehouse: Warehouse) -> World:
        """The outside."""
        return World(
            self.folder / "namespaces.yaml",
            (warehouse,),
            Conventions(roll_ups=False),
            watched=Watched(rows=self.folder / "rows.json"),
            memory=Memory(self.output),
        )

    def run(self, warehouse: Warehouse | None = None, *only: str) -> Build:
        """A run that writes."""
        built = generate(self.world(warehouse or self.duckdb), only)
        write(built.tree, self.output, Terms(built.holds), Stages())
        return built

    @property
    def choices(self) -> Choices:
        """What was written down."""
        path = self.output / DROPDOWNS
        return Dropdowns.from_json(path.read_text()).choices if path.exists() else {}

    def default(self, title: str = "OS") -> object:
        """What the dashboard of the first project starts with."""
        (path,) = self.output.rglob("fast_start.dashboard.lookml")
        (dashboard,) = yaml.safe_load(path.read_text())
        (found,) = (one for one in dashboard["filters"] if one["title"] == title)
        return found["default_value"]

    def recorded(self, warehouse: Warehouse) -> Warehouse:
        """A snapshot of what the run needs, as the command makes it."""
        world = self.world(warehouse)
        linked, _ = link(world.read()[0], KINDS)
        catalog = world.catalog(linked.needs)
        counted = world.profiles(profile_needs(linked.monitored, catalog))
        write_snapshot(self.folder / "snapshot.jsonl", with_values(catalog, counted))
        return open_warehouse(f"snapshot:{self.folder / 'snapshot.jsonl'}")


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """Two projects."""
    return Hub(tmp_path)


def served(hub: Hub) -> Server:
    """BigQuery with the same tables and rows."""
    names = [RelationName.parse(str(row["statistics_table"])) for row in ROWS]
    catalog = hub.duckdb.read(Needs.of(names))
    return Server(Held(tuple(catalog.relations.values()), data=hub.data))


def bigquery(server: Server) -> BigQuery:
    """The shop on the server; it is given up soon."""
    opened = open_warehouse(f"bigquery:shop?api-endpoint={server.endpoint}")
    assert isinstance(opened, BigQuery)
    return replace(opened, address=replace(opened.address, patience=5.0))


def test_one_statement_for_each_project(hub: Hub) -> None:
    """Whatever the number of dimensions: one for the dataset, one for each table of statistics."""
    with served(hub) as server:
        hub.run(bigquery(server))

        assert {"jobs.query": 1 + len(PROJECTS)} == server.calls
        counting = [sql for sql in server.queries if "UNPIVOT" in sql]
        assert ["fast_start_statistics", "slow_start_statistics"] == sorted(
            next(
                table
                for table in ("fast_start_statistics", "slow_start_statistics")
                if table in sql
            )
            for sql in counting
        )
        assert all("submission_date" in sql for sql in counting)


@pytest.mark.parametrize("which", ["duckdb", "bigquery"])
def test_a_snapshot_gives_the_same_dashboards(hub: Hub, which: str) -> None:
    """All files and all that is said, also of the project that has no row yet."""
    with served(hub) as server:
        warehouse = hub.duckdb if which == "duckdb" else bigquery(server)
        direct = generate(hub.world(warehouse))
        offline = generate(hub.world(hub.recorded(warehouse)))

    assert dict(direct.tree) == dict(offline.tree)
    assert direct.diagnostics == offline.diagnostics
    assert any(path.endswith(".dashboard.lookml") for path in direct.tree)
    assert {"fast_start": {"os": Choice("Windows", ("Windows", "Mac"))}} == {
        name: {"os": found["os"]} for name, found in _written(direct).items()
    }


def _written(build: Build) -> Choices:
    return Dropdowns.from_json(build.tree[DROPDOWNS]).choices


def test_a_default_keeps_its_place(hub: Hub) -> None:
    """Until another leads it by more than the margin; then that one keeps its place."""
    seen = []
    for systems in _DAYS:
        hub.fill(systems)
        hub.run()
        seen.append((hub.default(), hub.choices["fast_start"]["os"].default))

    assert [(one, one) for one in ("Windows", "Windows", "Mac", "Mac", "Linux")] == seen


_DAYS: tuple[Mapping[str | None, int], ...] = (
    {"Windows": 100, "Mac": 99},
    {"Mac": 109, "Windows": 100},
    {"Mac": 111, "Windows": 100},
    {"Windows": 109, "Mac": 100},
    {"Windows": 1, "Linux": 1},
)


def test_the_same_input_twice_changes_nothing(hub: Hub) -> None:
    """A run that knows the last one writes what that wrote."""
    hub.fill({"Windows": 100, "Mac": 100, "": 500, None: 500, "a, b": 7, "-x": 7, '50% "q"': 7})
    first = dict(hub.run().tree)

    assert first == dict(hub.run().tree)
    assert ("Mac", "Windows", "-x", '50% "q"', "a, b") == hub.choices["fast_start"]["os"].options


def _no_rows(hub: Hub) -> None:
    """Nobody can say which projects there are."""
    (hub.folder / "rows.json").write_text("[{")


def _no_table(hub: Hub) -> None:
    """The statistics of a project are not there."""
    with duckdb.connect(str(hub.data)) as made:
        made.execute("DROP TABLE web.fast_start_statistics")


@pytest.mark.parametrize("spoil", [_no_rows, _no_table])
def test_a_bad_day_forgets_nothing(hub: Hub, spoil: Callable[[Hub], None]) -> None:
    """What cannot be read today is known tomorrow."""
    hub.fill({"Windows": 100, "Mac": 105})
    hub.run()
    before = hub.choices
    assert "Mac" == before["fast_start"]["os"].default
    spoil(hub)
    hub.run()

    assert before == hub.choices


@pytest.mark.parametrize("way", [Way.DENIED, Way.QUOTA, Way.GARBAGE, Way.EXPIRED])
def test_values_that_cannot_be_counted(hub: Hub, way: Way) -> None:
    """The dashboard offers what it did, the run says why, and the next run asks again."""
    hub.run()
    before = hub.choices
    with served(hub) as server:
        server.fail(way, "UNPIVOT")
        built = hub.run(bigquery(server))

    assert before == hub.choices
    assert "Windows" == hub.default()
    assert {f"shop.web.{slug.replace('-', '_')}_statistics" for slug in PROJECTS} == built.unread
    assert "unread-results" in {item.code for item in built.diagnostics}


def test_a_run_about_others_asks_nothing(hub: Hub) -> None:
    """No value is counted, and none is forgotten; a run about monitoring is not about strangers."""
    hub.run()
    before = hub.choices
    with served(hub) as server:
        hub.run(bigquery(server), "web")

        assert [] == [sql for sql in server.queries if "UNPIVOT" in sql]
    assert before == hub.choices
    only = hub.run(None, NAMESPACE)
    assert "unknown-namespace" not in {item.code for item in only.diagnostics}
    assert before == hub.choices


def test_a_project_that_is_gone_is_forgotten(hub: Hub) -> None:
    """With the last one goes the file."""
    hub.run()
    assert "fast_start" in hub.choices
    (hub.folder / "rows.json").write_text("[]")
    hub.run()

    assert {} == hub.choices
    assert not (hub.output / DROPDOWNS).exists()


# the folder of the output, and what was published


def settings_of(hub: Hub, repository: str | None = None) -> Settings:
    """The settings of a daily job."""
    return Settings(
        namespaces=str(hub.folder / "namespaces.yaml"),
        warehouse=(f"duckdb:{hub.data}",),
        opmon_projects=str(hub.folder / "rows.json"),
        output=str(hub.folder / "output"),
        repository=repository,
        conventions=Conventions(roll_ups=False),
    )


def test_unchanged_input_is_not_read_again(hub: Hub) -> None:
    """What is remembered is no input: only if it is lost is there something to do."""
    settings = settings_of(hub)
    hub.output = settings.lookml
    skipped = [write_output(settings, Stages()).skipped for _ in range(2)]
    before = hub.choices
    (hub.output / DROPDOWNS).unlink()
    skipped += [write_output(settings, Stages()).skipped for _ in range(2)]

    assert [False, True, False, True] == skipped
    assert before == hub.choices != {}


def test_what_was_not_counted_is_asked_again(hub: Hub) -> None:
    """Though the input is the same: a table that breaks when it is read may be well tomorrow."""
    with duckdb.connect(str(hub.data)) as made:
        made.execute("ALTER TABLE web.fast_start_statistics RENAME TO kept")
        made.execute(
            "CREATE VIEW web.fast_start_statistics AS"
            " SELECT * REPLACE (error('out of luck')::TEXT AS os) FROM web.kept"
        )
    outcomes = [write_output(settings_of(hub), Stages()) for _ in range(2)]

    assert [False, False] == [outcome.skipped for outcome in outcomes]
    assert any("out of luck" in item.message for item in outcomes[0].diagnostics)


@pytest.mark.parametrize("form", ["{}", "file://{}"])
@pytest.mark.parametrize("lost", ["lookml", "."])
def test_a_lost_output_folder_forgets_nothing(hub: Hub, form: str, lost: str) -> None:
    """The repository has what was published, on this disk or elsewhere."""
    place = hub.folder / "hub.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(place)], check=True)
    settings = settings_of(hub, form.format(place))
    hub.output = settings.lookml
    outcome = write_output(settings, Stages())
    publish(settings, offer_of(settings, outcome), Plan(push=True), Stages())
    before = hub.choices
    hub.fill({"Windows": 100, "Mac": 105})
    shutil.rmtree(Path(settings.output) / lost)
    write_output(settings, Stages())

    assert "Windows" == hub.default()
    assert "Windows" == before["fast_start"]["os"].default


@pytest.mark.parametrize("form", ["{}", "file://{}", "https://127.0.0.1:1{}"])
def test_a_repository_that_cannot_be_reached(hub: Hub, form: str) -> None:
    """There is nothing to remember then, and the run goes on."""
    settings = settings_of(hub, form.format(hub.folder / "gone.git"))
    hub.output = settings.lookml
    write_output(settings, Stages())

    assert "Windows" == hub.default()
