"""Where the models are built: the engine behind a warehouse address, as dbt's profile has it."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from generator import dbt
from generator.dbt.syntax import escaped, print_yaml
from generator.diagnostics import Location, fault
from generator.names import is_identifier
from generator.publish.locks import writing
from generator.settings import Settings
from generator.sources.bigquery_address import Address as BigQueryAddress
from generator.sources.bigquery_address import address_of
from generator.sources.warehouses import Address, parts_of

PROFILE = "lookml_gen"
Keys = Mapping[str, object]


_CAP = "maximum_bytes_billed"
_PATIENCE: Keys = {
    "job_retries": 3,
    "job_creation_timeout_seconds": 60,
    "job_execution_timeout_seconds": 6 * 3600,
}
"""A statement may run for as long as BigQuery lets it; one that cannot begin is tried again."""


class Target(Struct, frozen=True):
    """An engine, and what dbt must know to reach it; never a credential."""

    type: str
    keys: Keys
    bigquery: BigQueryAddress | None = None

    def limited(self, most: int | None) -> "Target":
        """The target, of which each statement may cost at most so many bytes."""
        known = self.keys.get(_CAP)
        limits = [limit for limit in (most, known) if isinstance(limit, int)]
        return replace(self, keys={**self.keys, _CAP: max(min(limits), 1)}) if limits else self


class _Engine(NamedTuple):
    keys: Callable[[Address, Settings], Keys]
    threads: int
    extra: str


_ALIKE: Keys = {"settings": {"threads": 1}}
"""Statements run side by side, each in one thread: floating-point sums come out alike each time."""


def _duckdb(address: Address, _: Settings) -> Keys:
    path = Path(address.place).resolve()
    if not path.is_file():  # dbt would make an empty one
        raise fault("unreadable-file", Location(address.place), reason="there is no such file")
    named = path.name.lstrip(".").partition(".")[0]  # as DuckDB calls it, and dbt expects it
    catalog = address.options.get("catalog", path.stem)
    if catalog == named:
        return {"path": _plain(str(path)), "schema": "main", **_ALIKE}
    if not is_identifier(catalog):
        hint = "dbt can only call a file otherwise by small letters, digits and `_`"
        place = Location(address.url)
        raise fault("bad-choice", place, key="catalog", value=catalog, nearest=hint)
    attached = {"path": _plain(str(path)), "alias": catalog}
    keys = {"path": ":memory:", "attach": [attached], "database": catalog, "schema": "main"}
    return {**keys, **_ALIKE}


def _bigquery(address: Address, settings: Settings) -> Keys:
    known = address_of(address.url, address.place, address.options)
    # a server on this machine gets no credentials; dbt asks for a word all the same
    method = {"method": "oauth-secrets", "token": "none"} if known.is_local else {"method": "oauth"}
    cap = address.options.get("maximum-bytes-billed")  # our own is for values of dropdowns
    said = {
        **method,
        **_PATIENCE,
        _CAP: int(cap) if cap else None,
        "project": known.project,
        "dataset": settings.conventions.monitoring_derived_dataset,
        "location": known.location,
        "execution_project": known.billing_project,
        "api_endpoint": known.endpoint,
    }
    return {key: value for key, value in said.items() if value is not None}


_ENGINES: Mapping[str, _Engine] = {
    "duckdb": _Engine(_duckdb, 4, "etl"),
    "bigquery": _Engine(_bigquery, 8, "etl-bigquery"),
}


def target_of(settings: Settings, wanted: str | None) -> Target:
    """The target on the first warehouse that can compute, of the wanted type if one is named.

    Raises Fault if there is none.
    """
    addresses = tuple(map(parts_of, settings.warehouse))
    able = [one for one in addresses if one.scheme in _ENGINES and wanted in (None, one.scheme)]
    if not able:
        raise fault("no-engine", urls=", ".join(settings.warehouse) or "none")
    address = able[0]
    engine = _ENGINES[address.scheme]
    threads = settings.threads or engine.threads
    keys = {"type": address.scheme, **engine.keys(address, settings), "threads": threads}
    known = None
    if address.scheme == "bigquery":
        known = address_of(address.url, address.place, address.options)
    return Target(address.scheme, keys, known)


def check_installed(engine: str, find: Callable[[str], object] = find_spec) -> None:
    """Raises Fault if dbt, or its part for the engine, is not installed."""
    for module in ("dbt", "dbt.cli", "dbt.adapters", f"dbt.adapters.{engine}"):
        if find(module) is None:
            raise fault("missing-extra", what=f"dbt for {engine}", extra=_ENGINES[engine].extra)


def write_profile(target: Target, folder: Path) -> None:
    """Write dbt's profile; only its owner may read the folder."""
    profiles = dbt.Profiles(PROFILE, (dbt.Target(target.type, target.keys),))
    path = folder / "profiles.yml"
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(print_yaml(profiles, "Written by lookml-gen etl."), encoding="utf-8")


def _plain(text: str) -> dbt.Jinja:
    """A text that dbt renders to itself."""
    return dbt.Jinja(escaped(text))
