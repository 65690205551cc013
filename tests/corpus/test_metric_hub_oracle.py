"""An independent reader of the same format comes to the same definitions and the same SQL.

Where it does not, one of us is wrong: `DEFECTS` lists what is wrong with the other one, and the
comparisons name the row that they make up for.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from generator.metrics import Hub, data_source_sql, load, metrics_sql
from generator.semantics.definitions import DataSource, Metric, Platform

pytestmark = pytest.mark.corpus
oracle_config = pytest.importorskip("metric_config_parser.config")

TOOLS = ("looker", "opmon", "jetstream")

DEFECTS = {
    "false is unset": "an override cannot switch a flag off: `other or self` drops false",
    "true is set": "an override that does not say `bigger_is_better` sets it to true",
    "lost upstream": "`depends_on` is looked up when a result is made, so a metric that depends on"
    " nothing known is kept",
    "lost metric": "an override that matches no metric is kept as a metric without expression",
    "lost blanks": "the TOML reader drops blanks at the ends of lines of a text",
    "lost alias": "the SELECT around a joined source hides the alias that its condition names",
    "lost default": "the column that a joined source leaves to its default is written `None`",
    "alias before a call": "`a.DATE(x)` is no SQL; the alias belongs before the columns",
    "alike columns": "around a join, plain columns may be those of either source",
    "lost keys": "of several data sources, rows that the first does not have lose their keys, and"
    " nothing is never the same as nothing",
    "lost dataset": "SQL keeps `{dataset}` and doubled braces",
}
"""What the library does that the format does not say, and why."""


class Oracle:
    """The library's view of the corpus for a tool."""

    def __init__(self, root: Path, tool: str) -> None:
        read = oracle_config.LocalConfigCollection.from_local_path
        self.collection = read(str(root))
        self.collection.merge(read(str(root / tool)))
        environment = self.collection.get_env()  # it compiles its templates anew for each query
        environment.from_string = cache(environment.from_string)
        self.collection.get_env = lambda: environment

    def platforms(self) -> dict[str, Any]:
        """The merged file of each platform."""
        found = {d.platform: d.spec for d in self.collection.definitions}
        return {name: spec for name, spec in found.items() if name != "functions"}


@pytest.fixture(scope="module", params=TOOLS)
def views(request: pytest.FixtureRequest, metric_hub: Path) -> tuple[str, Hub, Oracle]:
    """Tool, our view and the other."""
    return request.param, load(metric_hub, tool=request.param), Oracle(metric_hub, request.param)


def both(views: tuple[str, Hub, Oracle]) -> Iterator[tuple[Platform, Any]]:
    """Each platform, ours and theirs."""
    _, hub, oracle = views
    theirs = oracle.platforms()
    for platform in hub.platforms:
        yield platform, theirs[platform.name]


def lost(hub: Hub, platform: str, table: str) -> set[str]:
    """The slugs that our diagnostics say are left out."""
    subjects = (d.subject or "" for d in hub.diagnostics)
    parts = (subject.split(".") for subject in subjects)
    return {p[2] for p in parts if len(p) > 2 and p[:2] == [platform, table]}


def test_platforms(views: tuple[str, Hub, Oracle]) -> None:
    """The platforms are the same."""
    _, hub, oracle = views

    assert sorted(oracle.platforms()) == [platform.name for platform in hub.platforms]


def test_slugs(views: tuple[str, Hub, Oracle]) -> None:
    """The same entries in the same order; what we leave out, we say."""
    _, hub, _ = views
    for platform, theirs in both(views):
        for table, ours, spec in (
            ("metrics", platform.metrics, theirs.metrics),
            ("data_sources", platform.data_sources, theirs.data_sources),
            ("segments", platform.segments, theirs.segments),
            ("dimensions", platform.dimensions, theirs.dimensions),
        ):
            slugs = [entry.slug for entry in ours]
            missing = [slug for slug in spec.definitions if slug not in slugs]

            assert [s for s in spec.definitions if s not in missing] == slugs
            assert set(missing) <= lost(hub, platform.name, table)


def text(value: str | None) -> str | None:
    """A text without its margin, nor blanks at the ends of lines: see DEFECTS."""
    return "\n".join(map(str.rstrip, dedent(value).strip().splitlines())) if value else None


def flat(sql: str | None) -> str:
    """SQL without its line breaks."""
    return " ".join((sql or "").split())


def test_metrics(views: tuple[str, Hub, Oracle]) -> None:
    """Every key of every metric."""
    _, _, oracle = views
    env = oracle.collection.get_env()
    for platform, theirs in both(views):
        for ours in platform.metrics:
            other = theirs.metrics.definitions[ours.slug]
            rendered = other.select_expression and env.from_string(other.select_expression).render()

            assert (flat(rendered) if other.data_source else "") == flat(ours.expression)
            assert metric_keys(other) == our_metric_keys(ours), ours.subject


def metric_keys(other: Any) -> tuple[object, ...]:
    """Their keys, with the defaults that the format gives."""
    owner = [other.owner] if isinstance(other.owner, str) else other.owner
    return (
        other.data_source and other.data_source.name,
        other.type or "scalar",
        text(other.friendly_name),
        text(other.description),
        other.category,
        tuple(owner or ()),
        bool(other.deprecated),
        other.level and other.level.value,
        tuple(reference.name for reference in other.depends_on or ()),
        tuple(base.value for base in other.analysis_bases or ()) or ("enrollments", "exposures"),
        tuple(unit.value for unit in other.analysis_units or ()),
        dict(other.statistics or {}),
    )


def our_metric_keys(ours: Metric) -> tuple[object, ...]:
    """Ours, likewise."""
    statistics = {s.name: dict(s.parameters) for s in ours.statistics}
    return (
        ours.data_source,
        ours.type.value,
        text(ours.friendly_name),
        text(ours.description),
        ours.category,
        ours.owners,
        ours.deprecated,
        ours.level and ours.level.value,
        ours.depends_on,
        ours.analysis_bases,
        ours.analysis_units,
        statistics,
    )


def test_data_sources(views: tuple[str, Hub, Oracle]) -> None:
    """Every key of every data source."""
    for platform, theirs in both(views):
        for ours in platform.data_sources:
            other = theirs.data_sources.definitions[ours.slug]

            assert source_keys(other, platform.name) == our_source_keys(ours), ours.slug


def source_keys(other: Any, platform: str) -> tuple[object, ...]:
    """Their keys, with the defaults that the format gives."""
    units = ("client_id", "profile_group_id") if platform == "firefox_desktop" else ("client_id",)
    kind = (other.experiments_column_type or "simple").lower()
    return (
        other.from_expression.strip(),
        other.client_id_column or "client_id",
        other.submission_date_column or "submission_date",
        other.build_id_column or "SAFE.SUBSTR(application.build_id, 0, 8)",
        None if kind == "none" else kind,
        other.default_dataset,
        text(other.friendly_name),
        text(other.description),
        [
            (slug, join.get("relationship"), flat(join.get("on_expression")))
            for slug, join in (other.joins or {}).items()
        ],
        tuple(unit.value for unit in other.analysis_units or ()) or units,
        other.group_id_column or "profile_group_id",
        other.glean_client_id_column,
        other.legacy_client_id_column,
    )


def our_source_keys(ours: DataSource) -> tuple[object, ...]:
    """Ours, likewise."""
    joins = [
        (j.source, j.relationship and j.relationship.value, flat(j.on_expression))
        for j in ours.joins
    ]
    return (
        ours.from_expression,
        ours.client_id or "NULL",
        ours.submission_date or "NULL",
        ours.build_id,
        ours.experiments_column_type and ours.experiments_column_type.value,
        ours.default_dataset,
        text(ours.friendly_name),
        text(ours.description),
        joins,
        ours.analysis_units,
        ours.group_id,
        ours.glean_client_id,
        ours.legacy_client_id,
    )


def test_flags(views: tuple[str, Hub, Oracle]) -> None:
    """Flags are the same, but for the two defects with overrides that do not say true."""
    differing = []
    for platform, theirs in both(views):
        for metric in platform.metrics:
            other = theirs.metrics.definitions[metric.slug]
            if metric.bigger_is_better != other.bigger_is_better:
                differing.append((platform.name, metric.slug, metric.bigger_is_better))
        for source in platform.data_sources:
            definition = theirs.data_sources.definitions[source.slug]
            if source.columns_as_dimensions != bool(definition.columns_as_dimensions):
                differing.append((platform.name, source.slug, source.columns_as_dimensions))

    assert all(ours is False for *_, ours in differing), DEFECTS["true is set"]


def test_segments_and_dimensions(views: tuple[str, Hub, Oracle]) -> None:
    """Segments, their data sources and dimensions."""
    _, _, oracle = views
    env = oracle.collection.get_env()
    for platform, theirs in both(views):
        for segment in platform.segments:
            other = theirs.segments.definitions[segment.slug]
            expression = flat(env.from_string(other.select_expression).render())
            labels = (text(other.friendly_name), text(other.description))

            assert expression == flat(segment.expression)
            assert other.data_source.name == segment.data_source
            assert labels == (text(segment.friendly_name), text(segment.description))
        for source in platform.segment_sources:
            other = theirs.segments.data_sources[source.slug]
            window = (source.window_start, source.window_end)

            assert (other.window_start, other.window_end) == window
            assert other.from_expression.strip() == source.from_expression
        for dimension in platform.dimensions:
            other = theirs.dimensions.definitions[dimension.slug]

            assert other.select_expression.strip() == dimension.expression
            assert other.data_source.name == dimension.data_source


# SQL


@pytest.fixture(scope="module")
def looker(metric_hub: Path) -> tuple[Hub, Oracle]:
    """Both views of Looker: the one with joins."""
    return load(metric_hub, tool="looker"), Oracle(metric_hub, "looker")


def filled(sql: str, platform: str) -> str:
    """Their SQL with `{dataset}` filled in: see "lost dataset"."""
    return sql.replace("{dataset}", platform).replace("{{", "{").replace("}}", "}")


def tree(sql: str) -> exp.Select:
    """The statement within its parentheses."""
    parsed = sqlglot.parse_one(sql, read="bigquery")
    while isinstance(parsed, exp.Subquery | exp.Paren):
        parsed = parsed.this
    assert isinstance(parsed, exp.Select)
    return parsed


def bare(select: exp.Expression) -> str:
    """The text of a statement, names unquoted."""
    for name in select.find_all(exp.Identifier):
        name.set("quoted", False)  # noqa: FBT003 - the value of an argument by name
    return select.sql(dialect="bigquery", comments=False)


def without_margin(select: exp.Select) -> exp.Select:
    """Every `(SELECT * FROM (…) AS a)` as `(…) AS a`, a SELECT around a join gone: "lost alias"."""
    for outer in tuple(select.find_all(exp.Subquery)):
        inner = outer.this
        if outer.alias or not isinstance(inner, exp.Select) or not inner.is_star:
            continue
        source, joins = inner.args["from_"].this, inner.args.get("joins") or []
        if isinstance(source, exp.Subquery) and source.alias:
            if joins:
                holder = outer.find_ancestor(exp.Select)
                assert holder is not None
                holder.set("joins", [join.pop() for join in tuple(joins)])
            outer.replace(source)
    return select


def is_askew(platform: Platform, source: DataSource, theirs: Any) -> bool:
    """Whether their default condition is no SQL: "lost default", "alias before a call"."""
    others = [join.source for join in source.effective_joins if not join.on_expression]
    joined = [source, *(platform.data_source[slug] for slug in others)]
    definitions = [theirs.data_sources.definitions[slug] for slug in others]
    unset = any(None in (d.client_id_column, d.submission_date_column) for d in definitions)
    called = any("(" in f"{each.client_id}{each.submission_date}" for each in joined)
    return bool(others) and (unset or called)


WHERE = "d = '2030-01-05'"


def test_data_source_sql(looker: tuple[Hub, Oracle]) -> None:
    """The SQL of every data source, with its joins and without."""
    hub, oracle = looker
    compared = 0
    for platform in hub.platforms:
        theirs = oracle.platforms()[platform.name]
        for source in platform.data_sources:
            for ignored in (False, True):
                if not ignored and is_askew(platform, source, theirs):
                    continue
                compared += 1
                other = oracle.collection.get_data_source_sql(
                    source.slug,
                    platform.name,
                    where=WHERE,
                    select_fields=False,
                    ignore_joins=ignored,
                )
                ours = data_source_sql(
                    hub,
                    source.slug,
                    platform.name,
                    where=WHERE,
                    dataset=platform.name,
                    ignore_joins=ignored,
                )
                whole = f"SELECT * FROM {other}"  # noqa: S608 - it is read, not run
                expected = without_margin(tree(filled(whole, platform.name)))

                assert bare(expected) == bare(tree(ours)), source.slug
    assert compared > 200


def meaning(select: exp.Select, slugs: Sequence[str], *, is_ours: bool = False) -> str:
    """A statement over data sources in one way of writing it.

    Groups by name, no alias before columns of the source ("alike columns"), the keys those of the
    first source ("lost keys"), nothing without a type and not grouped by.
    """
    for part in select.find_all(exp.CTE):
        inner = part.this
        for column in tuple(inner.find_all(exp.Column)) if is_ours else ():
            first, *rest = column.parts
            if rest and column.find_ancestor(exp.Join) is None and first.name == part.alias:
                column.replace(
                    sqlglot.parse_one(".".join(p.sql("bigquery") for p in rest), read="bigquery")
                )
        _name_groups(inner)
    for same in tuple(select.find_all(exp.EQ)):
        if isinstance(same.this, exp.JSONFormat):
            pair = sorted((_first(same.this.this), _first(same.expression.this)), key=bare)
            same.replace(exp.EQ(this=pair[0], expression=pair[1]))
        elif same.find_ancestor(exp.CTE) is None:
            pair = sorted((same.this, same.expression), key=bare)
            same.replace(exp.EQ(this=pair[0].copy(), expression=pair[1].copy()))
    for join in select.args.get("joins") or []:
        conditions = sorted(join.args["on"].flatten(), key=bare)
        join.set("on", exp.and_(*conditions))
    names = [item.alias_or_name for item in select.expressions]
    assert set(slugs) <= set(names)
    select.set("expressions", [exp.column(name) for name in names])
    return (
        bare(select).replace("CAST(NULL AS STRING)", "NULL").replace("CAST(NULL AS DATE)", "NULL")
    )


def _first(key: exp.Expression) -> exp.Expression:
    return key.this.copy() if isinstance(key, exp.Coalesce) else key.copy()


def _name_groups(select: exp.Select) -> None:
    """`GROUP BY` names, without those of nothing."""
    empty = {
        item.alias
        for item in select.expressions
        if isinstance(item.unalias(), exp.Null | exp.Cast) and item.find(exp.Null)
    }
    group = select.args.get("group")
    names = {
        select.expressions[int(item.name) - 1].alias if item.is_int else item.name
        for item in (group.expressions if group else ())
    }
    kept = [exp.column(name) for name in sorted(names - empty)]
    select.set("group", exp.Group(expressions=kept) if kept else None)


GROUPINGS: tuple[dict[str, Any], ...] = (
    {"group_by": ["country"]},
    {"group_by": {"land": "geo.country"}, "by_client": False},
    {"by_client": False, "by_date": False},
)


def by_source(platform: Platform, theirs: Any) -> dict[str, list[str]]:
    """The metrics of each data source that can be compared."""
    found: dict[str, list[str]] = {}
    for metric in platform.metrics:
        source = platform.data_source.get(metric.data_source or "")
        if source is not None and not is_askew(platform, source, theirs):
            found.setdefault(source.slug, []).append(metric.slug)
    return found


def their_metrics_sql(oracle: Oracle, slugs: list[str], platform: str, **given: Any) -> exp.Select:
    """Their SQL of metrics, read."""
    sql = oracle.collection.get_metrics_sql(
        slugs,
        platform,
        group_by=given.get("group_by"),
        where=WHERE,
        group_by_client_id=given.get("by_client", True),
        group_by_submission_date=given.get("by_date", True),
    )
    return without_margin(tree(filled(sql, platform)))


@pytest.mark.parametrize("given", GROUPINGS, ids=str)
def test_metrics_sql(looker: tuple[Hub, Oracle], given: dict[str, Any]) -> None:
    """The SQL of every metric, with the others of its data source."""
    hub, oracle = looker
    compared = 0
    for platform in hub.platforms:
        for slugs in by_source(platform, oracle.platforms()[platform.name]).values():
            compared += len(slugs)
            other = their_metrics_sql(oracle, slugs, platform.name, **given)
            ours = metrics_sql(
                hub, slugs, platform.name, where=WHERE, dataset=platform.name, **given
            )

            assert meaning(other, slugs) == meaning(tree(ours), slugs, is_ours=True)
    assert compared > 400


def test_metrics_sql_of_several_sources(looker: tuple[Hub, Oracle]) -> None:
    """The SQL of metrics of two data sources side by side."""
    hub, oracle = looker
    compared = 0
    for platform in hub.platforms:
        parts = by_source(platform, oracle.platforms()[platform.name])
        for pair in pairwise(slugs[0] for slugs in parts.values()):
            compared += 1
            slugs = list(pair)
            other = their_metrics_sql(oracle, slugs, platform.name)
            ours = metrics_sql(hub, slugs, platform.name, where=WHERE, dataset=platform.name)

            assert meaning(other, slugs) == meaning(tree(ours), slugs, is_ours=True), pair
    assert compared > 50
