"""The scope of a namespace: who defines which view, field and datagroup, and who sees them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from generator import lookml
from generator.artifact import Artifact, by_path
from generator.diagnostics import Diagnostic, diagnostic
from generator.facts.conventions import Conventions
from generator.lookml import Document
from generator.lookml.dashboards import Dashboard
from generator.lookml.queries import Fields, fields_of


def _says(artifact: Artifact, code: str, values: Mapping[str, object]) -> Diagnostic:
    """A finding in a file; its place is the entry that asked for it."""
    return diagnostic(code, artifact.at, artifact.subject, path=artifact.path, **values)


@dataclass(frozen=True, slots=True)
class Page:
    """A LookML file of the namespace."""

    artifact: Artifact
    document: Document

    def says(self, code: str, **values: object) -> Diagnostic:
        """A finding in this file."""
        return _says(self.artifact, code, values)


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard of the namespace."""

    artifact: Artifact
    dashboard: Dashboard

    def says(self, code: str, **values: object) -> Diagnostic:
        """A finding in this dashboard."""
        return _says(self.artifact, code, values)


@dataclass(frozen=True, slots=True)
class Asked:
    """An explore that dashboards ask, or that has aggregate tables, with its fields."""

    page: Page
    explore: lookml.Explore
    fields: Fields


@dataclass(frozen=True, slots=True)
class Scope:
    """The LookML files of a namespace by path, the fields of each view, and the dashboards."""

    pages: Mapping[str, Page]
    fields: Mapping[str, frozenset[str]]
    boards: tuple[Board, ...] = ()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    conventions: Conventions = field(default_factory=Conventions)

    def visible(self, page: Page) -> Iterator[Page]:
        """The file itself and those it includes."""
        return _visible(page, self.pages)

    def views(self, page: Page) -> dict[str, lookml.View]:
        """The views that a file sees, by name."""
        return _views(page, self.pages)


def scope_of(artifacts: Iterable[Artifact], conventions: Conventions) -> Scope:
    """The scope of the artifacts of one namespace."""
    pages: dict[str, Page] = {}
    boards: list[Board] = []
    for path, artifact in by_path(artifacts).items():
        match artifact.content:
            case Document() as document:
                pages[path] = Page(artifact, document)
            case Dashboard() as dashboard:
                boards.append(Board(artifact, dashboard))
            case _:
                pass
    views = [view for page in pages.values() for view in page.document.views]
    fields = {view.name: frozenset(view.names()) for view in views}
    asked = {found.explore.name: found for found in _asked(pages, boards)}
    return Scope(pages, fields, tuple(boards), asked, conventions)


def _asked(pages: Mapping[str, Page], boards: Iterable[Board]) -> Iterator[Asked]:
    named = {item.explore for board in boards for item in board.dashboard.elements}
    named |= {item.explore or "" for board in boards for item in board.dashboard.filters}
    for page in pages.values():
        for explore in page.document.explores:
            if explore.name in named or explore.aggregate_tables:
                yield Asked(page, explore, fields_of(explore, _views(page, pages)))


def _visible(page: Page, pages: Mapping[str, Page]) -> Iterator[Page]:
    yield page
    for target in page.document.includes:
        found = pages.get(target.removeprefix("/"))
        if found is not None:
            yield found


def _views(page: Page, pages: Mapping[str, Page]) -> dict[str, lookml.View]:
    return {view.name: view for seen in _visible(page, pages) for view in seen.document.views}
