"""The example warehouse: what its README promises holds."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from generator.demo import DemoSummary, scripts, write_demo

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def heard() -> list[str]:
    """What the one run of this session said while it went on."""
    return []


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, heard: list[str]) -> tuple[Path, DemoSummary]:
    """A warehouse with the name that people use."""
    path = tmp_path_factory.mktemp("demo") / "lantern-data.duckdb"
    return path, write_demo(path, progress=heard.append)


@pytest.fixture(scope="session")
def warehouse(demo: tuple[Path, DemoSummary]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, open."""
    with duckdb.connect(demo[0], read_only=True) as connection:
        yield connection


def relations(warehouse: duckdb.DuckDBPyConnection, kind: str = "%") -> list[str]:
    """The names `dataset.table`, sorted."""
    found = warehouse.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_type LIKE ? ORDER BY ALL",
        [kind],
    )
    return [name for (name,) in found.fetchall()]


def digests(warehouse: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """One hash per table over its rows in order; views follow from the tables."""
    query = """
        SELECT md5(string_agg(line, '' ORDER BY line))
        FROM (SELECT md5(t::VARCHAR) AS line FROM {} AS t)
    """
    return {
        name: warehouse.execute(query.format(name)).fetchall()
        for name in relations(warehouse, "BASE TABLE")
    }


def paths(columns: list[tuple[str, Any]], above: str = "") -> Iterator[str]:
    """The dotted path of every field; lists are looked through."""
    for name, kind in columns:
        yield above + name
        inner = kind
        while inner.id == "list":
            inner = inner.children[0][1]
        if inner.id == "struct":
            yield from paths(inner.children, f"{above}{name}.")


def all_paths(warehouse: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Every field of the warehouse: relation and dotted path."""
    found = set()
    for name in relations(warehouse):
        relation = warehouse.sql(f"FROM {name}")
        fields = list(zip(relation.columns, relation.types, strict=True))
        found |= {(name, path) for path in paths(fields)}
    return found


def test_same_every_time(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run gives the same rows, with one thread and under another name too."""
    single = partial(duckdb.connect, config={"threads": 1})
    monkeypatch.setattr(duckdb, "connect", single)
    write_demo(tmp_path / "other.duckdb")
    with single(tmp_path / "other.duckdb") as other:
        assert digests(other) == digests(warehouse)


def test_replaces_the_old_file_or_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that fails changes nothing and leaves no draft."""
    broken = tmp_path / "10_broken.sql"
    broken.write_text("SELECT nothing FROM nowhere", encoding="utf-8")
    target = tmp_path / "out" / "demo.duckdb"
    target.parent.mkdir()
    target.write_text("the old one", encoding="utf-8")
    monkeypatch.setattr("generator.demo.scripts", lambda: (broken,))
    with pytest.raises(duckdb.Error):
        write_demo(target)
    assert [file.read_text(encoding="utf-8") for file in target.parent.iterdir()] == ["the old one"]


def test_summary(demo: tuple[Path, DemoSummary], warehouse: duckdb.DuckDBPyConnection) -> None:
    """The summary counts what is there, and the file is small."""
    path, summary = demo
    names = [n for n in relations(warehouse, "BASE TABLE") if not n.startswith("lookml_gen.")]
    assert summary.tables == len(names)
    assert summary.rows == sum(
        len(warehouse.execute(f"SELECT 1 FROM {name}").fetchall())  # noqa: S608 - likewise
        for name in names
    )
    assert summary.bytes == path.stat().st_size < 30_000_000


@pytest.mark.usefixtures("demo")
def test_says_what_it_is_doing(heard: list[str]) -> None:
    """One word of progress per SQL file, in order."""
    assert len(heard) == len(scripts())
    assert heard.index("clients") < heard.index("clients daily")


def test_namespaces_name_what_exists(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Every table of namespaces.yaml is in the warehouse, every base view in its namespace."""
    listed = yaml.safe_load((ROOT / "namespaces.yaml").read_text(encoding="utf-8"))
    known = set(relations(warehouse)) | {"business.*"}
    views = [view for namespace in listed.values() for view in namespace["views"].values()]
    tables = [table["table"] for view in views for table in view["tables"]]
    assert {table.removeprefix("lantern-data.") for table in tables} <= known
    for namespace in listed.values():
        bases = {explore["views"]["base_view"] for explore in namespace["explores"].values()}
        assert bases <= set(namespace["views"])


def test_descriptions_describe_something(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Every described relation and field exists, and none is described twice."""
    described = warehouse.execute(
        "SELECT table_schema || '.' || table_name, field_path FROM lookml_gen.fields"
    ).fetchall()
    assert len(described) == len(set(described))
    assert set(described) <= all_paths(warehouse)
    names = warehouse.execute(
        "SELECT table_schema || '.' || table_name FROM lookml_gen.relations"
    ).fetchall()
    assert len(names) == len(set(names))
    assert {name for (name,) in names} <= set(relations(warehouse))


def test_the_dictionary_speaks_of_columns_that_exist(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Every entry of the column dictionary is a column somewhere."""
    dictionary = yaml.safe_load((ROOT / "examples/columns.yaml").read_text(encoding="utf-8"))
    assert set(dictionary) <= {path for _, path in all_paths(warehouse)}


def test_every_type_is_there(warehouse: duckdb.DuckDBPyConnection) -> None:
    """All that DuckDB can hold of BigQuery's types, lists of scalars among them."""
    found = warehouse.execute(
        "SELECT DISTINCT data_type FROM information_schema.columns"
    ).fetchall()
    simple = {kind for (kind,) in found if not kind.startswith(("STRUCT", "MAP"))}
    assert simple == {
        *("VARCHAR", "BLOB", "BOOLEAN", "JSON"),
        *("BIGINT", "DOUBLE", "DECIMAL(38,9)", "DECIMAL(38,18)", "HUGEINT"),
        *("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME", "INTERVAL"),
        *("VARCHAR[]", "BIGINT[]", "DOUBLE[]"),
    }


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("lantern_desktop.baseline", "document_id"),
        ("lantern_desktop.metrics", "document_id"),
        ("lantern_desktop.crash", "document_id"),
        ("lantern_desktop.events", "event_id"),
        ("lantern_desktop.clients_daily", "(client_id, submission_date)"),
        ("lantern_mobile.core", "document_id"),
        ("lantern_mobile.usage", "document_id"),
        ("lantern_mobile.clients_daily", "client_day_id"),
        ("business.accounts", '"accountId"'),
    ],
)
def test_keys_are_unique(warehouse: duckdb.DuckDBPyConnection, table: str, key: str) -> None:
    """What serves as a primary key is one."""
    query = f"SELECT count(*) - count(DISTINCT {key}) FROM {table}"  # noqa: S608 - from above
    assert warehouse.execute(query).fetchall() == [(0,)]


def test_the_rollout_works(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The branches agree until the start; then treatment is faster, steadier and used more."""
    query = """
        WITH branches AS (
          SELECT DISTINCT client_id, enrolment.value AS branch
          FROM lantern_desktop.clients_daily, unnest(experiments) AS unnested(enrolment)
          WHERE enrolment.key = 'faster-first-paint-rollout'
        ), means AS (
          SELECT
            submission_date >= DATE '2026-06-22' AS started, branch,
            avg(startup_ms) AS startup, avg(crash_count) AS crashes, avg(active_hours) AS hours
          FROM lantern_desktop.clients_daily JOIN branches USING (client_id) GROUP BY ALL
        )
        SELECT t.startup / c.startup, t.crashes / c.crashes, t.hours / c.hours
        FROM means AS t JOIN means AS c USING (started)
        WHERE t.branch = 'treatment' AND c.branch = 'control'
        ORDER BY started
    """
    before, after = warehouse.execute(query).fetchall()
    assert before == pytest.approx((1, 1, 1), abs=0.05)
    assert after == pytest.approx((0.85, 2 / 3, 1.05), abs=0.03)


def test_the_rollout_shows_in_the_histograms(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The startup histogram says the same, and its sum is the sum of its buckets."""
    query = """
        SELECT avg(metrics.timing_distribution.startup.sum)
        FROM lantern_desktop.metrics, unnest(ping_info.experiments) AS unnested(enrolment)
        WHERE enrolment.key = 'faster-first-paint-rollout'
        GROUP BY enrolment.value.branch ORDER BY enrolment.value.branch
    """
    (control,), (treatment,) = warehouse.execute(query).fetchall()
    assert treatment / control == pytest.approx(0.85, abs=0.03)
    query = """
        SELECT bool_and(startup.sum = list_sum(list_transform(
          startup."values", lambda bucket: bucket.key::BIGINT * bucket.value)))
        FROM (SELECT metrics.timing_distribution.startup FROM lantern_desktop.metrics)
    """
    assert warehouse.execute(query).fetchall() == [(True,)]


def test_most_common_values_stand_out(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The commonest country, system and locale are at least twice as common as the next."""
    for column in ("country", "os", "locale"):
        query = (
            f"SELECT count(*) FROM lantern_desktop.clients_daily GROUP BY {column} ORDER BY 1 DESC"  # noqa: S608 - likewise
        )
        (first,), (second,), *_ = warehouse.execute(query).fetchall()
        assert first > 2 * second
