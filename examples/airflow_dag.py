"""The two daily jobs as a DAG of Airflow 3: compute what is watched, then write and publish LookML.

Copy it to the folder of your DAGs. FOLDER is a checkout with `namespaces.yaml` and its settings, in
which `make setup` was run; credentials are those of the worker (git's own, Google's own).
"""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

FOLDER = "/srv/lookml"
COMMAND = ".venv/bin/lookml-gen"

with DAG(
    dag_id="lookml_gen",
    schedule="15 5 * * *",
    start_date=datetime(2026, 6, 1, tzinfo=UTC),
    catchup=False,  # missed days are cheaper in one run: lookml-gen etl --from
    max_active_runs=1,  # two runs cannot work in one output folder
    default_args={"retries": 1, "retry_delay": timedelta(minutes=15)},
) as dag:
    etl = BashOperator(
        task_id="etl",
        # the day before that of the run, so that an old run computes its own day again
        bash_command=f"{COMMAND} etl --date '{{{{ macros.ds_add(ds, -1) }}}}' --quiet",
        cwd=FOLDER,
        append_env=True,
    )
    generate = BashOperator(
        task_id="generate",
        bash_command=f'{COMMAND} generate --push --repository "$LOOKML_REPOSITORY" --quiet',
        cwd=FOLDER,
        append_env=True,
        # a project that failed does not keep back the LookML of the others; its task stays failed
        trigger_rule="all_done",
    )
    etl >> generate
