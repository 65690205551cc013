"""Reads what is said of monitoring beside the project files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from generator.diagnostics import Diagnostic, split
from generator.facts.monitoring import App, Choices, Experiment, Monitoring, ProjectRow
from generator.sources.apps import read_apps
from generator.sources.experiments import read_experiments
from generator.sources.project_rows import read_rows


class Watched(Struct, frozen=True):
    """The files of apps, of experiments, and of rows of the projects table, as far as named."""

    apps: Path | None = None
    experiments: Path | None = None
    rows: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that are named."""
        named = (self.apps, self.experiments, self.rows)
        return tuple(path for path in named if path is not None)

    def read(self, remembered: Choices) -> tuple[Monitoring, tuple[Diagnostic, ...]]:
        """What they say, and what could not be read of them."""
        apps, bad_apps = split(read_apps(self.apps) if self.apps else ())
        experiments, bad = split(read_experiments(self.experiments) if self.experiments else ())
        rows, bad_rows = split(read_rows(self.rows) if self.rows else ())
        every: tuple[Any, ...] = (*apps, *experiments, *rows)
        monitoring = Monitoring(
            _of(App, every),
            _of(Experiment, every),
            _of(ProjectRow, every),
            remembered,
            frozenset(_of(str, every)),
        )
        return monitoring, (*bad_apps, *bad, *bad_rows)


def _of(kind: type[Any], items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(item for item in items if isinstance(item, kind))
