"""Fills in definitions: Jinja that can only call functions of functions.toml, and `{dataset}`.

Jinja only reads it, and never runs it: what is more than a text, a call or a parameter is refused,
so that nothing can loop, reach into Python or grow without end.
"""

import string
from collections.abc import Callable, Iterable, Iterator, Mapping

from jinja2 import Environment, TemplateError, TemplateSyntaxError, meta, nodes
from msgspec import Struct

from generator.diagnostics import Diagnostic, Fault, fault, nearest
from generator.facts.metric_hub import FunctionSpec, Text

LONGEST = 200_000
"""Characters of an expression, before and after; the longest of a real hub has three thousand."""

_MARKS = ("{{", "{%", "{#")
_LEFTOVERS = ("{{", "}}", "{%", "%}")
_SPACES = ("parameters", "experiment")
_ENVIRONMENT = Environment(autoescape=False)  # noqa: S701 - it makes SQL
_FORMATTER = string.Formatter()

Function = Callable[[str], str]


def read_functions(specs: Iterable[FunctionSpec]) -> Iterator[tuple[str, Function] | Diagnostic]:
    """The functions by name, and what is wrong with others."""
    for spec in specs:
        try:
            yield spec.slug, _function(spec)
        except Fault as found:
            yield found.diagnostic


def _function(spec: FunctionSpec) -> Function:
    subject = f"functions.{spec.slug}"
    if spec.definition is None:
        raise fault("incomplete-definition", spec.at, subject, key="definition")
    pieces = placeholders(spec.definition, subject, {"select_expr"})
    count = sum(name is not None for _, name in pieces)
    size = len(spec.definition.value)

    def call(select_expr: str) -> str:
        if count * len(select_expr) + size > LONGEST:
            raise TemplateError("the result is too long")
        return "".join(text + (select_expr if name else "") for text, name in pieces)

    return call


def placeholders(
    text: Text, subject: str, known: Iterable[str]
) -> tuple[tuple[str, str | None], ...]:
    """The pieces of a format text: literal text, then the name in braces behind it, if any.

    Raises Fault for a name that is not known, and for anything but a name.
    """
    try:
        parsed = tuple(_FORMATTER.parse(text.value))
    except ValueError as error:
        raise _bad(text, subject, str(error), "write `{{` and `}}` for braces") from None
    for _, name, form, conversion in parsed:
        if name is not None and (name not in known or form or conversion):
            reason = f"`{{{name}}}` is no place for something"
            raise _bad(text, subject, reason, f"{nearest(name, known)} Braces are doubled")
    return tuple((literal, name) for literal, name, _, _ in parsed)


def fill_dataset(text: Text, dataset: str, subject: str) -> str:
    """The text with `{dataset}` filled in. Raises Fault if it has other places."""
    pieces = placeholders(text, subject, {"dataset"})
    return "".join(literal + (dataset if name else "") for literal, name in pieces)


class Templates(Struct, frozen=True):
    """Jinja with the functions of a collection."""

    functions: Mapping[str, Function]

    def fill(self, text: Text, subject: str, **spaces: Mapping[str, str]) -> str:
        """The text with its calls and parameters filled in; `spaces` has `parameters` and such.

        Raises Fault for anything else.
        """
        if not any(mark in text.value for mark in _MARKS):
            return text.value
        if len(text.value) > LONGEST:
            raise _bad(text, subject, "it is too long", "make it shorter")
        try:
            template = _ENVIRONMENT.parse(text.value)
            made = "".join(self._pieces(template, text, subject, spaces))
        except (TemplateError, ValueError, RecursionError, OverflowError) as error:
            reason = str(error) or type(error).__name__
            raise _bad(text, subject, reason, _KNOWN_HINT) from None
        if any(mark in made for mark in _LEFTOVERS):
            raise _bad(text, subject, "braces are left over", _KNOWN_HINT)
        return made

    def _pieces(
        self, node: nodes.Node, text: Text, subject: str, spaces: Mapping[str, Mapping[str, str]]
    ) -> Iterator[str]:
        """What a node comes to. Raises Fault if it is more than text, calls and parameters."""
        match node:
            case nodes.TemplateData(data=said) | nodes.Const(value=said):
                yield str(said)
            case nodes.Template() | nodes.Output():
                for inner in node.iter_child_nodes():
                    yield from self._pieces(inner, text, subject, spaces)
            case nodes.Call(node=nodes.Name(name=name), args=[argument], kwargs=[]):
                _known(name, self.functions, "function", text, subject)
                given = "".join(self._pieces(argument, text, subject, spaces))
                yield self.functions[name](given)
            case nodes.Getattr(node=nodes.Name(name=space), attr=name) if space in _SPACES:
                _known(space, spaces, "variable", text, subject)
                _known(name, spaces[space], space.removesuffix("s"), text, subject)
                yield spaces[space][name]
            case nodes.Name(name=name):
                _known(name, (), "variable", text, subject)
            case _:
                reason = f"`{type(node).__name__.lower()}` is not allowed here"
                raise _bad(text, subject, reason, _KNOWN_HINT)


_KNOWN_HINT = 'call a function of functions.toml with one text, such as {{agg_sum("orders")}}'


def is_about_experiment(text: str) -> bool:
    """Whether a `from_expression` needs an experiment; else its double braces are mere braces.

    >>> is_about_experiment("(SELECT '{{experiment.start_date_str}}')")
    True
    >>> is_about_experiment("(SELECT '{{d10d0bf8-f5b5}}')")
    False
    """
    if "experiment" not in text or "{{" not in text:
        return False
    try:
        parsed = _ENVIRONMENT.parse(text)
        return "experiment" in meta.find_undeclared_variables(parsed)
    except (TemplateSyntaxError, RecursionError, ValueError):
        return False


def _known(name: str, known: Iterable[str], what: str, text: Text, subject: str) -> None:
    if name not in known:
        raise _bad(text, subject, f"there is no {what} `{name}`", nearest(name, known))


def _bad(text: Text, subject: str, reason: str, hint: str) -> Fault:
    return fault("bad-template", text.at, subject, key=subject, reason=reason, nearest=hint)
