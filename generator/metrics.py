"""Metrics as SQL, for notebooks and other programs.

>>> from generator.metrics import load, metrics_sql
>>> hub = load("examples/metric-hub", tool="looker")
>>> print(
...     metrics_sql(
...         hub,
...         ["search_count"],
...         "lantern_mobile",
...         group_by=["os"],
...         where="submission_date = '2026-06-05'",
...         by_client=False,
...     )
... )
(
  WITH clients_daily AS (
    SELECT
      submission_date AS submission_date,
      os AS os,
      COALESCE(SUM(search_count), 0) AS search_count
    FROM (
      SELECT
        *
      FROM `lantern-data`.lantern_mobile.clients_daily
      WHERE
        submission_date = '2026-06-05'
    ) AS clients_daily
    GROUP BY
      1,
      2
  )
  SELECT
    submission_date,
    os,
    search_count
  FROM clients_daily
)

Metrics of several data sources stand side by side, joined on all that they are grouped by.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from generator.diagnostics import Diagnostic, fault, nearest, split
from generator.semantics import data_source_sql as source_sql
from generator.semantics import metrics_sql as sql
from generator.semantics.data_source_sql import Query, Where
from generator.semantics.definitions import Platform
from generator.semantics.metric_hub import resolve
from generator.sources.metric_hub import Repository, read_metric_hubs

DIALECTS = tuple(sql.SAME)


class Hub(Struct, frozen=True):
    """The definitions of some repositories as one tool sees them, and what is wrong with them."""

    platforms: tuple[Platform, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def platform(self, name: str) -> Platform:
        """The platform. Raises Fault if there is none of that name."""
        known = {platform.name: platform for platform in self.platforms}
        if name not in known:
            hint = nearest(name, known)
            raise fault("unknown-platform", subject=name, name=name, nearest=hint)
        return known[name]


def load(
    *repositories: str | Path | Repository, tool: str | None = None, cache: Path | None = None
) -> Hub:
    """The definitions of folders or git addresses (`@ref` behind them), later ones over earlier.

    `tool` is looker, opmon or jetstream: its folders lie over `definitions/`. Without one,
    `definitions/` alone counts. `cache` is the folder that keeps clones.
    """
    given = [r if isinstance(r, Repository) else Repository(str(r)) for r in repositories]
    tools = () if tool is None else (tool,)
    collections, misread = split(read_metric_hubs(given, tools, cache))
    platforms, unresolved = resolve(collections, tool)
    return Hub(platforms, (*misread, *unresolved))


def metrics_sql(  # noqa: PLR0913 - the questions one may ask of metrics
    hub: Hub,
    metrics: Sequence[str],
    platform: str,
    *,
    group_by: Sequence[str] | Mapping[str, str] = (),
    where: Where = None,
    by_client: bool = True,
    by_date: bool = True,
    dataset: str | None = None,
    dialect: str = "bigquery",
) -> str:
    """SQL in parentheses that gives the metrics, a column each, for each client and date.

    `group_by` lists columns, or has an expression for each name; with joins, a column of a joined
    source is written with its slug. `where` is put to every data source and those joined to it, so
    all must have its columns; or it is one for each slug.
    A data source without client id or date has nothing in that column. `dataset` stands for
    `{dataset}`; if it is not said, `default_dataset` does. Raises Fault, with place and hint, if
    the platform or a metric is unknown or its SQL does not parse.
    """
    grouped = group_by if isinstance(group_by, Mapping) else {name: name for name in group_by}
    query = Query(dict(grouped), where, by_client, by_date, dataset, _dialect(dialect))
    return sql.metrics_sql(hub.platform(platform), _some(metrics), query)


def data_source_sql(  # noqa: PLR0913 - the questions one may ask of a data source
    hub: Hub,
    data_source: str,
    platform: str,
    *,
    where: Where = None,
    dataset: str | None = None,
    ignore_joins: bool = False,
    dialect: str = "bigquery",
) -> str:
    """SQL that gives the rows of a data source and, unless told not to, of those joined to it."""
    query = Query(where=where, dataset=dataset, dialect=_dialect(dialect))
    return source_sql.data_source_sql(
        hub.platform(platform), data_source, query, ignore_joins=ignore_joins
    )


def _some(metrics: Iterable[str]) -> tuple[str, ...]:
    found = tuple(metrics)
    if not found:
        raise ValueError("name at least one metric")
    return found


def _dialect(name: str) -> str:
    if name not in DIALECTS:
        raise ValueError(f"there is no dialect {name!r}; known: {', '.join(DIALECTS)}")
    return name
