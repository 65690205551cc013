"""What the process that runs dbt is told, and what it tells: a line of JSON for each."""

import msgspec


class Order(msgspec.Struct, frozen=True):
    """A call of dbt."""

    arguments: tuple[str, ...]


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """How many nodes a call has, as soon as that is known."""

    total: int


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """A node is done, well or not."""

    path: str


class Result(msgspec.Struct, frozen=True):
    """What became of a node. `path` is its file's in the project, `sql` its compiled SQL's.

    `started` is when, in seconds since 1970.
    """

    name: str
    path: str
    kind: str
    status: str
    message: str = ""
    seconds: float = 0.0
    sql: str | None = None
    relation: str | None = None
    rows: int | None = None
    bytes_processed: int | None = None
    bytes_billed: int | None = None
    materialized: str | None = None
    slot_ms: int | None = None
    started: float | None = None

    @property
    def costs(self) -> bool:
        """Whether a query is run for it: for a view there is none."""
        return self.sql is not None and self.materialized != "view"


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The end of a call; `failure` says why there was none at all."""

    results: tuple[Result, ...] = ()
    failure: str | None = None


Message = Counted | Finished | Done
