"""What a command says on stderr: lines for a person, or JSON in the shape of operators' logs."""

import json
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
from msgspec import Struct

from generator.diagnostics import Diagnostic, Severity
from generator.redaction import scrubbed

_LEVELS = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}
_MONITORED = "projects"


class Where(NamedTuple):
    """The place in our code that says something."""

    filename: str
    func_name: str


class Journal(Struct):
    """Says what a command notices. `source` is the command."""

    source: str = ""
    as_json: bool = False

    def note(self, message: str, where: Where) -> None:
        """Something that happened. On a terminal others say it."""
        if self.as_json:
            self._write("INFO", message, where)

    def tell(self, diagnostics: Iterable[Diagnostic], *, quiet: bool) -> None:
        """What was noticed, notes first and errors last, where they are seen."""
        for item in in_order(diagnostics, quiet=quiet):
            if self.as_json:
                where = Where("commands.py", self.source)
                self._write(_LEVELS[item.severity], str(item), where, experiment=_slug(item))
            else:
                click.echo(scrubbed(str(item)), err=True)

    def stop(self, item: Diagnostic) -> None:
        """Why the command cannot go on."""
        if self.as_json:
            where = Where("commands.py", self.source)
            self._write("ERROR", str(item), where, (item.message, "Fault"), _slug(item))
        else:
            click.echo(scrubbed(str(item)), err=True)

    def crash(self, error: BaseException) -> None:
        """An error of ours, with its traceback."""
        told = "".join(traceback.format_exception(error)).rstrip()
        if not self.as_json:
            click.echo(scrubbed(told), err=True)
            return
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = next((Where(Path(one.filename).name, one.name) for one in last), Where("", ""))
        said = str(error) or type(error).__name__
        self._write("CRITICAL", said, where, (told, type(error).__name__))

    def _write(
        self,
        level: str,
        message: str,
        where: Where,
        exception: tuple[str, str] | None = None,
        experiment: str | None = None,
    ) -> None:
        text, kind = exception or ("None", None)
        row = {
            "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
            "experiment": experiment,
            "message": scrubbed(message),
            "log_level": level,
            "exception": scrubbed(text),
            "filename": where.filename,
            "func_name": where.func_name,
            "exception_type": kind,
            "source": self.source,
        }
        print(json.dumps(row, ensure_ascii=False), file=sys.stderr)  # noqa: T201 - it is the log


_JOURNAL: ContextVar[Journal | None] = ContextVar("journal", default=None)


def journal() -> Journal:
    """The journal of the command that runs."""
    return _JOURNAL.get() or Journal()


@contextmanager
def journal_of(source: str, form: str | None) -> Iterator[Journal]:
    """A journal for as long as a command runs."""
    made = Journal(source, form == "json")
    token = _JOURNAL.set(made)
    try:
        yield made
    finally:
        _JOURNAL.reset(token)


def in_order(diagnostics: Iterable[Diagnostic], *, quiet: bool) -> Iterator[Diagnostic]:
    """Notes first and errors last; quietly, only the errors."""
    found = tuple(diagnostics)
    wanted = (Severity.ERROR,) if quiet else (Severity.NOTE, Severity.WARNING, Severity.ERROR)
    for severity in wanted:
        yield from (item for item in found if item.severity is severity)


def _slug(item: Diagnostic) -> str | None:
    """The monitoring project that a finding is about."""
    parts = (item.subject or "").split(".")
    return parts[2] if len(parts) > 2 and parts[1] == _MONITORED else None  # noqa: PLR2004
