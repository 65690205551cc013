"""Neither hash seed nor time zone nor language of the machine moves a byte."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent.parent / "cases"
PROGRAM = """
import sys
from pathlib import Path
from generator.pipeline import generate
from tests import fakes

for case in sorted(Path(sys.argv[1]).glob("*/*/namespaces.yaml")):
    build = generate(fakes.folder(case.parent))
    for path, text in build.tree.items():
        sys.stdout.buffer.write(f"{path}\\n{text}".encode())
    for found in build.diagnostics:
        sys.stdout.buffer.write(f"{found}\\n".encode())
"""


def output(**environment: str) -> bytes:
    """All that the cases give and say, in a process of its own."""
    place = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(CASES)],
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": place, **environment},
    ).stdout


@pytest.fixture(scope="module")
def usual() -> bytes:
    """The output where nothing is special."""
    return output(PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C.UTF-8")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"},
        {"PYTHONHASHSEED": "1", "TZ": "America/New_York", "LC_ALL": "C", "PYTHONUTF8": "0"},
    ],
    ids=["turkish", "ascii"],
)
def test_environment(usual: bytes, environment: dict[str, str]) -> None:
    """All cases give the same bytes and say the same, in the same order."""
    assert usual
    assert usual == output(**environment)
