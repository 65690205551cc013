"""The page of all codes, from their table: `make docs` writes it, a test sees that it is so."""

import re
from collections.abc import Iterator

from generator.checks.ignoring import UNSAFE
from generator.diagnostics import CODES, Code

_INTRODUCTION = """# What check finds

<!-- Made from the table of codes by `make docs`. Do not edit. -->

`lookml-gen check` builds everything and writes nothing. It looks at the definitions, at what is
built from them, and at how both fit the warehouse; `check --tree DIR` looks at LookML that anybody
made. Each finding has a code, a severity, the place in your input, and mostly a hint.
[diagnostics.md](diagnostics.md) says what becomes of published files,
[corpus-findings.md](corpus-findings.md) what is found in a real hub.

## Formats

`--format text` is for a terminal. `--format github` writes annotations, which GitHub shows at the
lines of a pull request. `--format json` writes one object:

| key | what |
| --- | --- |
| `format` | `lookml-check/1`; another number if a key changes its meaning or goes |
| `summary` | how many of each severity (`error`, `warning`, `note`), and `ignored` |
| `findings` | a list of objects, see below |
| `ignored` | the same, of those that comments ignore |

| key of a finding | what |
| --- | --- |
| `code`, `severity`, `message` | as in the text |
| `hint` | how to mend it, or null |
| `at` | `path` and `line` (from 1, or null) in your input; null if it has no place |
| `subject` | the key path of the entry that it concerns, or null |
| `page` | the heading of this page |

## Ignoring a finding

A comment ignores a finding at its place, behind the entry or in a line of its own above it. It
needs a reason:

```yaml
shop:
  views:
    visits:  # lookml-gen: ignore same-field-label both columns are shown on purpose
      type: table_view
```

In TOML it is the same. What is ignored is counted. A comment without a reason ignores nothing
(`unexplained-ignore`), and one that nothing fits is told (`unmatched-ignore`). An ignored error
still costs what it costs: the entry is left out, only nobody is told again.

What could not be read, what makes LookML that Looker refuses, and what protects the files of others
cannot be ignored (`refused-ignore`); those codes say so below.

## Levels

| level | what it does | when |
| --- | --- | --- |
| proof | names, references, forms, paths of columns; SQL parses | `generate`, `check` |
| bound | DuckDB binds it on empty tables: fields, conditions, joins and triggers | `check` |
| deep | Google's own analyzer of BigQuery SQL judges it, after Liquid | `check --deep` |

The proof leaves out what is wrong; the others only tell. To bind means to find columns, types and
the rules of aggregation right. `--deep` needs `lookml-hub-generator[check]`.

What DuckDB cannot bind for reasons of its own, such as a function that only BigQuery has, is no
finding. Verdicts of the analyzer are kept by content in the folder `cache`
([settings.md](settings.md)), so a second run asks it only what is new. Its first start of all
compiles it, which takes a minute or two.

## Codes
"""

_BRACES = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def page() -> str:
    """The whole page."""
    return "\n".join((_INTRODUCTION, *_codes()))


def _codes() -> Iterator[str]:
    for code in sorted(CODES):
        row = CODES[code]
        yield f"### {code}\n"
        yield f"{_sentence(code, row)}\n"
        yield f"> {_filled(row.message)}\n"
        if row.hint and row.hint != "{nearest}":
            yield f"{_capital(_filled(row.hint))}.\n"


def _sentence(code: str, row: Code) -> str:
    cannot = " It cannot be ignored." if code in UNSAFE else ""
    return f"{row.severity.capitalize()}.{cannot}"


def _filled(text: str) -> str:
    """A message with words in capitals for what it is told."""
    plain = _BRACES.sub(lambda found: found[1].upper(), text.replace("{{", "{").replace("}}", "}"))
    return plain.replace("<", "\\<")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what it is for
