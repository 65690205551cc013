"""Names that are given away in the dbt project."""

from msgspec import Struct, field


class Taken(Struct):
    """The names and labels that are given away: both are global in a dbt project."""

    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
