"""The files of ours that stand as we wrote them, in a folder or on the publish branch."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from generator.artifact import MANIFEST, REMOVED, Manifest, Owned, blob_id
from generator.publish.delivery import Target
from generator.publish.disk import read_manifest
from generator.publish.published import on_branch

_VIEW = ".view.lkml"


class Intact(Struct, frozen=True):
    """What our manifest lists, and how to read of it what nobody edited.

    Files of a folder are read when they are asked for; of a branch there are `texts`.
    """

    place: str
    manifest: Manifest = field(default_factory=Manifest)
    folder: Path | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Mapping[str, Owned]:
        """All that is ours."""
        return self.manifest.files

    def text(self, path: str) -> str | None:
        """The text of a file of ours; None if it is not there, or is not what we wrote."""
        owned = self.files.get(path)
        found = self._found(path) if owned else None
        if owned is None or found is None or blob_id(found) != owned.id:
            return None
        return found.decode("utf-8", "replace")

    def _found(self, path: str) -> bytes | None:
        if self.folder is None:
            return self.texts[path].encode() if path in self.texts else None
        try:
            return (self.folder / path).read_bytes()
        except OSError:
            return None


def intact(folder: Path, target: Target, clones: Path) -> Intact:
    """What stands in the output folder; where no run has written yet, on the publish branch.

    Raises Fault if neither can be read: what is not known would look as if it had never been.
    """
    if (folder / MANIFEST).exists():
        return Intact(str(folder), read_manifest(folder), folder)
    found = on_branch(target, folder, clones, lambda path: path == REMOVED or path.endswith(_VIEW))
    if found is None:
        return Intact(str(folder))
    return Intact(found.place, found.manifest, texts=found.texts)
