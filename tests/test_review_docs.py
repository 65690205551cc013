"""docs/review.md is true: its example, its tables, and the examples for pull requests."""

import json
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml

from generator import cli
from generator.diagnostics import Diagnostic, Location
from generator.pipeline import generate
from generator.review.changes import Change
from generator.review.machine import plain
from generator.review.markdown import LONGEST, as_markdown
from generator.review.reviewed import Review, review
from generator.review.rules import BREAKING, severities
from generator.review.spokes import Break, Broken
from generator.review.trees import is_lookml
from tests import fakes
from tests.test_opmon_docs import CATALOG as MONITORED
from tests.test_opmon_docs import PAGE as OPMON

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
_FILE = re.compile(r"```toml\n# (\S+)\n(.*?)```", re.DOTALL)
SCREEN = 50
"""Lines that one sees at once."""

METRICS = """
[metrics.orders.statistics]
sum = {}
[metrics.checkout_ms.statistics]
average = {}
"""
NAMESPACES = """
shop:
  pretty_name: Shop
  views:
    orders_daily:
      type: table_view
      tables: [{table: acme.shop.orders_daily, time_partitioning_field: submission_date}]
      measures:
        customers: {type: count_distinct, sql: "${client_id}"}
  explores:
    orders:
      type: table_explore
      views: {base_view: orders_daily}
"""
MODEL = 'include: "//hub/shop/explores/*"\ninclude: "views/*"\n'
REFINED = """view: +orders_daily {
  measure: orders_per_customer { type: number sql: SUM(${orders}) / ${customers} ;; }
}
"""
SPOKE = {
    "manifest.lkml": 'local_dependency: { project: "hub" }',
    "shop/shop.model.lkml": MODEL,
    "shop/views/orders_daily.view.lkml": REFINED,
}


def built(folder: Path, *, after: bool) -> dict[str, str]:
    """The LookML of the example before its change, and after it."""
    metrics, namespaces, catalog = METRICS, NAMESPACES, MONITORED
    if after:
        metrics = metrics.partition("[metrics.checkout_ms")[0]
        namespaces = namespaces.replace("customers:", "clients:")
        catalog = catalog.replace("orders: INT64,", "orders: INT64, city: STRING, paid: BOOL,")
    for name, text in _FILE.findall(OPMON):
        if after or not name.startswith("opmon/"):
            path = folder / "metric-hub" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    (folder / "metric-hub/looker/definitions").mkdir(parents=True)
    (folder / "metric-hub/looker/definitions/shop.toml").write_text(metrics)
    (folder / "catalog.yaml").write_text(catalog)
    (folder / "namespaces.yaml").write_text(namespaces)
    (folder / "settings.toml").write_text('[tool.lookml-gen]\nmonitoring-project = "acme"\n')
    build = generate(fakes.folder(folder))
    assert () == build.diagnostics
    return {path: text for path, text in build.tree.items() if is_lookml(path)}


def test_the_example_is_what_a_reviewer_sees(tmp_path: Path) -> None:
    """A metric goes, a field is renamed, a project comes, a table is wider; on one screen."""
    before, after = (built(tmp_path / str(late), after=late) for late in (False, True))

    text = as_markdown(review(before, after, {"spoke": SPOKE}))

    (shown,) = re.findall(r"```markdown\n(.*?)```", PAGE, re.DOTALL)
    assert shown == text
    assert len(text.splitlines()) <= SCREEN


def test_every_code_is_documented() -> None:
    """With the severities that it may have."""
    (table,) = re.findall(r"^## What is told\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `([\w-]+)` \| ([\w, ]+) \|", table, re.MULTILINE)
    known = [(code, ", ".join(found)) for code, found in severities()]

    assert known == rows


def whole() -> Review:
    """A review that has one of everything."""
    at = Location("shop/a.lkml", 1)
    change = Change("added", BREAKING, ("shop", "view v"), "view", "v", at, contents=(("set", 1),))
    place = Break(at, "view", "v", "renamed to `w`")
    return Review((change,), Broken((place,), (place,)), (Diagnostic("large-file", "m", at),))


def keys(value: Any, above: str = "") -> Iterator[str]:
    """The keys of plain data; a map whose keys are names or kinds is one."""
    if isinstance(value, list):
        for item in value[:1]:
            yield from keys(item, f"{above}[]")
    elif isinstance(value, dict) and above not in ("namespaces", "changes[].contents"):
        for key, inner in value.items():
            path = f"{above}.{key}".lstrip(".")
            yield path
            yield from keys(inner, path)


def test_every_key_of_the_json_is_documented() -> None:
    """And no other is."""
    (table,) = re.findall(r"^## JSON\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    documented = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    leaves = [key for key in keys(plain(whole())) if key.rpartition(".")[0] != "summary"]

    assert [key for key in leaves if key != "spokes"] == documented
    assert json.loads(json.dumps(plain(whole()))) == plain(whole())


def test_the_longest_comment_is_documented() -> None:
    """The number of characters."""
    assert f"{LONGEST:,}" in PAGE


# in a pull request


def written(name: str) -> Mapping[str, Any]:
    """An example."""
    found: Mapping[str, Any] = yaml.safe_load((ROOT / "examples" / name).read_text())
    return found


def scripts() -> Iterator[str]:
    """The scripts of both examples."""
    for step in written("github-actions.yml")["jobs"]["review"]["steps"]:
        yield step["run"]
    job = written("gitlab-ci.yml")["review"]
    for key in ("before_script", "script", "after_script"):
        yield from job[key]


def test_examples_use_nothing_of_others() -> None:
    """No action, and no value that a shell would take for code."""
    for name in ("github-actions.yml", "gitlab-ci.yml"):
        assert "uses:" not in (ROOT / "examples" / name).read_text()
    for script in scripts():
        assert "${{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_examples_call_the_command_as_it_is() -> None:
    """Each option is there."""
    calls = [
        shlex.split(line)[1:]
        for script in scripts()
        for line in script.splitlines()
        if line.startswith(".venv/bin/lookml-gen")
    ]
    assert 2 == len(calls)
    for name, *words in calls:
        context = cli.main.commands[name].make_context(name, words)
        assert {".md", ".json"} <= {path.suffix for path in context.params["files"]}


class Forge(BaseHTTPRequestHandler):
    """A forge that takes comments."""

    heard: list[tuple[str, str, str]]

    def do_POST(self) -> None:
        """Note it."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said = parse_qs(body)["body"][0]
        self.heard.append((self.path, self.headers["PRIVATE-TOKEN"], said))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example uses curl")
def test_the_comment_arrives(tmp_path: Path) -> None:
    """Whole, at the merge request, with the token of the environment."""
    (tmp_path / "review.md").write_text("a & b = 100 % `c`\n\n+ d\n")
    Forge.heard = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4",
        "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "2",
        "REVIEW_TOKEN": "a-token",
        "PATH": "/usr/bin:/bin",
        "NO_PROXY": "127.0.0.1",
    }
    (script,) = written("gitlab-ci.yml")["review"]["after_script"]
    subprocess.run(["bash", "-c", script], cwd=tmp_path, env=variables, check=True, timeout=60)
    server.shutdown()

    path = "/api/v4/projects/1/merge_requests/2/notes"
    assert [(path, "a-token", "a & b = 100 % `c`\n\n+ d\n")] == Forge.heard
