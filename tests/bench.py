"""`make bench`: what a run costs. CPU and wall seconds, peak memory, files and bytes.

The real inputs are measured where they lie beside the checkout; an invented hub always is,
at one size and at ten times that, to see that cost grows with the columns and no faster.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
GENERATE = (sys.executable, "-m", "generator", "generate", "--quiet", "--fail-on", "never")
COLUMNS = 60


@dataclass(frozen=True)
class Cost:
    """What one run of the command took, and what stood there afterwards."""

    cpu: float
    wall: float
    megabytes: float
    files: int
    bytes: int


def measured(arguments: Sequence[str], output: Path) -> Cost:
    """The cost of one run in a process of its own."""
    start = time.perf_counter()
    child = os.posix_spawn(
        GENERATE[0],
        [*GENERATE, *arguments, "--output", str(output)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"the run failed: {' '.join(arguments)}")
    written = [path for path in (output / "lookml").rglob("*") if path.is_file()]
    return Cost(
        cpu=usage.ru_utime + usage.ru_stime,
        wall=time.perf_counter() - start,
        megabytes=usage.ru_maxrss / 1024,
        files=len(written),
        bytes=sum(path.stat().st_size for path in written),
    )


def corpus_arguments() -> list[str]:
    """The real namespaces and schemas."""
    schemas = CORPUS / "schemas"
    return [
        *("--namespaces", str(CORPUS / "namespaces.yaml")),
        *("--warehouse", f"snapshot:{schemas / 'tables.jsonl.gz'}"),
        *("--warehouse", f"snapshot:{schemas / 'tables_derived.jsonl.gz'}"),
    ]


def invented_arguments(folder: Path, tables: int) -> list[str]:
    """An invented hub: so many tables of sixty columns, each with a view and an explore."""
    rows = (json.dumps(_record(number)) for number in range(tables))
    (folder / "tables.jsonl").write_text("\n".join(rows), encoding="utf-8")
    spaces = {f"space_{start}": _namespace(start, tables) for start in range(0, tables, 50)}
    (folder / "namespaces.yaml").write_text(json.dumps(spaces), encoding="utf-8")  # JSON is YAML
    return [
        *("--namespaces", str(folder / "namespaces.yaml")),
        *("--warehouse", f"snapshot:{folder / 'tables.jsonl'}"),
    ]


def _record(number: int) -> dict[str, object]:
    fields: list[dict[str, object]] = [
        {"name": "submission_date", "type": "DATE"},
        {"name": "document_id", "type": "STRING", "mode": "REQUIRED"},
    ]
    types = ("STRING", "INT64", "FLOAT64", "BOOL", "TIMESTAMP")
    for column in range(COLUMNS - len(fields)):
        name = f"column_{column}"
        field: dict[str, object] = {"name": name, "type": types[column % len(types)]}
        fields.append({**field, "description": f"Number {column} of table {number}."})
    return {"table": f"acme.lake.table_{number}", "kind": "TABLE", "fields": fields}


def _namespace(start: int, tables: int) -> dict[str, object]:
    numbers = range(start, min(start + 50, tables))
    return {
        "views": {
            f"v{n}": {"type": "table_view", "tables": [{"table": f"acme.lake.table_{n}"}]}
            for n in numbers
        },
        "explores": {
            f"v{n}": {"type": "table_explore", "views": {"base_view": f"v{n}"}} for n in numbers
        },
    }


def rows() -> Iterator[tuple[str, Cost]]:
    """Each measurement with what it is of."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        if CORPUS.is_dir():
            for label in ("corpus, cold", "corpus, nothing changed"):
                yield label, measured(corpus_arguments(), root / "corpus")
        for tables in (130, 1300):
            folder = root / str(tables)
            folder.mkdir()
            arguments = invented_arguments(folder, tables)
            for label in ("cold", "nothing changed"):
                yield f"invented, {tables} tables, {label}", measured(arguments, folder / "out")


def main() -> None:
    """Print the table."""
    print(f"{'run':<38}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'files':>7}{'written MB':>12}")
    found = {}
    for label, cost in rows():
        found[label] = cost
        written = cost.bytes / 1e6
        print(
            f"{label:<38}{cost.cpu:>8.2f}{cost.wall:>8.2f}"
            f"{cost.megabytes:>7.0f}{cost.files:>7}{written:>12.1f}"
        )
    small, large = (found[f"invented, {tables} tables, cold"] for tables in (130, 1300))
    print(f"ten times the tables take {large.cpu / small.cpu:.1f} times the CPU")


if __name__ == "__main__":
    main()
