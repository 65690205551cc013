"""How LookML is written: one function per kind of parameter, and the printer.

An object is a frozen `Struct`. The type of each of its fields names its own syntax (`label: Text`),
field order is print order, and `None` or `()` means unsaid. Escaping happens here only.

Whatever is printed reads back, unescaped, as exactly what was meant.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from typing import Annotated, Any, ClassVar, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import astuple

Writer = Callable[[list[str], str, Any, str], None]
"""Given the lines so far, a keyword, a value and the indentation, it adds lines."""

WORD = re.compile(r"[-+]?\w[\w.*-]*", re.ASCII)
_INDENT = "  "
_KNOWN = 50_000
"""Words that need not be looked at again: names and types come in many places."""


class Block(Protocol):
    """A LookML object: its keyword, and its name unless it has none."""

    keyword: ClassVar[str]


def escape(text: str) -> str:
    r"""Text as it stands between double quotes.

    >>> print(escape('5" \\ wide'))
    5\" \\ wide
    """
    return text.replace("\\", "\\\\").replace('"', '\\"')


def unescape(text: str) -> str:
    """What `escape` was given; the `lkml` reader leaves escapes as they are."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


@lru_cache(maxsize=_KNOWN)
def _word(value: str) -> str:
    if WORD.fullmatch(value) is None:
        raise ValueError(f"{value!r} cannot stand in LookML without quotes")
    return value


def _write_word(lines: list[str], keyword: str, value: str, indent: str) -> None:
    lines.append(f"{indent}{keyword}: {_word(value)}")


def _write_text(lines: list[str], keyword: str, value: str, indent: str) -> None:
    lines.append(f"{indent}{keyword}: {_quoted(value)}")


def _write_expression(lines: list[str], keyword: str, value: str, indent: str) -> None:
    if ";;" in value or value.endswith(";"):
        raise ValueError(f"{value!r} would end its LookML block early")
    if "\n" in value:  # it keeps its own indentation: another could change a string in it
        lines += (f"{indent}{keyword}:", value, f"{indent};;")
    else:
        lines.append(f"{indent}{keyword}: {value} ;;")


def _write_flag(lines: list[str], keyword: str, value: object, indent: str) -> None:
    lines.append(f"{indent}{keyword}: {'yes' if value else 'no'}")


def _write_words(lines: list[str], keyword: str, value: Sequence[str], indent: str) -> None:
    lines.append(f"{indent}{keyword}: [{', '.join(map(_word, value))}]")


def _write_texts(lines: list[str], keyword: str, value: Sequence[str], indent: str) -> None:
    lines.append(f"{indent}{keyword}: [{', '.join(map(_quoted, value))}]")


def _write_each_text(lines: list[str], keyword: str, value: Sequence[str], indent: str) -> None:
    lines.extend(f"{indent}{keyword}: {_quoted(text)}" for text in value)


def _write_pairs(
    lines: list[str], keyword: str, value: Sequence[tuple[str, str]], indent: str
) -> None:
    pairs = ", ".join(f"{_word(name)}: {_quoted(text)}" for name, text in value)
    lines.append(f"{indent}{keyword}: [{pairs}]")


def _write_block(lines: list[str], keyword: str, value: Block, indent: str) -> None:
    name = getattr(value, "name", None)
    named = "" if name is None else f" {_word(name)}"
    lines.append(f"{indent}{keyword}:{named} {{")
    _write_body(lines, value, indent + _INDENT)
    lines.append(indent + "}")


def _write_blocks(lines: list[str], keyword: str, value: Sequence[Block], indent: str) -> None:
    apart = len(indent) <= len(_INDENT)  # objects of a file, fields of a view, joins of an explore
    for block in value:
        if apart and not lines[-1].endswith("{"):
            lines.append("")
        _write_block(lines, keyword, block, indent)


def _write_nothing(_lines: list[str], _keyword: str, _value: object, _indent: str) -> None:
    """Of a name: it stands behind the keyword of its block."""


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'


class Form(StrEnum):
    """The ways in which a parameter can be written."""

    WORD = "word"
    TEXT = "text"
    EXPRESSION = "expression"
    FLAG = "flag"
    WORDS = "words"
    TEXTS = "texts"
    EACH_TEXT = "each_text"
    PAIRS = "pairs"
    BLOCK = "block"
    BLOCKS = "blocks"


WRITERS: dict[Form, Writer] = {
    Form.WORD: _write_word,
    Form.TEXT: _write_text,
    Form.EXPRESSION: _write_expression,
    Form.FLAG: _write_flag,
    Form.WORDS: _write_words,
    Form.TEXTS: _write_texts,
    Form.EACH_TEXT: _write_each_text,
    Form.PAIRS: _write_pairs,
    Form.BLOCK: _write_block,
    Form.BLOCKS: _write_blocks,
}


class Syntax(Struct, frozen=True):
    """How a parameter is written, and its LookML name where the attribute's differs."""

    form: Form
    keyword: str | None = None


Word: TypeAlias = Annotated[str | None, Syntax(Form.WORD)]
"""A bare word: `type: string`."""

Text: TypeAlias = Annotated[str | None, Syntax(Form.TEXT)]
"""Quoted text: `label: "Country"`."""

Expression: TypeAlias = Annotated[str | None, Syntax(Form.EXPRESSION)]
"""SQL, HTML or an expression, up to `;;`."""

Flag: TypeAlias = Annotated[bool | None, Syntax(Form.FLAG)]
"""`yes` or `no`."""

Words: TypeAlias = Annotated[tuple[str, ...], Syntax(Form.WORDS)]
"""A list of bare words: `timeframes: [raw, date]`."""

Texts: TypeAlias = Annotated[tuple[str, ...], Syntax(Form.TEXTS)]
"""A list of quoted texts: `suggestions: ["release", "beta"]`."""

Pairs: TypeAlias = Annotated[tuple[tuple[str, str], ...], Syntax(Form.PAIRS)]
"""Fields with filter expressions: `filters: [country: "DE"]`."""


def word(keyword: str) -> Syntax:
    """A bare word under a keyword that the attribute is not called by."""
    return Syntax(Form.WORD, keyword)


def text(keyword: str) -> Syntax:
    """Quoted text, likewise."""
    return Syntax(Form.TEXT, keyword)


def each_text(keyword: str) -> Syntax:
    """A line per text: `include: "/a.view.lkml"`."""
    return Syntax(Form.EACH_TEXT, keyword)


def block(keyword: str) -> Syntax:
    """One object."""
    return Syntax(Form.BLOCK, keyword)


def blocks(keyword: str) -> Syntax:
    """Objects, each under the keyword."""
    return Syntax(Form.BLOCKS, keyword)


@cache
def parameters(cls: type[Any]) -> dict[str, tuple[str, Form]]:
    """Attribute and form of each parameter of a class, by LookML name, in print order."""
    found = {}
    for name in cls.__struct_fields__:
        for syntax in getattr(cls.__annotations__[name], "__metadata__", ()):
            found[syntax.keyword or name] = (name, syntax.form)
    return found


@cache
def _plan(cls: type[Any]) -> tuple[tuple[str, Writer], ...]:
    """Keyword and writer of each attribute of a class; what is no parameter stands elsewhere."""
    kind: Any = cls
    written = {name: (keyword, WRITERS[form]) for keyword, (name, form) in parameters(kind).items()}
    return tuple(written.get(name, ("", _write_nothing)) for name in cls.__struct_fields__)


def _values(block: Any) -> Iterable[tuple[Any, tuple[str, Writer]]]:
    """What a block says, unsaid things among it, each with its keyword and writer."""
    kind: Any = type(block)
    return zip(astuple(block), _plan(kind), strict=True)


def _write_body(lines: list[str], value: Block, indent: str) -> None:
    for said, parameter in _values(value):
        if said is not None and said != ():
            keyword, writer = parameter
            writer(lines, keyword, said, indent)


def print_block(block: Block) -> str:
    """A block alone, as it stands in a file at the very left."""
    lines: list[str] = []
    _write_block(lines, block.keyword, block, "")
    return "\n".join(lines)


def print_document(document: Block, header: str) -> str:
    """A file: the header as comments, then its objects."""
    lines = [f"# {line}".rstrip() for line in header.splitlines()]
    for said, (keyword, writer) in _values(document):
        if said and writer is not _write_blocks:
            lines.append("")
        if said:
            writer(lines, keyword, said, "")
    return "\n".join(lines) + "\n"
