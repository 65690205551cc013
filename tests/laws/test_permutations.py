"""The example with all its inputs in another order, and another hash seed: the same bytes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROWS = [
    {
        "slug": f"row-{number}",
        "name": f"Row {number}",
        "xaxis": "submission_date",
        "branches": ["active"],
        "dimensions": ["os", "country"],
        "summaries": [
            {"metric": "crashes", "statistic": "sum", "metric_groups": []},
            {"metric": "searches", "statistic": "mean", "metric_groups": ["use"]},
        ],
        "start_date": "2026-06-01",
        "end_date": None,
        "group_by_dimension": None,
        "alerting": number % 2 == 0,
        "compact_visualization": False,
    }
    for number in range(5)
]
TEXTS = ("branch", "metric", "statistic")
SETTINGS = """[tool.lookml-gen]
descriptions = "columns.yaml"
metric-hub = ["metric-hub"]
monitoring-platforms = "platforms.toml"
experiments = "experiments.json"
opmon-projects = "projects.json"
monitoring-project = "lantern-data"
warehouse = ["snapshot:tables.jsonl"]
"""


def statistics(number: int) -> dict[str, Any]:
    """The statistics of a row as a snapshot has them; half of the values are as common."""
    values = [[f"{letter}{number}", 5 if letter < "d" else 3] for letter in "abcdefghijkl"]
    dimensions = [
        {"name": name, "type": "STRING", "top_values": values} for name in ("os", "country")
    ]
    numbers = [{"name": name, "type": "FLOAT64"} for name in ("point", "lower", "upper")]
    return {
        "table": f"lantern-data.operational_monitoring.row_{number}_statistics",
        "kind": "VIEW",
        "fields": [
            {"name": "submission_date", "type": "DATE"},
            *({"name": name, "type": "STRING"} for name in TEXTS),
            {"name": "parameter", "type": "FLOAT64"},
            *numbers,
            *dimensions,
        ],
    }


@pytest.fixture(scope="module")
def lines(lantern_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The catalog of the example, and the statistics of the rows."""
    folder = tmp_path_factory.mktemp("catalog")
    command = ("-m", "generator", "snapshot", str(folder / "tables.jsonl"), "--quiet")
    given = ("--warehouse", f"duckdb:{lantern_data}", "--fail-on", "never")
    subprocess.run([sys.executable, *command, *given], check=True, cwd=ROOT, capture_output=True)
    recorded = (folder / "tables.jsonl").read_text().splitlines()
    return [*recorded, *(json.dumps(statistics(number)) for number in range(len(ROWS)))]


def shuffled(value: Any, random: Random) -> Any:
    """The same with the keys of each map in another order; what is a list keeps its own."""
    if not isinstance(value, Mapping):
        return [shuffled(item, random) for item in value] if isinstance(value, list) else value
    return {key: shuffled(value[key], random) for key in random.sample(list(value), len(value))}


def lay(folder: Path, lines: list[str], random: Random) -> None:
    """The inputs in some order, their files made in some order."""
    files = [path for path in (ROOT / "examples" / "metric-hub").rglob("*") if path.is_file()]
    for path in random.sample(sorted(files), len(files)):
        target = folder / path.relative_to(ROOT / "examples")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for name in ("platforms.toml", "columns.yaml"):
        shutil.copy(ROOT / "examples" / name, folder / name)
    namespaces = yaml.safe_load((ROOT / "namespaces.yaml").read_text())
    experiments = json.loads((ROOT / "examples" / "experiments.json").read_text())
    texts = {
        "pyproject.toml": SETTINGS,
        "namespaces.yaml": yaml.safe_dump(shuffled(namespaces, random), sort_keys=False),
        "experiments.json": json.dumps(random.sample(experiments, len(experiments))),
        "projects.json": json.dumps(shuffled(random.sample(ROWS, len(ROWS)), random)),
        "tables.jsonl": "\n".join(random.sample(lines, len(lines))),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)


def digests(folder: Path, seed: int) -> dict[str, str]:
    """What a run makes of the inputs: the digest of each file of both projects."""
    subprocess.run(
        [sys.executable, "-m", "generator", "generate", "--quiet", "--fail-on", "never"],
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    made = sorted((folder / "output").glob("[ld]*/**/*"))
    assert any("row_3.dashboard" in path.name for path in made)
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in made
        if path.is_file()
    }


def test_ten_permutations(tmp_path: Path, lines: list[str]) -> None:
    """Files, entries, rows, tables and the hash seed in ten orders, and not a byte differs."""

    def run(seed: int) -> dict[str, str]:
        folder = tmp_path / str(seed)
        folder.mkdir()
        lay(folder, lines, Random(seed))  # noqa: S311 - it only orders
        return digests(folder, seed)

    with ThreadPoolExecutor(2) as pool:
        first, *others = pool.map(run, range(11))

    for other in others:
        assert first == other
