"""Settings: `[tool.lookml-gen]` of pyproject.toml, then the environment, then the command line."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from generator.address import BRANCH, is_path, redacted
from generator.costs import SIZE, size_of
from generator.diagnostics import Fault, Location, fault, nearest
from generator.facts.conventions import Conventions
from generator.sources.cache import default_folder
from generator.sources.metric_hub_git import is_address

TABLE = "tool.lookml-gen"
_PATHS = (
    "namespaces",
    "output",
    "exclusions",
    "descriptions",
    "opmon_projects",
    "monitoring_platforms",
    "experiments",
    "dev_branches",
    "cache",
)
_LOCAL_SCHEMES = ("duckdb:", "snapshot:", "bigquery-etl:")
_CHOICES = {
    "fail_on": ("error", "never"),
    "forge": ("github", "gitlab", "none"),
    "log_format": ("text", "json"),
    "catalog_scope": ("dataset", "region"),
    "arrays": ("views", "hidden"),
    "json": ("hidden", "text"),
    "datagroups": ("per-view", "shared"),
    "aggregate_tables": ("default-view", "worthwhile", "filters-as-dimensions", "none"),
}


_WEB = (r"https?://[^\s/@?#]+(/[^\s@?#]*)?", "an address such as https://git.example.org/api")
_VARIABLE = (r"[A-Za-z_]\w*", "the name of a variable of the environment")
_PATTERNS = {
    "follow_up_branch": (BRANCH, "the name of a branch"),
    "spoke_branch": (BRANCH, "the name of a branch"),
    "hub_name": (r"[\w.-]+", "the name of a project in Looker"),
    "forge_api": _WEB,
    "looker": _WEB,
    "token_variable": _VARIABLE,
    "webhook_secret_variable": _VARIABLE,
    "max_bytes": (f"(?i:{SIZE})", "a number of bytes, such as 50GB"),
    "since": (r"\d{4}-\d\d-\d\d", "a date such as 2010-01-01"),
    "max_deletions": (r"\d+ ?%?", "a number of files or a share of them, such as 20%"),
    "monitoring_namespace": (r"[a-z][a-z0-9_]*", "a name: small letters, digits and `_`"),
    "monitoring_prefix": (r"[a-z][a-z0-9_]*", "the begin of a name: small letters, digits, `_`"),
    "monitoring_project": (r"[A-Za-z][\w:.-]*", "the project of a warehouse"),
    "monitoring_dataset": (r"\w+", "the name of a dataset"),
    "monitoring_derived_dataset": (r"\w+", "the name of a dataset"),
    "region": (r"[a-z0-9-]+", "a region such as `us` or `europe-west1`"),
    "datagroup_trigger": (
        r"storage|interval:\d+ (minutes?|hours?|days?)|table:[^.`\s]+\.[^.`\s]+\.[^.`\s]+",
        "`storage`, `interval:` with a time such as 12 hours, or `table:` with its name",
    ),
}


class Settings(Struct, frozen=True):
    """What a run is told. `docs/settings.md` says what each is for.

    Paths are as written, or below the folder of the settings file.
    """

    namespaces: str = "namespaces.yaml"
    warehouse: tuple[str, ...] = ()
    metric_hub: tuple[str, ...] = ()
    output: str = "output"
    exclusions: str | None = None
    descriptions: str | None = None
    opmon_projects: str | None = None
    monitoring_platforms: str | None = None
    experiments: str | None = None
    only: tuple[str, ...] = ()
    fail_on: str = "error"
    repository: str | None = None
    publish_branch: str = "main"
    max_deletions: str = "20%"
    source_branch: str | None = None
    author_name: str = "lookml-gen"
    author_email: str = "lookml-gen@example.invalid"
    overwrite_edited: bool = False
    keep_removed: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 0
    spokes: tuple[str, ...] = ()
    require_intact_spokes: bool = False
    hub_name: str = "looker-hub"
    follow_up_branch: str | None = None
    dev_branches: str | None = None
    reset_dev_branches: bool = False
    spoke_repository: Mapping[str, str] = field(default_factory=dict)
    spoke_branch: str = "main"
    prune: bool = False
    forge: str | None = None
    forge_api: str | None = None
    token_variable: str | None = None
    looker: str | None = None
    webhook_secret_variable: str = "LOOKML_GEN_WEBHOOK_SECRET"  # noqa: S105 - only its name
    http_timeout: Annotated[float, msgspec.Meta(gt=0)] = 30
    etl_days: Annotated[int, msgspec.Meta(ge=1)] = 28
    threads: Annotated[int, msgspec.Meta(ge=1)] | None = None
    jobs: Annotated[int, msgspec.Meta(ge=1)] | None = None
    catalog_scope: str = "dataset"
    max_bytes: str | None = None
    cache: str | None = None
    no_cache: bool = False
    log_format: str = "text"
    conventions: Conventions = field(default_factory=Conventions)

    @property
    def lookml(self) -> Path:
        """The folder of the LookML project."""
        return Path(self.output) / "lookml"

    @property
    def dbt(self) -> Path:
        """The folder of the dbt project."""
        return Path(self.output) / "dbt"

    @property
    def limit(self) -> int | None:
        """The bytes that a run may cost; None if it may cost any."""
        return None if self.max_bytes is None else size_of(self.max_bytes)

    @property
    def caches(self) -> Path | None:
        """The folder of what warehouses said to earlier runs; None if nothing is to be kept."""
        if self.no_cache:
            return None
        return Path(self.cache) if self.cache else default_folder(os.environ)

    @property
    def state(self) -> Path:
        """The folder of what one run leaves for the next."""
        return Path(self.output) / ".lookml-gen"


_OWN = frozenset(Settings.__struct_fields__) - {"conventions"}
_CONVENTIONS = frozenset(Conventions.__struct_fields__)
KEYS = tuple(sorted(name.replace("_", "-") for name in _OWN | _CONVENTIONS))
"""Every key that the table of settings may have."""


def load(config: Path | None, given: Mapping[str, Any]) -> Settings:
    """The settings of a run: those of a file, overridden by those given.

    Without `config` the file is the pyproject.toml beside the namespaces file, if there is one.
    Raises Fault if the file is wrong.
    """
    said = {name: value for name, value in given.items() if value not in (None, ())}
    if "spoke_repository" in said:
        said["spoke_repository"] = _by_name("spoke-repository", said["spoke_repository"])
    for name in said.keys() & _PATTERNS.keys():
        _checked(name.replace("_", "-"), said[name], Location("the command line"))
    beside = Path(said.get("namespaces", Settings().namespaces)).parent / "pyproject.toml"
    path = config or (beside if beside.is_file() else None)
    written = _read(path) if path else {}
    own = {name: value for name, value in written.items() if name in _OWN}
    conventions = {name: value for name, value in written.items() if name in _CONVENTIONS}
    if path:
        own = _placed(own, path.parent)
    return replace(Settings(), **{**own, **said}, conventions=_conventions(conventions))


def _by_name(key: str, given: Iterable[str]) -> dict[str, str]:
    """What options say as `NAME=VALUE`, as the file says it in a table."""
    parted = [text.partition("=") for text in given]
    for name, _, value in parted:
        if not (name and value):
            place = Location("the command line")
            raise _wrong(key, f"{name}={value}", "NAME=ADDRESS", place)
    return {name: value for name, _, value in parted}


def _read(path: Path) -> dict[str, Any]:
    """The values of the table, by attribute."""
    place = Location(str(path))
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise fault("unreadable-file", place, reason=error) from None
    except tomllib.TOMLDecodeError as error:
        raise fault("malformed-file", place, format="TOML", reason=error) from None
    table = _table(document, place)
    return {key.replace("-", "_"): _checked(key, value, place) for key, value in table.items()}


def _table(document: dict[str, Any], place: Location) -> dict[str, Any]:
    """The table of settings; an empty one if the file has none."""
    for name in TABLE.split("."):
        document = document.get(name, {})
        if not isinstance(document, dict):
            raise fault("wrong-type", place, key=name, expected="a table", found=f"`{document}`")
    return document


def _checked(key: str, value: object, place: Location) -> object:
    if key not in KEYS:
        raise fault("unknown-key", place, key=f"{TABLE}.{key}", nearest=nearest(key, KEYS))
    name = key.replace("-", "_")
    wanted = get_type_hints(Settings if name in _OWN else Conventions, include_extras=True)[name]
    try:
        converted = msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        expected = str(error).partition(",")[0].removeprefix("Expected ")
        raise _wrong(key, value, expected, place) from None
    choices = _CHOICES.get(name)
    if choices and converted not in choices:
        raise _wrong(key, value, " or ".join(f"`{choice}`" for choice in choices), place)
    pattern, expected = _PATTERNS.get(name, ("", ""))
    if pattern and not re.fullmatch(pattern, str(converted), re.ASCII):
        raise _wrong(key, value, expected, place)
    return converted


def _wrong(key: str, value: object, expected: str, place: Location) -> Fault:
    found = redacted(f"`{value}`")
    return fault("wrong-type", place, key=f"{TABLE}.{key}", expected=expected, found=found)


def _placed(own: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Paths, and what is on this disk, as seen from the folder of the settings file."""
    placed = {name: str(folder / own[name]) for name in _PATHS if name in own}
    if is_path(own.get("repository", ":")):
        placed["repository"] = str(folder / own["repository"])
    if "spoke_repository" in own:
        spokes = own["spoke_repository"].items()
        placed["spoke_repository"] = {  # type: ignore[assignment]
            name: str(folder / place) if is_path(place) else place for name, place in spokes
        }
    if "metric_hub" in own:
        hubs = (a if is_address(a) else str(folder / a) for a in own["metric_hub"])
        placed["metric_hub"] = tuple(hubs)  # type: ignore[assignment]
    if "spokes" in own:
        placed["spokes"] = tuple(str(folder / path) for path in own["spokes"])  # type: ignore[assignment]
    if "warehouse" in own:
        placed["warehouse"] = tuple(_placed_url(url, folder) for url in own["warehouse"])  # type: ignore[assignment]
    return {**own, **placed}


def _placed_url(url: str, folder: Path) -> str:
    scheme, colon, place = url.partition(":")
    return f"{scheme}:{folder / place}" if f"{scheme}{colon}" in _LOCAL_SCHEMES else url


def _conventions(written: Mapping[str, Any]) -> Conventions:
    """The conventions as written; acronyms and map layers add to those we know."""
    known = Conventions()
    added = dict(written)
    if "acronyms" in added:
        added["acronyms"] = known.acronyms | {word.upper() for word in added["acronyms"]}
    if "map_layers" in added:
        added["map_layers"] = {**known.map_layers, **added["map_layers"]}
    return replace(known, **added)
