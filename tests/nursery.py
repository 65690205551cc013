"""The command in a process of its own, forked from one that has everything imported.

A run has its own folder, variables and streams, and ends as the installed command does; only what
it would import is there already. Nothing was done yet in the process that it is forked from.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
IMPORTED = (
    *("generator.commands", "generator.checking", "generator.demo", "generator.etl.run"),
    *("generator.explaining", "generator.findings", "generator.publication"),
    *("generator.reviewing", "generator.sources.bigquery_reading", "generator.sources.duckdb"),
    *("generator.sources.snapshot", "git", "rich.progress", "sqlglot.dialects.bigquery"),
)
PATIENCE = 300
"""Seconds after which a run is killed."""


def command(
    folder: Path, words: Sequence[str], variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """A run of `lookml-gen` in a folder, with these variables and no others."""
    with tempfile.TemporaryDirectory() as place:
        told = Path(place, "out"), Path(place, "err")
        order = [str(folder), list(words), dict(variables), [str(path) for path in told]]
        code = _answer(_nursery(), json.dumps(order))
        out, err = (path.read_text(encoding="utf-8") for path in told)
    return subprocess.CompletedProcess(words, code, out, err)


@cache
def _nursery() -> "subprocess.Popen[str]":
    """Where the runs of this process come from; it ends with us."""
    made = subprocess.Popen(
        [sys.executable, "-m", "tests.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    atexit.register(made.wait)
    atexit.register(made.kill)  # first: the last that is registered
    return made


def _answer(nursery: "subprocess.Popen[str]", order: str) -> int:
    """How a run ended: what it exits with, or less than 0 if a signal ended it."""
    assert nursery.stdin
    assert nursery.stdout
    nursery.stdin.write(f"{order}\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())


def serve() -> None:
    """Be where runs come from: one after the other, until nobody orders any more."""
    for name in IMPORTED:
        import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _run(*json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(folder: str, words: list[str], variables: dict[str, str], told: list[str]) -> NoReturn:
    """Be the command, and end with it."""
    from generator.cli import main  # noqa: PLC0415 - where runs are ordered, it is not needed

    signal.alarm(PATIENCE)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    streams = (os.devnull, os.O_RDONLY), *((path, os.O_CREAT | os.O_WRONLY) for path in told)
    for number, (path, how) in enumerate(streams):
        os.dup2(os.open(path, how, 0o600), number)
    os._exit(_code(partial(main, words, prog_name="lookml-gen")))


def _code(work: Callable[[], object]) -> int:
    """Do it all and end: what the nursery would tidy up at its own end stays as it is."""
    code = 1
    try:
        work()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - told as the interpreter would
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


if __name__ == "__main__":
    serve()
