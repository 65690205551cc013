"""Nothing collides: names are unique in their view and in their namespace."""

from collections.abc import Iterator

from generator import lookml
from generator.checks.scope import Page, Scope
from generator.diagnostics import Diagnostic, Location


def check_fields(scope: Scope) -> Iterator[Diagnostic]:
    """No view has two fields of one name."""
    for page in scope.pages.values():
        for view in page.document.views:
            seen: set[str] = set()
            for name in view.names():
                if name in seen:
                    at = page.place(view.name, name)
                    yield page.says("duplicate-field", at, name=name, view=view.name)
                seen.add(name)


def check_objects(scope: Scope) -> Iterator[Diagnostic]:
    """No two views, explores or datagroups of a namespace have one name; the later is at fault."""
    owners: dict[tuple[str, str], str] = {}
    for path, page in scope.pages.items():
        for item in page.document.objects:
            if item.name.startswith("+"):
                continue  # a refinement adds to what another defines
            other = owners.get((item.keyword, item.name))
            owners.setdefault((item.keyword, item.name), path)
            if other is not None:
                what, at = item.keyword, _place(page, item)
                yield page.says("duplicate-object", at, what=what, name=item.name, other=other)


def _place(page: Page, item: lookml.View | lookml.Explore | lookml.Datagroup) -> Location | None:
    return page.place_of(item) if isinstance(item, lookml.Explore) else page.place(item.name)
