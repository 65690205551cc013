"""Reads the LookML files of a folder, whoever wrote them."""

from pathlib import Path

SUFFIXES = (".lkml", ".lookml")
_HIDDEN = "."


def texts_of(root: Path) -> dict[str, str]:
    """The LookML files of a folder; bytes that are no UTF-8 are marked, hidden folders left out."""
    paths = (path for path in sorted(root.rglob("*")) if path.suffix in SUFFIXES)
    named = ((path.relative_to(root), path) for path in paths)
    return {
        name.as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for name, path in named
        if path.is_file() and not any(part.startswith(_HIDDEN) for part in name.parts)
    }
