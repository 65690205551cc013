"""Runs dbt in a process of its own, and passes on what it tells."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from generator.diagnostics import Fault, fault
from generator.etl.protocol import Counted, Done, Finished, Message, Order
from generator.publish.locks import sole, writing
from generator.stages import Watcher, nobody

_OURS = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
    "PYTHONWARNINGS": "ignore",
    "LOOKML_GEN_COMMAND": "etl",
}
"""dbt tells nobody of its use; its jobs tell whose they are."""

_GRACE = 15.0
"""Seconds in which the process ends; it has given up a while before."""

_TAIL = 3


def alone(folder: Path) -> AbstractContextManager[int]:
    """No other etl run works in this folder; the file that says so may be handed to a child."""
    return sole(folder, "etl.lock", "etl run")


class Runner(Struct, frozen=True):
    """A process that runs dbt, one call after the other."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def call(self, arguments: tuple[str, ...], watcher: Watcher = nobody) -> Done:
        """What became of a call. Raises Fault if dbt could not work at all."""
        total = done = 0
        try:
            for message in self._told(Order(arguments)):
                match message:
                    case Done():
                        return self._checked(message)
                    case Finished():
                        done += 1
                    case Counted() if total:
                        continue  # it is said again with each
                    case Counted():
                        total = message.total
                watcher("etl", done, total)
        except (BrokenPipeError, msgspec.DecodeError):
            pass
        raise self._fault(f"its process ended: {_last_lines(self.log) or 'without a word'}")

    def _told(self, order: Order) -> Iterator[Message]:
        assert self.process.stdin  # noqa: S101 - it is a pipe, as asked for below
        assert self.process.stdout  # noqa: S101
        self.process.stdin.write(msgspec.json.encode(order) + b"\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            yield msgspec.json.decode(line, type=Message)

    def _checked(self, done: Done) -> Done:
        if done.failure is not None:
            raise self._fault(_one_line(done.failure))
        return done

    def _fault(self, reason: str) -> Fault:
        return fault("failed-dbt", reason=reason, log=self.log)


@contextmanager
def running(folder: Path, lock: int) -> Iterator[Runner]:
    """A process that runs dbt, until the end of the block, however that comes.

    It holds the lock too: were we killed, nobody could begin before it has stopped.
    """
    log = folder / "etl.log"
    with writing(log):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = log.open("wb")
    command = [sys.executable, "-P", "-m", "generator.etl.child"]
    with (
        stream,
        subprocess.Popen(  # noqa: S603 - ourselves
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=_environment(os.environ, sys.path),
            pass_fds=(lock,),
        ) as process,
    ):
        try:
            yield Runner(process, log)
        finally:
            _end(process)


def _environment(given: Mapping[str, str], path: Iterable[str]) -> dict[str, str]:
    """The variables of this process, without those that would change what dbt is told.

    Modules come from where ours come from.
    """
    kept = {name: text for name, text in given.items() if not name.startswith("DBT_")}
    return {
        **kept,
        **_OURS,
        "PYTHONPATH": os.pathsep.join(str(Path(one).absolute()) for one in path),
    }


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Closing its input tells the process to stop."""
    assert process.stdin  # noqa: S101 - it is a pipe
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _last_lines(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    return " ".join(text.split("\n")[-_TAIL - 1 :]).strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())
