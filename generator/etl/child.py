"""The process that runs dbt: `python -m generator.etl.child`.

dbt keeps what it was told, its loggers and an open database for as long as its process lives, and
takes seconds to import: so it has one of its own, which takes order after order. It ends, in the
middle of an order too, when nobody holds the other end of its input any more.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from io import FileIO
from queue import SimpleQueue
from traceback import format_exception
from types import TracebackType
from typing import Any, TypeAlias

import msgspec

from generator.etl.protocol import Counted, Done, Finished, Message, Order, Result
from generator.redaction import scrubbed

Orders: TypeAlias = "SimpleQueue[Order | None]"

_PATIENCE = 10.0
"""Seconds that dbt has to cancel what runs in the warehouse, before its process ends anyhow."""


def main() -> None:
    """Take orders until there are no more."""
    tell_failures()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us says when to stop
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say = _speaker()
    orders: Orders = SimpleQueue()
    working = threading.Event()
    source = os.fdopen(sys.stdin.fileno(), "rb", buffering=0)  # a buffer's lock outlives us
    listener = (source, orders, working)
    threading.Thread(target=_listen, args=listener, daemon=True).start()
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes seconds; orders may wait meanwhile

    _keep_secrets()
    runner = dbtRunner(callbacks=[lambda event: _tell(event, say)])
    for order in iter(orders.get, None):
        working.set()
        done = runner.invoke(list(order.arguments))
        working.clear()
        if isinstance(done.exception, KeyboardInterrupt):
            return
        say(_done(done))


def tell_failures() -> None:
    """From now on what nobody catches, in any thread, is told without secrets."""
    sys.excepthook = _fail
    threading.excepthook = lambda told: _fail(told.exc_type, told.exc_value, told.exc_traceback)


def _fail(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    sys.stderr.write(scrubbed("".join(format_exception(kind, error, trace))))


def _keep_secrets() -> None:
    """What dbt logs, it logs without credentials and addresses of people."""
    modules = [import_module(name) for name in _LOGS]
    known = modules[0].env_scrubber
    for module in modules:
        vars(module)["env_scrubber"] = lambda text: scrubbed(known(text))


_LOGS = ("dbt.events.logging", "dbt_common.events.functions")
"""Where dbt sets up the log in its file, and the one that it prints."""


def _speaker() -> Callable[[Message], None]:
    """Says messages on what was the standard output; what dbt prints goes to the log instead."""
    wire = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    alone = threading.Lock()

    def say(message: Message) -> None:
        with alone:  # dbt's threads speak, too
            wire.write(msgspec.json.encode(message) + b"\n")

    return say


def _listen(source: FileIO, orders: Orders, working: threading.Event) -> None:
    """Queue the orders. At their end, what still runs is interrupted."""
    for line in source:
        orders.put(msgspec.json.decode(line, type=Order))
    orders.put(None)
    if working.is_set():
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_PATIENCE)
    os._exit(1)


def _tell(event: Any, say: Callable[[Message], None]) -> None:
    match event.info.name:
        case "LogStartLine":
            say(Counted(event.data.total))
        case "NodeFinished":
            say(Finished(event.data.node_info.node_path))


def _done(outcome: Any) -> Done:
    """What became of a call."""
    results = tuple(_results(outcome.result)) if hasattr(outcome.result, "results") else ()
    said = str(outcome.exception or "dbt failed without a word, see its log")
    return Done(results, None if results or outcome.success else said)


def _results(outcome: Any) -> Iterator[Result]:
    for item in outcome.results:
        node, said = item.node, item.adapter_response or {}
        yield Result(
            node.name,
            node.original_file_path,
            str(node.resource_type),
            str(item.status),
            item.message or "",
            item.execution_time,
            getattr(node, "compiled_path", None),
            getattr(node, "relation_name", None),
            said.get("rows_affected"),
            said.get("bytes_processed"),
            said.get("bytes_billed"),
            getattr(node.config, "materialized", None),  # an exposure is not made
            said.get("slot_ms"),
            min(
                (one.started_at.timestamp() for one in item.timing if one.started_at), default=None
            ),
        )


if __name__ == "__main__":
    main()
