"""The dbt project: its texts are safe, its names are nobody else's, and what it lacks is said."""

from pathlib import Path

import jinja2
import pytest
import yaml

from generator import dbt
from generator.builders.dbt_sources import sources_of
from generator.dbt.syntax import print_sql, print_yaml
from generator.facts.catalog import Needs
from generator.pipeline import Build, generate
from generator.publish.disk import read_manifest
from generator.publish.tree import Fate
from generator.run import Outcome, write_output
from generator.settings import Settings
from generator.sources.snapshot import write_snapshot
from generator.stages import Stages
from tests import fakes
from tests.reading import rendered

CASE = Path(__file__).parents[1] / "cases" / "dbt" / "statistics"

TABLE = """
acme.shop.orders:
  columns: {client_id: STRING, submission_date: DATE, orders: INT64}
"""
SOURCE = """
[data_sources.orders]
from_expression = "acme.shop.orders"
"""
ORDERS = """
[metrics.orders]
data_source = "orders"
select_expression = "SUM(orders)"
[metrics.orders.statistics.sum]
"""


def built(folder: Path, catalog: str = TABLE, **platforms: str) -> Build:
    """A run over the definitions of some platforms, as Looker sees them."""
    definitions = folder / "metric-hub" / "looker" / "definitions"
    definitions.mkdir(parents=True)
    for name, text in platforms.items():
        (definitions / f"{name}.toml").write_text(text, encoding="utf-8")
    (folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
    (folder / "namespaces.yaml").write_text("{}", encoding="utf-8")
    return generate(fakes.folder(folder))


def properties(build: Build, path: str) -> dbt.Properties:
    """The content of a YAML file."""
    content = build.dbt.artifacts[path].content
    assert isinstance(content, dbt.Properties)
    return content


def said(build: Build, code: str) -> list[str]:
    """The messages of a code."""
    return [item.message for item in build.diagnostics if item.code == code]


# texts

HOSTILE = (
    "{{ env_var('SECRET') }}",
    "{% raw %} {%- endraw -%}",
    "{# a comment",
    "{{{ three",
    "yes",
    "1e3",
    "- a: b # c",
    "'quoted' \"twice\"",
    "two\nlines",
    "Grüße \N{WAFFLE}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_prose_is_not_run(text: str) -> None:
    """Dbt shows prose as it is, but for the blanks that part its braces."""
    column = dbt.Column("a", text, config=dbt.Config(meta={"said": [text]}))
    model = dbt.ModelProperties("visits", columns=(column,))
    file = yaml.safe_load(print_yaml(dbt.Properties(models=(model,)), "ours"))
    (found,) = file["models"][0]["columns"]

    assert text.replace(" ", "") == found["description"].replace(" ", "")
    for shown in (found["description"], *found["config"]["meta"]["said"]):
        assert shown == render(shown)


def test_calls_are_run() -> None:
    """What dbt is to render stays as it is."""
    model = dbt.SemanticModel("visits", dbt.ref("it's"))
    file = yaml.safe_load(print_yaml(dbt.Properties(semantic_models=(model,)), "ours"))

    assert "ref('it\\'s')" == file["semantic_models"][0]["model"]


def test_sql_renders_to_itself() -> None:
    """Braces in SQL are its own, for every target; tables are those of the sources."""
    sql = {
        "duckdb": "SELECT '{{x}} {% y %} {# z #}', {'a': {'b': 1}} FROM t_1 JOIN t_10",
        "bigquery": "SELECT '{{{' FROM t_1",
    }
    sources = {"t_1": dbt.source("shop", "orders"), "t_10": dbt.source("shop", "it's")}
    text = print_sql(dbt.Model(sql, sources), "ours")

    for target, expected in sql.items():
        named = expected.replace("t_10", "<shop/it's>").replace("t_1", "<shop/orders>")
        assert named == rendered(text, target)


def render(text: str) -> str:
    """What Jinja makes of a text."""
    return (
        jinja2.Environment(keep_trailing_newline=True, autoescape=True).from_string(text).render()
    )


# sources


def test_a_dataset_of_two_projects_is_two_sources() -> None:
    """The project is said where the dataset alone would not tell."""
    sources = sources_of("web", ["acme.shop.orders", "other.shop.orders", "acme.log.visits", "x"])

    assert ["web__acme__shop", "web__log", "web__other__shop"] == sorted(
        sources.name_of(table) for table in sources.tables
    )


def test_a_table_without_project_is_in_the_targets(tmp_path: Path) -> None:
    """Its source has no database, so dbt takes that of the target."""
    text = SOURCE.replace("acme.", "") + ORDERS
    build = built(tmp_path, web=text)
    (source,) = properties(build, "models/web/sources.yml").sources

    assert (None, "shop") == (source.database, source.schema)
    assert "source('web__shop', 'orders')" in build.dbt["models/web/web__orders.sql"]


def test_a_table_that_is_unread_stays_a_source(tmp_path: Path) -> None:
    """What was published over it names it; its own files are held, not made."""
    catalog = TABLE + "acme.shop.visits: {unread: access denied}\n"
    visits = """
[metrics.visits]
data_source = "visits"
select_expression = "COUNT(*)"
[data_sources.visits]
from_expression = "acme.shop.visits"
"""
    build = built(tmp_path, catalog, web=SOURCE + ORDERS + visits)
    (source,) = properties(build, "models/web/sources.yml").sources

    assert ["orders", "visits"] == [table.name for table in source.tables]
    assert "models/web/web__visits.sql" not in build.dbt
    assert "acme.shop.visits" in build.holds.relations


# names


def test_names_of_metrics_are_global(tmp_path: Path) -> None:
    """Where two platforms come to one name, the second loses it, and it is said."""
    text = (SOURCE + ORDERS).replace("[metrics.orders", "[metrics.new_orders")
    build = built(tmp_path, web=text, web_new=SOURCE + ORDERS)
    names = [
        metric.name
        for artifact in build.dbt.artifacts.values()
        if isinstance(artifact.content, dbt.Properties)
        for metric in artifact.content.metrics
    ]

    assert ["web_new_orders_sum"] == names
    (message,) = said(build, "unexpressed-metric")
    assert message.endswith("another metric has that name: `web_new_orders_sum` (1 of `web_new`)")


def test_labels_are_global(tmp_path: Path) -> None:
    """Two metrics of one label are told apart by their names."""
    other = ORDERS.replace("[metrics.orders", "[metrics.more")
    named = other.replace("data_source =", 'friendly_name = "Orders"\ndata_source =')
    text = SOURCE + ORDERS + named
    labels = [m.label for m in properties(built(tmp_path, web=text), PATH).metrics]

    assert ["Web: Orders Sum", "Web: Orders Sum (web_more_sum)"] == labels


PATH = "models/web/web__orders.yml"


# grains


@pytest.mark.parametrize(
    ("keys", "grain", "has_metrics"),
    [
        ("", ["client_id", "submission_date"], True),
        ('client_id_column = "NULL"', ["submission_date"], True),
        ('submission_date_column = "NULL"', ["client_id"], False),
        ('client_id_column = "NULL"\nsubmission_date_column = "NULL"', [], False),
    ],
)
def test_grains(keys: str, grain: list[str], *, has_metrics: bool, tmp_path: Path) -> None:
    """A row is a client on a day, as far as a source has either; without a day are no metrics."""
    build = built(tmp_path, web=SOURCE + keys + ORDERS)
    found = properties(build, PATH)
    (model,) = found.models

    assert [*grain, "orders"] == [column.name for column in model.columns]
    assert has_metrics == bool(found.metrics) == bool(found.semantic_models)
    assert has_metrics == (not said(build, "unexpressed-metric"))
    assert [grain] * bool(grain) == [test.arguments["columns"] for test in model.data_tests]


def test_a_moment_is_made_a_day(tmp_path: Path) -> None:
    """Rows are by day, though the date of the source be a time."""
    catalog = TABLE.replace("DATE", "TIMESTAMP")
    sql = built(tmp_path, catalog, web=SOURCE + ORDERS).dbt["models/web/web__orders.sql"]

    assert "CAST(submission_date AS DATE) AS submission_date" in sql


def test_a_word_of_sql_is_no_column(tmp_path: Path) -> None:
    """A metric with the name of a keyword gets another column, not another name."""
    text = SOURCE + ORDERS.replace("[metrics.orders", "[metrics.order")
    build = built(tmp_path, web=text)
    (measure,) = properties(build, PATH).semantic_models[0].measures

    assert " AS order_value\n" in build.dbt["models/web/web__orders.sql"]
    assert ("web_order_sum", "order_value") == (measure.name, measure.expr)


# writing


def test_without_definitions_there_is_no_project(tmp_path: Path) -> None:
    """Not a file, not the folder."""
    outcome = run(tmp_path, ())

    assert {} == outcome.dbt.fates
    assert not (tmp_path / "output" / "dbt").exists()


def test_both_projects_are_written_and_kept(tmp_path: Path) -> None:
    """Each has its manifest; a second run reads nothing, and an edit is noticed."""
    first = run(tmp_path, HUB)
    second = run(tmp_path, HUB)
    edited = tmp_path / "output" / "dbt" / "dbt_project.yml"
    edited.write_text("name: mine", encoding="utf-8")
    third = run(tmp_path, HUB)

    assert first.changes
    assert set(first.dbt.fates) == set(read_manifest(tmp_path / "output" / "dbt").files)
    assert not (tmp_path / "output" / "lookml" / "dbt_project.yml").exists()
    assert (True, first.dbt.fates.keys()) == (second.skipped, second.dbt.fates.keys())
    assert not second.changes
    assert {Fate.REFUSED} == {third.dbt.fates["dbt_project.yml"]}
    assert "name: mine" == edited.read_text(encoding="utf-8")


def test_a_project_goes_with_its_definitions(tmp_path: Path) -> None:
    """Without them all of it is removed, and nothing that is not ours."""
    run(tmp_path, HUB)
    profiles = tmp_path / "output" / "dbt" / "profiles.yml"
    profiles.write_text("mine", encoding="utf-8")
    outcome = run(tmp_path, ())

    assert {Fate.REMOVED} == set(outcome.dbt.fates.values())
    left = [path.name for path in profiles.parent.rglob("*") if path.is_file()]
    assert ["manifest.json", "profiles.yml"] == sorted(left)


HUB = (str(CASE / "metric-hub"),)


def run(folder: Path, metric_hub: tuple[str, ...]) -> Outcome:
    """A run over the case, its catalog recorded."""
    snapshot = folder / "catalog.jsonl"
    if not snapshot.exists():
        world = fakes.folder(CASE)
        write_snapshot(snapshot, world.catalog(Needs.of(fakes.answers(CASE / "catalog.yaml"))))
    settings = Settings(
        namespaces=str(CASE / "namespaces.yaml"),
        warehouse=(f"snapshot:{snapshot}",),
        metric_hub=metric_hub,
        output=str(folder / "output"),
    )
    return write_output(settings, Stages())
