"""Where parts are made: what is known is taken as it stands, the rest is printed at once."""

from dataclasses import dataclass, field, replace

import msgspec

from generator.answers import Answers, Question, digest
from generator.artifact import Artifact, File, FileTree, Listing, Printed
from generator.emit import emit, file_tree
from generator.facts.catalog import Catalog
from generator.facts.conventions import Conventions
from generator.memory import Record, Records
from generator.parts import Made, Maker, Part
from generator.publish.disk import Press
from generator.stages import Stages

_LISTING = "*"
"""Goes for a part; no namespace is called so."""


@dataclass(slots=True)
class Desk:
    """Makes the parts of one run. `known` are those of an earlier run, `made` those of this one.

    Texts go to the disk as soon as they are printed. `reused` are the parts that were not made.
    """

    lookml: Press
    dbt: Press
    stages: Stages
    known: Records = field(default_factory=dict)
    made: dict[str, Record] = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)
    _answers: dict[int, Answers] = field(default_factory=dict)

    def make(self, part: Part, catalog: Catalog, maker: Maker) -> Made:
        """What becomes of a part; as it stands, if nothing that it follows from has changed."""
        answers, key = self._answers_of(catalog), key_of(part)
        record = self.known.get(part.name)
        if record and record.key == key and self._holds(record, answers):
            self.reused.append(part.name)
        else:
            record = None
        made = record.made if record else self._made(part, answers, key, maker)
        self.made[part.name] = record or self.made[part.name]
        return made

    def _answers_of(self, catalog: Catalog) -> Answers:
        if id(catalog) not in self._answers:
            with self.stages.stage("compare"):
                self._answers[id(catalog)] = Answers.of(catalog)
        return self._answers[id(catalog)]

    def _holds(self, record: Record, answers: Answers) -> bool:
        """Whether the catalog answers as it did, and all files stand as they were printed."""
        with self.stages.stage("compare"):
            same = all(answers.digest(question) == said for question, said in record.asked)
            files = ((self.lookml, record.made.files), (self.dbt, record.made.models))
            return same and all(_stand(press, printed) for press, printed in files)

    def _made(self, part: Part, answers: Answers, key: bytes, maker: Maker) -> Made:
        asked: dict[Question, None] = {}
        made = maker(part, answers.watched(asked))
        with self.stages.stage("print"):
            files = tuple(self.printed(file, self.lookml) for file in made.files)
            models = tuple(self.printed(file, self.dbt) for file in made.models)
        made = replace(made, files=files, models=models)
        with self.stages.stage("compare"):
            said = tuple((question, answers.digest(question)) for question in asked)
        placed = replace(made, files=_placed(files), models=_placed(models))
        self.made[part.name] = Record(key, said, placed)
        return made

    def listed(self, tree: FileTree) -> FileTree:
        """The tree; a listing that says what it said is not printed again."""
        files: list[File] = list(tree.printed.values())
        for artifact in tree.artifacts.values():
            same = isinstance(artifact.content, Listing)
            files.append(self._listing(artifact) if same else artifact)
        return file_tree(files)

    def _listing(self, artifact: Artifact) -> Printed:
        key = digest((artifact.path, artifact.kind, artifact.subject, artifact.content))
        record = self.known.get(_LISTING)
        if not (record and record.key == key and _stand(self.lookml, record.made.files)):
            with self.stages.stage("print"):
                file = self.printed(artifact, self.lookml)
            self.made[_LISTING] = Record(key, (), Made(files=_placed((file,))))
            return file
        self.made[_LISTING] = record
        (known,) = record.made.files
        return known  # type: ignore[return-value]

    def printed(self, file: File, press: Press) -> Printed:
        """The file, printed."""
        return file if isinstance(file, Printed) else press.print(file, emit(file))


def _stand(press: Press, files: tuple[File, ...]) -> bool:
    return all(isinstance(file, Printed) and press.stands(file) for file in files)


def _placed(files: tuple[Printed, ...]) -> tuple[Printed, ...]:
    """The files as the next run finds them."""
    return tuple(replace(file, place=None) if file.place else file for file in files)


def key_of(part: Part) -> bytes:
    """A digest of all that a part follows from, but for the catalog and our own code."""
    conventions = msgspec.json.encode(part.linked.conventions, order="deterministic")
    rest = replace(part, linked=replace(part.linked, conventions=Conventions(frozenset())))
    return digest((conventions, rest))
