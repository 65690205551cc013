"""The real inputs beside the checkout; tests of them are skipped where they are not."""

from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


@pytest.fixture(scope="session")
def metric_hub() -> Path:
    """The folder of a real metric-hub."""
    folder = CORPUS / "metric-hub"
    if not folder.is_dir():
        pytest.skip("there is no corpus beside the checkout")
    return folder
