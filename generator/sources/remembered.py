"""What a run wrote down for the next: what dropdowns offered, and which tables files stand on.

To know nothing is no fault.
"""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from generator.artifact import DROPDOWNS, MANIFEST, Dropdowns, Manifest
from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.facts.catalog import RelationName
from generator.facts.monitoring import Choices
from generator.git_calls import undisturbed

Recollection = tuple[Choices, tuple[Diagnostic, ...]]


class Memory(Struct, frozen=True):
    """The output folder; where no run has written there yet, a branch of a repository.

    `find` tells where that is on this disk; only then it is asked. It need not be there.
    """

    folder: Path
    find: Callable[[], Path] | None = None
    branch: str = "main"

    def read(self) -> Recollection:
        """The choices of the last run, and why they cannot be read."""
        path = self.folder / DROPDOWNS
        try:
            return _decoded(path.read_text(encoding="utf-8"), path)
        except UnicodeDecodeError as error:
            return _forgotten(path, error)
        except OSError as error:
            if path.exists():
                return _forgotten(path, error.strerror or error)
        return self._published() if self._is_fresh else ({}, ())

    @property
    def _is_fresh(self) -> bool:
        """Whether no run has written to the folder, so that what is not there may be elsewhere."""
        return not (self.folder / MANIFEST).exists()

    def relations(self) -> frozenset[RelationName]:
        """The tables that the files of the last run stand on."""
        try:
            text: str | None = (self.folder / MANIFEST).read_text(encoding="utf-8")
        except FileNotFoundError:
            text = self._shown(MANIFEST)[1]
        except (OSError, UnicodeDecodeError):
            return frozenset()
        try:
            files = Manifest.from_json(text or "{}").files.values()
        except ValueError:  # who writes there says so
            return frozenset()
        return frozenset(RelationName.parse(name) for owned in files for name in owned.needs)

    def _published(self) -> Recollection:
        place, text = self._shown(DROPDOWNS)
        return _decoded(text, place / DROPDOWNS) if place and text else ({}, ())

    def _shown(self, path: str) -> tuple[Path | None, str | None]:
        """Where the repository is, and a file of its branch."""
        place = self.find() if self.find else None
        return place, _show(place, self.branch, path) if place and place.is_dir() else None


def _decoded(text: str, path: Path) -> Recollection:
    try:
        return Dropdowns.from_json(text).choices, ()
    except ValueError as error:
        return _forgotten(path, error)


def _forgotten(path: Path, reason: object) -> Recollection:
    return {}, (diagnostic("forgotten-dropdowns", Location(str(path)), reason=reason),)


def _show(repository: Path, branch: str, path: str) -> str | None:
    """A file as the branch has it, here or as last fetched; None if there is none."""
    try:
        from git import Repo  # noqa: PLC0415 - a quarter second, and few runs need it
        from git.exc import GitError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        with undisturbed(), Repo(repository, expand_vars=False) as repo:
            repo.git.update_environment(GIT_DIR=str(Path(repo.git_dir).resolve()))
            names = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}")
            found = (
                repo.git.cat_file("blob", f"{name}:{path}", with_exceptions=False) for name in names
            )
            return next((str(text) for text in found if text), None)
    except (GitError, OSError, ValueError):
        return None
