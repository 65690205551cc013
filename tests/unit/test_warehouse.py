"""Several warehouses answer as one; each is asked as little as can be."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generator.diagnostics import Fault
from generator.facts.catalog import (
    Catalog,
    Column,
    DataType,
    Kind,
    Needs,
    ProfileNeed,
    Profiles,
    Relation,
    RelationName,
)
from generator.sources.snapshot import write_snapshot
from generator.sources.warehouse import Unread, gather
from generator.sources.warehouses import open_warehouse, read_catalog

COLUMN = (Column("a", DataType.STRING),)


def name(last: str) -> RelationName:
    """A name by its last part."""
    return RelationName("p", "d", last)


def relation(
    last: str, *reads: str, by: str = "", columns: tuple[Column, ...] = COLUMN
) -> Relation:
    """A view that reads from others; `by` tells who says so."""
    return Relation(
        name(last), Kind.VIEW, columns, description=by, reads_from=tuple(map(name, reads))
    )


@dataclass
class Known:
    """A warehouse that knows what it is given and remembers what it was asked."""

    known: Mapping[RelationName, Relation | Unread]
    asked: list[Needs] = field(default_factory=list)
    url: str = "known:"

    def read(self, needs: Needs) -> Catalog:
        """What it knows of `needs`, and below."""
        self.asked.append(needs)
        fitting = [one for one in self.known for some in needs.patterns if some.matches(one)]
        return gather((*needs.names, *fitting), self.known.get)

    def profile(self, _: Sequence[ProfileNeed]) -> Profiles:
        """Nothing: it has no rows."""
        return Profiles()

    def fingerprint(self) -> str | None:
        """Nothing tells."""
        return None


def known(*relations: Relation, **unread: str) -> Known:
    """A warehouse of these relations and unread names."""
    entries = {name(last): Unread(reason) for last, reason in unread.items()}
    return Known({**{one.name: one for one in relations}, **entries})


def test_the_first_with_columns_answers() -> None:
    """Order decides, but one with columns goes before one without, and read before unread."""
    first = known(relation("a", by="1"), relation("b", by="1", columns=()), c="denied", d="denied")
    second = known(
        *(relation(last, by="2") for last in "abc"), relation("e", by="2", columns=()), d="quota"
    )
    catalog = read_catalog([first, second], Needs.of(map(name, "abcdef")))
    said = {one.table: relation.description for one, relation in catalog.relations.items()}

    assert {"a": "1", "b": "2", "c": "2", "e": "2"} == said
    assert {name("d"): "denied; quota"} == catalog.unread
    assert [Needs(tuple(map(name, "bcdef")))] == second.asked


def test_references_are_asked_of_the_others() -> None:
    """Views that stand on views of the other warehouse are followed, and nothing is asked twice."""
    first = known(relation("a", "b", "a"), relation("c", "d", by="1"), relation("e", "a"))
    second = known(relation("b", "c"), relation("c", "z", by="2"), relation("d", "e"))
    catalog = read_catalog([first, second], Needs.of([name("a")]))
    asked = [[one for needs in some.asked for one in needs.names] for some in (first, second)]

    assert list(map(name, "abcde")) == list(catalog.relations)
    assert "1" == catalog.relations[name("c")].description
    assert all(len(set(names)) == len(names) for names in asked)
    assert all(len(some.asked) <= 5 for some in (first, second))


def test_patterns_are_asked_of_all() -> None:
    """A pattern is the union of what the warehouses match, with what those read from."""
    first = known(relation("x_1", by="1"), relation("y"))
    second = known(relation("x_1", by="2"), relation("x_2", "y", by="2"))
    catalog = read_catalog([first, second], Needs.of([name("x_*")]))

    assert ["x_1", "x_2", "y"] == [one.table for one in catalog.relations]
    assert "1" == catalog.relations[name("x_1")].description
    assert 1 == sum(bool(needs.patterns) for needs in second.asked)


def test_no_warehouse_knows_nothing() -> None:
    """Without a warehouse nothing is known."""
    assert Catalog() == read_catalog([], Needs.of([name("a")]))


def test_each_scheme_opens(tmp_path: Path) -> None:
    """An address is opened by its scheme, with its options, and kept as it was written."""
    write_snapshot(tmp_path / "catalog.gz", Catalog({name("a"): relation("a")}))
    urls = [
        f"snapshot:{tmp_path}/catalog.gz",
        "duckdb:x.duckdb?catalog=p",
        "bigquery-etl:.",
        "bigquery:p",
    ]

    assert urls == [open_warehouse(url).url for url in urls]
    assert [name("a")] == list(
        read_catalog([open_warehouse(urls[0])], Needs.of([name("a")])).relations
    )


@pytest.mark.parametrize(
    ("url", "code", "hint"),
    [
        ("duckdbb:x", "unknown-warehouse", "did you mean `duckdb`?"),
        ("catalog.gz", "unknown-warehouse", "known: `bigquery`"),
        ("duckdb:", "unknown-warehouse", "write `duckdb:` and where it is"),
        ("duckdb:x?catalogue=y", "unknown-key", "did you mean `catalog`?"),
        ("snapshot:x?catalog=y", "unknown-key", "nothing of that sort"),
        ("bigquery:acme?region=EU", "unknown-key", "known: `api-endpoint`"),
    ],
)
def test_addresses_that_cannot_be_opened(url: str, code: str, hint: str) -> None:
    """An address with a mistake is told with what may have been meant."""
    with pytest.raises(Fault) as caught:
        open_warehouse(url)
    assert code == caught.value.diagnostic.code
    assert hint in caught.value.diagnostic.hint


def test_nothing_heavy_is_imported() -> None:
    """Naming the warehouses costs no engine: those are imported when an address is opened."""
    heavy = ("duckdb", "sqlglot", "yaml", "jinja2")
    code = f"import sys, generator.sources.warehouse; print({{*{heavy!r}}} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "set()" == run.stdout.strip()
