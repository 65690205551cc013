"""`table_view`: a relation as it is."""

from collections.abc import Iterator

from generator import lookml
from generator.artifact import Artifact
from generator.builders.fields import Fields, free_name
from generator.builders.views import build_files, fields_for
from generator.diagnostics import Diagnostic
from generator.facts.conventions import Conventions
from generator.names import title
from generator.semantics.model import Request


def build(request: Request, conventions: Conventions) -> Iterator[Artifact | Diagnostic]:
    """The view of a relation, its explores and its datagroup.

    Where it has several channels, the reader of a dashboard chooses the relation by a parameter.
    """
    fields, noticed = fields_for(request, conventions)
    yield from noticed
    parameters = tuple(_channel(request, fields, conventions))
    table = f"{{% parameter {parameters[0].name} %}}" if parameters else request.main
    view = lookml.View(request.name, sql_table_name=f"`{table}`", parameters=parameters)
    yield from build_files(view, fields, (), request, conventions)


def _channel(
    request: Request, fields: Fields, conventions: Conventions
) -> Iterator[lookml.Parameter]:
    """The choice of a channel, if there is one to make."""
    if len(request.channels) > 1:
        yield lookml.Parameter(
            name=free_name("channel", fields.names()),
            type="unquoted",
            default_value=str(request.main),
            allowed_values=tuple(
                lookml.AllowedValue(
                    label=title(channel.name or channel.relation.dataset, conventions.acronyms),
                    value=str(channel.relation),
                )
                for channel in request.channels
            ),
        )
