"""What dbt makes of the models of monitoring, without dbt: their SQL for a target and some days.

A model that another names stands in its place, so that one statement holds all that it reads.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace

from jinja2 import Environment, StrictUndefined

from generator import dbt, templates
from generator.artifact import FileTree

_CONFIG = "{{ config("


@dataclass(frozen=True)
class Compiled:
    """The models of a tree."""

    tree: FileTree
    engine: str = "bigquery"
    start: str = "2026-07-10"
    end: str = "2026-07-12"

    def statements(self) -> Iterator[tuple[str, str]]:
        """Each model of monitoring by name, with those in it that it reads."""
        for name in self._paths:
            yield name, self.sql(name)

    @property
    def _paths(self) -> Mapping[str, str]:
        paths = (path for path in self.tree if path.endswith(".sql") and "/" in path)
        return {
            path.rpartition("/")[2].removesuffix(".sql"): path
            for path in paths
            if isinstance(self.tree.artifacts[path].content, dbt.Model)
            and "opmon" in self.tree[path]
        }

    def sql(self, name: str) -> str:
        """The statement of a model."""
        text = self.tree[self._paths[name]]
        before, _, config = text.partition(_CONFIG)
        template = before + config.partition("\n) }}\n")[2]
        return self._environment().from_string(self._macros + template).render().strip()

    @property
    def _macros(self) -> str:
        return templates.text("dbt/opmon.sql")

    def _environment(self) -> Environment:
        made = Environment(
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - it makes SQL
            extensions=["jinja2.ext.do"],
        )
        days = {"start": self.start, "end": self.end}
        made.globals.update(
            {
                "target": SimpleNamespace(type=self.engine),
                "modules": SimpleNamespace(datetime=dt),
                "var": lambda name, default=None: days.get(name, default),
                "ref": lambda name: f"({self.sql(name)})",
                "source": self._source,
            }
        )
        return made

    def _source(self, name: str, table: str) -> str:
        """How a table of a source is named."""
        for artifact in self.tree.artifacts.values():
            if isinstance(artifact.content, dbt.Properties):
                for source in artifact.content.sources:
                    if source.name == name:
                        found = next(t for t in source.tables if t.name == table)
                        return self._named(source, found.identifier or found.name)
        raise LookupError(name, table)

    def _named(self, source: dbt.Source, table: str) -> str:
        parts = (source.database, source.schema, table)
        quote = "`" if self.engine == "bigquery" else '"'
        return ".".join(f"{quote}{part}{quote}" for part in parts if part)
