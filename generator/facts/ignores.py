"""Comments that ignore a finding: `# lookml-gen: ignore fan-out one row per client and day`."""

from msgspec import Struct

from generator.diagnostics import Location


class Ignore(Struct, frozen=True):
    """A comment: the code that it ignores, why, its place, and the line that it speaks of."""

    code: str
    reason: str
    at: Location
    line: int
