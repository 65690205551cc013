"""What the outside says: frozen data, and nothing that concludes anything.

Readers in `sources` make these; `semantics` draws the conclusions.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from generator.facts.conventions import Conventions
from generator.facts.metric_hub import Collection
from generator.facts.monitoring import Monitoring
from generator.facts.namespaces import Exclusion, NamespaceSpec


class Facts(Struct, frozen=True):
    """Everything that people declare; `dictionary` describes columns by name or dotted path."""

    namespaces: tuple[NamespaceSpec, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    dictionary: Mapping[str, str] = field(default_factory=dict)
    conventions: Conventions = field(default_factory=Conventions)
    definitions: tuple[Collection, ...] = ()
    monitoring: Monitoring = field(default_factory=Monitoring)
