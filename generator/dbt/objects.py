"""What a dbt project consists of. A field is the key of its name; None and () mean unsaid.

Written for dbt-core 1.11: https://docs.getdbt.com/reference/configs-and-properties
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

from generator.dbt.semantics import Config, Metric, SemanticModel
from generator.dbt.syntax import Jinja, pairs


class Test(Struct, frozen=True):
    """A test of a column or a model, with its arguments; `where` says of which rows."""

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    where: Jinja | None = None

    def as_yaml(self) -> object:
        """Its name; if there is more to say, a key."""
        said: dict[str, object] = {"arguments": self.arguments} if self.arguments else {}
        if self.where is not None:
            said["config"] = {"where": self.where}
        return {self.name: said} if said else self.name


class Column(Struct, frozen=True):
    """A column of a model or a source; time spines say how fine theirs is."""

    name: str
    description: str | None = None
    data_type: str | None = None
    granularity: str | None = None
    config: Config | None = None
    data_tests: tuple[Test, ...] = ()


class SourceTable(Struct, frozen=True):
    """A table that dbt reads and does not make; `identifier` is its name, if that is no word."""

    name: str
    identifier: str | None = None
    description: str | None = None
    config: Config | None = None
    columns: tuple[Column, ...] = ()


class Source(Struct, frozen=True):
    """The tables of a dataset; without a database it is that of the target."""

    name: str
    database: str | None
    schema: str
    tables: tuple[SourceTable, ...]
    description: str | None = None


class TimeSpine(Struct, frozen=True):
    """That a model is the list of all days, and which column has them."""

    standard_granularity_column: str


class ModelProperties(Struct, frozen=True):
    """What is said of a model beside its SQL."""

    name: str
    description: str | None = None
    config: Config | None = None
    time_spine: TimeSpine | None = None
    columns: tuple[Column, ...] = ()
    data_tests: tuple[Test, ...] = ()


class Owner(Struct, frozen=True):
    """Who answers for an exposure."""

    name: str | None = None
    email: str | None = None


class Exposure(Struct, frozen=True):
    """What is made of the project elsewhere."""

    name: str
    type: str
    owner: Owner
    label: str | None = None
    description: str | None = None
    depends_on: tuple[Jinja, ...] = ()


class Properties(Struct, frozen=True):
    """A YAML file below `models/`."""

    sources: tuple[Source, ...] = ()
    models: tuple[ModelProperties, ...] = ()
    semantic_models: tuple[SemanticModel, ...] = ()
    metrics: tuple[Metric, ...] = ()
    exposures: tuple[Exposure, ...] = ()

    def as_yaml(self) -> object:
        """The version of the format, then what there is."""
        return {"version": 2, **pairs(self)}


class Model(Struct, frozen=True):
    """The SQL of a model, by type of target; the last is that of every other target."""

    sql: Mapping[str, str]
    sources: Mapping[str, Jinja] = field(default_factory=dict)
    """The name that a table has in the SQL, and what dbt puts there."""
    config: Mapping[str, object] = field(default_factory=dict)
    """How dbt makes it."""


class Template(Struct, frozen=True):
    """A file as it stands, such as a test written in dbt's Jinja, by the name of its template."""

    name: str


class Project(Struct, frozen=True):
    """`dbt_project.yml`."""

    name: str
    profile: str
    require_dbt_version: tuple[str, ...]
    models: Mapping[str, object] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    query_comment: Mapping[str, object] = field(default_factory=dict)

    def as_yaml(self) -> object:
        """What dbt asks of a project."""
        said = pairs(self)
        comment = said.pop("query_comment", None)
        return {
            "name": said.pop("name"),
            "config-version": 2,
            "profile": said.pop("profile"),
            "require-dbt-version": said.pop("require_dbt_version"),
            "models": {self.name: said.pop("models")},
            **({"query-comment": comment} if comment else {}),
            **said,
        }


class Target(Struct, frozen=True):
    """Where a project is built: the keys that its adapter knows."""

    name: str
    keys: Mapping[str, object]


class Profiles(Struct, frozen=True):
    """`profiles.yml` of one profile; the first target is the default."""

    profile: str
    targets: tuple[Target, ...]

    def as_yaml(self) -> object:
        """The profile with its targets."""
        outputs = {target.name: target.keys for target in self.targets}
        return {self.profile: {"target": self.targets[0].name, "outputs": outputs}}


File: TypeAlias = Properties | Model | Template | Project | Profiles
"""Every file that a project may have."""
