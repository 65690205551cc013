"""Hand-written projects on top of the hub: what a change breaks there, and what is broken."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from generator.review.items import Item, Items, Path
from generator.review.mentions import Mention

_FIELD_KINDS = frozenset({"dimension", "dimension_group", "measure", "filter", "parameter"})
_HUB = "//"


@dataclass(frozen=True, slots=True)
class Known:
    """What a spoke can refer to: the fields of each view, explores, and the files of the hub."""

    fields: Mapping[str, frozenset[str]]
    explores: frozenset[str]
    files: tuple[str, ...]

    def has(self, mention: Mention) -> bool:
        """Whether what is mentioned is there."""
        if mention.files is not None:
            return self._has_files(mention.files)
        if mention.explore is not None:
            return mention.explore in self.explores
        fields = self.fields.get(mention.view or "")
        if fields is None:
            return mention.field is not None  # the view itself is told where it is named
        return mention.field is None or mention.field in fields

    def _has_files(self, pattern: str) -> bool:
        if not pattern.startswith(_HUB):
            return True
        path = pattern.removeprefix(_HUB).partition("/")[2]
        return any(
            fnmatchcase(file, path) or fnmatchcase(file, f"{path}.lkml") for file in self.files
        )


@dataclass(frozen=True, slots=True)
class Break:
    """A place of a spoke that refers to what is not there, and what it may have become."""

    mention: Mention
    hint: str | None = None

    def __str__(self) -> str:
        hint = f" (renamed to `{self.hint}`?)" if self.hint else ""
        return f"{self.mention.at} {self.mention.label} is gone{hint}"


def known_of(hub: Items, spoke: Items, files: Iterable[str]) -> Known:
    """What there is: of the hub, and what the spoke adds to it or defines itself."""
    own: dict[str, set[str]] = {}
    extended: dict[str, set[str]] = {}
    every = (*hub.found.items(), *spoke.found.items())
    for path, item in every:
        _enter(path, item, own, extended)
    views, explores = (
        frozenset(item.name for _, item in every if item.kind == kind and _is_defined(item))
        for kind in ("view", "explore")
    )
    fields = {view: frozenset(_inherited(view, own, extended, frozenset())) for view in views}
    return Known(fields, explores, tuple(files))


def _is_defined(item: Item) -> bool:
    """Whether it stands by itself: a refinement only adds to what another defines."""
    return not item.name.startswith("+")


def _enter(path: Path, item: Item, own: dict[str, set[str]], extended: dict[str, set[str]]) -> None:
    if item.kind == "view":
        others = _listed(item.attributes.get("extends"))
        extended.setdefault(item.name.removeprefix("+"), set()).update(others)
    elif item.kind in _FIELD_KINDS and path[-2].startswith("view "):
        view = path[-2].removeprefix("view ").removeprefix("+")
        own.setdefault(view, set()).update(_names(item))


def _names(item: Item) -> Iterator[str]:
    """A group has a field for each timeframe; one that does not list them may have any."""
    if item.kind != "dimension_group":
        yield item.name
        return
    suffixes = item.attributes.get("timeframes") or item.attributes.get("intervals") or _ANY
    yield from (f"{item.name}_{suffix}" for suffix in suffixes)


_ANY = """raw time date week month quarter year time_of_day hour hour_of_day day_of_week
    day_of_month day_of_year week_of_year month_name month_num quarter_of_year second minute
    day_of_week_index fiscal_year fiscal_quarter fiscal_month_num seconds minutes hours days weeks
    months quarters years""".split()  # noqa: SIM905 - words read better without quotes


def _listed(value: object) -> Iterable[str]:
    return value if isinstance(value, tuple) else ()


def _inherited(
    view: str,
    own: Mapping[str, set[str]],
    extended: Mapping[str, set[str]],
    above: frozenset[str],
) -> Iterator[str]:
    yield from own.get(view, ())
    for other in extended.get(view, ()):
        if other not in above:
            yield from _inherited(other, own, extended, above | {view})


def broken(
    mentions: Sequence[Mention], before: Known, after: Known
) -> tuple[tuple[Break, ...], tuple[Break, ...]]:
    """What a change breaks, and what was broken before it, in the order of the places."""
    vain = [mention for mention in dict.fromkeys(mentions) if not after.has(mention)]
    new = tuple(Break(m, _hint(m, before, after)) for m in vain if before.has(m))
    return new, tuple(Break(m, _hint(m, before, after)) for m in vain if not before.has(m))


def _hint(mention: Mention, before: Known, after: Known) -> str | None:
    """The nearest of what has come; of a field, within its view."""
    if mention.field and mention.view:
        old = before.fields.get(mention.view, frozenset())
        come = after.fields.get(mention.view, frozenset()) - old
        return _nearest(mention.field, come)
    if mention.explore:
        return _nearest(mention.explore, after.explores - before.explores)
    return _nearest(mention.view or "", after.fields.keys() - before.fields.keys())


def _nearest(name: str, others: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, sorted(others), n=1, cutoff=0.5)), None)
