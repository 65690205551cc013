"""Questions that cost something, and whether a run can afford them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from generator.costs import MINIMUM, Job, written
from generator.diagnostics import Location, fault
from generator.sources.bigquery_client import Client, Rows
from generator.sources.bigquery_failures import Failure

_THREADS = 8
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Question:
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
        raise fault(
            "too-expensive",
            Location(client.url),
            wanted=written(total),
            limit=written(client.ledger.limit or 0),
            spent=written(client.ledger.billed),
            listed=_listed(made),
        )
    return made


def _listed(questions: Sequence[Question]) -> str:
    """What costs how much, the dearest first."""
    costly = sorted(questions, key=lambda one: (-(one.job.estimated or 0), one.job.place))
    lines = [
        f"{written(one.job.estimated or 0)} for the {one.job.purpose} of {one.job.place}"
        for one in costly[:_LISTED]
    ]
    more = len(costly) - len(lines)
    return "; ".join((*lines, *((f"and {more} more",) if more else ())))
