"""What one run leaves for the next: so that a run over unchanged input reads nothing twice."""

import sys
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from generator import templates
from generator.artifact import Holds, Owned
from generator.builders.worth import Estimate
from generator.diagnostics import Diagnostic
from generator.publish.locks import replace_text, writing
from generator.settings import Settings
from generator.sources.outside import World

_FILE, _MADE = "state.json", "made.json"
Left = TypeVar("Left")


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


def fingerprint(facts: bytes | None, world: World) -> str | None:
    """A digest of everything that the output follows from: `facts`, and what warehouses have.

    None if some warehouse can only tell by being asked, or an input cannot be read.
    """
    if facts is None:
        return None
    digest = blake2b(facts, digest_size=20)
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
    """A digest of the generator, and of what it makes texts with: Python and all its packages."""
    digest = blake2b(sys.version.encode(), digest_size=20)
    digest.update("\0".join(_packages()).encode())
    for path in _own_code():
        _add(digest, path)
    return digest.digest()


def _packages() -> Iterable[str]:
    """The packages that are installed, with their versions: their folders are called so.

    `importlib.metadata` would tell, and takes as long to be imported as all this module does.
    """
    return sorted({found.name for place in sys.path for found in Path(place).glob("*.dist-info")})


def _add(digest: blake2b, path: Path) -> None:
    """Add a file to a digest, its name too: definitions go by the name of their file."""
    content = path.read_bytes()
    digest.update(f"{path}\0{len(content)}\0".encode())
    digest.update(content)


def _own_code() -> Iterable[Path]:
    texts = (path for path in templates.folder().rglob("*") if path.is_file())
    return sorted({*Path(__file__).parent.rglob("*.py"), *texts})


def left_in(folder: Path) -> tuple[Path, ...]:
    """The files that a run leaves in a folder for others to read."""
    return folder / _FILE, folder / _MADE


def read_state(folder: Path) -> State | None:
    """The state of the last run; None if there is none, or one of another make."""
    return _read(folder / _FILE, State)


def write_state(folder: Path, state: State) -> None:
    """Leave the state for the next run."""
    _write(folder / _FILE, state)


def _read(path: Path, kind: type[Left]) -> Left | None:
    """What a run left; None if it is not there, or cannot be understood."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _write(path: Path, value: object) -> None:
    replace_text(path, msgspec.json.encode(value, order="deterministic").decode())


class Made(Struct, frozen=True):
    """The files of the LookML project that a run made, and what it held of those it did not."""

    made: Mapping[str, Owned]
    holds: Holds


def write_made(folder: Path, made: Made) -> None:
    """Leave what there is to publish; unlike a state, whatever a run could read."""
    _write(folder / _MADE, made)


def read_made(folder: Path) -> Made | None:
    """What the last run left to be published; None if there was none."""
    return _read(folder / _MADE, Made)


def forget(folder: Path) -> None:
    """No state: the next run does everything."""
    with writing(folder):
        (folder / _FILE).unlink(missing_ok=True)
