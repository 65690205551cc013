"""`check` as people and pipelines use it: formats, comments that ignore, trees, the analyzer."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator import checking
from generator.checks.page import page
from generator.checks.trees import LARGE_FILE
from generator.diagnostics import CODES
from tests import planted as hub
from tests.nursery import command

ROOT = Path(__file__).parents[1]
SNAPSHOT = "\n".join(
    json.dumps(record)
    for record in (
        {
            "table": "acme.shop.orders",
            "kind": "TABLE",
            "fields": [
                {"name": "id", "type": "STRING"},
                {"name": "amount", "type": "INT64"},
                {"name": "Amount_", "type": "STRING"},
            ],
        },
    )
)
NAMESPACES = """shop:
  views:
    orders:
      type: table_view
      tables: [{table: acme.shop.orders}]
      measures:
        total: {type: sum, sql: "${amount}"}
        lost: {type: sum, sql: "${amuont}"}
        large: {type: count, drill_fields: [detail*]}
"""


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Files in a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of the command in a folder, with caches of its own."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(Path.home()),  # the analyzer is compiled there, once
        "LOOKML_GEN_CACHE": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    return command(folder, ("check", *arguments), environment)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with one view, of which a measure is wrong and another doubtful."""
    settings = '[tool.lookml-gen]\nwarehouse = ["snapshot:tables.jsonl"]\n'
    files = {"namespaces.yaml": NAMESPACES, "tables.jsonl": SNAPSHOT, "pyproject.toml": settings}
    write(tmp_path, files)
    return tmp_path


def test_text(shop: Path) -> None:
    """For a person: findings where messages go, the sum on the output."""
    run = check(shop)

    assert 1 == run.returncode
    assert "namespaces.yaml:8: error [unknown-field]" in run.stderr
    assert run.stdout.endswith("files: found: 1 error, 1 warning\n")


def test_json(shop: Path) -> None:
    """For machines: what docs/checks.md says, and nothing else on the output."""
    run = check(shop, "--format", "json")
    told = json.loads(run.stdout)

    assert 1 == run.returncode
    assert "lookml-check/1" == told["format"]
    assert {"error": 1, "warning": 1, "note": 0, "ignored": 0} == told["summary"]
    assert told["ignored"] == []
    (error,) = (item for item in told["findings"] if item["severity"] == "error")
    assert {
        "code": "unknown-field",
        "severity": "error",
        "message": "`lost` refers to `amuont`, which is no field here",
        "hint": "did you mean `amount`?",
        "at": {"path": "namespaces.yaml", "line": 8},
        "subject": "shop.views.orders",
        "page": "docs/checks.md#unknown-field",
    } == error


def test_github(shop: Path) -> None:
    """For a pull request: a line each, which no text of ours or others can break out of."""
    text = (shop / "namespaces.yaml").read_text(encoding="utf-8")
    hostile = (
        text.replace("amuont", "a%b\\n::error::x").replace('"${a%', "'${a%").replace('x}"', "x}'")
    )
    (shop / "namespaces.yaml").write_text(hostile, encoding="utf-8")
    run = check(shop, "--format", "github")
    lines = run.stdout.splitlines()

    assert 1 == run.returncode
    assert any(
        line.startswith("::error file=namespaces.yaml,line=8,title=unknown-field::")
        and "a%25b" in line
        and "%0A" in line
        for line in lines
    )
    assert "found: 1 error, 1 warning" == lines[-1]
    assert [] == [line for line in lines[:-1] if not line.startswith(("::error ", "::warning "))]


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("  # lookml-gen: ignore dangling-set defined in the spoke", []),
        ("  # lookml-gen: ignore dangling-set", ["dangling-set", "unexplained-ignore"]),
        ("  # lookml-gen: ignore fan-out never", ["dangling-set", "unmatched-ignore"]),
        ("  # lookml-gen: ignore dangling-sets why not", ["dangling-set", "unmatched-ignore"]),
        ("  # lookml-gen: ignore dangling-field I know", ["dangling-set", "refused-ignore"]),
        ("  # lookml-gen ignore dangling-set no colon", ["dangling-set"]),
    ],
)
def test_ignoring(shop: Path, comment: str, codes: list[str]) -> None:
    """A finding is ignored at its place, for a reason; another comment is a finding itself."""
    path = shop / "namespaces.yaml"
    text = path.read_text(encoding="utf-8").replace("[detail*]}", f"[detail*]}}{comment}")
    path.write_text(text, encoding="utf-8")
    told = json.loads(check(shop, "--format", "json").stdout)
    found = sorted(item["code"] for item in told["findings"] if item["code"] != "unknown-field")

    assert codes == found
    assert ("dangling-set" not in codes) == (told["summary"]["ignored"] == 1)


def test_ignoring_from_above(shop: Path) -> None:
    """A comment above the entry will do, others between them; an error, too, may be known."""
    path = shop / "namespaces.yaml"
    comment = (
        "# lookml-gen: ignore unknown-field the column comes in May\n        # or June\n        "
    )
    text = path.read_text(encoding="utf-8").replace("lost:", f"{comment}lost:")
    path.write_text(text, encoding="utf-8")
    run = check(shop)

    assert 0 == run.returncode
    assert "found: 1 warning, 1 ignored" in run.stdout


def test_a_tree(tmp_path: Path) -> None:
    """LookML that somebody else made is checked without definitions; places can be opened."""
    write(
        tmp_path / "hub", hub.planted(hub.TREE, "shop/views/orders.view.lkml", "[id, city]", "[i]")
    )
    run = check(tmp_path, "--tree", "hub")

    assert 1 == run.returncode
    assert "hub/shop/views/orders.view.lkml:1: error [dangling-field]" in run.stderr
    assert "4 files: found: 1 error" in run.stdout


def test_a_hostile_tree(tmp_path: Path) -> None:
    """What is no LookML, no YAML and no text costs itself."""
    files = {
        "a/views/x.view.lkml": "view: x { dimension: y { sql: 1",
        "a/views/y.view.lkml": "}" * 5,
        "a/views/deep.view.lkml": "view: a {" * 500,
        "a/d.dashboard.lookml": "- dashboard: [",
        "a/deep.dashboard.lookml": "- " + "[" * 4000,
        "a/odd.dashboard.lookml": "- dashboard: x\n  elements: 5\n  filters: {a: b}\n",
    }
    write(tmp_path, files)
    (tmp_path / "a" / "views" / "z.view.lkml").write_bytes(b"view: z \xff\xfe {}")
    run = check(tmp_path, "--tree", ".", "--format", "json")
    told = json.loads(run.stdout)

    assert 1 == run.returncode
    assert {"malformed-file"} == {item["code"] for item in told["findings"]}
    assert 5 <= told["summary"]["error"]


def test_models_and_what_they_include(tmp_path: Path) -> None:
    """By model: wildcards, refinements, extends, aliases; what is foreign is not judged."""
    files = {
        "shop.model.lkml": 'include: "/views/*"\ninclude: "/*.explore"\ninclude: "/nowhere/*"\n',
        "views/a.view.lkml": "view: a { dimension: id { sql: ${TABLE}.id ;; } }\n"
        "view: b { extends: [a] measure: n { sql: COUNT(${id}) ;; } }\n",
        "views/b.view.lkml": "view: +a { dimension: x { sql: ${id} + ${more} ;; } }\n"
        "view: +a { dimension: more { sql: 1 ;; } }\n",
        "base.explore.lkml": "explore: base { extension: required join: o { from: a\n"
        "  sql_on: ${o.id} = ${main.id} ;; } }\n"
        "explore: main { extends: [base] view_name: main from: b\n"
        "  sql_always_where: ${o.x} > ${main.n} AND ${o.gone} ;; }\n"
        'explore: +main { always_filter: { filters: [o.more: "1"] } }\n',
    }
    write(tmp_path / "mine", files)
    foreign = {"x.model.lkml": 'include: "//hub/x.view"\nexplore: x { join: y {} }\n'}
    write(tmp_path / "foreign", foreign)
    told = [json.loads(check(tmp_path, "--tree", name, "--format", "json").stdout)["findings"]
            for name in ("mine", "foreign")]  # fmt: skip

    assert [
        ("dangling-include", "mine/shop.model.lkml", None),
        ("dangling-field", "mine/base.explore.lkml", 3),
    ] == [(item["code"], item["at"]["path"], item["at"]["line"]) for item in told[0]]
    assert [] == told[1]


def test_large_files(tmp_path: Path) -> None:
    """A file above a million bytes is named."""
    padding = "#" * LARGE_FILE
    write(tmp_path, {"a.view.lkml": f"view: a {{}}\n{padding}\n"})

    assert "[large-file]" in check(tmp_path, "--tree", ".").stderr


def test_many_dashboards(tmp_path: Path) -> None:
    """A model with many dashboards, and a dashboard with many tiles."""
    tile = "{name: t%d, explore: orders, model: shop, type: x, fields: [orders.total], row: %d}"
    tiles = "\n  - ".join(tile % (number, number * 8) for number in range(26))
    files = {
        f"shop/dashboards/d{n}.dashboard.lookml": f"- dashboard: d{n}\n  title: D{n}\n"
        for n in range(101)
    }
    files["shop/dashboards/d0.dashboard.lookml"] += f"  elements:\n  - {tiles}\n"
    write(tmp_path, {**files, **hub.TREE})
    told = json.loads(check(tmp_path, "--tree", ".", "--format", "json").stdout)

    assert {"many-dashboards", "many-tiles"} <= {item["code"] for item in told["findings"]}


def test_without_the_analyzer(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the analyzer is not installed, that is said, and everything else is checked."""
    from generator import commands  # noqa: PLC0415 - heavy

    monkeypatch.chdir(shop)
    monkeypatch.setattr(checking, "find_spec", lambda _: None)
    errand = {"form": "text", "deep": True, "tree": None, "quiet": False}
    code = commands.check(None, {}, errand)
    told = capsys.readouterr()

    assert 1 == code
    assert "[skipped-analysis]" in told.err
    assert "[unknown-field]" in told.err


def test_with_the_analyzer(shop: Path) -> None:
    """It refuses what DuckDB lets pass; a second run asks it nothing."""
    pytest.importorskip("zetasql", reason="Google's analyzer is not installed")
    path = shop / "namespaces.yaml"
    wrong = "DATE_DIFF(MAX(${id}), CURRENT_DATE(), DAY)"
    text = path.read_text(encoding="utf-8").replace(
        'lost: {type: sum, sql: "${amuont}"}', f'lost: {{type: number, sql: "{wrong}"}}'
    )
    path.write_text(text, encoding="utf-8")
    first, second = (json.loads(check(shop, "--deep", "--format", "json").stdout) for _ in "ab")
    refused = [item for item in first["findings"] if item["code"] == "refused-sql"]

    assert [8] == [item["at"]["line"] for item in refused]
    assert first == second
    kept = json.loads((shop / "cache" / "verdicts.json").read_text())
    assert any(kept.values())


def test_the_page_is_that_of_the_table() -> None:
    """`make docs` was run after the last change of a code."""
    written = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")

    assert page() == written
    assert [] == [code for code in CODES if f"\n### {code}\n" not in written]
