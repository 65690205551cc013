"""Our metric views beside the published ones: what differs is listed here, and nothing else does.

docs/decisions/0012-metric-views.md says why.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.test_corpus import CORPUS, SHARED, run

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout"),
]

KINDS = ("metric_definitions_view", "metric_definitions_explore")
# the published views have no percentiles
SETTINGS = "[tool.lookml-gen]\nhistogram-percentiles = []\n"
EVERYWHERE = {
    "missing parameter:date_groupby_position",  # windows order by an aggregate
    "extra measure:window_order",
    "extra measure:window_partition",
}
UNJOINED = "the client id is `NULL`, so nothing is joined; the published fields have no column"
DEFECTS: Mapping[str, tuple[str, str, int]] = {
    "fenix.fenix_active_users_aggregates_view": (UNJOINED, r"dimension(_group)?:", 53),
    "fenix.fenix_engagement_view": (UNJOINED, r"dimension(_group)?:", 54),
    "firefox_desktop.desktop_engagement_view": (UNJOINED, r"dimension:", 6),
    "firefox_desktop.desktop_retention_view": (UNJOINED, r"dimension:", 6),
    "firefox_desktop.firefox_desktop_active_users_aggregates_view": (UNJOINED, r"dimension:", 5),
    "firefox_desktop.newtab_clients_daily": (
        (
            "the join with countries reads `country_code`, which is no column, and is left out; the"
            " measures are of newtab_clients_daily_aggregates: its metrics are called like columns"
        ),
        r"dimension:|measure:\w+_(sum|ratio|\d+_day\w*)$",
        51,
    ),
}
"""Why a published view has more, what that is, and how much; its own faults all of them."""
_CASE = re.compile(r"^(\w+)/(?:views|explores)/metric_definitions_(\w+)  \[(\w+)\]$")
_ITEM = re.compile(r"^  (missing|extra) item: \w+:\w+/(.*)$")


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what the comparison says, as JSON and as text."""
    output = tmp_path_factory.mktemp("metrics")
    config = output / "settings.toml"
    config.write_text(SETTINGS)
    run(output, "--metric-hub", str(CORPUS / "metric-hub"), "--config", str(config))
    command = (
        *(sys.executable, str(SHARED / "tools" / "parity.py")),
        *("--expected", str(CORPUS / "expected"), "--actual", str(output / "lookml")),
        *("--json", str(output / "scores.json"), "--diff", "--kind", *KINDS),
    )
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (output / "diff.txt").write_text(done.stdout)
    return output


def differing(scores: Path) -> dict[str, set[str]]:
    """The items that one side lacks, by view."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in (scores / "diff.txt").read_text().splitlines():
        case, item = _CASE.match(line), _ITEM.match(line)
        if case:
            name = f"{case[1]}.{case[2]}"
        elif item:
            found.setdefault(name, set()).add(f"{item[1]} {item[2]}")
    return found


def test_every_explore_and_view_is_there(scores: Path) -> None:
    """Explores are all alike by name; views but for what is listed."""
    cases = json.loads((scores / "scores.json").read_text())["cases"]
    f1 = {(c["kind"], c["id"].replace("/views/metric_definitions_", ".")): c["f1"] for c in cases}
    views = [f1[key] for key in f1 if key[0] == KINDS[0] and key[1] not in DEFECTS]
    explores = [f1[key] for key in f1 if key[0] == KINDS[1]]

    assert (42, 1.0) == (len(explores), min(explores))
    assert all(case["found"] for case in cases)
    assert len(views) == 34 - len(DEFECTS)
    assert sum(views) / len(views) >= 0.97
    assert min(views) >= 0.96


def test_nothing_else_differs(scores: Path) -> None:
    """No field is missing or more than listed: neither a metric, nor a statistic, nor a column."""
    rest = {name: items - EVERYWHERE for name, items in differing(scores).items()}

    assert DEFECTS.keys() == {name for name, items in rest.items() if items}
    for name, (why, pattern, count) in DEFECTS.items():
        unlike = [item for item in rest[name] if not re.match(f"missing (?:{pattern})", item)]
        assert [] == unlike, why
        assert count == len(rest[name]), why
