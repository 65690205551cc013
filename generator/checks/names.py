"""Nothing collides: names are unique in their view and in their namespace."""

from collections.abc import Iterator

from generator.checks.scope import Page, Scope, names_in
from generator.diagnostics import Diagnostic


def check_fields(scope: Scope) -> Iterator[Diagnostic]:
    """No view has two fields of one name."""
    for page in scope.pages.values():
        for view in page.document.views:
            seen: set[str] = set()
            for name in names_in(view):
                if name in seen:
                    yield page.says("duplicate-field", name=name, view=view.name)
                seen.add(name)


def check_objects(scope: Scope) -> Iterator[Diagnostic]:
    """No two views, explores or datagroups of a namespace have one name; the later file is at fault."""
    owners: dict[tuple[str, str], str] = {}
    for path, page in scope.pages.items():
        for what, name in _objects(page):
            other = owners.setdefault((what, name), path)
            if other != path:
                yield page.says("duplicate-object", what=what, name=name, other=other)


def _objects(page: Page) -> Iterator[tuple[str, str]]:
    document = page.document
    for item in (*document.views, *document.explores, *document.datagroups):
        yield item.keyword, item.name
