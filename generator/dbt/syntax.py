"""How dbt's files are written: YAML whose strings dbt may render, SQL whose marks it does.

What comes from people must never be run as Jinja: in prose its marks are parted, in SQL, where
each character counts, they are printed by Jinja itself.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import astuple

from generator.yaml_text import written

_MARK = re.compile(r"\{(?=[{%#])")
_MARKS = re.compile(r"\{[{%#]")
_WIDTH = 100


class Jinja(str):
    """Text that dbt is to render, such as `{{ ref('visits') }}`."""

    __slots__ = ()


def ref(model: str) -> Jinja:
    """A model, as YAML names it."""
    return Jinja(f"ref({_quoted(model)})")


def source(name: str, table: str) -> Jinja:
    """A table of a source, as YAML names it."""
    return Jinja(f"source({_quoted(name)}, {_quoted(table)})")


def rendered(call: Jinja) -> Jinja:
    """A call, as SQL holds it."""
    return Jinja(f"{{{{ {call} }}}}")


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def parted(text: str) -> str:
    """Prose that dbt shows as it is, with its braces parted.

    >>> parted("uses {{ x }} and {# no #}, {1}")
    'uses { { x }} and { # no #}, {1}'
    """
    return _MARK.sub("{ ", text) if "{" in text else text


def escaped(sql: str) -> str:
    """SQL that dbt renders to itself.

    >>> escaped("SELECT '{{x}}', '{%'")
    "SELECT '{{ '{{' }}x}}', '{{ '{%' }}'"
    """
    return _MARKS.sub(lambda found: f"{{{{ '{found[0]}' }}}}", sql)


class Sql(Protocol):
    """The SQL of a model by type of target, and what dbt puts for the names of its tables."""

    @property
    def sql(self) -> Mapping[str, str]:
        """By type of target; the last is that of every other."""

    @property
    def sources(self) -> Mapping[str, Jinja]:
        """By the name in the SQL."""

    @property
    def config(self) -> Mapping[str, object]:
        """How dbt makes it."""


def print_sql(model: Sql, header: str) -> str:
    """The file of a model: a part for each type of target, or one if they are alike."""
    texts = {target: _with_sources(text, model.sources) for target, text in model.sql.items()}
    return f"{{# {header} #}}\n{print_config(model.config)}{_by_target(texts)}\n"


def print_config(config: Mapping[str, object]) -> str:
    """The call that configures a model; nothing if there is nothing to say.

    >>> print(print_config({"tags": ["a"], "database": Jinja("target.database")}), end="")
    {{ config(
        tags=['a'],
        database=target.database,
    ) }}
    """
    if not config:
        return ""
    lines = "".join(f"    {name}={_argument(value)},\n" for name, value in config.items())
    return f"{{{{ config(\n{lines}) }}}}\n"


def _argument(value: object) -> str:
    """A value as Jinja writes it."""
    if isinstance(value, Jinja):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_quoted(key)}: {_argument(v)}' for key, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_argument, value))}]"
    return repr(value)


def _by_target(texts: Mapping[str, str]) -> str:
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    *named, last = texts.items()
    parts = [
        f"{{% {'elif' if place else 'if'} target.type == {_quoted(target)} %}}\n{text}\n"
        for place, (target, text) in enumerate(named)
    ]
    return "".join((*parts, f"{{% else %}}\n{last[1]}\n{{% endif %}}"))


def _with_sources(sql: str, sources: Mapping[str, Jinja]) -> str:
    """The SQL, escaped, with the names of tables replaced; a name is never a part of another."""
    if not sources:
        return escaped(sql)
    pattern = re.compile("|".join(map(_whole, sources)))
    return pattern.sub(lambda found: rendered(sources[found[0]]), escaped(sql))


def _whole(name: str) -> str:
    """The pattern of a name as a word; what a pattern begins with is found fastest."""
    name = re.escape(name)
    return rf"{name}(?<!\w{name})\b"


def print_yaml(content: object, header: str) -> str:
    """A YAML file, keys in the order given."""
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + written(plain(content), width=_WIDTH)


def plain(value: Any) -> Any:
    """What YAML can hold: an unsaid key is left out, a tuple is a list, prose has no marks.

    An object is its fields, unless it has `as_yaml` to say how it is written.
    """
    if isinstance(value, str):
        return str(value) if isinstance(value, Jinja) else parted(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Struct):
        return plain(value.as_yaml() if hasattr(value, "as_yaml") else pairs(value))
    if isinstance(value, Mapping):
        return {parted(key): plain(item) for key, item in value.items()}
    return value


def pairs(value: Any) -> dict[str, Any]:
    """The fields of an object that say something, in their order."""
    found = zip(value.__struct_fields__, astuple(value), strict=True)
    return {name: said for name, said in found if said is not None and said not in ((), {})}
