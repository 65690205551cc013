"""Every finding of `check` on real input is one that docs/corpus-findings.md explains."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.corpus.conftest import CORPUS

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout"),
]
ROOT = Path(__file__).parents[2]
SNAPSHOTS = ("opmon/statistics", "schemas/tables", "schemas/tables_derived")
_ROW = re.compile(r"^\| `([a-z-]+)` \| (\w+) \| (\d+) \|", re.MULTILINE)


def explained() -> dict[tuple[str, str], int]:
    """Code, severity and count of each row of the page."""
    text = (ROOT / "docs" / "corpus-findings.md").read_text(encoding="utf-8")
    return {(code, severity): int(count) for code, severity, count in _ROW.findall(text)}


def test_findings_are_explained(tmp_path: Path) -> None:
    """As many of each code as the page says, and none of another."""
    warehouses = [f"snapshot:{CORPUS / name}.jsonl.gz" for name in SNAPSHOTS]
    settings = {
        "namespaces": str(CORPUS / "namespaces.yaml"),
        "warehouse": warehouses,
        "metric-hub": [str(CORPUS / "metric-hub")],
        "opmon-projects": str(CORPUS / "opmon" / "projects.json"),
        "monitoring-project": "moz-fx-data-shared-prod",
        "output": str(tmp_path / "output"),
    }
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    config = tmp_path / "settings.toml"
    config.write_text(f"[tool.lookml-gen]\n{lines}", encoding="utf-8")
    command = (sys.executable, "-m", "generator", "check", "--config", str(config))
    run = subprocess.run(
        (*command, "--format", "json"), check=False, capture_output=True, text=True, cwd=ROOT
    )
    found = Counter((item["code"], item["severity"]) for item in json.loads(run.stdout)["findings"])

    assert explained() == found
