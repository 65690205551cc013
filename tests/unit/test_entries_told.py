"""What is said of entries that are not built as they are written, once for each cause."""

from pathlib import Path

import pytest

from generator.diagnostics import Diagnostic
from generator.pipeline import generate
from tests import fakes

CATALOG = """
shop.web.visits: &visits {columns: {day: DATE}}
shop.beta.visits: *visits
shop.aurora.visits: *visits
shop.old.visits: *visits
"""
CHANNELS = """
shop:
  views:
    visits:
      type: table_view
      tables:
        - {channel: release, table: shop.web.visits}
        - {channel: nightly, table: shop.beta.visits}
        - {channel: nightly, table: shop.aurora.visits}
        - {channel: nightly, table: shop.old.visits}
"""
BOARD = """
operational_monitoring:
  dashboards:
    speed: {type: operational_monitoring_dashboard, title: Speed, tables: []}
"""


def told(folder: Path, **files: str) -> list[Diagnostic]:
    """What a run over the files says."""
    names = {"catalog": "catalog.yaml", "namespaces": "namespaces.yaml", "rows": "projects.json"}
    for key, text in {"catalog": CATALOG, **files}.items():
        (folder / names[key]).write_text(text, encoding="utf-8")
    return list(generate(fakes.folder(folder)).diagnostics)


def test_a_channel_of_three_tables(tmp_path: Path) -> None:
    """It is told once, with how often the dropdown shows it."""
    (found,) = told(tmp_path, namespaces=CHANNELS)

    assert ("duplicate-channel", 9) == (found.code, found.at and found.at.line)
    assert "3 tables have the channel `nightly`" in found.message


def test_a_channel_of_tables_that_are_gone(tmp_path: Path) -> None:
    """What no warehouse holds is in no dropdown."""
    there = "shop.web.visits: &visits {columns: {day: DATE}}\nshop.beta.visits: *visits\n"

    found = told(tmp_path, namespaces=CHANNELS, catalog=there)

    assert ["missing-relation"] * 2 == [item.code for item in found]


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ("visit", "did you mean `shop.web.visits`?"),
        ("orders", "others of its dataset are there"),
        ("users", "others of its dataset are there"),
    ],
)
def test_what_a_missing_table_may_be(tmp_path: Path, table: str, hint: str) -> None:
    """Only its own name counts: that project and dataset are alike makes no table alike."""
    entry = f"    more: {{type: table_view, tables: [{{table: shop.web.{table}}}]}}\n"

    found = told(tmp_path, namespaces=CHANNELS + entry)
    (missing,) = (item for item in found if item.code == "missing-relation")

    assert hint in str(missing.hint)


def test_a_missing_table_alone_in_its_dataset(tmp_path: Path) -> None:
    """Nobody asked what else is there, so nothing is said of that."""
    entry = "    more: {type: table_view, tables: [{table: shop.attic.visits}]}\n"

    found = told(tmp_path, namespaces=CHANNELS + entry)
    (missing,) = (item for item in found if item.code == "missing-relation")

    assert "this run knows no other of its dataset" in str(missing.hint)


@pytest.mark.parametrize(("rows", "codes"), [("[]", ["unbuilt-kind"]), ('[{"slug": "speed"}]', [])])
def test_dashboards_that_projects_make(tmp_path: Path, rows: str, codes: list[str]) -> None:
    """They are not said to be left out where there are projects, of which they are made."""
    found = [item.code for item in told(tmp_path, namespaces=BOARD, rows=rows)]

    assert codes == [code for code in found if code == "unbuilt-kind"]
