"""Publishing as the settings say: the hub first, then what follows from it, step by step."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from generator.address import is_path
from generator.artifact import Manifest
from generator.diagnostics import Diagnostic, Location, Severity, diagnostic, fault
from generator.listing import LISTING
from generator.publish import git
from generator.publish.branches import Branch, follow, read_branches, reset
from generator.publish.disk import ids_of, read_manifest
from generator.publish.forge import Forge, Proposal, Told, forge_of
from generator.publish.git import Change, Offer, Published
from generator.publish.propose import Asking, propose, working_branch
from generator.publish.repository import Repository
from generator.publish.spokes import SpokePlan, read_hub, serve
from generator.publish.steps import Step, take
from generator.publish.tree import Fate, Terms
from generator.publish.trouble import used
from generator.publish.webhooks import Webhook, webhook_of
from generator.review.markdown import as_markdown
from generator.review.reviewed import review
from generator.review.trees import is_lookml
from generator.run import Outcome, target_of
from generator.settings import Settings
from generator.stages import Stages
from generator.state import read_made


class Plan(Struct, frozen=True):
    """How to publish, and all that is needed for it and can be known before anything is done."""

    push: bool = False
    ask: bool = False
    dev_branches: tuple[Branch, ...] = ()
    spokes: tuple[SpokePlan, ...] = ()
    webhooks: tuple[Webhook, ...] = ()


def plan_of(settings: Settings, *, push: bool, ask: bool) -> Plan:
    """The plan of the settings: to push, or to ask people with a pull request.

    What is only proposed is not published, so that nothing follows from it.
    Raises Fault if a token, a secret or a file is missing.
    """
    if ask:
        _forge_before(settings, settings.repository)
        return Plan(ask=True)
    if not push:
        return Plan()
    spokes = tuple(_spoke(settings, name) for name in sorted(settings.spoke_repository))
    for spoke in spokes:
        _forge_before(settings, spoke.address)
    return Plan(
        push=True,
        dev_branches=_dev_branches(settings),
        spokes=spokes,
        webhooks=tuple(_webhooks(settings)),
    )


def _dev_branches(settings: Settings) -> tuple[Branch, ...]:
    if not (settings.dev_branches and settings.reset_dev_branches):
        return ()
    named = (settings.publish_branch, settings.source_branch, settings.follow_up_branch, "main")
    return read_branches(Path(settings.dev_branches), named)


def _webhooks(settings: Settings) -> Iterator[Webhook]:
    if settings.looker is None:
        return
    for project in (settings.hub_name, *sorted(settings.spoke_repository)):
        yield webhook_of(
            project,
            settings.looker,
            settings.webhook_secret_variable,
            settings.http_timeout,
            os.environ,
        )


def _spoke(settings: Settings, name: str) -> SpokePlan:
    return SpokePlan(
        name,
        settings.spoke_repository[name],
        settings.spoke_branch,
        settings.hub_name,
        (settings.author_name, settings.author_email),
        _forges(settings),
        settings.prune,
    )


def _forges(settings: Settings) -> Callable[[str], Forge | None]:
    """The forge of an address, as the settings and the environment say."""
    told = Told(settings.forge, settings.forge_api, settings.token_variable, settings.http_timeout)
    return lambda address: forge_of(address, told, os.environ)


def _forge_before(settings: Settings, address: str | None) -> None:
    """Whether there is a forge and a token; a folder may have a remote, which is seen later."""
    if address is not None and not is_path(address):
        _forges(settings)(address)


def offer_of(settings: Settings, outcome: Outcome) -> Offer:
    """What a run has to publish."""
    withheld = frozenset(outcome.diff.of(Fate.REFUSED))  # what stands there is not what we made
    terms = Terms(outcome.holds, settings.overwrite_edited, withheld)
    return Offer(settings.lookml, outcome.made, terms)


def offer_of_last_run(settings: Settings) -> tuple[Offer, tuple[Diagnostic, ...]]:
    """What the last run had to publish, without what was edited since.

    Raises Fault if there was none.
    """
    last = read_made(settings.state)
    if last is None:
        raise fault("no-output", folder=settings.lookml)
    ours = read_manifest(settings.lookml).files
    known = Manifest({**ours, **last.made}).files
    ids = ids_of(settings.lookml, known)
    withheld = frozenset(path for path in known if ids.get(path) != known[path].id)
    noticed = (
        diagnostic(
            "edited-file" if path in ours else "foreign-file",
            Location(str(settings.lookml / path)),
            path=path,
        )
        for path in sorted(withheld)
    )
    terms = Terms(last.holds, settings.overwrite_edited, withheld)
    return Offer(settings.lookml, last.made, terms), tuple(noticed)


def publish(settings: Settings, offer: Offer, plan: Plan, stages: Stages) -> Published:
    """Publish the offer, and do what follows. Raises Fault if the hub cannot be used."""
    target, clones = target_of(settings), settings.state / "clones"
    ask = _asking(settings) if plan.ask else None
    with stages.stage("publish"):
        published = git.publish(offer, target, clones, push=plan.push, propose=ask)
    steps = tuple(_steps(settings, plan, published)) if plan.push else ()
    if not published.pushed and not _failed(published):
        return published  # there is nothing at all, least of all a commit
    with stages.stage("follow up"):
        taken, noticed = take(steps, stopped=not published.pushed)
    return replace(published, steps=taken, diagnostics=(*published.diagnostics, *noticed))


def _failed(published: Published) -> bool:
    return any(item.severity is Severity.ERROR for item in published.diagnostics)


def _asking(settings: Settings) -> git.Propose:
    """Proposes a change of the hub."""

    def ask(repository: Repository, change: Change) -> str:
        target = target_of(settings)
        address = repository.address() or settings.repository or str(settings.lookml)
        place = git.place_of(settings.lookml, target)
        forge = _forges(settings)(address)
        if forge is None and settings.forge != "none":
            raise fault("unknown-forge", repository=place, reason="it is a folder on this disk")
        subject = change.message.partition("\n")[0]
        body = _body(repository, change)
        proposal = Proposal(target.branch, working_branch(target.branch), subject, body)
        asking = Asking(place, forge, target.author_email)
        return str(propose(repository, change.commit, proposal, asking))

    return ask


def _body(repository: Repository, change: Change) -> str:
    """What a change means for users; what it is for files, if it means nothing to them."""
    old, new = repository.files(change.parent), repository.files(change.commit)
    before, after = (_texts(repository, *both) for both in ((old, new), (new, old)))
    found = review(before, after, {})
    return as_markdown(found) if found.changes else change.message


def _texts(repository: Repository, files: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    """The LookML of a commit; of what is the same in another, only that it is there."""
    lookml = {path: id_ for path, id_ in files.items() if is_lookml(path)}
    differing = {path: id_ for path, id_ in lookml.items() if others.get(path) != id_}
    return {**dict.fromkeys(lookml, ""), **repository.texts(differing)}


def _steps(settings: Settings, plan: Plan, published: Published) -> Iterator[Step]:
    """What follows from a push, in this order."""
    hub = _Hub(settings, published.tip or "")
    if settings.follow_up_branch:
        yield Step("follow-up branch", hub.follow)
    if plan.dev_branches:
        yield Step("dev branches", partial(hub.reset, plan.dev_branches))
    for spoke in plan.spokes:
        yield Step(f"spoke {spoke.name}", partial(hub.serve, spoke))
    for webhook in plan.webhooks:
        yield Step(f"webhook {webhook.project}", partial(_call, webhook))


def _call(webhook: Webhook) -> Iterator[str]:
    webhook.call()
    yield "called"


class _Hub(Struct, frozen=True):
    """The hub as it was published, at this commit."""

    settings: Settings
    tip: str

    def follow(self) -> Iterator[str]:
        """The follow-up branch is there, too."""
        branch, main = str(self.settings.follow_up_branch), self.settings.publish_branch
        with used(self._place):
            yield from follow(self._opened(), branch, main, self.tip)

    def reset(self, branches: tuple[Branch, ...]) -> Iterator[str | Diagnostic]:
        """And so are these."""
        with used(self._place):
            yield from reset(self._opened(), branches, self.tip)

    def serve(self, spoke: SpokePlan) -> Iterator[str | Diagnostic]:
        """A spoke has a model for each of its namespaces."""
        with used(self._place):
            listed = read_hub(self._opened(), self.tip, LISTING)
        yield from serve(spoke, listed, self.settings.state / "clones")

    @property
    def _place(self) -> str:
        return git.place_of(self.settings.lookml, target_of(self.settings))

    def _opened(self) -> Repository:
        settings = self.settings
        clones = settings.state / "clones"
        return git.opened(settings.lookml, target_of(settings), clones, push=True)
