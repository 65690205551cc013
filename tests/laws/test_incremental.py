"""What is taken as it stands is what would have been made: an edit, then a run with and without.

One output folder keeps what its runs remember, the other forgets it before every run. Whatever
people, the warehouse or the disk do in between, both hold the same, and both runs say the same.
"""

import json
import os
import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from generator.artifact import REMOVED
from generator.facts.conventions import Conventions
from generator.parts import DEFINITIONS, ETL, Part
from generator.processes import AVAILABLE, Errand
from generator.publish.tree import Fate
from generator.run import Outcome, write_output
from generator.settings import Settings
from generator.stages import Stages

STATE = ".lookml-gen"
WATCH = Conventions().monitoring_namespace
EVERY = (WATCH, f"{WATCH}{ETL}", "plain", "shop", f"shop{DEFINITIONS}", "web", f"web{DEFINITIONS}")
"""The parts of the input."""
VISITS: list[dict[str, Any]] = [
    {"name": "submission_date", "type": "DATE"},
    {"name": "document_id", "type": "STRING", "description": "The row."},
    {"name": "client_id", "type": "STRING"},
    {"name": "country", "type": "STRING", "description": "Where from."},
    {"name": "tabs", "type": "INTEGER"},
    {
        "name": "tags",
        "type": "RECORD",
        "mode": "REPEATED",
        "fields": [{"name": "key", "type": "STRING"}, {"name": "value", "type": "INTEGER"}],
    },
]
VALUES = [["Windows", 100], ["Mac", 90], ["Linux", 5]]
STATISTICS = [
    {"name": "submission_date", "type": "DATE"},
    {"name": "metric", "type": "STRING"},
    {"name": "os", "type": "STRING", "top_values": VALUES},
    *({"name": name, "type": "STRING"} for name in ("branch", "statistic")),
    *({"name": name, "type": "FLOAT"} for name in ("parameter", "point", "lower", "upper")),
]
TABLES: dict[str, dict[str, Any]] = {
    "acme.web.visits": {"kind": "TABLE", "fields": VISITS},
    "acme.web.visits_view": {
        "kind": "VIEW",
        "fields": [{**column, "description": None} for column in VISITS],
        "references": ["acme.web.visits"],
    },
    "acme.shop.orders": {"kind": "TABLE", "fields": VISITS[:5], "aliases": ["other.shop.orders"]},
    "acme.shop.orders_beta": {"kind": "TABLE", "fields": VISITS[:4]},
    "acme.shop.refunds": {"kind": "TABLE", "fields": VISITS[1:3]},
    "acme.watch.start_statistics": {"kind": "TABLE", "fields": STATISTICS, "bytes": 10**12},
}


def view(*tables: str) -> dict[str, Any]:
    """An entry over some tables."""
    return {"type": "table_view", "tables": [{"table": name} for name in tables]}


NAMESPACES: dict[str, Any] = {
    "web": {
        "views": {"visits": view("acme.web.visits"), "seen": view("acme.web.visits_view")},
        "explores": {"seen": {"type": "table_explore", "views": {"base_view": "seen"}}},
    },
    "shop": {
        "views": {
            "orders": view("acme.shop.orders", "acme.shop.orders_beta"),
            "all_*": view("acme.shop.re*"),
        },
        "explores": {"orders": {"type": "table_explore", "views": {"base_view": "orders"}}},
    },
    "plain": {"views": {"refunds": view("acme.shop.refunds")}},
}
METRICS = {
    "web": """
[metrics.visits]
data_source = "visits"
select_expression = "COUNT(DISTINCT document_id)"
[metrics.visits.statistics.sum]
[data_sources.visits]
from_expression = "acme.web.visits_view"
columns_as_dimensions = true
""",
    "shop": """
[metrics.orders]
data_source = "orders"
select_expression = "SUM(tabs)"
[metrics.orders.statistics.sum]
[data_sources.orders]
from_expression = "(SELECT * FROM acme.shop.orders)"
""",
}
PROJECT = """
[project]
name = "Health"
platform = "web"
start_date = "2024-01-02"
metrics = ["visits"]
[project.population]
data_source = "visits"
monitor_entire_population = true
"""
PLATFORMS = """
[web]
is_glean_app = false
"""
ROWS: list[dict[str, Any]] = [
    {
        "slug": slug,
        "branches": ["on", "off"],
        "dimensions": ["os"],
        "summaries": [{"metric": "starts", "statistic": "mean"}],
        "statistics_table": f"acme.watch.{slug}_statistics",
    }
    for slug in ("start", "stop")
]


@dataclass
class Input:
    """What the runs read, as plain data; `hidden` is a convention.

    `day` is the day of the run, `keep` for how many days what is gone stays.
    """

    tables: dict[str, dict[str, Any]]
    namespaces: dict[str, Any]
    metrics: dict[str, str]
    rows: list[dict[str, Any]]
    dice: random.Random
    exclusions: list[Any] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    hidden: tuple[str, ...] = ("client_id",)
    projects: dict[str, str] = field(default_factory=lambda: {"health": PROJECT})
    day: date = date(2030, 1, 1)
    keep: int = 0

    def table(self) -> dict[str, Any]:
        """Some table, that has columns."""
        return self.tables[self.dice.choice(sorted(self.tables))]

    def column(self) -> dict[str, Any]:
        """Some column of some table."""
        found: dict[str, Any] = self.dice.choice(self.table()["fields"])
        return found

    def write(self, folder: Path) -> None:
        """The files."""
        lines = [
            f'{{"table": "{name}", "kind": }}' if name in self.broken else _line(name, row)
            for name, row in self.tables.items()
        ]
        (folder / "tables.jsonl").write_text("\n".join(lines) + "\n")
        (folder / "namespaces.yaml").write_text(json.dumps(self.namespaces))
        (folder / "exclusions.yaml").write_text(json.dumps(self.exclusions))
        (folder / "rows.json").write_text(json.dumps(self.rows))
        (folder / "platforms.toml").write_text(PLATFORMS)
        shutil.rmtree(folder / "hub", ignore_errors=True)
        for name, text in self.metrics.items():
            _write(folder / f"hub/definitions/{name}.toml", text)
        for name, text in self.projects.items():
            _write(folder / f"hub/opmon/{name}.toml", text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _line(name: str, row: dict[str, Any]) -> str:
    return json.dumps({"table": name, **row})


def started(seed: int) -> Input:
    """The input before any edit."""
    texts = json.dumps([TABLES, NAMESPACES, METRICS, ROWS])
    tables, namespaces, metrics, rows = json.loads(texts)
    return Input(tables, namespaces, metrics, rows, random.Random(seed))  # noqa: S311 - no secret


def add_column(it: Input) -> None:
    """A column more."""
    it.table()["fields"].append({"name": f"new_{it.dice.randrange(9)}", "type": "STRING"})


def drop_column(it: Input) -> None:
    """A column less."""
    columns = it.table()["fields"]
    if len(columns) > 1:
        columns.pop(it.dice.randrange(len(columns)))


def rename_column(it: Input) -> None:
    """A column goes by another name."""
    it.column()["name"] += "_x"


def describe_column(it: Input) -> None:
    """A column is described."""
    it.column()["description"] = f"What {it.dice.randrange(9)} means."


def retype_column(it: Input) -> None:
    """A column holds something else."""
    it.column().update(type=it.dice.choice(["STRING", "INTEGER", "TIMESTAMP"]), fields=[])


def drop_table(it: Input) -> None:
    """A table is gone."""
    if len(it.tables) > 1:
        del it.tables[it.dice.choice(sorted(it.tables))]


def add_table(it: Input) -> None:
    """A table is new, or back."""
    name = it.dice.choice(["acme.shop.returns", "acme.watch.stop_statistics", *TABLES])
    it.tables.setdefault(name, {"kind": "TABLE", "fields": json.loads(json.dumps(VISITS))})


def break_table(it: Input) -> None:
    """A table cannot be read, or can again."""
    it.broken ^= {it.dice.choice(sorted(it.tables))}


def grow_table(it: Input) -> None:
    """A table was loaded."""
    it.table().update(bytes=it.dice.randrange(10**13), last_modified="2024-01-02T00:00:00Z")


def turn_view(it: Input) -> None:
    """A table becomes a view of another, or of itself."""
    it.table().update(kind="VIEW", references=[it.dice.choice(sorted(TABLES))])


def count_values(it: Input) -> None:
    """Values are counted anew."""
    for row in it.tables.values():
        for column in row["fields"]:
            if "top_values" in column:
                column["top_values"] = [
                    [name, it.dice.randrange(1, 200)] for name, _ in column["top_values"]
                ]


def add_view(it: Input) -> None:
    """An entry more, perhaps in a new namespace."""
    space = it.dice.choice(["web", "shop", "new"])
    views = it.namespaces.setdefault(space, {"views": {}})["views"]
    views[f"view_{it.dice.randrange(3)}"] = view(it.dice.choice(sorted(TABLES)))


def drop_view(it: Input) -> None:
    """An entry less."""
    views = it.namespaces[it.dice.choice(sorted(it.namespaces))]["views"]
    if len(views) > 1:
        del views[it.dice.choice(sorted(views))]


def drop_namespace(it: Input) -> None:
    """A namespace less."""
    if len(it.namespaces) > 1:
        del it.namespaces[it.dice.choice(sorted(it.namespaces))]


def name_field(it: Input) -> None:
    """A measure by hand."""
    views = it.namespaces[it.dice.choice(sorted(it.namespaces))]["views"]
    chosen = views[it.dice.choice(sorted(views))]
    chosen["measures"] = {f"m{it.dice.randrange(3)}": {"type": "sum", "sql": "${tabs}"}}


def change_metric(it: Input) -> None:
    """A metric more, right or wrong."""
    name = it.dice.choice(sorted(METRICS))
    other = it.dice.choice(["SUM(tabs)", "MAX(nowhere)", "COUNT(*", "COUNT(DISTINCT client_id)"])
    it.metrics[name] = f'{METRICS[name]}\n[metrics.more]\ndata_source = "{name}"\n'
    it.metrics[name] += f'select_expression = "{other}"\n[metrics.more.statistics.sum]\n'


def clash_metric(it: Input) -> None:
    """A platform whose metrics want the names of another's."""
    it.metrics["web"] = METRICS["web"].replace("metrics.visits", "metrics.x_orders")
    it.metrics["web_x"] = METRICS["shop"]


def drop_platform(it: Input) -> None:
    """A platform less."""
    if len(it.metrics) > 1:
        del it.metrics[it.dice.choice(sorted(it.metrics))]


def change_row(it: Input) -> None:
    """A project is drawn otherwise."""
    it.dice.choice(it.rows)["compact_visualization"] = it.dice.random() > 1 / 2


def drop_row(it: Input) -> None:
    """A project less."""
    it.rows[1:] = []


def change_project(it: Input) -> None:
    """A project that is computed, otherwise or no more."""
    text = PROJECT.replace(
        '"visits"]', it.dice.choice(['"visits", "visits_2"]', '"nothing"]', "]"])
    )
    it.projects = it.dice.choice([{}, {"health": text}, {"health": PROJECT, "other": PROJECT}])


def exclude(it: Input) -> None:
    """Other exclusions."""
    it.exclusions = it.dice.choice([[], ["plain"], [{"shop": {"views": ["all_*"]}}], ["operat*"]])


def hide(it: Input) -> None:
    """Another convention."""
    it.hidden = it.dice.choice([(), ("country",), ("client_id", "tabs")])


def wait(it: Input) -> None:
    """Some days go by."""
    it.day += timedelta(it.dice.choice([1, 3, 4, 31]))


def keep(it: Input) -> None:
    """What is gone stays for longer, or less long."""
    it.keep = it.dice.choice([0, 2, 3, 10, 30])


EDITS: tuple[Callable[[Input], None], ...] = (
    add_column,
    drop_column,
    rename_column,
    describe_column,
    retype_column,
    drop_table,
    add_table,
    break_table,
    grow_table,
    turn_view,
    count_values,
    add_view,
    drop_view,
    drop_namespace,
    name_field,
    change_metric,
    clash_metric,
    drop_platform,
    change_row,
    drop_row,
    change_project,
    exclude,
    hide,
    wait,
    keep,
)


def edit_file(output: Path, dice: random.Random) -> None:
    """Somebody edits a file of ours."""
    some_file(output, dice).write_text("by hand")


def drop_file(output: Path, dice: random.Random) -> None:
    """Somebody deletes one."""
    some_file(output, dice).unlink()


def some_file(output: Path, dice: random.Random) -> Path:
    """Some file of ours, the same in both folders."""
    ours = (path for path in output.rglob("*") if path.is_file() and STATE not in path.parts)
    return dice.choice(sorted(path for path in ours if path.name != "report.json"))


def lose_removals(output: Path, dice: random.Random) -> None:
    """The file of removals is gone, or no longer what we wrote."""
    path = output / "lookml" / REMOVED
    if path.exists() and dice.random() > 1 / 2:
        path.unlink()
    elif path.exists():
        path.write_text("[")


HAZARDS: tuple[Callable[[Path, random.Random], None], ...] = (edit_file, drop_file, lose_removals)


def run(folder: Path, output: str, it: Input, jobs: int = 1) -> Outcome:
    """A run into one of the folders."""
    given_ = Settings(
        namespaces=str(folder / "namespaces.yaml"),
        warehouse=(f"snapshot:{folder / 'tables.jsonl'}",),
        metric_hub=(str(folder / "hub"),),
        exclusions=str(folder / "exclusions.yaml"),
        monitoring_platforms=str(folder / "platforms.toml"),
        opmon_projects=str(folder / "rows.json"),
        output=str(folder / output),
        jobs=jobs,
        keep_removed=it.keep,
        conventions=Conventions(hidden_columns=it.hidden, monitoring_project="acme"),
    )
    return write_output(given_, Stages(), today=it.day)


def said(outcome: Outcome, output: Path) -> list[str]:
    """All that a run tells, but for the name of its folder, and of bytes if it made none."""
    told = replace(outcome, skipped=False, reused=(), bytes=0 if outcome.skipped else outcome.bytes)
    text = msgspec.json.encode(told, order="deterministic").decode()
    return text.replace(str(output), "…").split(',"')


def held(output: Path) -> dict[str, bytes]:
    """All files of both projects, the manifests too."""
    folders = [output / "lookml", output / "dbt"]
    paths = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(output)): path.read_bytes() for path in paths}


def compare(folder: Path, it: Input) -> Outcome:
    """Both runs, and that they come to the same."""
    it.write(folder)
    one, other = folder / "one", folder / "other"
    shutil.rmtree(other / STATE, ignore_errors=True)
    kept, full = run(folder, "one", it), run(folder, "other", it)
    wanted, found = said(full, other), said(kept, one)
    if kept.skipped:  # it made nothing, and says so
        standing = {p: o for p, o in full.made.items() if full.diff.fates[p] is not Fate.HELD}
        wanted = said(replace(full, bytes=0, made=standing), other)
    assert held(other) == held(one)
    assert wanted == found
    return kept


@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.sampled_from([*EDITS, *HAZARDS]), min_size=1, max_size=5), st.integers(0, 99))
@example([add_column, drop_table, add_table, break_table, break_table], 1)
@example([count_values, describe_column, clash_metric, drop_platform, change_metric], 2)
@example([edit_file, describe_column, drop_file, add_column, hide], 3)
def test_what_is_remembered_is_what_would_be_made(edits: list[Any], seed: int) -> None:
    """Files, manifests, diagnostics, counts and estimates, after each of some edits."""
    live(started(seed), edits)


def drop_field(it: Input) -> None:
    """A measure less."""
    found = measures(it)
    found.pop(it.dice.choice(sorted(found)), None)


def rename_field(it: Input) -> None:
    """A measure, or two, by another name."""
    found = measures(it)
    name = it.dice.choice(sorted(found))
    found[it.dice.choice(["m0", "m1", f"{name}_x"])] = found.pop(name)


def put_field(it: Input) -> None:
    """A measure that was there before, or another of its name."""
    number = it.dice.randrange(3)
    measures(it)[f"m{it.dice.choice([number, 0])}"] = {
        "type": "number",
        "sql": f"COUNT(*) + {number}",
    }


def measures(it: Input) -> dict[str, Any]:
    """The measures by hand of some view, none of them wrong; one at least."""
    views = it.namespaces["shop"]["views"]
    view_ = views[it.dice.choice(["orders", "all_*"])]
    view_.setdefault("measures", {}).setdefault("m", {"type": "number", "sql": "COUNT(*)"})
    found: dict[str, Any] = view_["measures"]
    return found


FIELDS = (drop_field, drop_field, rename_field, rename_field, put_field, wait, wait, keep)
FADING = (*FIELDS, drop_column, rename_column, change_metric, hide, break_table, drop_table)
"""Edits by which fields go, stay and come back."""


@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.sampled_from([*FADING, *HAZARDS]), min_size=3, max_size=8), st.integers(0, 99))
@example([drop_field, rename_field, keep, keep, keep, wait, wait], 1)
@example([drop_field, rename_field, lose_removals, wait, put_field, keep, wait], 4)
def test_so_is_what_stays_for_a_while(edits: list[Any], seed: int) -> None:
    """Whatever was removed when, and for how long it is kept by now."""
    it = started(seed)
    it.keep = 3
    for _ in range(9):
        put_field(it)
    live(it, edits)


def live(it: Input, edits: list[Any]) -> None:
    """Both runs, after each of the edits."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        compare(folder, it)
        for edit in edits:
            if edit in HAZARDS:
                at = it.dice.getstate()
                for output in ("one", "other"):
                    it.dice.setstate(at)
                    edit(folder / output, it.dice)
            else:
                edit(it)
            compare(folder, it)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_each_edit_alone(edit: Callable[[Input], None], tmp_path: Path) -> None:
    """Twice over, so that what the first left is looked at, too."""
    it = started(7)
    compare(tmp_path, it)
    edit(it)
    compare(tmp_path, it)
    compare(tmp_path, started(7))


@pytest.mark.parametrize("name", ["parts.bin", "told.bin", "verdicts.bin"])
@pytest.mark.parametrize("content", [b"", b"\x80", b"junk" * 99, None])
def test_a_broken_memory_is_none(name: str, content: bytes | None, tmp_path: Path) -> None:
    """Whatever stands in its place; None flips one bit in the middle of it."""
    it = started(1)
    compare(tmp_path, it)
    path = tmp_path / "one" / STATE / name
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole if content is None else content)
    describe_column(it)
    compare(tmp_path, it)


def test_only_what_changed_is_made(tmp_path: Path) -> None:
    """One column of one table: the namespaces that look at it, through patterns too, no other."""
    it = started(1)
    compare(tmp_path, it)
    it.tables["acme.shop.refunds"]["fields"].append({"name": "why", "type": "STRING"})
    it.write(tmp_path)

    assert {"plain", "shop"} == set(EVERY) - set(run(tmp_path, "one", it).reused)


def test_what_stays_for_a_while_is_made_once(tmp_path: Path) -> None:
    """A namespace with such fields is taken as it stands, until one of them ends."""
    it = started(1)
    it.keep = 30
    views = it.namespaces["shop"]["views"]
    views["orders"]["measures"] = {"m": {"type": "count"}}
    compare(tmp_path, it)
    views["orders"]["measures"] = {}
    compare(tmp_path, it)
    assert "Deprecated" in (tmp_path / "one/lookml/shop/views/orders.view.lkml").read_text()
    it.tables["acme.web.visits"]["fields"].append({"name": "more", "type": "STRING"})
    it.day += timedelta(30)
    assert {"plain", "shop"} <= {*compare(tmp_path, it).reused}
    it.tables["acme.web.visits"]["fields"].pop()
    it.day += timedelta(1)

    assert {"plain", "shop"} - {*compare(tmp_path, it).reused} == {"shop"}
    assert "Deprecated" not in (tmp_path / "one/lookml/shop/views/orders.view.lkml").read_text()


def test_what_changes_with_every_load_makes_nothing(tmp_path: Path) -> None:
    """When a table changed last, and its bytes where nobody asks for them."""
    it = started(1)
    compare(tmp_path, it)
    for name in ("acme.web.visits", "acme.shop.orders"):
        it.tables[name].update(bytes=10**9, last_modified="2024-01-02T00:00:00Z")
    it.write(tmp_path)

    assert EVERY == run(tmp_path, "one", it).reused


def test_values_make_nothing_while_what_is_offered_stays(tmp_path: Path) -> None:
    """Counts move every day, the dropdown does not."""
    it = started(1)
    compare(tmp_path, it)
    columns = it.tables["acme.watch.start_statistics"]["fields"]
    columns[2] = {**columns[2], "top_values": [["Windows", 101], ["Mac", 90], ["Linux", 6]]}
    it.write(tmp_path)

    assert EVERY == run(tmp_path, "one", it).reused


@pytest.mark.parametrize("killed", [False, True])
def test_processes_change_nothing(
    killed: bool,  # noqa: FBT001 - a parameter
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many there are, and though each of them is killed; there is a process to be sent."""
    sent: list[int] = []

    class Watched(Errand):
        """Known to us, and killed if that is asked."""

        def __post_init__(self) -> None:
            sent.append(self.pid)
            if killed:
                os.kill(self.pid, signal.SIGKILL)

    monkeypatch.setattr("generator.desk.Errand", Watched)
    monkeypatch.setattr("generator.desk.WORTH", 0)
    it = started(3)
    clash_metric(it)
    it.write(tmp_path)
    outputs = [tmp_path / "1", tmp_path / "2", tmp_path / "3"]
    told = [said(run(tmp_path, o.name, it, jobs=int(o.name)), o) for o in outputs]

    assert len(sent) == (1 + 2 if AVAILABLE else 0)
    assert told[0] == told[1] == told[2]
    assert held(outputs[0]) == held(outputs[1]) == held(outputs[2])
    assert [] == list(tmp_path.rglob("staging"))


def test_the_key_of_a_part_tells_classes_apart() -> None:
    """Plain data is told by its fields: two classes of one field must not have the same."""
    for kind in _classes(Part, set()):
        for hint in get_type_hints(kind).values():
            rivals = [one.__struct_fields__ for one in _rivals(hint)]
            assert len(rivals) == len(set(rivals)), (kind, hint)


def _rivals(hint: Any) -> list[Any]:
    """The data classes among which a value may be one."""
    found = {one for one in _leaves(hint) if _is_data(one)}
    return sorted(found, key=str)


def _is_data(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Struct)


def _leaves(hint: Any) -> set[Any]:
    inner = get_args(hint)
    return {leaf for one in inner for leaf in _leaves(one)} if inner else {hint}


def _classes(kind: Any, seen: set[Any]) -> set[Any]:
    """The data classes that a value of a class may hold, itself included."""
    if kind in seen:
        return seen
    seen.add(kind)
    for hint in get_type_hints(kind).values():
        for leaf in _leaves(hint) - {NoneType}:
            if _is_data(leaf):
                _classes(leaf, seen)
    return seen
