"""What a scheduler other than dbt has to know of a project: statements, and what each writes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from generator import dbt
from generator.artifact import Artifact, Schedule
from generator.facts.namespaces import Plain
from generator.semantics.monitoring import Study

_WRITES = {
    "incremental": "overwrite-partitions",
    "table": "replace-table",
    "view": "replace-view",
}
_REF = re.compile(r"ref\('(.*)'\)")


def build(studies: Iterable[Study], made: Iterable[Artifact]) -> Iterator[Artifact]:
    """A schedule for each study of which there are models, these in an order that works."""
    models: dict[str, list[tuple[str, dbt.Model]]] = {}
    for artifact in made:
        if isinstance(artifact.content, dbt.Model):
            models.setdefault(artifact.subject, []).append((artifact.path, artifact.content))
    for study in studies:
        if study.subject in models:
            statements = [_statement(study, *found) for found in models[study.subject]]
            path = f"schedule/{study.namespace}/{study.project.name}.json"
            content = Schedule(_said(study, statements))
            yield Artifact(path, content, "dbt_schedule", study.subject, study.project.at)


def _said(study: Study, statements: list[Plain]) -> dict[str, Plain]:
    return {
        "project": study.project.slug,
        "start_date": study.start.isoformat(),
        "end_date": study.end.isoformat() if study.end else None,
        "x_axis": str(study.project.x_axis),
        "statements": statements,
    }


def _statement(study: Study, path: str, model: dbt.Model) -> Plain:
    """A statement: the model, where it writes what, and the models that it reads."""
    config, name = model.config, PurePosixPath(path).stem
    table = config.get("alias", name)
    return {
        "model": name,
        "file": path,
        "reads": [found[1] for call in model.sources.values() if (found := _REF.fullmatch(call))],
        "destination": f"{study.project.statistics.project}.{config['schema']}.{table}",
        "write": _WRITES[str(config["materialized"])],
        "partition": _partition(config),
        "clustering": [str(column) for column in _listed(config.get("cluster_by"))],
    }


def _partition(config: Mapping[str, object]) -> Plain:
    """The days that a table is cut into, on engines that cut; and how long each is kept."""
    if "partition_by" not in config:
        return None
    expiry = config.get("partition_expiration_days")
    days = expiry if isinstance(expiry, int) else None
    return {"field": "submission_date", "type": "day", "expiration_days": days}


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()
