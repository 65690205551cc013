"""What is printed reads back as what was meant."""

from hypothesis import given

from generator import lookml
from generator.artifact import Artifact
from generator.emit import emit
from generator.lookml.dashboards import Dashboard
from generator.lookml.syntax import escape, print_document, unescape
from tests.reading import read_dashboard, read_document
from tests.strategies import dashboards, objects, prose


@given(objects(lookml.Document))
def test_objects_survive(document: lookml.Document) -> None:
    """Every parameter of every object comes back from the `lkml` reader as it was."""
    assert document == read_document(print_document(document, 'A header; with ;; { and " in it'))


@given(dashboards)
def test_dashboards_survive(dashboard: Dashboard) -> None:
    """Any title, option, filter and key comes back from the YAML reader as it was."""
    assert dashboard == read_dashboard(emit(Artifact("d", dashboard, "dashboard", "d")))


@given(prose)
def test_escape(text: str) -> None:
    """Nothing is lost between quotes, and no quote ends them early."""
    escaped = escape(text)

    assert text == unescape(escaped)
    assert '"' not in escaped.replace("\\\\", "").replace('\\"', "")
