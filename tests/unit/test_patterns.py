"""Patterns: a star stands for one entry per relation that matches."""

import pytest

from generator.diagnostics import Diagnostic, Location, split
from generator.facts.catalog import Catalog, Column, DataType, Kind, Relation, RelationName
from generator.facts.namespaces import ExploreSpec, NamespaceSpec, TableSpec, ViewSpec
from generator.semantics.patterns import expand

AT = Location("namespaces.yaml", 1)


def catalog(*tables: str) -> Catalog:
    """A catalog of tables in the dataset `p.d`, or in the one they name."""
    names = [RelationName("p", *_placed(table)) for table in tables]
    columns = (Column("a", DataType.STRING),)
    return Catalog({name: Relation(name, Kind.TABLE, columns) for name in names})


def _placed(table: str) -> tuple[str, str]:
    dataset, dot, last = table.rpartition(".")
    return (dataset if dot else "d", last)


def view(name: str, *tables: str) -> ViewSpec:
    """An entry over tables."""
    specs = tuple(TableSpec(RelationName("p", *_placed(table))) for table in tables)
    return ViewSpec("shop", name, "table_view", AT, specs)


def expanded(
    found: Catalog, *views: ViewSpec, explores: tuple[tuple[str, str], ...] = ()
) -> tuple[NamespaceSpec, tuple[Diagnostic, ...]]:
    """The namespace without patterns, and what was said."""
    specs = tuple(ExploreSpec("shop", name, "table_explore", AT, base) for name, base in explores)
    made, noticed = split(expand(NamespaceSpec("shop", AT, views=views, explores=specs), found))
    return made[0], noticed


@pytest.mark.parametrize(
    ("expected", "name", "pattern"),
    [
        (["orders", "orders_v1", "users"], "*", "*"),
        (["t_orders", "t_orders_v1", "t_users"], "t_*", "*"),
        (["orders_x"], "*_x", "*_v1"),
        (["v1"], "*", "orders_*"),
        (["f_", "f_v1"], "*", "orders*"),
        ([], "*", "nothing*"),
    ],
)
def test_views(expected: list[str], name: str, pattern: str) -> None:
    """The name takes what the star stood for, made a valid name where it is none."""
    spec, _ = expanded(catalog("orders", "orders_v1", "users"), view(name, pattern))

    assert expected == [made.name for made in spec.views]


def test_other_datasets_do_not_match() -> None:
    """A pattern stays within its dataset."""
    spec, _ = expanded(catalog("a", "e.b"), view("*", "*"))

    assert ["a"] == [made.name for made in spec.views]


def test_channels_share_the_stem() -> None:
    """Each channel has the relation of the same stem, if there is one."""
    spec, _ = expanded(catalog("a_1", "b_1", "e.a"), view("*", "*_1", "e.*"))

    assert [["p.d.a_1", "p.e.a"], ["p.d.b_1"]] == [
        [str(table.name) for table in made.tables] for made in spec.views
    ]


def test_what_is_written_out_wins() -> None:
    """An entry of the name that a pattern gives replaces it, without a word."""
    spec, noticed = expanded(catalog("a", "b"), view("*", "*"), view("a", "b"))

    assert ["p.d.b", "p.d.b"] == [str(made.tables[0].name) for made in spec.views]
    assert () == noticed


def test_alike_relations() -> None:
    """Two relations of one name: the first by name has it, the other is named."""
    spec, noticed = expanded(catalog("a", "A"), view("*", "*"))

    assert ["p.d.A"] == [str(made.tables[0].name) for made in spec.views]
    assert ["alike-relations"] == [item.code for item in noticed]


def test_explores_of_a_pattern() -> None:
    """An explore over a pattern's view is one per view; what is written out wins."""
    spec, _ = expanded(
        catalog("a", "b"),
        view("*_view", "*"),
        explores=(("x_*", "*_view"), ("x_a", "b_view")),
    )

    assert [("x_a", "b_view"), ("x_b", "b_view")] == [
        (explore.name, explore.base_view) for explore in spec.explores
    ]


def test_explore_over_one_of_many() -> None:
    """A written explore may stand on a view that a pattern gives."""
    spec, noticed = expanded(catalog("a"), view("*", "*"), explores=(("mine", "a"),))

    assert ["mine"] == [explore.name for explore in spec.explores]
    assert () == noticed


@pytest.mark.parametrize(
    ("name", "tables"),
    [("*", ()), ("a", ("*",)), ("*_*", ("*",)), ("*", ("a",)), ("*", ("*", "a")), ("*", ("*_*",))],
)
def test_bad_pattern(name: str, tables: tuple[str, ...]) -> None:
    """One star here and one there, or it is no pattern."""
    spec, noticed = expanded(catalog("a"), view(name, *tables))

    assert () == spec.views
    assert ["bad-pattern"] == [item.code for item in noticed]
