"""What a spoke gets of the hub: a model for each new namespace. Pure.

What is there already is people's: it is compared, never changed.
"""

from collections.abc import Iterator, Mapping
from posixpath import basename

from msgspec import Struct, field

from generator import lookml
from generator.artifact import Manifest, Owned, blob_id
from generator.diagnostics import Diagnostic, Location, diagnostic
from generator.lookml.reader import MalformedError, read
from generator.lookml.syntax import print_document

FOLDERS = ("views", "explores", "dashboards")
MODEL = ".model.lkml"
_KIND = "model"


class Wanted(Struct, frozen=True):
    """A namespace of the hub, as its model is to say it."""

    name: str
    label: str
    connection: str
    has_explores: bool = False

    @property
    def path(self) -> str:
        """The file of its model."""
        return f"{self.name}/{self.name}{MODEL}"


class Hub(Struct, frozen=True):
    """What a spoke sees of the hub: its project's name, and the namespaces of the spoke.

    `standing` are all namespaces that have files in the hub, for which no model may go, except
    those that the hub gives to another spoke, which are `elsewhere`.
    """

    name: str
    namespaces: tuple[Wanted, ...]
    standing: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()

    def keeps(self, namespace: str) -> bool:
        """Whether a model of this name belongs in the spoke."""
        if namespace in self.elsewhere:
            return False
        return namespace in self.standing or any(w.name == namespace for w in self.namespaces)


class Spoke(Struct, frozen=True):
    """What stands in a spoke: the ids of its files, the texts of its models, what we made of it."""

    place: str
    files: Mapping[str, str]
    models: Mapping[str, str]
    manifest: Manifest = field(default_factory=Manifest)

    def below(self, namespace: str) -> tuple[str, ...]:
        """The files of a namespace."""
        return tuple(path for path in self.files if path.startswith(f"{namespace}/"))

    def is_ours(self, path: str) -> bool:
        """Whether we made a file, and nobody has edited it."""
        owned = self.manifest.files.get(path)
        return owned is not None and owned.id == self.files[path]


class Scaffold(Struct, frozen=True):
    """What is to be done in a spoke: texts by path, files that go; and what is ours afterwards."""

    texts: Mapping[str, str]
    gone: tuple[str, ...]
    manifest: Manifest
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.texts or self.gone)

    @property
    def message(self) -> str:
        """The message of the commit."""
        said = [f"{len(names)} {what}" for what, names in self._said if names]
        lines = [f"Scaffold namespaces: {', '.join(said)}"]
        for what, names in self._said:
            if names:
                lines += ["", f"{what.capitalize()}:", *(f"  {name}" for name in names)]
        return "\n".join(lines) + "\n"

    @property
    def _said(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return ("added", self.added), ("removed", self.removed)


def scaffold(hub: Hub, spoke: Spoke, *, prune: bool) -> tuple[Scaffold, tuple[Diagnostic, ...]]:
    """What the hub asks of a spoke, and what people may want to know of it."""
    models = {basename(path).removesuffix(MODEL): path for path in sorted(spoke.models)}
    added = tuple(w for w in hub.namespaces if _is_new(w, spoke, models))
    texts = {path: text for wanted in added for path, text in _files(wanted, hub, spoke)}
    lost = tuple(name for name in _lost(hub, spoke))
    removed = tuple(name for name in lost if prune and _is_untouched(name, spoke))
    gone = tuple(path for name in removed for path in spoke.below(name))
    ours = {path: owned for path, owned in spoke.manifest.files.items() if path not in gone}
    for path, text in texts.items():
        ours[path] = Owned(blob_id(text.encode()), _KIND, path.partition("/")[0])
    drifted = (found for w in hub.namespaces for found in _drift(w, spoke, models.get(w.name)))
    left = (_vanished(name, spoke) for name in lost if name not in removed)
    plan = Scaffold(texts, gone, Manifest(ours), tuple(w.name for w in added), removed)
    return plan, (*drifted, *left)


def model_text(wanted: Wanted, hub: str) -> str:
    """The model of a new namespace: what it includes, and, as comments, what it could.

    >>> model_text(Wanted("shop", "Shop", "warehouse"), "hub").splitlines()[:3]
    ['connection: "warehouse"', '', 'label: "Shop"']
    """
    explores = f"//{hub}/{wanted.name}/explores/*"
    own = ("views/name.view.lkml", "explores/*", "dashboards/*")
    others = (f"//{hub}/{wanted.name}/dashboards/*", *own)
    included, offered = ((explores,), others) if wanted.has_explores else ((), (explores, *others))
    model = lookml.Model(wanted.connection, wanted.label, included)
    comments = print_document(lookml.Document(includes=offered), "").strip().splitlines()
    said = print_document(model, "").lstrip()
    return said + "\n" + "".join(f"# {line}\n" for line in comments)


def _is_new(wanted: Wanted, spoke: Spoke, models: Mapping[str, str]) -> bool:
    """Whether a namespace has no model, and never had one that people removed."""
    known = wanted.name in models or wanted.name in spoke.files
    return not known and wanted.path not in spoke.manifest.files


def _files(wanted: Wanted, hub: Hub, spoke: Spoke) -> Iterator[tuple[str, str]]:
    yield wanted.path, model_text(wanted, hub.name)
    for folder in FOLDERS:
        place = f"{wanted.name}/{folder}"
        if place not in spoke.files and not spoke.below(place):
            yield f"{place}/.gitkeep", ""


def _lost(hub: Hub, spoke: Spoke) -> Iterator[str]:
    """The namespaces whose model stands where we would put it, and speaks of a hub without them."""
    for path, text in sorted(spoke.models.items()):
        name = path.partition("/")[0]
        is_model = path == f"{name}/{name}{MODEL}"
        if is_model and f"//{hub.name}/{name}/" in text and not hub.keeps(name):
            yield name


def _is_untouched(name: str, spoke: Spoke) -> bool:
    return all(spoke.is_ours(path) for path in spoke.below(name))


def _vanished(name: str, spoke: Spoke) -> Diagnostic:
    files = spoke.below(name)
    foreign = sum(not spoke.is_ours(path) for path in files)
    hints = {
        True: "remove it by hand, if nobody needs it",
        False: "publish with --prune to propose that it be removed",
    }
    return diagnostic(
        "vanished-namespace",
        Location(f"{spoke.place}/{name}/{name}{MODEL}"),
        name=name,
        count=len(files),
        reason=f"{foreign} of them by hand" if foreign else "as they were scaffolded",
        hint=hints[bool(foreign)],
    )


def _drift(wanted: Wanted, spoke: Spoke, path: str | None) -> Iterator[Diagnostic]:
    """Where a model says another thing than the hub; what it does not say is no drift."""
    if path is None:
        return
    try:
        model = read(spoke.models[path])
    except MalformedError:
        return  # Looker says so, and better
    for key, said in (("connection", wanted.connection), ("label", wanted.label)):
        entries = [entry for entry in model.of(key) if isinstance(entry.value, str)]
        if entries and entries[-1].value != said:
            yield diagnostic(
                "drifted-model",
                Location(f"{spoke.place}/{path}", entries[-1].line),
                key=key,
                name=wanted.name,
                found=f"`{entries[-1].value}`",
                wanted=f"`{said}`",
            )
