"""YAML whose every value knows its file and line."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from msgspec import Struct

from generator.diagnostics import Fault, Location, fault, nearest
from generator.facts.namespaces import Plain

_MERGE = "tag:yaml.org,2002:merge"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Located(Struct, frozen=True):
    """A value of a YAML file, the place of its key, and the key path that leads to it."""

    node: yaml.Node
    at: Location
    keys: tuple[str, ...] = ()
    first_line: int | None = None
    """Where the same key stands already, if it does."""

    @property
    def subject(self) -> str:
        """The key path with dots."""
        return ".".join(self.keys)

    def plain(self) -> Plain:
        """The value as plain data. Raises Fault if it is no plain data, or contains itself."""
        try:
            value: Plain = yaml.constructor.SafeConstructor().construct_document(self.node)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise fault(
                "malformed-file", self.at, self.subject, format="YAML", reason=error
            ) from None
        return value

    def entries(self) -> Iterator[tuple[str, "Located"]]:
        """Key and value of each key of a mapping; a null has none.

        A key that is written twice comes twice. Raises Fault if it is anything else.
        """
        node = self.node
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
            return
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong("keys with values")
        lines: dict[str, int | None] = {}
        for key, value in _merged(node):
            name = str(key.value)
            place = self._place(key)
            yield name, Located(value, place, (*self.keys, name), lines.get(name))
            lines.setdefault(name, place.line)

    def sole(self) -> "Located":
        """Itself. Raises Fault if its key is written twice."""
        if self.first_line is not None:
            key = self.keys[-1]
            raise fault("duplicate-key", self.at, self.subject, key=key, first=self.first_line)
        return self

    def items(self) -> Iterator["Located"]:
        """The values of a list; a null has none. Raises Fault if it is anything else."""
        node = self.node
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
            return
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong("a list")
        for item in node.value:
            yield Located(item, self._place(item), self.keys)

    def mapping(self, known: Mapping[str, object] | frozenset[str]) -> dict[str, "Located"]:
        """The values by key. Raises Fault for a key that is unknown or written twice."""
        found = {}
        for name, value in self.entries():
            if name not in known:
                hint = nearest(name, known)
                raise fault("unknown-key", value.at, self.subject, key=name, nearest=hint)
            found[name] = value.sole()
        return found

    def text(self) -> str:
        """A text; a number is taken as it is written. Raises Fault for anything else."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":null"):
            raise self.wrong("a text")
        return str(node.value)

    def optional_text(self) -> str | None:
        """A text, or None for a null."""
        return None if self.is_null else self.text()

    def flag(self) -> bool:
        """True or false. Raises Fault for anything else."""
        value = self.plain()
        if not isinstance(value, bool):
            raise self.wrong("true or false")
        return value

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    @property
    def is_null(self) -> bool:
        """Whether nothing is written."""
        return self.node.tag.endswith(":null")

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_text(self) -> bool:
        """Whether it is a single value."""
        return isinstance(self.node, yaml.ScalarNode)

    def wrong(self, expected: str) -> Fault:
        """The fault of having another type than expected."""
        key = self.keys[-1] if self.keys else self.at.path
        return fault(
            "wrong-type", self.at, self.subject, key=key, expected=expected, found=_kind(self.node)
        )

    def _place(self, node: yaml.Node) -> Location:
        return Location(self.at.path, node.start_mark.line + 1)


def read_yaml(path: Path) -> Located | None:
    """The value of a YAML file, None if it is empty.

    Raises Fault if it cannot be read or is not YAML.
    """
    name = str(path)
    try:
        with path.open(encoding="utf-8") as stream:
            node = yaml.compose(stream, Loader=_LOADER)
    except (OSError, UnicodeDecodeError) as error:
        raise fault("unreadable-file", Location(name), "", reason=_reason(error)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = Location(name, mark.line + 1 if mark else None)
        reason = getattr(error, "problem", None) or "unreadable"
        raise fault("malformed-file", at, "", format="YAML", reason=reason) from None
    return None if node is None else Located(node, Location(name, 1))


def _merged(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    """The pairs of a mapping, those of `<<` included where it has no key of that name itself."""
    own = [pair for pair in node.value if pair[0].tag != _MERGE]
    if len(own) < len(node.value):
        yaml.constructor.SafeConstructor().flatten_mapping(node)
        names = {str(key.value) for key, _ in own}
        merged = {str(key.value): (key, value) for key, value in node.value}
        node.value = [*(pair for name, pair in merged.items() if name not in names), *own]
    return node.value  # type: ignore[no-any-return]


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "keys with values"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "nothing" if node.tag.endswith(":null") else f"`{node.value}`"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
