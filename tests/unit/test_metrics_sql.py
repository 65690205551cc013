"""SQL of data sources and metrics: it runs, and gives the numbers that it should."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from generator.diagnostics import Fault
from generator.metrics import DIALECTS, Hub, data_source_sql, load, metrics_sql
from generator.semantics.definition_checks import check_definitions
from generator.semantics.definitions import Platform

EXAMPLE = Path(__file__).parents[2] / "examples" / "metric-hub"

WEB = """
[metrics.visits]
data_source = "days"
select_expression = "SUM(visits)"
[metrics.buys]
data_source = "orders"
select_expression = "COUNT(*)"
[metrics.shops]
data_source = "shops"
select_expression = "MAX(size)"
[metrics.tall]
data_source = "tall"
select_expression = "SUM(tall.height)"

[data_sources.days]
from_expression = "web.days"
[data_sources.days.joins.people]
relationship = "one_to_many"
on_expression = "days.client_id = people.client_id"
[data_sources.orders]
from_expression = "web.orders"
client_id_column = "client"
submission_date_column = "DATE(sent)"
[data_sources.people]
from_expression = "(SELECT client_id, country, visits FROM web.people)"
submission_date_column = "NULL"
[data_sources.people.joins.places]
on_expression = "people.country = places.country"
[data_sources.places]
from_expression = "web.places"
client_id_column = "NULL"
submission_date_column = "NULL"
[data_sources.shops]
from_expression = "{dataset}.shops"
default_dataset = "web"
client_id_column = "NULL"
submission_date_column = "NULL"
[data_sources.tall]
from_expression = "web.tall"
[data_sources.tall.joins.orders]
"""
TABLES = """
CREATE SCHEMA web;
CREATE TABLE web.days AS FROM (VALUES ('a', DATE '2030-01-01', 2), ('b', DATE '2030-01-01', 3),
  (NULL, DATE '2030-01-01', 5), ('a', DATE '2030-01-02', 7))
  AS t(client_id, submission_date, visits);
CREATE TABLE web.orders AS FROM (VALUES ('a', TIMESTAMP '2030-01-01 10:00:00', 1.5),
  (NULL, TIMESTAMP '2030-01-01 11:00:00', 1.5), ('c', TIMESTAMP '2030-01-03 12:00:00', 1.5))
  AS t(client, sent, price);
CREATE TABLE web.people AS FROM (VALUES ('a', 'DE', 100), ('b', 'XX', 100))
  AS t(client_id, country, visits);
CREATE TABLE web.places AS FROM (VALUES ('DE', 'Europe')) AS t(country, continent);
CREATE TABLE web.shops AS FROM (VALUES (3), (4)) AS t(size);
CREATE TABLE web.tall AS FROM (VALUES ('a', DATE '2030-01-01', {'height': 9}))
  AS t(client_id, submission_date, tall);
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A small platform."""
    root = tmp_path_factory.mktemp("hub")
    (root / "definitions").mkdir()
    (root / "definitions" / "web.toml").write_text(WEB)
    return load(root)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Its tables."""
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


def rows(
    database: duckdb.DuckDBPyConnection, hub: Hub, *slugs: str, **given: Any
) -> list[tuple[Any, ...]]:
    """What the metrics of `web` are, in order."""
    sql = metrics_sql(hub, slugs, "web", dialect="duckdb", **given)
    found = database.execute(f"FROM {sql}").fetchall()
    return sorted(
        (tuple(map(str, row)) for row in found),
    )


def test_one_source(web: Hub, database: duckdb.DuckDBPyConnection) -> None:
    """Its metrics for each client and date; columns of joined sources do not get in the way."""
    found = rows(database, web, "visits", by_date=False)

    assert [("None", "5"), ("a", "9"), ("b", "3")] == found


def test_columns_of_joined_sources(web: Hub, database: duckdb.DuckDBPyConnection) -> None:
    """A column of a joined source is named with its slug; a nested join shows its own columns."""
    given = {"group_by": {"country": "people.country"}, "by_client": False, "by_date": False}

    assert [("DE", "9"), ("None", "8")] == rows(database, web, "visits", **given)


def test_several_sources(web: Hub, database: duckdb.DuckDBPyConnection) -> None:
    """Rows of either side keep their keys, and no client is the same as no client."""
    expected = [
        ("None", "2030-01-01", "5", "1"),
        ("a", "2030-01-01", "2", "1"),
        ("a", "2030-01-02", "7", "None"),
        ("b", "2030-01-01", "3", "None"),
        ("c", "2030-01-03", "None", "1"),
    ]

    assert expected == rows(database, web, "visits", "buys")


def test_three_sources(web: Hub, database: duckdb.DuckDBPyConnection) -> None:
    """A third source joins whichever of the others has the row."""
    found = rows(database, web, "visits", "buys", "shops", by_date=False)

    assert ("c", "None", "1", "None") in found
    assert ("None", "5", "1", "4") in found  # no client: that of the shops, too
    assert 4 == len(found)


def test_nothing_to_group_by(web: Hub, database: duckdb.DuckDBPyConnection) -> None:
    """Single rows stand side by side."""
    given = {"by_client": False, "by_date": False}

    assert [("17", "3", "4")] == rows(database, web, "visits", "buys", "shops", **given)


def test_a_column_like_its_source(web: Hub, database: duckdb.DuckDBPyConnection) -> None:
    """In an expression, the name of the source is a column: the alias is ours."""
    assert [("a", "2030-01-01", "9")] == rows(database, web, "tall")


def test_where(web: Hub, database: duckdb.DuckDBPyConnection) -> None:
    """A condition holds in every source, or in the one it is for."""
    given = {"where": {"days": "visits > 2", "orders": "price > 2"}, "by_date": False}

    assert [("None", "5", "None"), ("a", "7", "None"), ("b", "3", "None")] == rows(
        database, web, "visits", "buys", **given
    )


def test_definitions_stay_as_they_are(web: Hub) -> None:
    """Asking twice gives the same; nothing is changed."""
    before = repr(web)
    first, second = (metrics_sql(web, ["visits", "buys"], "web") for _ in range(2))

    assert first == second
    assert before == repr(web)


def test_nothing_says_so(web: Hub) -> None:
    """A source without clients has nothing there, with a comment."""
    sql = metrics_sql(web, ["shops"], "web")

    assert "CAST(NULL AS STRING) AS client_id, /* shops has no client_id */" in sql
    assert "GROUP BY" not in sql


def test_nested_joins(web: Hub) -> None:
    """A joined source with joins is a subquery under its own name."""
    tree = sqlglot.parse_one(data_source_sql(web, "days", "web"), read="bigquery")
    (join,) = tree.args["joins"]

    assert "people" == join.this.alias
    assert ["places"] == [inner.this.alias for inner in join.this.this.args["joins"]]
    assert "SELECT people.* FROM" in join.this.sql()


def test_ignored_joins(web: Hub) -> None:
    """The source by itself."""
    sql = data_source_sql(web, "days", "web", ignore_joins=True)

    assert "SELECT * FROM (SELECT * FROM web.days) AS days" == " ".join(sql.split()).replace(
        "( ", "("
    ).replace(" )", ")")


@pytest.mark.parametrize(
    ("slugs", "given", "code"),
    [
        (["vists"], {}, "unknown-reference"),
        (["visits"], {"where": "1; DROP TABLE x"}, "unparsable-definition"),
        (["visits"], {"where": "x) UNION ALL (SELECT 1"}, "unparsable-definition"),
        (["visits"], {"group_by": {"x": "a FROM b"}}, "unparsable-definition"),
        (["visits"], {"group_by": ["Visits"]}, "alike-slugs"),
    ],
)
def test_faults(web: Hub, slugs: list[str], given: dict[str, Any], code: str) -> None:
    """What is wrong is a fault with a place or a hint."""
    with pytest.raises(Fault) as found:
        metrics_sql(web, slugs, "web", **given)

    assert code == found.value.diagnostic.code


def test_misuse(web: Hub) -> None:
    """No metric, no such dialect, no such platform."""
    with pytest.raises(ValueError, match="at least one"):
        metrics_sql(web, [], "web")
    with pytest.raises(ValueError, match="no dialect 'oracle'"):
        metrics_sql(web, ["visits"], "web", dialect="oracle")
    with pytest.raises(Fault, match="unknown-platform"):
        metrics_sql(web, ["visits"], "wbe")


# the example


@pytest.fixture(scope="module")
def lantern() -> Hub:
    """The example as Looker sees it."""
    return load(EXAMPLE, tool="looker")


@pytest.fixture(scope="module")
def demo(lantern_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The example warehouse."""
    with duckdb.connect(lantern_data, read_only=True) as connection:
        yield connection


def platforms(hub: Hub) -> tuple[Platform, ...]:
    """All platforms of the example, each of them with something in it."""
    assert ["business", "lantern_desktop", "lantern_mobile"] == [p.name for p in hub.platforms]
    return hub.platforms


def test_the_example_is_well(lantern: Hub) -> None:
    """Nothing is wrong with it, and nothing could be better."""
    assert () == lantern.diagnostics
    assert [] == list(check_definitions(lantern.platforms))


def test_the_example_has_everything(lantern: Hub) -> None:
    """Every construct that definitions have is in it."""
    metrics = [metric for p in platforms(lantern) for metric in p.metrics]
    sources = [source for p in lantern.platforms for source in p.data_sources]
    statistics = [statistic for metric in metrics for statistic in metric.statistics]
    relationships = {join.relationship for source in sources for join in source.joins}
    written = "".join(path.read_text() for path in sorted(EXAMPLE.rglob("*.toml")))

    assert 9 == len({statistic.name for statistic in statistics})
    assert 5 == len(relationships)
    assert any(s.name == "rolling_average" and s.period_over_period for s in statistics)
    assert 3 == len({metric.level for metric in metrics} - {None})
    assert any(metric.depends_on for metric in metrics)
    assert any(metric.deprecated for metric in metrics)
    assert any(not metric.bigger_is_better for metric in metrics)
    assert any(len(metric.owners) > 1 for metric in metrics)
    assert any(source.client_id is None for source in sources)
    assert any(source.submission_date is None for source in sources)
    for text in ("joins = {}", "{dataset}", "'*'.joins", 'type = "histogram"', "{{agg_any("):
        assert text in written
    assert all((p.segments, p.dimensions) for p in lantern.platforms if p.name == "lantern_desktop")


def test_the_example_runs(lantern: Hub, demo: duckdb.DuckDBPyConnection) -> None:
    """The SQL of every data source and of every metric runs, and there are rows."""
    for platform in platforms(lantern):
        for source in platform.data_sources:
            sql = data_source_sql(lantern, source.slug, platform.name, dialect="duckdb")
            assert demo.execute(f"{sql} LIMIT 1").fetchall(), source.slug
        slugs = [metric.slug for metric in platform.metrics if metric.expression]
        for some in (*([slug] for slug in slugs), slugs):
            sql = metrics_sql(lantern, some, platform.name, dialect="duckdb")
            assert demo.execute(f"FROM {sql} LIMIT 1").fetchall(), some


def test_the_example_is_right(lantern: Hub, demo: duckdb.DuckDBPyConnection) -> None:
    """Side by side, metrics of several data sources are what each is by itself."""
    slugs = ["search_count", "startup_mean_ms", "bookmarks_made", "uri_count_v1"]
    given: dict[str, Any] = {"by_client": False, "dialect": "duckdb"}
    together = demo.execute(f"FROM {metrics_sql(lantern, slugs, 'lantern_desktop', **given)}")
    found = {row[0]: row[1:] for row in together.fetchall()}
    for place, slug in enumerate(slugs):
        alone = demo.execute(f"FROM {metrics_sql(lantern, [slug], 'lantern_desktop', **given)}")

        assert dict(alone.fetchall()) == {day: row[place] for day, row in found.items()}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_example_prints(lantern: Hub, dialect: str) -> None:
    """What is printed reads back in its dialect."""
    for platform in platforms(lantern):
        slugs = [metric.slug for metric in platform.metrics if metric.expression]
        sql = metrics_sql(lantern, slugs, platform.name, dialect=dialect)

        tree = sqlglot.parse_one(sql, read=dialect)

        assert sorted(slugs) == sorted(set(tree.this.named_selects) & set(slugs))
