"""Laws of reviews: form is no change, an edit is found and nothing else is, nothing breaks them."""

import copy
import random
from collections.abc import Callable, Sequence
from typing import Any

import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from generator import lookml
from generator.lookml.dashboards import Dashboard, plain, print_dashboard
from generator.lookml.reader import Block, Entry, MalformedError, Sql, Value, read
from generator.lookml.syntax import Form, escape, parameters, print_document
from generator.review.alike import is_alike
from generator.review.changes import Change
from generator.review.markdown import as_markdown
from generator.review.reviewed import review
from generator.review.text import as_text
from tests.strategies import (
    dashboards,
    expressions,
    hostile,
    objects,
    pair_names,
    prose,
    words,
)

FILE = "shop/a.lkml"
BOARD = "shop/a.dashboard.lookml"


def cls_of(item: Any) -> Any:
    """The class of an object."""
    return type(item)


def distinct(item: Any) -> Any:
    """The object without those in it that have the name of another."""
    kept: dict[str, Any] = {}
    for name, form in parameters(cls_of(item)).values():
        said = getattr(item, name)
        if form is Form.BLOCKS:
            named = {getattr(child, "name", number): child for number, child in enumerate(said)}
            kept[name] = tuple(map(distinct, named.values()))
    return replace(item, **kept)


documents = objects(lookml.Document).map(distinct)


def found(old: str, new: str, file: str = FILE) -> tuple[Change, ...]:
    """The changes from one text to another; both are understood."""
    told = review({file: old}, {file: new}, {})
    assert () == told.unreadable
    return told.changes


class Printer:
    """Prints what was read in another form: order, blanks, quotes, comments."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - of a test

    def gap(self) -> str:
        """Some blanks."""
        return self.random.choice((" ", "\n", "\n\n    ", "\t", " # a comment\n", "\r\n"))

    def body(self, block: Block) -> str:
        """What stands in a block, in another order."""
        entries = list(block.entries)
        self.random.shuffle(entries)
        return "".join(self.gap() + self.entry(entry) for entry in entries) + self.gap()

    def entry(self, entry: Entry) -> str:
        """One `key: value`."""
        gap = " " if isinstance(entry.value, Sql) else self.gap()
        return f"{entry.key}:{gap}{self.value(entry.value)}"

    def value(self, value: Value) -> str:
        """A value; a word may stand in quotes."""
        match value:
            case Block():
                name = f"{value.name}{self.gap()}" if value.name is not None else ""
                return f"{name}{{{self.body(value)}}}"
            case Sql():
                return f"{value}{self.random.choice((' ', chr(10)))};;"
            case tuple():
                return f"[{','.join(self.gap() + self.item(item) for item in value)}]"
            case _:
                return f'"{escape(value)}"'

    def item(self, item: str | tuple[str, str]) -> str:
        """A word, a text or a pair of a list."""
        if isinstance(item, tuple):
            return f'{item[0]}:{self.gap()}"{escape(item[1])}"'
        return f'"{escape(item)}"'


@given(documents, st.integers())
def test_another_form_is_no_change(document: lookml.Document, seed: int) -> None:
    """Shuffled, indented in another way, quoted, and with comments."""
    text = print_document(document, "a header")
    other = Printer(seed).body(read(text))

    assert read(text).entries or not read(other).entries
    assert () == found(text, other) == found(other, text)


@given(dashboards, st.integers())
def test_another_form_of_a_dashboard_is_no_change(board: Dashboard, seed: int) -> None:
    """Its tiles and filters in another order, its keys too, and other quotes."""
    loaded = plain(board)
    for key in ("elements", "filters"):
        random.Random(seed).shuffle(loaded.get(key, []))  # noqa: S311 - of a test
    named = [item["name"] for key in ("elements", "filters") for item in loaded.get(key, ())]
    assume(len(named) == len(set(named)))
    style = random.Random(seed).choice(('"', "'", None))  # noqa: S311 - likewise
    other = yaml.safe_dump([loaded], sort_keys=True, default_style=style, allow_unicode=True)
    assume([loaded] == yaml.safe_load(other))  # in single quotes it loses blanks

    assert () == found(print_dashboard(board, "a header"), other, BOARD)


def places(item: Any) -> list[tuple[Any, ...]]:
    """The objects in an object, each by the way to it."""
    here: list[tuple[Any, ...]] = []
    for name, form in parameters(cls_of(item)).values():
        said = getattr(item, name)
        if form is Form.BLOCKS:
            for number, child in enumerate(said):
                if not hasattr(child, "name"):
                    continue
                here.append((name, number))
                here.extend((name, number, *rest) for rest in places(child))
    return here


def put(item: Any, way: Sequence[Any], change: Callable[[Any], Any]) -> Any:
    """The object with one in it changed."""
    if not way:
        return change(item)
    name, number, *rest = way
    children = list(getattr(item, name))
    children[number] = put(children[number], rest, change)
    return replace(item, **{name: tuple(children)})


_NEW: dict[Form, st.SearchStrategy[Any]] = {
    Form.WORD: words,
    Form.TEXT: prose,
    Form.EXPRESSION: expressions,
    Form.FLAG: st.booleans(),
    Form.WORDS: st.lists(words, min_size=1, max_size=3).map(tuple),
    Form.TEXTS: st.lists(prose, min_size=1, max_size=3).map(tuple),
    Form.PAIRS: st.dictionaries(pair_names, prose, min_size=1, max_size=2).map(
        lambda found: tuple(found.items())
    ),
}
_DEFAULTS = {
    "hidden": False, "primary_key": False, "convert_tz": True, "can_filter": True,
    "suggestable": True, "case_sensitive": True,
}  # fmt: skip


def meaning(name: str, form: Form, value: Any) -> Any:
    """A value, without what means nothing."""
    if value is None or value == ():
        return _DEFAULTS.get(name)
    if isinstance(value, tuple):
        return sorted(map(repr, value))
    return " ".join(value.split()) if form is Form.EXPRESSION and value else value


@given(documents, st.data())
def test_an_edit_is_found_and_nothing_else_is(
    document: lookml.Document, data: st.DataObject
) -> None:
    """One attribute of one object; the finding is of that object."""
    ways = places(document)
    assume(ways)
    way = data.draw(st.sampled_from(ways))
    edited: dict[str, Any] = {}

    def edit(item: Any) -> Any:
        known = [(n, f) for n, f in parameters(cls_of(item)).values() if f in _NEW]
        assume(known)
        name, form = data.draw(st.sampled_from(known))
        value = data.draw(_NEW[form])
        assume(meaning(name, form, getattr(item, name)) != meaning(name, form, value))
        edited.update(item=item, name=name)
        return replace(item, **{name: value})

    new = put(document, way, edit)
    told = found(print_document(document, "-"), print_document(new, "-"))

    assert [(edited["item"].keyword, edited["item"].name)] == [(c.kind, c.name) for c in told]
    assert found(print_document(new, "-"), print_document(document, "-"))


@given(documents, st.data())
def test_what_goes_is_found(document: lookml.Document, data: st.DataObject) -> None:
    """An object or a field that is deleted is told, once; put back, it is one that came."""
    ways = places(document)
    assume(ways)
    way = data.draw(st.sampled_from(ways))
    *above, name, number = way
    lost: list[Any] = []

    def without(item: Any) -> Any:
        children = list(getattr(item, name))
        lost.append(children.pop(number))
        return replace(item, **{name: tuple(children)})

    new = put(document, above, without)
    rest = "view: other {}\n"
    before, after = (print_document(d, "-") + rest for d in (document, new))

    assert [("removed", lost[0].keyword)] == [(c.code, c.kind) for c in found(before, after)]
    assert [("added", lost[0].keyword)] == [(c.code, c.kind) for c in found(after, before)]


@given(dashboards, st.data())
def test_an_edit_of_a_dashboard_is_found(board: Dashboard, data: st.DataObject) -> None:
    """One key of one tile."""
    assume(board.elements)
    loaded = plain(board)
    tile = data.draw(st.sampled_from(range(len(board.elements))))
    edited = copy.deepcopy(loaded)
    edited["elements"][tile]["note_text"] = "another note"
    old, new = (yaml.safe_dump([item], allow_unicode=True) for item in (loaded, edited))

    assert ["tile"] == [change.kind for change in found(old, new, BOARD)]


@given(st.lists(hostile | st.sampled_from(["a", ":", "{", "[", '"x"', "sql:", ","])), st.booleans())
def test_no_text_stops_a_review(parts: list[str], of_yaml: bool) -> None:  # noqa: FBT001 - drawn
    """It is understood, or named with the reason."""
    file = BOARD if of_yaml else FILE
    told = review({file: "".join(parts)}, {file: "x"}, {})

    assert isinstance(as_markdown(told), str)
    assert all(line.isprintable() for line in as_text(told))


@given(st.lists(hostile | st.sampled_from(["a:", "b", "{", "}", "sql: x ;;", "\n  "])), st.data())
def test_what_is_alike_is_no_change(parts: list[str], data: st.DataObject) -> None:
    """The fast judge says alike only of what reads alike."""
    other = [data.draw(st.sampled_from([part, part + " "])) for part in parts]
    one, two = "".join(parts), "".join(other)
    if is_alike(one, two, yaml=False):
        assert _read(one) == _read(two)


def _read(text: str) -> Any:
    try:
        return Printer(0).body(read(text))
    except MalformedError:
        return None
