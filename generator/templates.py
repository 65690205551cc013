"""Where the templates are, at the top of a checkout or inside an installed wheel; how they fill.

The marks are `[[ value ]]`, `[% for %]` and `[# note #]`, so that dbt's and Looker's own pass.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache(maxsize=1)
def folder() -> Path:
    """The folder `templates/` of this checkout or this installation."""
    package = Path(__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def text(name: str) -> str:
    """The text of one template, named by its path below the folder."""
    return (folder() / name).read_text(encoding="utf-8")


Filters = Mapping[str, Callable[..., str]]
"""By the name that a template calls them: how a value is written in its language."""


def render(name: str, values: Mapping[str, object], filters: Filters) -> str:
    """The text that a template makes of values; it may ask for no others."""
    made = _environment()
    made.filters.update(filters)
    return made.get_template(name).render(values)


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    """One for all: it keeps the templates that it has compiled."""
    from jinja2 import (  # noqa: PLC0415 - most runs fill none, and it takes a while
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    return Environment(
        loader=FileSystemLoader(folder()),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - it makes SQL, whose escapes are the filters
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
