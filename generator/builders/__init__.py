"""Builders: a request becomes artifacts. Pure; one module per view kind, all listed here."""

from collections.abc import Callable, Iterator, Mapping

from generator.artifact import Artifact
from generator.builders import explores, ping, table
from generator.diagnostics import Diagnostic, Fault, diagnostic
from generator.facts.conventions import Conventions
from generator.lookml import Document
from generator.semantics.model import Namespace, Request

Builder = Callable[[Request, Conventions], Iterator[Artifact | Diagnostic]]

BUILDERS: Mapping[str, Builder] = {
    "table_view": table.build,
    "ping_view": ping.build,
}
"""Kind of view → the function that yields all its artifacts."""

KINDS = frozenset(BUILDERS) | explores.KINDS
"""The kinds of view and explore that can be asked for."""


def build(namespace: Namespace, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The artifacts of a namespace, and what could not be built.

    A request that fails, or whose views have the name of another's, costs itself only.
    """
    owners: dict[str, str] = {}
    made: dict[str, Artifact] = {}
    for request in namespace.requests:
        try:
            items = list(BUILDERS[request.spec.kind](request, conventions))
        except Fault as stopped:
            yield stopped.diagnostic
            yield from _left_out(request)
            continue
        views = sorted(_views(items))
        taken = next((view for view in views if view in owners), None)
        if taken is not None:
            at, subject = request.spec.at, request.spec.subject
            yield diagnostic("taken-view", at, subject, view=taken, other=owners[taken])
            yield from _left_out(request)
            continue
        owners.update(dict.fromkeys(views, request.spec.subject))
        for item in items:
            if isinstance(item, Diagnostic) or made.setdefault(item.path, item) is item:
                yield item


def _views(items: list[Artifact | Diagnostic]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Artifact) and isinstance(item.content, Document):
            yield from (view.name for view in item.content.views)


def _left_out(request: Request) -> Iterator[Diagnostic]:
    """The explores over a view that was not built."""
    for explore in request.explores:
        yield diagnostic("view-left-out", explore.at, explore.subject, view=request.name)
