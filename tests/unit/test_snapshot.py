"""Snapshots: what is recorded is read again, and a broken line costs only itself."""

import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.diagnostics import Fault
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Mode,
    Needs,
    Partitioning,
    Relation,
    RelationName,
)
from generator.sources.snapshot import Snapshot, write_snapshot

VISITS = RelationName("shop", "web", "visits")
DAILY = RelationName("shop", "web", "daily")
OTHER = RelationName("mirror", "web", "daily")

texts = st.text(max_size=8)
some_text = st.none() | texts
values = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=3)
top_values = st.lists(st.tuples(values, st.integers(0, 99)), max_size=2).map(tuple)
names = st.from_regex(r"[a-c][a-z]?", fullmatch=True).map(lambda last: RelationName("p", "d", last))


def columns(below: st.SearchStrategy[tuple[Column, ...]]) -> st.SearchStrategy[tuple[Column, ...]]:
    """A few columns, each with fields from `below`."""
    column = st.builds(
        Column,
        texts,
        st.sampled_from(DataType),
        st.sampled_from(Mode),
        some_text,
        below,
        top_values,
    )
    return st.lists(column, max_size=3).map(tuple)


relations = st.builds(
    Relation,
    name=names,
    kind=st.sampled_from(Kind),
    columns=columns(columns(st.just(()))),
    description=some_text,
    partitioning=st.none()
    | st.builds(
        Partitioning,
        some_text,
        st.sampled_from(["time", "range"]),
        some_text,
        st.none() | st.booleans(),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ),
    clustering=st.lists(texts, max_size=2).map(tuple),
    reads_from=st.lists(names, max_size=3).map(tuple),
    primary_key=st.lists(texts, max_size=2).map(tuple),
    labels=st.dictionaries(texts, texts, max_size=2),
    owners=st.lists(texts, max_size=2).map(tuple),
    bytes=st.none() | st.integers(0, 2**62),
    last_modified=some_text,
)


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Relations by name, some also under their alias, and unread ones."""
    made = {relation.name: relation for relation in draw(st.lists(relations, max_size=5))}
    unread = draw(st.dictionaries(names, texts, max_size=3))
    return Catalog(made, {name: why for name, why in unread.items() if name not in made})


def snapshot(path: Path, *lines: object) -> Snapshot:
    """A snapshot of these records, each a JSON value or the bytes themselves."""
    written = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    path.write_bytes(b"\n".join(written))
    return Snapshot(f"snapshot:{path}", path)


def record(name: RelationName, **more: object) -> dict[str, object]:
    """The smallest record of a table."""
    return {"table": str(name), "kind": "TABLE", **more}


@given(catalogs(), st.sampled_from(["catalog.jsonl", "catalog.jsonl.gz"]))
def test_what_is_written_is_read(catalog: Catalog, file: str) -> None:
    """Reading what was written gives the same catalog, and writing that gives the same bytes."""
    with TemporaryDirectory() as folder:
        first, second = Path(folder) / file, Path(folder) / f"again-{file}"
        write_snapshot(first, catalog)
        found = Snapshot("snapshot:", first).read(Needs.of([*catalog.relations, *catalog.unread]))
        write_snapshot(second, found)

        assert catalog == found
        if file.endswith(".jsonl"):
            assert first.read_bytes() == second.read_bytes()
        assert [first, second] == sorted(Path(folder).iterdir(), key=lambda path: len(path.name))


def test_recording_leaves_no_date(tmp_path: Path) -> None:
    """The same catalog gives the same compressed bytes, in any order of the relations."""
    one, two = (Relation(name, Kind.TABLE) for name in (VISITS, DAILY))
    first, second = tmp_path / "a" / "catalog.gz", tmp_path / "b" / "catalog.gz"
    write_snapshot(first, Catalog({VISITS: one, DAILY: two}))
    write_snapshot(second, Catalog({DAILY: two, VISITS: one}))

    assert first.read_bytes() == second.read_bytes()
    assert b'{"table":"shop.web.daily","kind":"TABLE"}\n' in gzip.decompress(first.read_bytes())


def test_closure_and_aliases(tmp_path: Path) -> None:
    """A relation is found by its alias, with what it reads from, though they read each other."""
    catalog = snapshot(
        tmp_path / "catalog.jsonl",
        record(DAILY, aliases=[str(OTHER)], references=[str(VISITS), "EXTERNAL_QUERY('a', 'b')"]),
        record(VISITS, references=[str(VISITS), str(DAILY)], friendly_name="unknown keys are fine"),
        record(RelationName("shop", "web", "unasked")),
    ).read(Needs.of([OTHER]))

    assert [OTHER, DAILY, VISITS] == list(catalog.relations)
    assert catalog.relations[DAILY] is catalog.relations[OTHER]
    assert (VISITS,) == catalog.relations[OTHER].reads_from


def test_patterns(tmp_path: Path) -> None:
    """A pattern finds names and aliases of its dataset, and nothing of another."""
    catalog = snapshot(
        tmp_path / "catalog.jsonl",
        record(RelationName("shop", "web", "visits_1")),
        record(RelationName("shop", "web_old", "visits_3")),
        record(RelationName("x", "y", "z"), aliases=["shop.web.visits_2"]),
    ).read(Needs.of([RelationName("shop", "web", "visits_*")]))

    assert ["shop.web.visits_1", "shop.web.visits_2"] == [str(name) for name in catalog.relations]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"table": "shop.web.visits", "kind": "VIEW", "fie', "truncated"),
        ({"table": "shop.web.visits", "kind": "SYNONYM"}, "'SYNONYM' is not a valid Kind"),
        ({"table": "shop.web.visits", "kind": "VIEW", "fields": [{"name": "a"}]}, "`type`"),
        ({"table": "shop.web.visits", "aliases": 3}, "$.aliases"),
        (
            b'{"table": "shop.web.visits", "fields": ' + b"[" * 9999 + b"]" * 9999 + b"}",
            "recursion",
        ),
        ({"table": "shop.web.visits", "unread": "access denied"}, "access denied"),
    ],
)
def test_a_broken_line_is_unread(tmp_path: Path, line: object, reason: str) -> None:
    """A line that cannot be read makes its relation unread, and no other."""
    warehouse = snapshot(tmp_path / "catalog.jsonl", record(DAILY), line)
    catalog = warehouse.read(Needs.of([VISITS, DAILY]))

    assert [DAILY] == list(catalog.relations)
    assert [VISITS] == list(catalog.unread)
    assert reason in catalog.unread[VISITS]
    assert () == catalog.noticed


def test_a_nameless_line_may_be_anything(tmp_path: Path) -> None:
    """As long as a line cannot be told, what is not found is unread, and the line is named."""
    path = tmp_path / "catalog.jsonl"
    catalog = snapshot(path, record(DAILY), b"", b"\xff{ half a li").read(Needs.of([VISITS, DAILY]))

    assert [DAILY] == list(catalog.relations)
    assert catalog.unread[VISITS].startswith("line 3 of catalog.jsonl: ")
    assert [("ignored-record", f"{path}:3")] == [(one.code, str(one.at)) for one in catalog.noticed]


@pytest.mark.parametrize(
    "content", [None, gzip.compress(b"{}" * 999, mtime=0)[:-9], b"\x1f\x8bnot gzip"]
)
def test_an_unreadable_file_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing or broken as a whole is told as such, not as missing relations."""
    path = tmp_path / "catalog.jsonl.gz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Fault) as caught:
        Snapshot(f"snapshot:{path}", path).read(Needs.of([VISITS]))
    assert "unreadable-file" == caught.value.diagnostic.code


def test_fingerprint(tmp_path: Path) -> None:
    """The fingerprint follows the content, not the time of the file."""
    one = snapshot(tmp_path / "one", record(DAILY))
    two = snapshot(tmp_path / "two", record(DAILY))
    other = snapshot(tmp_path / "other", record(VISITS))

    assert one.fingerprint() == two.fingerprint()
    assert one.fingerprint() != other.fingerprint()
