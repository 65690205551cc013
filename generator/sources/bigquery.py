"""`bigquery:PROJECT`: Google's warehouse, read in bulk, a statement per dataset or per region."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from generator.diagnostics import Fault, Location, fault
from generator.facts.catalog import Catalog, Needs, ProfileNeed, Profiles
from generator.sources.bigquery_address import Address, address_of
from generator.sources.bigquery_party import party_of
from generator.sources.means import Means

if TYPE_CHECKING:  # it imports Google's client, which takes a second and may not be there
    from generator.sources.bigquery_reading import Reading

_INSTALL = "google-cloud-bigquery is not installed; the extra `bigquery` brings it"


class BigQuery(Struct, frozen=True, dict=True):
    """A project of BigQuery. What was asked once is remembered, and never asked again."""

    url: str
    address: Address
    means: Means = field(default_factory=Means)

    @classmethod
    def at(
        cls, url: str, project: str, options: Mapping[str, str], means: Means | None = None
    ) -> "BigQuery":
        """The project at an address; nothing is asked yet. Raises Fault if it is no address."""
        means = means or Means()
        address = address_of(url, project, options, means.scope)
        party_of(address, means.parties)
        return cls(url, address, means)

    def read(self, needs: Needs) -> Catalog:
        """The tables and views among `needs`, and what they read from, to any depth.

        A round asks all datasets that the last one mentioned, then for each table that they lack:
        only what BigQuery itself calls unknown counts as gone. Raises Fault if nothing answers.
        """
        while True:
            found = self._reading.answer(needs)
            if not self._reading.ask(needs, found):
                return found
            if self._reading.unreachable:
                raise self._unreachable(self._reading.unreachable)

    def profile(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The commonest values of columns of tables and views of the project."""
        ours = [need for need in needs if need.relation.project == self.address.project]
        if not ours:
            return Profiles()
        reading = self._reading
        from generator.sources.bigquery_profiles import Counting  # noqa: PLC0415 - see above

        return Counting(reading, self.address.most_bytes, self.means.cache).profiles(ours)

    def fingerprint(self) -> str | None:
        """None: only asking tells whether something changed."""
        return None

    @cached_property
    def _reading(self) -> "Reading":
        try:
            from generator.sources.bigquery_reading import Reading  # noqa: PLC0415 - see above
        except ImportError:
            raise self._unreachable(_INSTALL) from None
        reading = Reading.of(self.address, self.means)
        if isinstance(reading, Reading):
            return reading
        raise self._unreachable(reading.reason)

    def _unreachable(self, reason: str) -> Fault:
        return fault("unreachable-warehouse", Location(self.url), reason=reason)
