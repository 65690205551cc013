"""The projects of which one client may ask in one statement, and what that told."""

from collections.abc import Mapping, MutableMapping

from msgspec import Struct, field

from generator.sources.bigquery_address import Address
from generator.sources.bigquery_rows import Row
from generator.sources.bigquery_sql import Place

Tables = Mapping[str, Row]
"""The rows of a dataset by the name of the table."""


class Party(Struct):
    """Projects in one location, of one service, for which one project pays.

    `regions` and `datasets` have what a statement over several places said, by project and by
    dataset. `met` are the datasets that answered; `first` are those that were asked for first.
    """

    payer: str
    location: str | None
    projects: list[str] = field(default_factory=list)
    regions: dict[str, Mapping[str, Tables]] = field(default_factory=dict)
    datasets: dict[Place, Tables] = field(default_factory=dict)
    met: set[Place] = field(default_factory=set)
    first: frozenset[Place] | None = None

    @property
    def region(self) -> str:
        """The region as a place."""
        return f"region-{self.location}".lower()


def party_of(address: Address, parties: MutableMapping[str, Party]) -> Party:
    """The party that an address belongs to, which from now on knows of it."""
    payer = address.billing_project or address.project
    key = f"{payer} {address.location} {address.endpoint} {address.by_region}"
    party = parties.setdefault(key, Party(payer, address.location))
    if address.project not in party.projects:
        party.projects.append(address.project)
    return party
