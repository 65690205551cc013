"""The example warehouse: an invented browser vendor, sixty days of telemetry, one DuckDB file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from generator import templates

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class DemoSummary(Struct, frozen=True):
    """What was written: tables (views are not counted), their rows, and the size of the file."""

    tables: int
    rows: int
    bytes: int


def write_demo(path: Path, *, progress: Callable[[str], None] = lambda _: None) -> DemoSummary:
    """The example warehouse is at `path`, the same each time; whatever was there is replaced.

    `progress` is told each noun as its turn comes. The file appears when it is whole: a run that
    fails leaves the old one in place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        tables, rows = _fill(draft, progress)
        _wal(path).unlink(missing_ok=True)  # of the old file; it would be replayed into the new one
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
        _wal(draft).unlink(missing_ok=True)
    return DemoSummary(tables, rows, path.stat().st_size)


def scripts() -> tuple[Path, ...]:
    """The SQL files that make the warehouse, in the order of their numbers."""
    return tuple(sorted((templates.folder() / "demo").glob("*.sql")))


def _fill(path: Path, progress: Callable[[str], None]) -> tuple[int, int]:
    """The new file has everything in it; the number of its tables and of their rows."""
    import duckdb  # noqa: PLC0415 - a heavy import, and only this command needs it

    with duckdb.connect(path) as connection:
        for script in scripts():
            progress(script.stem.partition("_")[2].replace("_", " "))
            connection.execute(script.read_text(encoding="utf-8"))
        return _count(connection)


def _count(connection: "DuckDBPyConnection") -> tuple[int, int]:
    """The tables that stay, those on the warehouse itself left out, and the rows in them."""
    found = connection.execute(
        "SELECT count(*), sum(estimated_size)::BIGINT FROM duckdb_tables() "
        "WHERE NOT temporary AND schema_name <> 'lookml_gen'"
    ).fetchone()
    tables, rows = found or (0, 0)
    return tables, rows


def _wal(path: Path) -> Path:
    """Where DuckDB keeps what it has not yet written into the file itself."""
    return path.with_name(f"{path.name}.wal")
