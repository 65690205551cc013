"""Questions that cost something, and whether a run can afford them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct
from msgspec.structs import replace

from generator.costs import MINIMUM, Job
from generator.sources.bigquery_client import Client, Rows
from generator.sources.bigquery_failures import Failure
from generator.sources.budget import too_expensive

_THREADS = 8


class Question(Struct, frozen=True):
    """A statement, what it is for, the bytes that it may cost, and the texts that it is told."""

    job: Job
    sql: str
    most: int | None = None
    known: Sequence[str] | None = None

    def ask(self, client: Client) -> Rows | Failure:
        """The answer."""
        return client.query(self.sql, self.job, self.most, self.known)

    def estimated(self, client: Client) -> "Question":
        """The question with the bytes that it would cost; one that is refused costs nothing."""
        found = client.estimate(self.sql, self.job, self.known)
        size = 0 if isinstance(found, Failure) else max(found, MINIMUM * self.job.tables)
        if self.most is not None and size > self.most:
            size = 0
        return replace(self, job=replace(self.job, estimated=size))


def afforded(client: Client, questions: Sequence[Question]) -> Sequence[Question]:
    """The questions, with what each is expected to cost if the run has a limit.

    Raises Fault if they cost more than is left: none of them is asked then.
    """
    left = client.ledger.left
    if left is None:
        return questions
    with ThreadPoolExecutor(_THREADS) as pool:
        made = list(pool.map(lambda question: question.estimated(client), questions))
    total = sum(question.job.estimated or 0 for question in made)
    if total > left:
        jobs = [question.job for question in made]
        costly = [(job.estimated or 0, f"the {job.purpose} of {job.place}") for job in jobs]
        raise too_expensive(client.url, client.ledger, total, costly)
    return made
