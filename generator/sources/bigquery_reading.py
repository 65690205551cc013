"""What BigQuery has been asked so far in a run, and what it said."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from generator.facts.catalog import Catalog, Needs, Relation, RelationName
from generator.sources import bigquery_rows, bigquery_tables
from generator.sources.bigquery_absent import Absent, listing
from generator.sources.bigquery_address import Address
from generator.sources.bigquery_client import Client
from generator.sources.bigquery_datasets import THREADS, Datasets
from generator.sources.bigquery_failures import Failure
from generator.sources.bigquery_party import Party, Tables, party_of
from generator.sources.bigquery_rows import Row
from generator.sources.bigquery_steady import state_of
from generator.sources.cache import Cache
from generator.sources.means import Means
from generator.sources.warehouse import Unread, gather

Found = Relation | Unread | None
Said = TypeVar("Said")


class Reading:
    """Questions and answers. A dataset is asked for once, and a table that it lacks once."""

    def __init__(self, address: Address, client: Client, cache: Cache, party: Party) -> None:
        self._project, self.client = address.project, client
        self._source = Datasets(address, client, cache, party)
        self._absent = Absent.of(cache, address.project)
        self._listings: dict[str, str] = {}
        self._datasets: dict[str, Tables | Unread | None] = {}
        self._tables: dict[RelationName, Found] = {}
        self._is_answered = False
        self.unreachable: str | None = None

    @classmethod
    def of(cls, address: Address, means: Means) -> "Reading | Failure":
        """The reading of a project, or why nothing can be asked."""
        client = Client.to(address, means.ledger)
        if isinstance(client, Failure):
            return client
        return cls(address, client, means.cache, party_of(address, means.parties))

    def answer(self, needs: Needs) -> Catalog:
        """What is known of `needs` by now."""
        found = gather((*needs.names, *self._matches(needs)), self._look)
        doubtful = {
            pattern: held.reason
            for pattern in needs.patterns
            if isinstance(held := self._dataset(pattern), Unread)
        }
        return Catalog(found.relations, {**found.unread, **doubtful})

    def ask(self, needs: Needs, found: Catalog) -> bool:
        """Ask for what `found` lacks, first whole datasets; tell whether there was anything."""
        below = (name for some in found.relations.values() for name in some.reads_from)
        mentioned = {*needs.names, *needs.patterns, *below}
        ours = sorted(name for name in mentioned if name.project == self._project)
        datasets = sorted({name.dataset for name in ours} - self._datasets.keys())
        if datasets:
            self._source.open({name[:2] for name in mentioned})
            self._ask_datasets(datasets)
            return True
        lacking = [name for name in ours if self._is_lacking(name)]
        self._ask_tables(lacking)
        return bool(lacking)

    def state_of(self, name: RelationName) -> str | None:
        """A text that is another one when the rows of a relation could be; None if nobody knows."""
        return state_of(name, self._told)

    def _told(self, name: RelationName) -> tuple[Row, Relation] | None:
        held, found = self._dataset(name), self._look(name)
        if not isinstance(held, Mapping) or not isinstance(found, Relation):
            return None
        return (held[name.table], found) if name.table in held else None

    def _dataset(self, name: RelationName) -> Tables | Unread | None:
        return self._datasets.get(name.dataset) if name.project == self._project else None

    def _look(self, name: RelationName) -> Found:
        held = self._dataset(name)
        if isinstance(held, Unread):
            return held
        if name not in self._tables and held and name.table in held:
            made = bigquery_rows.relation_of
            self._tables[name] = _made(
                lambda: made(name.project, held[name.table]), bigquery_rows.MALFORMED
            )
        return self._tables.get(name)

    def _matches(self, needs: Needs) -> Iterator[RelationName]:
        for pattern in needs.patterns:
            held = self._dataset(pattern)
            listed = (pattern._replace(table=table) for table in _names(held))
            yield from (name for name in listed if pattern.matches(name))

    def _is_lacking(self, name: RelationName) -> bool:
        """Whether its dataset was read without it, so that only `tables.get` can tell."""
        held = self._dataset(name)
        if name.is_pattern or name in self._tables or not isinstance(held, Mapping):
            return False
        return name.table not in held

    def _ask_datasets(self, names: list[str]) -> None:
        listed = self._source.listed
        lacking = listing(listed)
        absent = [name for name in names if self._absent.has(name, lacking)]
        gone = absent if listed else self._still_gone(absent)
        asked = [name for name in names if name not in gone]
        answers = self._source.read(asked)
        self._is_answered = self._is_answered or bool(listed or gone)
        self._note(answers)
        self._datasets.update(dict.fromkeys(gone))
        self._datasets.update(zip(asked, map(_unless_failed, answers), strict=True))
        self._absent.keep((name, lacking) for name in asked if self._datasets[name] is None)

    def _still_gone(self, names: list[str]) -> list[str]:
        """Those that BigQuery still does not know. No list tells, but to ask that costs nothing."""
        with ThreadPoolExecutor(THREADS) as pool:
            said = pool.map(lambda name: self.client.location_of(self._project, name), names)
            known = zip(names, said, strict=True)
            return [name for name, one in known if isinstance(one, Failure) and one.absent]

    def _ask_tables(self, names: list[RelationName]) -> None:
        gone = [name for name in names if self._absent.has(str(name), self._listing(name))]
        self._tables.update(dict.fromkeys(gone))
        asked = [name for name in names if name not in self._tables]
        with ThreadPoolExecutor(THREADS) as pool:
            self._tables.update(zip(asked, pool.map(self._ask_table, asked), strict=True))
        lost = (name for name in asked if self._tables[name] is None)
        self._absent.keep((str(name), self._listing(name)) for name in lost)

    def _listing(self, name: RelationName) -> str:
        """The digest of all tables that the dataset shows."""
        held = self._dataset(name)
        if name.dataset not in self._listings and isinstance(held, Mapping):
            self._listings[name.dataset] = listing(row.digest for row in held.values())
        return self._listings.get(name.dataset, "")

    def _ask_table(self, name: RelationName) -> Found:
        said = self.client.table(name)
        if isinstance(said, Failure):
            return _unless_failed(said)
        return _made(lambda: bigquery_tables.relation_of(name, said), bigquery_tables.MALFORMED)

    def _note(self, answers: list[Tables | Failure]) -> None:
        """If every answer so far is a failure that any question would meet, nothing is read."""
        wide = [item for item in answers if isinstance(item, Failure) and item.wide]
        self._is_answered = self._is_answered or len(wide) < len(answers)
        self.unreachable = None if self._is_answered else wide[0].reason


def _names(held: Tables | Unread | None) -> list[str]:
    return sorted(held) if isinstance(held, Mapping) else []


def _unless_failed(answer: Said | Failure) -> Said | Unread | None:
    """The answer; of a failure, why it stays unread, unless it is known to be gone."""
    if not isinstance(answer, Failure):
        return answer
    return None if answer.absent else Unread(answer.reason)


def _made(make: Callable[[], Relation], malformed: tuple[type[Exception], ...]) -> Found:
    try:
        return make()
    except malformed as error:
        return Unread(f"what BigQuery says of it is malformed: {error}")
