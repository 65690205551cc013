"""What one run leaves for the next: so that a run over unchanged input reads nothing twice."""

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from generator import templates
from generator.artifact import Holds, Manifest, Owned
from generator.builders.worth import Estimate
from generator.diagnostics import Diagnostic, Location
from generator.publish.locks import replace_text, writing
from generator.settings import Settings
from generator.sources.outside import World

_FILE, _MADE = "state.json", "made.json"
_LIBRARIES = ("sqlglot", "sqlglotc", "PyYAML", "Jinja2", "lkml", "msgspec")


class State(Struct, frozen=True):
    """The fingerprint of a run's input, what the run noticed, and the paths that it made.

    `made` are paths of the LookML project, `dbt` of the other.
    """

    fingerprint: str
    diagnostics: tuple[Diagnostic, ...]
    holds: Holds
    made: tuple[str, ...]
    dbt: tuple[str, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    until: date | None = None
    """The last day on which a run makes the same of it."""

    def holds_on(self, today: date | None) -> bool:
        """Whether nothing has run out by a day."""
        return self.until is None or today is None or today <= self.until


def fingerprint(settings: Settings, world: World) -> str | None:
    """A digest of everything that the output follows from, the generator included.

    None if some warehouse can only tell by being asked, or an input cannot be read.
    """
    told = facts_digest(settings, world)
    if told is None:
        return None
    digest = blake2b(told, digest_size=20)
    for warehouse in world.warehouses:
        known = warehouse.fingerprint()
        if known is None:
            return None
        digest.update(known.encode())
    return digest.hexdigest()


def facts_digest(settings: Settings, world: World) -> bytes | None:
    """A digest of what people declare, of the settings, and of the generator; None as above."""
    told = msgspec.json.encode(settings, order="deterministic")
    digest = blake2b(code_digest() + told, digest_size=20)
    try:
        if world.files is None:
            return None
        for path in world.files:
            _add(digest, path)
    except OSError:
        return None
    return digest.digest()


@cache
def code_digest() -> bytes:
    """A digest of the generator, and of the versions of what it makes texts with."""
    digest = blake2b(sys.version.encode(), digest_size=20)
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            digest.update(f"{name} {version(name)}\0".encode())
    for path in _own_code():
        _add(digest, path)
    return digest.digest()


def _add(digest: blake2b, path: Path) -> None:
    """Add a file to a digest, its name too: definitions go by the name of their file."""
    content = path.read_bytes()
    digest.update(f"{path}\0{len(content)}\0".encode())
    digest.update(content)


def _own_code() -> Iterable[Path]:
    texts = (path for path in templates.folder().rglob("*") if path.is_file())
    return sorted({*Path(__file__).parent.rglob("*.py"), *texts})


def read_state(folder: Path) -> State | None:
    """The state of the last run; None if there is none, or one of another make."""
    try:
        return _decoded(json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _decoded(row: Mapping[str, Any]) -> State:
    holds = {name: frozenset(values) for name, values in row["holds"].items()}
    return State(
        row["fingerprint"],
        tuple(map(_diagnostic, row["diagnostics"])),
        Holds(**holds),
        tuple(row["made"]),
        tuple(row["dbt"]),
        tuple(Estimate(**estimate) for estimate in row["estimates"]),
        date.fromisoformat(row["until"]) if row["until"] else None,
    )


def _diagnostic(row: Mapping[str, Any]) -> Diagnostic:
    at = row["at"]
    return Diagnostic(**{**row, "at": Location(**at) if at else None})


def write_state(folder: Path, state: State) -> None:
    """Leave the state for the next run."""
    row = {
        "fingerprint": state.fingerprint,
        "diagnostics": msgspec.to_builtins(state.diagnostics),
        "holds": {name: sorted(values) for name, values in asdict(state.holds).items()},
        "made": state.made,
        "dbt": state.dbt,
        "estimates": msgspec.to_builtins(state.estimates),
        "until": str(state.until or ""),
    }
    replace_text(folder / _FILE, json.dumps(row))


class Made(Struct, frozen=True):
    """The files of the LookML project that a run made, and what it held of those it did not."""

    made: Mapping[str, Owned]
    holds: Holds


def write_made(folder: Path, made: Made) -> None:
    """Leave what there is to publish; unlike a state, whatever a run could read."""
    row = {
        "holds": {name: sorted(values) for name, values in asdict(made.holds).items()},
        "made": json.loads(Manifest(made.made).to_json()),
    }
    replace_text(folder / _MADE, json.dumps(row))


def read_made(folder: Path) -> Made | None:
    """What the last run left to be published; None if there was none."""
    try:
        row = json.loads((folder / _MADE).read_text(encoding="utf-8"))
        holds = Holds(**{name: frozenset(values) for name, values in row["holds"].items()})
        return Made(Manifest.from_json(json.dumps(row["made"])).files, holds)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def forget(folder: Path) -> None:
    """No state: the next run does everything."""
    with writing(folder):
        (folder / _FILE).unlink(missing_ok=True)
