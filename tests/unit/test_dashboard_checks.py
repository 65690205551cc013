"""The checks of dashboards and aggregate tables: each defect is planted once, and found once."""

import sys
from typing import Any

import pytest
from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact
from generator.checks import check
from generator.diagnostics import Diagnostic, Location
from generator.facts.conventions import Conventions
from generator.lookml.dashboards import Control, Dashboard, DashboardFilter, Element

AT = Location("opmon/start.toml", 3)
SUBJECT = "monitoring.projects.start"
VIEW = lookml.View(
    "start",
    sql_table_name="`p.d.start_statistics`",
    filters=(lookml.Filter("channel"),),
    dimensions=(
        *(lookml.Dimension(name) for name in ("branch", "metric", "statistic", "os")),
        lookml.Dimension("submission_date", type="date"),
    ),
    measures=(lookml.Measure("point", type="sum"), lookml.Measure("middle", type="median")),
)
GROUP = lookml.Datagroup("start_last_updated", sql_trigger="SELECT 1")
BUILT = lookml.Materialization(datagroup_trigger="start_last_updated")
TABLE = lookml.AggregateTable(
    "rollup_crashes_mean",
    lookml.AggregateQuery(
        ("submission_date", "branch"),
        ("point",),
        (("start.branch", "enabled"), ("start.metric", "crashes"), ("start.os", "Windows")),
    ),
    BUILT,
)
EXPLORE = lookml.Explore(
    "start",
    persist_with="start_last_updated",
    always_filter=lookml.AlwaysFilter((("branch", "enabled"),)),
    aggregate_tables=(TABLE,),
)
TILE = Element(
    title="Crashes",
    name="Crashes_mean",
    model="monitoring",
    explore="start",
    type="looker_line",
    fields=("start.submission_date", "start.branch", "start.point"),
    pivots=("start.branch",),
    filters=(("start.metric", "crashes"),),
    sorts=("start.submission_date desc",),
    listen=(("Date", "start.submission_date"), ("OS", "start.os")),
    series_colors=(("enabled - start.point", "#0072B2"),),
    options=(("field_x", "start.submission_date"), ("show_grid", True)),
)
DATE = DashboardFilter(
    *("Date", "Date", "field_filter", "28 days"),
    model="monitoring",
    explore="start",
    field="start.submission_date",
)
OS = DashboardFilter(
    *("OS", "OS", "string_filter", "Windows"),
    required=True,
    ui_config=Control("dropdown_menu", "inline", ("Windows", "mac,OS", "Linux")),
    model="monitoring",
)
FILES = {
    "monitoring/explores/start.explore.lkml": "explore",
    "monitoring/dashboards/0.dashboard.lookml": "board 0",
    "monitoring/dashboards/1.dashboard.lookml": "board 1",
}
BOARD = Dashboard("start", "Start", filters=(DATE, OS), elements=(TILE,))


def artifact(path: str, content: lookml.Document | Dashboard) -> Artifact:
    """A file of the project."""
    return Artifact(f"monitoring/{path}", content, "kind", SUBJECT, AT)


def hub(explore: lookml.Explore = EXPLORE, *boards: Dashboard) -> tuple[Artifact, ...]:
    """A project: its view, explore and dashboards."""
    named = ("views/start.view.lkml", "datagroups/start.datagroup.lkml")
    includes = tuple(f"/monitoring/{path}" for path in named)
    return (
        artifact(named[0], lookml.Document(views=(VIEW,))),
        artifact(named[1], lookml.Document(datagroups=(GROUP,))),
        artifact("explores/start.explore.lkml", lookml.Document(includes, explores=(explore,))),
        *(
            artifact(f"dashboards/{place}.dashboard.lookml", board)
            for place, board in enumerate(boards or (BOARD,))
        ),
    )


def found(*parts: Any, **settings: Any) -> list[tuple[str, str]]:
    """What is found: code and message; its place is always that of the project."""
    noticed = check(hub(*parts), Conventions(**settings))
    assert {(AT, SUBJECT)} >= {(item.at, item.subject) for item in noticed}
    return [said(item) for item in noticed]


def said(item: Diagnostic) -> tuple[str, str]:
    """A code and its message; its file in short."""
    path, _, message = item.message.partition(": ")
    return item.code, f"{FILES[path]}: {message}"


def tile(**changes: Any) -> Dashboard:
    """The dashboard with another tile."""
    return replace(BOARD, elements=(replace(TILE, **changes),))


def choice(**changes: Any) -> Dashboard:
    """The dashboard with another dropdown."""
    return replace(BOARD, filters=(DATE, replace(OS, **changes)))


def table(**changes: Any) -> lookml.Explore:
    """The explore with another aggregate table."""
    return replace(EXPLORE, aggregate_tables=(replace(TABLE, **changes),))


def held(**changes: Any) -> lookml.Explore:
    """The explore with an aggregate table that holds something else."""
    assert TABLE.query is not None
    return table(query=replace(TABLE.query, **changes))


def test_sound() -> None:
    """There is nothing to find in it."""
    assert [] == found()


def test_dangling_explore() -> None:
    """A tile and a filter that ask an explore which is not there; its fields are not judged."""
    board = replace(
        BOARD,
        elements=(TILE, replace(TILE, name="Lost", explore="gone", row=10)),
        filters=(replace(DATE, explore="gone"), OS),
    )

    assert [
        (
            "dangling-explore",
            "board 0: the tile `Lost` asks `gone`, which is no explore",
        ),
        (
            "dangling-explore",
            "board 0: the filter `Date` asks `gone`, which is no explore",
        ),
    ] == found(EXPLORE, board)


LISTENING = (("Date", "start.submission_date"), ("OS", "start.gone"))


@pytest.mark.parametrize(
    ("changes", "others"),
    [
        ({"fields": (*TILE.fields, "start.gone")}, {"uncovered-tile", "unused-aggregate-table"}),
        ({"filters": (("start.gone", "x"),)}, {"uncovered-tile", "unused-aggregate-table"}),
        ({"listen": LISTENING}, {"uncovered-tile", "unused-aggregate-table"}),
        ({"sorts": ("start.gone desc",)}, {"unshown-field"}),
        (
            {"pivots": ("start.gone",)},
            {"unshown-field", "uncovered-tile", "unused-aggregate-table"},
        ),
        ({"options": (("ci_lower", "start.gone"),)}, set()),
    ],
    ids=["field", "filter", "listen", "sort", "pivot", "option"],
)
def test_dangling_field(changes: dict[str, Any], others: set[str]) -> None:
    """Wherever a tile names a field that its explore does not have."""
    noticed = found(EXPLORE, tile(**changes))

    assert (
        "dangling-field",
        "board 0: the tile `Crashes_mean` refers to `start.gone`, which is no field",
    ) in noticed
    assert others == {code for code, _ in noticed} - {"dangling-field"}


def test_dangling_field_of_a_filter() -> None:
    """A filter over a field that is not there."""
    board = replace(BOARD, filters=(replace(DATE, field="start.gone"), OS))

    assert [
        (
            "dangling-field",
            "board 0: the filter `Date` refers to `start.gone`, which is no field",
        )
    ] == found(EXPLORE, board)


def test_dangling_field_of_an_aggregate_table() -> None:
    """An aggregate table with a dimension, a measure or a filter that is not there."""
    for changes in (
        {"dimensions": ("submission_date", "branch", "gone")},
        {"measures": ("point", "start.gone")},
        {"filters": (("gone", "x"),)},
    ):
        ((code, message), *_) = found(held(**changes))
        assert code == "dangling-field"
        assert "aggregate table `start.rollup_crashes_mean` refers to `" in message


def test_dangling_datagroup() -> None:
    """An aggregate table that is built by a datagroup which is not there."""
    gone = lookml.Materialization(datagroup_trigger="gone")

    named = "aggregate table `start.rollup_crashes_mean`"
    said = f"explore: {named} persists with `gone`, which it cannot see"

    assert [("dangling-datagroup", said)] == found(table(materialization=gone))


@pytest.mark.parametrize(
    ("changes", "used", "field"),
    [
        ({"pivots": ("start.branch", "start.os")}, "pivoted", "start.os"),
        ({"sorts": ("start.metric",)}, "sorted", "start.metric"),
        (
            {"series_colors": (("enabled - start.middle", "#0072B2"),)},
            "coloured",
            "start.middle",
        ),
    ],
)
def test_unshown_field(changes: dict[str, Any], used: str, field: str) -> None:
    """A pivot, a sort or a colour without its field among those of the tile."""
    assert (
        "unshown-field",
        f"board 0: the tile `Crashes_mean` is {used} by `{field}`, which it does not show",
    ) in found(EXPLORE, tile(**changes))


def test_dangling_filter() -> None:
    """A tile, or another filter, that listens to a filter which is not there."""
    board = replace(tile(listen=(*TILE.listen, ("Gone", "start.metric"))), filters=(DATE, OS))
    chained = choice(listens_to_filters=("Country",))

    assert [
        (
            "dangling-filter",
            "board 0: the tile `Crashes_mean` listens to `Gone`, which is no filter",
        )
    ] == found(EXPLORE, board)
    assert [
        (
            "dangling-filter",
            "board 0: the filter `OS` listens to `Country`, which is no filter",
        )
    ] == found(EXPLORE, chained)


def test_unheard_filter() -> None:
    """A filter that no tile listens to."""
    other = replace(DATE, name="Percentile", title="Percentile")

    assert [
        (
            "unheard-filter",
            "board 0: no tile listens to the filter `Percentile`",
        )
    ] == found(EXPLORE, replace(BOARD, filters=(DATE, OS, other)))


@pytest.mark.parametrize(
    ("default", "what"),
    [
        ("Beos", "`Beos`"),
        ("Win%", "`Win%`"),
        ("mac,OS", "`mac,OS`"),
        ("-Linux", "`-Linux`"),
        ("Linux,Beos", "`Linux,Beos`"),
        ("", "nothing"),
        (None, "nothing"),
    ],
)
def test_bad_default(default: str | None, what: str) -> None:
    """A dropdown that starts with what it does not offer, or with nothing though it must."""
    assert (
        "bad-default",
        f"board 0: the filter `OS` starts with {what}, which it does not offer",
    ) == found(EXPLORE, choice(default_value=default))[0]


@pytest.mark.parametrize("default", ['"mac,OS"', "Linux,Windows", "mac^,OS"])
def test_good_default(default: str) -> None:
    """However its values are written, a default is among the options."""
    assert "bad-default" not in dict(found(EXPLORE, choice(default_value=default)))


def test_no_model() -> None:
    """A tile and a filter without model."""
    board = replace(tile(model=""), filters=(DATE, replace(OS, model=None)))

    assert [
        ("no-model", "board 0: the tile `Crashes_mean` names no model"),
        ("no-model", "board 0: the filter `OS` names no model"),
    ] == found(EXPLORE, board)


def test_duplicate_name() -> None:
    """Two tiles, two filters, two aggregate tables of one name."""
    board = replace(
        BOARD, elements=(TILE, replace(TILE, col=12)), filters=(DATE, OS, replace(OS, title="o"))
    )

    assert [
        ("duplicate-name", "board 0: the tile `Crashes_mean` is there twice"),
        ("duplicate-name", "board 0: the filter `OS` is there twice"),
    ] == found(EXPLORE, board)
    assert [
        (
            "duplicate-name",
            "explore: aggregate table `start.rollup_crashes_mean` is there twice",
        )
    ] == found(replace(EXPLORE, aggregate_tables=(TABLE, TABLE)))


def test_duplicate_dashboard() -> None:
    """Two dashboards of one name; the later is at fault."""
    assert [
        (
            "duplicate-object",
            "board 1: dashboard `start` is in `monitoring/dashboards/0.dashboard.lookml` too",
        )
    ] == found(EXPLORE, BOARD, replace(BOARD, title="Another"))


def test_duplicate_title() -> None:
    """Two dashboards of one title, up to blanks and capitals."""
    assert [
        (
            "duplicate-title",
            'board 1: " START" is the title of `monitoring/dashboards/0.dashboard.lookml`, too',
        )
    ] == found(EXPLORE, BOARD, replace(BOARD, dashboard="other", title=" START"))


@pytest.mark.parametrize(
    ("places", "wrong"),
    [
        ([(0, 0, 12, 8), (0, 12, 12, 8), (8, 0, 24, 8)], []),
        ([(0, 0, 12, 8), (7, 11, 12, 8)], [("1", "over `0`")]),
        ([(10, 0, 24, 6), (0, 0, 12, 8), (10, 12, 12, 8)], [("2", "over `0`")]),
        ([(0, 0, 12, 20), (8, 12, 12, 4), (16, 0, 24, 4)], [("2", "over `0`")]),
        ([(0, 0, 4, 30), (0, 4, 4, 2), (5, 4, 4, 2)], []),
        ([(0, 13, 12, 8)], [("0", "outside of the grid")]),
        ([(0, -1, 12, 8)], [("0", "outside of the grid")]),
        ([(0, 0, 0, 8)], [("0", "outside of the grid")]),
    ],
)
def test_misplaced_tile(places: list[tuple[int, ...]], wrong: list[tuple[str, str]]) -> None:
    """A tile over another, or outside of the grid; those that only touch are right."""
    tiles = tuple(
        replace(TILE, name=str(number), row=row, col=col, width=width, height=height)
        for number, (row, col, width, height) in enumerate(places)
    )

    assert [
        ("misplaced-tile", f"board 0: the tile `{name}` lies {where}") for name, where in wrong
    ] == found(EXPLORE, replace(BOARD, elements=tiles))


@pytest.mark.parametrize(
    ("changes", "field", "place"),
    [
        ({"dimensions": ("submission_date", "branch", "channel")}, "start.channel", "dimensions"),
        ({"dimensions": ("submission_date", "branch", "middle")}, "start.middle", "dimensions"),
        ({"measures": ("point", "os")}, "start.os", "measures"),
    ],
)
def test_misplaced_field(changes: dict[str, Any], field: str, place: str) -> None:
    """A filter-only field or a measure among dimensions; a dimension among measures."""
    assert [
        (
            "misplaced-field",
            f"explore: aggregate table `start.rollup_crashes_mean` has `{field}` among its {place}",
        )
    ] == found(held(**changes))


UNUSED = (
    "unused-aggregate-table",
    "explore: no tile asks for what the aggregate table `start.rollup_crashes_mean` holds",
)


OTHER = "it has other values of what the query filters by, and not the field"
LACKS = "it does not have these fields of the query"


@pytest.mark.parametrize(
    ("board", "reason"),
    [
        (choice(default_value="Linux"), f"{OTHER}: start.os"),
        (choice(default_value="Windows,Linux"), f"{OTHER}: start.os"),
        (
            choice(default_value=None, required=False),
            "it is filtered by what the query is not: start.os",
        ),
        (tile(filters=(("start.metric", "hangs"),)), f"{OTHER}: start.metric"),
        (tile(filters=(*TILE.filters, ("start.statistic", "mean"))), f"{OTHER}: start.statistic"),
        (tile(fields=(*TILE.fields, "start.statistic")), f"{LACKS}: start.statistic"),
        (tile(fields=(*TILE.fields, "start.middle")), f"{LACKS}: start.middle"),
    ],
)
def test_uncovered_tile(board: Dashboard, reason: str) -> None:
    """A tile that no aggregate table answers when opened; the table is then built in vain."""
    answers = "no aggregate table of `start` answers the tile `Crashes_mean`"

    assert [
        ("uncovered-tile", f"board 0: {answers}: `rollup_crashes_mean`: {reason}"),
        UNUSED,
    ] == found(EXPLORE, board)


def test_uncovered_tile_far_from_all() -> None:
    """A tile whose filters are those of no table."""
    bare = replace(EXPLORE, always_filter=None)
    board = replace(tile(filters=(("start.metric", "hangs"),)), filters=(DATE,))

    assert (
        "no aggregate table of `start` answers the tile `Crashes_mean`: none has its filters"
        in [message.removeprefix("board 0: ") for _, message in found(bare, board)]
    )


def test_unused_aggregate_table() -> None:
    """A table that answers no tile, because none asks for it, or because it is never built."""
    other = replace(TABLE, name="other", query=lookml.AggregateQuery(("os",), ("point",)))
    unasked = ("unused-aggregate-table", UNUSED[1].replace("rollup_crashes_mean", "other"))

    assert [unasked] == found(replace(EXPLORE, aggregate_tables=(TABLE, other)))
    assert UNUSED in found(table(materialization=None))


def test_modes() -> None:
    """Without aggregate tables no tile needs one; tables that are worth it may leave tiles out."""
    other = replace(TILE, name="Hangs_mean", filters=(("start.metric", "hangs"),), row=10)
    board = replace(BOARD, elements=(TILE, other))

    assert [] == found(replace(EXPLORE, aggregate_tables=()), board, aggregate_tables="none")
    assert [] == found(EXPLORE, board, aggregate_tables="worthwhile")
    assert ["uncovered-tile"] == [code for code, _ in found(EXPLORE, board)]


def test_work_grows_with_the_tiles() -> None:
    """Eight times as many tiles and aggregate tables take eight times as many steps, at most."""
    small, large = map(_steps, (100, 800))

    assert 1000 < small
    assert large <= small * 8


def _steps(count: int) -> int:
    """The lines of Python that run while so many tiles and tables are checked."""
    names = [str(number) for number in range(count)]
    assert TABLE.query is not None
    tables = tuple(
        replace(TABLE, name=name, query=replace(TABLE.query, filters=_of(name))) for name in names
    )
    tiles = tuple(
        replace(TILE, name=name, filters=(("start.metric", name),), row=10 * place)
        for place, name in enumerate(names)
    )
    artifacts = hub(replace(EXPLORE, aggregate_tables=tables), replace(BOARD, elements=tiles))
    steps = 0

    def step(*_: object) -> Any:
        nonlocal steps
        steps += 1
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        found = list(check(artifacts))
    finally:
        sys.settrace(before)
    assert {"many-tiles"} == {item.code for item in found}
    return steps


def _of(name: str) -> tuple[tuple[str, str], ...]:
    return ("start.branch", "enabled"), ("start.metric", name), ("start.os", "Windows")
