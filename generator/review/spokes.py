"""Hand-written projects on top of the hub: what a change breaks there, and what is broken."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from msgspec import Struct, field
from msgspec.structs import replace

from generator.diagnostics import Diagnostic, Location
from generator.lookml.reader import read
from generator.review import boards, mentions
from generator.review.changes import Change
from generator.review.known import Known, known_of
from generator.review.mentions import Mention
from generator.review.scope import File, Project, Reader, Scope, hub_names
from generator.review.trees import LOOKML, Texts, understood

_CLOSE = 0.5


class Break(Struct, frozen=True):
    """A place of a spoke that refers to what is not there, and what it may have become.

    `owner` is the view and the name under which the hub had it; `old` if it was missing before.
    """

    at: Location
    kind: str
    label: str
    hint: str = ""
    owner: tuple[str, str] = ("", "")
    old: bool = False

    def __str__(self) -> str:
        return f"{self.at} {self.kind} {self.label} → {self.fate}"

    @property
    def fate(self) -> str:
        """What became of it."""
        fate = "is not there" if self.old else "was removed"
        return f"{fate} ({self.hint}?)" if self.hint else fate


class Broken(Struct, frozen=True):
    """What a change breaks in spokes, and what they refer to in vain with it or without it."""

    new: tuple[Break, ...] = ()
    old: tuple[Break, ...] = ()
    noticed: tuple[Diagnostic, ...] = ()


class Hubs(Struct, frozen=True):
    """The hub before and after a change, and what changed; files of both are read once."""

    before: Texts
    after: Texts
    changes: Sequence[Change] = ()
    reader: Reader = field(default_factory=Reader)


def broken(spokes: Mapping[str, Texts], hubs: Hubs) -> Broken:
    """What the change breaks in the spokes, by name, in the order of the places."""
    found = [_broken(name, texts, hubs) for name, texts in spokes.items()]
    return Broken(
        tuple(item for one in found for item in one.new),
        tuple(item for one in found for item in one.old),
        tuple(item for one in found for item in one.noticed),
    )


def _broken(name: str, texts: Texts, hubs: Hubs) -> Broken:
    judge = _judge(name, texts, hubs)
    new: list[Break] = []
    old: list[Break] = []
    noticed: list[Diagnostic] = []
    for path, text in texts.items():
        found = understood(path, text, _mentions)
        if isinstance(found, Diagnostic):
            noticed.append(replace(found, at=_within(name, found.at)))
            continue
        for mention in dict.fromkeys(found):
            if judge.is_new(path, mention):
                new.append(judge.told(path, mention))
            elif judge.is_old(path, mention):
                old.append(replace(judge.told(path, mention), old=True))
    return Broken(tuple(new), tuple(old), tuple(noticed))


def _mentions(path: str, text: str) -> list[Mention]:
    if path.endswith(LOOKML):
        return list(mentions.of_lookml(read(text), path))
    return list(boards.of_dashboards(text, path))


def _within(name: str, at: Location | None) -> Location:
    return Location(f"{name}/{at.path}", at.line) if at else Location(name)


class _Sight:
    """What each file of a spoke sees of one hub; what is known of a scope is made out once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._scopes = project.scopes()
        self._known: dict[tuple[File, ...], Known] = {}
        self.foreign = {p for p, scopes in self._scopes.items() if any(s.foreign for s in scopes)}

    def known(self, path: str) -> tuple[Known, ...]:
        """What a file can refer to, in each of the models that include it."""
        return tuple(map(self._of_scope, self._scopes[path]))

    def _of_scope(self, scope: Scope) -> Known:
        if scope.files not in self._known:
            items = (item for file in scope.files for item in self._project.items(file))
            self._known[scope.files] = known_of(items)
        return self._known[scope.files]

    def sees(self, path: str, mention: Mention) -> tuple[bool, ...]:
        """Whether a file can refer to it, in each of the models that include it.

        A pattern for files of its own may find none yet.
        """
        if mention.kind == "include":
            found = self._project.included((False, path), mention.name)
            own = "*" in mention.name and not mention.name.startswith("//")
            return (own or found is None or bool(found),)
        return tuple(known.has(mention) for known in self.known(path))


class _Judge(Struct, frozen=True):
    """What a spoke sees of the hub before and after a change."""

    name: str
    before: _Sight
    after: _Sight
    changes: Sequence[Change]

    def is_new(self, path: str, mention: Mention) -> bool:
        """Whether the change takes from a file, in some model, what it refers to."""
        pairs = zip(self.before.sees(path, mention), self.after.sees(path, mention), strict=False)
        return any(had and not has for had, has in pairs)

    def is_old(self, path: str, mention: Mention) -> bool:
        """Whether it never was there; of what a project may have that we do not know, never."""
        if path in self.after.foreign and mention.kind != "include":
            return False
        return not any((*self.before.sees(path, mention), *self.after.sees(path, mention)))

    def told(self, path: str, mention: Mention) -> Break:
        """The place, and what it may have become."""
        known = self.before.known(path)
        owner = next((o for k in known if (o := k.owner(mention))), ("", ""))
        hint = _told(mention, owner, self.changes) or self._nearest(path, mention)
        return Break(_within(self.name, mention.at), mention.kind, mention.label, hint, owner)

    def _nearest(self, path: str, mention: Mention) -> str:
        """The nearest name of what has come in its place; of a field, within its view."""
        if mention.kind == "include":
            return ""
        known = self.before.known(path)
        come = set(_names(mention, self.after.known(path))) - set(_names(mention, known))
        close = get_close_matches(mention.name, sorted(come), n=1, cutoff=_CLOSE)
        return f"renamed to `{close[0]}`" if close else ""


def _judge(name: str, texts: Texts, hubs: Hubs) -> _Judge:
    names = hub_names(texts, (hubs.before, hubs.after))
    before, after = (
        _Sight(Project(texts, hub, names, hubs.reader)) for hub in (hubs.before, hubs.after)
    )
    return _Judge(name, before, after, hubs.changes)


def _told(mention: Mention, owner: tuple[str, str], changes: Iterable[Change]) -> str:
    """What the review says became of it: another name, or another namespace."""
    for change in changes:
        if change.code == "renamed" and _is_meant(mention, owner, change):
            suffix = mention.name.removeprefix(change.name) if mention.kind == "field" else ""
            return f"renamed to `{change.after}{suffix}`"
        if change.code == "namespace" and _is_meant(mention, owner, change):
            return f"moved to `{change.after}`"
    return ""


def _is_meant(mention: Mention, owner: tuple[str, str], change: Change) -> bool:
    if mention.kind == "field":
        return change.path[1:-1] == (f"view {owner[0]}",) and change.name == owner[1]
    return (mention.kind, mention.name) == (change.kind, change.name)


def _names(mention: Mention, known: Iterable[Known]) -> Iterator[str]:
    for one in known:
        if mention.kind != "field":
            yield from one.names.get(mention.kind, ())
            continue
        for view in one.views(mention):
            yield from one.fields(view)
