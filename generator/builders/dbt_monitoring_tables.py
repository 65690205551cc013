"""What the tables and views of a study are called, and how dbt makes them."""

from collections.abc import Mapping

from msgspec import Struct

from generator import dbt
from generator.facts.catalog import RelationName
from generator.facts.conventions import Conventions
from generator.semantics.monitoring import Study, XAxis

_EXPIRY_DAYS = 775
_CLASSIC_EXPIRY_DAYS = 5
_STATISTICS, _ALERTS = "_statistics", "_alerts"
_BY_DAY = "{'field': 'submission_date', 'data_type': 'date'}"


class Made(Struct, frozen=True):
    """A model that is made: its name, and how others name it."""

    name: str
    config: Mapping[str, object]

    @property
    def call(self) -> dbt.Jinja:
        """How a model names it."""
        return dbt.ref(self.name)


class Tables(Struct, frozen=True):
    """The models of a study."""

    study: Study
    conventions: Conventions

    @property
    def stem(self) -> str:
        """What their names begin with."""
        return self.study.project.statistics.table.removesuffix(_STATISTICS)

    @property
    def metrics(self) -> Made:
        """A row for each client."""
        return Made(f"{self.stem}_v1", self._daily({"partition_expiration_days": _EXPIRY_DAYS}))

    def part(self, number: int) -> Made:
        """A part of the metrics, for the days of the run alone."""
        config = {"materialized": "table", **self._place(derived=True)}
        return Made(f"{self.stem}_v1_part_{number}", config)

    @property
    def metrics_view(self) -> Made:
        """The metrics, for people."""
        return Made(self.stem, {"materialized": "view", **self._place(derived=False)})

    @property
    def statistics(self) -> Made:
        """A row for each branch and dimensions, an array for each statistic of a metric."""
        return Made(f"{self.stem}{_STATISTICS}_v2", self._daily({}))

    @property
    def statistics_view(self) -> Made:
        """The statistics in long form."""
        config = {"materialized": "view", **self._place(derived=False)}
        return Made(f"{self.stem}{_STATISTICS}", config)

    @property
    def alerts(self) -> Made:
        """A row for each alert. It is small, and each run makes it anew: see its query."""
        own = {"materialized": "table", **self._place(derived=True)}
        by_day = {"partition_by": _on_bigquery(_BY_DAY, "none"), "cluster_by": ["build_id"]}
        return Made(f"{self.stem}{_ALERTS}_v2", {**own, **by_day})

    @property
    def alerts_view(self) -> Made:
        """The alerts, for people."""
        config = {"materialized": "view", **self._place(derived=False)}
        return Made(f"{self.stem}{_ALERTS}", config)

    def classic(self, kind: str) -> Made:
        """What clients sent, of a type of probes. It is called like its view, in another schema."""
        name = f"{self.stem}_{kind}"
        if self.study.project.x_axis is XAxis.BUILD_ID:
            config = self._daily({"partition_expiration_days": _CLASSIC_EXPIRY_DAYS})
        else:
            place = self._place(derived=True)
            config = {
                "materialized": "table",
                **place,
                "partition_by": _on_bigquery(_BY_DAY, "none"),
            }
        return Made(f"{name}_sent", {**config, "alias": name})

    def classic_view(self, kind: str) -> Made:
        """The probes of a type, for Looker."""
        config = {"materialized": "view", **self._place(derived=False)}
        return Made(f"{self.stem}_{kind}", config)

    def _place(self, *, derived: bool) -> dict[str, object]:
        place = place_of(self.study.project.statistics, self.conventions, derived=derived)
        return {**place, "tags": ["opmon", self.study.project.name]}

    def _daily(self, more: Mapping[str, object]) -> dict[str, object]:
        """A table by days, of which a run writes its own anew, and no other."""
        return {
            "materialized": "incremental",
            "incremental_strategy": _on_bigquery("'insert_overwrite'", "'opmon_days'"),
            "on_schema_change": "append_new_columns",
            "full_refresh": False,
            **self._place(derived=True),
            "partition_by": _on_bigquery(_BY_DAY, "none"),
            "partitions": dbt.Jinja("opmon_partitions()"),
            "cluster_by": ["build_id"],
            **more,
        }


def place_of(public: RelationName, conventions: Conventions, *, derived: bool) -> dict[str, object]:
    """Where a table is. Only BigQuery has a project; the schema is called so on every engine."""
    dataset = conventions.monitoring_derived_dataset if derived else public.dataset
    project = public.project.replace("'", "\\'")
    return {"database": _on_bigquery(f"'{project}'", "none"), "schema": dataset}


def _on_bigquery(value: str, otherwise: str) -> dbt.Jinja:
    """A setting of which other engines have no use, or another."""
    return dbt.Jinja(f"{value} if target.type == 'bigquery' else {otherwise}")
