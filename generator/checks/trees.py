"""A LookML tree that anybody made: the same checks, by model, with the lines of the tree."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from posixpath import dirname, join, normpath

import yaml
from msgspec import Struct, field
from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact
from generator.checks import CHECKS, dashboards, references
from generator.checks.inheritance import REFINES
from generator.checks.knowledge import Knowledge
from generator.checks.scope import scope_of
from generator.checks.tree_objects import dashboards_of, document_of, extensions_of, places_of
from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.facts.conventions import Conventions
from generator.lookml.dashboards import Dashboard
from generator.lookml.reader import MalformedError, read

LARGE_FILE = 1_000_000
"""Bytes above which Looker gets slow."""

_MODEL = ".model.lkml"
_FOREIGN = "//"
_ELSEWHERE = frozenset(
    {
        references.check_views,
        references.check_fields,
        references.check_sets,
        references.check_suggestions,
        references.check_datagroups,
        dashboards.check_explores,
        dashboards.check_fields,
    }
)
"""What cannot be judged where files of another project are included."""


class Tree(Struct, frozen=True, dict=True):
    """The files of a tree, read: documents and dashboards by path, and the lines of fields."""

    documents: Mapping[str, lookml.Document]
    boards: Mapping[str, Dashboard]
    places: Mapping[str, Mapping[tuple[str, str], Location]]
    noticed: tuple[Diagnostic, ...] = ()
    bases: frozenset[tuple[str, str]] = frozenset()
    """File and name of each explore that is there to be extended only."""

    @cached_property
    def sight(self) -> Mapping[str, tuple[str, ...]]:
        """The files that each file includes, at any depth; itself first."""
        return {path: tuple(self._closure(path)) for path in self.documents}

    def _closure(self, path: str) -> Iterator[str]:
        seen, todo = {path}, [path]
        while todo:
            current = todo.pop()
            yield current
            new = [found for found in self.included[current] if found not in seen]
            seen.update(new)
            todo.extend(new)

    @cached_property
    def included(self) -> Mapping[str, tuple[str, ...]]:
        """The files that each file includes by itself."""
        found = {}
        for path, document in self.documents.items():
            targets = (self.matches(path, target) for target in document.includes)
            found[path] = tuple(name for several in targets for name in several)
        return found

    def matches(self, path: str, target: str) -> tuple[str, ...]:
        """The files that an include of a file means."""
        if target.startswith(_FOREIGN):
            return ()
        wanted = target[1:] if target.startswith("/") else normpath(join(dirname(path), target))
        if "*" not in wanted:
            return tuple(n for n in (wanted, f"{wanted}.lkml") if n in self.documents)
        pattern = re.compile(_glob(wanted))
        return tuple(name for name in self.documents if pattern.fullmatch(name))


def _glob(pattern: str) -> str:
    """A pattern of an include: `*` stays in its folder, `**` does not; `.lkml` may be left out."""
    parts = (re.escape(part) for part in re.split(r"(?:\*\*/?)", pattern))
    text = "(?:.*/)?".join(part.replace(r"\*", "[^/]*") for part in parts)
    return rf"{text}(?:\.lkml)?"


def tree_of(texts: Mapping[str, str]) -> Tree:
    """The files of a tree; what cannot be understood is told, and left out."""
    documents: dict[str, lookml.Document] = {}
    boards: dict[str, Dashboard] = {}
    places: dict[str, Mapping[tuple[str, str], Location]] = {}
    noticed: list[Diagnostic] = []
    bases: set[tuple[str, str]] = set()
    for path in sorted(texts):
        try:
            if path.endswith(".lkml"):
                block = read(texts[path])
                places[path] = dict(places_of(block, path))
                documents[path] = document_of(block)
                bases.update((path, name) for name in extensions_of(block))
            else:
                boards.update(_boards(path, texts[path]))
        except MalformedError as error:
            at = Location(path, error.line)
            noticed.append(diagnostic("malformed-file", at, format="LookML", reason=error))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            at = Location(path, mark.line + 1 if mark else None)
            reason = getattr(error, "problem", None) or "it cannot be read"
            noticed.append(diagnostic("malformed-file", at, format="YAML", reason=reason))
    noticed.extend(_sizes(texts))
    return Tree(documents, boards, places, tuple(noticed), frozenset(bases))


def _boards(path: str, text: str) -> Iterator[tuple[str, Dashboard]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for count, board in enumerate(dashboards_of(yaml.load(text, Loader=loader))):  # noqa: S506
        yield (f"{path}#{board.dashboard}" if count else path), board


def _sizes(texts: Mapping[str, str]) -> Iterator[Diagnostic]:
    for path in sorted(texts):
        size = len(texts[path].encode())
        if size > LARGE_FILE:
            at = Location(path)
            yield diagnostic("large-file", at, path=path, size=size, limit=LARGE_FILE)


class Group(Struct, frozen=True):
    """What is looked at together: a model with all that it includes, or a folder."""

    name: str
    paths: tuple[str, ...]
    sees_all: bool
    boards: tuple[str, ...] = field(default_factory=tuple)


def check_tree(tree: Tree, conventions: Conventions | None = None) -> tuple[Diagnostic, ...]:
    """What is wrong with a tree; each finding once, whatever models it is in."""
    rules = conventions or Conventions()
    found = (item for group in groups_of(tree) for item in _checked(tree, group, rules))
    return tuple(dict.fromkeys((*tree.noticed, *found)))


def groups_of(tree: Tree) -> Iterator[Group]:
    """The models; then, by top folder, the files that none of them includes."""
    left = dict.fromkeys((*tree.documents, *tree.boards))
    for path in tree.documents:
        if path.endswith(_MODEL):
            name = path.rpartition("/")[2].removesuffix(_MODEL)
            boards = tuple(b for b, board in tree.boards.items() if _is_of(board, name))
            yield Group(name, tree.sight[path], sees_all=True, boards=boards)
            for known in (*tree.sight[path], *boards):
                left.pop(known, None)
    folders: dict[str, list[str]] = {}
    for path in left:
        folders.setdefault(path.partition("/")[0], []).append(path)
    for name, paths in sorted(folders.items()):
        documents = tuple(path for path in paths if path in tree.documents)
        boards = tuple(path for path in paths if path in tree.boards)
        yield Group(name, documents, sees_all=False, boards=boards)


def _is_of(board: Dashboard, model: str) -> bool:
    return any(tile.model == model for tile in board.elements)


def _checked(tree: Tree, group: Group, rules: Conventions) -> Iterator[Diagnostic]:
    sight = _sight(tree, group)
    seen = {path for paths in sight.values() for path in paths}
    every = (*group.paths, *(path for path in seen if path not in group.paths))
    places = {key: at for path in sorted(every) for key, at in tree.places[path].items()}
    explores = {e.name: e for path in every for e in tree.documents[path].explores}
    documents = {path: _resolved(tree, path, explores) for path in sorted(every)}
    artifacts = [_artifact(path, document) for path, document in documents.items()]
    artifacts += [_artifact(path, tree.boards[path]) for path in group.boards]
    known = Knowledge({}, places)
    sees = {path: sight.get(path, (path,)) for path in every}
    scope = scope_of(artifacts, rules, known, sees)
    foreign = any(_imports(tree.documents[path]) for path in every)
    for rule in CHECKS:
        if not (foreign and rule in _ELSEWHERE):
            yield from rule(scope)


def _sight(tree: Tree, group: Group) -> dict[str, tuple[str, ...]]:
    """What each file sees: all of its model; else what those that include it see, and it."""
    if group.sees_all:
        return dict.fromkeys(group.paths, group.paths)
    found: dict[str, dict[str, None]] = {path: {} for path in group.paths}
    for path in group.paths:
        closure = dict.fromkeys(tree.sight[path])
        for other in closure:
            found.setdefault(other, {}).update(closure)
    return {path: tuple(paths) for path, paths in found.items()}


def _artifact(path: str, content: lookml.Document | Dashboard) -> Artifact:
    return Artifact(path, content, "tree", "", Location(path.partition("#")[0]))


def _resolved(tree: Tree, path: str, explores: Mapping[str, lookml.Explore]) -> lookml.Document:
    """A file with its includes by full path, and its explores with what they extend and refine."""
    document = tree.documents[path]
    return replace(
        document,
        includes=tuple(_literal(tree, path, document)),
        explores=tuple(
            _whole(each, explores, frozenset())
            for each in document.explores
            if (path, each.name) not in tree.bases
        ),
    )


def _literal(tree: Tree, path: str, document: lookml.Document) -> Iterator[str]:
    """The includes by full path; one that matches nothing stays as it is written."""
    for target in document.includes:
        found = tree.matches(path, target)
        if not found and not target.startswith(_FOREIGN):
            yield target
        elif "*" not in target:
            yield from (f"/{name}" for name in found)


def _imports(document: lookml.Document) -> bool:
    return any(target.startswith(_FOREIGN) for target in document.includes)


def _whole(
    explore: lookml.Explore, known: Mapping[str, lookml.Explore], below: frozenset[str]
) -> lookml.Explore:
    bases: Iterable[str] = explore.extends
    if explore.name.startswith(REFINES):
        bases = (explore.name.removeprefix(REFINES), *bases)
    for name in bases:
        if name not in known or name in below:
            continue
        base = _whole(known[name], known, below | {explore.name})
        joined = {item.name for item in explore.joins}
        explore = replace(
            explore,
            view_name=explore.view_name
            or base.view_name
            or (None if base.from_view else base.name),
            from_view=explore.from_view or base.from_view,
            joins=(*(item for item in base.joins if item.name not in joined), *explore.joins),
        )
    return explore
