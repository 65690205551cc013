"""Settings of all tests, and what they share."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from generator.demo import write_demo

settings.register_profile(
    "reproducible",
    derandomize=True,  # the same examples each time: a failure is never a matter of luck
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("reproducible")

LONG = (
    *("test_faults", "test_opmon_etl", "test_bigquery_corpus", "test_etl_command", "test_etl"),
    *("test_metric_views", "test_dbt", "test_explain", "test_opmon_alerts_etl", "test_kills"),
    *("test_publish_flows", "test_opmon_example", "test_permutations", "test_corpus"),
    *("test_incremental", "test_classic_etl", "test_check_corpus", "test_review", "test_wheel"),
)
"""The files that take longest: they come first, so that no process waits for another's last one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, the others in the order in which they were found."""
    places = {f"{name}.py": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the cache of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _power() -> Iterator[None]:
    """No test loses power, so none waits for the disk: that is most of what small runs take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(os, "sync", lambda: None)
        yield


@pytest.fixture(scope="session")
def lantern_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the example warehouse, for all processes of this run. It is only read."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    file = folder / "shared" / "lantern-data.duckdb"
    file.parent.mkdir(exist_ok=True)
    with (folder / "shared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            write_demo(file)
    return file
