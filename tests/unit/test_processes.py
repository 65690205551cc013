"""Processes that we send: what they made comes back, and they do not outlive us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generator.processes import AVAILABLE, Errand, cores

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="there is no safe fork here")

_SENDER = """
import os, sys, time
from pathlib import Path
from generator.processes import Errand
def work():
    Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(60)
Errand.of(work)
time.sleep(60)
"""


def test_what_was_made_comes_back() -> None:
    """From another process, and as often as it is asked for, however large it is."""
    errand = Errand.of(lambda: (os.getpid(), "x" * 10**6))

    assert (errand.pid, "x" * 10**6) == errand.result() == errand.result()
    assert errand.pid != os.getpid()


def test_a_process_that_fails_tells_nothing() -> None:
    """Neither what it made before, nor why."""
    assert Errand.of(lambda: 1 // 0).result() is None


def test_a_process_that_is_abandoned_is_gone() -> None:
    """At once, and abandoning it again does no harm."""
    errand = Errand.of(lambda: time.sleep(60))
    errand.abandon()
    errand.abandon()

    with pytest.raises(ProcessLookupError):
        os.kill(errand.pid, 0)


def test_a_process_dies_with_us(tmp_path: Path) -> None:
    """Killed, we cannot tell it; so the system does."""
    place = tmp_path / "pid"
    sender = subprocess.Popen([sys.executable, "-c", _SENDER, str(place)])
    while not place.exists() or not place.read_text():
        time.sleep(0.01)
    sent = int(place.read_text())
    sender.send_signal(signal.SIGKILL)
    sender.wait()

    assert _ends(sent)


def _ends(pid: int) -> bool:
    """Whether a process ends within seconds; one that nobody waits for is over, too."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.01)
    return False


def test_there_is_a_core() -> None:
    """We run on it."""
    assert cores() >= 1
