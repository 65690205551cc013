"""What a dropdown offers, and what it starts with: from today's values and yesterday's choice."""

from collections.abc import Iterable

from generator.facts.catalog import Counts
from generator.facts.monitoring import Choice
from generator.semantics.monitoring import ALL

TOP = 10
"""How many values a dropdown offers, `ALL` not counted."""


def offered(counts: Counts, *, rolled_up: bool) -> Counts:
    """The values that a dropdown may offer: most first, equal counts by value.

    The empty text is none: Looker takes a filter without a value to allow any. Nor is `ALL` where
    it stands for all values together.

    >>> offered((("b", 1), ("a", 1), ("", 7), ("All", 9)), rolled_up=True)
    (('a', 1), ('b', 1))
    """
    left_out = {"", ALL} if rolled_up else {""}
    kept = (pair for pair in counts if pair[0] not in left_out)
    return tuple(sorted(kept, key=lambda pair: (-pair[1], pair[0])))


def choice_of(
    counts: Counts, before: Choice | None, margin: float, *, rolled_up: bool
) -> Choice | None:
    """The choice of a dimension; without values that of yesterday, and without that none.

    The default is the commonest value, but yesterday's keeps its place until another leads it by
    more than the margin; and so do the values that are offered, in yesterday's order while they
    are the same. Where statistics are rolled up the default is `ALL`, which also stands first.

    >>> yesterday = Choice("Mac", ("Mac", "Windows"))
    >>> choice_of((("Windows", 105), ("Mac", 100)), yesterday, 0.1, rolled_up=False)
    Choice(default='Mac', options=('Mac', 'Windows'))
    """
    known = offered(counts, rolled_up=rolled_up)
    old = _remembered(before, rolled_up=rolled_up)
    options = _steady(known, old, margin) if known else old
    if rolled_up:
        return Choice(ALL, (ALL, *options))
    if not options:
        return None
    return Choice(_default(known, options, before, margin), options)


def _steady(known: Counts, old: tuple[str, ...], margin: float) -> tuple[str, ...]:
    """The commonest values; one that just fails to be among them keeps its place."""
    counts = dict(known)
    top = [value for value, _ in known[:TOP]]
    leaving = [value for value in old if value in counts and value not in top]
    for newcomer in [value for value in reversed(top) if value not in old]:
        if leaving and counts[newcomer] <= counts[leaving[0]] * (1 + margin):
            top[top.index(newcomer)] = leaving.pop(0)
    return old if set(old) == set(top) else tuple(top)


def _remembered(before: Choice | None, *, rolled_up: bool) -> tuple[str, ...]:
    options: Iterable[str] = before.options if before else ()
    return tuple(value for value in options if value and not (rolled_up and value == ALL))


def _default(known: Counts, options: tuple[str, ...], before: Choice | None, margin: float) -> str:
    """Yesterday's default where it is still offered and no other leads it by the margin."""
    best = known[0][0] if known else options[0]
    if before is None or before.default not in options:
        return best
    counts = dict(known)
    led = known and known[0][1] > counts[before.default] * (1 + margin)
    return best if led else before.default
