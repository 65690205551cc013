"""The difference of two trees: what is ours changes, what is not stays."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as some

from generator.artifact import Holds, Manifest, Owned, blob_id
from generator.publish.message import message_of
from generator.publish.tree import CHANGES, Fate, Standing, Terms, TreeDiff, diff, manifest_of

Files = dict[str, str]


def owned(
    text: str, subject: str = "shop.views.a", needs: tuple[str, ...] = (), kind: str = "table_view"
) -> Owned:
    """What the manifest says of a file with this text."""
    return Owned(blob_id(text.encode()), kind, subject, needs)


def standing(ours: Mapping[str, Owned], there: Mapping[str, str]) -> Standing:
    """A place with these files of ours, and these texts."""
    return Standing(Manifest(ours), {p: blob_id(t.encode()) for p, t in there.items()}, "hub")


def only_fate(found: TreeDiff) -> Fate | None:
    """The fate of the only file."""
    return next(iter(found.fates.values()), None)


@pytest.mark.parametrize(
    ("ours", "there", "made", "fate", "code"),
    [
        (None, None, "new", Fate.ADDED, None),
        ("old", "old", "new", Fate.CHANGED, None),
        ("old", "old", "old", Fate.UNCHANGED, None),
        ("old", "old", None, Fate.REMOVED, None),
        ("old", None, "new", Fate.ADDED, None),
        ("old", None, None, None, None),
        ("old", "edit", "new", Fate.REFUSED, "edited-file"),
        ("old", "edit", None, Fate.REFUSED, "edited-file"),
        ("old", "new", "new", Fate.UNCHANGED, None),
        (None, "theirs", "new", Fate.REFUSED, "foreign-file"),
        (None, "new", "new", Fate.UNCHANGED, None),
        (None, "theirs", None, None, None),
    ],
)
def test_fate(
    ours: str | None, there: str | None, made: str | None, fate: Fate | None, code: str | None
) -> None:
    """What becomes of a file follows from what the manifest says, what is there, what is made."""
    old = standing({"a": owned(ours)} if ours else {}, {"a": there} if there else {})

    found, noticed = diff(old, {"a": owned(made)} if made else {}, Terms())

    assert fate == only_fate(found)
    assert [code] * (code is not None) == [item.code for item in noticed]
    assert all("hub/a" in str(item) for item in noticed)


@pytest.mark.parametrize(
    ("holds", "fate"),
    [
        (Holds(), Fate.REMOVED),
        (Holds(relations=frozenset({"p.d.t"})), Fate.HELD),
        (Holds(relations=frozenset({"p.d.other"})), Fate.REMOVED),
        (Holds(subjects=frozenset({"shop.views.orders"})), Fate.HELD),
        (Holds(subjects=frozenset({"shop"})), Fate.HELD),
        (Holds(subjects=frozenset({""})), Fate.HELD),
        (Holds(subjects=frozenset({"sho"})), Fate.REMOVED),
        (Holds(subjects=frozenset({"shop.views.o*"})), Fate.HELD),
        (Holds(subjects=frozenset({"shop.views.a*"})), Fate.REMOVED),
        (Holds(outside=frozenset({"other"})), Fate.UNCHANGED),
        (Holds(outside=frozenset({"shop"})), Fate.REMOVED),
    ],
    ids=str,
)
def test_hold(holds: Holds, fate: Fate) -> None:
    """A file that was not made stays for an unread relation, a failed subject, or `only`."""
    old = standing({"a": owned("old", "shop.views.orders", ("p.d.t",))}, {"a": "old"})

    found, noticed = diff(old, {}, Terms(holds))

    assert fate == only_fate(found)
    assert () == noticed
    assert (fate is not Fate.REMOVED) == ("a" in found.manifest.files)


@pytest.mark.parametrize(
    ("vanished", "fate"), [("p.d.t", Fate.REMOVED), ("p.d.tt", Fate.HELD)], ids=["gone", "misspelt"]
)
def test_only_what_stood_on_a_lost_table_goes(vanished: str, fate: Fate) -> None:
    """An entry that names a table nobody holds may be misspelt: its files stood on another one."""
    files = {"a": owned("old", "shop.views.orders", ("p.d.t",))}
    holds = Holds(unproved=frozenset({"shop.views.orders"}), vanished=frozenset({vanished}))

    found, _ = diff(standing(files, {"a": "old"}), {}, Terms(holds))

    assert fate == only_fate(found)


@pytest.mark.parametrize(
    ("held", "fate"), [("shop.views.a", Fate.HELD), ("shop", Fate.CHANGED), ("", Fate.CHANGED)]
)
def test_a_part_replaces_nothing_whole(held: str, fate: Fate) -> None:
    """Where something of an entry was refused, its published file stays; a new one is written."""
    terms = Terms(Holds(subjects=frozenset({held})))
    old = {"a": owned("whole")}

    replaced, _ = diff(standing(old, {"a": "whole"}), {"a": owned("part")}, terms)
    written, _ = diff(standing({}, {}), {"a": owned("part")}, terms)

    assert fate == only_fate(replaced)
    assert (old["a"] if fate is Fate.HELD else owned("part")) == replaced.manifest.files["a"]
    assert Fate.ADDED == only_fate(written)


def test_held_edit_is_no_error() -> None:
    """A file that is held is not touched, so an edit of it harms nobody today."""
    old = standing({"a": owned("old", needs=("p.d.t",))}, {"a": "edit"})

    found, noticed = diff(old, {}, Terms(Holds(relations=frozenset({"p.d.t"}))))

    assert {"a": Fate.HELD} == found.fates
    assert () == noticed


def test_withheld_change_is_refused_without_a_word() -> None:
    """What was refused elsewhere has been said there; what is ours keeps its text here."""
    old = standing({"a": owned("old"), "c": owned("c")}, {"a": "old", "c": "c"})
    made = {"a": owned("new"), "b": owned("b"), "c": owned("c")}

    found, noticed = diff(old, made, Terms(withheld=frozenset("abc")))

    assert {"a": Fate.REFUSED, "b": Fate.REFUSED, "c": Fate.UNCHANGED} == found.fates
    assert {"a": owned("old"), "c": owned("c")} == found.manifest.files
    assert () == noticed


@pytest.mark.parametrize(
    "path", ["/etc/hosts", "../up", "a/../../up", "", "a//b", "./a", ".git/hooks/x", "a\nb"]
)
def test_manifest_that_leads_out_is_refused(path: str) -> None:
    """Nobody makes us delete a file outside by editing the manifest."""
    text = Manifest({path: owned("x")}).to_json()

    with pytest.raises(ValueError, match="leads out"):
        manifest_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        '{"a": 3}',
        '{"a": {}}',
        '{"a": {"id": 1, "kind": 2, "subject": 3, "needs": []}}',
    ],
)
def test_manifest_that_is_none_is_refused(text: str) -> None:
    """Anything but a manifest is a ValueError, never another exception."""
    with pytest.raises(ValueError, match=r"."):
        manifest_of(text)


def test_message() -> None:
    """A subject with the counts, then kinds, then what is held, refused and removed, by name."""
    ours = {
        "same": owned("same", kind="listing"),
        "gone": owned("gone"),
        "held": owned("held", needs=("p.d.t",)),
        "edited": owned("old"),
    }
    there = {"same": "same", "gone": "gone", "held": "held", "edited": "edit"}
    made = {"same": owned("same", kind="listing"), "new": owned("new"), "edited": owned("new")}
    found, _ = diff(standing(ours, there), made, Terms(Holds(frozenset({"p.d.t"}))))

    assert message_of(found).splitlines() == [
        "Generate LookML: 1 added, 1 removed",
        "",
        "table_view: 1 added, 1 removed",
        "",
        "Held as published, because they could not be made anew:",
        "  held",
        "",
        "Left alone, because they are not as they were generated:",
        "  edited",
        "",
        "Removed:",
        "  gone",
    ]


def test_message_lists_only_so_many() -> None:
    """A thousand removed files are counted, not all named."""
    ours = {f"f{number:04}": owned("x") for number in range(1000)}
    found, _ = diff(standing(ours, dict.fromkeys(ours, "x")), {}, Terms())

    message = message_of(found)

    assert message.endswith("  f0019\n  and 980 more\n")


# Laws. Few names and texts, so that all the meetings happen.

PATHS = some.sampled_from(["a", "b", "c/d", "c/e", "f"])
TEXTS = some.sampled_from(["one", "two", "three"])
TREES = some.dictionaries(PATHS, TEXTS)
SUBJECTS = some.sampled_from(["shop.views.a", "shop.views.b", "web.views.a"])
NEEDS = some.sampled_from([(), ("p.d.t",), ("p.d.u",)])
OWNED = some.dictionaries(PATHS, some.builds(owned, TEXTS, SUBJECTS, NEEDS))
MADE = some.dictionaries(PATHS, some.tuples(TEXTS, SUBJECTS, NEEDS))
HOLDS = some.builds(
    Holds,
    some.frozensets(some.sampled_from(["p.d.t", "p.d.u"])),
    some.frozensets(some.sampled_from(["shop", "shop.views.a", "web.views.*"])),
    some.frozensets(some.sampled_from(["shop", "web"])),
)


def applied(found: TreeDiff, there: Files, made: Files) -> Files:
    """The texts of a place after the diff."""
    after = {path: text for path, text in there.items() if path not in found.of(Fate.REMOVED)}
    return after | {path: made[path] for path in found.of(Fate.ADDED, Fate.CHANGED)}


@given(OWNED, TREES, MADE, HOLDS, some.booleans())
def test_law_only_what_is_ours_and_unedited_is_touched(
    ours: dict[str, Owned],
    there: Files,
    made: dict[str, tuple[str, str, tuple[str, ...]]],
    holds: Holds,
    overwrite: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """A file that the manifest does not list, or that somebody edited, keeps its text."""
    old = standing(ours, there)

    found, noticed = diff(
        old, {p: owned(*m) for p, m in made.items()}, Terms(holds, overwrite_edited=overwrite)
    )
    after = applied(found, there, {path: text for path, (text, *_) in made.items()})

    for path, text in there.items():
        edited = path in ours and ours[path].id != blob_id(text.encode())
        if path not in ours or (edited and not overwrite):
            assert text == after[path]
    refused = found.of(Fate.REFUSED)
    assert sorted(refused) == sorted(path for path in made | ours if _named(path, noticed))


def _named(path: str, noticed: tuple[object, ...]) -> bool:
    return any(f"hub/{path}:" in str(item) for item in noticed)


@given(OWNED, TREES, MADE, HOLDS, some.booleans())
def test_law_a_second_time_nothing_changes(
    ours: dict[str, Owned],
    there: Files,
    made: dict[str, tuple[str, str, tuple[str, ...]]],
    holds: Holds,
    overwrite: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """After the diff is applied, the same diff has no changes, and says the same."""
    terms = Terms(holds, overwrite_edited=overwrite)
    new = {p: owned(*m) for p, m in made.items()}
    first, said = diff(standing(ours, there), new, terms)
    after = applied(first, there, {path: text for path, (text, *_) in made.items()})

    again, said_again = diff(standing(dict(first.manifest.files), after), new, terms)

    assert not again.changes
    assert first.manifest == again.manifest
    assert said == said_again
    assert set(first.manifest.files) <= set(after)


@given(MADE, MADE)
def test_law_unhindered_the_new_tree_stands(
    before: dict[str, tuple[str, str, tuple[str, ...]]],
    made: dict[str, tuple[str, str, tuple[str, ...]]],
) -> None:
    """Where all is ours and nothing is held, applying the diff gives exactly the new tree."""
    there = {path: text for path, (text, *_) in before.items()}
    wanted = {path: text for path, (text, *_) in made.items()}
    new = {p: owned(*m) for p, m in made.items()}

    found, noticed = diff(standing({p: owned(*m) for p, m in before.items()}, there), new, Terms())

    assert wanted == applied(found, there, wanted)
    assert Manifest(new) == found.manifest
    assert () == noticed
    assert found.changes == (there != wanted)
    assert sum(len(found.of(fate)) for fate in CHANGES) <= len(there | wanted)


@given(OWNED)
def test_law_a_manifest_reads_back(ours: dict[str, Owned]) -> None:
    """What is written of a manifest is the manifest."""
    assert Manifest(ours) == manifest_of(Manifest(ours).to_json())
