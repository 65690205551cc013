"""The example of docs/metrics.md is true: its files give the measures that the page names."""

import re
from pathlib import Path

from generator.lookml import Document
from generator.metrics import load, metrics_sql
from generator.pipeline import generate
from tests import fakes

PAGE = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text(encoding="utf-8")
_FILE = re.compile(r"```toml\n# (\S+)\n(.*?)```", re.DOTALL)
_LIST = re.compile(r"```text\n(.*?)```", re.DOTALL)

CATALOG = """
acme.shop.orders_daily:
  columns:
    client_id: STRING
    submission_date: DATE
    country: STRING
    orders: INT64
    returned: INT64
"""


def hub(folder: Path) -> Path:
    """The files of the page, in a folder."""
    for name, text in _FILE.findall(PAGE):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    return folder


def test_the_example_gives_its_measures(tmp_path: Path) -> None:
    """The view has the measures that the page lists, and nothing is wrong with it."""
    hub(tmp_path / "metric-hub")
    (tmp_path / "catalog.yaml").write_text(CATALOG)
    (tmp_path / "namespaces.yaml").write_text("shop: {pretty_name: Shop}\n")

    built = generate(fakes.folder(tmp_path))

    view = built.tree.artifacts["shop/views/metric_definitions_orders_daily.view.lkml"].content
    assert isinstance(view, Document)
    visible = [measure.name for measure in view.views[0].measures if not measure.hidden]
    assert sorted(_LIST.findall(PAGE)[0].split()) == sorted(visible)


def test_the_example_is_sql(tmp_path: Path) -> None:
    """The call of the page works on its files."""
    found = load(hub(tmp_path / "metric-hub"), tool="looker")

    assert "SUM(orders) AS orders" in metrics_sql(found, ["orders"], "shop", group_by=["country"])


def test_only_one_platform(tmp_path: Path) -> None:
    """A platform may be the only one that is wanted, though no namespaces file names it."""
    hub(tmp_path / "metric-hub")
    (tmp_path / "catalog.yaml").write_text(CATALOG)
    (tmp_path / "namespaces.yaml").write_text("other: {pretty_name: Other}\n")
    outside = fakes.folder(tmp_path)

    shop, other = generate(outside, ["shop"]), generate(outside, ["other"])

    assert "shop/views/metric_definitions_orders_daily.view.lkml" in shop.tree
    assert {} == dict(other.tree)
    assert not any(item.code == "unknown-namespace" for item in shop.diagnostics)
