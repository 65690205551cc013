"""`ping_view`: a relation whose rows are pings, with the measures that pings have in common."""

from collections.abc import Iterator

from generator import lookml
from generator.artifact import Artifact
from generator.builders.fields import Fields, free_name
from generator.builders.views import build_files, fields_for
from generator.diagnostics import Diagnostic, diagnostic, fault, split
from generator.facts.conventions import Conventions
from generator.semantics.model import Request

_IDENTIFIERS = ("client_id", "client_info__client_id", "context_id")
_CHANNEL_COLUMN = "normalized_channel"


def build(request: Request, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The view of a ping, its explores and its datagroup.

    Where it has several channels, a filter on the channel column chooses among the rows.
    """
    fields, noticed = fields_for(request, conventions)
    yield from noticed
    filters, ineffective = split(_channel(request, fields))
    yield from ineffective
    view = lookml.View(
        request.name,
        sql_table_name=f"`{request.main}`",
        filters=filters,
    )
    yield from build_files(view, fields, _measures(request, fields), request, conventions)


def _measures(request: Request, fields: Fields) -> Iterator[lookml.Measure]:
    """Distinct clients, and pings where a document id tells them apart.

    Raises Fault if it cannot be told which identifier is the client's.
    """
    names = fields.names()
    identifiers = [name for name in _IDENTIFIERS if name in names]
    if len(identifiers) > 1:
        columns = ", ".join(f"`{name}`" for name in identifiers)
        spec = request.spec
        raise fault(
            "several-identifiers", spec.at, spec.subject, table=request.main, columns=columns
        )
    for name in identifiers:
        yield lookml.Measure(free_name("clients", names), type="count_distinct", sql=f"${{{name}}}")
    if "document_id" in names:
        yield lookml.Measure(free_name("ping_count", names), type="count")


def _channel(request: Request, fields: Fields) -> Iterator[lookml.Filter | Diagnostic]:
    """The choice of a channel, if there is one to make and a column to make it by."""
    channels = tuple(dict.fromkeys(c.name for c in request.channels if c.name))
    if len(channels) > 1 and _CHANNEL_COLUMN not in fields.names():
        values = {"view": request.name, "table": request.main, "column": _CHANNEL_COLUMN}
        yield diagnostic("ineffective-channels", request.at, request.subject, **values)
    elif len(channels) > 1:
        yield lookml.Filter(
            name=free_name("channel", fields.names()),
            type="string",
            description="Filter by the app's channel",
            sql=f"{{% condition %}} ${{TABLE}}.{_CHANNEL_COLUMN} {{% endcondition %}}",
            default_value=channels[0],
            suggestions=channels,
        )
