"""`make bench`: what a run costs. CPU and wall seconds, peak memory, calls, files and bytes.

Measured are a first run, one over the same, and one after a column was added to one table: of the
real inputs, where they lie beside the checkout, and of invented catalogs (`SIZES=1000 10000`), to
see that cost grows with the columns and no faster.
"""

import compileall
import gzip
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests import synthetic

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
GENERATE = (sys.executable, "-m", "generator", "generate", "--quiet", "--fail-on", "never")
SIZES = (100, 1000)
RUNS = ("cold", "nothing changed", "one table changed")
_CONFIG = '[tool.lookml-gen]\nmonitoring-project = "moz-fx-data-shared-prod"\n'


@dataclass(frozen=True)
class Cost:
    """What one run of the command took, and what stood there afterwards."""

    cpu: float
    wall: float
    megabytes: float
    calls: int
    files: int
    bytes: int


def measured(arguments: Sequence[str], output: Path) -> Cost:
    """The cost of one run in a process of its own, and those that it sent."""
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
    wall = time.perf_counter() - start
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    folders = (output / "lookml", output / "dbt")
    written = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return Cost(
        cpu=usage.ru_utime + usage.ru_stime,
        wall=wall,
        megabytes=usage.ru_maxrss / 1024,
        calls=sum(report["warehouse"]["calls"].values()),
        files=len(written),
        bytes=sum(path.stat().st_size for path in written),
    )


def real_arguments(folder: Path, *, whole: bool) -> list[str]:
    """The real inputs: listing and schemas, and if it is the `whole`, definitions and projects."""
    names = ["schemas/tables.jsonl.gz", "schemas/tables_derived.jsonl.gz"]
    arguments = ["--namespaces", str(CORPUS / "namespaces.yaml")]
    if whole:
        names.append("opmon/statistics.jsonl.gz")
        (folder / "pyproject.toml").write_text(_CONFIG, encoding="utf-8")
        arguments += ["--config", str(folder / "pyproject.toml")]
        arguments += ["--metric-hub", str(CORPUS / "metric-hub")]
        arguments += ["--opmon-projects", str(CORPUS / "opmon/projects.json")]
    for name in names:
        copied = folder / Path(name).name
        shutil.copyfile(CORPUS / name, copied)
        arguments += ["--warehouse", f"snapshot:{copied}"]
    return arguments


def invented_arguments(folder: Path, tables: int) -> list[str]:
    """An invented hub: so many relations, each with a view and an explore."""
    synthetic.write_catalog(folder / "tables.jsonl", tables)
    listing = json.dumps(synthetic.namespaces(tables))  # JSON is YAML
    (folder / "namespaces.yaml").write_text(listing, encoding="utf-8")
    return [
        *("--namespaces", str(folder / "namespaces.yaml")),
        *("--warehouse", f"snapshot:{folder / 'tables.jsonl'}"),
    ]


def change(folder: Path, listing: str) -> None:
    """Add a column to the first relation that the listing names.

    Line by line: a process that has grown lends its size to those that it starts.
    """
    packed = folder / "tables.jsonl.gz"
    path = packed if packed.exists() else folder / "tables.jsonl"
    opened = gzip.open if path == packed else open
    changed = path.with_name("changed")
    with opened(path, "rt", encoding="utf-8") as lines, opened(changed, "wt") as file:
        for line in lines:
            row = json.loads(line) if listing else {}
            if row and row["table"] in listing and row["fields"]:
                row["fields"].append({"name": "column_of_today", "type": "STRING"})
                file.write(json.dumps(row) + "\n")
                listing = ""
            else:
                file.write(line)
    changed.replace(path)


def runs(label: str, folder: Path, arguments: Sequence[str]) -> Iterator[tuple[str, Cost]]:
    """The three runs of one input."""
    for run in RUNS:
        if run == RUNS[-1]:
            change(folder, Path(arguments[1]).read_text(encoding="utf-8"))
        yield f"{label}, {run}", measured(arguments, folder / "out")


def rows(sizes: Sequence[int]) -> Iterator[tuple[str, Cost]]:
    """Each measurement with what it is of.

    Nothing is deleted before the end: for a minute, ext4 steps over each file that was deleted to
    find room for a new one, which would cost the next run a second.
    """
    with tempfile.TemporaryDirectory() as scratch:
        for whole in (False, True) if CORPUS.is_dir() else ():
            folder = Path(scratch, "whole" if whole else "schemas")
            folder.mkdir()
            label = "real hub, monitoring too" if whole else "real schemas"
            yield from runs(label, folder, real_arguments(folder, whole=whole))
        for tables in sizes:
            folder = Path(scratch, str(tables))
            folder.mkdir()
            yield from runs(f"{tables} tables", folder, invented_arguments(folder, tables))


def main() -> None:
    """Print the table; the arguments are sizes of invented catalogs."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    compileall.compile_dir(Path(__file__).parents[1] / "generator", quiet=2)  # once, not in a run
    heads = ("CPU s", "wall s", "MB", "calls", "files", "written MB")
    print(f"{'run':<44}" + "".join(f"{head:>12}" for head in heads), flush=True)
    found = {}
    for label, cost in rows(sizes):
        found[label] = cost
        print(
            f"{label:<44}{cost.cpu:>12.2f}{cost.wall:>12.2f}{cost.megabytes:>12.0f}"
            f"{cost.calls:>12}{cost.files:>12}{cost.bytes / 1e6:>12.1f}",
            flush=True,
        )
    for small, large in pairwise(sizes):
        one, other = (found[f"{tables} tables, {RUNS[0]}"].cpu for tables in (small, large))
        print(f"{large / small:.0f} times the tables take {other / one:.1f} times the CPU")


if __name__ == "__main__":
    main()
