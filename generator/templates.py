"""Where the templates are: at the top of a checkout, or inside an installed wheel."""

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def folder() -> Path:
    """The folder `templates/` of this checkout or this installation."""
    package = Path(__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def text(name: str) -> str:
    """The text of one template, named by its path below the folder."""
    return (folder() / name).read_text(encoding="utf-8")
