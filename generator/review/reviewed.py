"""A review: what changed, what that breaks in spokes, and what could not be looked at."""

from collections.abc import Mapping

from msgspec import Struct, field

from generator.diagnostics import Diagnostic
from generator.review.changes import Change, changes
from generator.review.rules import Severity
from generator.review.spokes import Broken, Hubs, broken
from generator.review.trees import Texts, compared


class Review(Struct, frozen=True):
    """The changes by namespace, what they break, and the files that could not be understood."""

    changes: tuple[Change, ...] = ()
    spokes: Broken = field(default_factory=Broken)
    unreadable: tuple[Diagnostic, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether something that people wrote no longer works."""
        found = any(change.severity is Severity.BREAKING for change in self.changes)
        return found or bool(self.spokes.new)


def review(old: Texts, new: Texts, spokes: Mapping[str, Texts]) -> Review:
    """The review of a change from one tree to another."""
    before, after = compared(old, new)
    found = changes(before.tree, after.tree)
    told = broken(spokes, Hubs(old, new, found)) if spokes else Broken()
    unreadable = dict.fromkeys((*before.noticed, *after.noticed, *told.noticed))
    return Review(found, told, tuple(unreadable))
