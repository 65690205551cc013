"""The commit message: what changed, in the order in which a reviewer asks."""

from generator.publish.tree import CHANGES, Fate, TreeDiff

_LISTED = 20


def message_of(diff: TreeDiff) -> str:
    """A subject with the counts, then the counts per kind, then what was held or refused."""
    total = {fate: len(diff.of(fate)) for fate in Fate}
    said = [f"{total[fate]} {fate}" for fate in CHANGES if total[fate]]
    lines = [f"Generate LookML: {', '.join(said) or 'manifest only'}", ""]
    for kind, counts in diff.counts().items():
        changed = [f"{counts[fate]} {fate}" for fate in CHANGES if fate in counts]
        if changed:
            lines.append(f"{kind}: {', '.join(changed)}")
    for fate, why in (
        (Fate.HELD, "Held as published, because they could not be made anew"),
        (Fate.REFUSED, "Left alone, because they are not as they were generated"),
        (Fate.REMOVED, "Removed"),
    ):
        lines += _listed(why, diff.of(fate))
    return "\n".join(lines).rstrip() + "\n"


def _listed(why: str, paths: tuple[str, ...]) -> list[str]:
    if not paths:
        return []
    more = [f"  and {len(paths) - _LISTED} more"] if len(paths) > _LISTED else []
    return ["", f"{why}:", *(f"  {path}" for path in paths[:_LISTED]), *more]
