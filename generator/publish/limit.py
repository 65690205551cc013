"""How many files a run may delete at once: more than that looks like an accident."""

from msgspec import Struct

_PERCENT = "%"


class Limit(Struct, frozen=True):
    """A number of files, or a share in percent of those that were ours before the run."""

    number: int = 20
    is_share: bool = True

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """The limit that a text says.

        >>> Limit.parse("20%"), Limit.parse("500")
        (Limit(number=20, is_share=True), Limit(number=500, is_share=False))
        """
        return cls(int(text.removesuffix(_PERCENT).strip()), text.endswith(_PERCENT))

    def allows(self, deleted: int, ours: int) -> bool:
        """Whether so many of our files may go.

        >>> [Limit(20).allows(deleted, 10) for deleted in (0, 2, 3)]
        [True, True, False]
        """
        return deleted * 100 <= self.number * ours if self.is_share else deleted <= self.number

    def __str__(self) -> str:
        return f"{self.number} {_PERCENT}" if self.is_share else str(self.number)


DEFAULT = Limit()
"""A fifth of our files."""
