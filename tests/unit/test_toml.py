"""TOML with places: every key knows its line, and what is wrong is said at one."""

from pathlib import Path

import pytest

from generator.diagnostics import Fault
from generator.sources.toml import Toml, parse_toml, read_toml

TEXT = '''\
# [not.a.table]
title = "a # b"
[metrics.visits]
select_expression = """
[also.no.table]
no_key = 1
"""
Owner = [
  "a@shop.example",
  "b = c",
]
statistics.sum = {}
[metrics.visits.statistics."odd.name"]
size = {deep = 1}
[[list]]
x = 1
[[list]]
x = 2
matrix = [
  [1, 2],
  ["nothing"]
]
after = 1
'''


def at(keys: str) -> int | None:
    """The line of a key path of TEXT."""
    file = parse_toml(TEXT, "a.toml", "a")
    return Toml(None, file.source, tuple(keys.split("/"))).at.line


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("title", 2),
        ("metrics", 3),
        ("metrics/visits/select_expression", 4),
        ("metrics/visits/Owner", 8),
        ("metrics/visits/statistics/sum", 12),
        ("metrics/visits/statistics/odd.name/size", 14),
        ("metrics/visits/statistics/odd.name/size/deep", 14),  # its parent, as it stands in line
        ("list/x", 16),
        ("list/after", 23),
        ("metrics/nothing", 3),
        ("also/no/table", None),
    ],
)
def test_lines(keys: str, line: int | None) -> None:
    """A key knows its line; texts and lists of several lines hold none."""
    assert line == at(keys)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2", 2), ("a = 1\na = 2\n", 2), ("a = [", None), ("a = " + "[" * 9999, None)],
)
def test_malformed(text: str, line: int | None) -> None:
    """What is not TOML is said at its line."""
    with pytest.raises(Fault) as found:
        parse_toml(text, "a.toml", "a")

    place = found.value.diagnostic.at
    assert ("malformed-file", "a.toml") == (found.value.diagnostic.code, place and place.path)
    assert line in (None, place and place.line)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (Toml.text, 1),
        (Toml.flag, "true"),
        (Toml.number, True),
        (Toml.texts, ["a", 1]),
        (Toml.table, []),
        (lambda value: list(value.entries()), "x"),
    ],
)
def test_wrong_types(read: object, value: object) -> None:
    """A value of another type is a fault with the key, its place and its path."""
    file = parse_toml("[a]\nb = 1", "dir/a.toml", "a")
    assert callable(read)
    with pytest.raises(Fault) as found:
        read(Toml(value, file.source, ("a", "b")))

    said = found.value.diagnostic
    assert ("wrong-definition", "dir/a.toml:2", "a.a.b") == (said.code, str(said.at), said.subject)


def test_unreadable(tmp_path: Path) -> None:
    """A file that is not there, or not UTF-8, is a fault; a byte order mark and CRLF are not."""
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    bad.write_bytes(b"a = '\xff'")

    assert {"a": 1, "b": 2} == read_toml(good).value
    for path in (bad, tmp_path / "none.toml"):
        with pytest.raises(Fault):
            read_toml(path)
