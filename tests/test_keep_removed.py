"""A field that is gone stays for its days: in the output, the repository, the diff and spokes."""

import json
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from generator.artifact import REMOVED
from tests.test_command import Project, git

ROOT = Path(__file__).parents[1]
(SECTION,) = re.findall(
    r"^## Fields that stay for a while\n(.*?)(?=^## )",
    (ROOT / "docs" / "review.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
VIEW = "shop/views/orders_daily.view.lkml"
COLUMNS = {"at": "TIMESTAMP", "client_id": "STRING", "city": "STRING", "price": "FLOAT"}
BEFORE: dict[str, Any] = {
    "customers": {"type": "count_distinct", "sql": "${client_id}"},
    "revenue": {"type": "sum", "sql": "${price}"},
}
AFTER: dict[str, Any] = {"clients": BEFORE["customers"]}
SPOKE = {
    "manifest.lkml": 'local_dependency: { project: "hub" }',
    "shop/shop.model.lkml": 'include: "//hub/shop/explores/*"\ninclude: "more.view"\n',
    "shop/more.view.lkml": """view: +orders_daily {
  measure: each { type: number sql: ${revenue} / ${customers} ;; }
  dimension: young { type: yesno sql: ${at_week} > CURRENT_TIMESTAMP() ;; }
}
""",
}
WEEKLESS = {"at": {"timeframes": ["raw", "date"]}}
EARLY, MIDDLE, LAST, LATE = (
    date(2030, 1, 1),
    date(2030, 1, 20),
    date(2030, 1, 31),
    date(2030, 2, 1),
)


def on(day: date) -> dict[str, str]:
    """The variable that makes it another day."""
    return {"SOURCE_DATE_EPOCH": f"{datetime(day.year, day.month, day.day, 7, tzinfo=UTC):%s}"}


class Hub(Project):
    """A hub with a spoke upon it, published to a repository elsewhere."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.remote = folder.parent / "hub.git"
        git(folder, "init", "--bare", "--initial-branch", "main", str(self.remote))
        self.set()
        for name, text in SPOKE.items():
            path = folder / "spoke" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def set(self, days: int = 30, more: str = "require-intact-spokes = true") -> None:
        """The settings."""
        where = f'repository = "{self.remote}"\nspokes = ["spoke"]\n'
        self.settings(f"{where}keep-removed = {days}\n{more}")

    def declare(
        self,
        measures: dict[str, Any],
        dimensions: dict[str, Any] | None = None,
        columns: dict[str, str] = COLUMNS,
    ) -> None:
        """The view, and the table below it."""
        view: dict[str, Any] = {
            "type": "table_view",
            "tables": [{"table": "acme.shop.orders_daily"}],
            "measures": measures,
            "dimensions": dimensions or {},
        }
        explore = {"type": "table_explore", "views": {"base_view": "orders_daily"}}
        shop = {"views": {"orders_daily": view}, "explores": {"orders": explore}}
        (self.folder / "namespaces.yaml").write_text(json.dumps({"shop": shop}))
        fields = [{"name": name, "type": kind} for name, kind in columns.items()]
        self.record([{"table": "acme.shop.orders_daily", "kind": "TABLE", "fields": fields}])

    def day(self, day: date, *words: str, code: int = 0) -> str:
        """A run of the job."""
        return self.generate("--push", *words, code=code, **on(day))

    def published(self, path: str) -> str:
        """A file of the repository."""
        return git(self.remote, "show", f"main:{path}")

    def diff(self, day: date, *words: str, code: int = 0) -> str:
        """What the command prints."""
        run = self.run("diff", *words, **on(day))
        assert code == run.returncode, run.stderr
        return run.stdout


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """The hub, published on the first day, then to be otherwise."""
    found = Hub(tmp_path / "hub")
    found.declare(BEFORE)
    found.day(EARLY)
    found.declare(AFTER, WEEKLESS)
    return found


def test_the_example_of_the_documentation(hub: Hub) -> None:
    """What stands in the view, and what the diff says on the first day and on the last."""
    (lookml,) = re.findall(r"```lookml\n(.*?)```", SECTION, re.DOTALL)
    (lines,) = re.findall(r"```text\n(.*?)```", SECTION, re.DOTALL)
    first, last = lines.splitlines()
    hub.declare({**AFTER, "revenue": BEFORE["revenue"]})

    assert f"- {first}\n" in hub.diff(EARLY, "--format", "markdown", "--exit-code")
    hub.day(EARLY)
    assert lookml in hub.published(VIEW)
    assert f" {last}\n" in hub.diff(LATE, "--format", "markdown")


def test_spokes_are_intact_for_all_the_days(hub: Hub) -> None:
    """The diff breaks nothing, the commit is made; the day after both say what breaks where."""
    said = hub.diff(EARLY, "--spoke", "spoke", "--exit-code")
    assert "breaking" not in said
    assert "was removed" not in said
    assert "measure `revenue` deprecated in view `orders_daily`, goes away after 2030-01-31" in said
    assert (
        "dimensions deprecated in view `orders_daily`, goes away after 2030-01-31: `at_month`"
        in said
    )

    assert "[broken-spoke]" not in hub.day(EARLY)
    before = hub.published(VIEW)
    assert "dimension: at_week" in before
    assert hub.published(REMOVED) == (hub.lookml / REMOVED).read_text().rstrip()

    assert "shop: no changes" not in hub.diff(LAST, "--exit-code")
    refused = hub.day(LATE, code=1)
    assert 3 == refused.count("[broken-spoke]")
    assert "[spokes-not-intact]" in refused
    assert before == hub.published(VIEW)

    hub.set(more="")
    said = hub.diff(LATE, "--exit-code", code=1)
    assert "2 measures removed from view `orders_daily`, as announced" in said
    hub.day(LATE)
    assert "Deprecated" not in hub.published(VIEW)
    assert REMOVED not in git(hub.remote, "ls-tree", "-r", "--name-only", "main")


def test_an_unchanged_run_ends_with_the_last_day(hub: Hub) -> None:
    """Until then nothing is read and nothing changes; on the next day all is made."""
    hub.day(EARLY)
    marks = (hub.lookml / VIEW).stat().st_mtime_ns
    for day in (EARLY, MIDDLE, LAST):
        hub.day(day)
        assert hub.report["unchanged_input"]
    assert marks == (hub.lookml / VIEW).stat().st_mtime_ns
    hub.set(more="")
    hub.day(LATE)
    assert not hub.report["unchanged_input"]
    assert ["clients"] == re.findall(r"measure: (\w+)", hub.published(VIEW))
    hub.day(LATE)
    assert hub.report["unchanged_input"]


@pytest.mark.parametrize("kept", ["nothing", "no memory", "no state"])
def test_another_machine_says_the_same(hub: Hub, kept: str) -> None:
    """It knows from the repository when each field went, or from what stands in its folder."""
    hub.day(EARLY)
    before = git(hub.remote, "rev-parse", "main^{tree}")
    gone = {
        "nothing": "",
        "no memory": ".lookml-gen/parts.bin",
        "no state": ".lookml-gen/state.json",
    }
    path = hub.folder / "output" / gone[kept]
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    hub.day(MIDDLE)

    assert before == git(hub.remote, "rev-parse", "main^{tree}")
    assert (kept == "no memory") == hub.report["unchanged_input"]
    rows = hub.published(REMOVED)
    hub.declare(AFTER, WEEKLESS, {**COLUMNS, "more": "STRING"})
    hub.day(MIDDLE)
    assert "dimension: more" in hub.published(VIEW)
    assert rows == hub.published(REMOVED)
    assert rows.count("since") == hub.published(VIEW).count("goes away after 2030-01-31.")


def test_a_first_run_on_another_machine_keeps_what_is_published(hub: Hub) -> None:
    """Though nothing was removed before."""
    shutil.rmtree(hub.folder / "output")
    hub.day(MIDDLE)

    assert "Deprecated: use `clients`; goes away after 2030-02-19." in hub.published(VIEW)


def test_what_reads_a_column_that_is_gone_goes(hub: Hub) -> None:
    """It is said once, as breaking, and never again."""
    hub.set(more="")
    columns = {name: kind for name, kind in COLUMNS.items() if name != "price"}
    hub.declare(AFTER, {}, columns)

    said = hub.diff(EARLY)
    assert "breaking  measure `revenue` removed from view `orders_daily`" in said
    first = hub.day(EARLY)
    assert "the dimension `orders_daily.price` is gone and cannot be kept" in first
    assert "the measure `orders_daily.revenue` is gone and cannot be kept" in first
    assert "[broken-spoke]" in first
    for words in ((), ("--only", "shop")):
        assert "[unkept-field]" not in hub.day(EARLY, *words)
    hub.declare(AFTER, {}, {**columns, "more": "STRING"})
    assert "[unkept-field]" not in hub.day(MIDDLE)
    assert "measure: customers" in hub.published(VIEW)


def test_a_field_that_comes_back(hub: Hub) -> None:
    """Its alias goes, and nothing breaks."""
    hub.day(EARLY)
    hub.declare({**AFTER, **BEFORE}, WEEKLESS)
    said = hub.diff(MIDDLE, "--exit-code")

    assert "breaking" not in said
    hub.day(MIDDLE)
    assert ["at_month"] == re.findall(r'"name": "(at_month|customers)"', hub.published(REMOVED))
    assert 1 == hub.published(VIEW).count("measure: customers")
    hub.declare({**AFTER, **BEFORE})
    hub.day(MIDDLE)
    assert "Deprecated" not in hub.published(VIEW)
    assert not (hub.lookml / REMOVED).exists()


@pytest.mark.parametrize(
    ("days", "until"), [(10, "2030-01-11"), (40, "2030-02-10"), (1, ""), (0, "")]
)
def test_other_days(hub: Hub, days: int, until: str) -> None:
    """They count from the day it went; over is over."""
    hub.day(EARLY)
    hub.set(days, "")
    hub.day(date(2030, 1, 9))

    found = set(re.findall(r"goes away after ([\d-]+)", hub.published(VIEW)))
    assert ({until} if until else set()) == found
    assert bool(until) == (hub.lookml / REMOVED).exists()
    hub.set(30, "")
    hub.day(date(2030, 1, 9))
    found = set(re.findall(r"goes away after ([\d-]+)", hub.published(VIEW)))
    assert ({"2030-01-31"} if until else set()) == found


@pytest.mark.parametrize("spoilt", ["", "[", None], ids=["empty", "broken", "gone"])
def test_a_lost_list_ends_nothing(hub: Hub, spoilt: str | None) -> None:
    """It is said, and what stands says itself until when; edited, it is left as it is."""
    hub.day(EARLY)
    before = hub.published(VIEW)
    if spoilt is None:
        (hub.lookml / REMOVED).unlink()
    else:
        (hub.lookml / REMOVED).write_text(spoilt)
    said = hub.day(MIDDLE, code=0 if spoilt is None else 1)

    assert "[forgotten-removals]" in said
    assert (spoilt is not None) == ("[edited-file]" in said)
    assert before.count("Deprecated") == hub.published(VIEW).count("goes away after 2030-01-31.")
    hub.set(more="")
    hub.day(LATE, code=0 if spoilt is None else 1)
    assert "Deprecated" not in hub.published(VIEW)


def test_what_people_wrote_is_not_kept(hub: Hub) -> None:
    """A view that somebody edited is left as it is; nothing of it is taken over."""
    hub.set(more="")
    path = hub.lookml / VIEW
    path.write_text(path.read_text().replace("customers", "by_hand"))
    hub.day(EARLY, code=1)
    assert "by_hand" in path.read_text()
    hub.day(EARLY, "--overwrite-edited")

    assert "by_hand" not in path.read_text()
    assert not (hub.lookml / REMOVED).exists()


def test_a_table_that_cannot_be_read_forgets_nothing(hub: Hub) -> None:
    """The view stays as it was published, and what is known of it."""
    hub.day(EARLY)
    before = hub.published(REMOVED), hub.published(VIEW)
    (hub.folder / "tables.jsonl").write_text('{"table": "acme.shop.orders_daily", "kind": }\n')
    hub.day(MIDDLE)

    assert before == (hub.published(REMOVED), hub.published(VIEW))


def test_an_explanation_says_since_when(hub: Hub) -> None:
    """And until when; of a field that stays for good, nothing of the sort."""
    hub.day(EARLY)
    (said,) = (hub.run("explain", "orders_daily.customers", **on(MIDDLE)),)
    (other,) = (hub.run("explain", "orders_daily.clients", **on(MIDDLE)),)

    assert "deprecated     since 2030-01-01 until 2030-01-31" in said.stdout
    assert "deprecated" not in other.stdout
    assert "measure shop.views.orders_daily.customers" in other.stdout


def test_without_days_nothing_is_kept(hub: Hub) -> None:
    """Which is the default; an option goes before the setting."""
    hub.set(0, "")
    assert "removed" in hub.diff(EARLY)
    assert "renamed" not in hub.diff(EARLY, "--keep-removed", "30")
    assert "is now" in hub.diff(EARLY)
    assert "deprecated" in hub.diff(EARLY, "--keep-removed", "30")
    hub.day(EARLY)
    assert "Deprecated" not in hub.published(VIEW)
