"""Spokes: each a repository of people, to which the models of new namespaces are proposed."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from generator.address import redacted
from generator.artifact import MANIFEST
from generator.diagnostics import Diagnostic, Location, fault
from generator.names import is_identifier, title
from generator.publish.branches import published
from generator.publish.forge import Forge, Proposal
from generator.publish.propose import Asking, propose, working_branch
from generator.publish.repository import Repository, fetch, open_local, open_remote
from generator.publish.scaffold import MODEL, Hub, Scaffold, Spoke, Wanted, scaffold
from generator.publish.trouble import used

_EXPLORES = "explores"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Listed(Struct, frozen=True):
    """The hub as it is published: the paths of its files, and what its listing says, if it has one.

    The listing is the file of namespaces that a run writes into the hub.
    """

    files: frozenset[str]
    listing: Mapping[str, Any] | None


class SpokePlan(Struct, frozen=True):
    """How a spoke is served: its project's name, its repository and branch, and our author.

    `forge` is the one of an address.
    """

    name: str
    address: str
    branch: str
    hub: str
    by: tuple[str, str]
    forge: Callable[[str], Forge | None]
    prune: bool = False

    @property
    def place(self) -> str:
        """The repository, as we may call it aloud."""
        return redacted(self.address)


def read_hub(repository: Repository, tip: str, listing: str) -> Listed:
    """What a commit of the hub holds. Raises Fault if its listing means nothing."""
    files = repository.files(tip)
    if listing not in files:
        return Listed(frozenset(files), None)
    text = repository.texts({listing: files[listing]})[listing]
    try:
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506 - it is a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = getattr(error, "problem", None) or error
        raise fault("malformed-file", Location(listing), format="YAML", reason=reason) from None
    if not isinstance(content, dict):
        raise fault("malformed-file", Location(listing), format="YAML", reason="it lists nothing")
    return Listed(frozenset(files), content)


def hub_of(plan: SpokePlan, listed: Listed) -> Hub:
    """What a spoke sees of the hub."""
    rows = {
        name: row
        for name, row in (listed.listing or {}).items()
        if isinstance(name, str) and is_identifier(name) and isinstance(row, dict)
    }
    ours = {name: row for name, row in rows.items() if row.get("spoke") == plan.name}
    folders = {path.partition("/")[0] for path in listed.files if "/" in path}
    wanted = tuple(_wanted(name, row, listed) for name, row in sorted(ours.items()))
    return Hub(
        plan.hub,
        tuple(found for found in wanted if found.name in folders),
        frozenset(folders | rows.keys()),
        frozenset(rows.keys() - ours.keys()),
    )


def _wanted(name: str, row: Mapping[str, Any], listed: Listed) -> Wanted:
    explores = any(path.startswith(f"{name}/{_EXPLORES}/") for path in listed.files)
    label = str(row.get("pretty_name") or title(name))
    return Wanted(name, label, str(row.get("connection") or ""), explores)


def serve(plan: SpokePlan, listed: Listed, clones: Path) -> Iterator[str | Diagnostic]:
    """Propose what a spoke needs, and say what people may want to know. Raises Fault."""
    with used(plan.place):
        repository = _opened(plan.address, clones)
        tip = published(repository, plan.branch)
        if tip is None:
            raise ValueError(f"it has no branch {plan.branch}")
        spoke = _standing(repository, tip, plan.place)
        made, noticed = scaffold(hub_of(plan, listed), spoke, prune=plan.prune)
        if listed.listing is None:  # nothing is known of namespaces, least of all that one is gone
            return
        yield from noticed
        if made.changes:
            yield _proposed(repository, plan, tip, made)


def _opened(address: str, clones: Path) -> Repository:
    local = Path(address)
    repository = open_local(local) if local.is_dir() else open_remote(address, clones)
    if repository.remote:
        fetch(repository)
    return repository


def _standing(repository: Repository, tip: str, place: str) -> Spoke:
    files = repository.files(tip)
    models = {path: id_ for path, id_ in files.items() if path.endswith(MODEL)}
    return Spoke(place, files, repository.texts(models), repository.manifest(files))


def _proposed(repository: Repository, plan: SpokePlan, tip: str, made: Scaffold) -> str:
    texts = {**made.texts, MANIFEST: made.manifest.to_json()}
    entries = {path: repository.add_text(text) for path, text in texts.items()}
    tree = repository.write_tree(tip, {**entries, **dict.fromkeys(made.gone)})
    commit = repository.write_commit(tree, tip, made.message, plan.by)
    subject, _, body = made.message.partition("\n")
    proposal = Proposal(plan.branch, working_branch(plan.branch), subject, body.strip())
    forge = plan.forge(repository.address() or plan.address)
    asking = Asking(plan.place, forge, plan.by[1])
    return f"{plan.name}: {subject}: {propose(repository, commit, proposal, asking)}"
