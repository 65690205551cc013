"""The scope of a namespace: who defines which view, field and datagroup, and who sees them."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact, by_path
from generator.checks.inheritance import whole_views
from generator.checks.knowledge import Knowledge, Places
from generator.checks.look import Look, look_at
from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.facts.conventions import Conventions
from generator.lookml import Document
from generator.lookml.dashboards import Dashboard
from generator.lookml.queries import Fields, fields_of

Views = Mapping[str, lookml.View]
"""Views by the name under which they are seen."""


def _says(
    artifact: Artifact, code: str, at: Location | None, values: Mapping[str, object]
) -> Diagnostic:
    """A finding in a file; its place is the entry that asked for it."""
    return diagnostic(code, at or artifact.at, artifact.subject, path=artifact.path, **values)


def explore_key(name: str) -> str:
    """By what places know an explore: a view may have its name."""
    return f"explore {name}"


class Page(Struct, frozen=True):
    """A LookML file of the namespace."""

    artifact: Artifact
    document: Document
    places: Places = field(default_factory=dict)
    _looks: list[Look] = field(default_factory=list)

    @property
    def looks(self) -> Iterable[Look]:
        """Its views, each looked at once for all rules."""
        if not self._looks:
            self._looks.extend(map(look_at, self.document.views))
        return self._looks

    def says(self, code: str, at: Location | None = None, **values: object) -> Diagnostic:
        """A finding in this file."""
        return _says(self.artifact, code, at, values)

    def place(self, owner: str, name: str = "") -> Location | None:
        """Where a field, or else its view, has a line of its own."""
        return self.places.get((owner, name)) or self.places.get((owner, ""))

    def place_of(self, explore: lookml.Explore) -> Location | None:
        """Where an explore has a line of its own."""
        return self.places.get((explore_key(explore.name), ""))


class Board(Struct, frozen=True):
    """A dashboard of the namespace."""

    artifact: Artifact
    dashboard: Dashboard

    def says(self, code: str, **values: object) -> Diagnostic:
        """A finding in this dashboard."""
        return _says(self.artifact, code, None, values)


class Asked(Struct, frozen=True):
    """An explore that dashboards ask, or that has aggregate tables, with its fields."""

    page: Page
    explore: lookml.Explore
    fields: Fields


class Scope(Struct, frozen=True):
    """The LookML files of a namespace by path, the views that each sees, and the dashboards.

    A view has its fields and those of the views that it extends. `sight` has the files that each
    file sees, itself among them.
    """

    pages: Mapping[str, Page]
    seen: Mapping[str, Views]
    fields: Mapping[str, frozenset[str]]
    sight: Mapping[str, tuple[str, ...]]
    boards: tuple[Board, ...] = ()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    conventions: Conventions = field(default_factory=Conventions)
    knowledge: Knowledge = field(default_factory=Knowledge)

    def visible(self, page: Page) -> Iterator[Page]:
        """The file itself and those it includes."""
        return (self.pages[path] for path in self.sight[page.artifact.path])

    def views(self, page: Page) -> Views:
        """The views that a file sees, by name; explores may call them otherwise."""
        return self.seen[page.artifact.path]

    @property
    def explores(self) -> Iterator[tuple[Page, lookml.Explore]]:
        """All explores with their files."""
        return ((page, each) for page in self.pages.values() for each in page.document.explores)


Sight = Mapping[str, tuple[str, ...]]
"""Path of a file → paths of those that it sees."""


def scope_of(
    artifacts: Iterable[Artifact],
    conventions: Conventions,
    knowledge: Knowledge | None = None,
    sight: Sight | None = None,
) -> Scope:
    """The scope of the artifacts of one namespace; a file sees what it includes, unless said."""
    known = knowledge or Knowledge()
    pages: dict[str, Page] = {}
    boards: list[Board] = []
    for path, artifact in by_path(artifacts).items():
        match artifact.content:
            case Document() as document:
                pages[path] = Page(artifact, document, known.places)
            case Dashboard() as dashboard:
                boards.append(Board(artifact, dashboard))
            case _:
                pass
    sees = sight or {path: tuple(_included(page, pages)) for path, page in pages.items()}
    views = whole_views(view for page in pages.values() for view in page.document.views)
    fields = {name: frozenset(view.names()) for name, view in views.items()}
    seen = {path: _seen(sees[path], pages, views) for path in pages}
    asked = {found.explore.name: found for found in _asked(pages, seen, boards)}
    return Scope(pages, seen, fields, sees, tuple(boards), asked, conventions, known)


def _included(page: Page, pages: Mapping[str, Page]) -> Iterator[str]:
    yield page.artifact.path
    for target in page.document.includes:
        path = target.removeprefix("/")
        if path in pages:
            yield path


def _seen(paths: Iterable[str], pages: Mapping[str, Page], views: Views) -> Views:
    """The views of files, and what their explores call them."""
    documents = [pages[path].document for path in paths]
    found = {view.name: views[view.name] for each in documents for view in each.views}
    for explore in (explore for each in documents for explore in each.explores):
        for alias, name in _aliases(explore):
            if name in found and alias not in found:
                found[alias] = replace(found[name], name=alias)
    return found


def _aliases(explore: lookml.Explore) -> Iterator[tuple[str, str]]:
    if explore.from_view:
        yield explore.view_name or explore.name, explore.from_view
    for join in explore.joins:
        if join.from_view:
            yield join.name, join.from_view


def _asked(
    pages: Mapping[str, Page], seen: Mapping[str, Views], boards: Iterable[Board]
) -> Iterator[Asked]:
    named = {item.explore for board in boards for item in board.dashboard.elements}
    named |= {item.explore or "" for board in boards for item in board.dashboard.filters}
    for path, page in pages.items():
        for explore in page.document.explores:
            if explore.name in named or explore.aggregate_tables:
                yield Asked(page, explore, fields_of(explore, seen[path]))
