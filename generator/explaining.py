"""Explanations of a run: a full build in memory, and what a name means in it."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct, field

from generator.diagnostics import Diagnostic, Fault
from generator.explain.answer import Answer, answer
from generator.explain.search import candidates, index_for, unknown
from generator.explain.show import as_json, as_text, listed
from generator.explain.things import Known, Thing
from generator.facts import Facts
from generator.facts.catalog import Catalog, Needs, ProfileNeed, Profiles
from generator.keeping.past import NOTHING, Past
from generator.pipeline import Outside, generate, tell
from generator.run import read_past, world_of
from generator.settings import Settings
from generator.stages import Stages


class Heard(Struct):
    """The outside, and the catalog that it last answered with: explanations want to see it."""

    outside: Outside
    answered: Catalog = field(default_factory=Catalog)

    def read(self) -> tuple[Facts, tuple[Diagnostic, ...]]:
        """What people declare."""
        return self.outside.read()

    def catalog(self, needs: Needs) -> Catalog:
        """What the warehouses hold."""
        self.answered = self.outside.catalog(needs)
        return self.answered

    def profiles(self, needs: Sequence[ProfileNeed]) -> Profiles:
        """The commonest values of columns."""
        return self.outside.profiles(needs)


class Explained(Struct, frozen=True):
    """What a name means: one thing with all that is known of it, or several things."""

    name: str
    things: tuple[Thing, ...]
    answer: Answer | None = None


def explain(settings: Settings, name: str, stages: Stages, today: date | None = None) -> Explained:
    """What a name means in what would be built now. Raises Fault if it means nothing."""
    past = read_past(settings, today)
    known = built(Heard(world_of(settings)), settings.only, stages, past)
    with stages.stage("explain"):
        return explained(_of_output(name, settings), known)


def explained(name: str, known: Known) -> Explained:
    """What a name means in a build. Raises Fault if it means nothing."""
    found = candidates(name, known)
    if not found.things:
        raise Fault(unknown(name, known))
    if len(found.things) > 1:
        return Explained(name, found.things)
    (thing,) = found.things
    return Explained(name, (thing,), answer(thing, index_for(thing, known, found.index)))


def built(heard: Heard, only: Sequence[str], stages: Stages, past: Past = NOTHING) -> Known:
    """A full build, whatever earlier runs have left, with what it was made of."""
    told = tell(heard, frozenset(only), stages)
    made = generate(heard, only, stages, told=told, past=past)
    return Known(made.tree, made.dbt, told.linked, heard.answered)


def _of_output(name: str, settings: Settings) -> str:
    """A path of a file that stands in the output, from there; any other name as it is."""
    for folder, short in ((settings.lookml, "lookml"), (settings.dbt, "dbt")):
        below = os.path.relpath(name or ".", folder) if "/" in name else ".."
        if not below.startswith(".."):
            return f"{short}/{Path(below).as_posix()}"
    return name


def printed(explained: Explained, form: str) -> str:
    """An explanation in a format."""
    if form == "json":
        return as_json(explained.name, explained.things, explained.answer)
    lines = as_text(explained.answer) if explained.answer else listed(explained.things)
    return "\n".join(lines)
