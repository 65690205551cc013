"""Keeps what is gone of the views of a namespace, as far as it still holds."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from generator import lookml
from generator.artifact import Artifact
from generator.checks import check
from generator.checks.columns import Tables
from generator.checks.inheritance import REFINES, whole_views
from generator.checks.knowledge import Knowledge
from generator.checks.scope import scope_of
from generator.diagnostics import Diagnostic, Location, Severity, diagnostic
from generator.facts.conventions import Conventions
from generator.facts.deprecation import Deprecation
from generator.facts.removals import Removal
from generator.keeping.footing import Footing
from generator.keeping.gone import Gone, Was, gone_of
from generator.keeping.lost import Kept
from generator.keeping.past import Past
from generator.keeping.stand_ins import stand_in
from generator.keeping.texts import named_in, views_of

Key = tuple[str, str, str]
Known = Mapping[tuple[str, str], Mapping[str, Removal]]
_MARK = "kept field "
"""Begins the place by which findings are told to be of a kept field; nobody sees it."""


class Keeping(Struct, frozen=True):
    """The artifacts with what is kept in them, what is to be remembered, and what is not kept."""

    artifacts: tuple[Artifact, ...]
    removals: tuple[Removal, ...] = ()
    unkept: tuple[Diagnostic, ...] = ()


def together(parts: Iterable[Keeping]) -> Keeping:
    """What is kept in several namespaces."""
    known = tuple(parts)
    return Keeping(
        tuple(item for part in known for item in part.artifacts),
        tuple(item for part in known for item in part.removals),
        tuple(item for part in known for item in part.unkept),
    )


def keep(
    sound: tuple[Artifact, ...], past: Past, conventions: Conventions, knowledge: Knowledge
) -> Keeping:
    """The sound artifacts of a namespace with what they had, and would lack without us."""
    gone = _gone(sound, past) if past.days else {}
    if not gone:
        return Keeping(sound)
    fields = {key: _written(one, past) for key, one in gone.items()}
    refused = _unfounded(sound, fields, conventions, knowledge)
    while True:
        kept = {key: field for key, field in fields.items() if key not in refused}
        whole = tuple(_with(artifact, kept) for artifact in sound)
        found = _refused(whole, kept, conventions, knowledge) if kept else {}
        if not found:
            break
        refused.update(found)
    by_path = {artifact.path: artifact for artifact in sound}
    noticed = (_unkept(gone[key], by_path[key[0]], refused[key]) for key in sorted(refused))
    return Keeping(whole, tuple(gone[key].removal for key in sorted(kept)), tuple(noticed))


def _gone(sound: Iterable[Artifact], past: Past) -> dict[Key, Gone]:
    """What is gone of the views that are there."""
    pages = {item.path: item.content.views for item in sound
             if isinstance(item.content, lookml.Document) and item.content.views}  # fmt: skip
    known: dict[tuple[str, str], dict[str, Removal]] = {}
    for row in past.removals:
        known.setdefault((row.path, row.view), {})[row.name] = row
    changed = {
        path: views for path, views in pages.items() if _is_changed(path, views, known, past)
    }
    if not changed:
        return {}
    whole = whole_views(view for views in pages.values() for view in views)
    found = (
        one
        for path, views in changed.items()
        for was in _was(path, views, known, past)
        for one in gone_of(was, whole[was.view.name], past)
    )
    return {one.removal.key: one for one in found}


def _is_changed(path: str, views: tuple[lookml.View, ...], known: Known, past: Past) -> bool:
    """Whether something may be gone of a file: most are seen to be whole at a glance."""
    if any((path, view.name) in known for view in views):
        return True
    names = {(view.name, name) for view in views for name in view.names()}
    return not names.issuperset(named_in(past.text(path) or ""))


def _was(path: str, views: tuple[lookml.View, ...], known: Known, past: Past) -> Iterator[Was]:
    """The views of a file as they stand; of one that does not stand, only what is known."""
    standing = {view.name: view for view in views_of(past.text(path) or "")}
    for view in views:
        if not view.name.startswith(REFINES):
            before = standing.get(view.name, lookml.View(view.name))
            yield Was(path, before, known.get((path, view.name), {}))


def _written(gone: Gone, past: Past) -> Kept:
    row = gone.removal
    return stand_in(gone.field, Deprecation(row.until(past.days), row.to))


def _unfounded(
    sound: tuple[Artifact, ...],
    fields: Mapping[Key, Kept],
    conventions: Conventions,
    knowledge: Knowledge,
) -> dict[Key, str]:
    """The fields that read what is not there any more, and why."""
    tables = Tables(scope_of(sound, conventions, knowledge))
    footings = {artifact.path: Footing.of(artifact, tables) for artifact in sound}
    found = ((key, footings[key[0]].missing(field, key[1])) for key, field in fields.items())
    return {key: reason for key, reason in found if reason}


def _with(artifact: Artifact, fields: Mapping[Key, Kept]) -> Artifact:
    """An artifact whose views have these fields, too."""
    document = artifact.content
    if not isinstance(document, lookml.Document):
        return artifact
    added: dict[str, list[Kept]] = {}
    for (path, view, _), field in fields.items():
        if path == artifact.path:
            added.setdefault(view, []).append(field)
    if not added:
        return artifact
    views = tuple(_widened(view, added.get(view.name, ())) for view in document.views)
    return replace(artifact, content=replace(document, views=views))


def _widened(view: lookml.View, fields: Iterable[Kept]) -> lookml.View:
    added = sorted(fields, key=lambda field: field.name)
    if not added:
        return view
    return replace(
        view,
        dimensions=(*view.dimensions, *(f for f in added if isinstance(f, lookml.Dimension))),
        dimension_groups=(
            *view.dimension_groups,
            *(f for f in added if isinstance(f, lookml.DimensionGroup)),
        ),
        measures=(*view.measures, *(f for f in added if isinstance(f, lookml.Measure))),
    )


def _refused(
    whole: tuple[Artifact, ...],
    kept: Mapping[Key, Kept],
    conventions: Conventions,
    knowledge: Knowledge,
) -> dict[Key, str]:
    """What checks have against kept fields. If they blame others, all in the same file go."""
    places = {
        (key[1], name): Location(f"{_MARK}{number}")
        for number, (key, field) in enumerate(kept.items())
        for name in (field.name, *lookml.field_names(field))
    }
    known = replace(knowledge, places={**knowledge.places, **places})
    numbered = {f"{_MARK}{number}": key for number, key in enumerate(kept)}
    found: dict[Key, str] = {}
    for item in check(whole, conventions, known):
        if item.severity is Severity.ERROR:
            key = numbered.get(item.at.path) if item.at else None
            blamed = [key] if key else _in_file_of(item, whole, kept)
            found.update((one, item.message) for one in blamed if one not in found)
    return found


def _in_file_of(
    item: Diagnostic, whole: Iterable[Artifact], kept: Mapping[Key, Kept]
) -> Iterable[Key]:
    paths = {artifact.path for artifact in whole if artifact.subject == item.subject}
    return [key for key in kept if key[0] in paths] or list(kept)


def _unkept(gone: Gone, artifact: Artifact, reason: str) -> Diagnostic:
    row, what = gone.removal, gone.field.keyword.replace("_", " ")
    values = {"what": what, "name": f"{row.view}.{row.name}", "reason": reason}
    return diagnostic("unkept-field", artifact.at, artifact.subject, **values)
