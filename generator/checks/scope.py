"""The scope of a namespace: who defines which view, field and datagroup, and who sees them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator import lookml
from generator.artifact import Artifact, by_path
from generator.diagnostics import Diagnostic, diagnostic
from generator.lookml import Document


@dataclass(frozen=True, slots=True)
class Page:
    """A LookML file of the namespace."""

    artifact: Artifact
    document: Document

    def says(self, code: str, **values: object) -> Diagnostic:
        """A finding in this file; its place is the entry that asked for it."""
        artifact = self.artifact
        return diagnostic(code, artifact.at, artifact.subject, path=artifact.path, **values)


@dataclass(frozen=True, slots=True)
class Scope:
    """The LookML files of a namespace by path, and the names of the fields of each view."""

    pages: Mapping[str, Page]
    fields: Mapping[str, frozenset[str]]

    def visible(self, page: Page) -> Iterator[Page]:
        """The file itself and those it includes."""
        yield page
        for target in page.document.includes:
            found = self.pages.get(target.removeprefix("/"))
            if found is not None:
                yield found

    def views(self, page: Page) -> dict[str, lookml.View]:
        """The views that a file sees, by name."""
        return {view.name: view for seen in self.visible(page) for view in seen.document.views}


def scope_of(artifacts: Iterable[Artifact]) -> Scope:
    """The scope of the artifacts of one namespace."""
    pages = {
        path: Page(artifact, artifact.content)
        for path, artifact in by_path(artifacts).items()
        if isinstance(artifact.content, Document)
    }
    views = [view for page in pages.values() for view in page.document.views]
    return Scope(pages, {view.name: frozenset(view.names()) for view in views})
