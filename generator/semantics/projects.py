"""Monitoring projects from what people wrote: defaults merged in, every reference known."""

from generator.diagnostics import Diagnostic
from generator.facts import Facts
from generator.semantics.monitoring import Monitored


def monitored_of(facts: Facts) -> tuple[Monitored, tuple[Diagnostic, ...]]:
    """The projects of the files and rows, and what is wrong with others."""
    del facts
    return Monitored(), ()
