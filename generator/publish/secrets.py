"""Secrets: they are in the environment and nowhere else."""

from collections.abc import Mapping, Sequence

from generator.diagnostics import fault
from generator.publish.web import Secret


def secret_of(
    what: str, service: str, variables: Sequence[str], environment: Mapping[str, str]
) -> Secret:
    """The secret that the first of the variables holds which is not empty.

    Raises Fault if none does, or its text can be no header.
    """
    named = " or ".join(variables)
    for variable in variables:
        text = environment.get(variable, "").strip()
        if text and text.isascii() and text.isprintable():
            return Secret(text, what, named)
    raise fault("missing-token", what=what, service=service, variables=named)
