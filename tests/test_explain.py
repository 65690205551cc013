"""The example explained: its facts are those of its files, and every name leads on."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click.testing
import lkml
import pytest
import yaml

from generator.cli import main
from generator.explain.answer import Answer, answer, meant
from generator.explain.index import Index, index_of
from generator.explain.search import candidates, index_for
from generator.explain.things import Key, Kind, Known, Thing
from generator.explaining import Heard, built, explained, printed
from generator.run import world_of
from generator.settings import load
from generator.stages import Stages

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
HUB = "examples/metric-hub"
DESKTOP, LOOKER = f"{HUB}/definitions/lantern_desktop.toml", f"{HUB}/looker/definitions"
WATCH, DATA = "operational_monitoring", "lantern-data"


@pytest.fixture(scope="module")
def demo(lantern_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's warehouse."""
    return Path(shutil.copy(lantern_data, tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="module")
def known(demo: Path) -> Iterator[Known]:
    """A full build of the example, from its folder."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("LOOKML_GEN_")]:
            patch.delenv(name)
        patch.chdir(ROOT)
        given = {"warehouse": (f"duckdb:{demo}",), "output": str(demo.parent / "output")}
        yield built(Heard(world_of(load(None, given))), (), Stages())


@pytest.fixture(scope="module")
def index(known: Known) -> Index:
    """All of it."""
    return index_of(known)


def line(path: str, text: str, after: str = "") -> str:
    """The place of the first line that has a text, behind one that has another."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    start = next(place for place, found in enumerate(lines) if after in found)
    return f"{path}:{next(n for n, found in enumerate(lines[start:], start + 1) if text in found)}"


def told(name: str, known: Known) -> Answer:
    """The answer to a name that means one thing."""
    found = explained(name, known)
    assert found.answer is not None, [thing.name for thing in found.things]
    return found.answer


def names(answered: Answer, *lists: str, kind: Kind | None = None) -> set[str]:
    """The names in lists of an answer."""
    mentions = (mention for name in lists for mention in getattr(answered, name))
    return {m.thing.name for m in mentions if kind in {None, m.thing.kind}}


DAILY = "lantern_desktop.views.clients_daily"
METRICS = "lantern_desktop.views.metric_definitions_clients_daily"
HEALTH = f"{WATCH}.views.desktop_health"
FACTS: dict[str, tuple[Kind, str, dict[str, set[str]]]] = {
    # a column, in the table of each channel
    f"{DAILY}.os": (
        Kind.DIMENSION,
        line("namespaces.yaml", "os: {label: Operating System}"),
        {
            "stands_on": {
                f"{DATA}.lantern_desktop_{channel}.clients_daily.os"
                for channel in ("release", "beta", "nightly")
            },
            "offered_by": {"lantern_desktop.explores.client_activity"},
        },
    ),
    # a field of a record, and a field of an array of records in an array
    "lantern_desktop.views.baseline.client_info__device__cores": (
        Kind.DIMENSION,
        line("namespaces.yaml", "baseline:"),
        {"stands_on": {f"{DATA}.lantern_desktop.baseline.client_info.device.cores"}},
    ),
    "lantern_mobile.views.usage__sessions__tabs__loads.is_secure": (
        Kind.DIMENSION,
        line("namespaces.yaml", "usage:"),
        {"stands_on": {f"{DATA}.lantern_mobile.usage.sessions.tabs.loads.is_secure"}},
    ),
    # a timeframe
    "lantern_desktop.clients_daily.submission_week": (
        Kind.GROUP,
        line("namespaces.yaml", "clients_daily:"),
        {
            "used_by": {
                f"{DAILY}.client_day",
                f"{DAILY}.days_since_first_seen",
                "lantern_desktop.explores.client_activity",
            }
        },
    ),
    # measures by hand
    f"{DAILY}.ad_click_rate": (
        Kind.MEASURE,
        line("namespaces.yaml", "ad_click_rate:"),
        {"stands_on": {f"{DAILY}.clicks_on_ads", f"{DAILY}.searches"}},
    ),
    f"{DAILY}.crashes": (
        Kind.MEASURE,
        line("namespaces.yaml", "crashes: {type: sum"),
        {
            "stands_on": {f"{DAILY}.crash_count"},
            "used_by": {f"{DAILY}.crashes_per_thousand_hours"},
        },
    ),
    # a statistic, and a ratio of two
    f"{METRICS}.active_hours_median": (
        Kind.MEASURE,
        line(f"{LOOKER}/lantern_desktop.toml", "median = {}"),
        {
            "stands_on": {
                "lantern_desktop.metrics.active_hours",
                f"{DATA}.lantern_desktop.clients_daily.active_hours",
            },
            "rests_on": {
                "lantern_desktop.data_sources.clients_daily",
                f"{DATA}.lantern_desktop.clients_daily",
                f"{DATA}.lantern_desktop_derived.clients_daily_v1",
            },
        },
    ),
    f"{METRICS}.ad_click_rate_ratio": (
        Kind.MEASURE,
        line(f"{LOOKER}/lantern_desktop.toml", "[metrics.ad_click_rate.statistics.ratio]"),
        {
            "stands_on": {
                "lantern_desktop.metrics.ad_click_rate",
                f"{METRICS}.ad_clicks_sum",
                f"{METRICS}.search_count_sum",
            }
        },
    ),
    # a column of a data source that is joined, whose rows are a subquery
    "lantern_desktop.views.metric_definitions_baseline.os": (
        Kind.DIMENSION,
        line(DESKTOP, "[data_sources.baseline]"),
        {
            "stands_on": {
                "lantern_desktop.data_sources.base_fields",
                f"{DATA}.lantern_desktop.clients_daily.os",
            }
        },
    ),
    # monitoring
    "desktop_health.Searches": (
        Kind.TILE,
        line(f"{HUB}/opmon/desktop-health.toml", "[project]"),
        {
            "stands_on": {
                *(f"{HEALTH}.{name}" for name in ("submission_date", "branch", "point")),
                *(f"{HEALTH}.{name}" for name in ("metric", "statistic", "os", "country")),
                f"{WATCH}.explores.desktop_health",
                *(
                    f"{WATCH}.dashboards.desktop_health.filters.{name}"
                    for name in ("Date", "OS", "Country")
                ),
                "lantern_desktop.metrics.search_count",
            },
            "rests_on": {
                HEALTH,
                f"{WATCH}.datagroups.desktop_health_last_updated",
                "lantern_desktop.data_sources.clients_daily",
                f"{DATA}.{WATCH}.desktop_health_statistics",
                *(
                    f"{DATA}.{WATCH}.desktop_health_statistics.{name}"
                    for name in ("submission_date", "branch", "point", "metric", "statistic")
                ),
                *(f"{DATA}.{WATCH}.desktop_health_statistics.{name}" for name in ("os", "country")),
            },
        },
    ),
    f"{WATCH}.dashboards.desktop_health.filters.OS": (
        Kind.CONTROL,
        line(f"{HUB}/opmon/desktop-health.toml", "[project]"),
        {
            "stands_on": {f"{HEALTH}.os"},
            "used_by": {
                f"{WATCH}.dashboards.desktop_health.tiles.{name}"
                for name in (
                    *("Usage_mean", "Searches_mean", "Crashes_mean"),
                    "Startup time (ms)_percentile",
                )
            },
        },
    ),
    "desktop_health.rollup_usage_mean": (
        Kind.AGGREGATE,
        line(f"{HUB}/opmon/desktop-health.toml", "[project]"),
        {
            "stands_on": {
                *(f"{HEALTH}.{name}" for name in ("submission_date", "branch", "point")),
                *(f"{HEALTH}.{name}" for name in ("metric", "statistic", "os", "country")),
                f"{WATCH}.explores.desktop_health",
                f"{WATCH}.datagroups.desktop_health_last_updated",
            }
        },
    ),
    f"{WATCH}.projects.release_overview": (
        Kind.PROJECT,
        line(f"{HUB}/opmon/release-overview.toml", "[project]"),
        {"used_by": {f"{WATCH}.dashboards.release_overview", "dbt.models.release_overview_v1"}},
    ),
    # the rest
    "business.datagroups.countries_last_updated": (
        Kind.DATAGROUP,
        line("namespaces.yaml", '"*":', after="business:"),
        {
            "stands_on": {f"{DATA}.business.countries"},
            "used_by": {"business.explores.countries"},
        },
    ),
    "lantern_desktop__baseline": (
        Kind.MODEL,
        line(DESKTOP, "[data_sources.baseline]"),
        {
            "stands_on": {
                "lantern_desktop.metrics.uri_count_v1",
                "lantern_desktop.data_sources.baseline",
                f"{DATA}.lantern_desktop.baseline",
                f"{DATA}.lantern_desktop.clients_daily",
            }
        },
    ),
    "lantern_desktop.metrics.ad_click_rate": (
        Kind.METRIC,
        line(DESKTOP, "[metrics.ad_click_rate]"),
        {
            "stands_on": {
                "lantern_desktop.metrics.ad_clicks",
                "lantern_desktop.metrics.search_count",
            },
        },
    ),
    "lantern_desktop.data_sources.base_fields": (
        Kind.SOURCE,
        line(f"{LOOKER}/lantern_desktop.toml", "[data_sources.base_fields]"),
        {"stands_on": {f"{DATA}.lantern_desktop.clients_daily"}},
    ),
    "lantern_desktop/explores/client_activity.explore.lkml": (
        Kind.FILE,
        line("namespaces.yaml", "client_activity:"),
        {
            "holds": {"lantern_desktop.explores.client_activity"},
            "stands_on": {
                "lookml/lantern_desktop/views/clients_daily.view.lkml",
                "lookml/lantern_desktop/datagroups/clients_daily_last_updated.datagroup.lkml",
            },
        },
    ),
}
SOME = {f"{WATCH}.projects.release_overview"}
"""Those of which not all users are listed above."""


@pytest.mark.parametrize("name", FACTS)
def test_facts(name: str, known: Known) -> None:
    """Kind, place, and what it has to do with; nothing is missing, nothing is too much."""
    kind, at, lists = FACTS[name]
    found = told(name, known)

    assert (kind, at) == (found.thing.kind, str(found.thing.at))
    for which, expected in lists.items():
        got = names(found, which)
        assert expected <= got if name in SOME else expected == got, which


def test_a_tile_says_its_metric_and_statistic(known: Known) -> None:
    """With the line of the metric, and that of its data source."""
    found = told(f"{WATCH}.dashboards.desktop_health.tiles.Startup time (ms)_percentile", known)
    facts = dict(found.thing.facts)
    places = {m.thing.name: str(m.thing.at) for m in (*found.stands_on, *found.rests_on)}

    assert ("startup_ms", "percentile") == (facts["metric"], facts["statistic"])
    assert line(DESKTOP, "[metrics.startup_ms]") == places["lantern_desktop.metrics.startup_ms"]
    assert (
        line(DESKTOP, "[data_sources.clients_daily]")
        == places["lantern_desktop.data_sources.clients_daily"]
    )
    assert {"statistic percentile"} == {
        m.how for m in found.stands_on if m.thing.kind is Kind.METRIC
    }


def test_a_tile_for_whatever_is_chosen_shows_all_metrics(known: Known) -> None:
    """And only those of its project."""
    found = told(f"{WATCH}.dashboards.release_overview.tiles.Metric", known)
    project = told(f"{WATCH}.projects.release_overview", known)

    assert names(project, "stands_on", kind=Kind.METRIC) == names(
        found, "stands_on", kind=Kind.METRIC
    )


def test_a_project_reads_the_tables_of_its_own_channel(known: Known) -> None:
    """Not those that its data sources read for everybody."""
    found = told(f"{WATCH}.projects.release_overview", known)
    read = {m.thing.name for m in found.stands_on if m.how == "reads"}

    assert read
    assert {"lantern_desktop_release"} == {name.split(".")[1] for name in read}
    assert "lantern_desktop" not in {
        name.split(".")[1] for name in names(found, "rests_on", kind=Kind.RELATION)
    }


def test_owners(known: Known) -> None:
    """Of the namespace, the metric, the project above, and the tables."""
    measure = {(o.name, o.of) for o in told(f"{METRICS}.search_count_sum", known).owners}
    tile = {(o.name, o.of.kind) for o in told("desktop_health.Crashes", known).owners}

    assert ("data-platform@example.org", Key(Kind.NAMESPACE, "lantern_desktop")) in measure
    assert (
        "search@example.org",
        Key(Kind.METRIC, "lantern_desktop.metrics.search_count"),
    ) in measure
    assert {
        ("stability@example.org", Kind.METRIC),
        ("search@example.org", Kind.PROJECT),
    } <= tile


# laws


def test_every_name_can_be_asked_for(known: Known, index: Index) -> None:
    """A full name means one thing: itself; the columns of whatever somebody reads, too."""
    for thing in index.things.values():
        assert (thing,) == meant(thing.name, index), thing.name
    for thing in list(index.things.values())[::17]:
        assert [thing.key] == [found.key for found in candidates(thing.name, known).things]


def test_who_uses_is_who_stands_on(index: Index) -> None:
    """Seen from both ends, by itself and through others."""
    check_both_ends(index, index.things.values())


def check_both_ends(index: Index, things: Iterable[Thing]) -> None:
    """Whatever one end says, the other says."""
    for thing in things:
        found = answer(thing, index)
        for mention in found.stands_on:
            back = index.used_by(mention.thing.key)[thing.key]
            assert mention.how == back.how
        for mention in found.used_by:
            assert thing.key in index.stands_on(mention.thing.key)
        assert all(mention.thing.key in index.things for mention in found.rests_on)


def test_through_others_is_seen_from_both_ends(index: Index) -> None:
    """What a thing rests on, that thing reaches."""
    answers = {key: answer(thing, index) for key, thing in index.things.items()}
    rests = {(key, m.thing.key) for key, found in answers.items() for m in led(found, "on")}
    reaches = {(m.thing.key, key) for key, found in answers.items() for m in led(found, "by")}
    assert rests
    assert {pair for pair in rests if pair[0] in answers} == reaches


def led(found: Answer, which: str) -> tuple[Any, ...]:
    """All that a thing stands on or is used by, by itself or through others."""
    if which == "on":
        return (*found.stands_on, *found.rests_on)
    return (*found.used_by, *found.reaches)


def test_a_part_says_what_the_whole_says(known: Known, index: Index) -> None:
    """Only what has to do with a thing is indexed; the answer is that of the whole run."""
    for thing in list(index.things.values())[::7]:
        part = index_for(thing, known, index)
        assert answer(thing, index) == answer(thing, part), thing.name


def test_fields_are_those_of_the_text(known: Known, index: Index) -> None:
    """Another reader of the printed files finds the same fields below each field."""
    counted = 0
    for path, artifact in known.lookml.artifacts.items():
        if path.endswith(".view.lkml"):
            namespace = path.partition("/")[0]
            for view in lkml.load(known.lookml.printer(artifact)).get("views", ()):
                counted += check_view(view, namespace, index)
    assert counted > 100


def check_view(view: dict[str, Any], namespace: str, index: Index) -> int:
    """The references in the SQL of the fields of a view."""
    above, counted = f"{namespace}.views.{view['name']}", 0
    kinds = {"dimensions": Kind.DIMENSION, "measures": Kind.MEASURE}
    for group, kind in kinds.items():
        for field in view.get(group, ()):
            named = set(re.findall(r"\$\{(\w+)\}", field.get("sql", ""))) - {"TABLE"}
            stood = index.stands_on(Key(kind, f"{above}.{field['name']}"))
            for name in named:
                counted += 1
                meant_by = {key for n, key in fields_of(above, index) if n == name}
                assert meant_by & stood.keys(), (field, name)
    return counted


def fields_of(above: str, index: Index) -> Iterator[tuple[str, Key]]:
    """The fields of a view, by each of their names."""
    for key in index.parts.get(Key(Kind.VIEW, above), ()):
        for called in index.things[key].called:
            yield called.rpartition(".")[2], key


def test_tiles_are_those_of_the_text(known: Known, index: Index) -> None:
    """Each field of the YAML of a dashboard is one that its tile stands on."""
    counted = 0
    for path, artifact in known.lookml.artifacts.items():
        if path.endswith(".dashboard.lookml"):
            (board,) = yaml.safe_load(known.lookml.printer(artifact))
            for tile in board["elements"]:
                name = f"{WATCH}.dashboards.{board['dashboard']}.tiles.{tile['name']}"
                fields = {*tile["fields"], *tile.get("filters", {}), *tile["listen"].values()}
                stood = {key.name for key in index.stands_on(Key(Kind.TILE, name))}
                assert {f"{WATCH}.views.{field}" for field in fields} <= stood
                counted += 1
    assert counted > 20


# the command, and its page


def run(demo: Path, *words: str) -> click.testing.Result:
    """The command, in the folder of the example."""
    settings = ("--warehouse", f"duckdb:{demo}", "--output", str(demo.parent / "output"))
    return click.testing.CliRunner().invoke(main, ["explain", *words, *settings, "--quiet"])


@pytest.mark.usefixtures("known")
def test_the_command(demo: Path) -> None:
    """One thing, several things, nothing; words are joined; nothing is written."""
    before = sorted(demo.parent.rglob("*"))
    one = run(demo, "desktop_health", "Searches")
    several = run(demo, "search_count")
    nothing = run(demo, "serch_count")

    assert (0, 0, 2) == (one.exit_code, several.exit_code, nothing.exit_code), one.output
    assert one.output.startswith(f"tile {WATCH}.dashboards.desktop_health.tiles.Searches_mean\n")
    assert "metric     lantern_desktop.metrics.search_count" in several.output
    assert "did you mean `search_count`" in nothing.stderr
    assert before == sorted(demo.parent.rglob("*"))


@pytest.mark.usefixtures("known")
def test_a_file_as_it_stands_in_the_output(demo: Path) -> None:
    """The path that a shell completes is enough."""
    path = demo.parent / "output/lookml/business/views/accounts.view.lkml"
    done = run(demo, str(path), "--format", "json")

    found = json.loads(done.stdout)
    assert "lookml/business/views/accounts.view.lkml" == found["answer"]["name"]


def page() -> str:
    """The page about it."""
    return (ROOT / "docs/explain.md").read_text(encoding="utf-8")


def test_the_example_of_the_page(known: Known) -> None:
    """It is what is printed, to the last line."""
    (command,) = re.findall(r"^lookml-gen explain (\S+)$", page(), re.MULTILINE)
    (shown,) = re.findall(r"^```text\n(.*?)\n```$", page(), re.MULTILINE | re.DOTALL)

    assert shown == printed(explained(command, known), "text")


def test_the_json_is_as_the_page_says(known: Known) -> None:
    """Its keys are those that are explained, no more and no less."""
    plain = json.loads(printed(explained(f"{METRICS}.search_count_sum", known), "json"))
    section = page().partition("## For machines")[2]
    table = page().partition("## Lists")[2]
    lists = set(re.findall(r"^\| [a-z ]+ \| `(\w+)` \|", table, re.MULTILINE))
    documented = set(re.findall(r"`(\w+)`", section.partition("An answer has")[2]))
    items = [item for name in lists for item in plain["answer"][name]]

    assert set(plain) == set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert set(plain["answer"]) == documented - {"path", "line", "owner", "how"} | lists
    assert {("at", "how", "kind", "name")} == {tuple(sorted(item)) for item in items}
    assert {"kind", "name", "owner"} == set(plain["answer"]["owners"][0])


def test_every_kind_is_in_the_page() -> None:
    """What can be asked for is said."""
    table = page().partition("## Names")[2].partition("## Lists")[0]
    assert [] == [kind.value for kind in Kind if kind.value not in table]


# a whole hub


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout")
def test_a_whole_hub(tmp_path: Path) -> None:
    """Every name leads on, both ends agree, a part says what the whole says; it is quick."""
    schemas = CORPUS / "schemas"
    (tmp_path / "settings.toml").write_text('[tool.lookml-gen]\nmonitoring-project = "shown"\n')
    given = {
        "namespaces": str(CORPUS / "namespaces.yaml"),
        "warehouse": (
            f"snapshot:{schemas / 'tables.jsonl.gz'}",
            f"snapshot:{schemas / 'tables_derived.jsonl.gz'}",
        ),
        "metric_hub": (str(CORPUS / "metric-hub"),),
        "opmon_projects": str(CORPUS / "opmon/projects.json"),
        "output": str(tmp_path / "output"),
    }
    known = built(Heard(world_of(load(tmp_path / "settings.toml", given))), (), Stages())
    index = index_of(known)
    things = list(index.things.values())

    assert len(things) > 100_000
    full = {thing.name for thing in things}
    assert len(full) == len(things)
    check_both_ends(index, things[::501])
    for thing in things[::2503]:
        found = candidates(thing.name, known)
        part = index_for(thing, known, found.index)
        told_by_part = answer(thing, part)
        assert [thing.key] == [item.key for item in found.things]
        assert answer(thing, index) == told_by_part, thing.name
