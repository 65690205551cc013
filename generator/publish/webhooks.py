"""Deploy webhooks: Looker takes a project to production.

https://cloud.google.com/looker/docs/webhook-deploy-secret
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct

from generator.diagnostics import fault
from generator.publish.secrets import secret_of
from generator.publish.web import Service, ask, malformed

HEADER = "X-Looker-Deploy-Secret"


class Webhook(Struct, frozen=True):
    """The deploy webhook of one project."""

    project: str
    service: Service

    def call(self) -> None:
        """Looker deploys what the production branch of the project holds. Raises Fault."""
        path = f"/webhooks/projects/{quote(self.project, safe='')}/deploy"
        answer = ask(self.service, "POST", path)
        if answer.lstrip().startswith("<"):  # a page to log in, say
            raise malformed(self.service, answer)
        failed = _failed(answer)
        if failed is not None:
            reason = self.service.said(failed)
            raise fault("refused-request", service=self.service.name, path=path, reason=reason)


def webhook_of(
    project: str, looker: str, variable: str, timeout: float, environment: Mapping[str, str]
) -> Webhook:
    """The webhook of a project. Each project of Looker has a secret of its own, or all have one.

    Raises Fault if there is no secret for it.
    """
    base = looker.rstrip("/")
    name = f"Looker at {base.partition('://')[2].partition('/')[0]}"
    own = f"{variable}_{re.sub(r'[^A-Z0-9]', '_', project.upper())}"
    secret = secret_of("webhook secret", name, (own, variable), environment)
    return Webhook(project, Service(name, base, {HEADER: secret.text}, secret, timeout))


def _failed(answer: str) -> str | None:
    """What went wrong though Looker answered well: each operation says so for itself."""
    try:
        operations = json.loads(answer)["operations"]
        failed = [step for step in operations if step.get("error")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return "; ".join(str(step.get("results") or step) for step in failed) if failed else None
