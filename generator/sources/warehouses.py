"""The warehouses that there are, by the scheme of their address, and what several say together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Location, fault, nearest
from generator.facts.catalog import (
    Catalog,
    Counts,
    Needs,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.sources.means import Means
from generator.sources.warehouse import Unread, Warehouse, gather


class Address(NamedTuple):
    """A warehouse URL in its parts: `scheme:place?option=value&…`."""

    url: str
    place: str
    options: Mapping[str, str]

    @property
    def scheme(self) -> str:
        """The name of the scheme."""
        return self.url.partition(":")[0]


def _open_duckdb(address: Address, _: Means) -> Warehouse:
    from generator.sources.duckdb import DuckDB  # noqa: PLC0415 - heavy, so only when used

    return DuckDB.at(address.url, address.place, address.options.get("catalog"))


def _open_snapshot(address: Address, _: Means) -> Warehouse:
    from generator.sources.snapshot import Snapshot  # noqa: PLC0415 - heavy, so only when used

    return Snapshot(address.url, Path(address.place))


def _open_bigquery_etl(address: Address, _: Means) -> Warehouse:
    from generator.sources.bigquery_etl import BigQueryETL  # noqa: PLC0415 - heavy, likewise

    return BigQueryETL(address.url, Path(address.place))


def _open_bigquery(address: Address, means: Means) -> Warehouse:
    from generator.sources.bigquery import BigQuery  # noqa: PLC0415 - heavy, likewise

    return BigQuery.at(address.url, address.place, address.options, means)


class Scheme(NamedTuple):
    """How the addresses of one scheme are opened, and the options that they may carry."""

    open: Callable[[Address, Means], Warehouse]
    options: tuple[str, ...] = ()


WAREHOUSES: dict[str, Scheme] = {
    "duckdb": Scheme(_open_duckdb, ("catalog",)),
    "snapshot": Scheme(_open_snapshot),
    "bigquery-etl": Scheme(_open_bigquery_etl),
    "bigquery": Scheme(
        _open_bigquery,
        (
            "location",
            "billing-project",
            "api-endpoint",
            "scope",
            "maximum-bytes-billed",
            "deadline",
        ),
    ),
}


def open_warehouse(url: str, means: Means | None = None) -> Warehouse:
    """The warehouse at an address; nothing is read yet. Raises Fault if there can be none."""
    address = parts_of(url)
    return WAREHOUSES[address.scheme].open(address, means or Means())


def parts_of(url: str) -> Address:
    """The parts of an address, its options among those of its scheme. Raises Fault if not so."""
    name, _, rest = url.partition(":")
    place, _, query = rest.partition("?")
    scheme = WAREHOUSES.get(name)
    if scheme is None:
        raise fault("unknown-warehouse", url=url, nearest=nearest(name, WAREHOUSES))
    if not place:
        raise fault("unknown-warehouse", url=url, nearest=f"write `{name}:` and where it is")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for option in options.keys() - set(scheme.options):
        near = nearest(option, scheme.options)
        raise fault("unknown-key", Location(url), key=option, nearest=near)
    return Address(url, place, options)


def read_catalog(warehouses: Sequence[Warehouse], needs: Needs) -> Catalog:
    """What the warehouses say: the first that knows the columns of a relation answers for it.

    A warehouse follows references itself; those it does not know are asked of the others, all at
    once. So there are at most as many rounds as views of one stand on views of another.
    """
    answers = [_Answers(warehouse) for warehouse in warehouses]
    catalog = _merge(answers, needs)
    wanted = needs
    while _round(answers, wanted):
        catalog = _merge(answers, needs)
        wanted = Needs(_names(catalog), needs.patterns)
    return catalog


def read_profiles(warehouses: Sequence[Warehouse], needs: Iterable[ProfileNeed]) -> Profiles:
    """What the warehouses say: the first that knows values of a relation answers for it.

    What one of them cannot count just now, another may; only then is its reason of no interest.
    """
    values: dict[RelationName, Mapping[str, Counts]] = {}
    reasons: dict[RelationName, list[str]] = {}
    noticed: dict[Diagnostic, None] = {}
    wanted = _joined(needs)
    for warehouse in warehouses:
        left = [need for need in wanted if need.relation not in values]
        said = warehouse.profile(left) if left else Profiles()
        values.update(said.values)
        noticed.update(dict.fromkeys(said.noticed))
        for name, reason in said.unread.items():
            reasons.setdefault(name, []).append(reason)
    unread = {name: "; ".join(reasons[name]) for name in sorted(reasons) if name not in values}
    return Profiles(dict(sorted(values.items())), unread, tuple(noticed))


def _joined(needs: Iterable[ProfileNeed]) -> list[ProfileNeed]:
    """Each relation is asked once for all columns, where the same rows count."""
    columns: dict[ProfileNeed, set[str]] = {}
    for need in needs:
        columns.setdefault(replace(need, columns=()), set()).update(need.columns)
    made = (replace(need, columns=tuple(sorted(names))) for need, names in columns.items() if names)
    return sorted(made, key=_order)


def _order(need: ProfileNeed) -> tuple[object, ...]:
    return need.relation, need.newest or "", need.count, need.weight or ""


class _Answers:
    """All that one warehouse was asked and said; it is never asked the same twice."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.asked: set[RelationName] = set()
        self.relations: dict[RelationName, Relation] = {}
        self.unread: dict[RelationName, str] = {}
        self.noticed: dict[Diagnostic, None] = {}

    def ask(self, needs: Needs) -> None:
        """Ask, and note that the references of what it said are asked, too."""
        said = self.warehouse.read(needs)
        self.asked.update(needs.names, needs.patterns, said.relations, said.unread)
        for relation in said.relations.values():
            self.asked.update(relation.reads_from)
        self.relations.update(said.relations)
        self.unread.update(said.unread)
        self.noticed.update(dict.fromkeys(said.noticed))

    def has_columns(self, name: RelationName) -> bool:
        """Whether nobody after this one need be asked."""
        return name in self.relations and bool(self.relations[name].columns)


def _round(answers: Sequence[_Answers], wanted: Needs) -> bool:
    """Ask each in order, and tell whether there was anything to ask."""
    return sum(_ask(answers, place, wanted) for place in range(len(answers))) > 0


def _ask(answers: Sequence[_Answers], place: int, wanted: Needs) -> bool:
    """Ask the one at `place` what it was not asked yet and no earlier one knows."""
    here, earlier = answers[place], answers[:place]
    names = tuple(
        name
        for name in wanted.names
        if name not in here.asked and not any(other.has_columns(name) for other in earlier)
    )
    patterns = tuple(pattern for pattern in wanted.patterns if pattern not in here.asked)
    if names or patterns:
        here.ask(Needs(names, patterns))
    return bool(names or patterns)


def _merge(answers: Sequence[_Answers], needs: Needs) -> Catalog:
    """What `needs` come to by now: the best answer for each name, and of what that stands on."""

    def look(name: RelationName) -> Relation | Unread | None:
        known = [answer.relations[name] for answer in answers if name in answer.relations]
        if known:
            return next((relation for relation in known if relation.columns), known[0])
        reasons = [answer.unread[name] for answer in answers if name in answer.unread]
        return Unread("; ".join(dict.fromkeys(reasons))) if reasons else None

    matched = {
        name
        for answer in answers
        for name in (*answer.relations, *answer.unread)
        if any(pattern.matches(name) for pattern in needs.patterns)
    }
    merged = gather((*needs.names, *needs.patterns, *sorted(matched)), look)
    noticed = {item: None for answer in answers for item in answer.noticed}
    return Catalog(merged.relations, merged.unread, tuple(noticed))


def _names(catalog: Catalog) -> tuple[RelationName, ...]:
    """All names that the catalog mentions."""
    below = (name for relation in catalog.relations.values() for name in relation.reads_from)
    return tuple(sorted({*catalog.relations, *catalog.unread, *below}))
