"""The calls of dbt: what it is told for a step."""

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from msgspec import Struct

from generator.etl.plan import Step
from generator.etl.target import PROFILE


class Places(Struct, frozen=True):
    """The dbt project, the folder for all that dbt leaves behind, and the target's name.

    `models` is the folder of the projects' models within the dbt project, each in one of its own;
    `shared` are the paths of those beside them, which are built when the projects are.
    """

    project: Path
    work: Path
    target: str
    models: str
    shared: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, project: Path, work: Path, target: str, namespace: str, paths: Iterable[str]
    ) -> "Places":
        """The places of a dbt project that has files at these paths."""
        models = f"models/{namespace}"
        beside = (path for path in paths if str(PurePosixPath(path).parent) == models)
        shared = tuple(path for path in beside if path.endswith(".sql"))
        return cls(project.resolve(), work.resolve(), target, models, shared)


def arguments(command: str, step: Step, places: Places, *, last: bool) -> tuple[str, ...]:
    """The words that follow `dbt`, in full: nothing is left to where it is called, or by whom."""
    days = {"start": str(step.span.first), "end": str(step.span.last)}
    return (
        "--quiet",
        "--no-use-colors",
        "--no-send-anonymous-usage-stats",
        "--no-write-json",  # what is in it we are told, and it has texts of others as they are
        *("--log-path", str(places.work / "logs")),
        command,
        *("--project-dir", str(places.project)),
        *("--profiles-dir", str(places.work)),
        *("--profile", PROFILE),
        *("--target", places.target),
        *("--target-path", str(places.work / "target")),
        *("--vars", json.dumps(days)),
        *_selected(step, places, last=last),
    )


def _selected(step: Step, places: Places, *, last: bool) -> tuple[str, ...]:
    """The models of the step. A path selects what lies below it, and no other of its beginning."""
    if step.rest:
        return ("--exclude", f"path:{places.models}")
    shared = places.shared if last else ()
    folders = (f"{places.models}/{project.name}" for project in step.projects)
    return ("--select", *(f"path:{path}" for path in (*folders, *shared)))
