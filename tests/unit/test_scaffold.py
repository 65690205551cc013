"""Scaffolding: what a spoke gets of the hub, and what it keeps."""

from typing import Any

import pytest
from msgspec.structs import replace

from generator.artifact import Manifest, Owned, blob_id
from generator.lookml.reader import read
from generator.publish.scaffold import Hub, Scaffold, Spoke, Wanted, model_text, scaffold
from generator.publish.spokes import Listed, SpokePlan, hub_of

SHOP, WEB = Wanted("shop", "Shop", "warehouse", has_explores=True), Wanted("web", "Web", "other")
HUB = Hub("hub", (SHOP, WEB), frozenset({"shop", "web"}))
EMPTY = Spoke("place", {}, {})
KEEP = blob_id(b"")


def after(spoke: Spoke, made: Scaffold) -> Spoke:
    """The spoke once what was proposed is merged."""
    kept = {path: id_ for path, id_ in spoke.files.items() if path not in made.gone}
    texts = {path: text for path, text in spoke.models.items() if path not in made.gone}
    new = {path: text for path, text in made.texts.items() if path.endswith(".model.lkml")}
    files = {**kept, **{path: blob_id(text.encode()) for path, text in made.texts.items()}}
    return Spoke(spoke.place, files, {**texts, **new}, made.manifest)


def edited(spoke: Spoke, path: str, text: str) -> Spoke:
    """The spoke once somebody has written a file."""
    models = {**spoke.models, path: text} if path.endswith(".model.lkml") else spoke.models
    return replace(spoke, files={**spoke.files, path: blob_id(text.encode())}, models=models)


def codes(hub: Hub, spoke: Spoke, *, prune: bool = False) -> list[str]:
    """What is noticed, where nothing is to be done."""
    made, noticed = scaffold(hub, spoke, prune=prune)
    assert not made.changes
    return [item.code for item in noticed]


def test_new_namespaces_and_a_second_time() -> None:
    """Each has a model and three folders; then there is nothing to do and nothing to say."""
    made, noticed = scaffold(HUB, EMPTY, prune=False)

    assert () == noticed
    assert ("shop", "web") == made.added
    assert "Scaffold namespaces: 2 added\n\nAdded:\n  shop\n  web\n" == made.message
    assert {"shop/shop.model.lkml", "web/web.model.lkml"} == {
        path for path, text in made.texts.items() if text
    }
    assert set(made.texts) == set(made.manifest.files)
    assert [] == codes(HUB, after(EMPTY, made))


@pytest.mark.parametrize("wanted", [SHOP, WEB])
def test_what_a_model_includes(wanted: Wanted) -> None:
    """The explores of the hub if it has some; all else is a comment, and views by their name."""
    text = model_text(wanted, "hub")

    model = read(text)
    found = [entry.value for key in ("connection", "label") for entry in model.of(key)]
    assert [wanted.connection, wanted.label] == found
    included = [entry.value for entry in model.of("include")]
    assert ([f"//hub/{wanted.name}/explores/*"] if wanted.has_explores else []) == included
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert wanted.has_explores == (f'# include: "//hub/{wanted.name}/explores/*"' not in comments)
    assert f'# include: "//hub/{wanted.name}/dashboards/*"' in comments
    assert "views/*" not in text


@pytest.mark.parametrize("label", ['5" wide', "a\nb", "a\\", '"\n}', "# no", ";;"])
def test_hostile_labels(label: str) -> None:
    """They are read back as they were meant, and do not get out of their quotes."""
    model = read(model_text(replace(SHOP, label=label), "hub"))

    assert [label] == [entry.value for entry in model.of("label")]
    assert ["connection", "label", "include"] == [entry.key for entry in model.entries]


def test_a_model_in_another_folder_is_a_model() -> None:
    """Looker knows models by their names, which are one of a kind."""
    spoke = edited(EMPTY, "models/shop.model.lkml", 'label: "Shop"\nconnection: "elsewhere"\n')

    made, noticed = scaffold(HUB, spoke, prune=False)

    assert ("web",) == made.added
    assert ["place/models/shop.model.lkml:2"] == [str(item.at) for item in noticed]


def test_files_that_are_there_are_not_written() -> None:
    """Neither folders that have a file, nor a file in the place of a folder."""
    spoke = edited(edited(EMPTY, "shop/views/mine.view.lkml", "view: mine {}"), "web", "a file")

    made, _ = scaffold(HUB, spoke, prune=False)

    assert {
        "shop/shop.model.lkml",
        "shop/explores/.gitkeep",
        "shop/dashboards/.gitkeep",
    } == made.texts.keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('label: "Shop"\nconnection: "warehouse"', []),
        ('label: "Store"\nconnection: "warehouse"', ["the label of the model shop is `Store`"]),
        ('label: "Store"\nlabel: "Shop"\nconnection: "warehouse"', []),
        ('connection: "warehouse"', []),
        ('include: "/models/base.lkml"', []),
        ('# label: "Store"\nconnection: "a"', ["the connection of the model shop is `a`"]),
        ('label: "never ends', []),
    ],
)
def test_drift(text: str, said: list[str]) -> None:
    """What a model says otherwise; not what it does not say. It is never changed."""
    spoke = edited(EMPTY, "shop/shop.model.lkml", text)

    made, noticed = scaffold(Hub("hub", (SHOP,)), spoke, prune=True)

    assert not made.changes
    assert said == [item.message.partition(",")[0] for item in noticed]
    assert {"drifted-model"} >= {item.code for item in noticed}


GONE = Hub("hub", (SHOP,), frozenset({"shop"}))
MOVED = Hub("hub", (SHOP,), frozenset({"shop", "web"}), frozenset({"web"}))
ELSEWHERE = Hub("hub", (SHOP,), frozenset({"shop", "web"}))


@pytest.mark.parametrize(
    ("hub", "lost"),
    [(GONE, True), (MOVED, True), (ELSEWHERE, False)],
    ids=["gone", "moved", "by hand"],
)
def test_what_belongs_to_no_namespace(hub: Hub, lost: bool) -> None:  # noqa: FBT001
    """Gone from the hub, or with another spoke; what the hub has by hand may stay."""
    spoke = after(EMPTY, scaffold(HUB, EMPTY, prune=False)[0])

    assert (["vanished-namespace"] if lost else []) == codes(hub, spoke)
    made, noticed = scaffold(hub, spoke, prune=True)
    assert () == noticed
    assert (("web",) if lost else ()) == made.removed
    assert lost == all(path.startswith("web/") for path in made.gone or ["-"])
    assert lost != any(path.startswith("web/") for path in made.manifest.files)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/views/mine.view.lkml", "view: mine {}"),
        ("web/web.model.lkml", model_text(replace(WEB, label="The web"), "hub")),
        ("web/explores/.gitkeep", "\n"),
    ],
)
def test_work_of_people_is_never_removed(path: str, text: str) -> None:
    """One file of theirs, or one of ours that they edited, keeps all of them."""
    spoke = edited(after(EMPTY, scaffold(HUB, EMPTY, prune=False)[0]), path, text)

    assert ["vanished-namespace"] == codes(GONE, spoke, prune=True)


def test_models_of_people_are_not_told_about() -> None:
    """What never was of the hub is nobody's business, though it stands where we would put it."""
    theirs = 'connection: "a"\ninclude: "//other/finance/explores/*"'
    spoke = edited(EMPTY, "finance/finance.model.lkml", theirs)
    spoke = edited(spoke, "shop/shop.model.lkml", model_text(SHOP, "hub"))

    assert [] == codes(GONE, spoke, prune=True)


def test_what_another_tool_scaffolded_is_kept() -> None:
    """It is like ours, and still not in our manifest."""
    spoke = after(EMPTY, scaffold(HUB, EMPTY, prune=False)[0])

    assert ["vanished-namespace"] == codes(GONE, replace(spoke, manifest=Manifest()), prune=True)


def test_what_people_removed_stays_removed() -> None:
    """The manifest remembers that it was there."""
    spoke = after(EMPTY, scaffold(HUB, EMPTY, prune=False)[0])

    assert [] == codes(HUB, replace(spoke, files={}, models={}))


def test_the_namespaces_of_a_spoke() -> None:
    """By the listing and the files of the hub; names that are none are nobody's."""
    plan = SpokePlan("mine", "place", "main", "hub", ("a", "b"), lambda _: None)
    listing: Any = {
        "shop": {"spoke": "mine", "pretty_name": "Shop", "connection": "warehouse"},
        "web": {"spoke": "other", "connection": "warehouse"},
        "lost": {"spoke": "mine", "connection": "warehouse"},
        "../up": {"spoke": "mine"},
        "plain": "text",
        7: {"spoke": "mine"},
    }
    files = {"shop/explores/a.explore.lkml", "web/views/a.view.lkml", "hand/a.lkml", "README.md"}

    hub = hub_of(plan, Listed(frozenset(files), listing))

    assert (SHOP,) == hub.namespaces
    kept = ("shop", "web", "lost", "hand", "gone")
    assert ["shop", "lost", "hand"] == [name for name in kept if hub.keeps(name)]


def test_the_manifest_says_what_is_ours() -> None:
    """An id for each file, so that an edit is seen."""
    made, _ = scaffold(Hub("hub", (WEB,)), EMPTY, prune=False)

    text = model_text(WEB, "hub").encode()
    assert Owned(blob_id(text), "model", "web") == made.manifest.files["web/web.model.lkml"]
    assert KEEP == made.manifest.files["web/views/.gitkeep"].id
