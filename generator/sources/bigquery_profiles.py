"""The commonest values of columns in BigQuery: a statement for each relation, eight at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from generator.facts.catalog import Counts, ProfileNeed, Profiles
from generator.sources.bigquery_client import Client
from generator.sources.bigquery_datasets import THREADS
from generator.sources.bigquery_failures import Failure
from generator.sources.profile_sql import MALFORMED, answered, statement
from generator.sources.profiles import gathered
from generator.sources.warehouse import Unread


def profiles_of(client: Client, most: int, needs: Sequence[ProfileNeed]) -> Profiles:
    """The values, in the order of the needs, whichever is answered first.

    Each statement may cost `most` bytes. Whatever fails is unread: a table that is gone was there
    when the catalog was read.
    """

    def count(need: ProfileNeed) -> Mapping[str, Counts] | Unread:
        rows = client.query(in_bigquery(need), most)
        if isinstance(rows, Failure):
            return Unread(rows.reason)
        try:
            return answered(need, rows)
        except MALFORMED:
            return Unread("its answer is malformed: it has other columns")

    with ThreadPoolExecutor(THREADS) as pool:
        return gathered(zip(needs, pool.map(count, needs), strict=True))


def in_bigquery(need: ProfileNeed) -> str:
    """The statement for a need."""
    return statement(need, _quoted)


def _quoted(name: str) -> str:
    """A name as an identifier."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
