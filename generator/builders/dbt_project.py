"""The files of the dbt project that belong to no platform. They are always the same."""

from collections.abc import Iterator

from generator import dbt
from generator.artifact import Artifact
from generator.listing import LISTING

NAME = "lookml_gen"
SPINE = "metricflow_time_spine"

_PROJECT = dbt.Project(
    name=NAME,
    profile=NAME,
    require_dbt_version=(">=1.11.0", "<1.12.0"),
    models={"+materialized": dbt.Jinja("{{ var('materialized', 'view') }}")},
    flags={"require_generic_test_arguments_property": True},
    query_comment={"comment": dbt.Jinja("{{ job_labels(node) }}"), "job-label": True},
)

_PROFILES = dbt.Profiles(
    NAME,
    (
        dbt.Target(
            "duckdb",
            {
                "type": "duckdb",
                "path": dbt.Jinja("{{ env_var('DBT_DUCKDB_PATH', 'lookml_gen.duckdb') }}"),
                "attach": [
                    {
                        "path": dbt.Jinja(
                            "{{ env_var('LOOKML_GEN_DUCKDB', '../lantern-data.duckdb') }}"
                        ),
                        "read_only": True,
                    }
                ],
                "threads": 2,
            },
        ),
        dbt.Target(
            "bigquery",
            {
                "type": "bigquery",
                "method": "oauth",
                "project": dbt.Jinja("{{ env_var('DBT_BIGQUERY_PROJECT', 'my-project') }}"),
                "dataset": dbt.Jinja("{{ env_var('DBT_BIGQUERY_DATASET', 'lookml_gen') }}"),
                "threads": 8,
            },
        ),
    ),
)

_SPINE = dbt.ModelProperties(
    SPINE,
    "Every day, for metrics over windows and for comparisons with an earlier day.",
    time_spine=dbt.TimeSpine("date_day"),
    columns=(
        dbt.Column(
            "date_day",
            "The day.",
            "DATE",
            granularity="day",
            data_tests=(dbt.Test("not_null"), dbt.Test("unique")),
        ),
    ),
)


def project_files() -> Iterator[Artifact]:
    """What every project has: itself, profiles to copy, the days, our own test, and labels."""
    files: dict[str, tuple[str, dbt.File]] = {
        "dbt_project.yml": ("dbt_project", _PROJECT),
        "profiles.example.yml": ("dbt_project", _PROFILES),
        f"models/{SPINE}.sql": ("dbt_model", dbt.Template(f"dbt/{SPINE}.sql")),
        f"models/{SPINE}.yml": ("dbt_properties", dbt.Properties(models=(_SPINE,))),
        "macros/job_labels.sql": ("dbt_macro", dbt.Template("dbt/job_labels.sql")),
        "tests/generic/unique_combination.sql": (
            "dbt_test",
            dbt.Template("dbt/unique_combination.sql"),
        ),
    }
    for path, (kind, content) in files.items():
        yield Artifact(path, content, kind, LISTING)
