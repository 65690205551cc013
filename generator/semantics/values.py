"""Values of metric-hub entries: defaults, choices and labels."""

from collections.abc import Iterable
from enum import StrEnum
from textwrap import dedent
from typing import Any, TypeVar

from generator.diagnostics import Fault, Location, fault, nearest
from generator.facts.metric_hub import Text, Texts, Written
from generator.names import title
from generator.semantics.definitions import ExperimentsColumn

Choice = TypeVar("Choice", bound=StrEnum)

_NOTHING = "NULL"


def value_or(written: Written[Any] | None, default: Any = None) -> Any:
    """The value that is written, else the default."""
    return default if written is None else written.value


def required(written: Text | None, key: str, at: Location, subject: str) -> Text:
    """What is written. Raises Fault if nothing is."""
    if written is None or not written.value.strip():
        raise fault("incomplete-definition", at, subject, key=key)
    return written


def column(written: Text | None, default: str) -> str | None:
    """The SQL of a column; None if it is said that there is none."""
    text = written.value.strip() if written else default
    return None if text.upper() == _NOTHING else text or default


def labels(spec: Any) -> dict[str, Any]:
    """What people read: the friendly name if there is one, and without its margin."""
    name = dedent(spec.friendly_name.value).strip() if spec.friendly_name else None
    text = dedent(spec.description.value).strip() if spec.description else None
    label = " ".join(name.split()) if name else title(spec.slug)
    return {"friendly_name": name, "label": label, "description": text}


def places_of(spec: Any) -> dict[str, Location]:
    """Where each key of an entry is written."""
    found = ((key, getattr(spec, key)) for key in spec.__struct_fields__)
    return {name: value.at for name, value in found if isinstance(value, Written)}


def choice(choices: type[Choice], written: Text | None, key: str, subject: str) -> Choice | None:
    """The choice that is written, if any. Raises Fault if it is none of them."""
    if written is None:
        return None
    if written.value not in set(choices):
        raise _no_choice(written.value, written.at, key, choices, subject)
    return choices(written.value)


def words(written: Texts | None, key: str, known: Iterable[str], subject: str) -> tuple[str, ...]:
    """The words that are written. Raises Fault for one that is not known."""
    for word in written.value if written else ():
        if written and word not in known:
            raise _no_choice(word, written.at, key, known, subject)
    return written.value if written else ()


def _no_choice(value: str, at: Location, key: str, known: Iterable[str], subject: str) -> Fault:
    hint = nearest(value, tuple(map(str, known)))
    return fault("bad-choice", at, subject, key=key, value=value, nearest=hint)


def experiments_column(written: Text | None, subject: str) -> ExperimentsColumn | None:
    """Where the experiments are; None if it is said that there are none."""
    if written is not None and written.value.lower() == "none":
        return None
    return (
        choice(ExperimentsColumn, written, "experiments_column_type", subject)
        or ExperimentsColumn.SIMPLE
    )
